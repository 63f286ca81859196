/* SPDX-License-Identifier: Apache-2.0 */
/* JWS texts of every serialization; and, since no fuzzer forges a signature, the same bytes as header, as payload
 * and as further members of texts that are signed here: what we make we must read again, to the same payload. */
#include <stdlib.h>

#include "base/base64url.h"
#include "jose/jws/jws_any.h"

enum { ARENA_MAX = 8 << 20, VALUES_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char keys_text[] =
	"{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}]}";
static const struct slice understood[] = {SLICE_INIT("x")};
static const struct jws_rules rules = {
	.algs = JOSE_ALG_BIT(JOSE_HS256), .forms = JWS_COMPACT | JWS_FLATTENED | JWS_GENERAL, .understood = understood,
	.understood_count = 1, .unencoded = true,
};

/* The caller's own header names a key, as it may: then our set need not have that key. */
static bool names_kid(struct slice object, struct arena *a)
{
	const struct json *root;
	return json_parse_arena(a, object, VALUES_MAX, &root) == RC_OK && json_get(root, SLICE("kid")) != NULL;
}

static void sign_and_verify(const struct jwks *keys, struct jws_content content, struct slice more, struct slice header,
			    struct arena *a)
{
	struct jws_signing signing = {
		.signer = jwt_signer_of(jwks_at(keys, 0)),
		.alg = JOSE_HS256,
		.more = more,
		.header = header,
		.critical = understood,
		.critical_count = more.n > 0,
	};
	struct jws_rules r = rules;
	struct jws_signed s;
	struct slice text;
	r.detached = content.detached;
	r.payload = content.detached ? content.payload : SLICE_NONE;
	if (jws_sign_any(&content, &signing, 1, a, &text) != RC_OK)
		return;
	enum rc rc = jws_verify_any(text, keys, &r, a, &s);
	if (rc == RC_JOSE_KID && (names_kid(more, a) || names_kid(header, a)))
		return;
	if (rc != RC_OK || !slice_eq(s.payload, content.payload) || s.form != content.form)
		abort();
}

/* Under a good signature even the strangest header is read: none may be taken for another. */
static void header_alone(const struct jwks *keys, struct slice header, struct arena *a)
{
	uint8_t tag[JWK_SIGNATURE_MAX];
	struct slice p[5] = {SLICE_NONE, SLICE("."), SLICE("cGF5bG9hZA"), SLICE("."), SLICE_NONE}, input, text;
	struct jws_signed s;
	size_t n;
	if (base64url_encode_arena(a, header, &p[0]) != RC_OK || arena_join(a, p, 3, &input) != RC_OK ||
	    jwk_sign(jwks_at(keys, 0), JOSE_HS256, input, tag, sizeof tag, &n) != RC_OK ||
	    base64url_encode_arena(a, slice_of(tag, n), &p[4]) != RC_OK || arena_join(a, p, 5, &text) != RC_OK)
		return;
	if (jws_verify_any(text, keys, &rules, a, &s) == RC_OK &&
	    (s.signatures[0].named.alg != JOSE_HS256 ||
	     json_get(s.signatures[0].protected_header, SLICE("jwk")) != NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum jws_form forms[] = {JWS_COMPACT, JWS_FLATTENED, JWS_GENERAL};
	static struct jwks *keys;
	struct slice text = slice_of(data, size);
	struct jws_signed s;
	struct arena a;
	if (keys == NULL && jwks_read(slice_cstr(keys_text), JWK_SYMMETRIC, &keys, NULL) != RC_OK)
		abort();
	arena_init(&a, ARENA_MAX);
	if (jws_verify_any(text, keys, &rules, &a, &s) == RC_OK && s.signatures[0].key == NULL)
		abort();
	header_alone(keys, text, &a);
	arena_reset(&a);
	for (unsigned i = 0; i < 12; i++) {
		struct jws_content content = {forms[i % 3], text, i / 3 % 2 != 0, i / 6 != 0};
		sign_and_verify(keys, content, SLICE_NONE, SLICE_NONE, &a);
		content.payload = SLICE("payload");
		sign_and_verify(keys, content, text, SLICE_NONE, &a);
		sign_and_verify(keys, content, SLICE_NONE, content.form == JWS_COMPACT ? SLICE_NONE : text, &a);
		arena_reset(&a);
	}
	return 0;
}
