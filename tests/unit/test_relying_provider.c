/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a provider: metadata and keys, fetched, checked, kept, and fetched anew. */
#include "relying_forged.h"

/* ---- what is known of the provider ---- */

RX_TEST(metadata_is_fetched_once_and_kept)
{
	struct browser b = rx_browser();
	for (int i = 0; i < 3; i++)
		CHECK_OK(rx_login(&b, "").rc);
	CHECK(rx.asked[RX_METADATA] == 1 && rx.asked[RX_JWKS] == 1);
	rx_wait(3600);
	CHECK_OK(rx_login(&b, "").rc);
	CHECK(rx.asked[RX_METADATA] == 2);
}

RX_TEST(metadata_must_be_this_issuers)
{
	static const char *const bad[] = {
		"{}", "[]", "x", "{\"issuer\":\"https://evil.example\",\"jwks_uri\":\"https://evil.example/keys\"}", "{\"issuer\":1}"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct browser b = rx_browser();
		t_set_row(bad[i]);
		rx_lie(RX_METADATA, 200, bad[i]);
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
		rx_wait(10);
	}
	CHECK(rx.asked[RX_METADATA] == ARRAY_LEN(bad) && rx.asked[RX_JWKS] == 0);
}

/* A member of another type is not one that is absent: taken so, it would switch a check off. */
RX_TEST(metadata_with_a_member_of_another_type_is_refused)
{
	static const char *const bad[] = {
		"\"authorization_response_iss_parameter_supported\":\"true\"", "\"authorization_response_iss_parameter_supported\":1",
		"\"authorization_response_iss_parameter_supported\":null", "\"authorization_response_iss_parameter_supported\":[true]",
		"\"end_session_endpoint\":1", "\"revocation_endpoint\":[]", "\"userinfo_endpoint\":{}"};
	const char *good = rx_metadata_of(rx.issuer);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct browser b = rx_browser();
		struct slice text = SLICE_NONE;
		const char *copy = "";
		CHECK_OK(arena_format(&fx.arena, &text, "%.*s,%s}", (int)strlen(good) - 1, good, bad[i]));
		CHECK_OK(arena_cstr(&fx.arena, text, &copy));
		t_set_row(bad[i]);
		rx_lie(RX_METADATA, 200, copy);
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
		rx_wait(10);
	}
	CHECK(rx.asked[RX_JWKS] == 0);
}

/* What was known is kept until something better comes. */
RX_TEST(broken_metadata_replaces_no_good_one)
{
	struct browser b = rx_browser();
	CHECK_OK(rx_login(&b, "").rc);
	rx_lie(RX_METADATA, 200, "{\"issuer\":\"x\"}");
	rx_wait(3600);
	struct answer login = rx_login(&b, "");
	CHECK_OK(login.rc);
	CHECK(rx.asked[RX_METADATA] == 2);
	CHECK_OK(rx_callback(&b, rx_way_back(&login)).rc);
}

/* ---- a provider over TLS, whose answers are canned ---- */

static struct slice canned; /* its metadata; empty: nobody is canned */

enum rc __real_http_client_fetch(struct http_client *c, const struct http_request_out *request, struct arena *a,
				 struct http_response_in *ret_response);
enum rc __wrap_http_client_fetch(struct http_client *c, const struct http_request_out *request, struct arena *a,
				 struct http_response_in *ret_response);

enum rc __wrap_http_client_fetch(struct http_client *c, const struct http_request_out *request, struct arena *a,
				 struct http_response_in *ret_response)
{
	if (canned.n == 0)
		return __real_http_client_fetch(c, request, a, ret_response);
	bool metadata = slice_ends(request->url, SLICE("/.well-known/openid-configuration"));
	*ret_response = (struct http_response_in){200, metadata ? canned : SLICE("{\"keys\":[]}")};
	return RC_OK;
}

/* OpenID Connect Discovery 3: "This URL MUST use the https scheme" is said of each. */
RX_TEST(a_provider_over_tls_has_all_of_it_over_tls)
{
	static const char *const names[] = {"jwks_uri", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "revocation_endpoint",
					    "end_session_endpoint"};
	static const char *const bad[] = {"http://id.example/x", "http:\\/\\/id.example\\/x", "//id.example/x", "/x", "javascript:alert(1)"};
	struct provider_metadata m;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (size_t k = 0; k <= ARRAY_LEN(bad); k++) {
			char issuer[64];
			struct buf b;
			void *memory = arena_alloc(&fx.arena, 1024);
			buf_over(&b, memory, 1024);
			(void)snprintf(issuer, sizeof issuer, "https://id.example/%zu", i);
			buf_format(&b, "{\"issuer\":\"%s\"", issuer);
			for (size_t n = 0; n < ARRAY_LEN(names); n++)
				buf_format(&b, ",\"%s\":\"%s\"", names[n], n == i && k < ARRAY_LEN(bad) ? bad[k] : "https:\\/\\/id.example/x");
			buf_byte(&b, '}');
			canned = buf_slice(&b);
			t_set_row(names[i]);
			fx.now += 60;
			CHECK_RC(provider_find(&rx.relying, slice_cstr(issuer), fx.now, &fx.arena, &m), k < ARRAY_LEN(bad) ? RC_UPSTREAM : RC_OK);
		}
	canned = SLICE_NONE;
}

