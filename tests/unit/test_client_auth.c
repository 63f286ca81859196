/* SPDX-License-Identifier: Apache-2.0 */
/* Client authentication at the token endpoint: every method, every refusal. */
#include "oauth/client/client_auth.h"
#include "op_fixture.h"

#define GRANT "grant_type", "client_credentials"
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

static struct reply reply;

static enum rc ask(const char *credentials)
{
	return fx_call(token_endpoint, credentials, FORM(GRANT), &reply);
}

FX_TEST(basic_proves_a_client)
{
	CHECK_OK(ask("job:" FX_SECRET));
	CHECK(fx_text(fx_body(&reply), "access_token") != NULL);
}

FX_TEST(basic_credentials_are_form_urlencoded)
{
	CHECK_OK(ask("a%3Ab%25%2b:" FX_SECRET));
	CHECK_RC(ask("a%3Ab%25+:" FX_SECRET), RC_INVALID_CLIENT);
	CHECK_RC(ask("a:b%25%2b:" FX_SECRET), RC_INVALID_CLIENT);
}

FX_TEST(a_wrong_secret_is_refused)
{
	CHECK_RC(ask("job:wrong"), RC_INVALID_CLIENT);
	CHECK_RC(ask("job:"), RC_INVALID_CLIENT);
	CHECK_RC(ask("job:" FX_SECRET "x"), RC_INVALID_CLIENT);
}

FX_TEST(an_unknown_client_gets_the_same_answer)
{
	CHECK_RC(ask("nobody:" FX_SECRET), RC_INVALID_CLIENT);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM(GRANT, "client_id", "nobody"), &reply), RC_INVALID_CLIENT);
}

/* One answer for all, but the operator reads in the log what it was. */
FX_TEST(the_log_says_why_a_client_was_refused)
{
	static const struct {
		const char *credentials, *form[7], *detail;
	} rows[] = {
		{"nobody:x", {GRANT}, "unknown or disabled client"},
		{"signer:" FX_SECRET, {GRANT}, "not the client's registered authentication method"},
		{"job:wrong", {GRANT}, "wrong client_secret"},
		{"j%x1b:x", {GRANT}, "malformed Authorization header"},
		{"j%1xb:x", {GRANT}, "malformed Authorization header"},
		{"job:%1", {GRANT}, "malformed Authorization header"},
		{NULL, {GRANT, "client_id", "poster", "client_secret", "x"}, "wrong client_secret"},
		{NULL, {GRANT}, "no client authentication and no client_id"},
		{NULL, {GRANT, "client_secret", "x"}, "client_secret without client_id"},
		{NULL, {GRANT, "client_assertion_type", ASSERTION_TYPE, "client_assertion", "e30.e30.e30"},
		 "client_assertion is not a JWT with a sub"},
		/* {"sub":""} */
		{NULL, {GRANT, "client_assertion_type", ASSERTION_TYPE, "client_assertion", "e30.eyJzdWIiOiIifQ.e30"},
		 "client_assertion is not a JWT with a sub"},
		/* {"alg":"ES256","jku":"x"} and {"alg":"none"}, of {"sub":"signer"} */
		{NULL, {GRANT, "client_assertion_type", ASSERTION_TYPE, "client_assertion", "eyJhbGciOiJFUzI1NiIsImprdSI6IngifQ.eyJzdWIiOiJzaWduZXIifQ.AA"},
		 "JOSE_HEADER (jku)"},
		{NULL, {GRANT, "client_assertion_type", ASSERTION_TYPE, "client_assertion", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzaWduZXIifQ.AA"},
		 "JOSE_ALG (alg)"},
		{NULL, {GRANT, "client_assertion_type", ASSERTION_TYPE, "client_assertion", "e30.e30"},
		 "client_assertion is not a JWT with a sub"},
	};
	T_ROWS(row, rows, detail) {
		struct request c = fx_post(row->form);
		if (row->credentials != NULL)
			fx_authorization(&c, fx_basic(row->credentials));
		CHECK_RC(token_endpoint(&fx.op, &c, &reply), RC_INVALID_CLIENT);
		CHECK_SLICE(c.log_detail, slice_cstr(row->detail));
	}
}

FX_TEST(the_decoys_hash_proves_nobody)
{
	/* An unknown client is compared with installation_key: one whose hash is known to equal it is still nobody. */
	crypto_sha256(SLICE(FX_SECRET), fx.op.installation_key);
	CHECK_RC(ask("nobody:" FX_SECRET), RC_INVALID_CLIENT);
	CHECK_RC(ask("shop:" FX_SECRET), RC_INVALID_CLIENT);
}

FX_TEST(a_disabled_client_is_refused)
{
	CHECK_OK(ask("job:" FX_SECRET));
	fx_put_client("job", "{\"grant_types\":[\"client_credentials\"],\"response_types\":[]}", true, true);
	CHECK_RC(ask("job:" FX_SECRET), RC_INVALID_CLIENT);
}

FX_TEST(a_client_of_a_disabled_tenant_is_refused)
{
	fx_disable_tenant();
	CHECK_RC(ask("job:" FX_SECRET), RC_INVALID_CLIENT);
}

FX_TEST(a_deleted_client_is_forgotten_within_the_caches_time)
{
	CHECK_OK(ask("job:" FX_SECRET));
	CHECK_OK(fx.directory.clients.remove(fx.directory.clients.self, SLICE("job"), NULL));
	fx.now += CLIENT_CACHE_TTL;
	CHECK_RC(ask("job:" FX_SECRET), RC_INVALID_CLIENT);
}

FX_TEST(only_the_registered_method_counts)
{
	CHECK_RC(ask("signer:" FX_SECRET), RC_INVALID_CLIENT);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM(GRANT, "client_id", "job"), &reply), RC_INVALID_CLIENT);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM(GRANT, "client_id", "signer"), &reply), RC_INVALID_CLIENT);
	CHECK_OK(fx_call(token_endpoint, NULL, FORM(GRANT, "client_id", "poster", "client_secret", FX_SECRET), &reply));
}

