/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA signatures between r ‖ s and DER. Every length comes from the key's curve, never from the signature. */
#include <openssl/bn.h>
#include <openssl/ec.h>

#include "crypto/key_internal.h"

enum { DER_INTEGER = 0x02, DER_SEQUENCE = 0x30 };

/* Writes an INTEGER of the big-endian number `v`; returns the end. `v` is at most 66 bytes, so short lengths
 * suffice. */
static uint8_t *put_integer(uint8_t *at, struct slice v)
{
	while (v.n > 1 && v.p[0] == 0)
		v = slice_from(v, 1);
	bool pad =
		v.p[0] >= 0x80; /* NOLINT(clang-analyzer-core.NullDereference): it has two halves of at least a byte */
	*at++ = DER_INTEGER;
	*at++ = (uint8_t)(v.n + pad);
	if (pad)
		*at++ = 0;
	memcpy(at, v.p, v.n);
	return at + v.n;
}

size_t key_der_from_raw(struct slice raw, size_t len, uint8_t der[static KEY_DER_MAX])
{
	uint8_t body[KEY_DER_MAX];
	uint8_t *end = put_integer(put_integer(body, slice_to(raw, len)), slice_from(raw, len));
	size_t n = (size_t)(end - body), head = 0;
	der[head++] = DER_SEQUENCE;
	if (n >= 0x80)
		der[head++] = 0x81;
	der[head++] = (uint8_t)n;
	memcpy(der + head, body, n);
	return head + n;
}

enum rc key_der_to_raw(struct slice der, size_t len, uint8_t *dst)
{
	const uint8_t *at = der.p;
	ECDSA_SIG *v = d2i_ECDSA_SIG(NULL, &at, (long)der.n);
	bool good = v != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(v), dst, (int)len) == (int)len &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(v), dst + len, (int)len) == (int)len;
	ECDSA_SIG_free(v);
	return good ? RC_OK : RC_INTERNAL;
}
