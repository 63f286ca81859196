/* SPDX-License-Identifier: Apache-2.0 */
/* ID tokens as providers write them: only `sub` can refuse one that is good. */
#include "rp_forged.h"

static const char *members;

static struct slice with_members(const struct forged *row, struct slice nonce)
{
	struct forged all = *row;
	struct slice text = SLICE_NONE;
	const char *copy = "";
	CHECK_OK(arena_format(&fx.arena, &text, "%s%s", row->members, members));
	CHECK_OK(arena_cstr(&fx.arena, text, &copy));
	all.members = copy;
	return forge(&all, nonce);
}

/* Signs in; who that is. */
static enum rc who_of(const char *of, const char *more, struct rp_identity *ret)
{
	const struct forged row = {"a sign-in", of, RC_OK, NULL, false};
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	members = more;
	rx.notes = 0;
	give_id_token(with_members(&row, answer_value(&login, "nonce")));
	enum rc rc = rx_callback(&b, rx_back(answer_value(&login, "state"), "x", rx.issuer)).rc;
	return rc == RC_OK ? rx_who(&b, ret) : rc;
}

RX_TEST(claims_that_cannot_be_used_refuse_nobody)
{
	static const struct {
		const char *name, *members, *roles, *tenant, *person, *dropped;
	} rows[] = {
		{"none", "", "", "", "", NULL},
		{"plain ones", ",\"roles\":[\"a\",\"b\"],\"tenant\":\"t\",\"name\":\"Ann\"", "[\"a\",\"b\"]", "\"t\"", "Ann", NULL},
		{"a role of two words", ",\"roles\":[\"a b\"]", "[\"a b\"]", "", "", NULL},
		{"commas, slashes, a DN", ",\"roles\":[\"a,b\",\"/g/h\",\"CN=a,OU=b\"]", "[\"a,b\",\"/g/h\",\"CN=a,OU=b\"]", "", "", NULL},
		{"umlauts", ",\"roles\":[\"K\\u00f6nig\",\"\303\244\"]", "[\"K\\u00f6nig\",\"\303\244\"]", "", "", NULL},
		{"quotes", ",\"roles\":[\"a\\\"b\\\\\"]", "[\"a\\\"b\\\\\"]", "", "", NULL},
		{"numbers, objects, null", ",\"roles\":[1,{\"a\":[2]},null]", "[1,{\"a\":[2]},null]", "", "", NULL},
		{"a string for a list", ",\"roles\":\"admin user\"", "\"admin user\"", "", "", NULL},
		{"null for a list", ",\"roles\":null,\"tenant\":null,\"name\":null,\"sid\":null", "", "", "", NULL},
		{"an object for a list", ",\"roles\":{\"a\":1}", "{\"a\":1}", "", "", NULL},
		{"a number for a tenant", ",\"tenant\":7", "", "7", "", NULL},
		{"a tenant of two words", ",\"tenant\":\"My Org\"", "", "\"My Org\"", "", NULL},
		{"a tenant that would break a header", ",\"tenant\":\"a\\r\\nX-Roles: admin\"", "", "\"a\\r\\nX-Roles: admin\"", "", NULL},
		{"a name that is a number", ",\"name\":7", "", "", "7", NULL},
		{"a name that is none", ",\"name\":{}", "", "", "", "name"},
		{"a name that is a list", ",\"name\":[\"a\"]", "", "", "", "name"},
		{"a name that would break a header", ",\"name\":\"a\\r\\nX-Roles: admin\"", "", "", "", "name"},
		{"a name that turns around", ",\"name\":\"Al\\u202Eice\"", "", "", "Alice", NULL},
		{"a padded name", ",\"name\":\" \\u00c4nn \"", "", "", "\303\204nn", NULL},
		{"a sid that is none", ",\"sid\":1", "", "", "", "sid"},
		{"half a pair in a claim of nobody", ",\"x\":[\"\\ud800\"],\"\\u0000\":1", "", "", "", NULL},
		{"half a pair among roles", ",\"roles\":[\"a\",\"\\ud800\",[\"\\ud800\"],{\"\\ud800\":1},\"b\"]", "[\"a\",\"b\"]", "", "", "roles"},
		{"half a pair for a list", ",\"roles\":\"a \\ud800\"", "", "", "", "roles"},
		{"half a pair in an object for a list", ",\"roles\":{\"a\":\"\\ud800\"}", "", "", "", "roles"},
		{"U+0000 in a tenant", ",\"tenant\":\"a\\u0000\"", "", "", "", "tenant"},
		{"half a pair in a name", ",\"name\":\"a\\ud800\"", "", "", "", "name"},
	};
	T_ROWS(row, rows, name) {
		struct rp_identity who = {0};
		CHECK_OK(who_of(GOOD, row->members, &who));
		CHECK_SLICE(who.roles, slice_cstr(row->roles));
		CHECK_SLICE(who.tenant_id, slice_cstr(row->tenant));
		CHECK_SLICE(who.name, slice_cstr(row->person));
		CHECK_SLICE(who.issuer, slice_cstr(rx.issuer));
		CHECK(rx.notes == (row->dropped != NULL));
		if (row->dropped != NULL)
			CHECK(strcmp(rx.noted.event, "claim.dropped") == 0 && slice_eq(rx.noted.detail, slice_cstr(row->dropped)));
	}
}

