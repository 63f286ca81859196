/* SPDX-License-Identifier: Apache-2.0 */
/* Targets, forms and requests without a socket: every refusal, and what a trusted proxy may say. */
#include "base/buf.h"
#include "http/form.h"
#include "http/head.h"
#include "http/target.h"
#include "t.h"

enum { ARENA = 1 << 20 };

struct text_row {
	const char *name;
	struct slice text;
	enum rc want;
	struct slice result; /* where it is RC_OK */
};

static void targets(void)
{
	static const struct text_row rows[] = {
		{"root", SLICE_INIT("/"), RC_OK, SLICE_INIT("/")},
		{"query is not path", SLICE_INIT("/a?b=/../c"), RC_OK, SLICE_INIT("/a")},
		{"space decoded once", SLICE_INIT("/a%20b"), RC_OK, SLICE_INIT("/a b")},
		{"escape of an escape stays", SLICE_INIT("/a%252Fb"), RC_OK, SLICE_INIT("/a%2Fb")},
		{"utf-8", SLICE_INIT("/%c3%a9"), RC_OK, SLICE_INIT("/\xc3\xa9")},
		{"well-known", SLICE_INIT("/.well-known/x"), RC_OK, SLICE_INIT("/.well-known/x")},
		{"slash at the end", SLICE_INIT("/a/"), RC_OK, SLICE_INIT("/a/")},
		{"absolute", SLICE_INIT("http://x/a"), RC_OK, SLICE_INIT("/a")},
		{"empty", SLICE_INIT(""), RC_SYNTAX, {0}},
		{"asterisk", SLICE_INIT("*"), RC_SYNTAX, {0}},
		{"relative", SLICE_INIT("a/b"), RC_SYNTAX, {0}},
		{"other scheme", SLICE_INIT("ftp://x/"), RC_SYNTAX, {0}},
		{"absolute without path", SLICE_INIT("http://x"), RC_SYNTAX, {0}},
		{"absolute without authority", SLICE_INIT("http:///a"), RC_SYNTAX, {0}},
		{"fragment", SLICE_INIT("/a#b"), RC_SYNTAX, {0}},
		{"encoded slash", SLICE_INIT("/a%2Fb"), RC_SYNTAX, {0}},
		{"encoded slash, small", SLICE_INIT("/a%2fb"), RC_SYNTAX, {0}},
		{"encoded backslash", SLICE_INIT("/a%5Cb"), RC_SYNTAX, {0}},
		{"encoded nul", SLICE_INIT("/a%00b"), RC_SYNTAX, {0}},
		{"encoded line feed", SLICE_INIT("/a%0Ab"), RC_SYNTAX, {0}},
		{"encoded delete", SLICE_INIT("/a%7Fb"), RC_SYNTAX, {0}},
		{"encoded dot", SLICE_INIT("/a/%2e%2e/b"), RC_SYNTAX, {0}},
		{"encoded semicolon", SLICE_INIT("/a%3Bb"), RC_SYNTAX, {0}},
		{"semicolon", SLICE_INIT("/a;b"), RC_SYNTAX, {0}},
		{"backslash", SLICE_INIT("/a\\b"), RC_SYNTAX, {0}},
		{"dot segment", SLICE_INIT("/a/./b"), RC_SYNTAX, {0}},
		{"dot dot segment", SLICE_INIT("/a/../b"), RC_SYNTAX, {0}},
		{"dot dot at the end", SLICE_INIT("/a/.."), RC_SYNTAX, {0}},
		{"two slashes", SLICE_INIT("/a//b"), RC_SYNTAX, {0}},
		{"two slashes first", SLICE_INIT("//a"), RC_SYNTAX, {0}},
		{"two slashes last", SLICE_INIT("/a//"), RC_SYNTAX, {0}},
		{"half an escape", SLICE_INIT("/a%2"), RC_SYNTAX, {0}},
		{"no escape", SLICE_INIT("/a%zz"), RC_SYNTAX, {0}},
		{"raw byte over 127", SLICE_INIT("/\xc3\xa9"), RC_SYNTAX, {0}},
		{"not utf-8", SLICE_INIT("/%ff"), RC_SYNTAX, {0}},
		{"overlong slash", SLICE_INIT("/a%c0%afb"), RC_SYNTAX, {0}},
		{"raw nul", SLICE_INIT("/a\0b"), RC_SYNTAX, {0}},
		{"quote", SLICE_INIT("/a\"b"), RC_SYNTAX, {0}},
	};
	struct arena a;
	arena_init(&a, ARENA);
	T_ROWS(row, rows, name) {
		struct target t = {0};
		CHECK_RC(target_read(row->text, &a, &t), row->want);
		CHECK_SLICE(t.path, row->result);
	}
	arena_reset(&a);
}