FX_TEST(a_wrong_posted_secret_is_refused)
{
	CHECK_RC(fx_call(token_endpoint, NULL, FORM(GRANT, "client_id", "poster", "client_secret", "x"), &reply),
		 RC_INVALID_CLIENT);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM(GRANT, "client_secret", FX_SECRET), &reply), RC_INVALID_CLIENT);
}

FX_TEST(parameters_without_a_value_are_as_if_omitted)
{
	CHECK_OK(fx_call(token_endpoint, "job:" FX_SECRET, FORM(GRANT, "client_secret", "", "client_assertion", "",
								"client_id", "", "resource", ""), &reply));
}

FX_TEST(two_methods_at_once_are_refused)
{
	CHECK_RC(fx_call(token_endpoint, "job:" FX_SECRET, FORM(GRANT, "client_id", "job", "client_secret", FX_SECRET), &reply),
		 RC_INVALID_REQUEST);
	CHECK_RC(fx_call(token_endpoint, "job:" FX_SECRET, FORM(GRANT, "client_assertion", "x"), &reply), RC_INVALID_REQUEST);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM(GRANT, "client_secret", "x", "client_assertion", "x"), &reply),
		 RC_INVALID_REQUEST);
}

FX_TEST(two_client_ids_are_refused)
{
	CHECK_RC(fx_call(token_endpoint, "job:" FX_SECRET, FORM(GRANT, "client_id", "api"), &reply), RC_INVALID_REQUEST);
	CHECK_OK(fx_call(token_endpoint, "job:" FX_SECRET, FORM(GRANT, "client_id", "job"), &reply));
}

