/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses a fetch may connect to. */
#include <arpa/inet.h>
#include <sys/un.h>

#include "base/address.h"
#include "t.h"

static enum address_type type_of(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return address_type((const struct sockaddr *)&in, sizeof in);
	CHECK(inet_pton(AF_INET6, text, &in6.sin6_addr) == 1);
	return address_type((const struct sockaddr *)&in6, sizeof in6);
}

static void address_types(void)
{
	static const struct {
		const char *text;
		enum address_type type;
	} rows[] = {
		{"1.1.1.1", ADDRESS_PUBLIC}, {"8.8.8.8", ADDRESS_PUBLIC}, {"9.255.255.255", ADDRESS_PUBLIC}, {"11.0.0.0", ADDRESS_PUBLIC},
		{"100.63.255.255", ADDRESS_PUBLIC}, {"100.128.0.0", ADDRESS_PUBLIC}, {"126.255.255.255", ADDRESS_PUBLIC},
		{"128.0.0.1", ADDRESS_PUBLIC}, {"172.15.255.255", ADDRESS_PUBLIC}, {"172.32.0.0", ADDRESS_PUBLIC},
		{"192.167.255.255", ADDRESS_PUBLIC}, {"192.169.0.0", ADDRESS_PUBLIC}, {"198.17.255.255", ADDRESS_PUBLIC},
		{"198.20.0.0", ADDRESS_PUBLIC}, {"223.255.255.255", ADDRESS_PUBLIC}, {"169.253.255.255", ADDRESS_PUBLIC},
		{"127.0.0.1", ADDRESS_LOOPBACK}, {"127.255.255.254", ADDRESS_LOOPBACK},
		{"10.0.0.1", ADDRESS_PRIVATE}, {"100.64.0.1", ADDRESS_PRIVATE}, {"172.16.0.1", ADDRESS_PRIVATE},
		{"172.31.255.255", ADDRESS_PRIVATE}, {"192.168.1.1", ADDRESS_PRIVATE}, {"198.19.255.255", ADDRESS_PRIVATE},
		{"0.0.0.0", ADDRESS_NEVER}, {"0.1.2.3", ADDRESS_NEVER}, {"169.254.169.254", ADDRESS_NEVER}, {"192.0.0.1", ADDRESS_NEVER},
		{"192.0.2.1", ADDRESS_NEVER}, {"198.51.100.1", ADDRESS_NEVER}, {"203.0.113.1", ADDRESS_NEVER}, {"224.0.0.1", ADDRESS_NEVER},
		{"240.0.0.1", ADDRESS_NEVER}, {"255.255.255.255", ADDRESS_NEVER},
		{"2606:4700::1111", ADDRESS_PUBLIC}, {"2001:4860:4860::8888", ADDRESS_PUBLIC}, {"::1", ADDRESS_LOOPBACK},
		{"::", ADDRESS_NEVER}, {"::2", ADDRESS_NEVER}, {"::7f00:1", ADDRESS_NEVER}, {"fc00::1", ADDRESS_PRIVATE},
		{"fd12::1", ADDRESS_PRIVATE}, {"fd00:ec2::254", ADDRESS_NEVER}, {"fd00:ec2::255", ADDRESS_PRIVATE},
		{"fe80::1", ADDRESS_NEVER}, {"fec0::1", ADDRESS_NEVER}, {"ff02::1", ADDRESS_NEVER}, {"2001:db8::1", ADDRESS_NEVER},
		{"2001::1", ADDRESS_NEVER}, {"100::1", ADDRESS_NEVER},
		{"::ffff:127.0.0.1", ADDRESS_LOOPBACK}, {"::ffff:169.254.169.254", ADDRESS_NEVER}, {"::ffff:10.0.0.1", ADDRESS_PRIVATE},
		{"::ffff:1.1.1.1", ADDRESS_PUBLIC}, {"64:ff9b::169.254.169.254", ADDRESS_NEVER}, {"64:ff9b::1.1.1.1", ADDRESS_PUBLIC},
		{"2002:7f00:1::", ADDRESS_LOOPBACK}, {"2002:a9fe:a9fe::1", ADDRESS_NEVER}, {"2002:0101:0101::1", ADDRESS_PUBLIC},
		/* Beside the global unicast addresses there is nothing public: a translator may lead each of these anywhere. */
		{"64:ff9b:1::169.254.169.254", ADDRESS_NEVER}, {"64:ff9b:1:fffe::10.0.0.1", ADDRESS_NEVER}, {"64:ff9b::1:7f00:1", ADDRESS_NEVER},
		{"::ffff:0:127.0.0.1", ADDRESS_NEVER}, {"::ffff:0:169.254.169.254", ADDRESS_NEVER}, {"3fff::1", ADDRESS_NEVER},
		{"5f00::1", ADDRESS_NEVER}, {"4000::1", ADDRESS_NEVER}, {"1fff::1", ADDRESS_NEVER}, {"fe00::1", ADDRESS_NEVER},
		{"2001:1ff::1", ADDRESS_NEVER}, {"2001:200::1", ADDRESS_PUBLIC}, {"3ffe:ffff::1", ADDRESS_PUBLIC},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i].text);
		CHECK(type_of(rows[i].text) == rows[i].type);
	}
}

static bool allowed(const char *text, bool loopback, bool private)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	CHECK(inet_pton(AF_INET, text, &in.sin_addr) == 1);
	return address_allowed((const struct sockaddr *)(const void *)&in, sizeof in, (struct address_policy){loopback, private});
}

static void address_policy_lets_inside_only_who_may_go_there(void)
{
	static const struct {
		const char *text;
		bool without, loopback, private;
	} rows[] = {{"1.1.1.1", true, true, true}, {"127.0.0.1", false, true, true}, {"10.0.0.1", false, false, true},
		    {"192.168.1.1", false, false, true}, {"169.254.169.254", false, false, false}, {"0.0.0.0", false, false, false}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i].text);
		CHECK(allowed(rows[i].text, false, false) == rows[i].without);
		CHECK(allowed(rows[i].text, true, false) == rows[i].loopback);
		CHECK(allowed(rows[i].text, false, true) == rows[i].private);
	}
	CHECK(address_type_of("127.0.0.1") == ADDRESS_LOOPBACK && address_type_of("::1") == ADDRESS_LOOPBACK);
	CHECK(address_type_of("id.example") == ADDRESS_NEVER && address_type_of("") == ADDRESS_NEVER);
}

static void address_of_localhost_is_known_by_name(void)
{
	CHECK(address_is_localhost(SLICE("localhost")) && address_is_localhost(SLICE("A.LocalHost")));
	CHECK(!address_is_localhost(SLICE(".localhost")) && !address_is_localhost(SLICE("localhost.example")) && !address_is_localhost(SLICE("xlocalhost")));
}

static void address_of_another_family_is_never_connected_to(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x01010101)};
	CHECK(address_type((const struct sockaddr *)&un, sizeof un) == ADDRESS_NEVER);
	CHECK(address_type((const struct sockaddr *)&in, sizeof in - 1) == ADDRESS_NEVER);
}

T_MAIN(T(address_policy_lets_inside_only_who_may_go_there), T(address_of_localhost_is_known_by_name), T(address_types), T(address_of_another_family_is_never_connected_to))
