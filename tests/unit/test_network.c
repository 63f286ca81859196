/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and networks as text: one spelling each, nothing else. */
#include "base/network.h"
#include "t.h"

static void addresses_are_read_and_written_in_one_spelling(void)
{
	static const struct {
		struct slice text;
		const char *want; /* NULL: none */
	} rows[] = {
		{SLICE_INIT("192.0.2.1"), "192.0.2.1"},	       {SLICE_INIT("::ffff:192.0.2.1"), "192.0.2.1"},
		{SLICE_INIT("2001:DB8:0:0::1"), "2001:db8::1"}, {SLICE_INIT("::"), "::"},
		{SLICE_INIT(""), NULL},			       {SLICE_INIT("192.0.2"), NULL},
		{SLICE_INIT("192.0.2.256"), NULL},	       {SLICE_INIT("192.0.2.1:80"), NULL},
		{SLICE_INIT("[::1]"), NULL},		       {SLICE_INIT("fe80::1%eth0"), NULL},
		{SLICE_INIT("192.0.2.1\0"), NULL},	       {SLICE_INIT("unknown"), NULL},
		{SLICE_INIT("1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:11"), NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct network_address a;
		char text[NETWORK_ADDRESS_TEXT];
		CHECK_RC(network_address_read(rows[i].text, &a), rows[i].want == NULL ? RC_SYNTAX : RC_OK);
		if (rows[i].want != NULL) {
			CHECK(network_address_write(&a, text) == strlen(rows[i].want));
			CHECK(strcmp(text, rows[i].want) == 0);
		}
	}
}

static void networks_hold_what_is_in_them(void)
{
	static const struct {
		const char *net, *in, *out;
	} rows[] = {
		{"192.0.2.0/24", "192.0.2.255", "192.0.3.0"},	   {"192.0.2.7", "::ffff:192.0.2.7", "192.0.2.8"},
		{"0.0.0.0/0", "255.255.255.255", "2001:db8::1"},   {"::/0", "192.0.2.1", NULL},
		{"2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::"}, {"::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0"},
	};
	T_ROWS(row, rows, net) {
		struct network n;
		struct network_address a;
		CHECK_OK(network_read(slice_cstr(row->net), &n));
		CHECK_OK(network_address_read(slice_cstr(row->in), &a));
		CHECK(network_holds(&n, &a));
		if (row->out == NULL)
			continue;
		CHECK_OK(network_address_read(slice_cstr(row->out), &a));
		CHECK(!network_holds(&n, &a));
	}
}

static void what_is_no_network_is_refused(void)
{
	static const char *const rows[] = {"",		   "/24",	    "192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/024",
					   "192.0.2.0/2x", "192.0.2.0/1000", "2001:db8::1/64", "::/129",	    "10/8",	  "192.0.2.0/-1", "192.0.2.0/00"};
	T_TEXTS(text, rows) {
		struct network n;
		CHECK_RC(network_read(slice_cstr(text), &n), RC_SYNTAX);
	}
}

static void a_party_is_a_24_or_a_56(void)
{
	CHECK(network_party(SLICE("192.0.2.1")) == network_party(SLICE("::ffff:192.0.2.254")));
	CHECK(network_party(SLICE("192.0.2.1")) != network_party(SLICE("192.0.3.1")));
	CHECK(network_party(SLICE("2001:db8:0:1200::1")) == network_party(SLICE("2001:db8:0:12ff::2")));
	CHECK(network_party(SLICE("2001:db8:0:1200::1")) != network_party(SLICE("2001:db8:0:1300::1")));
	CHECK(network_party(SLICE("0.0.0.0")) != network_party(SLICE("::")));
	CHECK(network_party(SLICE("")) == 0 && network_party(SLICE("0.0.0.0")) != 0);
}

T_MAIN(T(addresses_are_read_and_written_in_one_spelling), T(networks_hold_what_is_in_them), T(what_is_no_network_is_refused),
       T(a_party_is_a_24_or_a_56))
