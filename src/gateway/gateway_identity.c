/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/gateway_identity.h"

#include "base/utf8.h"
#include "gateway/header_encode.h"
#include "gateway/header_name.h"

const struct gateway_claim_map gateway_claim_map_own = {SLICE_INIT("roles"), SLICE_INIT("tenant"), SLICE_INIT("scope")};

/* ---- claims ---- */

/* RFC 6901 4: "~1" is "/", "~0" is "~". Compares the token without decoding it into memory. */
static bool pointer_names(struct slice token, struct slice name)
{
	size_t at = 0;
	for (size_t i = 0; i < token.n; i++, at++) {
		uint8_t c = token.p[i];
		if (c == '~') {
			if (++i == token.n || (token.p[i] != '0' && token.p[i] != '1'))
				return false;
			c = token.p[i] == '0' ? '~' : '/';
		}
		if (at >= name.n || name.p[at] != c)
			return false;
	}
	return at == name.n;
}

static const struct json *step(const struct json *v, struct slice token)
{
	if (v->type != JSON_OBJECT)
		return NULL;
	if (slice_find(token, '~') == token.n)
		return json_get(v, token);
	for (const struct json *m = json_first(v); m != NULL; m = json_next(v, m))
		if (!m->key_escaped && pointer_names(token, m->key))
			return m;
	return NULL;
}

enum rc gateway_identity_path_validate(struct slice path)
{
	if (path.n == 0)
		return RC_SYNTAX;
	for (size_t i = 0; path.p[0] == '/' && i < path.n; i++)
		if (path.p[i] == '~' && (i + 1 == path.n || (path.p[i + 1] != '0' && path.p[i + 1] != '1')))
			return RC_SYNTAX;
	return RC_OK;
}

const struct json *gateway_identity_claim(const struct json *claims, struct slice path)
{
	if (path.n == 0)
		return NULL;
	if (path.p[0] != '/')
		return json_get(claims, path);
	const struct json *v = claims;
	struct slice rest = slice_from(path, 1);
	while (v != NULL) {
		size_t end = slice_find(rest, '/');
		v = step(v, slice_to(rest, end));
		if (end == rest.n)
			break;
		rest = slice_from(rest, end + 1);
	}
	return v;
}

/* ---- reading ---- */

/* A value's text, or an empty slice if absent. RC_RANGE: a header cannot carry it; the slice is empty. RC_MEMORY:
 * arena full. */
static enum rc read_text(const struct json *v, struct arena *a, struct slice *ret_s)
{
	*ret_s = SLICE_NONE;
	if (v == NULL || v->type == JSON_NULL)
		return RC_OK;
	if (v->type == JSON_OBJECT || v->type == JSON_ARRAY || v->type == JSON_NO_TEXT)
		return RC_RANGE;
	if (v->type == JSON_STRING)
		TRY(json_string(v, a, ret_s));
	else
		*ret_s = v->text;
	if (utf8_printable(*ret_s))
		return RC_OK;
	*ret_s = SLICE_NONE;
	return RC_RANGE;
}

enum rc gateway_identity_name(const struct json *v, struct arena *a, struct slice *ret_name)
{
	struct slice name;
	TRY(read_text(v, a, &name));
	uint8_t *clean = arena_alloc(a, name.n + 1);
	if (clean == NULL)
		return RC_MEMORY;
	name = slice_trim(slice_of(clean, utf8_clean(name, clean)));
	size_t n = name.n < GATEWAY_NAME_MAX ? name.n : GATEWAY_NAME_MAX;
	while (n < name.n && n > 0 && (name.p[n] & 0xC0) == 0x80)
		n--;
	*ret_name = slice_trim(slice_to(name, n));
	return RC_OK;
}

static enum rc read_tenant(const struct json *v, struct arena *a, struct slice *ret_s)
{
	*ret_s = SLICE_NONE;
	return v != NULL && v->text.n > GATEWAY_TENANT_MAX ? RC_RANGE : read_text(v, a, ret_s);
}

/* If the failure concerns this claim alone, sets its bit and treats the claim as absent. */
static enum rc drop(enum rc rc, unsigned bit, uint32_t *dropped)
{
	if (rc != RC_RANGE)
		return rc;
	*dropped |= 1u << bit;
	return RC_OK;
}

static enum rc read_claim(const struct json *v, enum gateway_claim bit, struct arena *a, struct gateway_identity *id,
			  struct slice *ret_s)
{
	return drop(read_text(v, a, ret_s), bit, &id->dropped);
}

