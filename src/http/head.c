/* SPDX-License-Identifier: Apache-2.0 */
#include "http/head.h"

#include "base/ascii.h"

size_t http_head_end(struct slice bytes)
{
	const uint8_t *at = bytes.n < 4 ? NULL : memmem(bytes.p, bytes.n, "\r\n\r\n", 4);
	return at == NULL ? 0 : (size_t)(at - bytes.p) + 4;
}

/* A line up to its CRLF; CR and LF are not allowed inside (RFC 9112 2.2). */
static enum rc take_line(struct slice *rest, struct slice *ret_line)
{
	size_t end = slice_find(*rest, '\r');
	if (end + 1 >= rest->n || rest->p[end + 1] != '\n')
		return RC_SYNTAX;
	struct slice line = slice_to(*rest, end);
	if (slice_find(line, '\n') != line.n)
		return RC_SYNTAX;
	*ret_line = line;
	*rest = slice_from(*rest, end + 2);
	return RC_OK;
}

static bool is_token(struct slice s)
{
	return s.n > 0 && ascii_all(s, ASCII_TOKEN, "");
}

/* RFC 9112 3: three parts, separated by single spaces. */
static enum rc read_request_line(struct slice line, struct http_raw *raw)
{
	size_t first = slice_find(line, ' ');
	struct slice rest = slice_from(line, first + 1);
	size_t second = slice_find(rest, ' ');
	raw->method = slice_to(line, first);
	raw->target = slice_to(rest, second);
	raw->version = slice_from(rest, second + 1);
	if (!is_token(raw->method) || raw->target.n == 0)
		return RC_SYNTAX;
	for (size_t i = 0; i < raw->target.n; i++)
		if (raw->target.p[i] <= ' ' || raw->target.p[i] >= 0x7F)
			return RC_SYNTAX;
	if (!slice_eq(raw->version, SLICE("HTTP/1.1")) && !slice_eq(raw->version, SLICE("HTTP/1.0")))
		return RC_SYNTAX;
	return RC_OK;
}

/* RFC 9112 5.1: "No whitespace is allowed between the field name and colon"; 5.2: a folded line starts with white
 * space, so it has no token before its colon. */
static enum rc read_field(struct slice line, struct request_pair *ret_field)
{
	size_t colon = slice_find(line, ':');
	struct slice name = slice_to(line, colon), value = slice_trim(slice_from(line, colon + 1));
	if (colon == line.n || !is_token(name))
		return RC_SYNTAX;
	for (size_t i = 0; i < value.n; i++)
		if ((value.p[i] < ' ' && value.p[i] != '\t') || value.p[i] == 0x7F)
			return RC_SYNTAX;
	*ret_field = (struct request_pair){name, value};
	return RC_OK;
}

enum rc http_head_read(struct slice head, struct request_pair *headers, struct http_raw *ret_raw)
{
	struct http_raw raw = {.headers = headers};
	struct slice line;
	TRY(take_line(&head, &line));
	TRY(read_request_line(line, &raw));
	for (;;) {
		TRY(take_line(&head, &line));
		if (line.n == 0)
			break;
		if (raw.header_count == HTTP_HEADERS_MAX)
			return RC_LIMIT;
		TRY(read_field(line, &headers[raw.header_count]));
		raw.header_count++;
	}
	if (head.n != 0)
		return RC_SYNTAX;
	*ret_raw = raw;
	return RC_OK;
}
