/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a provider: metadata and keys, fetched, checked, kept, and fetched anew. */
#include "rp_forged.h"

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
	T_TEXTS(text, bad) {
		struct browser b = rx_browser();
		rx_lie(RX_METADATA, 200, text);
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
		"\"authorization_response_iss_parameter_supported\":[true]",
		"\"end_session_endpoint\":1", "\"revocation_endpoint\":[]", "\"userinfo_endpoint\":{}"};
	const char *good = rx_metadata_of(rx.issuer);
	T_TEXTS(row, bad) {
		struct browser b = rx_browser();
		struct slice text = SLICE_NONE;
		const char *copy = "";
		CHECK_OK(arena_format(&fx.arena, &text, "%.*s,%s}", (int)strlen(good) - 1, good, row));
		CHECK_OK(arena_cstr(&fx.arena, text, &copy));
		rx_lie(RX_METADATA, 200, copy);
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
		rx_wait(10);
	}
	CHECK(rx.asked[RX_JWKS] == 0);
}

RX_TEST(what_is_null_in_metadata_is_absent)
{
	static const char *const names[] = {"authorization_response_iss_parameter_supported", "end_session_endpoint", "revocation_endpoint",
					    "userinfo_endpoint", "jwks_uri", "authorization_endpoint", "token_endpoint"};
	static const char *const bases[] = {"http://id.example", "https://id.example"};
	for (size_t k = 0; k < ARRAY_LEN(bases); k++)
		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			struct provider_metadata m;
			const char *why;
			uint8_t memory[1024];
			struct buf b;
			buf_over(&b, memory, sizeof memory);
			buf_format(&b, "{\"issuer\":\"%s\"", bases[k]);
			for (size_t n = 0; n < ARRAY_LEN(names); n++)
				if (n == i)
					buf_format(&b, ",\"%s\":null", names[n]);
				else if (n >= 4)
					buf_format(&b, ",\"%s\":\"%s/x\"", names[n], bases[k]);
			buf_byte(&b, '}');
			t_set_row(names[i]);
			CHECK_RC(provider_metadata_of(buf_slice(&b), slice_cstr(bases[k]), &fx.arena, &m, &why), i < 4 ? RC_OK : RC_UPSTREAM);
			CHECK(i < 4 || strcmp(why, names[i]) == 0);
		}
}

