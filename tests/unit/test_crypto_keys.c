/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as their own functions see them, behind no JWK: components, DER, certificates, what each type does not do. */
#include "base/base64url.h"
#include "chain_certs.h"
#include "crypto/cert.h"
#include "crypto/key_codec.h"
#include "crypto/key_enc.h"
#include "crypto/tables.h"
#include "jose_keys.h"
#include "pem_keys.h"
#include "t.h"
#include "unhex.h"

static const struct crypto_scheme es256 = {CRYPTO_SHA256, false};
static const struct secret no_passphrase = {NULL, 0};

/* Components from base64url, in memory that is as long as they are. */
struct material {
	struct crypto_parts parts;
	uint8_t memory[CRYPTO_PART_COUNT][CRYPTO_PART_MAX + 1];
};

static void put(struct material *m, enum crypto_part part, const char *text)
{
	size_t n = 0;
	CHECK_OK(base64url_decode(slice_cstr(text), m->memory[part], CRYPTO_PART_MAX, &n));
	m->parts.v[part] = slice_of(m->memory[part], n);
}

static void put_hex(struct material *m, enum crypto_part part, const char *hex)
{
	m->parts.v[part] = unhex(hex, m->memory[part]);
}

/* A zero more at the end, or one in front. */
static void lengthen(struct material *m, enum crypto_part part, bool in_front)
{
	struct slice *v = &m->parts.v[part];
	if (in_front)
		memmove(m->memory[part] + 1, m->memory[part], v->n);
	m->memory[part][in_front ? 0 : v->n] = 0;
	*v = slice_of(m->memory[part], v->n + 1);
}

static void validate_new(enum crypto_key_type type, const struct material *m, enum rc rc)
{
	struct crypto_key *key = NULL;
	CHECK_RC(crypto_key_new(type, &m->parts, &key), rc);
	CHECK((key != NULL) == (rc == RC_OK));
	crypto_key_free(key);
}

static void rsa_pair(struct material *m)
{
	static const char *const texts[] = {RSA_N, "AQAB", RSA_D, RSA_P, RSA_Q, RSA_DP, RSA_DQ, RSA_QI};
	*m = (struct material){0};
	for (enum crypto_part part = CRYPTO_PART_N; part <= CRYPTO_PART_QI; part++)
		put(m, part, texts[part]);
}

static void rsa_components_must_fit(void)
{
	struct material m;
	rsa_pair(&m);
	validate_new(CRYPTO_KEY_RSA, &m, RC_OK);
	for (enum crypto_part part = CRYPTO_PART_P; part <= CRYPTO_PART_QI; part++) {
		t_set_row("one of the five is not there");
		rsa_pair(&m);
		m.parts.v[part] = SLICE_NONE;
		validate_new(CRYPTO_KEY_RSA, &m, RC_JOSE_KEY);
	}
	for (enum crypto_part part = CRYPTO_PART_N; part <= CRYPTO_PART_QI; part++) {
		t_set_row("a leading zero");
		rsa_pair(&m);
		lengthen(&m, part, true);
		validate_new(CRYPTO_KEY_RSA, &m, RC_JOSE_KEY);
	}
	for (enum crypto_part part = CRYPTO_PART_P; part <= CRYPTO_PART_Q; part++) {
		t_set_row("an even factor");
		rsa_pair(&m);
		m.memory[part][m.parts.v[part].n - 1] ^= 1;
		validate_new(CRYPTO_KEY_RSA, &m, RC_JOSE_KEY);
	}
	t_set_row("factors of another modulus, which fit the exponent");
	rsa_pair(&m);
	static const uint8_t others[] = {11, 13, 1, 9, 6};
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		m.parts.v[CRYPTO_PART_P + i] = slice_of(others + i, 1);
	validate_new(CRYPTO_KEY_RSA, &m, RC_JOSE_KEY);
	t_set_row("factors without the private exponent");
	rsa_pair(&m);
	m.parts.v[CRYPTO_PART_D] = SLICE_NONE;
	validate_new(CRYPTO_KEY_RSA, &m, RC_JOSE_KEY);
	t_set_row("a private exponent longer than the modulus");
	rsa_pair(&m);
	lengthen(&m, CRYPTO_PART_D, false);
	validate_new(CRYPTO_KEY_RSA, &m, RC_JOSE_KEY);
	t_set_row("a private exponent longer than any modulus");
	memset(m.memory[CRYPTO_PART_D], 0xff, CRYPTO_PART_MAX);
	m.parts.v[CRYPTO_PART_D] = slice_of(m.memory[CRYPTO_PART_D], CRYPTO_PART_MAX);
	validate_new(CRYPTO_KEY_RSA, &m, RC_JOSE_KEY);
	t_set_row("8193 bits");
	rsa_pair(&m);
	memset(m.memory[CRYPTO_PART_N], 0xff, CRYPTO_RSA_BITS_MAX / 8 + 1);
	m.memory[CRYPTO_PART_N][0] = 1;
	m.parts.v[CRYPTO_PART_N] = slice_of(m.memory[CRYPTO_PART_N], CRYPTO_RSA_BITS_MAX / 8 + 1);
	for (enum crypto_part part = CRYPTO_PART_D; part <= CRYPTO_PART_QI; part++)
		m.parts.v[part] = SLICE_NONE;
	validate_new(CRYPTO_KEY_RSA, &m, RC_JOSE_KEY);
}

