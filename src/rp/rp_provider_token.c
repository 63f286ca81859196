/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's token and revocation endpoints (RFC 6749 4.1.3, 6; RFC 7009). */
#include "base/percent.h"
#include "gateway/gateway_claim.h"
#include "rp/rp_internal.h"
#include "rp/rp_payload.h"
#include "rp/rp_provider.h"

enum { ANSWER_VALUES = 1024, PERSON_VALUES = 1024, CREDENTIALS_MAX = 1024 };

static void base64_pad(struct buf *b, struct slice data)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < data.n; i += 3) {
		uint32_t v = (uint32_t)data.p[i] << 16;
		v |= i + 1 < data.n ? (uint32_t)data.p[i + 1] << 8 : 0;
		v |= i + 2 < data.n ? data.p[i + 2] : 0;
		buf_byte(b, (uint8_t)alphabet[v >> 18]);
		buf_byte(b, (uint8_t)alphabet[v >> 12 & 63]);
		buf_byte(b, i + 1 < data.n ? (uint8_t)alphabet[v >> 6 & 63] : (uint8_t)'=');
		buf_byte(b, i + 2 < data.n ? (uint8_t)alphabet[v & 63] : (uint8_t)'=');
	}
}

/* RFC 6749 2.3.1: both parts form-encoded before they are joined. */
static enum rc basic(const struct rp_site *site, struct arena *a, struct slice *ret_header)
{
	uint8_t pair[CREDENTIALS_MAX], text[CREDENTIALS_MAX * 2];
	struct buf p, t;
	buf_over(&p, pair, sizeof pair);
	buf_over(&t, text, sizeof text);
	percent_encode(&p, site->client_id);
	buf_byte(&p, ':');
	percent_encode(&p, outgoing_secret_present(site->client_secret));
	buf_put(&t, SLICE("Basic "));
	base64_pad(&t, buf_slice(&p));
	enum rc rc = buf_rc(&p) != RC_OK ? buf_rc(&p) : buf_rc(&t);
	if (rc == RC_OK)
		rc = arena_copy(a, buf_slice(&t), ret_header);
	buf_free(&p);
	buf_free(&t);
	return rc;
}

static enum rc post(const struct rp *r, const struct rp_site *site, struct provider_ask *q, struct arena *a,
		    struct http_response_in *ret)
{
	q->issuer = site->issuer;
	q->out.post = true;
	TRY(basic(site, a, &q->out.authorization));
	return provider_ask(r, q, a, ret);
}

/* RFC 6749 5.2. A fault of one form says nothing about the next form; a fault of the client concerns all. */
static enum rc refusal(long status, const struct json *root)
{
	static const struct {
		struct slice error;
		enum rc rc;
	} rows[] = {{SLICE_INIT("invalid_grant"), RC_INVALID_GRANT}, {SLICE_INIT("invalid_client"), RC_INVALID_CLIENT},
		    {SLICE_INIT("unauthorized_client"), RC_INVALID_CLIENT}};
	const struct json *error = json_get(root, SLICE("error"));
	if (status == 401)
		return RC_INVALID_CLIENT;
	if (status != 400 || error == NULL || error->type != JSON_STRING)
		return RC_UPSTREAM;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (json_is_string(error, rows[i].error))
			return rows[i].rc;
	return RC_INVALID_REQUEST;
}

/* The text of an error response, limited to printable ASCII (RFC 6749 5.2). */
static struct slice safe_text(const struct json *v)
{
	struct slice s = v == NULL || v->type != JSON_STRING ? SLICE_NONE : slice_to(v->text, 120);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return SLICE_NONE;
	return s;
}

/* What the log says of an answer: at most `cap` bytes. `read` is what reading it as JSON came to. */
static void refusal_text(long status, enum rc read, const struct json *root, char *why, size_t cap)
{
	struct slice error = safe_text(json_get(root, SLICE("error"))),
		     text = safe_text(json_get(root, SLICE("error_description")));
	if (read == RC_LIMIT)
		(void)snprintf(why, cap, "its answer is too large: over 1,024 values, 256 members of an object or 16 levels");
	else if (root == NULL)
		(void)snprintf(why, cap, "its answer with status %ld is not JSON", status);
	else if (status == 200)
		(void)snprintf(why, cap,
			       "its answer holds no bearer access_token, or a token that is no string");
	else
		(void)snprintf(why, cap, "status %ld %.*s%s%.*s", status, SLICE_ARGS(error),
			       text.n > 0 ? ": " : "", SLICE_ARGS(text));
}

