/* SPDX-License-Identifier: Apache-2.0 */
/* usage: valgrind … probe CASE. Secrets are marked as undefined memory: a branch or an address that depends on one is an
 * error to valgrind, which then ends with its own status. The answer of a comparison is public, and marked so. */
#include <stdio.h>
#include <stdlib.h>
#include <valgrind/memcheck.h>

#include "base/ct.h"
#include "crypto/cipher.h"
#include "crypto/mac.h"
#include "jose/jwk/jwk_internal.h"

enum { TAG = 32, LONGEST = 64 };

static void hide(const void *p, size_t n)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(p, n);
}

static void show(const void *p, size_t n)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(p, n);
}

static bool answer(bool secret)
{
	show(&secret, sizeof secret);
	return secret;
}

/* Every length, a difference at each place and none: the same instructions. */
static bool ct_equal_case(bool (*equal)(struct secret a, struct secret b))
{
	uint8_t a[LONGEST], b[LONGEST];
	bool good = true;
	for (size_t n = 1; n <= LONGEST; n++)
		for (size_t at = 0; at <= n; at++) {
			memset(a, 7, sizeof a);
			memset(b, 7, sizeof b);
			if (at < n)
				b[at] ^= 1;
			hide(a, n);
			hide(b, n);
			good = answer(equal(secret_of(a, n), secret_of(b, n))) == (at == n) && good;
		}
	return good;
}

/* What a hurried hand would write in its place. */
static bool leaky_equal(struct secret a, struct secret b)
{
	for (size_t i = 0; i < a.n; i++)
		if (a.secret_p[i] != b.secret_p[i])
			return false;
	return true;
}

static bool comparison(void)
{
	return ct_equal_case(ct_equal);
}

static bool planted(void)
{
	return ct_equal_case(leaky_equal);
}

/* A kept key of each hash: its states, and the tag, come of secret bytes. */
static bool mac(void)
{
	static const enum crypto_hash hashes[] = {CRYPTO_SHA256, CRYPTO_SHA384, CRYPTO_SHA512};
	bool good = true;
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
		uint8_t key[LONGEST] = {1}, tag[CRYPTO_HASH_MAX], wrong[CRYPTO_HASH_MAX] = {0};
		struct crypto_mac *m;
		hide(key, sizeof key);
		if (crypto_mac_new(hashes[i], secret_of(key, sizeof key), &m) != RC_OK)
			return false;
		size_t n = crypto_mac_tag(m, SLICE("header.payload"), tag);
		good = !answer(ct_equal(secret_of(tag, n), secret_of(wrong, n))) && good;
		crypto_mac_free(m);
	}
	return good;
}

/* jwk_verify branches on the comparison's answer once, and on nothing else that is secret, wherever the tags differ. */
static bool hs256(void)
{
	uint8_t secret[TAG] = {1}, tag[CRYPTO_HASH_MAX];
	struct jwk *key = jwk_alloc(JOSE_KTY_OCT);
	if (key == NULL)
		return false;
	hide(secret, sizeof secret);
	if (crypto_mac_new(CRYPTO_SHA256, secret_of(secret, sizeof secret), &key->mac[CRYPTO_SHA256]) != RC_OK)
		return false;
	size_t n = crypto_mac_tag(key->mac[CRYPTO_SHA256], SLICE("input"), tag);
	show(tag, n);
	bool good = true;
	for (size_t at = 0; at <= n; at++) {
		if (at < n)
			tag[at] ^= 1;
		unsigned long before = VALGRIND_COUNT_ERRORS;
		enum rc rc = jwk_verify(key, JOSE_HS256, SLICE("input"), slice_of(tag, n));
		show(&rc, sizeof rc);
		good = good && rc == (at == n ? RC_OK : RC_JOSE_SIGNATURE) && VALGRIND_COUNT_ERRORS - before <= 1;
		if (at < n)
			tag[at] ^= 1;
	}
	jwk_unref(key);
	return good;
}

/* A*CBC-HS* under a hidden MAC key: one branch on the comparison's answer, wherever the tags differ. */
static bool cbc_hs(void)
{
	uint8_t key[TAG] = {1}, iv[16] = {2}, sealed[TAG], out[TAG];
	struct crypto_message m = {.iv = slice_of(iv, sizeof iv), .aad = SLICE("header"), .text = SLICE("a text")};
	bool good = crypto_enc_seal(CRYPTO_A128CBC_HS256, secret_of(key, sizeof key), &m, sealed) == RC_OK;
	m.text = slice_of(sealed, 16);
	m.tag = slice_of(sealed + 16, 16);
	hide(key, sizeof key / 2);
	for (size_t at = 16; at <= sizeof sealed; at++) {
		size_t n;
		if (at < sizeof sealed)
			sealed[at] ^= 1;
		unsigned long before = VALGRIND_COUNT_ERRORS;
		enum rc rc = crypto_enc_open(CRYPTO_A128CBC_HS256, secret_of(key, sizeof key), &m, out, &n);
		show(&rc, sizeof rc);
		good = good && rc == (at == sizeof sealed ? RC_OK : RC_JOSE_DECRYPT) && VALGRIND_COUNT_ERRORS - before <= 1;
		if (at < sizeof sealed)
			sealed[at] ^= 1;
	}
	return good;
}

static const struct {
	const char *name;
	bool (*run)(void);
} cases[] = {{"comparison", comparison}, {"mac", mac}, {"hs256", hs256}, {"cbc_hs", cbc_hs}, {"planted", planted}};

int main(int argc, char **argv)
{
	if (argc != 2 || RUNNING_ON_VALGRIND == 0)
		return 2;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (strcmp(cases[i].name, argv[1]) == 0)
			return cases[i].run() ? 0 : 1;
	return 2;
}
