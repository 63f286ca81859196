/* SPDX-License-Identifier: Apache-2.0 */
/* The two headers of a signature: RFC 7515 4 and 7.2.1, RFC 7797 3 and 6. */
#include "base/base64url.h"
#include "jose/jws/jws_internal.h"
#include "jose/jwt/jwt_internal.h"

enum { VALUES_MAX = 64 };

enum rc jws_object_read(struct slice text, struct arena *a, const struct json **ret_object)
{
	enum rc rc = json_parse_arena(a, text, VALUES_MAX, ret_object);
	if (rc != RC_OK)
		return rc == RC_LIMIT || rc_server_error(rc) ? rc : RC_JOSE_HEADER;
	return (*ret_object)->type == JSON_OBJECT ? RC_OK : RC_JOSE_HEADER;
}

static enum rc decode_protected(struct slice protected64, struct arena *a, const struct json **ret_header)
{
	struct slice text;
	if (base64url_data_len(protected64.n) > JWT_HEADER_MAX)
		return RC_JOSE_SIZE;
	enum rc rc = base64url_decode_arena(a, protected64, &text);
	if (rc != RC_OK)
		return rc == RC_SYNTAX ? RC_JOSE_MALFORMED : rc;
	return jws_object_read(text, a, ret_header);
}

/* 7.2.1: "The Header Parameter values used when creating or validating individual signature or MAC values are the
 * union of the two sets … the names … MUST be disjoint." */
static enum rc disjoint_validate(const struct json *protected_header, const struct json *header, struct arena *a)
{
	for (const struct json *m = json_first(header); m != NULL; m = json_next(header, m)) {
		struct slice name;
		TRY(json_key(m, a, &name));
		if (json_get(protected_header, name) != NULL)
			return RC_JOSE_HEADER;
	}
	return RC_OK;
}

/* 4.1.11: parameters defined by the specifications themselves must not be listed. */
static bool is_defined_by_rfc(struct slice name)
{
	static const struct slice names[] = {
		SLICE_INIT("alg"),  SLICE_INIT("jku"), SLICE_INIT("jwk"),      SLICE_INIT("kid"), SLICE_INIT("x5u"),
		SLICE_INIT("x5c"),  SLICE_INIT("x5t"), SLICE_INIT("x5t#S256"), SLICE_INIT("typ"), SLICE_INIT("cty"),
		SLICE_INIT("crit"), SLICE_INIT("enc"), SLICE_INIT("zip"),      SLICE_INIT("epk"), SLICE_INIT("apu"),
		SLICE_INIT("apv"),  SLICE_INIT("iv"),  SLICE_INIT("tag"),      SLICE_INIT("p2s"), SLICE_INIT("p2c"),
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_eq(names[i], name))
			return true;
	return false;
}

static bool is_understood(struct slice name, const struct jws_rules *rules)
{
	for (size_t i = 0; i < rules->understood_count; i++)
		if (slice_eq(rules->understood[i], name))
			return true;
	return slice_eq(name, SLICE("b64"));
}

/* One entry of the list; `v` is the list. A name that is present but unprotected counts as absent. */
static enum rc critical_validate(const struct json *v, const struct json *entry, const struct json *protected_header,
			      const struct jws_rules *rules, struct arena *a)
{
	struct slice name;
	enum rc rc = json_string(entry, a, &name);
	if (rc != RC_OK)
		return rc == RC_SYNTAX ? RC_JOSE_CRIT : rc;
	for (const struct json *before = json_first(v); before != entry; before = json_next(v, before))
		if (json_is_string(before, name))
			return RC_JOSE_CRIT;
	if (is_defined_by_rfc(name) || !is_understood(name, rules) || json_get(protected_header, name) == NULL)
		return RC_JOSE_CRIT;
	return RC_OK;
}

/* 4.1.11: `crit` is a non-empty array, and protected. */
static enum rc crit_validate(const struct jws_signature *s, const struct jws_rules *rules, struct arena *a)
{
	const struct json *v = json_get(s->protected_header, SLICE("crit"));
	if (json_get(s->header, SLICE("crit")) != NULL)
		return RC_JOSE_CRIT;
	if (v == NULL)
		return RC_OK;
	if (v->type != JSON_ARRAY || v->count == 0)
		return RC_JOSE_CRIT;
	for (const struct json *entry = json_first(v); entry != NULL; entry = json_next(v, entry))
		TRY(critical_validate(v, entry, s->protected_header, rules, a));
	return RC_OK;
}

/* RFC 7797 3: a protected boolean; 6: if false, `crit` must list it. */
static enum rc b64_read(const struct jws_signature *s, const struct jws_rules *rules, bool *ret_unencoded)
{
	const struct json *v = json_get(s->protected_header, SLICE("b64"));
	bool encoded = true;
	if (json_get(s->header, SLICE("b64")) != NULL)
		return RC_JOSE_HEADER;
	if (v != NULL && json_bool(v, &encoded) != RC_OK)
		return RC_JOSE_HEADER;
	if (!encoded &&
	    (!rules->unencoded || !json_has_string(json_get(s->protected_header, SLICE("crit")), SLICE("b64"))))
		return RC_JOSE_CRIT;
	*ret_unencoded = !encoded;
	return RC_OK;
}

enum rc jws_headers_read(const struct jws_part *part, const struct jws_rules *rules, struct arena *a,
			 struct jws_signature *ret_signature, bool *ret_unencoded)
{
	struct jws_signature s = {.header = part->header};
	if (part->protected64.n > 0)
		TRY(decode_protected(part->protected64, a, &s.protected_header));
	TRY(disjoint_validate(s.protected_header, s.header, a));
	TRY(crit_validate(&s, rules, a));
	TRY(b64_read(&s, rules, ret_unencoded));
	TRY(jwt_header_refuse(s.protected_header));
	TRY(jwt_header_refuse(s.header));
	TRY(jwt_header_names(s.header, a, &s.named));
	TRY(jwt_header_names(s.protected_header, a, &s.named));
	TRY(jwt_header_alg(s.protected_header, &s.named.alg));
	*ret_signature = s;
	return RC_OK;
}
