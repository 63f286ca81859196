/* SPDX-License-Identifier: Apache-2.0 */
/* Tenant, name and subject, which a session holds too: bearer tokens carry no longer and no other ones. */
#include "base/buf.h"
#include "gateway/gateway_claim.h"
#include "gateway/gateway_headers.h"
#include "gateway/gateway_rule.h"
#include "t.h"

static const struct gateway_claim_map map = {SLICE_INIT("roles"), SLICE_INIT("tenant"), SLICE_INIT("scope")};
static struct arena arena;

static enum rc read_claims(const char *text, struct gateway_identity *id)
{
	const struct json *root;
	arena_reset(&arena);
	arena_init(&arena, 256 * 1024);
	CHECK_OK(json_parse_arena(&arena, slice_cstr(text), 256, &root));
	return gateway_identity_read(root, &map, &arena, id);
}

/* A session holds no longer one, so a token may not either. */
static void a_tenant_has_a_maximum(void)
{
	char text[1200];
	struct gateway_identity id;
	for (int n = GATEWAY_TENANT_MAX; n <= GATEWAY_TENANT_MAX + 1; n++) {
		(void)snprintf(text, sizeof text, "{\"tenant\":\"%0*d\"}", n, 0);
		CHECK_OK(read_claims(text, &id));
		CHECK(id.tenant.n == (n > GATEWAY_TENANT_MAX ? 0u : (size_t)n) && id.dropped == (n > GATEWAY_TENANT_MAX ? 1u << GATEWAY_CLAIM_TENANT : 0u));
	}
	arena_reset(&arena);
}

static void a_name_is_shown_the_same_everywhere(void)
{
	static char longest[256], wide[256];
	const struct {
		const char *claims, *name;
		bool dropped;
	} rows[] = {
		{"{\"name\":\"Ann B.\"}", "Ann B.", false}, {"{\"name\":\"  Ann  \"}", "Ann", false}, {"{\"name\":7}", "7", false},
		{"{\"name\":true}", "true", false}, {"{\"name\":null}", "", false}, {"{\"name\":\"\"}", "", false}, {"{}", "", false},
		{"{\"name\":[\"a\"]}", "", true}, {"{\"name\":{}}", "", true}, {"{\"name\":\"a\\r\\nX-Roles: admin\"}", "", true},
		{"{\"name\":\"Al\\u202eice\\u200b\"}", "Alice", false}, {longest, longest + 9, false}, {wide, "", false},
	};
	static const struct gateway_claim_header extra[] = {{SLICE_INIT("X-Name"), SLICE_INIT("name")}, {SLICE_INIT("X-N"), SLICE_INIT("/name")}};
	(void)snprintf(longest, sizeof longest, "{\"name\":\"%0200dyz\"}", 0);
	(void)snprintf(wide, sizeof wide, "{\"name\":\"%0199d\303\244\"}", 0);
	T_ROWS(row, rows, claims) {
		struct gateway_header set[GATEWAY_SET_MAX];
		struct gateway_identity id;
		struct slice want = slice_cstr(row->name);
		size_t n;
		if (row->claims == longest)
			want = slice_to(want, 200);
		if (row->claims == wide)
			want = slice_of(wide + 9, 199);
		CHECK_OK(read_claims(row->claims, &id));
		CHECK_OK(gateway_headers_set(&id, extra, ARRAY_LEN(extra), &arena, set, &n));
		CHECK(n == (want.n > 0 ? 2u : 0u));
		for (size_t k = 0; k < n; k++)
			CHECK_SLICE(set[k].value, want);
		CHECK(id.dropped == (row->dropped ? 3u << GATEWAY_CLAIM_EXTRA : 0u));
	}
	arena_reset(&arena);
}

