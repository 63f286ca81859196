/* SPDX-License-Identifier: Apache-2.0 */
/* What proxies say of the client: read from the right, as far as they are trusted; two words that differ are none. */
#include "http/forwarded.h"
#include "base/buf.h"
#include "t.h"

enum { LINES = 4 };

static const struct row {
	const char *name;
	const char *lines[LINES]; /* "name: value" */
	enum rc rc;
	const char *remote; /* NULL: not said */
	int secure;         /* -1: not said */
	const char *why;
} rows[] = {
	{"nothing", {NULL}, RC_OK, NULL, -1, NULL},
	{"one hop", {"x-forwarded-for: 203.0.113.7", "x-forwarded-proto: https"}, RC_OK, "203.0.113.7", 1, NULL},
	{"the client's word is to the left", {"x-forwarded-for: 1.1.1.1, 203.0.113.7"}, RC_OK, "203.0.113.7", -1, NULL},
	{"two lines are one list", {"x-forwarded-for: 1.1.1.1", "x-forwarded-for: 203.0.113.7"}, RC_OK, "203.0.113.7", -1, NULL},
	{"a port", {"x-forwarded-for: 203.0.113.7:51234"}, RC_OK, "203.0.113.7", -1, NULL},
	{"brackets", {"x-forwarded-for: [2001:db8::7]"}, RC_OK, "2001:db8::7", -1, NULL},
	{"brackets and a port", {"x-forwarded-for: [2001:DB8::7]:51234"}, RC_OK, "2001:db8::7", -1, NULL},
	{"IPv6 bare", {"x-forwarded-for: 2001:db8:0:0:0:0:0:7"}, RC_OK, "2001:db8::7", -1, NULL},
	{"IPv4 in IPv6", {"x-forwarded-for: [::ffff:203.0.113.7]:1"}, RC_OK, "203.0.113.7", -1, NULL},
	{"brackets around IPv4", {"x-forwarded-for: [203.0.113.7]"}, RC_OK, NULL, -1, NULL},
	{"a port that is none", {"x-forwarded-for: 203.0.113.7:http"}, RC_OK, NULL, -1, NULL},
	{"a port without digits", {"x-forwarded-for: 203.0.113.7:"}, RC_OK, NULL, -1, NULL},
	{"a port of six digits", {"x-forwarded-for: [::1]:123456"}, RC_OK, NULL, -1, NULL},
	{"text behind brackets", {"x-forwarded-for: [::1]80"}, RC_OK, NULL, -1, NULL},
	{"brackets that do not close", {"x-forwarded-for: [2001:db8::7"}, RC_OK, NULL, -1, NULL},
	{"no address", {"x-forwarded-for: unknown"}, RC_OK, NULL, -1, NULL},
	{"empty", {"x-forwarded-for: "}, RC_OK, NULL, -1, NULL},
	{"an empty last entry", {"x-forwarded-for: 203.0.113.7,"}, RC_OK, "203.0.113.7", -1, NULL},
	{"an empty entry", {"x-forwarded-for: 203.0.113.7, , 10.1.2.3"}, RC_OK, "10.1.2.3", -1, NULL},
	{"two hops", {"x-forwarded-for: 9.9.9.9, 203.0.113.7, 10.1.2.3"}, RC_OK, "203.0.113.7", -1, NULL},
	{"three hops", {"x-forwarded-for: 203.0.113.7, 2001:db8:ffff::1, 10.1.2.3:80"}, RC_OK, "203.0.113.7", -1, NULL},
	{"all are proxies", {"x-forwarded-for: 10.0.0.9, 10.1.2.3"}, RC_OK, "10.0.0.9", -1, NULL},
	{"a proxy that is behind the client", {"x-forwarded-for: 10.0.0.9, 203.0.113.7, 10.1.2.3"}, RC_OK, "203.0.113.7", -1, NULL},
	{"what is no address ends the walk", {"x-forwarded-for: 203.0.113.7, unknown, 10.1.2.3"}, RC_OK, "10.1.2.3", -1, NULL},
	{"scheme in capitals", {"x-forwarded-proto: HTTPS"}, RC_OK, NULL, 1, NULL},
	{"scheme of a WebSocket", {"x-forwarded-proto: wss"}, RC_OK, NULL, 1, NULL},
	{"plain", {"x-forwarded-proto: Http"}, RC_OK, NULL, 0, NULL},
	{"plain WebSocket", {"x-forwarded-proto: ws"}, RC_OK, NULL, 0, NULL},
	{"no scheme", {"x-forwarded-proto: "}, RC_OK, NULL, -1, NULL},
	{"another scheme", {"x-forwarded-proto: httpss"}, RC_SYNTAX, NULL, -1, "x-forwarded-proto"},
	{"a scheme for each hop", {"x-forwarded-for: 203.0.113.7, 10.1.2.3", "x-forwarded-proto: https, http"}, RC_OK, "203.0.113.7", 1, NULL},
	{"the client's scheme is to the left", {"x-forwarded-for: 203.0.113.7", "x-forwarded-proto: https, http"}, RC_OK, "203.0.113.7", 0, NULL},
	{"one scheme for two hops", {"x-forwarded-for: 203.0.113.7, 10.1.2.3", "x-forwarded-proto: https"}, RC_OK, "203.0.113.7", 1, NULL},
	{"the standard", {"forwarded: for=203.0.113.7;proto=https;by=10.0.0.1"}, RC_OK, "203.0.113.7", 1, NULL},
	{"the standard in capitals", {"forwarded: FOR=\"[2001:DB8::7]:4711\";Proto=HTTP"}, RC_OK, "2001:db8::7", 0, NULL},
	{"the standard with a port", {"forwarded: for=\"203.0.113.7:80\""}, RC_OK, "203.0.113.7", -1, NULL},
	{"a port that should be quoted", {"forwarded: for=203.0.113.7:80"}, RC_OK, "203.0.113.7", -1, NULL},
	{"the standard, hops", {"forwarded: for=1.1.1.1;proto=http, for=203.0.113.7;proto=https ,for=10.1.2.3;proto=http"}, RC_OK, "203.0.113.7", 1, NULL},
	{"the standard, two lines", {"forwarded: for=203.0.113.7", "forwarded: for=10.1.2.3;proto=http"}, RC_OK, "203.0.113.7", -1, NULL},
	{"hidden", {"forwarded: for=_hidden;proto=https"}, RC_OK, NULL, 1, NULL},
	{"only a scheme", {"forwarded: proto=https"}, RC_OK, NULL, 1, NULL},
	{"a comma in quotes", {"forwarded: for=203.0.113.7;ext=\"a,for=1.1.1.1\""}, RC_OK, "203.0.113.7", -1, NULL},
	{"a parameter twice", {"forwarded: for=203.0.113.7;for=1.1.1.1"}, RC_SYNTAX, NULL, -1, "forwarded"},
	{"an escape where none is needed", {"forwarded: for=\"203.0.113\\.7\""}, RC_OK, NULL, -1, NULL},
	{"an escape in a scheme", {"forwarded: proto=\"http\\s\""}, RC_SYNTAX, NULL, -1, "forwarded"},
	{"quotes in quotes", {"forwarded: for=203.0.113.7;ext=\"a\\\"b,for=1.1.1.1\""}, RC_OK, "203.0.113.7", -1, NULL},
	{"an escaped escape", {"forwarded: ext=\"a\\\\\";for=203.0.113.7"}, RC_OK, "203.0.113.7", -1, NULL},
	{"an escape at the end", {"forwarded: for=203.0.113.7;ext=\"a\\"}, RC_SYNTAX, NULL, -1, "forwarded"},
	{"an escaped end", {"forwarded: for=203.0.113.7;ext=\"a\\\""}, RC_SYNTAX, NULL, -1, "forwarded"},
	{"a semicolon at the end", {"forwarded: for=203.0.113.7;"}, RC_OK, "203.0.113.7", -1, NULL},
	{"a semicolon in front", {"forwarded: ;for=203.0.113.7"}, RC_OK, "203.0.113.7", -1, NULL},
	{"two semicolons", {"forwarded: for=203.0.113.7;; proto=http"}, RC_OK, "203.0.113.7", 0, NULL},
	{"only semicolons", {"forwarded: ;;, ;"}, RC_OK, NULL, -1, NULL},
	{"no semicolon", {"forwarded: for=203.0.113.7 proto=http"}, RC_SYNTAX, NULL, -1, "forwarded"},
	{"a hidden port", {"forwarded: for=\"203.0.113.7:_p1\""}, RC_OK, "203.0.113.7", -1, NULL},
	{"a hidden port behind brackets", {"forwarded: for=\"[2001:db8::7]:_A.b_c-1234567\""}, RC_OK, "2001:db8::7", -1, NULL},
	{"a hidden port without a name", {"forwarded: for=\"203.0.113.7:_\""}, RC_OK, NULL, -1, NULL},
	{"a hidden port of other letters", {"forwarded: for=\"203.0.113.7:_a/b\""}, RC_OK, NULL, -1, NULL},
	{"quotes that do not end", {"forwarded: for=\"203.0.113.7"}, RC_SYNTAX, NULL, -1, "forwarded"},
	{"no value", {"forwarded: for="}, RC_SYNTAX, NULL, -1, "forwarded"},
	{"no name", {"forwarded: =a"}, RC_SYNTAX, NULL, -1, "forwarded"},
	{"no pair", {"forwarded: for"}, RC_SYNTAX, NULL, -1, "forwarded"},
	{"a blank in a name", {"forwarded: f or=a"}, RC_SYNTAX, NULL, -1, "forwarded"},
	{"text behind quotes", {"forwarded: for=\"203.0.113.7\"x"}, RC_SYNTAX, NULL, -1, "forwarded"},
	{"empty elements", {"forwarded: ,for=1.1.1.1,, for=203.0.113.7, ,"}, RC_OK, "203.0.113.7", -1, NULL},
	{"an empty element is no hop", {"forwarded: for=203.0.113.7,,for=10.1.2.3"}, RC_OK, "203.0.113.7", -1, NULL},
	{"empty standard", {"forwarded: "}, RC_OK, NULL, -1, NULL},
	{"another scheme, standard", {"forwarded: proto=ftp"}, RC_SYNTAX, NULL, -1, "forwarded"},
	{"both agree", {"x-forwarded-for: [2001:db8::7]:1", "x-forwarded-proto: https", "forwarded: for=\"[2001:db8:0::7]\";proto=HTTPS"},
	 RC_OK, "2001:db8::7", 1, NULL},
	{"the client", {"x-forwarded-for: 203.0.113.7", "forwarded: for=203.0.113.8"}, RC_SYNTAX, NULL, -1, "forwarded: it and x-forwarded-* disagree"},
	{"one has no client", {"x-forwarded-for: 203.0.113.7", "forwarded: for=unknown"}, RC_SYNTAX, NULL, -1, "forwarded: it and x-forwarded-* disagree"},
	{"the scheme", {"x-forwarded-proto: https", "forwarded: proto=http"}, RC_SYNTAX, NULL, -1, "forwarded: it and x-forwarded-* disagree"},
	{"the host", {"x-forwarded-for: 203.0.113.7", "x-forwarded-host: a.example", "forwarded: host=b.example"}, RC_SYNTAX, NULL, -1,
	 "forwarded: it and x-forwarded-* disagree"},
	{"the host agrees", {"x-forwarded-for: 203.0.113.7", "x-forwarded-host: A.example", "forwarded: host=a.example"}, RC_OK, "203.0.113.7", -1, NULL},
	/* A proxy that sets the usual ones passed the client's own on. */
	{"what only the client says", {"x-forwarded-for: 203.0.113.7", "forwarded: for=203.0.113.7;proto=https"}, RC_OK, "203.0.113.7", -1, NULL},
	/* Of the address nothing else speaks. */
	{"an address beside a scheme", {"x-forwarded-proto: http", "forwarded: for=1.1.1.1"}, RC_OK, "1.1.1.1", 0, NULL},
	{"several beside a scheme", {"x-forwarded-proto: https", "forwarded: for=1.1.1.1, for=203.0.113.7, for=10.0.0.2"}, RC_OK, "203.0.113.7", 1, NULL},
	{"one that is none beside a scheme", {"x-forwarded-proto: https", "forwarded: for=unknown"}, RC_OK, NULL, 1, NULL},
	{"an address beside another scheme", {"x-forwarded-proto: https", "forwarded: for=1.1.1.1;proto=http"}, RC_SYNTAX, NULL, -1,
	 "forwarded: it and x-forwarded-* disagree"},
	{"an address beside another host", {"x-forwarded-proto: https", "x-forwarded-host: a.example", "forwarded: for=1.1.1.1;host=b.example"}, RC_SYNTAX, NULL, -1,
	 "forwarded: it and x-forwarded-* disagree"},
	{"an address beside a host", {"x-forwarded-host: a.example", "forwarded: for=1.1.1.1"}, RC_OK, "1.1.1.1", -1, NULL},
	{"one that is none in the usual", {"x-forwarded-for: unknown", "x-forwarded-proto: http", "forwarded: proto=http"}, RC_OK, NULL, 0, NULL},
};

