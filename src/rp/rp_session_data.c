/* SPDX-License-Identifier: Apache-2.0 */
/* A backend's own state in the session: read and written by session handle, versioned, so that no write is lost. */
#include "rp/rp_payload.h"
#include "sealed/session_handle.h"

enum { DATA_VALUES = 1024, WRITES_MAX = 5 };

static enum rc open_handle(const struct rp *r, struct request *c, struct session *ret_session,
			   struct gateway_payload *ret_payload)
{
	struct ticket t;
	struct slice handle = request_header(c, SLICE("x-session-id"));
	if (handle.n == 0)
		return RC_NO_CREDENTIALS;
	enum rc rc = session_handle_open(r->handle_key, handle, c->now, c->arena, &t);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : RC_INVALID_TOKEN;
	rc = session_open_by_sid_secret(r->sessions, t.sid, t.secret, session_unbound(c->now), c->arena, ret_session);
	if (rc == RC_OK) {
		c->log_session = ret_session->sid;
		rc = gateway_session_read(r, ret_session, c->arena, ret_payload);
	}
	return rc == RC_NOT_FOUND ? RC_INVALID_TOKEN : rc;
}

static enum rc answer(struct request *c, const struct gateway_payload *p, struct reply *reply)
{
	struct slice etag;
	TRY(arena_format(c->arena, &etag, "\"%lld\"", (long long)p->data_version));
	TRY(reply_header_add(reply, SLICE("ETag"), etag));
	reply_json(reply, 200, p->data.n == 0 ? SLICE("{}") : p->data);
	return RC_OK;
}

/* RFC 9110 13.1.1: one of the named versions must match by strong comparison; `*` names none and fails. */
static enum rc validate_version(struct request *c, const struct gateway_payload *p)
{
	struct slice etag, one, match = request_header(c, SLICE("if-match"));
	if (match.n == 0) {
		c->log_detail = SLICE("If-Match");
		return RC_MISSING;
	}
	TRY(arena_format(c->arena, &etag, "\"%lld\"", (long long)p->data_version));
	while (slice_split(&match, ',', &one))
		if (slice_eq(slice_trim(one), etag))
			return RC_OK;
	return RC_PRECONDITION;
}

static enum rc validate_body(const struct request *c)
{
	const struct json *root;
	if (c->body.n > RP_DATA_MAX)
		return RC_LIMIT;
	TRY(json_parse_arena(c->arena, c->body, DATA_VALUES, &root));
	return root->type == JSON_OBJECT ? RC_OK : RC_SYNTAX;
}

static enum rc write_once(const struct rp *r, struct request *c, struct gateway_payload *ret_payload)
{
	struct session x;
	struct gateway_payload p;
	TRY(open_handle(r, c, &x, &p));
	TRY(validate_version(c, &p));
	TRY(validate_body(c));
	p.data = c->body;
	p.data_version++;
	TRY(gateway_payload_write(&p, c->arena, &x.payload));
	TRY(session_save(r->sessions, &x, c->now, c->arena));
	*ret_payload = p;
	return RC_OK;
}

enum rc rp_data(const struct rp *r, struct request *c, struct reply *ret_reply)
{
	struct session x;
	struct gateway_payload p;
	enum rc rc = c->method == CALL_PUT ? RC_CONFLICT : open_handle(r, c, &x, &p);
	/* If a renewal saved the session between our read and write, the data's version is unchanged: try again. */
	for (int tries = 0; rc == RC_CONFLICT && tries < WRITES_MAX; tries++)
		rc = write_once(r, c, &p);
	TRY(rc);
	return answer(c, &p, ret_reply);
}