static enum rc ask_token(const struct rp *r, const struct rp_site *site, struct slice form, int64_t now,
			 struct arena *a, struct provider_tokens *ret)
{
	struct provider_metadata m;
	struct http_response_in in;
	const struct json *root = NULL;
	ret->fault = SLICE_NONE;
	enum rc rc = provider_find(r, site->issuer, now, a, &m);
	if (rc != RC_OK)
		ret->fault = provider_trouble(r, site->issuer, a);
	TRY(rc);
	struct provider_ask q = {
		.what = "token endpoint", .inside = m.inside, .out = {.url = m.token_endpoint, .body = form}};
	rc = post(r, site, &q, a, &in);
	if (rc != RC_OK)
		rc_ignore(arena_copy(a, slice_cstr(q.why), &ret->fault));
	TRY(rc);
	enum rc read = json_parse_arena(a, in.body, ANSWER_VALUES, &root);
	if (rc_server_error(read))
		return read;
	rc = read != RC_OK       ? RC_UPSTREAM
	     : in.status == 200 ? provider_answer_read(root, now, a, ret)
				: refusal(in.status, root);
	if (rc != RC_OK && rc != RC_MEMORY) {
		char why[400];
		refusal_text(in.status, read, root, why, sizeof why);
		provider_fault(r, site->issuer, q.what, why);
		rc_ignore(arena_format(a, &ret->fault, "%s: %s", q.what, why));
	}
	TRY(rc);
	if (ret->dropped.n > 0)
		rp_note(r, &(struct rp_note){.event = "answer.dropped", .host = site->host, .why = RC_UPSTREAM,
						       .provider = site->issuer, .detail = ret->dropped});
	return RC_OK;
}

/* The client's secret may have been replaced since the request came, here and at the provider: retry once with the
 * current one. */
enum rc provider_token(const struct rp *r, const struct rp_site *site, struct slice form, int64_t now,
		       struct arena *a, struct provider_tokens *ret)
{
	struct rp_site again = *site;
	enum rc rc = ask_token(r, site, form, now, a, ret);
	if (rc != RC_INVALID_CLIENT || r->secret_now == NULL ||
	    r->secret_now(r->secret_now_self, site, a, &again.client_secret) != RC_OK)
		return rc;
	return ask_token(r, &again, form, now, a, ret);
}

/* RFC 7009 2.2.1: "If the server responds with HTTP status code 503, the client must assume the token still exists and may
 * retry after a reasonable delay." */
static enum rc revoked(const struct rp *r, const struct rp_site *site, const char *what, long status)
{
	char why[64];
	if (status >= 200 && status < 300)
		return RC_OK;
	(void)snprintf(why, sizeof why, "it answers with status %ld", status);
	provider_fault(r, site->issuer, what, why);
	bool later = status >= 500 || status == 401 || status == 408 || status == 429;
	return later ? RC_UPSTREAM : RC_INVALID_REQUEST;
}

enum rc provider_revoke(const struct rp *r, const struct rp_site *site, struct slice refresh_token,
			const struct outbox_try *t, struct arena *a)
{
	struct provider_metadata m;
	struct http_response_in in;
	struct buf form;
	TRY(provider_find(r, site->issuer, t->now, a, &m));
	if (m.revocation_endpoint.n == 0)
		return RC_OK;
	buf_init(&form, 3 * GATEWAY_REFRESH_MAX + 256);
	percent_form(&form, SLICE("token"), refresh_token);
	percent_form(&form, SLICE("token_type_hint"), SLICE("refresh_token"));
	struct provider_ask q = {.what = "revocation endpoint",
				 .inside = m.inside,
				 .out = {.url = m.revocation_endpoint, .body = buf_slice(&form), .aborted = t->stopping}};
	enum rc rc = buf_rc(&form);
	if (rc == RC_OK)
		rc = post(r, site, &q, a, &in);
	buf_free(&form);
	TRY(rc);
	return revoked(r, site, q.what, in.status);
}

/* OpenID Connect Core 5.3.2: "The sub Claim in the UserInfo Response MUST be verified to exactly match the sub Claim
 * in the ID Token; if they do not match, the UserInfo Response values MUST NOT be used." */
static enum rc read_person(struct slice body, struct slice sub, struct arena *a, struct slice *ret_name)
{
	const struct json *root;
	TRY(json_parse_foreign_arena(a, body, PERSON_VALUES, &root));
	if (!json_is_string(json_get(root, SLICE("sub")), sub))
		return RC_JOSE_SUB;
	return gateway_claim_name(json_get(root, SLICE("name")), a, ret_name);
}

void provider_name(const struct rp *r, const struct rp_site *site, const struct provider_asker *who, int64_t now,
		   struct arena *a, struct slice *ret_name)
{
	struct provider_metadata m;
	struct http_response_in in;
	if (provider_find(r, site->issuer, now, a, &m) != RC_OK || m.userinfo_endpoint.n == 0)
		return;
	struct provider_ask q = {
		.issuer = site->issuer, .what = "UserInfo", .inside = m.inside, .out = {.url = m.userinfo_endpoint}};
	if (arena_format(a, &q.out.authorization, "Bearer %.*s", SLICE_ARGS(who->access_token)) != RC_OK)
		return;
	if (provider_ask(r, &q, a, &in) == RC_OK && in.status == 200)
		rc_ignore(read_person(in.body, who->sub, a, ret_name));
}