static void hosts(void)
{
	static const struct text_row rows[] = {
		{"lower case", SLICE_INIT("ID.Localhost:8080"), RC_OK, SLICE_INIT("id.localhost:8080")},
		{"ipv6", SLICE_INIT("[::1]:80"), RC_OK, SLICE_INIT("[::1]:80")},
		{"empty", SLICE_INIT(""), RC_SYNTAX, {0}},
		{"user info", SLICE_INIT("a@b"), RC_SYNTAX, {0}},
		{"path", SLICE_INIT("a/b"), RC_SYNTAX, {0}},
		{"empty port", SLICE_INIT("a:"), RC_SYNTAX, {0}},
		{"port 0", SLICE_INIT("a:0"), RC_SYNTAX, {0}},
		{"port too great", SLICE_INIT("a:65536"), RC_SYNTAX, {0}},
		{"port with sign", SLICE_INIT("a:+80"), RC_SYNTAX, {0}},
		{"two ports", SLICE_INIT("a:1:2"), RC_SYNTAX, {0}},
		{"open bracket", SLICE_INIT("[::1"), RC_SYNTAX, {0}},
		{"after the bracket", SLICE_INIT("[::1]x"), RC_SYNTAX, {0}},
		{"list", SLICE_INIT("a, b"), RC_SYNTAX, {0}},
	};
	struct arena a;
	arena_init(&a, ARENA);
	T_ROWS(row, rows, name) {
		struct slice host = SLICE_NONE;
		CHECK_RC(target_host(row->text, &a, &host), row->want);
		CHECK_SLICE(host, row->result);
	}
	arena_reset(&a);
}

/* `result` is the value of "a". */
static void forms(void)
{
	static const struct text_row rows[] = {
		{"plain", SLICE_INIT("a=1&b=2"), RC_OK, SLICE_INIT("1")},
		{"plus and escape", SLICE_INIT("a=x+y%2Bz"), RC_OK, SLICE_INIT("x y+z")},
		{"second equals sign", SLICE_INIT("a=b=c"), RC_OK, SLICE_INIT("b=c")},
		{"empty pieces", SLICE_INIT("&&a=1&"), RC_OK, SLICE_INIT("1")},
		{"line feed in a value", SLICE_INIT("a=x%0Ay"), RC_OK, SLICE_INIT("x\ny")},
		{"no value", SLICE_INIT("a"), RC_OK, SLICE_INIT("")},
		{"duplicate", SLICE_INIT("a=1&a=2"), RC_DUPLICATE, {0}},
		{"duplicate, equal", SLICE_INIT("a=1&a=1"), RC_DUPLICATE, {0}},
		{"duplicate by an escape", SLICE_INIT("a=1&%61=2"), RC_DUPLICATE, {0}},
		{"half an escape", SLICE_INIT("a=%4"), RC_SYNTAX, {0}},
		{"no escape", SLICE_INIT("a=%g0"), RC_SYNTAX, {0}},
		{"not utf-8", SLICE_INIT("a=%ff"), RC_SYNTAX, {0}},
		{"nul", SLICE_INIT("a=%00"), RC_SYNTAX, {0}},
		{"control in a name", SLICE_INIT("a%0A=1"), RC_SYNTAX, {0}},
		{"no name", SLICE_INIT("=1"), RC_SYNTAX, {0}},
	};
	struct arena a;
	arena_init(&a, ARENA);
	T_ROWS(row, rows, name) {
		struct request_pairs pairs = {0}, read;
		struct request_faults faults;
		form_read(row->text, &a, &read, &faults);
		CHECK(faults.rc == row->want && (faults.rc == RC_OK) == request_pairs_has(read, SLICE("a")));
		CHECK_RC(form_decode(row->text, &a, &pairs), row->want);
		CHECK(row->want != RC_OK || request_pairs_has(pairs, SLICE("a")));
		CHECK_SLICE(request_pairs_get(pairs, SLICE("a")), row->result);
	}
	arena_reset(&a);
}

