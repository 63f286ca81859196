/* SPDX-License-Identifier: Apache-2.0 */
/* What is said where OpenSSL runs out of memory: that memory is out, and not that a signature is false or a key unfit, for which
 * a client would be sent away and a key left out of its set. */
#include <limits.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "crypto/start.h"
#include "jose/jwk/jwk.h"
#include "jose_keys.h"
#include "t.h"

static size_t seen, failing; /* of OpenSSL's allocations; 0: none fails */

static bool fails(void)
{
	return failing != 0 && ++seen == failing;
}

static void *take(size_t n, const char *file UNUSED, int line UNUSED)
{
	return fails() ? NULL : malloc(n);
}

static void *retake(void *p, size_t n, const char *file UNUSED, int line UNUSED)
{
	return fails() ? NULL : realloc(p, n);
}

static void give(void *p, const char *file UNUSED, int line UNUSED)
{
	free(p);
}

/* Before OpenSSL takes any. */
__attribute__((constructor)) static void listen_in(void)
{
	if (CRYPTO_set_mem_functions(take, retake, give) != 1)
		abort();
}

static void fail_at(size_t n)
{
	seen = 0;
	failing = n;
}

static struct jwk *make(const char *alg)
{
	struct jwk *key = NULL;
	enum jose_alg a = JOSE_ALG_COUNT;
	CHECK_OK(jose_alg_by_name(slice_cstr(alg), &a));
	CHECK_OK(jwk_generate(a, 2048, &key));
	return key;
}

static void text_of(const struct jwk *key, struct buf *b)
{
	struct json_out out = json_out_to(b);
	CHECK_OK(jwk_write(key, true, &out));
}

static enum rc verify_failing_at(size_t n, struct slice text, enum jose_alg alg, struct slice signature)
{
	struct jwk *key = NULL;
	CHECK_OK(jwk_read(text, JWK_PRIVATE, &key));
	fail_at(n);
	enum rc rc = jwk_verify(key, alg, SLICE("data"), signature);
	failing = 0;
	jwk_unref(key);
	return rc;
}

/* OpenSSL does not always say why; of ECDSA it has not since 3.5. */
static void a_good_signature_is_seldom_false(void)
{
	static const struct {
		const char *alg;
		unsigned long says_before; /* the version of OpenSSL */
	} rows[] = {{"RS256", ULONG_MAX}, {"ES256", 0x30500000}, {"ES512", 0x30500000}, {"PS512", 0}, {"Ed448", 0}};
	T_ROWS(row, rows, alg) {
		struct jwk *key = make(row->alg);
		struct buf text;
		uint8_t signature[JWK_SIGNATURE_MAX];
		size_t n = 0, out_of_memory = 0;
		bool always_says = OpenSSL_version_num() < row->says_before;
		enum jose_alg alg = JOSE_HS256;
		buf_init(&text, 16 * 1024);
		text_of(key, &text);
		CHECK_OK(jwk_alg(key, &alg));
		CHECK_OK(jwk_sign(key, alg, SLICE("data"), signature, sizeof signature, &n));
		for (size_t at = 1; at < 1000; at++) {
			enum rc rc = verify_failing_at(at, buf_slice(&text), alg, slice_of(signature, n));
			CHECK(rc == RC_OK || rc == RC_MEMORY || rc == RC_INTERNAL || !always_says);
			out_of_memory += rc == RC_MEMORY;
			if (seen < at)
				break;
		}
		CHECK(out_of_memory > 0);
		signature[n / 2] ^= 1;
		CHECK_RC(verify_failing_at(0, buf_slice(&text), alg, slice_of(signature, n)), RC_JOSE_SIGNATURE);
		buf_free(&text);
		jwk_unref(key);
	}
}

static void a_fit_key_is_seldom_unfit(void)
{
	static const char *const rows[] = {"{" RSA_PUBLIC "}",
					   "{" RSA_PUBLIC ",\"d\":\"" RSA_D "\",\"p\":\"" RSA_P "\",\"q\":\"" RSA_Q "\",\"dp\":\"" RSA_DP
					   "\",\"dq\":\"" RSA_DQ "\",\"qi\":\"" RSA_QI "\"}",
					   "{" EC_PUBLIC "}", "{" EC_PUBLIC ",\"d\":\"" EC_D "\"}",
					   "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\"}"};
	CHECK_OK(crypto_start());
	T_TEXTS(text, rows) {
		size_t out_of_memory = 0;
		for (size_t at = 1; at < 1000; at++) {
			struct jwk *key = NULL;
			fail_at(at);
			enum rc rc = jwk_read(slice_cstr(text), JWK_ANY, &key);
			failing = 0;
			CHECK((rc == RC_OK) == (key != NULL));
			jwk_unref(key);
			out_of_memory += rc == RC_MEMORY;
			if (seen < at)
				break;
		}
		CHECK(out_of_memory > 0);
	}
}

T_MAIN(T(a_good_signature_is_seldom_false), T(a_fit_key_is_seldom_unfit))
