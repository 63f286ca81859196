/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of OpenSSL fails once: what comes out is right, or says that nothing came out. */
#include <argon2.h>
#include <sodium/crypto_pwhash_argon2id.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "crypto/key_enc.h"
#include "crypto/password.h"
#include "crypto/start.h"
#include "t.h"

static struct {
	bool on, failed;
	unsigned at, seen;
} fault;

static bool fails(void)
{
	if (!fault.on || fault.seen++ != fault.at)
		return false;
	fault.failed = true;
	return true;
}

static void *take(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : malloc(n);
}

static void *take_again(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : realloc(p, n);
}

static void give(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* OpenSSL takes them only before its own first allocation. */
__attribute__((constructor)) static void install(void)
{
	if (CRYPTO_set_mem_functions(take, take_again, give) != 1)
		abort();
}

static const struct crypto_scheme scheme = {CRYPTO_SHA256, true};

/* A key, its components, a signature and an agreed secret, all made with memory. */
static struct {
	enum crypto_key_type type;
	struct crypto_key *key;
	struct crypto_parts parts;
	uint8_t memory[CRYPTO_PART_COUNT][CRYPTO_PART_MAX], signature[CRYPTO_SIGNATURE_MAX], agreed[CRYPTO_AGREED_MAX];
	size_t signature_n, agreed_n;
} fx;

static void set_up(enum crypto_key_type type)
{
	fx.type = type;
	CHECK_OK(crypto_key_generate(type, 2048, &fx.key));
	for (enum crypto_part part = 0; part < CRYPTO_PART_COUNT; part++) {
		size_t n = 0;
		rc_ignore(crypto_key_part(fx.key, part, fx.memory[part], &n));
		fx.parts.v[part] = slice_of(fx.memory[part], n);
	}
	if (crypto_key_signs(type))
		CHECK_OK(crypto_key_sign(fx.key, scheme, SLICE("x"), fx.signature, &fx.signature_n));
	if (crypto_key_agrees(type))
		CHECK_OK(crypto_key_agree(fx.key, fx.key, fx.agreed, &fx.agreed_n));
}

static enum rc make(void)
{
	struct crypto_key *key = NULL;
	enum rc rc = crypto_key_new(fx.type, &fx.parts, &key);
	fault.on = false;
	CHECK((key != NULL) == (rc == RC_OK));
	if (rc == RC_OK && crypto_key_signs(fx.type))
		CHECK_OK(crypto_key_verify(key, scheme, SLICE("x"), slice_of(fx.signature, fx.signature_n)));
	crypto_key_free(key);
	return rc;
}

static enum rc sign(void)
{
	uint8_t signature[CRYPTO_SIGNATURE_MAX];
	size_t n = 0;
	enum rc rc = crypto_key_sign(fx.key, scheme, SLICE("y"), signature, &n);
	fault.on = false;
	if (rc == RC_OK)
		CHECK_OK(crypto_key_verify(fx.key, scheme, SLICE("y"), slice_of(signature, n)));
	return rc;
}

static enum rc verify(void)
{
	return crypto_key_verify(fx.key, scheme, SLICE("x"), slice_of(fx.signature, fx.signature_n));
}

static enum rc agree(void)
{
	uint8_t agreed[CRYPTO_AGREED_MAX];
	size_t n = 0;
	enum rc rc = crypto_key_agree(fx.key, fx.key, agreed, &n);
	CHECK(rc != RC_OK || (n == fx.agreed_n && memcmp(agreed, fx.agreed, n) == 0));
	return rc;
}

/* `otherwise`: what it may also say, where OpenSSL does not tell that it was the memory. */
static void validate_every(const char *name, enum rc (*act)(void), enum rc otherwise)
{
	unsigned told = 0;
	t_set_row(name);
	for (fault.at = 0;; fault.at++) {
		fault.seen = 0;
		fault.failed = false;
		fault.on = true;
		enum rc rc = act();
		fault.on = false;
		if (!fault.failed) {
			CHECK_OK(rc);
			break;
		}
		CHECK(rc == RC_OK || rc_server_error(rc) || rc == otherwise);
		told += rc != RC_OK && rc_server_error(rc);
	}
	CHECK(told > 0);
}

static void keys_without_memory_say_so(void)
{
	static const enum crypto_key_type types[] = {CRYPTO_KEY_P256, CRYPTO_KEY_ED448, CRYPTO_KEY_X25519, CRYPTO_KEY_RSA};
	CHECK_OK(crypto_start());
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		set_up(types[i]);
		validate_every("made", make, RC_JOSE_KEY);
		if (crypto_key_signs(types[i])) {
			validate_every("signs", sign, RC_INTERNAL);
			validate_every("verifies", verify, RC_JOSE_SIGNATURE);
		}
		if (crypto_key_agrees(types[i]))
			validate_every("agrees", agree, RC_INTERNAL);
		crypto_key_free(fx.key);
	}
}

/* ---- passwords ---- */

int __wrap_argon2id_ctx(argon2_context *context);

int __wrap_argon2id_ctx(argon2_context *context)
{
	(void)context;
	return ARGON2_MEMORY_ALLOCATION_ERROR;
}

int __wrap_crypto_pwhash_argon2id(unsigned char *out, unsigned long long outlen, const char *passwd, unsigned long long passwdlen,
				  const unsigned char *salt, unsigned long long opslimit, size_t memlimit, int alg);

int __wrap_crypto_pwhash_argon2id(unsigned char *out UNUSED, unsigned long long outlen UNUSED, const char *passwd UNUSED,
				  unsigned long long passwdlen UNUSED, const unsigned char *salt UNUSED,
				  unsigned long long opslimit UNUSED, size_t memlimit UNUSED, int alg UNUSED)
{
	return -1;
}

static void passwords_without_memory_say_so(void)
{
	static const char phc[] = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
	static const char ours[] = "$argon2id$v=19$m=8192,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$CTFhFdXPJO1aFaMaO6Mm5Q";
	char text[CRYPTO_PASSWORD_PHC_MAX];
	size_t n = 0;
	CHECK_RC(crypto_password_hash(secret_of("password", 8), (struct crypto_password_cost){8192, 1, 1}, text, &n), RC_MEMORY);
	CHECK(n == 0);
	CHECK_RC(crypto_password_verify(secret_of("password", 8), slice_cstr(phc)), RC_MEMORY);
	CHECK_RC(crypto_password_verify(secret_of("password", 8), slice_cstr(ours)), RC_MEMORY);
}

T_MAIN(T(keys_without_memory_say_so), T(passwords_without_memory_say_so))