static void only_resource_may_be_repeated(void)
{
	struct arena a;
	struct request_pairs pairs;
	arena_init(&a, 1 << 16);
	CHECK_OK(form_decode(SLICE("resource=x&a=1&resource=y"), &a, &pairs));
	CHECK(pairs.n == 3);
	CHECK_SLICE(request_pairs_get(pairs, SLICE("resource")), SLICE("x"));
	CHECK_RC(form_decode(SLICE("resource=x&Resource=y&Resource=z"), &a, &pairs), RC_DUPLICATE);
	arena_reset(&a);
}

/* What comes twice or cannot be read is not there at all, in any place; the rest is. */
static void what_has_not_one_reading_is_left_out(void)
{
	static const struct {
		const char *text, *left, *names;
		enum rc rc;
	} rows[] = {
		{"state=1&a=2&state=3&b=4", "a=2&b=4", "state", RC_DUPLICATE},
		{"a=1&a=2&a=3", "", "a", RC_DUPLICATE},
		{"a=1&b=2&b=3&a=4", "", "b a", RC_DUPLICATE},
		{"a=1&utm=%ff&b=2", "a=1&b=2", "utm", RC_SYNTAX},
		{"a=1&a=%ff", "", "a", RC_SYNTAX},
		{"a=%ff&a=1&b=2", "b=2", "a", RC_SYNTAX},
		{"a=1&%61=%00&b=2", "b=2", "a", RC_SYNTAX},
		{"resource=x&resource=y&a=1&a=2", "resource=x&resource=y", "a", RC_DUPLICATE},
		{"resource=x&resource=%ff&b=1", "b=1", "resource", RC_SYNTAX},
		/* A name that others may cut or fold can be any. */
		{"a=1&state%00=2", "", "", RC_SYNTAX}, {"a=1&%ff=2", "", "", RC_SYNTAX}, {"a=1&a=2&=3", "", "", RC_SYNTAX},
	};
	struct arena a;
	arena_init(&a, ARENA);
	T_ROWS(row, rows, text) {
		struct request_pairs pairs;
		struct request_faults faults;
		struct slice left = SLICE_NONE, names = SLICE_NONE;
		form_read(slice_cstr(row->text), &a, &pairs, &faults);
		for (size_t k = 0; k < pairs.n; k++)
			CHECK_OK(arena_format(&a, &left, "%.*s%s%.*s=%.*s", SLICE_ARGS(left), k > 0 ? "&" : "",
					      SLICE_ARGS(pairs.v[k].name), SLICE_ARGS(pairs.v[k].value)));
		for (size_t k = 0; k < faults.n; k++)
			CHECK_OK(arena_format(&a, &names, "%.*s%s%.*s", SLICE_ARGS(names), k > 0 ? " " : "", SLICE_ARGS(faults.names[k])));
		CHECK_RC(faults.rc, row->rc);
		CHECK_SLICE(left, slice_cstr(row->left));
		CHECK_SLICE(names, slice_cstr(row->names));
		CHECK(request_faults_has(&faults, SLICE("state")) == (faults.n == 0 || slice_eq(names, SLICE("state"))));
	}
	arena_reset(&a);
}

