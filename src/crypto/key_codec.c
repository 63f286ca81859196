/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key_codec.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "crypto/key_internal.h"

enum { PASSES_MAX = 10 * 1000 * 1000, PASSES = 600 * 1000, PASSPHRASE_MAX = 1024, GROUP_MAX = 32 };
/* OpenSSL's own limit for scrypt's memory. */
enum { SCRYPT_MEMORY_MAX = 32 * 1024 * 1024, SCRYPT_TIMES_MAX = 16 };

/* The name of a key's group; false if there is none, or if the key has explicit group parameters. */
static bool group_of(const EVP_PKEY *pkey, char group[static GROUP_MAX])
{
	char encoding[GROUP_MAX];
	size_t n;
	return EVP_PKEY_get_group_name(pkey, group, GROUP_MAX, &n) == 1 &&
	       EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING, encoding, sizeof encoding, &n) == 1 &&
	       strcmp(encoding, OSSL_PKEY_EC_ENCODING_GROUP) == 0;
}

/* The type of a decoded key; false if unsupported: DSA, other curves, explicit curve parameters. */
static bool type_of(const EVP_PKEY *pkey, enum crypto_key_type *ret_type)
{
	static const struct {
		const char *name;
		enum crypto_key_type type;
	} groups[] = {{"prime256v1", CRYPTO_KEY_P256}, {"secp384r1", CRYPTO_KEY_P384}, {"secp521r1", CRYPTO_KEY_P521},
		      {"secp256k1", CRYPTO_KEY_SECP256K1}};
	char group[GROUP_MAX];
	if (EVP_PKEY_is_a(pkey, "RSA-PSS")) {
		*ret_type = CRYPTO_KEY_RSA;
		return true;
	}
	for (enum crypto_key_type type = CRYPTO_KEY_RSA; type < CRYPTO_KEY_TYPE_COUNT; type++)
		if (key_row_of(type)->family != KEY_CURVE && EVP_PKEY_is_a(pkey, key_row_of(type)->name)) {
			*ret_type = type;
			return true;
		}
	if (!group_of(pkey, group))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (strcmp(groups[i].name, group) == 0) {
			*ret_type = groups[i].type;
			return true;
		}
	return false;
}

struct decoded {
	struct crypto_parts parts;
	uint8_t memory[CRYPTO_PART_COUNT][CRYPTO_PART_MAX];
};

static enum rc take_parts(enum crypto_key_type type, const EVP_PKEY *pkey, bool is_private, struct decoded *d)
{
	for (enum crypto_part part = 0; part < CRYPTO_PART_COUNT; part++) {
		size_t n;
		bool is_public = part <= CRYPTO_PART_E || part >= CRYPTO_PART_X;
		if ((is_public || is_private) && key_pkey_part(type, pkey, part, d->memory[part], &n) == RC_OK)
			d->parts.v[part] = slice_of(d->memory[part], n);
	}
	return is_private && d->parts.v[CRYPTO_PART_D].n == 0 ? RC_JOSE_KEY : RC_OK;
}

/* The hash of that parameter; CRYPTO_HASH_COUNT if unsupported or absent, which means SHA-1 (RFC 4055 3.1). */
static size_t hash_of(const EVP_PKEY *pkey, const char *parameter)
{
	static const char *const names[] = {
		[CRYPTO_SHA256] = "SHA256", [CRYPTO_SHA384] = "SHA384", [CRYPTO_SHA512] = "SHA512"};
	char name[GROUP_MAX];
	size_t n, hash = 0;
	if (EVP_PKEY_get_utf8_string_param(pkey, parameter, name, sizeof name, &n) != 1)
		return ARRAY_LEN(names);
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	while (hash < ARRAY_LEN(names) && (md == NULL || !EVP_MD_is_a(md, names[hash])))
		hash++;
	EVP_MD_free(md);
	return hash;
}

/* RFC 4055 1.2: such a key is for PSS alone, with its parameters if it has any. PSS in JWS uses one hash for both
 * purposes and a salt of that length (RFC 7518 3.5). */
static enum rc pss_of(const EVP_PKEY *pkey, unsigned *ret_pss)
{
	int salt;
	if (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_RSA_PSS_SALTLEN, &salt) != 1) {
		*ret_pss = 1u << CRYPTO_SHA256 | 1u << CRYPTO_SHA384 | 1u << CRYPTO_SHA512;
		return RC_OK;
	}
	size_t hash = hash_of(pkey, OSSL_PKEY_PARAM_RSA_DIGEST);
	if (hash > CRYPTO_SHA512 || hash != hash_of(pkey, OSSL_PKEY_PARAM_RSA_MGF1_DIGEST))
		return RC_JOSE_KEY;
	if ((size_t)salt > crypto_hash_len((enum crypto_hash)hash))
		return RC_JOSE_KEY;
	*ret_pss = 1u << hash;
	return RC_OK;
}