/* Of all types but RSA and ML-DSA: each component a byte longer, with what fits in front, and a byte shorter. */
static void other_components_have_one_length(void)
{
	static const enum crypto_part used[] = {CRYPTO_PART_X, CRYPTO_PART_Y, CRYPTO_PART_D};
	for (enum crypto_key_type type = CRYPTO_KEY_P256; type <= CRYPTO_KEY_X448; type++) {
		struct crypto_key *key = NULL;
		struct material good = {0}, bad;
		CHECK_OK(crypto_key_generate(type, 0, &key));
		for (size_t i = 0; i < ARRAY_LEN(used); i++) {
			size_t n = 0;
			if (crypto_key_part(key, used[i], good.memory[used[i]], &n) == RC_OK)
				good.parts.v[used[i]] = slice_of(good.memory[used[i]], n);
		}
		validate_new(type, &good, RC_OK);
		for (size_t i = 0; i < ARRAY_LEN(used); i++) {
			if (good.parts.v[used[i]].n == 0)
				continue;
			for (int longer = 0; longer < 2; longer++) {
				bad = good;
				for (size_t k = 0; k < ARRAY_LEN(used); k++)
					bad.parts.v[used[k]].p = bad.memory[used[k]];
				bad.parts.v[used[i]].n -= 1;
				if (longer) {
					bad.parts.v[used[i]].n += 1;
					lengthen(&bad, used[i], false);
				}
				validate_new(type, &bad, RC_JOSE_KEY);
				/* The public half alone. */
				bad.parts.v[CRYPTO_PART_D] = SLICE_NONE;
				validate_new(type, &bad, used[i] == CRYPTO_PART_D ? RC_OK : RC_JOSE_KEY);
			}
		}
		crypto_key_free(key);
	}
}

static void a_type_that_the_library_lacks_is_no_key(void)
{
	struct material m = {0};
	m.parts.v[CRYPTO_PART_X] = slice_of(m.memory[CRYPTO_PART_X], 1312);
	bool there = crypto_key_available(CRYPTO_KEY_ML_DSA_44);
	validate_new(CRYPTO_KEY_ML_DSA_44, &m, there ? RC_OK : RC_JOSE_KEY);
	m.parts.v[CRYPTO_PART_D] = slice_of(m.memory[CRYPTO_PART_D], 32);
	validate_new(CRYPTO_KEY_ML_DSA_44, &m, RC_JOSE_KEY);
}

