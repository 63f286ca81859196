/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/http_reach.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/attr.h"

struct net {
	uint8_t bytes[16];
	unsigned bits;
	enum http_network type;
};

static const struct net v4[] = {
	{{0}, 8, HTTP_NETWORK_NEVER},           {{10}, 8, HTTP_NETWORK_PRIVATE},
	{{100, 64}, 10, HTTP_NETWORK_PRIVATE},  {{127}, 8, HTTP_NETWORK_LOOPBACK},
	{{169, 254}, 16, HTTP_NETWORK_NEVER},   {{172, 16}, 12, HTTP_NETWORK_PRIVATE},
	{{192, 0, 0}, 24, HTTP_NETWORK_NEVER},  {{192, 0, 2}, 24, HTTP_NETWORK_NEVER},
	{{192, 88, 99}, 24, HTTP_NETWORK_NEVER}, {{192, 168}, 16, HTTP_NETWORK_PRIVATE},
	{{198, 18}, 15, HTTP_NETWORK_PRIVATE},  {{198, 51, 100}, 24, HTTP_NETWORK_NEVER},
	{{203, 0, 113}, 24, HTTP_NETWORK_NEVER}, {{224}, 3, HTTP_NETWORK_NEVER},
};

/* The first match applies. Global unicast is 2000::/3 (RFC 4291 2.4 and the registry of RFC 6890). Outside of it are
 * link-local, multicast and unspecified addresses, and those that some networks translate to IPv4 (RFC 8215, RFC
 * 2765). */
static const struct net v6[] = {
	{{[15] = 1}, 128, HTTP_NETWORK_LOOPBACK},
	{{0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, 0x54}, 128, HTTP_NETWORK_NEVER}, /* cloud metadata */
	{{0xfc}, 7, HTTP_NETWORK_PRIVATE},
	{{0x20, 0x01, 0, 0}, 23, HTTP_NETWORK_NEVER},      /* IETF protocol assignments, including Teredo */
	{{0x20, 0x01, 0x0d, 0xb8}, 32, HTTP_NETWORK_NEVER}, /* documentation */
	{{0x3f, 0xff}, 20, HTTP_NETWORK_NEVER},            /* documentation (RFC 9637) */
	{{0x20}, 3, HTTP_NETWORK_PUBLIC},
	{{0}, 0, HTTP_NETWORK_NEVER},
};

static bool in_net(const uint8_t *address, const struct net *net)
{
	size_t whole = net->bits / 8;
	unsigned rest = net->bits % 8;
	if (memcmp(address, net->bytes, whole) != 0)
		return false;
	return rest == 0 || ((address[whole] ^ net->bytes[whole]) >> (8 - rest)) == 0;
}

static enum http_network type_in(const uint8_t *address, const struct net *nets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (in_net(address, &nets[i]))
			return nets[i].type;
	return HTTP_NETWORK_PUBLIC;
}

static enum http_network type_v6(const uint8_t *address)
{
	static const struct {
		struct net net;
		size_t at; /* offset of the IPv4 address in it */
	} embedded[] = {{{{[10] = 0xff, 0xff}, 96, HTTP_NETWORK_PUBLIC}, 12},
			{{{0, 0x64, 0xff, 0x9b}, 96, HTTP_NETWORK_PUBLIC}, 12},
			{{{0x20, 0x02}, 16, HTTP_NETWORK_PUBLIC}, 2}};
	for (size_t i = 0; i < ARRAY_LEN(embedded); i++)
		if (in_net(address, &embedded[i].net))
			return type_in(address + embedded[i].at, v4, ARRAY_LEN(v4));
	return type_in(address, v6, ARRAY_LEN(v6));
}

enum http_network http_reach_network(const struct sockaddr *address, size_t n)
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
	return HTTP_NETWORK_NEVER;
}

enum http_network http_reach_network_of(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return http_reach_network((const struct sockaddr *)(const void *)&in, sizeof in);
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		return http_reach_network((const struct sockaddr *)(const void *)&in6, sizeof in6);
	return HTTP_NETWORK_NEVER;
}

bool http_reach_allows(enum http_reach reach, const struct sockaddr *address, size_t n)
{
	switch (http_reach_network(address, n)) {
	case HTTP_NETWORK_PUBLIC:
		return true;
	case HTTP_NETWORK_LOOPBACK:
		return reach != HTTP_REACH_PUBLIC;
	case HTTP_NETWORK_PRIVATE:
		return reach == HTTP_REACH_INSIDE;
	case HTTP_NETWORK_NEVER:
		break;
	}
	return false;
}