unsigned crypto_key_pss(const struct crypto_key *key)
{
	return key->pss;
}

/* Through its components, so that a key from a file is validated exactly like one from a JWK. */
static enum rc from_pkey(const EVP_PKEY *pkey, bool is_private, struct crypto_key **ret_key)
{
	enum crypto_key_type type;
	struct decoded d = {0};
	unsigned pss = 0;
	if (!type_of(pkey, &type))
		return RC_JOSE_KEY;
	if (EVP_PKEY_is_a(pkey, "RSA-PSS"))
		TRY(pss_of(pkey, &pss));
	enum rc rc = take_parts(type, pkey, is_private, &d);
	if (rc == RC_OK)
		rc = crypto_key_new(type, &d.parts, ret_key);
	if (rc == RC_OK)
		(*ret_key)->pss = pss;
	ct_wipe(&d, sizeof d);
	return rc;
}

static EVP_PKEY *from_info(PKCS8_PRIV_KEY_INFO *info)
{
	EVP_PKEY *pkey = info == NULL ? NULL : EVP_PKCS82PKEY_ex(info, NULL, NULL);
	PKCS8_PRIV_KEY_INFO_free(info);
	return pkey;
}

static bool pbkdf2_bearable(const ASN1_TYPE *parameter)
{
	PBKDF2PARAM *kdf = ASN1_item_unpack(parameter->value.sequence, ASN1_ITEM_rptr(PBKDF2PARAM));
	long passes = kdf == NULL ? 0 : ASN1_INTEGER_get(kdf->iter);
	PBKDF2PARAM_free(kdf);
	return passes > 0 && passes <= PASSES_MAX;
}

/* RFC 7914: N blocks of 128 r bytes, p times. */
static bool scrypt_bearable(const ASN1_TYPE *parameter)
{
	SCRYPT_PARAMS *kdf = ASN1_item_unpack(parameter->value.sequence, ASN1_ITEM_rptr(SCRYPT_PARAMS));
	uint64_t n = 0, r = 0, p = 0;
	bool read = kdf != NULL && ASN1_INTEGER_get_uint64(&n, kdf->costParameter) == 1 &&
		    ASN1_INTEGER_get_uint64(&r, kdf->blockSize) == 1 &&
		    ASN1_INTEGER_get_uint64(&p, kdf->parallelizationParameter) == 1;
	SCRYPT_PARAMS_free(kdf);
	/* RFC 7914 6: N is a power of two. Each factor is bounded first, so that the product cannot overflow. */
	return read && n > 1 && (n & (n - 1)) == 0 && n < SCRYPT_MEMORY_MAX && r < SCRYPT_MEMORY_MAX &&
	       p <= SCRYPT_TIMES_MAX && 128 * r * (n + 2 + p) <= SCRYPT_MEMORY_MAX;
}

/* Whether PBES2's cost is acceptable: the file's author chose it. */
static bool cost_bearable(const X509_SIG *sealed)
{
	const X509_ALGOR *algorithm;
	const ASN1_OBJECT *id;
	int type;
	const void *parameter;
	X509_SIG_get0(sealed, &algorithm, NULL);
	X509_ALGOR_get0(&id, &type, &parameter, algorithm);
	if (OBJ_obj2nid(id) != NID_pbes2 || type != V_ASN1_SEQUENCE)
		return false;
	PBE2PARAM *pbe = ASN1_item_unpack(parameter, ASN1_ITEM_rptr(PBE2PARAM));
	const ASN1_TYPE *kdf = pbe == NULL ? NULL : pbe->keyfunc->parameter;
	bool bearable = false;
	if (kdf != NULL && kdf->type == V_ASN1_SEQUENCE && OBJ_obj2nid(pbe->keyfunc->algorithm) == NID_id_pbkdf2)
		bearable = pbkdf2_bearable(kdf);
	else if (kdf != NULL && kdf->type == V_ASN1_SEQUENCE && OBJ_obj2nid(pbe->keyfunc->algorithm) == NID_id_scrypt)
		bearable = scrypt_bearable(kdf);
	PBE2PARAM_free(pbe);
	return bearable;
}

/* The structure ends at *at. RC_ACCESS_DENIED: such a structure, but a wrong passphrase; RC_RANGE. */
static enum rc unseal(const uint8_t **at, size_t n, struct secret passphrase, EVP_PKEY **ret_pkey)
{
	X509_SIG *sealed = d2i_X509_SIG(NULL, at, (long)n);
	PKCS8_PRIV_KEY_INFO *info = NULL;
	if (sealed == NULL)
		return RC_JOSE_KEY;
	bool bearable = cost_bearable(sealed) && passphrase.n <= PASSPHRASE_MAX;
	if (bearable)
		info = PKCS8_decrypt(sealed, (const char *)passphrase.secret_p, (int)passphrase.n);
	X509_SIG_free(sealed);
	if (!bearable)
		return RC_RANGE;
	*ret_pkey = from_info(info);
	return *ret_pkey == NULL ? RC_ACCESS_DENIED : RC_OK;
}

