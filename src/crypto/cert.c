/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/key_codec.h"

static X509 *decode(struct slice der)
{
	const uint8_t *at = der.p;
	if (der.n == 0 || der.n > CRYPTO_DER_MAX)
		return NULL;
	X509 *cert = d2i_X509(NULL, &at, (long)der.n);
	if (cert != NULL && at != der.p + der.n) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

/* All decoded, or NULL. */
static STACK_OF(X509) *decode_all(const struct slice *ders, size_t n)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	for (size_t i = 0; all != NULL && i < n; i++) {
		X509 *cert = decode(ders[i]);
		if (cert == NULL || sk_X509_push(all, cert) <= 0) {
			X509_free(cert);
			sk_X509_pop_free(all, X509_free);
			return NULL;
		}
	}
	return all;
}

/* RFC 5280 4.2.1.3 and 4.2.1.12: a certificate with restrictions must allow signing to sign tokens. */
static bool may_sign(X509 *leaf)
{
	if ((X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0)
		return false;
	return (X509_get_extended_key_usage(leaf) & XKU_ANYEKU) != 0;
}

static bool set_up(X509_STORE_CTX *ctx, const struct crypto_chain *chain)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)chain->now);
	X509_VERIFY_PARAM_set_depth(param, CRYPTO_CHAIN_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS);
	return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
	       X509_VERIFY_PARAM_set1_host(param, (const char *)chain->name.p, chain->name.n) == 1;
}

static bool holds(STACK_OF(X509) *certs, STACK_OF(X509) *anchors, const struct crypto_chain *chain)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool good = store != NULL && ctx != NULL &&
		    X509_STORE_CTX_init(ctx, store, sk_X509_value(certs, 0), certs) == 1;
	if (good) {
		X509_STORE_CTX_set0_trusted_stack(ctx, anchors);
		good = set_up(ctx, chain) && X509_verify_cert(ctx) == 1 && may_sign(sk_X509_value(certs, 0));
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return good;
}

enum rc crypto_chain_verify(const struct crypto_chain *chain, struct crypto_key **ret_key)
{
	if (chain->n > CRYPTO_CHAIN_MAX || chain->anchor_count > CRYPTO_CHAIN_MAX)
		return RC_LIMIT;
	if (chain->name.n == 0) /* OpenSSL would check no name */
		return RC_JOSE_KEY;
	STACK_OF(X509) *certs = decode_all(chain->certs, chain->n),
		       *anchors = decode_all(chain->anchors, chain->anchor_count);
	bool good = certs != NULL && anchors != NULL && holds(certs, anchors, chain);
	sk_X509_pop_free(certs, X509_free);
	sk_X509_pop_free(anchors, X509_free);
	ERR_clear_error();
	return good ? crypto_key_read_der(CRYPTO_FORM_CERTIFICATE, chain->certs[0], secret_of(NULL, 0), ret_key)
		    : RC_JOSE_KEY;
}
