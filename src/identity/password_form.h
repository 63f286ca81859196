/* SPDX-License-Identifier: Apache-2.0 */
/* Normal form of passwords: keyboards write the same text in different ways, so passwords are hashed in NFC (Unicode
 * 15; RFC 8265, OpaqueString). Thread-safe. */
#ifndef OSTIARY_IDENTITY_PASSWORD_FORM_H
#define OSTIARY_IDENTITY_PASSWORD_FORM_H

#include "crypto/password.h"

/* As crypto_password_hash, of the NFC form. Hashes the bytes as typed if there is none: not UTF-8, over
 * CRYPTO_PASSWORD_MAX in NFC, or more than 24 combining marks in a row. Temporary copies are wiped. */
enum rc password_form_hash(struct secret typed, struct crypto_password_cost cost,
			   char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n) WARN_UNUSED;
/* As crypto_password_verify: the NFC form, then, if that differs, the bytes as typed, at twice the cost. *ret_renew
 * (always set): only the typed bytes match, as in hashes of earlier versions; hash it again. */
enum rc password_form_verify(struct secret typed, struct slice phc, bool *ret_renew) WARN_UNUSED;

#endif