static EVP_PKEY *from_certificate(const uint8_t **at, size_t n)
{
	X509 *cert = d2i_X509(NULL, at, (long)n);
	EVP_PKEY *pkey = cert == NULL ? NULL : X509_get_pubkey(cert);
	X509_free(cert);
	return pkey;
}

static EVP_PKEY *decode(enum crypto_form form, const uint8_t **at, size_t n)
{
	switch (form) {
	case CRYPTO_FORM_SPKI:
		return d2i_PUBKEY_ex(NULL, at, (long)n, NULL, NULL);
	case CRYPTO_FORM_PKCS8:
		return from_info(d2i_PKCS8_PRIV_KEY_INFO(NULL, at, (long)n));
	case CRYPTO_FORM_RSA_PUBLIC:
		return d2i_PublicKey(EVP_PKEY_RSA, NULL, at, (long)n);
	case CRYPTO_FORM_RSA_PRIVATE:
		return d2i_PrivateKey_ex(EVP_PKEY_RSA, NULL, at, (long)n, NULL, NULL);
	case CRYPTO_FORM_EC_PRIVATE:
		return d2i_PrivateKey_ex(EVP_PKEY_EC, NULL, at, (long)n, NULL, NULL);
	case CRYPTO_FORM_CERTIFICATE:
		return from_certificate(at, n);
	default:
		return NULL;
	}
}

static bool form_is_private(enum crypto_form form)
{
	return form == CRYPTO_FORM_PKCS8 || form == CRYPTO_FORM_PKCS8_ENCRYPTED || form == CRYPTO_FORM_RSA_PRIVATE ||
	       form == CRYPTO_FORM_EC_PRIVATE;
}

enum rc crypto_key_read_der(enum crypto_form form, struct slice der, struct secret passphrase,
			    struct crypto_key **ret_key)
{
	const uint8_t *at = der.p;
	EVP_PKEY *pkey = NULL;
	enum rc rc = RC_OK;
	if (der.n > CRYPTO_DER_MAX)
		return RC_LIMIT;
	if (form == CRYPTO_FORM_PKCS8_ENCRYPTED)
		rc = unseal(&at, der.n, passphrase, &pkey);
	else
		pkey = decode(form, &at, der.n);
	if (rc == RC_OK && (pkey == NULL || at != der.p + der.n))
		rc = RC_JOSE_KEY;
	if (rc == RC_OK)
		rc = from_pkey(pkey, form_is_private(form), ret_key);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return rc;
}

/* The key as OpenSSL's object, which for Ed25519 is made here. Release with EVP_PKEY_free; NULL on failure. */
static EVP_PKEY *pkey_of(const struct crypto_key *key)
{
	if (key->pkey != NULL)
		return EVP_PKEY_up_ref(key->pkey) == 1 ? key->pkey : NULL;
	if (key->is_private)
		return EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, key->ed_secret, 32);
	return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, key->ed_public, 32);
}

static int write_private(EVP_PKEY *pkey, enum crypto_form form, struct secret passphrase, uint8_t **der)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	int n = -1;
	if (info != NULL && form == CRYPTO_FORM_PKCS8) {
		n = i2d_PKCS8_PRIV_KEY_INFO(info, der);
	} else if (info != NULL) {
		X509_SIG *sealed = PKCS8_encrypt(-1, EVP_aes_256_cbc(), (const char *)passphrase.secret_p,
						 (int)passphrase.n, NULL, 0, PASSES, info);
		n = sealed == NULL ? -1 : i2d_X509_SIG(sealed, der);
		X509_SIG_free(sealed);
	}
	PKCS8_PRIV_KEY_INFO_free(info);
	return n;
}

enum rc crypto_key_write_der(const struct crypto_key *key, enum crypto_form form, struct secret passphrase,
			     struct buf *dst)
{
	uint8_t *der = NULL;
	if (form > CRYPTO_FORM_PKCS8_ENCRYPTED)
		return RC_RANGE;
	if (form == CRYPTO_FORM_PKCS8_ENCRYPTED && (passphrase.n == 0 || passphrase.n > PASSPHRASE_MAX))
		return RC_RANGE;
	if (form != CRYPTO_FORM_SPKI && !key->is_private)
		return RC_JOSE_KEY;
	EVP_PKEY *pkey = pkey_of(key);
	int n = pkey == NULL               ? -1
		: form == CRYPTO_FORM_SPKI ? i2d_PUBKEY(pkey, &der)
					   : write_private(pkey, form, passphrase, &der);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	if (n <= 0)
		return RC_INTERNAL;
	buf_put(dst, slice_of(der, (size_t)n));
	OPENSSL_clear_free(der, (size_t)n);
	return buf_rc(dst);
}