/* No component but those that the type has, and of a public key none that is private. */
static void a_key_gives_only_its_own_components(void)
{
	uint8_t bytes[CRYPTO_PART_MAX];
	for (enum crypto_key_type type = CRYPTO_KEY_RSA; type <= CRYPTO_KEY_X448; type++) {
		struct crypto_key *key = NULL, *half = NULL;
		struct material m = {0};
		bool curve = type >= CRYPTO_KEY_P256 && type <= CRYPTO_KEY_SECP256K1;
		CHECK_OK(crypto_key_generate(type, 2048, &key));
		for (enum crypto_part part = 0; part < CRYPTO_PART_COUNT; part++) {
			size_t n = 0;
			bool has = type == CRYPTO_KEY_RSA ? part < CRYPTO_PART_X : part == CRYPTO_PART_D || part == CRYPTO_PART_X;
			has = has || (curve && part == CRYPTO_PART_Y);
			CHECK_RC(crypto_key_part(key, part, m.memory[part], &n), has ? RC_OK : RC_MISSING);
			if (part <= CRYPTO_PART_E || part >= CRYPTO_PART_X)
				m.parts.v[part] = slice_of(m.memory[part], n);
		}
		CHECK_OK(crypto_key_new(type, &m.parts, &half));
		for (enum crypto_part part = CRYPTO_PART_D; part <= CRYPTO_PART_QI; part++) {
			size_t n = 0;
			CHECK_RC(crypto_key_part(half, part, bytes, &n), RC_MISSING);
		}
		CHECK(crypto_key_same_public(key, half));
		crypto_key_free(key);
		crypto_key_free(half);
	}
}

/* The same 32 bytes are a point of either curve. */
static void keys_of_two_types_are_never_the_same(void)
{
	struct crypto_key *signs = NULL, *agrees = NULL;
	struct material m = {0};
	put(&m, CRYPTO_PART_X, ED_X);
	CHECK_OK(crypto_key_new(CRYPTO_KEY_ED25519, &m.parts, &signs));
	CHECK_OK(crypto_key_new(CRYPTO_KEY_X25519, &m.parts, &agrees));
	CHECK(!crypto_key_same_public(signs, agrees) && !crypto_key_same_public(agrees, signs));
	CHECK(crypto_key_same_public(signs, signs) && crypto_key_same_public(agrees, agrees));
	crypto_key_free(signs);
	crypto_key_free(agrees);
}

static void keys_for_agreement_do_not_sign(void)
{
	uint8_t signature[CRYPTO_SIGNATURE_MAX] = {0};
	for (enum crypto_key_type type = CRYPTO_KEY_X25519; type <= CRYPTO_KEY_X448; type++) {
		struct crypto_key *key = NULL;
		size_t n = 0;
		CHECK_OK(crypto_key_generate(type, 0, &key));
		CHECK_RC(crypto_key_sign(key, es256, SLICE("x"), signature, &n), RC_JOSE_KEY);
		CHECK_RC(crypto_key_verify(key, es256, SLICE("x"), SLICE_NONE), RC_JOSE_SIGNATURE);
		CHECK_RC(crypto_key_verify(key, es256, SLICE("x"), slice_of(signature, 64)), RC_JOSE_SIGNATURE);
		crypto_key_free(key);
	}
}

static void oaep_opens_with_a_private_key_and_64_bytes_at_most(void)
{
	struct crypto_key *pair = NULL, *half = NULL;
	struct material m;
	uint8_t sealed[CRYPTO_OAEP_MAX], out[65];
	size_t n = 0;
	rsa_pair(&m);
	CHECK_OK(crypto_key_new(CRYPTO_KEY_RSA, &m.parts, &pair));
	for (enum crypto_part part = CRYPTO_PART_D; part <= CRYPTO_PART_QI; part++)
		m.parts.v[part] = SLICE_NONE;
	CHECK_OK(crypto_key_new(CRYPTO_KEY_RSA, &m.parts, &half));
	CHECK_OK(crypto_key_oaep_seal(half, CRYPTO_OAEP_SHA256, secret_of("0123456789abcdef", 16), sealed, &n));
	CHECK_RC(crypto_key_oaep_open(half, CRYPTO_OAEP_SHA256, slice_of(sealed, n), out, 16), RC_JOSE_KEY);
	CHECK_OK(crypto_key_oaep_open(pair, CRYPTO_OAEP_SHA256, slice_of(sealed, n), out, 16));
	CHECK_SLICE(slice_of(out, 16), SLICE("0123456789abcdef"));
	CHECK_OK(crypto_key_oaep_open(pair, CRYPTO_OAEP_SHA256, slice_of(sealed, n), out, 64));
	CHECK_RC(crypto_key_oaep_open(pair, CRYPTO_OAEP_SHA256, slice_of(sealed, n), out, 65), RC_JOSE_KEY);
	crypto_key_free(pair);
	crypto_key_free(half);
}