/* OpenID Connect Discovery 4.3: all else in it is right. */
RX_TEST(metadata_of_another_issuer_is_refused)
{
	struct browser b = rx_browser();
	rx_lie(RX_METADATA, 200, rx_metadata_of("https://evil.example"));
	CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
	CHECK(rx.asked[RX_JWKS] == 0);
}

RX_TEST(good_documents_under_another_status_are_refused)
{
	static const int statuses[] = {201, 404, 500};
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		struct browser b = rx_browser();
		rx_lie(RX_METADATA, statuses[i], rx_metadata_of(rx.issuer));
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
		rx_wait(10);
	}
	CHECK(rx.asked[RX_JWKS] == 0);
}

RX_TEST(providers_have_a_maximum)
{
	char issuer[64];
	struct browser b = rx_browser();
	for (int i = 0; i < 16; i++) {
		(void)snprintf(issuer, sizeof issuer, "http://127.0.0.1:1/%d", i);
		rx.sites[0].issuer = slice_cstr(issuer);
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
	}
	rx.sites[0].issuer = slice_cstr(rx.issuer);
	CHECK_RC(rx_login(&b, "").rc, RC_LIMIT);
}

RX_TEST(metadata_needs_its_endpoints)
{
	struct slice text = SLICE_NONE;
	const char *copy = "";
	struct browser b = rx_browser();
	CHECK_OK(arena_format(&fx.arena, &text, "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/.well-known/jwks.json\",\"token_endpoint\":\"%s/token\"}",
			      rx.issuer, rx.issuer, rx.issuer));
	CHECK_OK(arena_cstr(&fx.arena, text, &copy));
	rx_lie(RX_METADATA, 200, copy);
	CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
}

RX_TEST(a_key_set_that_is_none_is_refused)
{
	static const char *const bad[] = {"x", "{}", "{\"keys\":{}}"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct browser b = rx_browser();
		t_set_row(bad[i]);
		rx_lie(RX_JWKS, 200, bad[i]);
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
		rx_wait(10);
	}
}

RX_TEST(a_provider_never_reached_is_left_in_peace_for_a_while)
{
	struct browser b = rx_browser();
	rx_lie(RX_METADATA, 503, "");
	CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
	for (int i = 0; i < 4; i++) {
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
		rx_wait(1);
	}
	CHECK(rx.asked[RX_METADATA] == 1);
	rx_lie(RX_METADATA, 0, "");
	CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
	rx_wait(1);
	CHECK_OK(rx_login(&b, "").rc);
	CHECK(rx.asked[RX_METADATA] == 2);
}

RX_TEST(what_was_known_outlives_an_outage)
{
	struct browser b = rx_browser();
	CHECK_OK(rx_login(&b, "").rc);
	rx_off();
	rx_wait(7200);
	CHECK_OK(rx_login(&b, "").rc);
}

/* The provider's key, under another kid: as after a rotation that we have not heard of. */
static struct slice unknown_kid(const struct forged *row, struct slice nonce)
{
	struct slice token = forge(row, nonce), header = SLICE_NONE, out = SLICE_NONE;
	CHECK_OK(base64url_encode_arena(&fx.arena, SLICE("{\"alg\":\"ES256\",\"kid\":\"unknown\"}"), &header));
	CHECK_OK(arena_format(&fx.arena, &out, "%.*s%.*s", SLICE_ARGS(header), SLICE_ARGS(slice_from(token, slice_find(token, '.')))));
	return out;
}

RX_TEST(an_unknown_kid_asks_for_the_keys_anew_but_not_all_the_time)
{
	static const struct forged good = {"good", GOOD, RC_OK, NULL, false};
	CHECK_RC(try_id_token(unknown_kid, &good), RC_JOSE_KID);
	CHECK(rx.asked[RX_JWKS] == 1); /* fetched a moment ago */
	rx_wait(30);
	for (int i = 0; i < 3; i++)
		CHECK_RC(try_id_token(unknown_kid, &good), RC_JOSE_KID);
	CHECK(rx.asked[RX_JWKS] == 2);
}

RX_TEST(keys_that_are_rotated_meanwhile_are_found)
{
	struct browser b = rx_browser();
	static char before[8192];
	struct buf set;
	buf_over(&set, before, sizeof before - 1);
	buf_put(&set, SLICE("{\"keys\":["));
	fx_json_of(fx.client_key, false, &set);
	buf_put(&set, SLICE("]}"));
	before[buf_slice(&set).n] = 0;
	rx_lie(RX_JWKS, 200, before);
	CHECK_OK(rx_login(&b, "").rc);
	rx_lie(RX_JWKS, 0, "");
	rx_wait(30);
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK(rx.asked[RX_JWKS] == 2);
}

T_MAIN(T(good_documents_under_another_status_are_refused), T(providers_have_a_maximum), T(metadata_is_fetched_once_and_kept),
       T(metadata_must_be_this_issuers), T(metadata_with_a_member_of_another_type_is_refused),
       T(broken_metadata_replaces_no_good_one), T(a_provider_over_tls_has_all_of_it_over_tls),
       T(metadata_of_another_issuer_is_refused), T(metadata_needs_its_endpoints), T(a_key_set_that_is_none_is_refused),
       T(a_provider_never_reached_is_left_in_peace_for_a_while), T(what_was_known_outlives_an_outage),
       T(an_unknown_kid_asks_for_the_keys_anew_but_not_all_the_time), T(keys_that_are_rotated_meanwhile_are_found))
