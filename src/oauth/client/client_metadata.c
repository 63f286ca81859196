/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7591 2: client metadata, one row per member, then rules between members. */
#include "oauth/client/client.h"

#include "base/utf8.h"
#include "jose/jwk/jwk.h"
#include "oauth/client/client_auth.h"
#include "oauth/client/client_ref.h"
#include "oauth/client/client_id.h"
#include "oauth/client/client_uri.h"
#include "oauth/grant/grant.h"
#include "oauth/grant/scope.h"

enum { VALUES_MAX = 2048, LIST_MAX = 64, NAME_MAX_BYTES = 200 };

/* State while one client's metadata is read. */
struct reading {
	struct arena *a;
	struct client *c;
	const struct dir_client *row;
	struct client_words allowed_origins;
	bool has_grants, has_responses, says_code;
	struct slice why;
};

static enum rc refuse(struct reading *r, enum rc rc, const char *member, const char *what)
{
	rc_ignore(arena_format(r->a, &r->why, "%s %s", member, what));
	return rc;
}

static enum rc text_of(struct reading *r, const struct json *v, const char *name, struct slice *ret)
{
	struct slice s;
	enum rc rc = json_string(v, r->a, &s);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : refuse(r, RC_SYNTAX, name, "is not a string");
	if (!utf8_printable(s))
		return refuse(r, RC_SYNTAX, name, "has a control character");
	return arena_copy(r->a, s, ret);
}

/* An array of strings, each without a fault. */
static enum rc list_of(struct reading *r, const struct json *v, const char *name, const char *(*fault)(struct slice),
		       struct client_words *ret)
{
	if (v->type != JSON_ARRAY)
		return refuse(r, RC_SYNTAX, name, "is not an array");
	if (v->count > LIST_MAX)
		return refuse(r, RC_RANGE, name, "has too many elements");
	struct slice *items = arena_array(r->a, v->count, sizeof *items);
	size_t n = 0;
	if (items == NULL)
		return RC_MEMORY;
	for (const struct json *e = json_first(v); e != NULL; e = json_next(v, e), n++) {
		TRY(text_of(r, e, name, &items[n]));
		const char *wrong = fault == NULL ? NULL : fault(items[n]);
		if (wrong != NULL)
			return refuse(r, RC_RANGE, name, wrong);
		for (size_t i = 0; i < n; i++)
			if (slice_eq(items[i], items[n]))
				return refuse(r, RC_DUPLICATE, name, "has the same element twice");
	}
	*ret = (struct client_words){items, n};
	return RC_OK;
}

static enum rc channel_of(struct reading *r, const struct json *v, const char *name, struct slice *ret)
{
	TRY(text_of(r, v, name, ret));
	const char *wrong = client_uri_link_fault(*ret);
	return wrong == NULL ? RC_OK : refuse(r, RC_RANGE, name, wrong);
}

static enum rc read_client_id(struct reading *r, const struct json *v)
{
	return json_is_string(v, r->row->id) ? RC_OK : refuse(r, RC_RANGE, "client_id", "is not the client's");
}

static enum rc read_client_name(struct reading *r, const struct json *v)
{
	struct slice name;
	TRY(text_of(r, v, "client_name", &name));
	uint8_t *clean = arena_take(r->a, name.n);
	if (clean == NULL)
		return RC_MEMORY;
	/* A new registration is refused for this; an older one is shown without the characters. */
	r->c->name = slice_of(clean, utf8_clean(name, clean));
	return r->c->name.n <= NAME_MAX_BYTES ? RC_OK : refuse(r, RC_RANGE, "client_name", "is too long");
}

static enum rc read_client_uri(struct reading *r, const struct json *v)
{
	return channel_of(r, v, "client_uri", &r->c->client_uri);
}

static enum rc read_policy_uri(struct reading *r, const struct json *v)
{
	return channel_of(r, v, "policy_uri", &r->c->policy_uri);
}

static enum rc read_tos_uri(struct reading *r, const struct json *v)
{
	return channel_of(r, v, "tos_uri", &r->c->tos_uri);
}

static enum rc read_logo_uri(struct reading *r, const struct json *v)
{
	struct slice shown_nowhere;
	return channel_of(r, v, "logo_uri", &shown_nowhere);
}

static enum rc read_contacts(struct reading *r, const struct json *v)
{
	struct client_words kept_in_the_text;
	return list_of(r, v, "contacts", NULL, &kept_in_the_text);
}