/* Told to whoever asked: nothing but what parameters are called. */
static void what_is_wrong_with_a_parameter_is_told(void)
{
	static const struct {
		const char *text, *name;
	} rows[] = {
		{"client_id=a&client_id=b", "client_id"}, {"a=1&&state=&b=2&state", "state"}, {"st%61te=1&state=2", "state"},
		{"resource=a&resource=b&scope=c&scope=d", "scope"}, {"a=1&b=2", ""}, {"resource=a&resource=b", ""}, {"", ""},
		{"A=1&A=2", ""}, {"a%3Cb=1&a%3Cb=2", ""}, {"a.b=1&a.b=2", ""}, {"a1=1&a1=2", ""}, 
		{"abcdefghijklmnopqrstuvwxyzabcdefghijklmn=1&abcdefghijklmnopqrstuvwxyzabcdefghijklmn=2", "abcdefghijklmnopqrstuvwxyzabcdefghijklmn"},
		{"abcdefghijklmnopqrstuvwxyzabcdefghijklmno=1&abcdefghijklmnopqrstuvwxyzabcdefghijklmno=2", ""},
	};
	struct arena a;
	arena_init(&a, ARENA);
	T_ROWS(row, rows, text) {
		struct request_pairs pairs;
		struct request_faults faults;
		struct slice want = SLICE_NONE;
		form_read(slice_cstr(row->text), &a, &pairs, &faults);
		if (faults.rc != RC_OK)
			CHECK_OK(arena_format(&a, &want, "%s is given twice", *row->name != '\0' ? row->name : "a parameter"));
		CHECK_SLICE(faults.text, want);
	}
	struct request c = {.arena = &a, .content_type = SLICE("application/x-www-form-urlencoded")};
	http_request_body(&c, SLICE("x=1&scope=%ff&scope=b"));
	CHECK_SLICE(c.form_faults.text, SLICE("scope is malformed"));
	CHECK(c.form.n == 1 && c.form_faults.rc == RC_SYNTAX);
	http_request_body(&c, SLICE("x=1&X=%ff"));
	CHECK_SLICE(c.form_faults.text, SLICE("a parameter is malformed"));
	arena_reset(&a);
	arena_init(&a, 1);
	http_request_body(&c, SLICE("a=b"));
	CHECK(c.form.n == 0 && c.form_faults.rc == RC_MEMORY && c.form_faults.n == 0);
	arena_reset(&a);
}

/* Each size that is refused is said to be that one. */
static void what_is_too_large_is_told(void)
{
	static char target[HTTP_TARGET_MAX + 2], many[5 * HTTP_PARAMETERS_MAX + 8];
	struct arena a;
	size_t n = 0;
	arena_init(&a, ARENA);
	memset(target, 'a', HTTP_TARGET_MAX + 1);
	target[0] = '/';
	struct request_pair length[] = {{SLICE("content-length"), SLICE("101")}};
	struct request c = {.arena = &a, .content_type = SLICE("application/x-www-form-urlencoded"), .headers = {length, 1}};
	const struct http_raw raw = {.method = SLICE("GET"), .target = slice_cstr(target), .version = SLICE("HTTP/1.1")};
	CHECK_RC(http_request_length(&c, 100, &n), RC_LIMIT);
	CHECK_SLICE(c.client_detail, SLICE("the body is larger than is taken here"));
	CHECK_OK(http_request_length(&c, 101, &n));
	CHECK_RC(http_request_head(&raw, &(struct http_trust){0}, &c), RC_LIMIT);
	CHECK_SLICE(c.client_detail, SLICE("the address is longer than 8 KiB"));
	for (int i = 0; i <= HTTP_PARAMETERS_MAX; i++)
		n = (size_t)snprintf(many + 4 * i, 6, "&p%02d", i);
	http_request_body(&c, slice_cstr(many));
	CHECK(c.form.n == 0 && c.form_faults.rc == RC_LIMIT && c.form_faults.n == 0);
	CHECK_SLICE(c.form_faults.text, SLICE("there are more than 64 parameters"));
	arena_reset(&a);
}