FX_TEST(no_credentials_at_all_are_refused)
{
	CHECK_RC(ask(NULL), RC_INVALID_CLIENT);
}

FX_TEST(malformed_basic_is_refused)
{
	static const char *const rows[] = {
		"Basic", "Basic ", "Basic !!!!", "Basic am9i", "Basic am9iOnNzcw", "Bearer am9iOnNzcw==", "Digest x", "",
		"Basic am9iOnNzcw== x", "Basic am9iOnNzcx==", "Basic OnNzcw==", "Basic am9iJTowMA==", "Basic am9iJTAwOnNzcw==",
	};
	T_TEXTS(text, rows) {
		struct request c = fx_post(FORM(GRANT, "client_id", "shop"));
		fx_authorization(&c, slice_cstr(text));
		CHECK_RC(token_endpoint(&fx.op, &c, &reply), RC_INVALID_CLIENT);
	}
}

FX_TEST(a_store_fault_is_no_unknown_client)
{
	struct directory broken = fx.directory;
	broken.clients.get = failing_clients_get;
	fx.op.directory = &broken;
	CHECK_RC(ask("job:" FX_SECRET), RC_STORE);
}

/* An assertion: %TIME-like members are filled by the caller. */
struct assertion {
	const char *iss, *sub, *aud; /* aud: raw JSON */
	int64_t exp, iat, nbf;       /* 0: left out */
	const char *jti;             /* NULL: left out */
	const char *typ;
	struct jwk *key;
	enum jose_alg alg;
};

static struct assertion good(const char *jti)
{
	return (struct assertion){.iss = "signer", .sub = "signer", .aud = "\"" FX_ISSUER "\"", .exp = fx.now + 60, .iat = fx.now,
				  .jti = jti, .typ = "JWT", .key = fx.client_key, .alg = JOSE_ES256};
}

static const char *sign(const struct assertion *x)
{
	uint8_t memory[2048];
	struct buf b;
	struct json_out o = json_out_to(&b);
	struct slice token = SLICE_NONE;
	const char *text = "";
	struct jwt_signer signer = jwt_signer_of(x->key);
	buf_over(&b, memory, sizeof memory);
	json_out_object(&o);
	if (x->iss != NULL)
		json_out_member(&o, SLICE("iss"), slice_cstr(x->iss));
	if (x->sub != NULL)
		json_out_member(&o, SLICE("sub"), slice_cstr(x->sub));
	if (x->aud != NULL) {
		json_out_key(&o, SLICE("aud"));
		json_out_raw(&o, slice_cstr(x->aud));
	}
	if (x->exp != 0)
		json_out_member_int(&o, SLICE("exp"), x->exp);
	if (x->iat != 0)
		json_out_member_int(&o, SLICE("iat"), x->iat);
	if (x->nbf != 0)
		json_out_member_int(&o, SLICE("nbf"), x->nbf);
	if (x->jti != NULL)
		json_out_member(&o, SLICE("jti"), slice_cstr(x->jti));
	json_out_object_end(&o);
	CHECK_OK(jwt_sign(&signer, x->alg, jwk_kid(x->key), slice_cstr(x->typ), buf_slice(&b), &fx.arena, &token));
	CHECK_OK(arena_cstr(&fx.arena, token, &text));
	return text;
}

static enum rc present(const struct assertion *x)
{
	return fx_call(token_endpoint, NULL, FORM(GRANT, "client_assertion_type", ASSERTION_TYPE, "client_assertion", sign(x)),
		       &reply);
}

FX_TEST(an_assertion_proves_a_client)
{
	struct assertion x = good("1");
	CHECK_OK(present(&x));
	x = good("2");
	x.aud = "[\"" FX_ISSUER "/token\"]";
	CHECK_OK(present(&x));
	x = good("3");
	x.typ = "client-authentication+jwt";
	CHECK_OK(present(&x));
}

