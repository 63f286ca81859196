/* SPDX-License-Identifier: Apache-2.0 */
#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/ascii.h"
#include "base/attr.h"

struct net {
	uint8_t bytes[16];
	unsigned bits;
	enum address_type type;
};

static const struct net v4[] = {
	{{0}, 8, ADDRESS_NEVER},              {{10}, 8, ADDRESS_PRIVATE},          {{100, 64}, 10, ADDRESS_PRIVATE},
	{{127}, 8, ADDRESS_LOOPBACK},         {{169, 254}, 16, ADDRESS_NEVER},     {{172, 16}, 12, ADDRESS_PRIVATE},
	{{192, 0, 0}, 24, ADDRESS_NEVER},     {{192, 0, 2}, 24, ADDRESS_NEVER},    {{192, 88, 99}, 24, ADDRESS_NEVER},
	{{192, 168}, 16, ADDRESS_PRIVATE},    {{198, 18}, 15, ADDRESS_PRIVATE},    {{198, 51, 100}, 24, ADDRESS_NEVER},
	{{203, 0, 113}, 24, ADDRESS_NEVER},   {{224}, 3, ADDRESS_NEVER},
};

/* The first match applies. Global unicast is 2000::/3 (RFC 4291 2.4 and the registry of RFC 6890). Outside of it are
 * link-local, multicast and unspecified addresses, and those that some networks translate to IPv4 (RFC 8215, RFC
 * 2765). */
static const struct net v6[] = {
	{{[15] = 1}, 128, ADDRESS_LOOPBACK},
	{{0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, 0x54}, 128, ADDRESS_NEVER}, /* cloud metadata */
	{{0xfc}, 7, ADDRESS_PRIVATE},
	{{0x20, 0x01, 0, 0}, 23, ADDRESS_NEVER},      /* IETF protocol assignments, including Teredo */
	{{0x20, 0x01, 0x0d, 0xb8}, 32, ADDRESS_NEVER}, /* documentation */
	{{0x3f, 0xff}, 20, ADDRESS_NEVER},            /* documentation (RFC 9637) */
	{{0x20}, 3, ADDRESS_PUBLIC},
	{{0}, 0, ADDRESS_NEVER},
};

static bool in_net(const uint8_t *address, const struct net *net)
{
	size_t whole = net->bits / 8;
	unsigned rest = net->bits % 8;
	if (memcmp(address, net->bytes, whole) != 0)
		return false;
	return rest == 0 || ((address[whole] ^ net->bytes[whole]) >> (8 - rest)) == 0;
}

static enum address_type type_in(const uint8_t *address, const struct net *nets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (in_net(address, &nets[i]))
			return nets[i].type;
	return ADDRESS_PUBLIC;
}

static enum address_type type_v6(const uint8_t *address)
{
	static const struct {
		struct net net;
		size_t at; /* offset of the IPv4 address in it */
	} embedded[] = {{{{[10] = 0xff, 0xff}, 96, ADDRESS_PUBLIC}, 12},
			{{{0, 0x64, 0xff, 0x9b}, 96, ADDRESS_PUBLIC}, 12},
			{{{0x20, 0x02}, 16, ADDRESS_PUBLIC}, 2}};
	for (size_t i = 0; i < ARRAY_LEN(embedded); i++)
		if (in_net(address, &embedded[i].net))
			return type_in(address + embedded[i].at, v4, ARRAY_LEN(v4));
	return type_in(address, v6, ARRAY_LEN(v6));
}

enum address_type address_type(const struct sockaddr *address, size_t n)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	if (n >= sizeof in && address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof in);
		return type_in((const uint8_t *)&in.sin_addr, v4, ARRAY_LEN(v4));
	}
	if (n >= sizeof in6 && address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof in6);
		return type_v6(in6.sin6_addr.s6_addr);
	}
	return ADDRESS_NEVER;
}

enum address_type address_type_of(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return address_type((const struct sockaddr *)(const void *)&in, sizeof in);
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		return address_type((const struct sockaddr *)(const void *)&in6, sizeof in6);
	return ADDRESS_NEVER;
}

bool address_allowed(const struct sockaddr *address, size_t n, struct address_policy policy)
{
	switch (address_type(address, n)) {
	case ADDRESS_PUBLIC:
		return true;
	case ADDRESS_LOOPBACK:
		return policy.loopback || policy.private;
	case ADDRESS_PRIVATE:
		return policy.private;
	case ADDRESS_NEVER:
		break;
	}
	return false;
}

bool address_is_localhost(struct slice host)
{
	static const struct slice under = SLICE_INIT(".localhost");
	return slice_eq_nocase(host, SLICE("localhost")) ||
	       (host.n > under.n && slice_eq_nocase(slice_from(host, host.n - under.n), under));
}

bool address_is_port(struct slice port)
{
	unsigned value = 0;
	if (port.n == 0 || port.n > 5 || port.p[0] == '0')
		return false;
	for (size_t i = 0; i < port.n; i++) {
		if (!ascii_is(port.p[i], ASCII_DIGIT))
			return false;
		value = value * 10 + (unsigned)(port.p[i] - '0');
	}
	return value <= 65535;
}
