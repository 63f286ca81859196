/* SPDX-License-Identifier: Apache-2.0 */
#include "base/network.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const struct network_address *a)
{
	return memcmp(a->bytes, mapped, sizeof mapped) == 0;
}

enum rc network_address_read(struct slice text, struct network_address *ret)
{
	char copy[NETWORK_ADDRESS_TEXT];
	struct network_address a;
	if (!slice_to_cstr(text, copy, sizeof copy))
		return RC_SYNTAX;
	memcpy(a.bytes, mapped, sizeof mapped);
	if (inet_pton(AF_INET, copy, a.bytes + sizeof mapped) != 1 && inet_pton(AF_INET6, copy, a.bytes) != 1)
		return RC_SYNTAX;
	*ret = a;
	return RC_OK;
}

size_t network_address_write(const struct network_address *a, char dst[static NETWORK_ADDRESS_TEXT])
{
	bool v4 = is_v4(a);
	const char *text =
		inet_ntop(v4 ? AF_INET : AF_INET6, a->bytes + (v4 ? sizeof mapped : 0), dst, NETWORK_ADDRESS_TEXT);
	return text == NULL ? 0 : strlen(dst);
}

static bool bit_of(const struct network_address *a, unsigned i)
{
	return (a->bytes[i / 8] >> (7 - i % 8) & 1) != 0;
}

static enum rc read_bits(struct slice text, unsigned most, unsigned *ret)
{
	unsigned n = 0;
	if (text.n == 0 || text.n > 3 || (text.n > 1 && text.p[0] == '0'))
		return RC_SYNTAX;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return RC_SYNTAX;
		n = n * 10 + (unsigned)(text.p[i] - '0');
	}
	if (n > most)
		return RC_SYNTAX;
	*ret = n;
	return RC_OK;
}

enum rc network_read(struct slice text, struct network *ret)
{
	size_t slash = slice_find(text, '/');
	struct network n = {.bits = 128};
	TRY(network_address_read(slice_to(text, slash), &n.address));
	/* "::ffff:192.0.2.0/120" counts IPv6 bits. */
	bool short_form = slice_find(text, ':') == text.n;
	if (slash < text.n) {
		TRY(read_bits(slice_from(text, slash + 1), short_form ? 32 : 128, &n.bits));
		n.bits += short_form ? 96 : 0;
	}
	for (unsigned i = n.bits; i < 128; i++)
		if (bit_of(&n.address, i))
			return RC_SYNTAX;
	*ret = n;
	return RC_OK;
}

bool network_holds(const struct network *n, const struct network_address *a)
{
	for (unsigned i = 0; i < n->bits; i++)
		if (bit_of(&n->address, i) != bit_of(a, i))
			return false;
	return true;
}

uint64_t network_party(struct slice text)
{
	struct network_address a;
	uint64_t key = 0;
	if (network_address_read(text, &a) != RC_OK)
		return 0;
	bool v4 = is_v4(&a);
	for (size_t i = 0; i < (v4 ? 3 : 7); i++)
		key = key << 8 | a.bytes[i + (v4 ? sizeof mapped : 0)];
	return key | (v4 ? UINT64_C(4) : UINT64_C(6)) << 56;
}
