/* SPDX-License-Identifier: Apache-2.0 */
/* The address policy of outgoing requests: what an address is, who may connect to it, and that the client asks. */
#include <arpa/inet.h>
#include <sys/un.h>

#include "base/address.h"
#include "fetch/http_client.h"
#include "t.h"

enum { PUBLIC = HTTP_NETWORK_PUBLIC, LOOPBACK = HTTP_NETWORK_LOOPBACK, PRIVATE = HTTP_NETWORK_PRIVATE, NEVER = HTTP_NETWORK_NEVER };

static const struct {
	const char *text;
	int network;
} addresses[] = {
	{"1.1.1.1", PUBLIC}, {"8.8.8.8", PUBLIC}, {"9.255.255.255", PUBLIC}, {"11.0.0.0", PUBLIC},
	{"100.63.255.255", PUBLIC}, {"100.128.0.0", PUBLIC}, {"126.255.255.255", PUBLIC},
	{"128.0.0.1", PUBLIC}, {"172.15.255.255", PUBLIC}, {"172.32.0.0", PUBLIC},
	{"192.167.255.255", PUBLIC}, {"192.169.0.0", PUBLIC}, {"198.17.255.255", PUBLIC},
	{"198.20.0.0", PUBLIC}, {"223.255.255.255", PUBLIC}, {"169.253.255.255", PUBLIC},
	{"127.0.0.1", LOOPBACK}, {"127.255.255.254", LOOPBACK},
	{"10.0.0.1", PRIVATE}, {"100.64.0.1", PRIVATE}, {"172.16.0.1", PRIVATE},
	{"172.31.255.255", PRIVATE}, {"192.168.1.1", PRIVATE}, {"198.19.255.255", PRIVATE},
	{"0.0.0.0", NEVER}, {"0.1.2.3", NEVER}, {"169.254.169.254", NEVER}, {"192.0.0.1", NEVER},
	{"192.0.2.1", NEVER}, {"198.51.100.1", NEVER}, {"203.0.113.1", NEVER}, {"224.0.0.1", NEVER},
	{"240.0.0.1", NEVER}, {"255.255.255.255", NEVER},
	{"2606:4700::1111", PUBLIC}, {"2001:4860:4860::8888", PUBLIC}, {"::1", LOOPBACK},
	{"::", NEVER}, {"::2", NEVER}, {"::7f00:1", NEVER}, {"fc00::1", PRIVATE},
	{"fd12::1", PRIVATE}, {"fd00:ec2::254", NEVER}, {"fd00:ec2::255", PRIVATE},
	{"fe80::1", NEVER}, {"fec0::1", NEVER}, {"ff02::1", NEVER}, {"2001:db8::1", NEVER},
	{"2001::1", NEVER}, {"100::1", NEVER},
	{"::ffff:127.0.0.1", LOOPBACK}, {"::ffff:169.254.169.254", NEVER}, {"::ffff:10.0.0.1", PRIVATE},
	{"::ffff:1.1.1.1", PUBLIC}, {"64:ff9b::169.254.169.254", NEVER}, {"64:ff9b::1.1.1.1", PUBLIC},
	{"2002:7f00:1::", LOOPBACK}, {"2002:a9fe:a9fe::1", NEVER}, {"2002:0101:0101::1", PUBLIC},
	/* Beside the global unicast addresses there is nothing public: a translator may lead each of these anywhere. */
	{"64:ff9b:1::169.254.169.254", NEVER}, {"64:ff9b:1:fffe::10.0.0.1", NEVER}, {"64:ff9b::1:7f00:1", NEVER},
	{"::ffff:0:127.0.0.1", NEVER}, {"::ffff:0:169.254.169.254", NEVER}, {"3fff::1", NEVER},
	{"5f00::1", NEVER}, {"4000::1", NEVER}, {"1fff::1", NEVER}, {"fe00::1", NEVER},
	{"2001:1ff::1", NEVER}, {"2001:200::1", PUBLIC}, {"3ffe:ffff::1", PUBLIC},
	/* IPv4 addresses inside IPv6 ones: each class in each form. */
	{"::ffff:192.168.0.1", PRIVATE}, {"::ffff:100.64.0.1", PRIVATE}, {"::ffff:0.0.0.0", NEVER}, {"::ffff:224.0.0.1", NEVER},
	{"64:ff9b::127.0.0.1", LOOPBACK}, {"64:ff9b::10.0.0.1", PRIVATE}, {"64:ff9b::100.64.0.1", PRIVATE}, {"64:ff9b::224.0.0.1", NEVER},
	{"2002:0a00:0001::", PRIVATE}, {"2002:6440:0001::", PRIVATE}, {"2002:e000:0001::", NEVER}, {"2002:c0a8:0101::1", PRIVATE},
};