/* There is a whole name, or none. */
static void a_name_in_a_full_arena(void)
{
	struct json pool[2];
	struct slice name = SLICE_NONE;
	bool full = false, fits = false;
	CHECK_OK(json_parse(SLICE("\"J\\u00fcrgen\""), pool, ARRAY_LEN(pool)));
	for (size_t cap = 0; cap < 64; cap++) {
		struct arena a;
		arena_init(&a, cap);
		enum rc rc = gateway_claim_name(pool, &a, &name);
		CHECK(rc == RC_OK || rc == RC_MEMORY);
		if (rc == RC_OK)
			CHECK_SLICE(name, SLICE("J\303\274rgen"));
		full = full || rc == RC_MEMORY;
		fits = fits || rc == RC_OK;
		arena_reset(&a);
	}
	CHECK(full && fits);
	CHECK_OK(json_parse(SLICE("\"Ann\""), pool, ARRAY_LEN(pool)));
	arena_init(&arena, 0);
	CHECK_RC(gateway_claim_name(pool, &arena, &name), RC_MEMORY);
}

/* Half a surrogate pair, which the reader of others' claims lets through. */
static void a_claim_of_no_text_is_left_out_unless_a_revocation_could_name_it(void)
{
	static const struct {
		const char *name, *text;
		enum rc rc;
		uint32_t dropped;
	} rows[] = {
		{"of nobody", "{\"sub\":\"u\",\"x\":\"\\ud800\"}", RC_OK, 0},
		{"roles", "{\"sub\":\"u\",\"roles\":[\"\\ud800\"]}", RC_OK, 1u << GATEWAY_CLAIM_ROLES},
		{"tenant", "{\"sub\":\"u\",\"tenant\":\"\\u0000\"}", RC_OK, 1u << GATEWAY_CLAIM_TENANT},
		{"jti", "{\"sub\":\"u\",\"jti\":\"\\u0000\"}", RC_OK, 1u << GATEWAY_CLAIM_JTI},
		{"sub", "{\"sub\":\"\\ud800\"}", RC_JOSE_SUB, 0},
		{"iat", "{\"sub\":\"u\",\"iat\":\"\\ud800\"}", RC_JOSE_IAT, 0},
		{"sid", "{\"sub\":\"u\",\"sid\":\"s\\ud800\"}", RC_JOSE_CLAIMS, 0},
		{"op_sid", "{\"sub\":\"u\",\"op_sid\":\"s\\ud800\"}", RC_JOSE_CLAIMS, 0},
		{"grant_id", "{\"sub\":\"u\",\"grant_id\":\"s\\ud800\"}", RC_JOSE_CLAIMS, 0},
		{"client_id", "{\"sub\":\"u\",\"client_id\":\"s\\ud800\"}", RC_JOSE_CLAIMS, 0},
	};
	struct json pool[16];
	struct gateway_identity id;
	T_ROWS(row, rows, name) {
		arena_reset(&arena);
		arena_init(&arena, 4096);
		CHECK_OK(json_parse_foreign(slice_cstr(row->text), pool, ARRAY_LEN(pool)));
		CHECK_RC(gateway_identity_read(pool, &map, &arena, &id), row->rc);
		if (row->rc == RC_OK)
			CHECK(id.dropped == row->dropped && slice_eq(id.user, SLICE("u")));
	}
	static const struct slice any[] = {SLICE_INIT("\"\\ud800\"")};
	const struct gateway_rule rule = {.type = GATEWAY_RULE_CLAIM, .path = SLICE("x"), .values = any, .value_count = 1}, *broken;
	CHECK_OK(json_parse_foreign(SLICE("{\"x\":\"\\ud800\"}"), pool, ARRAY_LEN(pool)));
	arena_reset(&arena);
	id.claims = pool;
	CHECK_RC(gateway_rules_validate(&id, &rule, 1, &broken), RC_FORBIDDEN);
}

static void a_subject_has_255_bytes_at_most(void)
{
	char text[300];
	struct gateway_identity id;
	for (int n = 254; n <= 257; n++) {
		(void)snprintf(text, sizeof text, "{\"sub\":\"%0*d\"}", n, 0);
		CHECK_RC(read_claims(text, &id), n <= 255 ? RC_OK : RC_JOSE_SUB);
	}
	arena_reset(&arena);
}

T_MAIN(T(a_tenant_has_a_maximum), T(a_claim_of_no_text_is_left_out_unless_a_revocation_could_name_it), T(a_subject_has_255_bytes_at_most),
       T(a_name_is_shown_the_same_everywhere), T(a_name_in_a_full_arena))
