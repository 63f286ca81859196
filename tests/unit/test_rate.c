/* SPDX-License-Identifier: Apache-2.0 */
/* The rate rule of /token and /revoke: by grant, by kind of client, said once, bounded. */
#include "oauth/token/rate.h"

#include "op_fixture.h"

#define ALL "openid offline_access orders:read"

static struct reply reply;
static struct rate *rate;

static void limits(int64_t of_public, int64_t of_confidential)
{
	CHECK_OK(rate_new(&rate));
	fx.op.rate = rate;
	fx.settings.rate_public = of_public;
	fx.settings.rate_confidential = of_confidential;
}

static enum rc refresh(struct request *c, const char *token)
{
	*c = fx_post(FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token));
	return token_endpoint(&fx.op, c, &reply);
}

FX_TEST(so_many_a_minute_about_one_grant)
{
	struct request c;
	const char *token = fx_text(fx_sign_in(ALL), "refresh_token"), *other = fx_text(fx_sign_in(ALL), "refresh_token");
	limits(5, 0);
	for (int i = 0; i < 5; i++)
		CHECK_OK(refresh(&c, token)); /* repeats within the grace count as well */
	fx.audited[0] = '\0';
	fx.now += 10;
	CHECK_RC(refresh(&c, token), RC_THROTTLED);
	CHECK(c.log_debug && c.retry_after == 50 && c.log_detail.n > 0 && strcmp(fx.audited, "rate.exceeded") == 0);
	/* Said once in ten seconds, whichever grant it is. */
	fx.audited[0] = '\0';
	CHECK_RC(refresh(&c, token), RC_THROTTLED);
	CHECK(fx.audited[0] == '\0');
	fx.now += 9;
	CHECK_RC(refresh(&c, token), RC_THROTTLED);
	CHECK(fx.audited[0] == '\0');
	fx.now += 1;
	CHECK_RC(refresh(&c, token), RC_THROTTLED);
	CHECK(fx.audited[0] != '\0' && c.retry_after == 40);
	CHECK_OK(refresh(&c, other));
	rate_free(rate);
}

/* A refusal changes nothing: the token is as good as it was. */
FX_TEST(the_next_minute_is_a_new_one)
{
	struct request c;
	const char *token = fx_text(fx_sign_in(ALL), "refresh_token");
	limits(2, 0);
	CHECK_OK(refresh(&c, token));
	const char *next = fx_text(fx_body(&reply), "refresh_token");
	CHECK_OK(refresh(&c, next));
	next = fx_text(fx_body(&reply), "refresh_token");
	fx.now += 59;
	CHECK_RC(refresh(&c, next), RC_THROTTLED);
	CHECK(c.retry_after == 1);
	fx.now += 1;
	CHECK_OK(refresh(&c, next));
	/* A clock that was set back does not lock anybody out. */
	next = fx_text(fx_body(&reply), "refresh_token");
	CHECK_OK(refresh(&c, next));
	next = fx_text(fx_body(&reply), "refresh_token");
	CHECK_RC(refresh(&c, next), RC_THROTTLED);
	fx.now -= 1;
	CHECK_OK(refresh(&c, next));
	rate_free(rate);
}

FX_TEST(revocations_and_codes_count)
{
	const struct json *tokens = fx_sign_in(ALL);
	const char *code = fx_code(ALL), *access = fx_text(tokens, "access_token"), *token = fx_text(tokens, "refresh_token");
	struct request c;
	limits(2, 0);
	CHECK_OK(fx_call(revoke_endpoint, NULL, FORM("client_id", "shop", "token", access), &reply));
	CHECK_OK(refresh(&c, token));
	CHECK_RC(fx_call(revoke_endpoint, NULL, FORM("client_id", "shop", "token", access), &reply), RC_THROTTLED);
	CHECK_RC(fx_call(revoke_endpoint, NULL, FORM("client_id", "shop", "token", token), &reply), RC_THROTTLED);
	CHECK_OK(fx_redeem(code, &reply));
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
	CHECK_RC(fx_redeem(code, &reply), RC_THROTTLED);
	rate_free(rate);
}

static enum rc job(void)
{
	return fx_call(token_endpoint, "job:" FX_SECRET, FORM("grant_type", "client_credentials", "scope", "orders:read"), &reply);
}

FX_TEST(confidential_clients_by_configuration_alone)
{
	limits(1, 0);
	for (int i = 0; i < 3; i++)
		CHECK_OK(job());
	fx.settings.rate_confidential = 2;
	CHECK_OK(job());
	CHECK_OK(job());
	const char *token = fx_text(fx_body(&reply), "access_token");
	CHECK_RC(job(), RC_THROTTLED);
	CHECK_RC(fx_call(revoke_endpoint, "job:" FX_SECRET, FORM("token", token), &reply), RC_THROTTLED);
	fx.settings.rate_confidential = 0;
	CHECK_OK(fx_call(revoke_endpoint, "job:" FX_SECRET, FORM("token", token), &reply));
	rate_free(rate);
}

/* Another client's token is no grant of whoever asks. */
FX_TEST(nobody_uses_up_anothers_rate)
{
	struct request c;
	const char *token = fx_text(fx_sign_in(ALL), "refresh_token");
	limits(2, 2);
	for (int i = 0; i < 5; i++)
		CHECK_RC(fx_call(revoke_endpoint, NULL, FORM("client_id", "other", "token", token), &reply), RC_INVALID_GRANT);
	for (int i = 0; i < 5; i++)
		CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "other", "refresh_token", token), &reply),
			 RC_INVALID_GRANT);
	CHECK_OK(refresh(&c, token));
	rate_free(rate);
}

FX_TEST(many_grants_make_room_for_each_other)
{
	int64_t after;
	bool say;
	int refused = 0;
	limits(1, 0);
	CHECK_OK(rate_take(rate, SLICE("kept"), 1, FX_NOW + 30, &after, &say));
	CHECK_RC(rate_take(rate, SLICE("kept"), 1, FX_NOW + 30, &after, &say), RC_THROTTLED);
	for (int i = 0; i < 300000; i++) {
		char key[16];
		struct slice name = slice_of(key, (size_t)snprintf(key, sizeof key, "k%d", i));
		refused += rate_take(rate, name, 1, FX_NOW, &after, &say) != RC_OK;
	}
	/* None is taken for another; who was counted later stays. */
	CHECK(refused == 0);
	CHECK_RC(rate_take(rate, SLICE("kept"), 1, FX_NOW + 30, &after, &say), RC_THROTTLED);
	rate_free(rate);
	rate_free(NULL);
}

T_MAIN(T(so_many_a_minute_about_one_grant), T(the_next_minute_is_a_new_one), T(revocations_and_codes_count),
       T(confidential_clients_by_configuration_alone), T(nobody_uses_up_anothers_rate), T(many_grants_make_room_for_each_other))
