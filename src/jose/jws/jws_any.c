/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7515 5.2: split, headers, keys, signatures; the payload last. */
#include "jose/jws/jws_any.h"

#include "base/base64url.h"
#include "jose/jws/jws_internal.h"
#include "jose/jwt/jwt_internal.h"

size_t jws_input_room(struct slice payload)
{
	return base64url_text_len(JWT_HEADER_MAX) + 1 + payload.n;
}

struct slice jws_signing_input(struct slice protected64, struct slice payload, uint8_t *dst)
{
	struct buf b;
	buf_over(&b, dst, jws_input_room(payload));
	buf_put(&b, protected64);
	buf_byte(&b, '.');
	buf_put(&b, payload);
	return buf_slice(&b);
}

bool jws_compact_may_carry(struct slice payload)
{
	for (size_t i = 0; i < payload.n; i++)
		if (payload.p[i] < 0x20 || payload.p[i] > 0x7E || payload.p[i] == '.')
			return false;
	return payload.n > 0;
}

/* RFC 7797 3: all signatures must agree on b64, since they cover the same payload. */
static enum rc read_headers(const struct jws_parts *parts, const struct jws_rules *rules, struct arena *a,
			    struct jws_signed *signed_, bool *ret_unencoded)
{
	for (size_t i = 0; i < parts->count; i++) {
		bool unencoded;
		TRY(jws_headers_read(&parts->part[i], rules, a, &signed_->signatures[i], &unencoded));
		if (i > 0 && unencoded != *ret_unencoded)
			return RC_JOSE_HEADER;
		*ret_unencoded = unencoded;
	}
	signed_->count = parts->count;
	return RC_OK;
}

/* The signed payload. Appendix F: a detached payload is not in the text as well. In the compact form an empty
 * payload and a detached one look the same: the caller says which. */
static enum rc signed_payload(const struct jws_parts *parts, const struct jws_rules *rules, bool unencoded,
			      struct arena *a, struct slice *ret_payload)
{
	bool there = parts->has_payload || (parts->form == JWS_COMPACT && !rules->detached);
	if (there == rules->detached)
		return RC_JOSE_MALFORMED;
	if (rules->detached && !unencoded)
		return base64url_encode_arena(a, rules->payload, ret_payload);
	if (!rules->detached && unencoded && parts->form == JWS_COMPACT && !jws_compact_may_carry(parts->payload))
		return RC_JOSE_MALFORMED;
	*ret_payload = rules->detached ? rules->payload : parts->payload;
	return RC_OK;
}

/* `work`: memory for its signing input. */
static enum rc validate_one(const struct jws_part *part, struct slice payload, const struct jwks *keys,
			    const struct jws_rules *rules, uint8_t *work, struct jws_signature *s)
{
	struct jwt_parts parts = {.signature64 = part->signature64};
	TRY(jwt_alg_validate(rules->algs, s->named.alg));
	parts.signing_input = jws_signing_input(part->protected64, payload, work);
	return jwt_key_find(&parts, keys, &s->named, (struct jwt_key_rules){rules->algs, true, false}, &s->key, NULL);
}

/* Two signatures of one key count once, even if the set has the key under several names. */
static bool is_new_key(const struct jws_signed *s, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (s->signatures[i].rc == RC_OK && jwk_same(s->signatures[i].key, s->signatures[index].key))
			return false;
	return true;
}

static enum rc enough_validate(const struct jws_signed *s, const struct jws_rules *rules)
{
	size_t valid = 0;
	enum rc first = RC_OK;
	for (size_t i = 0; i < s->count; i++) {
		enum rc rc = s->signatures[i].rc;
		valid += rc == RC_OK && is_new_key(s, i);
		if (first == RC_OK)
			first = rc;
	}
	if (valid < (rules->needed == 0 ? 1 : rules->needed))
		return first == RC_OK ? RC_JOSE_SIGNATURE : first;
	return rules->all ? first : RC_OK;
}

static enum rc open_payload(const struct jws_parts *parts, const struct jws_rules *rules, bool unencoded,
			    struct arena *a, struct slice *ret_payload)
{
	if (rules->detached || unencoded) {
		*ret_payload = rules->detached ? rules->payload : parts->payload;
		return RC_OK;
	}
	enum rc rc = base64url_decode_arena(a, parts->payload, ret_payload);
	return rc == RC_SYNTAX ? RC_JOSE_MALFORMED : rc;
}

enum rc jws_verify_any(struct slice text, const struct jwks *keys, const struct jws_rules *rules, struct arena *a,
		       struct jws_signed *ret_signed)
{
	struct jws_parts parts;
	struct jws_signed s = {.count = 0};
	struct slice payload;
	bool unencoded = false;
	TRY(jws_parse(text, rules->forms, a, &parts));
	TRY(read_headers(&parts, rules, a, &s, &unencoded));
	TRY(signed_payload(&parts, rules, unencoded, a, &payload));
	uint8_t *work = arena_take(a, jws_input_room(payload));
	if (work == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < parts.count; i++)
		s.signatures[i].rc = validate_one(&parts.part[i], payload, keys, rules, work, &s.signatures[i]);
	TRY(enough_validate(&s, rules));
	TRY(open_payload(&parts, rules, unencoded, a, &s.payload));
	s.form = parts.form;
	*ret_signed = s;
	return RC_OK;
}
