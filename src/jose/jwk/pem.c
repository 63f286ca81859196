/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwk/pem.h"

#include "base/base64url.h"

enum { LINE = 64, LABEL_MAX = 64 };

static const struct slice begin = SLICE_INIT("-----BEGIN "), end = SLICE_INIT("-----END "),
			  dashes = SLICE_INIT("-----");

static bool is_white(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


/* Takes one line, without its end, off the front. */
static struct slice take_line(struct slice *rest)
{
	size_t n = slice_find(*rest, '\n');
	struct slice line = slice_to(*rest, n);
	*rest = slice_from(*rest, n + 1);
	while (line.n > 0 && is_white(line.p[line.n - 1]))
		line.n--;
	return line;
}

/* RFC 7468 2: "Parsers MAY … skip over" text before a block: "Bag Attributes", a certificate as text. False if no
 * block starts. */
static bool skip_to_block(struct slice *rest)
{
	for (; rest->n > 0; (void)take_line(rest)) {
		while (rest->n > 0 && is_white(rest->p[0]))
			*rest = slice_from(*rest, 1);
		if (slice_starts(*rest, begin))
			return true;
	}
	return false;
}

bool pem_is(struct slice bytes)
{
	return skip_to_block(&bytes);
}

/* "-----BEGIN label-----" */
static enum rc read_boundary(struct slice line, struct slice start, struct slice *ret_label)
{
	if (!slice_starts(line, start) || !slice_ends(line, dashes) || line.n <= start.n + dashes.n)
		return RC_SYNTAX;
	struct slice label = slice_from(slice_to(line, line.n - dashes.n), start.n);
	if (label.n > LABEL_MAX || slice_find(label, '-') != label.n)
		return RC_SYNTAX;
	*ret_label = label;
	return RC_OK;
}

/* The joined lines between the boundaries. */
static enum rc take_body(struct slice *rest, struct slice label, struct arena *a, struct slice *ret_text)
{
	uint8_t *text = arena_alloc(a, rest->n);
	size_t n = 0;
	if (text == NULL)
		return RC_MEMORY;
	while (rest->n > 0) {
		struct slice line = take_line(rest), closing;
		if (line.n > 0 && line.p[0] == '-') {
			TRY(read_boundary(line, end, &closing));
			*ret_text = slice_of(text, n);
			return slice_eq(closing, label) ? RC_OK : RC_SYNTAX;
		}
		/* RFC 1421 4.6: a header, as in keys with the old encryption. */
		if (slice_find(line, ':') < line.n)
			return RC_PRECONDITION;
		if (line.n > 0)
			memcpy(text + n, line.p, line.n);
		n += line.n;
	}
	return RC_SYNTAX;
}

enum rc pem_take(struct slice *rest, struct arena *a, struct slice *ret_label, struct slice *ret_der)
{
	struct slice s = *rest, label, text;
	size_t n;
	if (s.n > PEM_TEXT_MAX)
		return RC_LIMIT;
	if (!skip_to_block(&s))
		return RC_MISSING;
	TRY(read_boundary(take_line(&s), begin, &label));
	TRY(take_body(&s, label, a, &text));
	uint8_t *der = arena_alloc(a, text.n);
	if (der == NULL)
		return RC_MEMORY;
	TRY(base64_decode(text, der, text.n, &n));
	if (n == 0)
		return RC_SYNTAX;
	*rest = s;
	*ret_label = label;
	*ret_der = slice_of(der, n);
	return RC_OK;
}

static void put_boundary(struct buf *b, struct slice start, struct slice label)
{
	buf_put(b, start);
	buf_put(b, label);
	buf_put(b, dashes);
	buf_byte(b, '\n');
}

void pem_put(struct buf *b, struct slice label, struct slice der)
{
	put_boundary(b, begin, label);
	for (; der.n > 0; der = slice_from(der, LINE / 4 * 3)) {
		base64_encode(b, slice_to(der, LINE / 4 * 3));
		buf_byte(b, '\n');
	}
	put_boundary(b, end, label);
}