static void split(const char *line, struct request_pair *ret)
{
	struct slice s = slice_cstr(line);
	size_t colon = slice_find(s, ':');
	*ret = (struct request_pair){slice_to(s, colon), slice_trim(slice_from(s, colon + 1))};
}

static void lists_are_read_from_the_right_and_must_agree(void)
{
	struct network proxies[2];
	CHECK_OK(network_read(SLICE("10.0.0.0/8"), &proxies[0]));
	CHECK_OK(network_read(SLICE("2001:db8:ffff::/48"), &proxies[1]));
	T_ROWS(row, rows, name) {
		struct request_pair v[LINES];
		struct request_pairs headers = {v, 0};
		struct forwarded f = {.secure = false};
		struct slice why = SLICE_NONE;
		struct arena a;
		arena_init(&a, 65536);
		for (size_t k = 0; k < LINES && row->lines[k] != NULL; k++)
			split(row->lines[k], &v[headers.n++]);
		CHECK_RC(forwarded_read(headers, proxies, ARRAY_LEN(proxies), &a, &f, &why), row->rc);
		if (row->rc == RC_OK) {
			CHECK_SLICE(f.remote, slice_cstr(row->remote == NULL ? "" : row->remote));
			CHECK(f.proto_said == (row->secure >= 0) && (!f.proto_said || f.secure == (row->secure == 1)));
		}
		CHECK_SLICE(why, slice_cstr(row->why == NULL ? "" : row->why));
		arena_reset(&a);
	}
}