static void form_of(struct buf *b, int count)
{
	buf_clear(b);
	for (int i = 0; i < count; i++)
		buf_format(b, "p%d=%d&", i, i);
}

static void form_parameters_have_a_maximum(void)
{
	struct arena a;
	struct buf b;
	struct request_pairs pairs;
	arena_init(&a, ARENA);
	buf_init(&b, ARENA);
	form_of(&b, HTTP_PARAMETERS_MAX);
	CHECK_OK(form_decode(buf_slice(&b), &a, &pairs));
	CHECK(pairs.n == HTTP_PARAMETERS_MAX);
	form_of(&b, HTTP_PARAMETERS_MAX + 1);
	CHECK_RC(form_decode(buf_slice(&b), &a, &pairs), RC_LIMIT);
	buf_free(&b);
	arena_reset(&a);
}

/* A head as sent, decoded under `trust`. */
static enum rc decode(struct slice head, struct http_trust trust, struct arena *a, struct request *c)
{
	struct request_pair headers[HTTP_HEADERS_MAX];
	struct http_raw raw;
	*c = (struct request){.arena = a, .remote = SLICE("127.0.0.1"), .request_id = SLICE("ours")};
	if (http_head_end(head) != head.n)
		return RC_INTERNAL;
	TRY(http_head_read(head, headers, &raw));
	return http_request_head(&raw, &trust, c);
}

#define HEAD(more) SLICE_INIT("GET /p?q=1 HTTP/1.1\r\nHost: x\r\n" more "\r\n")