#define G_X "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define G_Y "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define KEY_X "67c15250325308fc67357e619ef7221b5df78704208e78251c4ac5eabfb7be37"
#define KEY_Y "5c929bcdd612c39bd32a88c21df6b590ab5dba549e19393a57680a5c6577f3bf"
#define KEY_S "961e50fdcd29cd4f64f97a7074282db0d44d22a9ebb5bdbeac069d639c47387e"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

/* P-256 has points whose x is zero; the key of the generator agrees on what its peer sends. */
static void agree_refuses_a_secret_of_zeros(void)
{
	struct crypto_key *key = NULL, *peer = NULL;
	struct material m = {0}, of_peer = {0};
	uint8_t z[CRYPTO_AGREED_MAX];
	size_t n = 0;
	put_hex(&m, CRYPTO_PART_X, G_X);
	put_hex(&m, CRYPTO_PART_Y, G_Y);
	put_hex(&m, CRYPTO_PART_D, ONE);
	put_hex(&of_peer, CRYPTO_PART_X, ZERO);
	put_hex(&of_peer, CRYPTO_PART_Y, "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
	CHECK_OK(crypto_key_new(CRYPTO_KEY_P256, &m.parts, &key));
	CHECK_OK(crypto_key_new(CRYPTO_KEY_P256, &of_peer.parts, &peer));
	CHECK_RC(crypto_key_agree(key, peer, z, &n), RC_JOSE_KEY);
	CHECK(n == 0);
	CHECK_OK(crypto_key_agree(key, key, z, &n));
	crypto_key_free(key);
	crypto_key_free(peer);
}

/* A key made so that (r, anything) over "infinity" adds up to no point, r the x of the generator. What is left of the signature
 * before, which has the same r, must not be taken for the sum. */
static void a_sum_at_infinity_is_no_signature(void)
{
	struct crypto_key *key = NULL;
	struct material m = {0};
	uint8_t before[64], no_sum[64];
	put_hex(&m, CRYPTO_PART_X, KEY_X);
	put_hex(&m, CRYPTO_PART_Y, KEY_Y);
	CHECK_OK(crypto_key_new(CRYPTO_KEY_P256, &m.parts, &key));
	(void)unhex(G_X KEY_S, before);
	(void)unhex(G_X ONE, no_sum);
	unsigned tables = crypto_tables_count();
	for (int i = 0; i <= CRYPTO_TABLE_USES; i++) {
		CHECK_OK(crypto_key_verify(key, es256, SLICE("before"), slice_of(before, 64)));
		CHECK_RC(crypto_key_verify(key, es256, SLICE("infinity"), slice_of(no_sum, 64)), RC_JOSE_SIGNATURE);
	}
	CHECK(crypto_tables_count() == tables + 1);
	crypto_key_free(key);
}

/* The content of a PEM of one block. */
static struct slice der_of_pem(const char *pem, uint8_t *dst)
{
	char text[4096];
	size_t n = 0, der_n = 0;
	for (const char *c = strchr(pem, '\n'); *c != '-'; c++)
		if (*c != '\n')
			text[n++] = *c;
	CHECK_OK(base64_decode(slice_of(text, n), dst, 4096, &der_n));
	return slice_of(dst, der_n);
}

static void validate_read(enum crypto_form form, struct slice der, struct secret passphrase, enum rc rc)
{
	struct crypto_key *key = NULL;
	CHECK_RC(crypto_key_read_der(form, der, passphrase, &key), rc);
	CHECK((key != NULL) == (rc == RC_OK));
	crypto_key_free(key);
}

/* N, r and p of scrypt as a file may say them, each out of bounds: none is tried. */
static void scrypt_costs(void)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
		enum rc rc;
	} rows[] = {
		{"scrypt as it was written", 0, 0x40, RC_OK},
		{"scrypt of N that is no power of two", 0, 0x41, RC_RANGE},
		{"scrypt of negative N", 0, 0x80, RC_RANGE},
		{"scrypt of r over the memory", 4, 0x7f, RC_RANGE},
		{"scrypt of negative r", 4, 0xff, RC_RANGE},
		{"scrypt 17 times", 7, 17, RC_RANGE},
		{"scrypt a negative number of times", 7, 0xff, RC_RANGE},
	};
	static const uint8_t numbers[] = {0x02, 0x02, 0x40, 0x00, 0x02, 0x01, 0x08, 0x02, 0x01, 0x01};
	T_ROWS(row, rows, name) {
		uint8_t der[4096];
		struct slice sealed = der_of_pem(PEM_EC_SCRYPT, der);
		uint8_t *n = memmem(der, sealed.n, numbers, sizeof numbers);
		CHECK(n != NULL);
		if (n != NULL)
			n[2 + row->at] = row->value;
		validate_read(CRYPTO_FORM_PKCS8_ENCRYPTED, sealed, secret_of("correct", 7), row->rc);
	}
	t_set_row("a passphrase that is too long");
	uint8_t der[4096];
	static const uint8_t long_one[1025] = {'x'};
	validate_read(CRYPTO_FORM_PKCS8_ENCRYPTED, der_of_pem(PEM_EC_SCRYPT, der), secret_of(long_one, sizeof long_one), RC_RANGE);
}

