/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's identity where memory is short: there is a whole one, or none. */
#include "base/buf.h"
#include "gateway/gateway_claim.h"
#include "gateway/gateway_headers.h"
#include "gateway/gateway_rule.h"
#include "t.h"

static const struct gateway_claim_map map = {SLICE_INIT("roles"), SLICE_INIT("tenant"), SLICE_INIT("scope")};

/* One large value among small ones: where it alone does not fit, there is no identity without it. In JSON, and as it comes out. */
struct large_row {
	const char *before, *unit, *after;
	size_t (*length)(const struct gateway_identity *id);
	size_t unit_length;
};

static size_t user_of(const struct gateway_identity *id)
{
	return id->user.n;
}

static size_t client_of(const struct gateway_identity *id)
{
	return id->client.n;
}

static size_t sid_of(const struct gateway_identity *id)
{
	return id->subject.sid.n;
}

static size_t op_sid_of(const struct gateway_identity *id)
{
	return id->subject.op_sid.n;
}

static size_t grant_of(const struct gateway_identity *id)
{
	return id->subject.grant.n;
}

static size_t jti_of(const struct gateway_identity *id)
{
	return id->subject.jti.n;
}

static size_t handle_of(const struct gateway_identity *id)
{
	return id->handle.n;
}

static size_t tenant_of(const struct gateway_identity *id)
{
	return id->tenant.n;
}

static size_t roles_of(const struct gateway_identity *id)
{
	return id->roles.n;
}

static size_t scope_of(const struct gateway_identity *id)
{
	return id->scope.n;
}

enum { UNITS = 100 };

static const struct json *large_claims(const struct large_row *row, struct arena *a)
{
	const struct json *root = NULL;
	struct buf b;
	buf_init(&b, 16384);
	buf_put(&b, slice_cstr(row->before));
	for (size_t i = 0; i < UNITS; i++)
		buf_put(&b, slice_cstr(row->unit));
	buf_put(&b, slice_cstr(row->after));
	struct slice text = SLICE_NONE;
	CHECK_OK(arena_copy(a, buf_slice(&b), &text));
	CHECK_OK(json_parse_arena(a, text, 512, &root));
	buf_free(&b);
	return root;
}

static void identity_without_what_did_not_fit_is_none(void)
{
	static const struct large_row rows[] = {
		{"{\"sub\":\"", ",", "\"}", user_of, 3}, {"{\"sub\":\"", "\\u0061", "\"}", user_of, 1}, {"{\"client_id\":\"", "\\u0061", "\"}", client_of, 1},
		{"{\"client_id\":\"", ",", "\"}", client_of, 3}, {"{\"sid\":\"", "\\u0061", "\"}", sid_of, 1}, {"{\"op_sid\":\"", "\\u0061", "\"}", op_sid_of, 1},
		{"{\"grant_id\":\"", "\\u0061", "\"}", grant_of, 1}, {"{\"jti\":\"", "\\u0061", "\"}", jti_of, 1}, {"{\"handle\":\"", "\\u0061", "\"}", handle_of, 1},
		{"{\"handle\":\"", ",", "\"}", handle_of, 3},
		{"{\"tenant\":\"", "\\u0061", "\"}", tenant_of, 1}, {"{\"tenant\":\"", ",", "\"}", tenant_of, 3}, {"{\"roles\":[\"", "\\u0061", "\"]}", roles_of, 1},
		{"{\"roles\":[\"", ",", "\"]}", roles_of, 3}, {"{\"roles\":[\"x\"", ",\"y\"", "]}", roles_of, 2}, {"{\"roles\":\"", "\\u0061", "\"}", roles_of, 1},
		{"{\"roles\":\"x ", ",", "\"}", roles_of, 3}, {"{\"roles\":\"x", " y", "\"}", roles_of, 2}, {"{\"roles\":\"", ",", "\"}", roles_of, 3},
		{"{\"scope\":[\"", "\\u0061", "\"]}", scope_of, 1}, {"{\"scope\":\"", "\\u0061", "\"}", scope_of, 1}, {"{\"scope\":\"x ", ",", "\"}", scope_of, 3},
	};
	static _Alignas(max_align_t) uint8_t memory[16384];
	T_ROWS(row, rows, before) {
		struct arena text, a;
		size_t good = 0, least = UNITS * row->unit_length;
		arena_init(&text, 1 << 20);
		const struct json *root = large_claims(row, &text);
		for (size_t n = 0; n <= sizeof memory; n += 16) {
			struct gateway_identity id;
			arena_over(&a, memory, n, n);
			enum rc rc = gateway_identity_read(root, &map, &a, &id);
			CHECK(rc == RC_MEMORY || (rc == RC_OK && row->length(&id) >= least));
			good += rc == RC_OK;
			arena_reset(&a);
		}
		CHECK(good > 0);
		arena_reset(&text);
	}
}

static void headers_without_what_did_not_fit_are_none(void)
{
	static const struct gateway_claim_header extra[] = {{SLICE_INIT("X-Email"), SLICE_INIT("email")}};
	static const struct large_row rows[] = {{"{\"email\":\"", ",", "\"}", NULL, 3}, {"{\"email\":\"", "\\u0061", "\"}", NULL, 1},
						{"{\"email\":[\"", ",", "\"]}", NULL, 3}, {"{\"email\":[\"x\"", ",\"y\"", "]}", NULL, 2}};
	static _Alignas(max_align_t) uint8_t memory[16384];
	T_ROWS(row, rows, before) {
		struct gateway_header set[GATEWAY_SET_MAX];
		struct arena text, a;
		size_t good = 0;
		arena_init(&text, 1 << 20);
		struct gateway_identity id = {.claims = large_claims(row, &text)};
		for (size_t size = 0; size <= sizeof memory; size += 16) {
			size_t n = 0;
			arena_over(&a, memory, size, size);
			enum rc rc = gateway_headers_set(&id, extra, 1, &a, set, &n);
			CHECK(rc == RC_MEMORY || (rc == RC_OK && n == 1 && set[0].value.n >= UNITS * row->unit_length));
			good += rc == RC_OK;
			arena_reset(&a);
		}
		CHECK(good > 0);
		arena_reset(&text);
	}
}

T_MAIN(T(identity_without_what_did_not_fit_is_none), T(headers_without_what_did_not_fit_are_none))