static void heads(void)
{
	static const struct text_row rows[] = {
		{"plain", HEAD("A: b\r\n"), RC_OK, {0}},
		{"list header twice", HEAD("Accept: a\r\nAccept: b\r\n"), RC_OK, {0}},
		{"empty value", HEAD("A:\r\n"), RC_OK, {0}},
		{"duplicate host", HEAD("HOST: x\r\n"), RC_DUPLICATE, {0}},
		{"duplicate content-length", HEAD("Content-Length: 0\r\ncontent-length: 0\r\n"), RC_DUPLICATE, {0}},
		{"duplicate content-type", HEAD("Content-Type: a\r\nContent-Type: a\r\n"), RC_DUPLICATE, {0}},
		{"duplicate authorization", HEAD("Authorization: a\r\nAuthorization: a\r\n"), RC_DUPLICATE, {0}},
		{"duplicate cookie", HEAD("Cookie: a=b\r\nCookie: a=b\r\n"), RC_DUPLICATE, {0}},
		{"duplicate origin", HEAD("Origin: a\r\nOrigin: a\r\n"), RC_DUPLICATE, {0}},
		{"duplicate transfer-encoding", HEAD("Transfer-Encoding: a\r\nTransfer-Encoding: a\r\n"), RC_DUPLICATE, {0}},
		{"duplicate sec-fetch-site", HEAD("Sec-Fetch-Site: none\r\nSec-Fetch-Site: none\r\n"), RC_DUPLICATE, {0}},
		{"duplicate x-session-id", HEAD("X-Session-Id: a\r\nX-Session-Id: a\r\n"), RC_DUPLICATE, {0}},
		{"duplicate x-forwarded-proto", HEAD("X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n"), RC_DUPLICATE, {0}},
		{"duplicate x-request-id", HEAD("X-Request-Id: a\r\nX-Request-Id: a\r\n"), RC_DUPLICATE, {0}},
		{"duplicate if-match", HEAD("If-Match: a\r\nIf-Match: a\r\n"), RC_DUPLICATE, {0}},
		{"folded", HEAD("A: b\r\n c\r\n"), RC_SYNTAX, {0}},
		{"folded by a tab", HEAD("A: b\r\n\tc\r\n"), RC_SYNTAX, {0}},
		{"folded, empty", HEAD("A: b\r\n \r\n"), RC_SYNTAX, {0}},
		{"folded, with a colon", HEAD("A: b\r\n c: d\r\n"), RC_SYNTAX, {0}},
		{"no colon", HEAD("nonsense\r\n"), RC_SYNTAX, {0}},
		{"no name", HEAD(": b\r\n"), RC_SYNTAX, {0}},
		{"name not a token", HEAD("A(b): c\r\n"), RC_SYNTAX, {0}},
		{"name over 127", HEAD("\xc3\xa9: c\r\n"), RC_SYNTAX, {0}},
		{"blank before the colon", HEAD("A : c\r\n"), RC_SYNTAX, {0}},
		{"nul in a name", HEAD("A\0: c\r\n"), RC_SYNTAX, {0}},
		{"nul in a value", HEAD("A: b\0c\r\n"), RC_SYNTAX, {0}},
		{"control in a value", HEAD("A: b\001c\r\n"), RC_SYNTAX, {0}},
		{"delete in a value", HEAD("A: b\177c\r\n"), RC_SYNTAX, {0}},
		{"bare cr", HEAD("A: b\rB: c\r\n"), RC_SYNTAX, {0}},
		{"bare lf", HEAD("A: b\nB: c\r\n"), RC_SYNTAX, {0}},
		{"host malformed", SLICE_INIT("GET / HTTP/1.1\r\nHost: x/y\r\n\r\n"), RC_SYNTAX, {0}},
		{"host missing", SLICE_INIT("GET / HTTP/1.1\r\nA: b\r\n\r\n"), RC_MISSING, {0}},
		{"host disagrees", SLICE_INIT("GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n"), RC_SYNTAX, {0}},
		{"host agrees", SLICE_INIT("GET http://X/ HTTP/1.1\r\nHost: x\r\n\r\n"), RC_OK, {0}},
		{"method unknown", SLICE_INIT("BREW / HTTP/1.1\r\nHost: x\r\n\r\n"), RC_METHOD, {0}},
		{"method in small letters", SLICE_INIT("get / HTTP/1.1\r\nHost: x\r\n\r\n"), RC_METHOD, {0}},
		{"method not a token", SLICE_INIT("G{T / HTTP/1.1\r\nHost: x\r\n\r\n"), RC_SYNTAX, {0}},
		{"version unknown", SLICE_INIT("GET / HTTP/1.2\r\nHost: x\r\n\r\n"), RC_SYNTAX, {0}},
		{"version in small letters", SLICE_INIT("GET / http/1.1\r\nHost: x\r\n\r\n"), RC_SYNTAX, {0}},
		{"no version", SLICE_INIT("GET /\r\nHost: x\r\n\r\n"), RC_SYNTAX, {0}},
		{"blank after the version", SLICE_INIT("GET / HTTP/1.1 \r\nHost: x\r\n\r\n"), RC_SYNTAX, {0}},
		{"blank in the target", SLICE_INIT("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"), RC_SYNTAX, {0}},
		{"two blanks", SLICE_INIT("GET /  HTTP/1.1\r\nHost: x\r\n\r\n"), RC_SYNTAX, {0}},
		{"tab for a blank", SLICE_INIT("GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n"), RC_SYNTAX, {0}},
		{"empty line first", SLICE_INIT("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"), RC_SYNTAX, {0}},
		{"nul in the target", SLICE_INIT("GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n"), RC_SYNTAX, {0}},
	};
	struct arena a;
	arena_init(&a, ARENA);
	T_ROWS(row, rows, name) {
		struct request c;
		CHECK_RC(decode(row->text, (struct http_trust){false, false}, &a, &c), row->want);
	}
	arena_reset(&a);
}

