/* SPDX-License-Identifier: Apache-2.0 */
/* Accepts forms only from our own pages, in the browser that got them. */
#include "oauth/authorize/browser.h"

#include "base/base64url.h"
#include "base/percent.h"
#include "cookie/same_origin.h"
#include "crypto/hash.h"
#include "oauth/client/client_uri.h"

enum { URL_MAX = 10 * 1024 };

static bool browser_key_ok(struct slice key)
{
	uint8_t bytes[32];
	size_t n;
	bool ok = key.n == BROWSER_KEY_LEN && base64url_decode(key, bytes, sizeof bytes, &n) == RC_OK &&
		  n == sizeof bytes;
	ct_wipe(bytes, sizeof bytes);
	return ok;
}

enum rc browser_key(struct request *c, struct reply *r, struct slice *ret_key)
{
	uint8_t random[32];
	struct slice key = SLICE_NONE;
	enum rc rc = request_cookie(c, BROWSER_KEY_COOKIE, &key);
	if (rc != RC_MISSING)
		TRY(rc);
	if (rc == RC_OK && browser_key_ok(key)) {
		*ret_key = key;
		return RC_OK;
	}
	crypto_random(random, sizeof random);
	rc = base64url_encode_arena(c->arena, slice_of(random, sizeof random), &key);
	ct_wipe(random, sizeof random);
	TRY(rc);
	*ret_key = key;
	return reply_cookie_add(r, (struct reply_cookie){BROWSER_KEY_COOKIE, key, -1});
}

enum rc browser_known_key(const struct request *c, struct slice *ret_key)
{
	struct slice key;
	if (request_cookie(c, BROWSER_KEY_COOKIE, &key) != RC_OK || !browser_key_ok(key))
		return RC_CSRF;
	*ret_key = key;
	return RC_OK;
}

enum rc browser_csrf(const struct op *op, struct slice key, struct slice purpose, struct slice sid, struct arena *a,
		     struct slice *ret_token)
{
	uint8_t memory[512], mac[32];
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	buf_block(&b, SLICE("csrf"));
	buf_block(&b, key);
	buf_block(&b, purpose);
	buf_block(&b, sid);
	TRY(buf_rc(&b));
	TRY(crypto_hmac(CRYPTO_SHA256, secret_of(op->installation_key, sizeof op->installation_key), buf_slice(&b), mac));
	return base64url_encode_arena(a, slice_of(mac, sizeof mac), ret_token);
}

enum rc browser_same_origin(const struct request *c)
{
	return same_origin_validate(&(struct same_origin){.own = c->issuer->origin,
							  .site = request_header(c, SLICE("sec-fetch-site")),
							  .origin = request_header(c, SLICE("origin")),
							  .referer = request_header(c, SLICE("referer"))});
}

enum rc browser_form_validate(const struct op *op, struct request *c, struct slice key, struct slice purpose,
			      struct slice sid)
{
	struct slice want, got = request_pairs_get(c->form, SLICE("csrf"));
	c->log_detail = SLICE("the form came from another origin, or does not say from where");
	TRY(browser_same_origin(c));
	c->log_detail = SLICE("the form's token is not this browser's");
	TRY(browser_csrf(op, key, purpose, sid, c->arena, &want));
	if (!ct_equal(secret_from_slice(got), secret_from_slice(want)))
		return RC_CSRF;
	c->log_detail = SLICE_NONE;
	return RC_OK;
}

enum rc browser_tenant_name(const struct op *op, struct slice tenant, struct arena *a, struct slice *ret_name)
{
	struct dir_tenant t;
	enum rc rc = op->directory->tenants.get(op->directory->tenants.self, tenant, a, &t);
	if (rc != RC_NOT_FOUND)
		TRY(rc);
	*ret_name = rc == RC_OK ? t.name : SLICE_NONE;
	return RC_OK;
}

enum rc browser_url(const struct issuer *issuer, struct slice path, struct request_pair parameter, struct arena *a,
		    struct slice *ret_url)
{
	struct buf b;
	buf_init(&b, URL_MAX);
	buf_put(&b, issuer->base);
	buf_put(&b, path);
	if (parameter.name.n > 0)
		percent_query(&b, parameter.name, parameter.value);
	enum rc rc = buf_rc(&b) == RC_OK ? arena_copy(a, buf_slice(&b), ret_url) : buf_rc(&b);
	buf_free(&b);
	return rc;
}

enum rc browser_again_by_get(const struct request *c, struct slice path, size_t max, struct reply *r)
{
	struct buf b;
	struct slice url;
	buf_init(&b, max);
	buf_put(&b, c->issuer->base);
	buf_put(&b, path);
	for (size_t i = 0; i < c->form.n; i++)
		percent_query(&b, c->form.v[i].name, c->form.v[i].value);
	enum rc rc = buf_rc(&b) == RC_LIMIT ? RC_RANGE : buf_rc(&b);
	if (rc == RC_OK)
		rc = arena_copy(c->arena, buf_slice(&b), &url);
	buf_free(&b);
	TRY(rc);
	reply_redirect(r, url);
	r->status = 303;
	return RC_OK;
}

enum rc browser_again_by_form(const struct request *c, struct slice path, struct reply *r)
{
	struct request_pair *fields = arena_array(c->arena, c->form.n + 1, sizeof *fields);
	if (fields == NULL)
		return RC_MEMORY;
	size_t n = 0;
	for (size_t i = 0; i < c->form.n; i++)
		if (!slice_eq(c->form.v[i].name, BROWSER_AGAIN))
			fields[n++] = c->form.v[i];
	fields[n++] = (struct request_pair){BROWSER_AGAIN, SLICE("1")};
	r->type = REPLY_FORM_POST;
	r->heading = SLICE("Sign in");
	r->fields = (struct request_pairs){fields, n};
	return browser_url(c->issuer, path, (struct request_pair){SLICE_NONE, SLICE_NONE}, c->arena, &r->location);
}
