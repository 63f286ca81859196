/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/password.h"

#include <argon2.h>
#include <sodium/crypto_pwhash_argon2id.h>
#include <sodium/utils.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/base64url.h"
#include "crypto/hash.h"

enum { SALT_LEN = crypto_pwhash_argon2id_SALTBYTES, SALT_MIN = 8, TAG_LEN = 32, TAG_MIN = 16, BYTES_MAX = 64, TEXT_MAX = 88, FRAME = 4 * 1024 };

/* The fields of a PHC string. */
struct phc {
	struct crypto_password_cost cost;
	uint8_t salt[BYTES_MAX], tag[BYTES_MAX];
	size_t salt_n, tag_n;
};

static bool cost_valid(struct crypto_password_cost c)
{
	return c.memory_kib >= 8192 && c.memory_kib <= 1048576 && c.passes >= 1 && c.passes <= 16 &&
	       c.parallelism >= 1 && c.parallelism <= 4;
}

/* libsodium picks code for this processor: half the time of libargon2 or less. It has one lane and one length of salt. */
static bool is_fast(const struct phc *p)
{
	return p->cost.parallelism == 1 && p->salt_n == SALT_LEN;
}

/* All of its other arguments are in range: it fails without memory alone. */
static enum rc derive_fast(struct secret password, const struct phc *p, uint8_t tag[static BYTES_MAX])
{
	int failed = crypto_pwhash_argon2id(tag, p->tag_n, (const char *)password.secret_p, password.n, p->salt,
					    p->cost.passes, (size_t)p->cost.memory_kib * 1024,
					    crypto_pwhash_argon2id_ALG_ARGON2ID13);
	/* It hashes the password in a frame of its own, which it leaves as it is. */
	sodium_stackzero(FRAME);
	return failed == 0 ? RC_OK : RC_MEMORY;
}

/* One thread computes all lanes: the caller limits concurrency, and the sandbox need not allow new threads. */
static enum rc derive_any(struct secret password, const struct phc *p, uint8_t tag[static BYTES_MAX])
{
	uint8_t salt[BYTES_MAX];
	memcpy(salt, p->salt, sizeof salt);
	argon2_context ctx = {
		.out = tag, .outlen = (uint32_t)p->tag_n,
		.pwd = (uint8_t *)(uintptr_t)password.secret_p, .pwdlen = (uint32_t)password.n,
		.salt = salt, .saltlen = (uint32_t)p->salt_n,
		.t_cost = p->cost.passes, .m_cost = p->cost.memory_kib, .lanes = p->cost.parallelism, .threads = 1,
		.version = ARGON2_VERSION_13, .flags = ARGON2_DEFAULT_FLAGS,
	};
	int result = argon2id_ctx(&ctx);
	if (result == ARGON2_MEMORY_ALLOCATION_ERROR)
		return RC_MEMORY;
	return result == ARGON2_OK ? RC_OK : RC_INTERNAL;
}

static enum rc derive(struct secret password, const struct phc *p, uint8_t tag[static BYTES_MAX])
{
	return is_fast(p) ? derive_fast(password, p, tag) : derive_any(password, p, tag);
}

/* PHC strings use base64 without padding, which differs from base64url in two characters. */
static size_t encode(const uint8_t *data, size_t n, char dst[static TEXT_MAX])
{
	size_t len = base64url_text_len(n);
	base64url_encode_to(slice_of(data, n), dst);
	for (size_t i = 0; i < len; i++)
		dst[i] = (char)(dst[i] == '-' ? '+' : dst[i] == '_' ? '/' : dst[i]);
	return len;
}

static enum rc decode(struct slice text, uint8_t dst[static BYTES_MAX], size_t *ret_n)
{
	uint8_t url[TEXT_MAX];
	if (text.n > sizeof url)
		return RC_SYNTAX;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		if (c == '-' || c == '_')
			return RC_SYNTAX;
		url[i] = c == '+' ? '-' : c == '/' ? '_' : c;
	}
	return base64url_decode(slice_of(url, text.n), dst, BYTES_MAX, ret_n);
}