FX_TEST(an_assertion_is_good_once)
{
	struct assertion x = good("1");
	CHECK_OK(present(&x));
	CHECK_RC(present(&x), RC_INVALID_CLIENT);
	CHECK(strcmp(fx.audited, "client.assertion_replayed") == 0);
	x.exp += 1;
	CHECK_RC(present(&x), RC_INVALID_CLIENT);
	/* Until its very last second, leeway included. */
	fx.now = x.exp - 1 + fx.settings.leeway - 1;
	x.exp -= 1;
	CHECK_RC(present(&x), RC_INVALID_CLIENT);
}

FX_TEST(an_assertion_used_before_a_restart_stays_used)
{
	struct assertion x = good("1");
	CHECK_OK(present(&x));
	fx.directory.close(fx.directory.self);
	fx_open_directory();
	CHECK_RC(present(&x), RC_INVALID_CLIENT);
}

FX_TEST(an_assertion_that_cannot_be_marked_is_refused)
{
	struct assertion x = good("1");
	struct directory broken = fx.directory;
	broken.replay.mark = failing_replay_mark;
	fx.op.directory = &broken;
	CHECK_RC(present(&x), RC_STORE);
}

static void bad_assertion(const char *row, struct assertion x)
{
	t_set_row(row);
	CHECK_RC(present(&x), RC_INVALID_CLIENT);
}

#define BAD(row, member, value)                     \
	do {                                        \
		struct assertion x_ = good(row);    \
		x_.member = value;                  \
		bad_assertion(row, x_);             \
	} while (0)

FX_TEST(assertions_that_lack_something_are_refused)
{
	char long_jti[258];
	memset(long_jti, 'j', sizeof long_jti);
	long_jti[257] = '\0';
	BAD("iss_missing", iss, NULL);
	BAD("iss_of_another", iss, "job");
	BAD("sub_missing", sub, NULL);
	BAD("sub_of_another", sub, "job");
	BAD("aud_missing", aud, NULL);
	BAD("aud_of_another", aud, "\"https://evil.example\"");
	BAD("aud_with_a_slash", aud, "\"" FX_ISSUER "/\"");
	BAD("aud_empty", aud, "[]");
	BAD("aud_not_alone", aud, "[\"" FX_ISSUER "\",\"https://evil.example\"]");
	BAD("exp_missing", exp, 0);
	BAD("exp_past", exp, fx.now - 60);
	BAD("exp_too_far", exp, fx.now + 3600 + 31);
	BAD("nbf_ahead", nbf, fx.now + 600);
	BAD("iat_ahead", iat, fx.now + 600);
	BAD("jti_missing", jti, NULL);
	BAD("jti_empty", jti, "");
	BAD("jti_too_long", jti, long_jti);
	BAD("typ_of_an_access_token", typ, "at+jwt");
	BAD("key_of_another", key, fx.es);
}

FX_TEST(an_assertion_of_another_clients_key_is_refused)
{
	/* "sub" names who is asked for; the key is that client's, whatever "kid" says. */
	struct assertion x = good("1");
	x.sub = x.iss = "job";
	CHECK_RC(present(&x), RC_INVALID_CLIENT);
	x.sub = x.iss = "shop";
	CHECK_RC(present(&x), RC_INVALID_CLIENT);
}

FX_TEST(a_symmetric_or_unsigned_assertion_is_refused)
{
	static const char *const rows[] = {
		/* {"alg":"none"} and {"alg":"HS256"} over {"iss":"signer","sub":"signer"} */
		"eyJhbGciOiJub25lIn0.eyJpc3MiOiJzaWduZXIiLCJzdWIiOiJzaWduZXIifQ.",
		"eyJhbGciOiJub25lIn0.eyJpc3MiOiJzaWduZXIiLCJzdWIiOiJzaWduZXIifQ.AA",
		"eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJzaWduZXIiLCJzdWIiOiJzaWduZXIifQ.AA",
		"x.y.z", "", "e30.e30.e30",
	};
	T_TEXTS(text, rows) {
		CHECK_RC(fx_call(token_endpoint, NULL,
				 FORM(GRANT, "client_assertion_type", ASSERTION_TYPE, "client_assertion", text), &reply),
			 RC_INVALID_CLIENT);
	}
}