static bool may(int network, enum http_reach reach)
{
	return network == PUBLIC || (network == LOOPBACK && reach != HTTP_REACH_PUBLIC) || (network == PRIVATE && reach == HTTP_REACH_INSIDE);
}

static const struct sockaddr *read_address(const char *text, struct sockaddr_storage *memory, size_t *ret_n)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	bool four = inet_pton(AF_INET, text, &in.sin_addr) == 1;
	CHECK(four || inet_pton(AF_INET6, text, &in6.sin6_addr) == 1);
	*ret_n = four ? sizeof in : sizeof in6;
	memcpy(memory, four ? (const void *)&in : (const void *)&in6, *ret_n);
	return (const struct sockaddr *)(const void *)memory;
}

static void each_address_is_judged_by_its_network(void)
{
	struct sockaddr_storage memory;
	size_t n;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		t_set_row(addresses[i].text);
		const struct sockaddr *at = read_address(addresses[i].text, &memory, &n);
		CHECK((int)http_reach_network(at, n) == addresses[i].network);
		CHECK((int)http_reach_network_of(addresses[i].text) == addresses[i].network);
		for (unsigned reach = 0; reach < HTTP_REACHES; reach++)
			CHECK(http_reach_allows((enum http_reach)reach, at, n) == may(addresses[i].network, (enum http_reach)reach));
	}
	CHECK(http_reach_network_of("id.example") == HTTP_NETWORK_NEVER && http_reach_network_of("") == HTTP_NETWORK_NEVER);
}

static void an_address_of_another_family_is_never_connected_to(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x01010101)};
	CHECK(http_reach_network((const struct sockaddr *)&un, sizeof un) == HTTP_NETWORK_NEVER);
	CHECK(http_reach_network((const struct sockaddr *)&in, sizeof in - 1) == HTTP_NETWORK_NEVER);
}

static void localhost_is_known_by_name(void)
{
	CHECK(address_is_localhost(SLICE("localhost")) && address_is_localhost(SLICE("A.LocalHost")));
	CHECK(!address_is_localhost(SLICE(".localhost")) && !address_is_localhost(SLICE("localhost.example")) && !address_is_localhost(SLICE("xlocalhost")));
}

/* The client refuses it before it connects. */
static void refused(struct http_client *c, const char *host, enum http_reach reach)
{
	char url[128];
	struct arena a;
	struct http_response_in in;
	struct http_fault fault = {.what = ""};
	arena_init(&a, 1 << 20);
	(void)snprintf(url, sizeof url, strchr(host, ':') == NULL ? "http://%s/" : "http://[%s]/", host);
	struct http_request_out out = {.url = slice_cstr(url), .reach = reach, .fault = &fault, .timeout_ms = 1000};
	CHECK_RC(http_client_fetch(c, &out, &a, &in), RC_UPSTREAM);
	CHECK(strcmp(fault.what, "address") == 0);
	arena_reset(&a);
}

