/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwt/jwt_refusal.h"

#include "base/base64url.h"
#include "jose/jwt/jwt_internal.h"

enum { VALUES_MAX = 64, HEADER_MAX = 12 * 1024, WORK_MAX = 64 * 1024 };

/* In the verifier's order. */
static const struct {
	struct slice name;
	const char *text;
} members[] = {
	{SLICE_INIT("jwk"), "the token's header brings a key along (jwk), which is not taken here"},
	{SLICE_INIT("x5c"), "the token's header brings certificates along (x5c), which are not taken here"},
	{SLICE_INIT("b64"), "the token's header has b64, which no JWT may have"},
	{SLICE_INIT("zip"), "the token's header has zip, which no signed token may have"},
	{SLICE_INIT("enc"), "the token is encrypted (enc), where a signed one is wanted"},
	{SLICE_INIT("jku"), "the token's header points to keys (jku), which is not followed here"},
	{SLICE_INIT("x5u"), "the token's header points to certificates (x5u), which is not followed here"},
};

enum { TYP = ARRAY_LEN(members), KID, NONE };

/* The first of `members` that is present, or the remaining cause. */
static size_t at_fault(const struct json *header, struct arena *a)
{
	struct slice typ;
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (json_get(header, members[i].name) != NULL)
			return i;
	if (jwt_header_typ(header, a, &typ) != RC_OK)
		return TYP;
	return json_get(header, SLICE("kid")) != NULL ? KID : NONE;
}

static const char *of_header(const struct json *header, struct arena *a)
{
	if (header == NULL || header->type != JSON_OBJECT)
		return "the token's header is not a strict JSON object";
	size_t i = at_fault(header, a);
	if (i == TYP)
		return "the token's typ is no text, or empty";
	if (i == KID)
		return "the token's kid is no text of 1 to 256 printable bytes";
	return i == NONE ? rc_row(RC_JOSE_HEADER)->text : members[i].text;
}

static const char *of_alg(const struct json *header)
{
	const struct json *alg = json_get(header, SLICE("alg"));
	enum jose_alg known;
	if (alg == NULL)
		return "the token's header has no alg";
	if (slice_eq_nocase(alg->text, SLICE("none")))
		return "the token says itself that nobody signed it (alg none)";
	return jose_alg_by_name(alg->text, &known) == RC_OK ? rc_row(RC_JOSE_ALG)->text
							    : "the token's alg is none that is known here";
}

/* The header, or NULL: no header at all. */
static const struct json *header_of(struct slice token, struct arena *a)
{
	const struct json *header;
	struct slice header64 = slice_to(token, slice_find(token, '.')), text;
	if (base64url_decode_arena(a, header64, &text) != RC_OK ||
	    json_parse_arena(a, text, VALUES_MAX, &header) != RC_OK)
		return NULL;
	return header;
}

const char *jwt_refusal_text(struct slice token, enum rc rc)
{
	const char *why = rc_row(rc)->text;
	struct arena a;
	if ((rc != RC_JOSE_HEADER && rc != RC_JOSE_ALG) || slice_find(token, '.') > HEADER_MAX)
		return why;
	arena_init(&a, WORK_MAX);
	const struct json *header = header_of(token, &a);
	why = rc == RC_JOSE_HEADER ? of_header(header, &a) : of_alg(header);
	arena_reset(&a);
	return why;
}

const char *jwt_refusal_member(struct slice token, enum rc rc)
{
	static const struct {
		enum rc rc;
		const char *name;
	} rows[] = {{RC_JOSE_ALG, "alg"}, {RC_JOSE_CRIT, "crit"}, {RC_JOSE_TYP, "typ"}, {RC_JOSE_KID, "kid"},
		    {RC_JOSE_ISS, "iss"}, {RC_JOSE_SUB, "sub"},   {RC_JOSE_AUD, "aud"}, {RC_JOSE_EXP, "exp"},
		    {RC_JOSE_NBF, "nbf"}, {RC_JOSE_IAT, "iat"},   {RC_JOSE_JTI, "jti"},
		    {RC_JOSE_AZP, "azp"}, {RC_JOSE_NONCE, "nonce"}, {RC_JOSE_BINDING, "cnf"}};
	struct arena a;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].rc == rc)
			return rows[i].name;
	if (rc != RC_JOSE_HEADER || slice_find(token, '.') > HEADER_MAX)
		return NULL;
	arena_init(&a, WORK_MAX);
	const struct json *header = header_of(token, &a);
	size_t i = header == NULL || header->type != JSON_OBJECT ? NONE : at_fault(header, &a);
	arena_reset(&a);
	return i == TYP ? "typ" : i == KID ? "kid" : i == NONE ? NULL : (const char *)members[i].name.p;
}