static void der_is_refused_before_it_costs(void)
{
	static uint8_t der[CRYPTO_DER_MAX + 1];
	static const uint8_t bare[] = {0x30, 0x10, 0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
				       0x0d, 0x01, 0x05, 0x0d, 0x04, 0x01, 0x00};
	const struct secret passphrase = secret_of("correct", 7);
	struct slice sealed = der_of_pem(PEM_EC_ENCRYPTED, der);
	validate_read(CRYPTO_FORM_PKCS8_ENCRYPTED, sealed, passphrase, RC_OK);
	t_set_row("encryption of the first kind with what belongs to the second");
	uint8_t *id = memmem(der, sealed.n, bare + 6, 9);
	CHECK(id != NULL);
	if (id != NULL)
		id[8] = 0x03;
	validate_read(CRYPTO_FORM_PKCS8_ENCRYPTED, sealed, passphrase, RC_RANGE);
	t_set_row("encryption of the second kind that does not say how");
	validate_read(CRYPTO_FORM_PKCS8_ENCRYPTED, slice_of(bare, sizeof bare), passphrase, RC_RANGE);
	scrypt_costs();
	t_set_row("longer than a key is");
	memset(der, 0, sizeof der);
	for (enum crypto_form form = 0; form < CRYPTO_FORM_COUNT; form++) {
		validate_read(form, slice_of(der, sizeof der), passphrase, RC_LIMIT);
		validate_read(form, slice_of(der, sizeof der - 1), passphrase, RC_JOSE_KEY);
	}
	t_set_row("no form");
	validate_read(CRYPTO_FORM_COUNT, slice_of(der, 1), passphrase, RC_JOSE_KEY);
}

static size_t put_der(uint8_t *dst, uint8_t type, size_t n, uint8_t fill)
{
	const uint8_t head[] = {type, 0x82, (uint8_t)(n >> 8), (uint8_t)n};
	memcpy(dst, head, sizeof head);
	memset(dst + sizeof head, fill, n);
	return sizeof head + n;
}

/* RSAPrivateKey of 20,736 bits: more than all components of the longest key that is taken. */
static void der_of_a_giant_key_is_refused(void)
{
	static const size_t lengths[] = {CRYPTO_PART_MAX, 4, CRYPTO_PART_MAX, 1296, 1296, 1296, 1296, 1296};
	uint8_t der[CRYPTO_DER_MAX], body[CRYPTO_DER_MAX];
	size_t n = put_der(body, 0x02, 1, 0);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
		n += put_der(body + n, 0x02, lengths[i], 0x55);
	(void)put_der(der, 0x30, n, 0);
	memcpy(der + 4, body, n);
	validate_read(CRYPTO_FORM_RSA_PRIVATE, slice_of(der, n + 4), no_passphrase, RC_JOSE_KEY);
}