/* ---- cost: how many signatures are checked, whoever asks (jwk_verify is caught by the linker) ---- */

static unsigned verified;
static enum rc verified_last;

enum rc __real_jwk_verify(const struct jwk *key, enum jose_alg alg, struct slice input, struct slice signature);
enum rc __wrap_jwk_verify(const struct jwk *key, enum jose_alg alg, struct slice input, struct slice signature);

enum rc __wrap_jwk_verify(const struct jwk *key, enum jose_alg alg, struct slice input, struct slice signature)
{
	verified++;
	return verified_last = __real_jwk_verify(key, alg, input, signature);
}

/* A signature that no key made, of the length that the decoy's key wants. */
static const char *unproven(const char *client, enum jose_alg alg, const char *kid)
{
	static const uint8_t garbage[JWK_SIGNATURE_MAX] = {1, 2, 3, 4};
	char json[256];
	struct slice name = jose_alg_row(alg)->name, header, payload, signature, token;
	const char *text = "";
	size_t n = jose_alg_row(alg)->sig_len > 0 ? jose_alg_row(alg)->sig_len : 256;
	int h = snprintf(json, sizeof json, kid == NULL ? "{\"alg\":\"%.*s\"}" : "{\"alg\":\"%.*s\",\"kid\":\"%s\"}", SLICE_ARGS(name), kid);
	CHECK_OK(base64url_encode_arena(&fx.arena, slice_of(json, (size_t)h), &header));
	h = snprintf(json, sizeof json, "{\"iss\":\"%s\",\"sub\":\"%s\"}", client, client);
	CHECK_OK(base64url_encode_arena(&fx.arena, slice_of(json, (size_t)h), &payload));
	CHECK_OK(base64url_encode_arena(&fx.arena, slice_of(garbage, n), &signature));
	CHECK_OK(arena_format(&fx.arena, &token, "%.*s.%.*s.%.*s", SLICE_ARGS(header), SLICE_ARGS(payload), SLICE_ARGS(signature)));
	CHECK_OK(arena_cstr(&fx.arena, token, &text));
	return text;
}

FX_TEST(every_assertion_costs_one_signature)
{
	/* With keys, of another method, without keys, unknown. */
	static const char *const clients[] = {"signer", "job", "shop", "nobody"}, *const kids[] = {NULL, "none-of-theirs"};
	for (int alg = 0; alg < JOSE_ALG_COUNT; alg++)
		for (size_t i = 0; i < ARRAY_LEN(clients) * ARRAY_LEN(kids); i++) {
			const char *token = unproven(clients[i / 2], (enum jose_alg)alg, kids[i % 2]);
			char row[80];
			(void)snprintf(row, sizeof row, "%.*s %s %zu", SLICE_ARGS(jose_alg_row((enum jose_alg)alg)->name), clients[i / 2], i % 2);
			t_set_row(row);
			verified = 0;
			CHECK_RC(fx_call(token_endpoint, NULL, FORM(GRANT, "client_assertion_type", ASSERTION_TYPE, "client_assertion",
								    token), &reply), RC_INVALID_CLIENT);
			CHECK(verified == (client_auth_assertion_algs() >> alg & 1));
			CHECK(verified == 0 || verified_last == RC_JOSE_SIGNATURE);
		}
}