static void names_with_an_underscore_are_put_aside(void)
{
	static const struct slice head = HEAD("X_Request_Id: a\r\nx-other: b\r\n");
	struct arena a;
	struct request c;
	arena_init(&a, ARENA);
	CHECK_OK(decode(head, (struct http_trust){false, false}, &a, &c));
	CHECK(!request_pairs_has(c.headers, SLICE("x_request_id")) && !request_pairs_has(c.headers, SLICE("x-request-id")));
	CHECK_SLICE(request_header(&c, SLICE("x-other")), SLICE("b"));
	CHECK(c.put_aside.n == 1);
	CHECK_SLICE(c.put_aside.v[0].name, SLICE("x_request_id"));
	arena_reset(&a);
}

static void numbers_have_a_maximum(void)
{
	struct arena a;
	struct request c;
	struct buf b;
	arena_init(&a, ARENA);
	buf_init(&b, ARENA);
	for (int more = 0; more < 2; more++) {
		buf_clear(&b);
		buf_put(&b, SLICE("GET / HTTP/1.1\r\nHost: x\r\n"));
		for (int i = 1; i < HTTP_HEADERS_MAX + more; i++)
			buf_format(&b, "A%d: b\r\n", i);
		buf_put(&b, SLICE("\r\n"));
		CHECK_RC(decode(buf_slice(&b), (struct http_trust){false, false}, &a, &c), more ? RC_LIMIT : RC_OK);
		buf_clear(&b);
		buf_put(&b, SLICE("GET /"));
		for (int i = 1; i < HTTP_TARGET_MAX + more; i++)
			buf_byte(&b, 'a');
		buf_put(&b, SLICE(" HTTP/1.1\r\nHost: x\r\n\r\n"));
		CHECK_RC(decode(buf_slice(&b), (struct http_trust){false, false}, &a, &c), more ? RC_LIMIT : RC_OK);
	}
	buf_free(&b);
	arena_reset(&a);
}

struct proxy_row {
	const char *name;
	struct slice head;
	struct http_trust trust;
	const char *remote, *id;
	bool secure;
};

#define ID "00112233445566778899aabbccddeeff"

static void only_a_trusted_proxy_is_believed(void)
{
	static const struct proxy_row rows[] = {
		{"trusted", HEAD("X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nX-Request-Id: " ID "\r\n"), {true, false}, "192.0.2.7", ID, true},
		{"not trusted", HEAD("X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nX-Request-Id: " ID "\r\n"), {false, false}, "127.0.0.1", "ours", false},
		{"not trusted, ours is secure", HEAD("X-Forwarded-Proto: http\r\n"), {false, true}, "127.0.0.1", "ours", true},
		{"trusted, browser in the clear", HEAD("X-Forwarded-Proto: http\r\n"), {true, true}, "127.0.0.1", "ours", false},
		{"silent about the scheme", HEAD(""), {true, true}, "127.0.0.1", "ours", true},
		{"last address of a list", HEAD("X-Forwarded-For: 6.6.6.6, 192.0.2.7\r\n"), {true, false}, "192.0.2.7", "ours", false},
		{"last header", HEAD("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 2001:db8::1\r\n"), {true, false}, "2001:db8::1", "ours", false},
		{"no address", HEAD("X-Forwarded-For: unix:\r\n"), {true, false}, "127.0.0.1", "ours", false},
		{"a name for an address", HEAD("X-Forwarded-For: 192.0.2.7, evil.example\r\n"), {true, false}, "127.0.0.1", "ours", false},
		{"id too short", HEAD("X-Request-Id: 0011\r\n"), {true, false}, "127.0.0.1", "ours", false},
		{"id not hex", HEAD("X-Request-Id: zz112233445566778899aabbccddeeff\r\n"), {true, false}, "127.0.0.1", "ours", false},
		{"underscores", HEAD("X_Forwarded_For: 6.6.6.6\r\n"), {true, false}, "127.0.0.1", "ours", false},
	};
	struct arena a;
	arena_init(&a, ARENA);
	T_ROWS(row, rows, name) {
		struct request c;
		CHECK_OK(decode(row->head, row->trust, &a, &c));
		CHECK_SLICE(c.remote, slice_cstr(row->remote));
		CHECK_SLICE(c.request_id, slice_cstr(row->id));
		CHECK(c.secure == row->secure);
	}
	arena_reset(&a);
}