static enum rc join(struct slice *parts, size_t n, uint8_t sep, struct arena *a, struct slice *ret_s)
{
	uint8_t *sep_at = arena_alloc(a, 1);
	if (sep_at == NULL)
		return RC_MEMORY;
	*sep_at = sep;
	for (size_t i = 1; i < n; i += 2)
		parts[i] = slice_of(sep_at, 1);
	return arena_join(a, parts, n, ret_s);
}

/* Leaves out elements that a header cannot carry and sets the bit; keeps the others. */
static enum rc join_array(const struct json *v, uint8_t sep, unsigned bit, uint32_t *dropped, struct arena *a,
			  struct slice *ret_s)
{
	struct slice *parts = arena_array(a, 2 * (size_t)v->count + 1, sizeof *parts);
	size_t n = 0;
	if (parts == NULL)
		return RC_MEMORY;
	for (const struct json *e = json_first(v); e != NULL; e = json_next(v, e)) {
		struct slice text;
		enum rc rc = read_text(e, a, &text);
		TRY(drop(rc, bit, dropped));
		if (rc != RC_OK || text.n == 0)
			continue;
		TRY(header_encode(text, HEADER_ENCODE_WORD, a, &parts[n]));
		n += 2;
	}
	return n == 0 ? RC_OK : join(parts, n - 1, sep, a, ret_s);
}

static enum rc join_words(struct slice words, uint8_t sep, struct arena *a, struct slice *ret_s)
{
	struct slice word, *parts = arena_array(a, words.n + 1, sizeof *parts);
	size_t n = 0;
	if (parts == NULL)
		return RC_MEMORY;
	while (slice_word(&words, &word)) {
		TRY(header_encode(word, HEADER_ENCODE_WORD, a, &parts[n]));
		n += 2;
	}
	return n == 0 ? RC_OK : join(parts, n - 1, sep, a, ret_s);
}

/* Reads a list (an array or a space-separated string) and joins it by `sep`. */
static enum rc read_list(const struct json *v, uint8_t sep, enum gateway_claim bit, struct arena *a,
			 struct gateway_identity *id, struct slice *ret_s)
{
	struct slice words;
	if (v != NULL && v->type == JSON_ARRAY)
		return join_array(v, sep, bit, &id->dropped, a, ret_s);
	TRY(read_claim(v, bit, a, id, &words));
	/* A single word needs no joining. */
	if (slice_find(words, ' ') == words.n)
		return header_encode(words, HEADER_ENCODE_WORD, a, ret_s);
	return join_words(words, sep, a, ret_s);
}

static enum rc read_iat(const struct json *claims, int64_t *ret_iat)
{
	const struct json *v = json_get(claims, SLICE("iat"));
	*ret_iat = 0;
	if (v == NULL || v->type == JSON_NULL)
		return RC_OK;
	return json_seconds(v, ret_iat) == RC_OK ? RC_OK : RC_JOSE_IAT;
}

/* A claim by which a revocation names the token, and that is no text, might hide that it does. */
static enum rc validate_names(const struct json *claims)
{
	static const struct slice names[] = {SLICE_INIT("client_id"), SLICE_INIT("sid"), SLICE_INIT("op_sid"),
					     SLICE_INIT("grant_id")};
	for (size_t i = 0; json_holds_no_text(claims) && i < ARRAY_LEN(names); i++) {
		const struct json *v = json_get(claims, names[i]);
		if (v != NULL && v->type == JSON_NO_TEXT)
			return RC_JOSE_CLAIMS;
	}
	return RC_OK;
}