FX_TEST(a_known_kid_costs_one_signature_too)
{
	struct assertion x = good("1");
	verified = 0;
	CHECK_OK(present(&x));
	CHECK(verified == 1);
	x.sub = x.iss = "nobody";
	verified = 0;
	CHECK_RC(present(&x), RC_INVALID_CLIENT);
	CHECK(verified == 1);
	/* The type is refused before any key is looked for, whoever it is. */
	x.typ = "at+jwt";
	verified = 0;
	CHECK_RC(present(&x), RC_INVALID_CLIENT);
	x.sub = x.iss = "signer";
	CHECK_RC(present(&x), RC_INVALID_CLIENT);
	CHECK(verified == 0);
}

FX_TEST(another_client_assertion_type_is_refused)
{
	struct assertion x = good("1");
	const char *token = sign(&x);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM(GRANT, "client_assertion_type", "urn:x", "client_assertion", token), &reply),
		 RC_INVALID_CLIENT);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM(GRANT, "client_assertion", token), &reply), RC_INVALID_CLIENT);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM(GRANT, "client_assertion_type", ASSERTION_TYPE), &reply), RC_INVALID_CLIENT);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM(GRANT, "client_assertion_type", ASSERTION_TYPE, "client_assertion", token,
						    "client_id", "job"), &reply), RC_INVALID_REQUEST);
}

FX_TEST(origins_of_enabled_clients_are_known)
{
	CHECK(client_origin_known(&fx.op, SLICE("https://shop.example")));
	CHECK(!client_origin_known(&fx.op, SLICE("https://evil.example")));
	CHECK(!client_origin_known(&fx.op, SLICE("null")));
	CHECK(!client_origin_known(&fx.op, SLICE("https://shop.example.evil.example")));
	CHECK(client_origin_known(&fx.op, SLICE("https://web.example")));
	fx_put_client("web", "{\"redirect_uris\":[\"https://web.example/cb\"]}", true, true);
	CHECK(!client_origin_known(&fx.op, SLICE("https://web.example")));
}

static void put_origin(const char *id, const char *host, bool disabled)
{
	char text[256];
	(void)snprintf(text, sizeof text, "{\"redirect_uris\":[\"https://%s/cb\",\"https://%s/other\"]}", host, host);
	const struct dir_client c = {.id = slice_cstr(id), .tenant = SLICE("default"), .metadata = slice_cstr(text), .has_secret = true,
				     .disabled = disabled};
	CHECK_OK(fx.directory.clients.put(fx.directory.clients.self, &c, NULL));
	client_changed(&fx.op, c.id);
}

static bool has_origin(const char *host)
{
	char text[128];
	(void)snprintf(text, sizeof text, "https://%s", host);
	return client_origin_known(&fx.op, slice_cstr(text));
}

static unsigned lists;
static enum rc (*real_list)(void *self, struct slice after, size_t limit, struct arena *a, struct dir_client **ret, size_t *ret_n);

static enum rc count_list(void *self, struct slice after, size_t limit, struct arena *a, struct dir_client **ret, size_t *ret_n)
{
	lists++;
	return real_list(self, after, limit, a, ret, ret_n);
}

FX_TEST(origins_are_kept_as_clients_change)
{
	CHECK(has_origin("shop.example"));
	real_list = fx.directory.clients.list;
	fx.directory.clients.list = count_list;
	lists = 0;
	put_origin("c1", "one.example", false);
	put_origin("c2", "one.example", false);
	CHECK(has_origin("one.example"));
	/* Two have it: it stays until both are gone. */
	put_origin("c1", "two.example", false);
	CHECK(has_origin("one.example") && has_origin("two.example"));
	put_origin("c2", "one.example", true);
	CHECK(!has_origin("one.example") && has_origin("two.example"));
	put_origin("c2", "one.example", false);
	CHECK(has_origin("one.example"));
	CHECK_OK(fx.directory.clients.remove(fx.directory.clients.self, SLICE("c2"), NULL));
	client_changed(&fx.op, SLICE("c2"));
	CHECK(!has_origin("one.example"));
	client_changed(&fx.op, SLICE("never"));
	/* None of it read all clients. */
	CHECK(lists == 0 && has_origin("shop.example") && has_origin("two.example"));
	/* What changed behind its back is seen when everything is doubted. */
	CHECK_OK(fx.directory.clients.remove(fx.directory.clients.self, SLICE("c1"), NULL));
	CHECK(has_origin("two.example"));
	client_cache_clear(fx.clients);
	CHECK(!has_origin("two.example") && has_origin("shop.example") && lists > 0);
	lists = 0;
	CHECK(!has_origin("evil.example") && lists == 0);
}