static bool take(struct slice *rest, struct slice literal)
{
	if (!slice_starts(*rest, literal))
		return false;
	*rest = slice_from(*rest, literal.n);
	return true;
}

/* A decimal number without leading zero, at most 8 digits. */
static bool take_number(struct slice *rest, uint32_t *ret_v)
{
	size_t n = 0;
	uint32_t v = 0;
	while (n < rest->n && n < 8 && ascii_is(rest->p[n], ASCII_DIGIT))
		v = v * 10 + (uint32_t)(rest->p[n++] - '0');
	bool canonical = n > 0 && rest->p[0] != '0';
	if (!canonical)
		return false;
	*rest = slice_from(*rest, n);
	*ret_v = v;
	return true;
}

static enum rc parse(struct slice text, struct phc *ret)
{
	struct slice salt;
	struct crypto_password_cost *c = &ret->cost;
	if (!take(&text, SLICE("$argon2id$v=19$m=")) || !take_number(&text, &c->memory_kib) ||
	    !take(&text, SLICE(",t=")) || !take_number(&text, &c->passes) || !take(&text, SLICE(",p=")) ||
	    !take_number(&text, &c->parallelism) || !take(&text, SLICE("$")) || !slice_split(&text, '$', &salt))
		return RC_SYNTAX;
	if (!cost_valid(*c))
		return RC_SYNTAX;
	if (decode(salt, ret->salt, &ret->salt_n) != RC_OK || ret->salt_n < SALT_MIN)
		return RC_SYNTAX;
	if (decode(text, ret->tag, &ret->tag_n) != RC_OK || ret->tag_n < TAG_MIN)
		return RC_SYNTAX;
	return RC_OK;
}

enum rc crypto_password_hash(struct secret password, struct crypto_password_cost cost,
			     char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n)
{
	struct phc p = {.cost = cost, .salt_n = SALT_LEN, .tag_n = TAG_LEN};
	char salt[TEXT_MAX], tag[TEXT_MAX];
	if (password.n > CRYPTO_PASSWORD_MAX)
		return RC_LIMIT;
	if (!cost_valid(cost))
		return RC_RANGE;
	crypto_random(p.salt, SALT_LEN);
	TRY(derive(password, &p, p.tag));
	int salt_n = (int)encode(p.salt, SALT_LEN, salt), tag_n = (int)encode(p.tag, TAG_LEN, tag);
	int n = snprintf(dst, CRYPTO_PASSWORD_PHC_MAX, "$argon2id$v=19$m=%u,t=%u,p=%u$%.*s$%.*s", cost.memory_kib,
			 cost.passes, cost.parallelism, salt_n, salt, tag_n, tag);
	if (n < 0 || n >= CRYPTO_PASSWORD_PHC_MAX)
		return RC_INTERNAL;
	*ret_n = (size_t)n;
	return RC_OK;
}

enum rc crypto_password_verify(struct secret password, struct slice phc)
{
	struct phc p = {0};
	uint8_t tag[BYTES_MAX];
	TRY(parse(phc, &p));
	if (password.n > CRYPTO_PASSWORD_MAX)
		return RC_ACCESS_DENIED;
	TRY(derive(password, &p, tag));
	bool same = ct_equal(secret_of(tag, p.tag_n), secret_of(p.tag, p.tag_n));
	ct_wipe(tag, sizeof tag);
	return same ? RC_OK : RC_ACCESS_DENIED;
}

enum rc crypto_password_cost_of(struct slice phc, struct crypto_password_cost *ret_cost)
{
	struct phc p = {0};
	TRY(parse(phc, &p));
	*ret_cost = p.cost;
	return RC_OK;
}

bool crypto_password_outdated(struct slice phc, struct crypto_password_cost cost)
{
	struct phc p = {0};
	if (parse(phc, &p) != RC_OK)
		return true;
	return is_fast(&p) != (cost.parallelism == 1) || p.cost.memory_kib < cost.memory_kib || p.cost.passes < cost.passes ||
	       p.cost.parallelism < cost.parallelism;
}