/* The claims that revocations match. */
static enum rc read_subject(const struct json *claims, struct arena *a, struct gateway_identity *id)
{
	struct revocation_subject *s = &id->subject;
	const struct json *sub = json_get(claims, SLICE("sub"));
	/* `sub` is never left out: without it the request would count as a client's own. RFC 7519 4.1.2: a string. */
	if (sub != NULL && (sub->type == JSON_NUMBER || sub->type == JSON_BOOL))
		return RC_JOSE_SUB;
	enum rc rc = read_text(sub, a, &s->user);
	if (rc != RC_OK)
		return rc == RC_RANGE ? RC_JOSE_SUB : rc;
	/* As at a sign-in: whoever may have a session may bring a token, and nobody else. */
	if (s->user.n > GATEWAY_SUBJECT_MAX)
		return RC_JOSE_SUB;
	TRY(validate_names(claims));
	TRY(read_claim(json_get(claims, SLICE("client_id")), GATEWAY_CLAIM_CLIENT, a, id, &s->client));
	TRY(read_claim(json_get(claims, SLICE("sid")), GATEWAY_CLAIM_SID, a, id, &s->sid));
	TRY(read_claim(json_get(claims, SLICE("op_sid")), GATEWAY_CLAIM_OP_SID, a, id, &s->op_sid));
	TRY(read_claim(json_get(claims, SLICE("grant_id")), GATEWAY_CLAIM_GRANT, a, id, &s->grant));
	TRY(read_claim(json_get(claims, SLICE("jti")), GATEWAY_CLAIM_JTI, a, id, &s->jti));
	/* RFC 9068 2.2: without a person, sub is the client. */
	if (slice_eq(s->user, s->client))
		s->user = SLICE_NONE;
	return read_iat(claims, &s->iat);
}

enum rc gateway_identity_read(const struct json *claims, const struct gateway_claim_map *map, struct arena *a,
			   struct gateway_identity *ret_identity)
{
	struct gateway_identity id = {.claims = claims};
	struct slice tenant, handle;
	uint32_t none = 0;
	if (claims == NULL || claims->type != JSON_OBJECT)
		return RC_JOSE_CLAIMS;
	TRY(read_subject(claims, a, &id));
	TRY(header_encode(id.subject.user, HEADER_ENCODE_TEXT, a, &id.user));
	TRY(header_encode(id.subject.client, HEADER_ENCODE_TEXT, a, &id.client));
	TRY(drop(read_text(json_get(claims, SLICE("handle")), a, &handle), 0, &none));
	TRY(header_encode(handle, HEADER_ENCODE_TEXT, a, &id.handle));
	TRY(drop(read_tenant(gateway_identity_claim(claims, map->tenant), a, &tenant), GATEWAY_CLAIM_TENANT,
		 &id.dropped));
	TRY(header_encode(tenant, HEADER_ENCODE_TEXT, a, &id.tenant));
	TRY(read_list(gateway_identity_claim(claims, map->roles), ',', GATEWAY_CLAIM_ROLES, a, &id, &id.roles));
	TRY(read_list(gateway_identity_claim(claims, map->scope), ' ', GATEWAY_CLAIM_SCOPE, a, &id, &id.scope));
	*ret_identity = id;
	return RC_OK;
}

struct slice gateway_identity_claim_name(unsigned bit, const struct gateway_claim_map *map,
					 const struct gateway_claim_header *extra, size_t extra_count)
{
	const struct slice names[] = {SLICE("client_id"), SLICE("sid"), SLICE("op_sid"), SLICE("grant_id"),
				      SLICE("jti"),       map->tenant,  map->roles,      map->scope};
	if (bit < ARRAY_LEN(names))
		return names[bit];
	return bit - GATEWAY_CLAIM_EXTRA < extra_count ? extra[bit - GATEWAY_CLAIM_EXTRA].path : SLICE("");
}

/* ---- rules ---- */

static bool list_has(struct slice list, uint8_t sep, struct slice value)
{
	struct slice part;
	while (slice_split(&list, sep, &part))
		if (header_encode_eq(part, value, HEADER_ENCODE_WORD))
			return value.n > 0;
	return false;
}

static bool list_holds(const struct gateway_rule *rule, struct slice list, uint8_t sep)
{
	for (size_t i = 0; i < rule->value_count; i++)
		if (list_has(list, sep, rule->values[i]) != rule->all)
			return !rule->all;
	return rule->all && rule->value_count > 0;
}

static bool scalar_is(const struct json *v, struct slice value)
{
	switch (v->type) {
	case JSON_STRING:
		return json_is_string(v, value);
	case JSON_NUMBER:
	case JSON_BOOL:
		return slice_eq(v->text, value);
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
	case JSON_NO_TEXT:
		break;
	}
	return false;
}

static bool claim_is(const struct json *v, struct slice value)
{
	if (v->type != JSON_ARRAY)
		return scalar_is(v, value);
	for (const struct json *e = json_first(v); e != NULL; e = json_next(v, e))
		if (scalar_is(e, value))
			return true;
	return false;
}

static bool claim_holds(const struct gateway_rule *rule, const struct json *claims)
{
	const struct json *v = gateway_identity_claim(claims, rule->path);
	for (size_t i = 0; v != NULL && i < rule->value_count; i++)
		if (claim_is(v, rule->values[i]))
			return true;
	return false;
}

