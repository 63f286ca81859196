/* SPDX-License-Identifier: Apache-2.0 */
/* Raw ES256: OpenSSL's own signature over a token's worth of bytes, everything kept: raw_es256 SECONDS. Prints one JSON object. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

enum { INPUT = 480, STEP = 64 };

struct raw {
	EVP_PKEY_CTX *sign;
	EVP_MD *md;
	EVP_MD_CTX *hash;
};

static bool set_up(struct raw *r)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	r->md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	r->hash = EVP_MD_CTX_new();
	r->sign = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	EVP_PKEY_free(key);
	return r->sign != NULL && EVP_PKEY_sign_init(r->sign) == 1 && EVP_PKEY_CTX_set_signature_md(r->sign, r->md) == 1;
}

static bool sign(struct raw *r)
{
	static const uint8_t input[INPUT] = "eyJ";
	uint8_t digest[32], signature[128];
	size_t n = sizeof signature;
	return EVP_DigestInit_ex2(r->hash, r->md, NULL) == 1 && EVP_DigestUpdate(r->hash, input, sizeof input) == 1 &&
	       EVP_DigestFinal_ex(r->hash, digest, NULL) == 1 && EVP_PKEY_sign(r->sign, signature, &n, digest, sizeof digest) == 1;
}

static int64_t cpu_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int main(int argc, char **argv)
{
	struct raw r;
	if (argc != 2 || !set_up(&r))
		return 2;
	int64_t start = clock_mono_ns(), cpu = cpu_ns(), now, end = start + (int64_t)(strtod(argv[1], NULL) * 1e9);
	uint64_t count = 0;
	do {
		for (int i = 0; i < STEP; i++, count++)
			if (!sign(&r))
				return 1;
		now = clock_mono_ns();
	} while (now < end);
	printf("{\"signatures\":%llu,\"seconds\":%.4f,\"cpu_ns\":%lld}\n", (unsigned long long)count, (double)(now - start) / 1e9,
	       (long long)(cpu_ns() - cpu));
	return 0;
}