static enum rc read_application_type(struct reading *r, const struct json *v)
{
	r->c->native = json_is_string(v, SLICE("native"));
	if (r->c->native || json_is_string(v, SLICE("web")))
		return RC_OK;
	return refuse(r, RC_RANGE, "application_type", "is neither web nor native");
}

static enum rc read_redirect_uris(struct reading *r, const struct json *v)
{
	return list_of(r, v, "redirect_uris", client_uri_redirect_fault, &r->c->redirect_uris);
}

static enum rc read_post_logout_redirect_uris(struct reading *r, const struct json *v)
{
	return list_of(r, v, "post_logout_redirect_uris", client_uri_redirect_fault, &r->c->post_logout_redirect_uris);
}

static enum rc read_allowed_origins(struct reading *r, const struct json *v)
{
	return list_of(r, v, "allowed_origins", client_uri_origin_fault, &r->allowed_origins);
}

/* RFC 6749 3.3 with single spaces, so that the text can be compared. Control characters were refused before. */
static bool words_ok(struct slice words)
{
	for (size_t i = 0; i < words.n; i++) {
		uint8_t c = words.p[i];
		bool edge = i == 0 || i + 1 == words.n || words.p[i - 1] == ' ';
		if (c > 0x7E || c == '"' || c == '\\' || (c == ' ' && edge))
			return false;
	}
	return words.n <= 2048;
}

static enum rc words_of(struct reading *r, const struct json *v, const char *name, struct slice *ret)
{
	TRY(text_of(r, v, name, ret));
	return words_ok(*ret) ? RC_OK : refuse(r, RC_RANGE, name, "is not a list of words with one space between");
}

/* At most as many as the consent page lists: a request without scope asks for all. */
static enum rc read_scope(struct reading *r, const struct json *v)
{
	TRY(words_of(r, v, "scope", &r->c->scopes));
	struct slice rest = r->c->scopes, word;
	size_t n = 0;
	while (slice_word(&rest, &word))
		n++;
	return n <= SCOPE_WORDS_MAX ? RC_OK : refuse(r, RC_RANGE, "scope", "has too many words");
}

static enum rc read_roles(struct reading *r, const struct json *v)
{
	return words_of(r, v, "roles", &r->c->roles);
}

static enum rc read_resources(struct reading *r, const struct json *v)
{
	r->c->resources_said = true;
	return list_of(r, v, "resources", client_uri_link_fault, &r->c->resources);
}

static enum rc read_grant_types(struct reading *r, const struct json *v)
{
	struct client_words names;
	TRY(list_of(r, v, "grant_types", NULL, &names));
	for (size_t i = 0; i < names.n; i++) {
		const struct grant_row *row = grant_by_name(names.v[i]);
		if (row == NULL)
			return refuse(r, RC_RANGE, "grant_types", "names a grant type that is not supported");
		r->c->grants |= row->grant;
	}
	r->has_grants = true;
	return RC_OK;
}

static enum rc read_response_types(struct reading *r, const struct json *v)
{
	struct client_words names;
	TRY(list_of(r, v, "response_types", NULL, &names));
	for (size_t i = 0; i < names.n; i++)
		if (!slice_eq(names.v[i], SLICE("code")))
			return refuse(r, RC_RANGE, "response_types", "names a response type that is not supported");
	r->has_responses = true;
	r->says_code = names.n > 0;
	return RC_OK;
}

static enum rc read_token_endpoint_auth_method(struct reading *r, const struct json *v)
{
	struct slice name;
	TRY(text_of(r, v, "token_endpoint_auth_method", &name));
	const struct client_auth_row *row = client_auth_by_name(name);
	if (row == NULL)
		return refuse(r, RC_RANGE, "token_endpoint_auth_method", "is not supported");
	r->c->auth = row->method;
	return RC_OK;
}

/* The first key with a remark, and the number of others. */
static void remark_keys(struct reading *r, const struct jwks_report *report)
{
	char line[JWKS_REPORT_LINE_MAX];
	if (report->n == 0)
		return;
	jwks_report_line(&report->v[0], line);
	if (report->n == 1)
		rc_ignore(arena_format(r->a, &r->c->keys_remark, "jwks: %s", line));
	else
		rc_ignore(arena_format(r->a, &r->c->keys_remark,
				       "jwks: %s; and of %zu more keys there is something to say", line,
				       report->n - 1));
}

