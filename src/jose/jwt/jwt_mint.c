/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwt/jwt_mint.h"

enum { NUMBERS_EXPECTED = 96, OURS = 3 };

static bool names_plain(const struct jwt_minter *m, const struct json *aud)
{
	for (size_t i = 0; aud != NULL && i < m->plain_count; i++)
		if (json_has_string(aud, m->plain[i]))
			return true;
	return false;
}

static const struct jwt_mint_row *row_of(const struct jwt_minter *m, struct slice typ, bool plain)
{
	for (size_t i = 0; i < m->row_count; i++)
		if (slice_eq(m->rows[i].typ, typ) && (plain || !m->rows[i].plain))
			return &m->rows[i];
	return NULL;
}

static enum rc times_validate(const struct jwt_mint *t, int64_t life, int64_t now)
{
	if (t->iat < now - JWT_MINT_LATE || t->iat > now + JWT_MINT_EARLY)
		return RC_JOSE_IAT;
	return t->exp <= t->iat || t->exp - t->iat > life ? RC_JOSE_EXP : RC_OK;
}

/* Whether a case-insensitive reader takes this name for `name`; to such readers U+017F is an s. */
static bool reads_as(struct slice key, const char *name)
{
	size_t at = 0;
	for (; *name != 0; name++) {
		if (at + 2 <= key.n && *name == 's' && key.p[at] == 0xC5 && key.p[at + 1] == 0xBF)
			at += 2;
		else if (at < key.n && (key.p[at] == (uint8_t)*name || (key.p[at] | 0x20) == (uint8_t)*name))
			at++;
		else
			return false;
	}
	return at == key.n;
}

/* The worker writes no name with escapes: an escaped name is an attempt to be read in two ways. */
static enum rc names_validate(const struct json *claims)
{
	static const char *const ours[] = {"iss", "iat", "exp", "typ"};
	enum { LONGEST = 6 }; /* most bytes of a name that can be read as one of them */
	/* Our own readers must accept the result. */
	if (claims->count > JSON_MEMBERS_MAX - OURS)
		return RC_LIMIT;
	for (const struct json *m = json_first(claims); m != NULL; m = json_next(claims, m)) {
		if (m->key_escaped)
			return RC_DUPLICATE;
		for (size_t i = 0; i < ARRAY_LEN(ours) && m->key.n <= LONGEST; i++)
			if (reads_as(m->key, ours[i]))
				return RC_DUPLICATE;
	}
	return RC_OK;
}

static bool is_plain(const struct jwt_minter *m, const struct json *v)
{
	for (size_t i = 0; i < m->plain_count; i++)
		if (json_is_string(v, m->plain[i]))
			return true;
	return json_is_string(v, m->beside);
}

/* The audiences in `aud` (RFC 7519 4.1.3) beside a plain one. */
static enum rc audience_validate(const struct jwt_minter *m, const struct json *aud)
{
	if (aud->type != JSON_ARRAY)
		return RC_OK;
	for (const struct json *e = json_first(aud); e != NULL; e = json_next(aud, e))
		if (!is_plain(m, e))
			return RC_JOSE_AUD;
	return RC_OK;
}

/* An access token with the typ of ID tokens: its audience makes it one, and it has no claims of ID tokens. */
static enum rc plain_validate(const struct jwt_minter *m, const struct json *aud, const struct json *claims)
{
	static const char *const marks[] = {"nonce", "at_hash", "c_hash"};
	TRY(audience_validate(m, aud));
	for (const struct json *v = json_first(claims); v != NULL; v = json_next(claims, v))
		for (size_t i = 0; i < ARRAY_LEN(marks); i++)
			if (reads_as(v->key, marks[i]))
				return RC_JOSE_ID_TOKEN;
	/* RFC 9068 2.2; an ID token has none. */
	return json_get(claims, SLICE("client_id")) == NULL ? RC_JOSE_SUB : RC_OK;
}

static enum rc claims_read(const struct jwt_minter *m, struct slice claims)
{
	enum rc rc = json_parse(claims, m->pool, m->room);
	if (rc != RC_OK)
		return rc == RC_LIMIT ? RC_LIMIT : RC_JOSE_CLAIMS;
	return m->pool->type == JSON_OBJECT ? names_validate(m->pool) : RC_JOSE_CLAIMS;
}

/* Our members first, then the given ones. */
static enum rc payload_write(const struct jwt_mint *t, const struct json *claims, struct buf *b)
{
	struct json_out o = json_out_to(b);
	json_out_object(&o);
	json_out_member(&o, SLICE("iss"), t->iss);
	json_out_member_int(&o, SLICE("iat"), t->iat);
	json_out_member_int(&o, SLICE("exp"), t->exp);
	if (claims->count > 0) {
		buf_byte(b, ',');
		buf_put(b, slice_of(claims->text.p + 1, claims->text.n - 2));
	}
	json_out_object_end(&o);
	return buf_rc(b);
}

enum rc jwt_mint(const struct jwt_minter *m, const struct jwt_mint *t, struct jwk *key, enum jose_alg alg, int64_t now,
		 struct arena *a, struct slice *ret_token)
{
	const struct jwt_signer signer = jwt_signer_of(key);
	struct buf b;
	if (!slice_eq(t->iss, m->issuer))
		return RC_JOSE_ISS;
	TRY(claims_read(m, t->claims));
	const struct json *aud = json_get(m->pool, SLICE("aud"));
	const struct jwt_mint_row *row = row_of(m, t->typ, names_plain(m, aud));
	if (row == NULL)
		return RC_JOSE_TYP;
	TRY(times_validate(t, row->life, now));
	if (row->plain)
		TRY(plain_validate(m, aud, m->pool));
	else if (row_of(m, t->typ, true)->plain && json_get(m->pool, SLICE("client_id")) != NULL)
		/* An access token for an API that does not use this type. */
		return RC_JOSE_AUD;
	buf_in(&b, a, t->iss.n + t->claims.n + NUMBERS_EXPECTED);
	TRY(payload_write(t, m->pool, &b));
	return jwt_sign(&signer, alg, jwk_kid(key), row->typ, buf_slice(&b), a, ret_token);
}
