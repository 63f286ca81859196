/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata (OpenID Connect Discovery 3, RFC 8414 2), printed from the tables that the handlers run on. */
#include "oauth/client_auth.h"
#include "oauth/grant.h"
#include "oauth/supported.h"
#include "oidc/oidc.h"

enum { DISCOVERY_ROOM = 16 * 1024, DISCOVERY_MAX_AGE = 300 };

struct writing {
	const struct op *op;
	struct json_out o;
};

static void write_issuer(struct writing *w)
{
	json_out_string(&w->o, w->op->settings->issuer);
}

static void write_scopes(struct writing *w)
{
	struct slice words = w->op->settings->scopes, word;
	json_out_array(&w->o);
	while (slice_word(&words, &word))
		json_out_string(&w->o, word);
	json_out_array_end(&w->o);
}

static void write_grants(struct writing *w)
{
	json_out_array(&w->o);
	for (size_t i = 0; i < GRANT_COUNT; i++)
		json_out_string(&w->o, grant_rows[i]->name);
	json_out_array_end(&w->o);
}

static void write_auth_methods(struct writing *w, bool public_too)
{
	json_out_array(&w->o);
	for (size_t i = 0; i < CLIENT_AUTH_COUNT; i++)
		if (public_too || client_auth_rows[i]->method != CLIENT_AUTH_NONE)
			json_out_string(&w->o, client_auth_rows[i]->name);
	json_out_array_end(&w->o);
}

static void write_all_auth(struct writing *w)
{
	write_auth_methods(w, true);
}

static void write_confidential_auth(struct writing *w)
{
	write_auth_methods(w, false);
}

static void write_algs(struct writing *w, jose_alg_set set)
{
	json_out_array(&w->o);
	for (int alg = 0; alg < JOSE_ALG_COUNT; alg++)
		if (set & JOSE_ALG_BIT(alg))
			json_out_string(&w->o, jose_alg_row((enum jose_alg)alg)->name);
	json_out_array_end(&w->o);
}

static void write_assertion_algs(struct writing *w)
{
	write_algs(w, client_auth_assertion_algs());
}

static void write_id_token_algs(struct writing *w)
{
	write_algs(w, w->op->settings->id_token_algs);
}

static void write_claims(struct writing *w)
{
	json_out_array(&w->o);
	claims_write_names(&w->o);
	json_out_array_end(&w->o);
}

/* A member is written by a function, or is a path under the issuer, a list of words, or a truth value. */
static const struct member {
	struct slice name;
	void (*write)(struct writing *w);
	struct slice path, words;
	bool value;
} members[] = {
	{SLICE_INIT("issuer"), .write = write_issuer},
	{SLICE_INIT("authorization_endpoint"), .path = SLICE_INIT("/authorize")},
	{SLICE_INIT("token_endpoint"), .path = SLICE_INIT("/token")},
	{SLICE_INIT("userinfo_endpoint"), .path = SLICE_INIT("/userinfo")},
	{SLICE_INIT("jwks_uri"), .path = SLICE_INIT("/.well-known/jwks.json")},
	{SLICE_INIT("introspection_endpoint"), .path = SLICE_INIT("/introspect")},
	{SLICE_INIT("revocation_endpoint"), .path = SLICE_INIT("/revoke")},
	{SLICE_INIT("end_session_endpoint"), .path = SLICE_INIT("/logout")},
	{SLICE_INIT("scopes_supported"), .write = write_scopes},
	{SLICE_INIT("response_types_supported"), .words = SUPPORTED_RESPONSE_TYPES_INIT},
	{SLICE_INIT("response_modes_supported"), .words = SUPPORTED_RESPONSE_MODES_INIT},
	{SLICE_INIT("grant_types_supported"), .write = write_grants},
	{SLICE_INIT("token_endpoint_auth_methods_supported"), .write = write_all_auth},
	{SLICE_INIT("token_endpoint_auth_signing_alg_values_supported"), .write = write_assertion_algs},
	{SLICE_INIT("introspection_endpoint_auth_methods_supported"), .write = write_confidential_auth},
	{SLICE_INIT("introspection_endpoint_auth_signing_alg_values_supported"), .write = write_assertion_algs},
	{SLICE_INIT("revocation_endpoint_auth_methods_supported"), .write = write_all_auth},
	{SLICE_INIT("revocation_endpoint_auth_signing_alg_values_supported"), .write = write_assertion_algs},
	{SLICE_INIT("code_challenge_methods_supported"), .words = SUPPORTED_CODE_CHALLENGE_METHODS_INIT},
	{SLICE_INIT("subject_types_supported"), .words = SLICE_INIT("public")},
	{SLICE_INIT("id_token_signing_alg_values_supported"), .write = write_id_token_algs},
	{SLICE_INIT("claim_types_supported"), .words = SLICE_INIT("normal")},
	{SLICE_INIT("claims_supported"), .write = write_claims},
	{SLICE_INIT("prompt_values_supported"), .words = SUPPORTED_PROMPTS_INIT},
	{SLICE_INIT("display_values_supported"), .words = SUPPORTED_DISPLAYS_INIT},
	{SLICE_INIT("authorization_response_iss_parameter_supported"), .value = true},
	{SLICE_INIT("claims_parameter_supported"), .value = false},
	{SLICE_INIT("request_parameter_supported"), .value = false},
	{SLICE_INIT("request_uri_parameter_supported"), .value = false},
	{SLICE_INIT("require_request_uri_registration"), .value = false},
};

static void write_url(struct writing *w, struct slice path)
{
	struct slice issuer = w->op->settings->issuer;
	buf_byte(w->o.b, '"');
	buf_put(w->o.b, issuer);
	buf_put(w->o.b, path);
	buf_byte(w->o.b, '"');
	w->o.comma = true;
}

static void write_member(struct writing *w, const struct member *m)
{
	if (m->words.n > 0) {
		json_out_member_words(&w->o, m->name, m->words);
		return;
	}
	json_out_key(&w->o, m->name);
	if (m->write != NULL)
		m->write(w);
	else if (m->path.n > 0)
		write_url(w, m->path);
	else
		json_out_bool(&w->o, m->value);
}

enum rc discovery_endpoint(const struct op *op, struct call *c, struct reply *ret_reply)
{
	void *memory = arena_alloc(c->arena, DISCOVERY_ROOM);
	struct buf b;
	struct writing w = {.op = op, .o = json_out_to(&b)};
	if (memory == NULL)
		return RC_LIMIT;
	buf_over(&b, memory, DISCOVERY_ROOM);
	json_out_object(&w.o);
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		write_member(&w, &members[i]);
	json_out_object_end(&w.o);
	TRY(buf_rc(&b));
	reply_json(ret_reply, 200, buf_slice(&b));
	ret_reply->cacheable = true;
	ret_reply->max_age = DISCOVERY_MAX_AGE;
	return RC_OK;
}