RX_TEST(a_sid_that_is_no_text_refuses_the_sign_in)
{
	struct rp_identity who = {0};
	CHECK_RC(who_of(GOOD, ",\"sid\":\"s\\ud800\"", &who), RC_JOSE_CLAIMS);
}

/* Another issuer's roles are not ours because they are called so. */
RX_TEST(only_what_is_mapped_is_taken)
{
	struct rp_identity who = {0};
	static const char claims[] = ",\"roles\":[\"admin\"],\"tenant\":\"default\",\"realm_access\":{\"roles\":[\"user\"]},\"org\":\"acme\"";
	rx.sites[0].roles_claim = rx.sites[0].tenant_claim = SLICE_NONE;
	CHECK_OK(who_of(GOOD, claims, &who));
	CHECK(who.roles.n == 0 && who.tenant_id.n == 0);
	rx.sites[0].roles_claim = SLICE("/realm_access/roles");
	rx.sites[0].tenant_claim = SLICE("org");
	CHECK_OK(who_of(GOOD, claims, &who));
	CHECK_SLICE(who.roles, SLICE("[\"user\"]"));
	CHECK_SLICE(who.tenant_id, SLICE("\"acme\""));
}

RX_TEST(a_subject_has_255_characters_at_most)
{
	struct rp_identity who = {0};
	char of[512], sub[257];
	memset(sub, 's', sizeof sub - 1);
	for (size_t n = 63; n <= 256; n = n == 65 ? 255 : n + 1) {
		sub[n] = 0;
		(void)snprintf(of, sizeof of, ",\"iss\":\"@\",\"aud\":\"web\",\"sub\":\"%s\",\"iat\":$0,\"exp\":$+60", sub);
		enum rc rc = who_of(of, ",\"tenant\":\"a-tenant-of-some-length\"", &who);
		CHECK_RC(rc, n > 255 ? RC_JOSE_SUB : RC_OK);
		if (rc == RC_OK)
			CHECK_SLICE(who.user_id, slice_cstr(sub));
		sub[n] = 's';
	}
}

RX_TEST(a_name_is_cut_between_two_characters)
{
	struct rp_identity who = {0};
	char more[512];
	size_t n = (size_t)snprintf(more, sizeof more, ",\"name\":\"");
	memset(more + n, 'x', 199);
	(void)snprintf(more + n + 199, sizeof more - n - 199, "\303\244yz\"");
	CHECK_OK(who_of(GOOD, more, &who));
	CHECK(who.name.n == 199);
	memmove(more + n + 198, more + n + 199, strlen(more + n + 199) + 1);
	CHECK_OK(who_of(GOOD, more, &who));
	CHECK(who.name.n == 200 && slice_ends(who.name, SLICE("\303\244")));
}

/* A list that is too long keeps its first values, and the log says so. */
RX_TEST(roles_have_a_maximum)
{
	struct json_out o;
	struct buf b;
	struct jwt_claims claims = {.sub = SLICE("u")};
	struct gateway_payload p = {0};
	const struct json *root;
	char word[128];
	buf_init(&b, 64 * 1024);
	o = json_out_to(&b);
	json_out_object(&o);
	json_out_key(&o, SLICE("roles"));
	json_out_array(&o);
	for (int i = 0; i < 300; i++) {
		(void)snprintf(word, sizeof word, "/realm/group-%060d", i);
		json_out_string(&o, slice_cstr(word));
	}
	json_out_array_end(&o);
	json_out_member(&o, SLICE("tenant"), slice_of(b.p, 2000));
	json_out_object_end(&o);
	CHECK_OK(json_parse_arena(&fx.arena, buf_slice(&b), 1024, &claims.root));
	CHECK_OK(gateway_payload_claims(&rx.rp, &rx.sites[0], &claims, &fx.arena, &p));
	CHECK(rx.notes == 2 && p.tenant.n == 0 && p.roles.n > GATEWAY_ROLES_MAX - 100 && p.roles.n <= GATEWAY_ROLES_MAX);
	CHECK_OK(json_parse_arena(&fx.arena, p.roles, 1024, &root));
	CHECK(root->count == p.roles.n / 76);
	CHECK(json_is_string(json_first(root), SLICE("/realm/group-000000000000000000000000000000000000000000000000000000000000")));
	buf_free(&b);
}