static void the_client_connects_to_no_address_out_of_reach(void)
{
	/* Each is this machine: by name, and in the forms that a URL's reader turns into 127.0.0.1. */
	static const char *const loopback[] = {"localhost", "a.localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"};
	struct http_client *c = NULL;
	CHECK_OK(http_client_new(SLICE_NONE, &c));
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		t_set_row(addresses[i].text);
		for (unsigned reach = 0; reach < HTTP_REACHES; reach++)
			if (!may(addresses[i].network, (enum http_reach)reach))
				refused(c, addresses[i].text, (enum http_reach)reach);
	}
	for (size_t i = 0; i < ARRAY_LEN(loopback); i++) {
		t_set_row(loopback[i]);
		refused(c, loopback[i], HTTP_REACH_PUBLIC);
	}
	http_client_free(c);
}

static void a_url_is_read_strictly(void)
{
	static const struct {
		const char *url;
		enum http_plain plain;
		enum rc rc;
	} rows[] = {
		{"https://id.example/a?b", HTTP_PLAIN_NEVER, RC_OK},
		{"http://id.example/", HTTP_PLAIN_ALLOWED, RC_OK},
		{"http://id.example/", HTTP_PLAIN_LOCAL, RC_RANGE},
		{"http://localhost/", HTTP_PLAIN_NEVER, RC_RANGE},
		{"http://localhost:8080/", HTTP_PLAIN_LOCAL, RC_OK},
		{"http://a.localhost/", HTTP_PLAIN_LOCAL, RC_OK},
		{"http://127.9.9.9/", HTTP_PLAIN_LOCAL, RC_OK},
		{"http://[::1]/", HTTP_PLAIN_LOCAL, RC_OK},
		{"http://127.0.0.1.example/", HTTP_PLAIN_LOCAL, RC_RANGE},
		{"http://localhost.example/", HTTP_PLAIN_LOCAL, RC_RANGE},
		{"http://10.0.0.1/", HTTP_PLAIN_LOCAL, RC_RANGE},
		{"http://[::2]/", HTTP_PLAIN_LOCAL, RC_RANGE},
		{"https://user@id.example/", HTTP_PLAIN_ALLOWED, RC_SYNTAX},
		{"https://user:word@id.example/", HTTP_PLAIN_ALLOWED, RC_SYNTAX},
		{"http://localhost@id.example/", HTTP_PLAIN_LOCAL, RC_SYNTAX},
		{"ftp://id.example/", HTTP_PLAIN_ALLOWED, RC_SYNTAX},
		{"file:///etc/passwd", HTTP_PLAIN_ALLOWED, RC_SYNTAX},
		{"id.example", HTTP_PLAIN_ALLOWED, RC_SYNTAX},
		{"https://", HTTP_PLAIN_ALLOWED, RC_SYNTAX},
		{"https://id.example/a b", HTTP_PLAIN_ALLOWED, RC_SYNTAX},
		{"", HTTP_PLAIN_ALLOWED, RC_SYNTAX},
	};
	static char longer[5000];
	struct http_client *c = NULL;
	CHECK_OK(http_client_new(SLICE_NONE, &c));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i].url);
		CHECK_RC(http_client_url(c, slice_cstr(rows[i].url), rows[i].plain), rows[i].rc);
	}
	memset(longer, 'a', sizeof longer - 1);
	memcpy(longer, "https://", 8);
	CHECK_RC(http_client_url(c, slice_cstr(longer), HTTP_PLAIN_ALLOWED), RC_SYNTAX);
	CHECK_RC(http_client_url(c, slice_of("https://a\0b/", 12), HTTP_PLAIN_ALLOWED), RC_SYNTAX);
	http_client_free(c);
}

T_MAIN(T(each_address_is_judged_by_its_network), T(an_address_of_another_family_is_never_connected_to), T(localhost_is_known_by_name),
       T(the_client_connects_to_no_address_out_of_reach), T(a_url_is_read_strictly))
