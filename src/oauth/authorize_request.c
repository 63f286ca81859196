/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters in the order of the standards; nothing is sent anywhere before redirect_uri is known to be the client's. */
#include "oauth/authorize_request.h"

#include "base/cursor.h"
#include "base/utf8.h"
#include "oauth/client_uri.h"
#include "oauth/id_token_hint.h"
#include "oauth/scope.h"
#include "oauth/supported.h"

enum { STATE_MAX = 2048, NONCE_MAX = 512, LOGIN_HINT_MAX = 254, CHALLENGE_LEN = 43, FIELD_MAX = 4096 };

static struct slice parameter(const struct call *c, struct slice name)
{
	return call_pairs_get(c->query, name);
}

static enum rc refuse(struct call *c, enum rc why, struct slice detail)
{
	c->log_detail = detail;
	return why;
}

/* RFC 6749 A.5: state is 1*VSCHAR; we take any printable text, since clients send it. */
static bool text_ok(struct slice s, size_t max)
{
	return s.n <= max && utf8_printable(s);
}

enum rc authorize_request_trust(const struct op *op, struct call *c, struct authorize_request *ret, struct client **ret_client)
{
	struct authorize_request request = {.response_mode = SLICE("query"), .max_age = -1};
	CLEANUP(client_unref_p) struct client *client = NULL;
	request.client_id = parameter(c, SLICE("client_id"));
	if (request.client_id.n == 0)
		return refuse(c, RC_INVALID_REQUEST, SLICE("client_id is missing"));
	enum rc rc = client_get(op, request.client_id, c->now, &client);
	if (rc == RC_NOT_FOUND)
		return refuse(c, RC_INVALID_REQUEST, SLICE("there is no such client_id"));
	TRY(rc);
	TRY(arena_copy(c->arena, client->id, &c->log_client));
	request.redirect_uri = parameter(c, SLICE("redirect_uri"));
	if (request.redirect_uri.n == 0)
		return refuse(c, RC_INVALID_REQUEST, SLICE("redirect_uri is missing"));
	/* RFC 9700 4.1.3: "exact string matching", the port of loopback addresses excepted. */
	if (client_uri_redirect_fault(request.redirect_uri) != NULL || !client_redirect_allowed(client, request.redirect_uri))
		return refuse(c, RC_INVALID_REQUEST, SLICE("redirect_uri is not registered for this client"));
	struct slice state = parameter(c, SLICE("state")), mode = parameter(c, SLICE("response_mode"));
	if (text_ok(state, STATE_MAX))
		request.state = state;
	if (slice_has_word(SUPPORTED_RESPONSE_MODES, mode))
		request.response_mode = mode;
	*ret = request;
	*ret_client = client;
	client = NULL;
	return RC_OK;
}

/* OpenID Connect Core 6 and 7.2.1: parameters that change what the others mean must not be ignored. */
static enum rc check_unsupported(struct call *c)
{
	static const struct {
		struct slice name;
		enum rc rc;
	} rows[] = {
		{SLICE_INIT("request"), RC_REQUEST_NOT_SUPPORTED},
		{SLICE_INIT("request_uri"), RC_REQUEST_URI_NOT_SUPPORTED},
		{SLICE_INIT("registration"), RC_REGISTRATION_NOT_SUPPORTED},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (parameter(c, rows[i].name).n > 0)
			return refuse(c, rows[i].rc, rows[i].name);
	return RC_OK;
}

static enum rc check_response(struct call *c, const struct client *client)
{
	struct slice type = parameter(c, SLICE("response_type")), mode = parameter(c, SLICE("response_mode"));
	if (type.n == 0)
		return refuse(c, RC_INVALID_REQUEST, SLICE("response_type is missing"));
	if (!slice_has_word(SUPPORTED_RESPONSE_TYPES, type))
		return refuse(c, RC_UNSUPPORTED_RESPONSE_TYPE, SLICE("response_type"));
	if ((client->grants & CLIENT_GRANT_CODE) == 0)
		return refuse(c, RC_UNAUTHORIZED_CLIENT, SLICE("the client is not registered for authorization_code"));
	if (mode.n > 0 && !slice_has_word(SUPPORTED_RESPONSE_MODES, mode))
		return refuse(c, RC_INVALID_REQUEST, SLICE("response_mode"));
	return RC_OK;
}

/* RFC 7636 4.3, RFC 9700 2.1.1: PKCE for every client, and "plain", also as the default of an absent method, protects
 * nobody. A challenge is the base64url of a SHA-256: 43 characters. */
static enum rc check_challenge(struct call *c, struct authorize_request *request)
{
	struct slice challenge = parameter(c, SLICE("code_challenge"));
	if (!slice_has_word(SUPPORTED_CODE_CHALLENGE_METHODS, parameter(c, SLICE("code_challenge_method"))))
		return refuse(c, RC_INVALID_REQUEST, SLICE("code_challenge_method must be S256"));
	if (challenge.n != CHALLENGE_LEN)
		return refuse(c, RC_INVALID_REQUEST, SLICE("code_challenge must be 43 characters"));
	for (size_t i = 0; i < challenge.n; i++) {
		uint8_t ch = challenge.p[i];
		bool ok = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_';
		if (!ok)
			return refuse(c, RC_INVALID_REQUEST, SLICE("code_challenge must be base64url"));
	}
	request->code_challenge = challenge;
	return RC_OK;
}

static enum rc check_scope(const struct op *op, struct call *c, const struct client *client,
			   struct authorize_request *request)
{
	struct slice resource = parameter(c, SLICE("resource"));
	struct slice scopes;
	enum rc rc = scope_narrow(parameter(c, SLICE("scope")), client->scopes, c->arena, &scopes);
	if (rc == RC_INVALID_SCOPE)
		return refuse(c, rc, SLICE("scope"));
	TRY(rc);
	TRY(arena_copy(c->arena, scopes, &request->scopes));
	if (resource.n > 0 && scope_resource(op, resource) == NULL)
		return refuse(c, RC_INVALID_TARGET, SLICE("resource"));
	request->resource = resource;
	return RC_OK;
}

/* OpenID Connect Core 3.1.2.1: "If this parameter contains none with any other value, an error is returned." */
static enum rc check_prompt(struct call *c, struct authorize_request *request)
{
	struct slice rest = parameter(c, SLICE("prompt")), word;
	while (slice_word(&rest, &word)) {
		if (!slice_has_word(SUPPORTED_PROMPTS, word))
			return refuse(c, RC_INVALID_REQUEST, SLICE("prompt"));
		if (slice_eq(word, SLICE("none")))
			request->prompt |= AUTHORIZE_PROMPT_NONE;
		else if (slice_eq(word, SLICE("consent")))
			request->prompt |= AUTHORIZE_PROMPT_CONSENT;
		else
			/* A browser has one session with us: to choose another account is to sign in again. */
			request->prompt |= AUTHORIZE_PROMPT_LOGIN;
	}
	if ((request->prompt & AUTHORIZE_PROMPT_NONE) != 0 && request->prompt != AUTHORIZE_PROMPT_NONE)
		return refuse(c, RC_INVALID_REQUEST, SLICE("prompt: none stands alone"));
	return RC_OK;
}

static enum rc check_max_age(struct call *c, struct authorize_request *request)
{
	struct slice text = parameter(c, SLICE("max_age"));
	int64_t value = 0;
	if (text.n == 0)
		return RC_OK;
	if (text.n > 9)
		return refuse(c, RC_INVALID_REQUEST, SLICE("max_age"));
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return refuse(c, RC_INVALID_REQUEST, SLICE("max_age"));
		value = value * 10 + (text.p[i] - '0');
	}
	request->max_age = value;
	return RC_OK;
}