FX_TEST(origins_that_a_store_fault_hid_are_read_again)
{
	struct directory real = fx.directory;
	fx.directory.clients.list = failing_clients_list;
	CHECK_RC(client_origins_read(&fx.op), RC_STORE);
	CHECK(!has_origin("shop.example"));
	fx.directory = real;
	CHECK(has_origin("shop.example"));
	/* A change that could not be looked at. */
	put_origin("c1", "one.example", false);
	CHECK_OK(fx.directory.clients.remove(fx.directory.clients.self, SLICE("c1"), NULL));
	fx.directory.clients.get = failing_clients_get;
	client_changed(&fx.op, SLICE("c1"));
	fx.directory = real;
	CHECK(!has_origin("one.example") && has_origin("shop.example"));
}

FX_TEST(many_origins_come_and_go)
{
	enum { MANY = 500 };
	char id[32], host[48];
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++) {
			(void)snprintf(id, sizeof id, "many%d", i);
			(void)snprintf(host, sizeof host, "m%d-%d.example", i, round);
			put_origin(id, host, false);
		}
		for (int i = 0; i < MANY; i++) {
			(void)snprintf(host, sizeof host, "m%d-%d.example", i, round);
			CHECK(has_origin(host));
			(void)snprintf(host, sizeof host, "m%d-%d.example", i, 1 - round);
			CHECK(!has_origin(host));
		}
	}
	for (int i = 0; i < MANY; i += 2) {
		(void)snprintf(id, sizeof id, "many%d", i);
		CHECK_OK(fx.directory.clients.remove(fx.directory.clients.self, slice_cstr(id), NULL));
	}
	client_cache_clear(fx.clients);
	CHECK_OK(client_origins_read(&fx.op));
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(host, sizeof host, "m%d-1.example", i);
		CHECK(has_origin(host) == (i % 2 == 1));
	}
}

T_MAIN(T(origins_are_kept_as_clients_change), T(origins_that_a_store_fault_hid_are_read_again), T(many_origins_come_and_go),
       T(basic_proves_a_client), T(basic_credentials_are_form_urlencoded), T(a_wrong_secret_is_refused),
       T(an_unknown_client_gets_the_same_answer), T(the_log_says_why_a_client_was_refused),
       T(the_decoys_hash_proves_nobody), T(a_disabled_client_is_refused),
       T(a_client_of_a_disabled_tenant_is_refused), T(a_deleted_client_is_forgotten_within_the_caches_time),
       T(only_the_registered_method_counts), T(a_wrong_posted_secret_is_refused), T(parameters_without_a_value_are_as_if_omitted),
       T(two_methods_at_once_are_refused),
       T(two_client_ids_are_refused), T(no_credentials_at_all_are_refused), T(malformed_basic_is_refused),
       T(a_store_fault_is_no_unknown_client), T(an_assertion_proves_a_client), T(an_assertion_is_good_once),
       T(an_assertion_used_before_a_restart_stays_used), T(an_assertion_that_cannot_be_marked_is_refused),
       T(assertions_that_lack_something_are_refused), T(an_assertion_of_another_clients_key_is_refused),
       T(a_symmetric_or_unsigned_assertion_is_refused),
       T(every_assertion_costs_one_signature), T(a_known_kid_costs_one_signature_too), T(another_client_assertion_type_is_refused),
       T(origins_of_enabled_clients_are_known))
