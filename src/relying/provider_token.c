/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's token and revocation endpoints (RFC 6749 4.1.3, 6; RFC 7009). */
#include "base/percent.h"
#include "relying/parts.h"

enum { ANSWER_VALUES = 64, PERSON_VALUES = 256, CREDENTIALS_MAX = 1024, EXPIRES_MOST = 30 * 24 * 3600, EXPIRES_UNSAID = 300 };

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
static enum rc basic(const struct relying_site *site, struct arena *a, struct slice *ret_header)
{
	uint8_t pair[CREDENTIALS_MAX], text[CREDENTIALS_MAX * 2];
	struct buf p, t;
	buf_over(&p, pair, sizeof pair);
	buf_over(&t, text, sizeof text);
	percent_encode(&p, site->client_id);
	buf_byte(&p, ':');
	percent_encode(&p, secret_reveal(site->client_secret));
	buf_put(&t, SLICE("Basic "));
	base64_pad(&t, buf_slice(&p));
	enum rc rc = buf_rc(&p) != RC_OK ? buf_rc(&p) : buf_rc(&t);
	if (rc == RC_OK)
		rc = arena_copy(a, buf_slice(&t), ret_header);
	buf_free(&p);
	buf_free(&t);
	return rc;
}

static enum rc post(const struct relying *r, const struct relying_site *site, struct slice url, struct slice form,
		    struct arena *a, struct http_response_in *ret)
{
	struct http_request_out out = {.url = url, .post = true, .body = form};
	TRY(basic(site, a, &out.authorization));
	return http_client_fetch(r->http, &out, a, ret);
}

static enum rc optional_text(const struct json *root, struct slice name, struct arena *a, struct slice *ret_text)
{
	const struct json *v = json_get(root, name);
	if (v == NULL)
		return RC_OK;
	return json_string(v, a, ret_text) == RC_OK ? RC_OK : RC_UPSTREAM;
}

/* RFC 6749 5.1. */
static enum rc read_answer(const struct json *root, int64_t now, struct arena *a, struct provider_tokens *ret)
{
	struct provider_tokens t = {0};
	struct slice type;
	int64_t expires_in = EXPIRES_UNSAID;
	const struct json *expires = json_get(root, SLICE("expires_in"));
	if (json_string(json_get(root, SLICE("access_token")), a, &t.access_token) != RC_OK || t.access_token.n == 0)
		return RC_UPSTREAM;
	if (json_string(json_get(root, SLICE("token_type")), a, &type) != RC_OK || !slice_eq_nocase(type, SLICE("bearer")))
		return RC_UPSTREAM;
	if (expires != NULL && (json_int(expires, &expires_in) != RC_OK || expires_in < 0 || expires_in > EXPIRES_MOST))
		return RC_UPSTREAM;
	TRY(optional_text(root, SLICE("refresh_token"), a, &t.refresh_token));
	TRY(optional_text(root, SLICE("id_token"), a, &t.id_token));
	t.access_expires = now + expires_in;
	*ret = t;
	return RC_OK;
}

/* RFC 6749 5.2. What is wrong with one form says nothing about the next; what is wrong with the client does. */
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

enum rc provider_token(const struct relying *r, const struct relying_site *site, struct slice form, int64_t now,
		       struct arena *a, struct provider_tokens *ret)
{
	struct provider_metadata m;
	struct http_response_in in;
	const struct json *root;
	TRY(provider_find(r, site->issuer, now, a, &m));
	TRY(post(r, site, m.token_endpoint, form, a, &in));
	if (json_parse_arena(a, in.body, ANSWER_VALUES, &root) != RC_OK)
		return RC_UPSTREAM;
	if (in.status != 200)
		return refusal(in.status, root);
	return read_answer(root, now, a, ret);
}

void provider_revoke(const struct relying *r, const struct relying_site *site, struct slice refresh_token, int64_t now,
		     struct arena *a)
{
	struct provider_metadata m;
	struct http_response_in in;
	struct buf form;
	if (provider_find(r, site->issuer, now, a, &m) != RC_OK || m.revocation_endpoint.n == 0)
		return;
	buf_init(&form, 3 * SESSION_PAYLOAD_MAX);
	percent_form(&form, SLICE("token"), refresh_token);
	percent_form(&form, SLICE("token_type_hint"), SLICE("refresh_token"));
	if (buf_rc(&form) == RC_OK)
		rc_ignore(post(r, site, m.revocation_endpoint, buf_slice(&form), a, &in));
	buf_free(&form);
}

/* OpenID Connect Core 5.3.2: "The sub Claim in the UserInfo Response MUST be verified to exactly match the sub Claim in the
 * ID Token; if they do not match, the UserInfo Response values MUST NOT be used." */
static enum rc read_person(struct slice body, struct slice sub, struct arena *a, struct slice *ret_name)
{
	const struct json *root;
	TRY(json_parse_arena(a, body, PERSON_VALUES, &root));
	if (!json_is_string(json_get(root, SLICE("sub")), sub))
		return RC_JOSE_SUB;
	return json_string(json_get(root, SLICE("name")), a, ret_name);
}

void provider_name(const struct relying *r, const struct relying_site *site, const struct provider_asker *who, int64_t now,
		   struct arena *a, struct slice *ret_name)
{
	struct provider_metadata m;
	struct http_request_out out = {0};
	struct http_response_in in;
	if (provider_find(r, site->issuer, now, a, &m) != RC_OK || m.userinfo_endpoint.n == 0)
		return;
	out.url = m.userinfo_endpoint;
	if (arena_format(a, &out.authorization, "Bearer %.*s", SLICE_ARGS(who->access_token)) != RC_OK)
		return;
	if (http_client_fetch(r->http, &out, a, &in) == RC_OK && in.status == 200)
		rc_ignore(read_person(in.body, who->sub, a, ret_name));
}