/* What version 0.1 wrote goes on. */
RX_TEST(older_records_are_read)
{
	struct session x;
	struct rp_identity who;
	CHECK_OK(session_create(&rx.sessions, SLICE("acme/u"),
				SLICE("{\"host\":\"web.example\",\"user\":\"u\",\"tenant\":\"acme\",\"roles\":\"customer vip\",\"scopes\":\"openid\",\"name\":\"\","
				      "\"op_sid\":\"\",\"id_token\":\"\",\"refresh_token\":\"\",\"data\":\"\",\"access_expires\":1,\"issued\":1,"
				      "\"data_version\":0}"),
				session_unbound(fx.now), &fx.arena, &x));
	CHECK_OK(rp_identity(&rx.rp, SLICE(RX_HOST), x.cookie, fx.now, &fx.arena, &who));
	CHECK_SLICE(who.roles, SLICE("[\"customer\",\"vip\"]"));
	CHECK_SLICE(who.tenant_id, SLICE("\"acme\""));
}

static bool page_has(const struct browser *b, const char *part)
{
	struct browser copy = *b;
	struct answer a = rx_send(&copy, RX_HOST, rp_session, "", false);
	const char *text = "";
	CHECK_OK(a.rc);
	CHECK_OK(arena_cstr(&fx.arena, a.r.body, &text));
	return strstr(text, part) != NULL;
}

RX_TEST(the_session_page_tells_roles_of_any_type)
{
	static const struct forged rows[] = {
		{"\"roles\":[\"a b\",\"7\",\"c\"]", GOOD ",\"roles\":[\"a b\",7,null,{\"x\":1},\"c\"],\"tenant\":\"My Org\"", RC_OK, NULL, false},
		{"\"roles\":[\"a\",\"b\"]", GOOD ",\"roles\":\"a b\"", RC_OK, NULL, false},
		{"\"roles\":[]", GOOD ",\"roles\":{\"a\":1}", RC_OK, NULL, false},
		{"\"tenant\":\"My Org\"", GOOD ",\"tenant\":\"My Org\"", RC_OK, NULL, false},
		{"\"tenant\":\"7\"", GOOD ",\"tenant\":7", RC_OK, NULL, false},
		{"\"tenant\":\"\"", GOOD ",\"tenant\":[1]", RC_OK, NULL, false},
	};
	T_ROWS(row, rows, name) {
		struct browser b = rx_browser();
		struct answer login = rx_login(&b, "");
		give_id_token(forge(row, answer_value(&login, "nonce")));
		CHECK_OK(rx_callback(&b, rx_back(answer_value(&login, "state"), "x", rx.issuer)).rc);
		CHECK(page_has(&b, row->name));
	}
}

/* A redirect stays short: without the hint the provider knows us by client_id. */
RX_TEST(sign_out_keeps_its_redirect_short)
{
	char more[4096];
	for (int length = 100; length <= 1300; length += 400) {
		struct forged row = {"long", GOOD, RC_OK, NULL, false};
		struct browser b = rx_browser();
		struct answer login = rx_login(&b, "");
		(void)snprintf(more, sizeof more, ",\"x\":\"%0*d\"", length, 0);
		members = more;
		give_id_token(with_members(&row, answer_value(&login, "nonce")));
		CHECK_OK(rx_callback(&b, rx_back(answer_value(&login, "state"), "x", rx.issuer)).rc);
		struct answer a = rx_logout(&b);
		CHECK_OK(a.rc);
		CHECK(a.r.location.n > 0 && a.r.location.n < 2048);
		CHECK_SLICE(answer_value(&a, "client_id"), SLICE("web"));
		CHECK((answer_value(&a, "id_token_hint").n > 0) == (length < 900));
	}
}

T_MAIN(T(claims_that_cannot_be_used_refuse_nobody), T(a_sid_that_is_no_text_refuses_the_sign_in), T(only_what_is_mapped_is_taken), T(a_subject_has_255_characters_at_most),
       T(a_name_is_cut_between_two_characters), T(roles_have_a_maximum), T(older_records_are_read),
       T(the_session_page_tells_roles_of_any_type), T(sign_out_keeps_its_redirect_short))
