/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA signatures between r ‖ s and DER. Every length comes from the key's curve, never from the signature. */
#include "crypto/key_inner.h"

enum { DER_INTEGER = 0x02, DER_SEQUENCE = 0x30 };

/* An INTEGER of the big-endian number `v`; returns the end. `v` is at most 66 bytes, so short lengths do. */
static uint8_t *put_integer(uint8_t *at, struct slice v)
{
	while (v.n > 1 && v.p[0] == 0)
		v = slice_from(v, 1);
	bool pad = v.p[0] >= 0x80; /* NOLINT(clang-analyzer-core.NullDereference): it has two halves of at least a byte */
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

static enum rc take_header(struct slice *rest, uint8_t type, size_t *ret_n)
{
	if (rest->n < 2 || rest->p[0] != type)
		return RC_SYNTAX;
	size_t head = rest->p[1] == 0x81 ? 3 : 2;
	if (rest->n < head || (head == 2 && rest->p[1] >= 0x80))
		return RC_SYNTAX;
	size_t n = rest->p[head - 1];
	if (n > rest->n - head)
		return RC_SYNTAX;
	*rest = slice_from(*rest, head);
	*ret_n = n;
	return RC_OK;
}

/* The number right-aligned in `len` bytes. */
static enum rc take_integer(struct slice *rest, size_t len, uint8_t *dst)
{
	size_t n;
	TRY(take_header(rest, DER_INTEGER, &n));
	struct slice v = slice_to(*rest, n);
	*rest = slice_from(*rest, n);
	while (v.n > 1 && v.p[0] == 0)
		v = slice_from(v, 1);
	if (v.n == 0 || v.n > len)
		return RC_SYNTAX;
	memset(dst, 0, len - v.n);
	memcpy(dst + len - v.n, v.p, v.n);
	return RC_OK;
}

enum rc key_der_to_raw(struct slice der, size_t len, uint8_t *dst)
{
	size_t n;
	TRY(take_header(&der, DER_SEQUENCE, &n));
	if (n != der.n)
		return RC_SYNTAX;
	TRY(take_integer(&der, len, dst));
	TRY(take_integer(&der, len, dst + len));
	return der.n == 0 ? RC_OK : RC_SYNTAX;
}
