/* SPDX-License-Identifier: Apache-2.0 */
#include "http/forwarded.h"

#include "base/ascii.h"

static const struct slice name_for = SLICE_INIT("x-forwarded-for"), name_proto = SLICE_INIT("x-forwarded-proto"),
			  name_host = SLICE_INIT("x-forwarded-host"), name_forwarded = SLICE_INIT("forwarded");

/* What one hop sent. */
struct hop {
	struct slice from, proto, host; /* raw; empty: absent */
};

struct hops {
	struct hop v[FORWARDED_ENTRIES_MAX];
	size_t n;
};

/* RFC 7239 6: port = 1*5DIGIT, obfport = "_" 1*(ALPHA / DIGIT / "." / "_" / "-"). */
static bool is_port(struct slice s)
{
	bool hidden = s.n > 0 && s.p[0] == '_';
	if (hidden)
		return s.n > 1 && ascii_all(s, ASCII_ALNUM, "._-");
	return s.n > 0 && s.n <= 5 && ascii_all(s, ASCII_DIGIT, "");
}

/* "192.0.2.1", "192.0.2.1:80", "192.0.2.1:_p1", "[2001:db8::1]", "[2001:db8::1]:80", "2001:db8::1". */
static enum rc read_node(struct slice s, struct network_address *ret)
{
	size_t colon = slice_find(s, ':'), close = slice_find(s, ']');
	struct slice port = SLICE_NONE;
	if (s.n > 0 && s.p[0] == '[') {
		port = slice_from(s, close + 1);
		if (close == s.n || slice_find(slice_to(s, close), ':') == close)
			return RC_SYNTAX;
		s = slice_from(slice_to(s, close), 1);
	} else if (colon < s.n && slice_find(slice_from(s, colon + 1), ':') == s.n - colon - 1) {
		port = slice_from(s, colon);
		s = slice_to(s, colon);
	}
	if (port.n > 0 && port.p[0] != ':')
		return RC_SYNTAX;
	return port.n == 0 || is_port(slice_from(port, 1)) ? network_address_read(s, ret) : RC_SYNTAX;
}

static bool is_proxy(const struct network_address *a, const struct network *proxies, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (network_holds(&proxies[i], a))
			return true;
	return false;
}

/* The number of entries from the right that trusted proxies wrote, at least one; the last of them is the client's. An
 * entry that is no address ("unknown", RFC 7239 6.2) ends the walk. */
static size_t walk(const struct hops *h, const struct network *proxies, size_t proxy_count, struct network_address *ret,
		   bool *ret_found)
{
	size_t taken = 0;
	*ret_found = false;
	while (taken < h->n) {
		struct network_address a;
		if (read_node(h->v[h->n - 1 - taken].from, &a) != RC_OK)
			return taken + 1;
		taken++;
		*ret = a;
		*ret_found = true;
		if (!is_proxy(&a, proxies, proxy_count))
			return taken;
	}
	return taken;
}

static enum rc add_hop(struct hops *h, struct hop hop)
{
	if (h->n == FORWARDED_ENTRIES_MAX)
		return RC_LIMIT;
	h->v[h->n++] = hop;
	return RC_OK;
}

/* All lines of one name, as one list. */
static enum rc read_list(struct request_pairs headers, struct slice name, struct hops *h)
{
	struct slice part;
	for (size_t i = 0; i < headers.n; i++) {
		struct slice list = headers.v[i].value;
		if (slice_eq(headers.v[i].name, name))
			while (slice_split(&list, ',', &part))
				TRY(add_hop(h, (struct hop){.from = slice_trim(part)}));
	}
	return RC_OK;
}

static bool is_scheme(struct slice s, bool *ret_secure)
{
	*ret_secure = slice_eq_nocase(s, SLICE("https")) || slice_eq_nocase(s, SLICE("wss"));
	return *ret_secure || slice_eq_nocase(s, SLICE("http")) || slice_eq_nocase(s, SLICE("ws"));
}

/* RFC 9110 5.6.4. Not unescaped: addresses, schemes and hosts need no escapes, so an escaped one is refused. */
static enum rc take_quoted(struct slice *rest, struct slice *ret)
{
	struct slice inside = slice_from(*rest, 1);
	size_t end = 0;
	while (end < inside.n && inside.p[end] != '"')
		end += inside.p[end] == '\\' ? 2 : 1;
	if (end >= inside.n)
		return RC_SYNTAX;
	*ret = slice_to(inside, end);
	*rest = slice_from(inside, end + 1);
	return RC_OK;
}

/* A token or a quoted string. */
static enum rc take_value(struct slice *rest, struct slice *ret)
{
	size_t end = 0;
	if (rest->n > 0 && rest->p[0] == '"')
		return take_quoted(rest, ret);
	while (end < rest->n && rest->p[end] > ' ' && strchr(",;\"\\()<>", rest->p[end]) == NULL)
		end++;
	*ret = slice_to(*rest, end);
	*rest = slice_from(*rest, end);
	return end > 0 ? RC_OK : RC_SYNTAX;
}

/* RFC 7239 4: forwarded-pair = token "=" value. Each parameter once in an element. */
static enum rc take_pair(struct slice *rest, struct hop *hop, unsigned *seen)
{
	const struct {
		struct slice name;
		struct slice *to;
	} rows[] = {{SLICE("for"), &hop->from}, {SLICE("proto"), &hop->proto}, {SLICE("host"), &hop->host}};
	size_t equals = slice_find(*rest, '=');
	struct slice name = slice_to(*rest, equals), value;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || strchr(",;\"", name.p[i]) != NULL)
			return RC_SYNTAX;
	if (equals == rest->n || name.n == 0)
		return RC_SYNTAX;
	*rest = slice_from(*rest, equals + 1);
	TRY(take_value(rest, &value));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!slice_eq_nocase(name, rows[i].name))
			continue;
		if ((*seen & 1u << i) != 0)
			return RC_SYNTAX;
		*seen |= 1u << i;
		*rows[i].to = value;
	}
	return RC_OK;
}

