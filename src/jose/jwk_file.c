/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwk_file.h"

#include "base/base64url.h"
#include "jose/jwk_inner.h"
#include "jose/pem.h"

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

/* Further certificates behind a first one. */
static enum rc take_chain(struct slice rest, struct arena *a, struct slice first, struct jwk *key)
{
	struct slice ders[JWK_X5C_MAX] = {first}, label;
	size_t n = 1;
	for (;;) {
		struct slice der;
		enum rc rc = pem_take(&rest, a, &label, &der);
		if (rc == RC_MISSING)
			return jwk_x5c_set(key, ders, n);
		if (rc != RC_OK || !slice_eq(label, SLICE("CERTIFICATE")))
			return rc == RC_LIMIT ? RC_LIMIT : RC_JOSE_KEY;
		if (n == ARRAY_LEN(ders))
			return RC_LIMIT;
		ders[n++] = der;
	}
}

static enum rc read_pem(struct slice text, struct secret passphrase, struct arena *a, struct jwk *key)
{
	struct slice label, der, more_label, more;
	enum rc rc = pem_take(&text, a, &label, &der);
	if (rc != RC_OK)
		return rc == RC_LIMIT ? RC_LIMIT : RC_JOSE_KEY;
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		if (!slice_eq(labels[i].label, label))
			continue;
		TRY(crypto_key_read_der(labels[i].form, der, passphrase, &key->key));
		if (labels[i].form == CRYPTO_FORM_CERTIFICATE)
			return take_chain(text, a, der, key);
		return pem_take(&text, a, &more_label, &more) == RC_MISSING ? RC_OK : RC_JOSE_KEY;
	}
	return RC_JOSE_KEY;
}

/* The structures differ in their first members, so that no bytes are two of them. */
static enum rc read_der(struct slice der, struct secret passphrase, struct jwk *key)
{
	if (passphrase.n > 0)
		return crypto_key_read_der(CRYPTO_FORM_PKCS8_ENCRYPTED, der, passphrase, &key->key);
	for (enum crypto_form form = CRYPTO_FORM_SPKI; form < CRYPTO_FORM_COUNT; form++) {
		if (form == CRYPTO_FORM_PKCS8_ENCRYPTED)
			continue;
		enum rc rc = crypto_key_read_der(form, der, passphrase, &key->key);
		if (rc != RC_JOSE_KEY)
			return rc;
	}
	return RC_JOSE_KEY;
}

static enum rc import_into(struct slice bytes, struct secret passphrase, struct jwk *key)
{
	struct arena a;
	arena_init(&a, WORK_MAX);
	enum rc rc = pem_is(bytes) ? read_pem(bytes, passphrase, &a, key) : read_der(bytes, passphrase, key);
	arena_reset(&a);
	return rc;
}

static enum rc finish(struct jwk *key, enum jwk_wanted wanted, const struct jwk_names *names)
{
	enum jwk_wanted needed = crypto_key_private(key->key) ? JWK_PRIVATE : JWK_PUBLIC;
	key->kty = jwk_kind_of(crypto_key_type(key->key))->kty;
	if ((wanted & needed) != needed)
		return RC_JOSE_KEY;
	return jwk_name(key, wanted, names);
}

enum rc jwk_import(struct slice bytes, enum jwk_wanted wanted, const struct jwk_names *names, struct secret passphrase,
		   struct jwk **ret_key)
{
	struct jwk *key = jwk_alloc(JOSE_KTY_OCT);
	if (key == NULL)
		return RC_MEMORY;
	enum rc rc = import_into(bytes, passphrase, key);
	if (rc == RC_OK)
		rc = finish(key, wanted, names);
	if (rc != RC_OK) {
		jwk_unref(key);
		return rc;
	}
	*ret_key = key;
	return RC_OK;
}

enum rc jwk_export(const struct jwk *key, enum jwk_form form, struct secret passphrase, struct buf *dst)
{
	bool is_public = form == JWK_FORM_DER_PUBLIC || form == JWK_FORM_PEM_PUBLIC;
	enum crypto_form inner = is_public ? CRYPTO_FORM_SPKI : passphrase.n > 0 ? CRYPTO_FORM_PKCS8_ENCRYPTED : CRYPTO_FORM_PKCS8;
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
