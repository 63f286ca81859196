/* SPDX-License-Identifier: Apache-2.0 */
/* client_secret_basic: form-urlencoded client_id and client_secret as the user and password of HTTP Basic
 * (RFC 6749 2.3.1, RFC 7617). */
#include "base/base64url.h"
#include "base/percent.h"
#include "oauth/client/client_auth.h"

enum { CREDENTIALS_MAX = 2048 };

/* Decodes one application/x-www-form-urlencoded value in place, strictly: no bare '%', no NUL. False: malformed. */
static bool credential_decode(uint8_t *p, size_t n, struct slice *ret)
{
	size_t out;
	if (percent_decode_to(slice_of(p, n), true, p, &out) != RC_OK)
		return false;
	*ret = slice_of(p, out);
	return slice_find(*ret, 0) == out;
}

/* The text of "Basic <base64>": the scheme in any case, then one or more spaces. */
static bool decode(struct slice header, uint8_t text[static CREDENTIALS_MAX], struct client_proof *ret)
{
	size_t n;
	if (!slice_eq_nocase(slice_to(header, 6), SLICE("basic ")) ||
	    base64_decode(slice_trim(slice_from(header, 6)), text, CREDENTIALS_MAX, &n) != RC_OK)
		return false;
	/* The first colon separates: colons in the id or the secret are encoded. */
	size_t colon = slice_find(slice_of(text, n), ':');
	return colon < n && credential_decode(text, colon, &ret->id) &&
	       credential_decode(text + colon + 1, n - colon - 1, &ret->secret) && ret->id.n > 0;
}

static enum rc read_basic(struct request *c, struct client_proof *ret_proof)
{
	uint8_t *text = arena_alloc(c->arena, CREDENTIALS_MAX);
	if (text == NULL)
		return RC_MEMORY;
	if (decode(request_header(c, SLICE("authorization")), text, ret_proof))
		return RC_OK;
	c->log_detail = c->client_detail = SLICE("malformed Authorization header");
	return RC_INVALID_CLIENT;
}

const struct client_auth_row client_auth_basic = {
	.method = CLIENT_AUTH_BASIC,
	.name = SLICE_INIT("client_secret_basic"),
	/* Any such header: another scheme is an unsupported method, not a public client. */
	.header = SLICE_INIT("authorization"),
	.read = read_basic,
	.verify = client_auth_secret,
	.spec = SLICE_INIT("RFC 6749 2.3.1"),
};