static void without_further_proxies_the_last_entry_is_the_client(void)
{
	struct request_pair v = {SLICE("x-forwarded-for"), SLICE("203.0.113.7, 10.1.2.3")};
	struct forwarded f;
	struct slice why;
	struct arena a;
	arena_init(&a, 65536);
	CHECK_OK(forwarded_read((struct request_pairs){&v, 1}, NULL, 0, &a, &f, &why));
	CHECK_SLICE(f.remote, SLICE("10.1.2.3"));
	arena_reset(&a);
}

static void a_list_has_a_maximum(void)
{
	static const char *const names[] = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded"};
	struct arena a;
	arena_init(&a, 65536);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct forwarded f;
		struct slice why;
		struct buf b;
		const char *entry = i == 1 ? "https" : i == 3 ? "for=10.0.0.1" : "10.0.0.1";
		buf_init(&b, 65536);
		for (int k = 0; k < FORWARDED_ENTRIES_MAX; k++)
			buf_format(&b, "%s%s", k == 0 ? "" : ",", entry);
		struct request_pair v = {slice_cstr(names[i]), buf_slice(&b)};
		t_set_row(names[i]);
		CHECK_OK(forwarded_read((struct request_pairs){&v, 1}, NULL, 0, &a, &f, &why));
		buf_format(&b, ",%s", entry);
		v.value = buf_slice(&b);
		CHECK_RC(forwarded_read((struct request_pairs){&v, 1}, NULL, 0, &a, &f, &why), RC_LIMIT);
		buf_free(&b);
	}
	arena_reset(&a);
}

T_MAIN(T(lists_are_read_from_the_right_and_must_agree), T(without_further_proxies_the_last_entry_is_the_client), T(a_list_has_a_maximum))