static void der_is_written_in_three_forms(void)
{
	static const char long_one[1025] = {'x'};
	struct crypto_key *key = NULL;
	struct buf b;
	CHECK_OK(crypto_key_generate(CRYPTO_KEY_P256, 0, &key));
	buf_init(&b, 65536);
	for (enum crypto_form form = CRYPTO_FORM_RSA_PUBLIC; form <= CRYPTO_FORM_COUNT; form++)
		CHECK_RC(crypto_key_write_der(key, form, no_passphrase, &b), RC_RANGE);
	CHECK_RC(crypto_key_write_der(key, CRYPTO_FORM_PKCS8_ENCRYPTED, no_passphrase, &b), RC_RANGE);
	CHECK_RC(crypto_key_write_der(key, CRYPTO_FORM_PKCS8_ENCRYPTED, secret_of(long_one, sizeof long_one), &b), RC_RANGE);
	CHECK(b.n == 0);
	CHECK_OK(crypto_key_write_der(key, CRYPTO_FORM_PKCS8_ENCRYPTED, secret_of(long_one, sizeof long_one - 1), &b));
	buf_free(&b);
	crypto_key_free(key);
}

static void chains_have_bounds_and_a_name(void)
{
	static uint8_t memory[2][1024];
	struct slice leaf[CRYPTO_CHAIN_MAX + 1], root[CRYPTO_CHAIN_MAX + 1];
	size_t n = 0;
	CHECK_OK(base64_decode(SLICE(CERT_LEAF), memory[0], sizeof memory[0], &n));
	for (size_t i = 0; i < ARRAY_LEN(leaf); i++)
		leaf[i] = slice_of(memory[0], n);
	CHECK_OK(base64_decode(SLICE(CERT_BETWEEN), memory[1], sizeof memory[1], &n));
	for (size_t i = 0; i < ARRAY_LEN(root); i++)
		root[i] = slice_of(memory[1], n);
	const struct {
		const char *name;
		size_t n, anchors;
		struct slice host;
		enum rc rc;
	} rows[] = {
		{"a leaf and its anchor", 1, 1, SLICE("issuer.example"), RC_OK},
		{"eight of each", CRYPTO_CHAIN_MAX, CRYPTO_CHAIN_MAX, SLICE("issuer.example"), RC_OK},
		{"nine certificates", CRYPTO_CHAIN_MAX + 1, 1, SLICE("issuer.example"), RC_LIMIT},
		{"nine anchors", 1, CRYPTO_CHAIN_MAX + 1, SLICE("issuer.example"), RC_LIMIT},
		{"no certificate", 0, 1, SLICE("issuer.example"), RC_JOSE_KEY},
		{"no anchor", 1, 0, SLICE("issuer.example"), RC_JOSE_KEY},
		{"no name", 1, 1, SLICE_NONE, RC_JOSE_KEY},
	};
	T_ROWS(row, rows, name) {
		struct crypto_chain chain = {leaf, row->n, root, row->anchors, row->host, 1800000000};
		struct crypto_key *key = NULL;
		CHECK_RC(crypto_chain_verify(&chain, &key), row->rc);
		CHECK((key != NULL) == (row->rc == RC_OK));
		crypto_key_free(key);
	}
}

T_MAIN(T(rsa_components_must_fit), T(other_components_have_one_length), T(a_type_that_the_library_lacks_is_no_key),
       T(a_key_gives_only_its_own_components), T(keys_of_two_types_are_never_the_same), T(keys_for_agreement_do_not_sign),
       T(oaep_opens_with_a_private_key_and_64_bytes_at_most), T(agree_refuses_a_secret_of_zeros), T(a_sum_at_infinity_is_no_signature),
       T(der_is_refused_before_it_costs), T(der_of_a_giant_key_is_refused), T(der_is_written_in_three_forms),
       T(chains_have_bounds_and_a_name))
