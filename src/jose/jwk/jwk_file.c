/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwk/jwk_file.h"

#include "base/base64url.h"
#include "jose/jwk/jwk_internal.h"
#include "jose/jwk/pem.h"

enum { WORK_MAX = 4 * PEM_TEXT_MAX };

static const struct {
	struct slice label;
	enum crypto_form form;
} labels[] = {
	{SLICE_INIT("PUBLIC KEY"), CRYPTO_FORM_SPKI},
	{SLICE_INIT("PRIVATE KEY"), CRYPTO_FORM_PKCS8},
	{SLICE_INIT("ENCRYPTED PRIVATE KEY"), CRYPTO_FORM_PKCS8_ENCRYPTED},
	{SLICE_INIT("RSA PUBLIC KEY"), CRYPTO_FORM_RSA_PUBLIC},
	{SLICE_INIT("RSA PRIVATE KEY"), CRYPTO_FORM_RSA_PRIVATE},
	{SLICE_INIT("EC PRIVATE KEY"), CRYPTO_FORM_EC_PRIVATE},
	{SLICE_INIT("CERTIFICATE"), CRYPTO_FORM_CERTIFICATE},
};

/* The content of a file's blocks. */
struct found {
	enum crypto_form form;
	struct slice der; /* of the key; empty: none yet */
	struct slice certs[JWK_X5C_MAX];
	size_t cert_n;
};

static enum rc take_block(struct slice label, struct slice der, struct jwk *key, struct found *f)
{
	/* RFC 5915: without meaning beside a key that names its curve, which we require. */
	if (slice_eq(label, SLICE("EC PARAMETERS")))
		return RC_OK;
	if (slice_eq(label, SLICE("CERTIFICATE"))) {
		if (f->cert_n == ARRAY_LEN(f->certs))
			return RC_LIMIT;
		f->certs[f->cert_n++] = der;
		return RC_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		if (!slice_eq(labels[i].label, label))
			continue;
		if (f->der.n > 0)
			return jwk_unfit(key, JWK_REMARK_SEVERAL);
		f->der = der;
		f->form = labels[i].form;
		return RC_OK;
	}
	return jwk_unfit(key, JWK_REMARK_LABEL);
}

static enum rc take_blocks(struct slice text, struct arena *a, struct jwk *key, struct found *f)
{
	for (;;) {
		struct slice label, der;
		enum rc rc = pem_take(&text, a, &label, &der);
		if (rc == RC_MISSING)
			return RC_OK;
		if (rc == RC_PRECONDITION)
			return jwk_unfit(key, JWK_REMARK_OLD_LOCK);
		if (rc != RC_OK)
			return rc == RC_LIMIT || rc_server_error(rc) ? rc : jwk_unfit(key, JWK_REMARK_FILE);
		TRY(take_block(label, der, key, f));
	}
}

static enum rc read_form(enum crypto_form form, struct slice der, struct secret passphrase, struct jwk *key)
{
	bool locked = form == CRYPTO_FORM_PKCS8_ENCRYPTED;
	enum rc rc = crypto_key_read_der(form, der, passphrase, &key->key);
	if (rc == RC_RANGE)
		return jwk_unfit(key, JWK_REMARK_LOCK);
	key->remark = rc == RC_OK                   ? JWK_REMARK_NONE
		      : rc == RC_JOSE_KEY           ? JWK_REMARK_TYPE
		      : locked && passphrase.n == 0 ? JWK_REMARK_LOCKED
						    : JWK_REMARK_PASSPHRASE;
	return rc;
}

static enum rc read_pem(struct slice text, struct secret passphrase, struct arena *a, struct jwk *key)
{
	struct found f = {.cert_n = 0};
	TRY(take_blocks(text, a, key, &f));
	if (f.der.n == 0 && f.cert_n == 0)
		return jwk_unfit(key, JWK_REMARK_FILE);
	TRY(f.der.n > 0 ? read_form(f.form, f.der, passphrase, key)
			: read_form(CRYPTO_FORM_CERTIFICATE, f.certs[0], passphrase, key));
	if (f.cert_n == 0)
		return RC_OK;
	enum rc rc = f.der.n > 0 ? jwk_x5c_leaf_validate(key, f.certs[0]) : RC_OK;
	if (rc != RC_OK)
		return rc == RC_JOSE_KEY ? jwk_unfit(key, JWK_REMARK_CERTIFICATE) : rc;
	return jwk_x5c_set(key, f.certs, f.cert_n);
}

/* The structures differ in their first members, so no bytes match two of them. */
static enum rc read_der(struct slice der, struct secret passphrase, struct jwk *key)
{
	if (passphrase.n > 0)
		return read_form(CRYPTO_FORM_PKCS8_ENCRYPTED, der, passphrase, key);
	for (enum crypto_form form = CRYPTO_FORM_SPKI; form < CRYPTO_FORM_COUNT; form++) {
		enum rc rc = read_form(form, der, passphrase, key);
		if (rc != RC_JOSE_KEY)
			return rc;
	}
	return jwk_unfit(key, JWK_REMARK_FILE);
}

