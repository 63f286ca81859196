/* SPDX-License-Identifier: Apache-2.0 */
/* client_secret_basic: form-urlencoded client_id and client_secret as the user and password of HTTP Basic
 * (RFC 6749 2.3.1, RFC 7617). */
#include "base/base64url.h"
#include "oauth/client_auth.h"

enum { CREDENTIALS_MAX = 2048 };

/* Any Authorization header: another scheme is a method that we don't have, not a public client. */
static bool used(const struct call *c)
{
	return call_pairs_has(c->headers, SLICE("authorization"));
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One application/x-www-form-urlencoded value in place, strict: no bare '%', no NUL. False where it is malformed. */
static bool form_decode(uint8_t *p, size_t n, struct slice *ret)
{
	size_t out = 0;
	for (size_t i = 0; i < n; i++) {
		int high = 0, low = 0;
		if (p[i] == '%') {
			if (i + 2 >= n || (high = hex_value(p[i + 1])) < 0 || (low = hex_value(p[i + 2])) < 0)
				return false;
			p[out++] = (uint8_t)(high << 4 | low);
			i += 2;
		} else {
			p[out++] = p[i] == '+' ? ' ' : p[i];
		}
		if (p[out - 1] == 0)
			return false;
	}
	*ret = (struct slice){p, out};
	return true;
}

/* The text of "Basic <base64>": the scheme in any case, one space or more. */
static bool split_scheme(struct slice header, struct slice *ret_base64)
{
	if (!slice_eq_nocase(slice_to(header, 6), SLICE("basic ")))
		return false;
	*ret_base64 = slice_trim(slice_from(header, 6));
	return true;
}

static bool decode(struct slice base64, uint8_t text[static CREDENTIALS_MAX], struct client_proof *ret)
{
	size_t n;
	if (base64_decode(base64, text, CREDENTIALS_MAX, &n) != RC_OK)
		return false;
	/* The first colon separates: a colon of the id or the secret is encoded. */
	size_t colon = slice_find(slice_of(text, n), ':');
	return colon < n && form_decode(text, colon, &ret->id) && form_decode(text + colon + 1, n - colon - 1, &ret->secret) &&
	       ret->id.n > 0;
}

static enum rc read_proof(struct call *c, struct client_proof *ret_proof)
{
	struct slice base64;
	uint8_t *text = arena_alloc(c->arena, CREDENTIALS_MAX);
	if (text == NULL)
		return RC_LIMIT;
	if (split_scheme(call_header(c, SLICE("authorization")), &base64) && decode(base64, text, ret_proof))
		return RC_OK;
	c->log_detail = SLICE("malformed Authorization header");
	return RC_INVALID_CLIENT;
}

static enum rc verify(const struct op *op, struct call *c, const struct client_proof *proof, const struct client *client)
{
	enum rc rc = client_auth_secret(op, proof, client);
	if (rc != RC_OK)
		c->log_detail = SLICE("wrong client_secret");
	return rc;
}

const struct client_auth_row client_auth_basic = {
	.method = CLIENT_AUTH_BASIC,
	.name = SLICE_INIT("client_secret_basic"),
	.used = used,
	.read = read_proof,
	.verify = verify,
	.spec = SLICE_INIT("RFC 6749 2.3.1"),
};
