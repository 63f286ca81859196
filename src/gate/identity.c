/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/identity.h"

#include "base/utf8.h"

/* ---- claims ---- */

/* RFC 6901 4: "~1" is "/", "~0" is "~". The token is compared without being decoded into memory. */
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

const struct json *gate_identity_claim(const struct json *claims, struct slice path)
{
	if (path.n == 0 || path.p[0] != '/')
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

/* Bytes that may stand in a header's value and be read back as they are. */
static bool is_header_text(struct slice s)
{
	return s.n <= GATE_HEADER_VALUE_MAX && utf8_printable(s) && slice_trim(s).n == s.n;
}

static enum rc read_text(const struct json *v, struct arena *a, struct slice *ret_s)
{
	if (v == NULL || v->type == JSON_NULL)
		return RC_OK;
	if (v->type != JSON_STRING)
		return RC_JOSE_CLAIMS;
	struct slice s;
	TRY(json_string(v, a, &s));
	if (!is_header_text(s))
		return RC_JOSE_CLAIMS;
	*ret_s = s;
	return RC_OK;
}

static bool is_word(struct slice s, uint8_t sep)
{
	return s.n > 0 && utf8_printable(s) && slice_find(s, ' ') == s.n && slice_find(s, sep) == s.n;
}

static enum rc join_array(const struct json *v, uint8_t sep, struct arena *a, struct slice *ret_s)
{
	if (v->count == 0)
		return RC_OK;
	struct slice *parts = arena_array(a, 2 * (size_t)v->count, sizeof *parts);
	uint8_t *sep_at = arena_alloc(a, 1);
	if (parts == NULL || sep_at == NULL)
		return RC_LIMIT;
	*sep_at = sep;
	size_t n = 0, bytes = 0;
	for (const struct json *e = json_first(v); e != NULL; e = json_next(v, e)) {
		if (e->type != JSON_STRING)
			return RC_JOSE_CLAIMS;
		if (n > 0)
			parts[n++] = slice_of(sep_at, 1);
		TRY(json_string(e, a, &parts[n]));
		if (!is_word(parts[n], sep))
			return RC_JOSE_CLAIMS;
		bytes += parts[n++].n + 1;
	}
	return bytes > GATE_HEADER_VALUE_MAX ? RC_LIMIT : arena_join(a, parts, n, ret_s);
}

static enum rc join_words(struct slice words, uint8_t sep, struct arena *a, struct slice *ret_s)
{
	uint8_t *dst = arena_alloc(a, words.n + 1);
	size_t n = 0;
	struct slice word;
	if (dst == NULL)
		return RC_LIMIT;
	while (slice_word(&words, &word)) {
		if (!is_word(word, sep))
			return RC_JOSE_CLAIMS;
		if (n > 0)
			dst[n++] = sep;
		memcpy(dst + n, word.p, word.n);
		n += word.n;
	}
	*ret_s = slice_of(dst, n);
	return RC_OK;
}

/* A list that is an array of strings or a string of words, joined by `sep`. */
static enum rc read_list(const struct json *v, uint8_t sep, struct arena *a, struct slice *ret_s)
{
	struct slice words = SLICE_NONE;
	if (v != NULL && v->type == JSON_ARRAY)
		return join_array(v, sep, a, ret_s);
	TRY(read_text(v, a, &words));
	/* The usual scope is in its final form already. */
	if (words.n == 0 || (sep == ' ' && slice_find(words, ' ') == words.n)) {
		*ret_s = words;
		return RC_OK;
	}
	return join_words(words, sep, a, ret_s);
}

static enum rc read_iat(const struct json *claims, int64_t *ret_iat)
{
	const struct json *v = json_get(claims, SLICE("iat"));
	*ret_iat = 0;
	return v == NULL ? RC_OK : json_seconds(v, ret_iat);
}

enum rc gate_identity_read(const struct json *claims, const struct gate_claim_map *map, struct arena *a,
			   struct gate_identity *ret_identity)
{
	struct gate_identity id = {.claims = claims};
	if (claims == NULL || claims->type != JSON_OBJECT)
		return RC_JOSE_CLAIMS;
	TRY(read_text(json_get(claims, SLICE("sub")), a, &id.user));
	TRY(read_text(json_get(claims, SLICE("client_id")), a, &id.client));
	TRY(read_text(json_get(claims, SLICE("sid")), a, &id.sid));
	TRY(read_text(json_get(claims, SLICE("op_sid")), a, &id.op_sid));
	TRY(read_text(json_get(claims, SLICE("grant_id")), a, &id.grant));
	TRY(read_text(json_get(claims, SLICE("jti")), a, &id.jti));
	TRY(read_text(json_get(claims, SLICE("handle")), a, &id.handle));
	TRY(read_text(gate_identity_claim(claims, map->tenant), a, &id.tenant));
	TRY(read_list(gate_identity_claim(claims, map->roles), ',', a, &id.roles));
	TRY(read_list(gate_identity_claim(claims, map->scope), ' ', a, &id.scope));
	TRY(read_iat(claims, &id.iat) == RC_OK ? RC_OK : RC_JOSE_CLAIMS);
	/* RFC 9068 2.2: where no person is involved, sub is the client. */
	if (slice_eq(id.user, id.client))
		id.user = SLICE_NONE;
	*ret_identity = id;
	return RC_OK;
}

struct gate_subject gate_identity_subject(const struct gate_identity *id)
{
	return (struct gate_subject){.jti = id->jti, .sid = id->sid, .op_sid = id->op_sid, .grant = id->grant, .user = id->user,
				     .client = id->client, .iat = id->iat};
}

/* ---- rules ---- */

static bool list_has(struct slice list, uint8_t sep, struct slice value)
{
	struct slice part;
	while (slice_split(&list, sep, &part))
		if (slice_eq(part, value))
			return value.n > 0;
	return false;
}

static bool list_holds(const struct gate_rule *rule, struct slice list, uint8_t sep)
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

static bool claim_holds(const struct gate_rule *rule, const struct json *claims)
{
	const struct json *v = gate_identity_claim(claims, rule->path);
	for (size_t i = 0; v != NULL && i < rule->value_count; i++)
		if (claim_is(v, rule->values[i]))
			return true;
	return false;
}

static bool holds(const struct gate_rule *rule, const struct gate_identity *id)
{
	switch (rule->kind) {
	case GATE_RULE_SCOPE:
		return list_holds(rule, id->scope, ' ');
	case GATE_RULE_ROLE:
		return list_holds(rule, id->roles, ',');
	case GATE_RULE_CLAIM:
		return claim_holds(rule, id->claims);
	}
	return false;
}

enum rc gate_identity_check(const struct gate_identity *id, const struct gate_rule *rules, size_t count,
			    const struct gate_rule **ret_rule)
{
	for (size_t i = 0; i < count; i++) {
		if (holds(&rules[i], id))
			continue;
		*ret_rule = &rules[i];
		return rules[i].kind == GATE_RULE_SCOPE ? RC_INSUFFICIENT_SCOPE : RC_FORBIDDEN;
	}
	return RC_OK;
}

/* ---- headers ---- */

static void set(struct gate_header *headers, size_t *n, struct slice name, struct slice value)
{
	if (value.n > 0)
		headers[(*n)++] = (struct gate_header){name, value};
}

static enum rc claim_value(const struct json *v, struct arena *a, struct slice *ret_s)
{
	if (v != NULL && v->type == JSON_ARRAY)
		return join_array(v, ',', a, ret_s);
	if (v != NULL && (v->type == JSON_NUMBER || v->type == JSON_BOOL)) {
		*ret_s = v->text;
		return RC_OK;
	}
	return read_text(v, a, ret_s);
}

enum rc gate_identity_headers(const struct gate_identity *id, const struct gate_claim_header *extra, size_t extra_count,
			      struct arena *a, struct gate_header ret_set[static GATE_SET_MAX], size_t *ret_n)
{
	size_t n = 0;
	set(ret_set, &n, SLICE("X-User-Id"), id->user);
	set(ret_set, &n, SLICE("X-Tenant-Id"), id->tenant);
	set(ret_set, &n, SLICE("X-Roles"), id->roles);
	set(ret_set, &n, SLICE("X-Session-Id"), id->handle);
	set(ret_set, &n, SLICE("X-Client-Id"), id->client);
	set(ret_set, &n, SLICE("X-Scope"), id->scope);
	for (size_t i = 0; i < extra_count && i < GATE_CLAIM_HEADERS_MAX; i++) {
		struct slice value = SLICE_NONE;
		TRY(claim_value(gate_identity_claim(id->claims, extra[i].path), a, &value));
		set(ret_set, &n, extra[i].header, value);
	}
	*ret_n = n;
	return RC_OK;
}