static enum rc import_into(struct slice bytes, struct secret passphrase, struct jwk *key)
{
	struct arena a;
	arena_init(&a, WORK_MAX);
	/* An editor's byte order mark. No DER begins so. */
	if (slice_starts(bytes, SLICE("\xEF\xBB\xBF")))
		bytes = slice_from(bytes, 3);
	enum rc rc = pem_is(bytes) ? read_pem(bytes, passphrase, &a, key) : read_der(bytes, passphrase, key);
	arena_reset(&a);
	return rc;
}

/* The algorithm of a PSS-only key file. RC_JOSE_ALG: `alg` is not a PSS algorithm that the key allows. */
static enum rc pss_alg(unsigned hashes, struct slice *alg)
{
	static const enum jose_alg algs[] = {
		[CRYPTO_SHA256] = JOSE_PS256, [CRYPTO_SHA384] = JOSE_PS384, [CRYPTO_SHA512] = JOSE_PS512};
	for (size_t hash = 0; hash < ARRAY_LEN(algs); hash++) {
		struct slice name = jose_alg_row(algs[hash])->name;
		if ((hashes & 1u << hash) == 0 || (alg->n > 0 && !slice_eq(*alg, name)))
			continue;
		*alg = name;
		return RC_OK;
	}
	return RC_JOSE_ALG;
}

static enum rc finish(struct jwk *key, enum jwk_wanted wanted, const struct jwk_names *given)
{
	struct jwk_names names = *given;
	bool private = crypto_key_private(key->key);
	enum jwk_wanted needed = private ? JWK_PRIVATE : JWK_PUBLIC;
	unsigned hashes = crypto_key_pss(key->key);
	key->kty = jwk_type_of(crypto_key_type(key->key))->kty;
	if ((wanted & needed) != needed)
		return jwk_unfit(key, private ? JWK_REMARK_PRIVATE : JWK_REMARK_PUBLIC);
	if (hashes != 0 && pss_alg(hashes, &names.alg) != RC_OK)
		return jwk_unfit(key, JWK_REMARK_ALG);
	key->kid_is_ours = names.kid.n == 0;
	return jwk_name(key, wanted, &names);
}

enum rc jwk_import_remarked(struct slice bytes, enum jwk_wanted wanted, const struct jwk_names *names,
			  struct secret passphrase, struct jwk **ret_key, enum jwk_remark *ret_remark)
{
	struct jwk *key = jwk_alloc(JOSE_KTY_OCT);
	*ret_remark = JWK_REMARK_NONE;
	if (key == NULL)
		return RC_MEMORY;
	enum rc rc = import_into(bytes, passphrase, key);
	if (rc == RC_OK)
		rc = finish(key, wanted, names);
	*ret_remark = key->remark;
	if (rc != RC_OK) {
		jwk_unref(key);
		return rc;
	}
	*ret_key = key;
	return RC_OK;
}

enum rc jwk_import(struct slice bytes, enum jwk_wanted wanted, const struct jwk_names *names, struct secret passphrase,
		   struct jwk **ret_key)
{
	enum jwk_remark unheard;
	return jwk_import_remarked(bytes, wanted, names, passphrase, ret_key, &unheard);
}

enum rc jwk_export(const struct jwk *key, enum jwk_form form, struct secret passphrase, struct buf *dst)
{
	bool is_public = form == JWK_FORM_DER_PUBLIC || form == JWK_FORM_PEM_PUBLIC;
	enum crypto_form inner = is_public          ? CRYPTO_FORM_SPKI
				 : passphrase.n > 0 ? CRYPTO_FORM_PKCS8_ENCRYPTED
						    : CRYPTO_FORM_PKCS8;
	struct buf der;
	if (form >= JWK_FORM_COUNT || (is_public && passphrase.n > 0))
		return RC_RANGE;
	if (key->key == NULL)
		return RC_JOSE_KEY;
	buf_init(&der, CRYPTO_DER_MAX);
	enum rc rc = crypto_key_write_der(key->key, inner, passphrase, &der);
	if (rc == RC_OK && (form == JWK_FORM_DER_PUBLIC || form == JWK_FORM_DER_PRIVATE))
		buf_put(dst, buf_slice(&der));
	else if (rc == RC_OK)
		pem_put(dst, labels[inner].label, buf_slice(&der));
	buf_free(&der);
	return rc == RC_OK ? buf_rc(dst) : rc;
}

_Static_assert(CRYPTO_FORM_SPKI == 0 && CRYPTO_FORM_PKCS8 == 1 && CRYPTO_FORM_PKCS8_ENCRYPTED == 2,
	       "the first labels stand in the order of the forms");

enum rc jwk_thumbprint_uri(const struct jwk *key, char dst[static JWK_THUMBPRINT_URI_LEN])
{
	static const struct slice prefix = SLICE_INIT("urn:ietf:params:oauth:jwk-thumbprint:sha-256:");
	uint8_t thumbprint[32];
	TRY(jwk_thumbprint(key, thumbprint));
	memcpy(dst, prefix.p, prefix.n);
	base64url_encode_to(slice_of(thumbprint, sizeof thumbprint), dst + prefix.n);
	return RC_OK;
}