static void skip_blanks(struct slice *rest)
{
	while (rest->n > 0 && (rest->p[0] == ' ' || rest->p[0] == '\t'))
		*rest = slice_from(*rest, 1);
}

/* RFC 7239 4: forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] ). *ret_said: it has a parameter. */
static enum rc read_element(struct slice *rest, struct hop *hop, bool *ret_said)
{
	unsigned seen = 0;
	*ret_said = false;
	for (;;) {
		skip_blanks(rest);
		if (rest->n > 0 && rest->p[0] != ',' && rest->p[0] != ';') {
			TRY(take_pair(rest, hop, &seen));
			*ret_said = true;
		}
		skip_blanks(rest);
		if (rest->n == 0 || rest->p[0] == ',')
			return RC_OK;
		if (rest->p[0] != ';')
			return RC_SYNTAX;
		*rest = slice_from(*rest, 1);
	}
}

static enum rc read_forwarded(struct request_pairs headers, struct hops *h)
{
	for (size_t i = 0; i < headers.n; i++) {
		struct slice rest = headers.v[i].value;
		bool more = slice_eq(headers.v[i].name, name_forwarded);
		while (more) {
			struct hop hop = {SLICE_NONE, SLICE_NONE, SLICE_NONE};
			bool said;
			TRY(read_element(&rest, &hop, &said));
			/* RFC 9110 5.6.1.2: empty list elements are ignored. */
			if (said)
				TRY(add_hop(h, hop));
			more = rest.n > 0;
			rest = slice_from(rest, 1);
		}
	}
	return RC_OK;
}

/* What one family of headers contains. */
struct word {
	bool remote_said, remote_found, proto_said, secure;
	struct network_address remote;
	struct slice host;
};

/* The entry of the outermost trusted hop; if a proxy sets a single value, that one. */
static struct slice entry_of(const struct hops *h, size_t hops)
{
	if (h->n == 0)
		return SLICE_NONE;
	return h->v[h->n > hops ? h->n - hops : 0].from;
}

static enum rc read_usual(struct request_pairs headers, const struct network *proxies, size_t proxy_count, struct word *w,
			  struct slice *ret_why)
{
	struct hops from = {.n = 0}, proto = {.n = 0}, host = {.n = 0};
	*ret_why = name_for;
	TRY(read_list(headers, name_for, &from));
	*ret_why = name_proto;
	TRY(read_list(headers, name_proto, &proto));
	*ret_why = name_host;
	TRY(read_list(headers, name_host, &host));
	size_t hops = walk(&from, proxies, proxy_count, &w->remote, &w->remote_found);
	struct slice scheme = entry_of(&proto, hops == 0 ? 1 : hops);
	w->remote_said = from.n > 0;
	w->proto_said = scheme.n > 0;
	w->host = entry_of(&host, hops == 0 ? 1 : hops);
	*ret_why = name_proto;
	return scheme.n == 0 || is_scheme(scheme, &w->secure) ? RC_OK : RC_SYNTAX;
}

static enum rc read_standard(struct request_pairs headers, const struct network *proxies, size_t proxy_count,
			     struct word *w)
{
	struct hops h = {.n = 0};
	TRY(read_forwarded(headers, &h));
	size_t hops = walk(&h, proxies, proxy_count, &w->remote, &w->remote_found);
	if (hops == 0)
		return RC_OK;
	const struct hop *hop = &h.v[h.n - hops];
	w->remote_said = hop->from.n > 0;
	w->proto_said = hop->proto.n > 0;
	w->host = hop->host;
	return hop->proto.n == 0 || is_scheme(hop->proto, &w->secure) ? RC_OK : RC_SYNTAX;
}

static bool agree(const struct word *a, const struct word *b)
{
	if (a->remote_said && b->remote_said &&
	    (a->remote_found != b->remote_found ||
	     (a->remote_found && memcmp(&a->remote, &b->remote, sizeof a->remote) != 0)))
		return false;
	if (a->proto_said && b->proto_said && a->secure != b->secure)
		return false;
	return a->host.n == 0 || b->host.n == 0 || slice_eq_nocase(a->host, b->host);
}

enum rc forwarded_read(struct request_pairs headers, const struct network *proxies, size_t proxy_count, struct arena *a,
		       struct forwarded *ret, struct slice *ret_why)
{
	struct word usual = {0}, standard = {0};
	struct forwarded f = {.remote = SLICE_NONE};
	char text[NETWORK_ADDRESS_TEXT];
	TRY(read_usual(headers, proxies, proxy_count, &usual, ret_why));
	*ret_why = name_forwarded;
	TRY(read_standard(headers, proxies, proxy_count, &standard));
	*ret_why = SLICE("forwarded: it and x-forwarded-* disagree");
	if (!agree(&usual, &standard))
		return RC_SYNTAX;
	/* A proxy that sets one family passes the other on as the client sent it: what one does not say of the address,
	 * the client could have said there as well as in the other. */
	const struct word *w = usual.remote_said || usual.proto_said ? &usual : &standard;
	const struct word *from = usual.remote_said ? &usual : &standard;
	f.proto_said = w->proto_said;
	f.secure = w->secure;
	if (from->remote_found)
		TRY(arena_copy(a, slice_of(text, network_address_write(&from->remote, text)), &f.remote));
	*ret_why = SLICE_NONE;
	*ret = f;
	return RC_OK;
}