static void lengths(void)
{
	static const struct {
		const char *name;
		struct slice head;
		enum rc want;
		size_t n;
	} rows[] = {
		{"none", HEAD(""), RC_OK, 0},
		{"at the limit", HEAD("Content-Length: 100\r\n"), RC_OK, 100},
		{"over the limit", HEAD("Content-Length: 101\r\n"), RC_LIMIT, 0},
		{"beyond any integer", HEAD("Content-Length: 99999999999999999999999999\r\n"), RC_LIMIT, 0},
		{"empty", HEAD("Content-Length:\r\n"), RC_SYNTAX, 0},
		{"sign", HEAD("Content-Length: +1\r\n"), RC_SYNTAX, 0},
		{"list", HEAD("Content-Length: 1, 1\r\n"), RC_SYNTAX, 0},
		{"hexadecimal", HEAD("Content-Length: 0x1\r\n"), RC_SYNTAX, 0},
		{"transfer-encoding", HEAD("Transfer-Encoding: chunked\r\n"), RC_MEDIA_TYPE, 0},
		{"both", HEAD("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), RC_MEDIA_TYPE, 0},
	};
	struct arena a;
	arena_init(&a, ARENA);
	T_ROWS(row, rows, name) {
		struct request c;
		size_t n = 0;
		CHECK_OK(decode(row->head, (struct http_trust){false, false}, &a, &c));
		CHECK_RC(http_request_length(&c, 100, &n), row->want);
		CHECK(n == row->n);
	}
	arena_reset(&a);
}

/* A form is read from its own content type only. */
static void bodies(void)
{
	static const struct slice form = HEAD("Content-Type: Application/X-WWW-Form-URLencoded ; charset=utf-8\r\n");
	static const struct slice json = HEAD("Content-Type: application/json\r\n");
	struct arena a;
	struct request c;
	arena_init(&a, ARENA);
	CHECK_OK(decode(form, (struct http_trust){false, false}, &a, &c));
	CHECK_SLICE(c.content_type, SLICE("application/x-www-form-urlencoded"));
	CHECK_SLICE(request_pairs_get(c.query, SLICE("q")), SLICE("1"));
	http_request_body(&c, SLICE("a=1"));
	CHECK_SLICE(request_pairs_get(c.form, SLICE("a")), SLICE("1"));
	http_request_body(&c, SLICE("a=1&a=2"));
	CHECK(c.form.n == 0 && c.form_faults.rc == RC_DUPLICATE);
	CHECK_OK(decode(json, (struct http_trust){false, false}, &a, &c));
	http_request_body(&c, SLICE("a=1&a=2"));
	CHECK(c.form.n == 0 && c.body.n == 7);
	arena_reset(&a);
}

T_MAIN(T(targets), T(hosts), T(forms), T(only_resource_may_be_repeated), T(what_has_not_one_reading_is_left_out), T(what_is_wrong_with_a_parameter_is_told), T(what_is_too_large_is_told), T(form_parameters_have_a_maximum), T(heads), T(names_with_an_underscore_are_put_aside),
       T(numbers_have_a_maximum), T(only_a_trusted_proxy_is_believed), T(lengths), T(bodies))
