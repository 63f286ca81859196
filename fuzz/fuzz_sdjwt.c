/* SPDX-License-Identifier: Apache-2.0 */
/* SD-JWTs as they come; and, since no fuzzer finds a hash's preimage, lines of JSON of which each is a disclosure
 * and the last one the issuer's payload, where "@n" stands for the digest of the n-th. What verifies has no digest
 * left and each disclosure at its path; what can be issued verifies, and shows all that was hidden. */
#include <stdlib.h>

#include "base/base64url.h"
#include "jose/sdjwt/sdjwt.h"

enum { NOW = 1700000000, ARENA_MAX = 4 << 20, LINES_MAX = 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct jwt_policy jwt_policy = {
	.algs = JOSE_ALG_BIT(JOSE_HS256),
	.iss_optional = true,
	.aud_optional = true,
	.type_optional = true,
	.exp_optional = true,
	.issuer = SLICE_INIT("i"),
};
static const struct sdjwt_policy policy = {.jwt = &jwt_policy};
static const char keys_text[] =
	"{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}]}";

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void validate(const struct sdjwt *s)
{
	const struct json *v;
	must(json_get(s->claims.root, SLICE("_sd")) == NULL && json_get(s->claims.root, SLICE("_sd_alg")) == NULL);
	for (size_t i = 0; i < s->disclosure_count; i++)
		must(s->disclosures[i].found);
	for (size_t i = 0; i < s->disclosure_count; i++)
		if (s->disclosures[i].path.n < 200)
			must(sdjwt_at(s->claims.root, s->disclosures[i].path, &v) == RC_OK);
}

static void fill(struct slice line, const struct slice *digests, size_t count, struct buf *b)
{
	for (size_t i = 0; i < line.n; i++) {
		size_t n = i + 1 < line.n ? (size_t)(line.p[i + 1] - '0') : count;
		if (line.p[i] == '@' && n < count) {
			buf_put(b, digests[n]);
			i++;
		} else {
			buf_byte(b, line.p[i]);
		}
	}
}

/* The token's text in `text`; false where it becomes too long. */
static bool build(struct slice lines, struct jwks *keys, struct arena *a, struct buf *text)
{
	struct slice digests[LINES_MAX], list[LINES_MAX], line, last = SLICE_NONE, token;
	struct jwt_signer signer = jwt_signer_of(jwks_at(keys, 0));
	size_t count = 0;
	while (count < LINES_MAX && slice_split(&lines, '\n', &line)) {
		uint8_t hash[32];
		struct buf b;
		buf_init(&b, JWT_TEXT_MAX);
		fill(line, digests, count, &b);
		bool fits = buf_rc(&b) == RC_OK && arena_copy(a, buf_slice(&b), &last) == RC_OK;
		buf_free(&b);
		if (!fits || base64url_encode_arena(a, last, &list[count]) != RC_OK)
			return false;
		crypto_sha256(list[count], hash);
		if (base64url_encode_arena(a, slice_of(hash, sizeof hash), &digests[count++]) != RC_OK)
			return false;
	}
	if (jwt_sign(&signer, JOSE_HS256, SLICE("k"), SLICE_NONE, last, a, &token) != RC_OK)
		return false;
	buf_put(text, token);
	buf_byte(text, '~');
	for (size_t i = 0; i + 1 < count; i++) {
		buf_put(text, list[i]);
		buf_byte(text, '~');
	}
	return buf_rc(text) == RC_OK;
}

/* Line 1: claims; the others: pointers to hide. */
static void issue(struct slice lines, struct jwks *keys, struct arena *a)
{
	struct slice hide[LINES_MAX], text;
	struct sdjwt s;
	struct sdjwt_issue what = {.hide = hide, .decoys = 2};
	if (!slice_split(&lines, '\n', &what.claims))
		return;
	while (what.hide_count < LINES_MAX && slice_split(&lines, '\n', &hide[what.hide_count]))
		what.hide_count++;
	if (sdjwt_issue(&what, jwks_at(keys, 0), JOSE_HS256, a, &text) != RC_OK)
		return;
	enum rc rc = sdjwt_verify(text, keys, &policy, NOW, a, &s);
	if (rc != RC_OK)
		return;
	must(s.disclosure_count == what.hide_count);
	validate(&s);
	must(sdjwt_present(text, hide, what.hide_count, a, &text) == RC_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct jwks *keys;
	struct sdjwt s;
	struct arena a;
	struct buf text;
	if (keys == NULL)
		must(jwks_read(slice_cstr(keys_text), JWK_SYMMETRIC, &keys, NULL) == RC_OK);
	arena_init(&a, ARENA_MAX);
	buf_init(&text, SDJWT_TEXT_MAX);
	if (sdjwt_verify(slice_of(data, size), keys, &policy, NOW, &a, &s) == RC_OK)
		validate(&s);
	if (build(slice_of(data, size), keys, &a, &text) &&
	    sdjwt_verify(buf_slice(&text), keys, &policy, NOW, &a, &s) == RC_OK)
		validate(&s);
	issue(slice_of(data, size), keys, &a);
	struct slice compact, json, again;
	if (sdjwt_from_json(slice_of(data, size), &a, &compact) == RC_OK)
		must(sdjwt_from_json(compact, &a, &compact) != RC_OK);
	for (unsigned form = JWS_FLATTENED; form <= JWS_GENERAL; form *= 2)
		if (sdjwt_to_json(slice_of(data, size), (enum jws_form)form, &a, &json) == RC_OK)
			must(sdjwt_from_json(json, &a, &again) == RC_OK && slice_eq(again, slice_of(data, size)));
	buf_free(&text);
	arena_reset(&a);
	return 0;
}