static bool holds(const struct gateway_rule *rule, const struct gateway_identity *id)
{
	switch (rule->type) {
	case GATEWAY_RULE_SCOPE:
		return list_holds(rule, id->scope, ' ');
	case GATEWAY_RULE_ROLE:
		return list_holds(rule, id->roles, ',');
	case GATEWAY_RULE_CLAIM:
		return claim_holds(rule, id->claims);
	}
	return false;
}

enum rc gateway_identity_validate(const struct gateway_identity *id, const struct gateway_rule *rules, size_t count,
			    const struct gateway_rule **ret_rule)
{
	for (size_t i = 0; i < count; i++) {
		if (holds(&rules[i], id))
			continue;
		*ret_rule = &rules[i];
		return rules[i].type == GATEWAY_RULE_SCOPE ? RC_INSUFFICIENT_SCOPE : RC_FORBIDDEN;
	}
	return RC_OK;
}

/* ---- headers ---- */

enum rc gateway_claim_header_from(struct slice word, struct gateway_claim_header *ret)
{
	static const struct header_names none = {NULL, 0};
	size_t at = slice_find(word, '=');
	struct gateway_claim_header h = {slice_to(word, at), slice_from(word, at + 1)};
	TRY(header_name_validate(h.header));
	TRY(gateway_identity_path_validate(h.path));
	if (header_name_is_identity(&none, h.header))
		return RC_CONFLICT;
	*ret = h;
	return RC_OK;
}

struct headers {
	struct gateway_header *v;
	size_t n;
	uint32_t dropped;
};

static void set(struct headers *h, struct slice name, struct slice value, unsigned bit)
{
	if (value.n > GATEWAY_HEADER_VALUE_MAX)
		h->dropped |= 1u << bit;
	else if (value.n > 0)
		h->v[h->n++] = (struct gateway_header){name, value};
}

/* `name` is a person's, in every mode the same. */
static bool is_name(struct slice path)
{
	return slice_eq(path, SLICE("name")) || slice_eq(path, SLICE("/name"));
}

static enum rc set_claim(struct headers *h, const struct json *claims, const struct gateway_claim_header *x,
			 unsigned bit, struct arena *a)
{
	const struct json *v = gateway_identity_claim(claims, x->path);
	bool person = is_name(x->path);
	struct slice text, value = SLICE_NONE;
	if (!person && v != NULL && v->type == JSON_ARRAY) {
		TRY(join_array(v, ',', bit, &h->dropped, a, &value));
	} else {
		enum rc rc = person ? gateway_identity_name(v, a, &text) : read_text(v, a, &text);
		TRY(drop(rc, bit, &h->dropped));
		if (rc == RC_OK)
			TRY(header_encode(text, HEADER_ENCODE_TEXT, a, &value));
	}
	set(h, x->header, value, bit);
	return RC_OK;
}

enum rc gateway_identity_headers(struct gateway_identity *id, const struct gateway_claim_header *extra,
				 size_t extra_count, struct arena *a,
				 struct gateway_header ret_set[static GATEWAY_SET_MAX], size_t *ret_n)
{
	struct headers h = {.v = ret_set};
	/* `sub` is never left out: without it the request would have no user. */
	if (id->user.n > GATEWAY_HEADER_VALUE_MAX)
		return RC_JOSE_SUB;
	set(&h, header_identity_names[HEADER_USER_ID], id->user, 0);
	set(&h, header_identity_names[HEADER_TENANT_ID], id->tenant, GATEWAY_CLAIM_TENANT);
	set(&h, header_identity_names[HEADER_ROLES], id->roles, GATEWAY_CLAIM_ROLES);
	set(&h, header_identity_names[HEADER_SESSION_ID], id->handle, 0);
	set(&h, header_identity_names[HEADER_CLIENT_ID], id->client, GATEWAY_CLAIM_CLIENT);
	set(&h, header_identity_names[HEADER_SCOPE], id->scope, GATEWAY_CLAIM_SCOPE);
	for (size_t i = 0; i < extra_count && i < GATEWAY_CLAIM_HEADERS_MAX; i++)
		TRY(set_claim(&h, id->claims, &extra[i], GATEWAY_CLAIM_EXTRA + (unsigned)i, a));
	id->dropped |= h.dropped;
	*ret_n = h.n;
	return RC_OK;
}