/* RFC 7517 5: unknown and unfit keys are skipped; the operator gets a remark. */
static enum rc read_jwks(struct reading *r, const struct json *v)
{
	struct jwks_report report UNINITIALIZED;
	enum rc rc = jwks_validate(v->text, JWK_PUBLIC, &r->c->keys, &report);
	if (rc == RC_MEMORY)
		return rc;
	if (rc == RC_JOSE_PRIVATE)
		return refuse(r, RC_RANGE, "jwks",
			      "holds a private key: give its public half alone, and take a new key, since this one was "
			      "shown");
	if (rc == RC_LIMIT)
		return refuse(r, RC_RANGE, "jwks", "is too large: " JWKS_LIMIT_TEXT);
	if (rc != RC_OK)
		return refuse(r, RC_RANGE, "jwks", "is no JSON Web Key Set");
	remark_keys(r, &report);
	if (jwks_count(r->c->keys) > 0)
		return RC_OK;
	if (report.n == 0)
		return refuse(r, RC_RANGE, "jwks", "holds no key");
	r->why = r->c->keys_remark;
	return RC_RANGE;
}

static enum rc read_id_token_signed_response_alg(struct reading *r, const struct json *v)
{
	struct slice name;
	TRY(text_of(r, v, "id_token_signed_response_alg", &name));
	if (jose_alg_by_name(name, &r->c->id_token_alg) != RC_OK || jose_alg_row(r->c->id_token_alg)->symmetric)
		return refuse(r, RC_RANGE, "id_token_signed_response_alg",
			      "is not an asymmetric algorithm that we have");
	r->c->id_token_alg_said = true;
	return RC_OK;
}

static enum rc bool_of(struct reading *r, const struct json *v, const char *name, bool *ret)
{
	return json_bool(v, ret) == RC_OK ? RC_OK : refuse(r, RC_SYNTAX, name, "is neither true nor false");
}

static enum rc read_trusted(struct reading *r, const struct json *v)
{
	return bool_of(r, v, "trusted", &r->c->trusted);
}

static enum rc read_exact_auth_method(struct reading *r, const struct json *v)
{
	return bool_of(r, v, "exact_auth_method", &r->c->exact_auth);
}

static enum rc read_require_pkce(struct reading *r, const struct json *v)
{
	bool required;
	TRY(bool_of(r, v, "require_pkce", &required));
	r->c->without_pkce = !required;
	return RC_OK;
}

static enum rc read_id_token_claims(struct reading *r, const struct json *v)
{
	return bool_of(r, v, "id_token_claims", &r->c->id_token_claims);
}

static const struct member {
	struct slice name;
	enum rc (*read)(struct reading *r, const struct json *v);
} members[] = {
#define CLIENT_MEMBER(name, ...) {SLICE_INIT(#name), read_##name},
#include "oauth/client/client_members.def"
#undef CLIENT_MEMBER
};

/* RFC 7591 2 allows a server to ignore unknown members; we report them, since they are usually misspelt. */
static enum rc read_member(struct reading *r, const struct json *v)
{
	struct slice key;
	TRY(json_key(v, r->a, &key));
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (slice_eq(members[i].name, key))
			return members[i].read(r, v);
	rc_ignore(arena_format(r->a, &r->why, "%.*s is not a known member", (int)(key.n > 60 ? 60 : key.n), key.p));
	return RC_RANGE;
}

/* RFC 7591 2: "If omitted, the default is …". */
static void defaults(struct reading *r)
{
	struct client *c = r->c;
	if (!r->has_grants)
		c->grants = CLIENT_GRANT_CODE;
	if (!r->has_responses)
		r->says_code = (c->grants & CLIENT_GRANT_CODE) != 0;
	if (c->name.n == 0)
		c->name = c->id;
	if (c->scopes.n == 0 && (c->grants & CLIENT_GRANT_CODE))
		c->scopes = SLICE("openid");
}

