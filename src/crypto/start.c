/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/start.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <sodium/core.h>

#include "crypto/fetched.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct fetched all;
static bool complete;

static bool fetch_aes(const char *mode, EVP_CIPHER *dst[static 3])
{
	static const char *const bits[] = {"128", "192", "256"};
	char name[32];
	bool good = true;
	for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
		(void)snprintf(name, sizeof name, "AES-%s-%s", bits[i], mode);
		dst[i] = EVP_CIPHER_fetch(NULL, name, NULL);
		good = good && dst[i] != NULL;
	}
	return good;
}

static void fetch_all(void)
{
	uint8_t seeded;
	all.md[CRYPTO_SHA256] = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	all.md[CRYPTO_SHA384] = EVP_MD_fetch(NULL, "SHA2-384", NULL);
	all.md[CRYPTO_SHA512] = EVP_MD_fetch(NULL, "SHA2-512", NULL);
	bool ciphers =
		fetch_aes("GCM", all.aes_gcm) && fetch_aes("CBC", all.aes_cbc) && fetch_aes("WRAP", all.aes_wrap);
	complete = ciphers && all.md[CRYPTO_SHA256] != NULL && all.md[CRYPTO_SHA384] != NULL &&
		   all.md[CRYPTO_SHA512] != NULL && RAND_bytes(&seeded, 1) == 1 && sodium_init() >= 0;
}

const struct fetched *fetched_get(void)
{
	return pthread_once(&once, fetch_all) == 0 && complete ? &all : NULL;
}

void crypto_thread_end(void)
{
	OPENSSL_thread_stop();
}

enum rc crypto_start(void)
{
	return fetched_get() == NULL ? RC_INTERNAL : RC_OK;
}