static enum rc check_hints(const struct op *op, struct call *c, struct authorize_request *request)
{
	struct slice hint = parameter(c, SLICE("id_token_hint")), login = parameter(c, SLICE("login_hint"));
	if (login.n <= LOGIN_HINT_MAX && utf8_printable(login))
		request->login_hint = login;
	if (hint.n == 0)
		return RC_OK;
	struct id_token_hint read;
	enum rc rc = id_token_hint_read(op, hint, request->client_id, c->now, c->arena, &read);
	if (rc == RC_INVALID_TOKEN)
		return refuse(c, RC_INVALID_REQUEST, SLICE("id_token_hint"));
	TRY(rc);
	request->subject = read.sub;
	return RC_OK;
}

enum rc authorize_request_read(const struct op *op, struct call *c, const struct client *client,
			       struct authorize_request *request)
{
	if (!text_ok(parameter(c, SLICE("state")), STATE_MAX))
		return refuse(c, RC_INVALID_REQUEST, SLICE("state"));
	TRY(check_unsupported(c));
	TRY(check_response(c, client));
	TRY(check_challenge(c, request));
	TRY(check_scope(op, c, client, request));
	request->nonce = parameter(c, SLICE("nonce"));
	if (!text_ok(request->nonce, NONCE_MAX))
		return refuse(c, RC_INVALID_REQUEST, SLICE("nonce"));
	TRY(check_prompt(c, request));
	TRY(check_max_age(c, request));
	return check_hints(op, c, request);
}

static const size_t fields[] = {
	offsetof(struct authorize_request, client_id),	   offsetof(struct authorize_request, redirect_uri),
	offsetof(struct authorize_request, response_mode), offsetof(struct authorize_request, state),
	offsetof(struct authorize_request, nonce),	   offsetof(struct authorize_request, code_challenge),
	offsetof(struct authorize_request, scopes),	   offsetof(struct authorize_request, resource),
	offsetof(struct authorize_request, login_hint),	   offsetof(struct authorize_request, subject),
};

void authorize_request_write(const struct authorize_request *request, struct buf *b)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		buf_block(b, *(const struct slice *)(const void *)((const char *)request + fields[i]));
	buf_u32(b, request->prompt);
	buf_u64(b, (uint64_t)request->max_age);
}

enum rc authorize_request_restore(struct cursor *cur, struct authorize_request *ret)
{
	struct authorize_request request = {0};
	uint32_t prompt;
	uint64_t max_age;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		TRY(cursor_block(cur, FIELD_MAX, (struct slice *)(void *)((char *)&request + fields[i])));
	TRY(cursor_u32(cur, &prompt));
	TRY(cursor_u64(cur, &max_age));
	request.prompt = prompt;
	request.max_age = (int64_t)max_age;
	*ret = request;
	return RC_OK;
}