static enum rc validate_grants(struct reading *r)
{
	struct client *c = r->c;
	bool code = (c->grants & CLIENT_GRANT_CODE) != 0;
	if (code != r->says_code)
		return refuse(r, RC_RANGE, "response_types", "and grant_types do not agree on the code");
	if (code && c->redirect_uris.n == 0)
		return refuse(r, RC_MISSING, "redirect_uris", "is needed for authorization_code");
	if ((c->grants & CLIENT_GRANT_REFRESH) && !code)
		return refuse(r, RC_RANGE, "grant_types", "has refresh_token without authorization_code");
	/* RFC 6749 4.4: "The client credentials grant type MUST only be used by confidential clients." */
	if ((c->grants & CLIENT_GRANT_CREDENTIALS) && c->auth == CLIENT_AUTH_NONE)
		return refuse(r, RC_RANGE, "grant_types", "has client_credentials for a public client");
	return RC_OK;
}

/* RFC 8252 7.1: a scheme without a dot has no owner, so only clients registered as native may use one. */
static enum rc validate_schemes(struct reading *r)
{
	const struct client_words *lists[] = {&r->c->redirect_uris, &r->c->post_logout_redirect_uris};
	static const char *const names[] = {"redirect_uris", "post_logout_redirect_uris"};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (size_t j = 0; j < lists[i]->n; j++)
			if (!r->c->native && client_uri_of_app(lists[i]->v[j]))
				return refuse(r, RC_RANGE, names[i],
					      "has a scheme that is neither https nor a reversed domain name: only "
					      "with application_type native");
	return RC_OK;
}

static enum rc validate_auth(struct reading *r)
{
	struct client *c = r->c;
	bool wants_secret = c->auth == CLIENT_AUTH_BASIC || c->auth == CLIENT_AUTH_POST;
	if (wants_secret && !c->has_secret)
		return refuse(r, RC_MISSING, "client_secret", "is needed by token_endpoint_auth_method");
	if (!wants_secret && c->has_secret)
		return refuse(r, RC_RANGE, "client_secret", "is of no use to token_endpoint_auth_method");
	/* RFC 9700 2.1.1: "Public clients MUST use PKCE". */
	if (c->auth == CLIENT_AUTH_NONE && c->without_pkce)
		return refuse(r, RC_RANGE, "require_pkce", "is false for a public client");
	if (c->auth == CLIENT_AUTH_PRIVATE_KEY_JWT && c->keys == NULL)
		return refuse(r, RC_MISSING, "jwks", "is needed by private_key_jwt");
	return RC_OK;
}

static enum rc collect_origins(struct reading *r)
{
	struct client *c = r->c;
	struct slice *origins = arena_array(r->a, c->redirect_uris.n + r->allowed_origins.n, sizeof *origins);
	size_t n = 0;
	if (origins == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < c->redirect_uris.n; i++) {
		origins[n] = client_uri_origin(c->redirect_uris.v[i]);
		n += origins[n].n > 0;
	}
	for (size_t i = 0; i < r->allowed_origins.n; i++)
		origins[n++] = r->allowed_origins.v[i];
	c->origins = (struct client_words){origins, n};
	return RC_OK;
}

static enum rc start(struct reading *r)
{
	struct client *c = r->c;
	*c = (struct client){.auth = CLIENT_AUTH_BASIC, .id_token_alg = JOSE_RS256, .has_secret = r->row->has_secret};
	const char *fault = client_id_fault(r->row->id);
	if (fault != NULL)
		return refuse(r, RC_RANGE, "client_id", fault);
	memcpy(c->secret_hash, r->row->secret_hash, sizeof c->secret_hash);
	TRY(arena_copy(r->a, r->row->id, &c->id));
	TRY(arena_copy(r->a, r->row->tenant, &c->tenant));
	return arena_copy(r->a, r->row->metadata, &c->text);
}

static enum rc read_all(struct reading *r)
{
	const struct json *root;
	TRY(start(r));
	enum rc rc = json_parse_arena(r->a, r->c->text, VALUES_MAX, &root);
	if (rc != RC_OK)
		return refuse(r, rc, "metadata", "is not one strict JSON value");
	if (root->type != JSON_OBJECT)
		return refuse(r, RC_SYNTAX, "metadata", "is not an object");
	for (const struct json *v = json_first(root); v != NULL; v = json_next(root, v))
		TRY(read_member(r, v));
	defaults(r);
	TRY(validate_grants(r));
	TRY(validate_schemes(r));
	TRY(validate_auth(r));
	return collect_origins(r);
}

enum rc client_read(const struct dir_client *row, struct arena *a, struct client *c, struct slice *ret_why)
{
	struct reading r = {.a = a, .c = c, .row = row};
	enum rc rc = read_all(&r);
	*ret_why = r.why;
	return rc;
}
