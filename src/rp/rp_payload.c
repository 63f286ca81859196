/* SPDX-License-Identifier: Apache-2.0 */
/* The payload of a gateway session, as JSON. */
#include "rp/rp_internal.h"
#include "rp/rp_payload.h"
#include "store/stored_json.h"

/* With what the records of version 0.1 have in their own way: the tenant as a word, roles as space-separated words. */
struct payload_record {
	struct gateway_payload now;
	struct slice tenant, roles;
};

#define TEXT(name, member, presence) \
	{SLICE_INIT(name), STORED_TEXT_OF(struct payload_record, member, SESSION_PAYLOAD_MAX), presence}
#define TIME(name) {SLICE_INIT(#name), STORED_TIME_OF(struct payload_record, now.name), STORED_ALWAYS}

/* JSON as the first release has it: a renewal tries the room for its answer with white space behind it. */
static const struct stored_member members[] = {
	TEXT("host", now.host, STORED_ALWAYS),
	TEXT("user", now.user, STORED_ALWAYS),
	TEXT("tenant_claim", now.tenant, STORED_SINCE),
	TEXT("roles_claim", now.roles, STORED_SINCE),
	TEXT("scopes", now.scopes, STORED_ALWAYS),
	TEXT("name", now.name, STORED_ALWAYS),
	TEXT("op_sid", now.op_sid, STORED_ALWAYS),
	TEXT("id_token", now.id_token, STORED_ALWAYS),
	TEXT("refresh_token", now.refresh_token, STORED_ALWAYS),
	TEXT("data", now.data, STORED_ALWAYS),
	TIME(access_expires),
	TIME(issued),
	TIME(data_version),
	TEXT("tenant", tenant, STORED_UNTIL),
	TEXT("roles", roles, STORED_UNTIL),
};

enum rc gateway_payload_write(const struct gateway_payload *p, struct arena *a, struct slice *ret_text)
{
	const struct payload_record r = {.now = *p};
	return stored_json_write(members, ARRAY_LEN(members), &r, SESSION_PAYLOAD_MAX, a, ret_text);
}

static enum rc as_json(struct arena *a, struct slice text, bool list, struct slice *ret_json)
{
	struct buf b;
	buf_init(&b, 6 * text.n + 2);
	struct json_out o = json_out_to(&b);
	if (list) {
		struct slice word;
		json_out_array(&o);
		while (slice_word(&text, &word))
			json_out_string(&o, word);
		json_out_array_end(&o);
	} else {
		json_out_string(&o, text);
	}
	enum rc rc = buf_rc(&b) == RC_OK ? arena_copy(a, buf_slice(&b), ret_json) : buf_rc(&b);
	buf_free(&b);
	return rc;
}

enum rc gateway_payload_read(struct slice text, struct arena *a, struct gateway_payload *ret)
{
	struct payload_record r = {.now = {.host = SLICE_NONE}};
	TRY(stored_json_read(members, ARRAY_LEN(members), text, a, &r));
	if (r.roles.n > 0)
		TRY(as_json(a, r.roles, true, &r.now.roles));
	if (r.tenant.n > 0)
		TRY(as_json(a, r.tenant, false, &r.now.tenant));
	*ret = r.now;
	return RC_OK;
}

struct slice gateway_payload_hint(struct slice id_token)
{
	return id_token.n <= GATEWAY_HINT_MAX ? id_token : SLICE_NONE;
}

struct slice gateway_payload_refresh(const struct rp *r, const struct rp_site *site, struct slice refresh_token)
{
	if (refresh_token.n <= GATEWAY_REFRESH_MAX)
		return refresh_token;
	rp_note(r, &(struct rp_note){.event = "answer.dropped",
				     .host = site->host,
				     .why = RC_LIMIT,
				     .provider = site->issuer,
				     .detail = SLICE("refresh_token: over 12288 bytes")});
	return SLICE_NONE;
}

enum rc gateway_session_read(const struct rp *r, const struct session *x, struct arena *a,
			     struct gateway_payload *ret_payload)
{
	enum rc rc = gateway_payload_read(x->payload, a, ret_payload);
	if (rc == RC_OK || rc_server_error(rc))
		return rc;
	rp_note(r, &(struct rp_note){.event = "session.damaged", .sid = x->sid, .why = rc});
	TRY(session_end(r->sessions, x->sid));
	return RC_NOT_FOUND;
}

enum rc gateway_session_open(const struct rp *r, struct slice host, struct slice cookie, int64_t now, struct arena *a,
			  struct session *ret_session, struct gateway_payload *ret_payload)
{
	struct session x;
	struct gateway_payload p;
	TRY(session_open(r->sessions, cookie, session_unbound(now), a, &x));
	TRY(gateway_session_read(r, &x, a, &p));
	if (!slice_eq(p.host, host))
		return RC_NOT_FOUND;
	*ret_session = x;
	*ret_payload = p;
	return RC_OK;
}