RX_TEST(metadata_that_is_too_large_is_called_so)
{
	struct provider_metadata m;
	const char *why;
	struct buf b;
	void *memory = arena_alloc(&fx.arena, 8192);
	buf_over(&b, memory, 8192);
	buf_put(&b, SLICE("{\"issuer\":\"i\",\"x\":[0"));
	for (int i = 0; i < 512; i++)
		buf_put(&b, SLICE(",0"));
	buf_put(&b, SLICE("]}"));
	CHECK_RC(provider_metadata_of(buf_slice(&b), SLICE("i"), &fx.arena, &m, &why), RC_UPSTREAM);
	CHECK(strstr(why, "512 values") != NULL);
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
			CHECK_RC(provider_find(&rx.rp, slice_cstr(issuer), fx.now, &fx.arena, &m), k < ARRAY_LEN(bad) ? RC_UPSTREAM : RC_OK);
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

enum { PROVIDERS = 16 };

RX_TEST(providers_have_a_maximum_and_one_that_is_named_no_more_makes_place)
{
	static char issuers[PROVIDERS][64];
	static struct rp_site sites[PROVIDERS + 1];
	struct browser b = rx_browser();
	const struct rp_site *ours = rx.rp.sites;
	size_t count = rx.rp.site_count;
	for (int i = 0; i < PROVIDERS; i++) {
		(void)snprintf(issuers[i], sizeof issuers[i], "http://127.0.0.1:1/%d", i);
		sites[i + 1] = rx.sites[0];
		sites[i + 1].host = SLICE("other");
		sites[i + 1].issuer = slice_cstr(issuers[i]);
	}
	sites[0] = rx.sites[0];
	rx.rp.sites = sites;
	rx.rp.site_count = PROVIDERS + 1;
	for (int i = 0; i < PROVIDERS; i++) {
		sites[0].issuer = slice_cstr(issuers[i]);
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
	}
	sites[0].issuer = slice_cstr(rx.issuer);
	CHECK_RC(rx_login(&b, "").rc, RC_LIMIT);
	rx.rp.sites = ours;
	rx.rp.site_count = count;
	CHECK_OK(rx_login(&b, "").rc);
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
	T_TEXTS(text, bad) {
		struct browser b = rx_browser();
		rx_lie(RX_JWKS, 200, text);
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
		rx_wait(10);
	}
}

/* `head`, `unit` so many times, `tail`. */
static const char *repeat(struct buf *b, const char *head, const char *unit, int n, const char *tail)
{
	buf_init(b, 1024 * 1024);
	buf_put(b, slice_cstr(head));
	for (int i = 0; i < n; i++)
		buf_put(b, slice_cstr(unit));
	buf_put(b, slice_cstr(tail));
	buf_byte(b, 0);
	CHECK_OK(buf_rc(b));
	return (const char *)b->p;
}

RX_TEST(a_key_set_that_is_too_large_is_called_so)
{
	static const struct {
		const char *name, *head, *unit;
		int n;
		const char *tail, *why;
	} rows[] = {
		{"65 keys", "{\"keys\":[1", ",1", 64, "]}", JWKS_LIMIT_TEXT},
		{"9,000 values", "{\"keys\":[],\"x\":[1", ",1", 9000, "]}", JWKS_LIMIT_TEXT},
		{"300 KB", "{\"keys\":[]}", "   ", 100000, "", "too long"},
	};
	struct buf sets[ARRAY_LEN(rows)];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct browser b = rx_browser();
		char said[sizeof rx.noted_detail[0] + 1];
		t_set_row(rows[i].name);
		rx_lie(RX_JWKS, 200, repeat(&sets[i], rows[i].head, rows[i].unit, rows[i].n, rows[i].tail));
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
		(void)snprintf(said, sizeof said, "%.*s", SLICE_ARGS(rx.fault.detail));
		CHECK(strstr(said, rows[i].why) != NULL);
		CHECK_SLICE(slice_to(rx.fault.host, strlen(RX_HOST)), SLICE(RX_HOST));
		rx_lie(RX_JWKS, 0, "");
		rx_wait(10);
	}
	/* Whom it was too long for hangs up, and the server may still be sending it. */
	rx_off();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		buf_free(&sets[i]);
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
	CHECK(rx.asked[RX_JWKS] == 2); /* fetched a moment ago, and again */
	for (int i = 0; i < 6; i++)
		CHECK_RC(try_id_token(unknown_kid, &good), RC_JOSE_KID);
	CHECK(rx.asked[RX_JWKS] == 5);
	rx_wait(59);
	CHECK_RC(try_id_token(unknown_kid, &good), RC_JOSE_KID);
	CHECK(rx.asked[RX_JWKS] == 5);
	rx_wait(1);
	CHECK_RC(try_id_token(unknown_kid, &good), RC_JOSE_KID);
	CHECK(rx.asked[RX_JWKS] == 6);
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
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK(rx.asked[RX_JWKS] == 2);
}

/* Memory that is full is no fault of the provider. */
static void an_answer_without_room_is_a_limit(void)
{
	static const char *const texts[] = {"{\"access_token\":\"\\u0061\",\"token_type\":\"Bearer\"}",
					    "{\"access_token\":\"a\",\"token_type\":\"\\u0042earer\"}",
					    "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"refresh_token\":\"\\u0061\"}"};
	struct provider_tokens tokens;
	struct json values[8];
	struct arena none;
	arena_init(&none, 0);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CHECK_OK(json_parse(slice_cstr(texts[i]), values, ARRAY_LEN(values)));
		CHECK_RC(provider_answer_read(values, 1800000000, &none, &tokens), RC_MEMORY);
	}
	arena_reset(&none);
}

T_MAIN(T(an_answer_without_room_is_a_limit), T(what_is_null_in_metadata_is_absent), T(metadata_that_is_too_large_is_called_so), T(good_documents_under_another_status_are_refused), T(providers_have_a_maximum_and_one_that_is_named_no_more_makes_place), T(metadata_is_fetched_once_and_kept),
       T(metadata_must_be_this_issuers), T(metadata_with_a_member_of_another_type_is_refused),
       T(broken_metadata_replaces_no_good_one), T(a_provider_over_tls_has_all_of_it_over_tls),
       T(metadata_of_another_issuer_is_refused), T(metadata_needs_its_endpoints), T(a_key_set_that_is_none_is_refused),
       T(a_provider_never_reached_is_left_in_peace_for_a_while), T(what_was_known_outlives_an_outage),
       T(a_key_set_that_is_too_large_is_called_so), T(an_unknown_kid_asks_for_the_keys_anew_but_not_all_the_time), T(keys_that_are_rotated_meanwhile_are_found))
