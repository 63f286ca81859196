/* SPDX-License-Identifier: Apache-2.0 */
/* A browser for tests of the interactive endpoints: keeps cookies, sends forms as browsers do, decodes like the daemon. */
#ifndef OSTIARY_TESTS_BROWSER_FIXTURE_H
#define OSTIARY_TESTS_BROWSER_FIXTURE_H

#include "http/form.h"
#include "identity/hashing_pool.h"
#include "identity/user.h"
#include "oauth/authorize/authorize.h"
#include "oauth/authorize/browser.h"
#include "oauth/grant/consent.h"
#include "oauth/op_identity.h"
#include "oidc/oidc_pages.h"
#include "op_fixture.h"
#include "t_page.h"

#define PASSWORD "correct horse"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

enum { JAR_MAX = 20 };

struct browser {
	struct request_pair jar[JAR_MAX];
	size_t jar_n;
	struct slice remote;
	/* What it says of itself with a POST; SLICE_NONE leaves the header out. */
	struct slice origin, site, referer;
};

/* What a request gave: `rc` as the handler said, `r` only where that is RC_OK. */
struct answer {
	enum rc rc;
	struct reply r;
	struct slice log_detail;
	struct request_way way; /* where an error leads on */
};

static struct hashing_pool *pool;
static bool *browser_watch; /* true while a handler runs, where it is set */

static enum rc pool_verify(void *self, const struct password_place *who, struct secret password, struct slice phc,
			   bool *ret_renew)
{
	(void)self;
	return hashing_pool_verify(pool, who, password, phc, ret_renew);
}

static enum rc pool_hash(void *self, const struct password_place *who, struct secret password,
			 char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n)
{
	(void)self;
	return hashing_pool_hash(pool, who, password, dst, ret_n);
}

static inline struct browser browser_new(void)
{
	return (struct browser){.remote = SLICE("192.0.2.1"), .origin = SLICE(FX_ISSUER), .site = SLICE("same-origin")};
}

static inline struct slice browser_cookie(const struct browser *b, const char *name)
{
	for (size_t i = 0; i < b->jar_n; i++)
		if (slice_eq(b->jar[i].name, slice_cstr(name)))
			return b->jar[i].value;
	return SLICE_NONE;
}

static inline void browser_set_cookie(struct browser *b, struct slice name, struct slice value)
{
	size_t i = 0;
	while (i < b->jar_n && !slice_eq(b->jar[i].name, name))
		i++;
	if (i == b->jar_n && value.n > 0)
		b->jar_n++;
	if (i == b->jar_n)
		return;
	if (value.n > 0)
		b->jar[i] = (struct request_pair){name, value};
	else
		b->jar[i] = b->jar[--b->jar_n];
}

static inline op_handler *browser_handler(struct slice path)
{
	static const struct {
		struct slice path;
		op_handler *handler;
	} rows[] = {
		{SLICE_INIT("/authorize"), authorize_endpoint}, {SLICE_INIT("/sign-in"), sign_in_endpoint},
		{SLICE_INIT("/consent"), consent_endpoint},	{SLICE_INIT("/logout"), logout_endpoint},
		{SLICE_INIT("/"), home_endpoint},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (slice_eq(rows[i].path, path))
			return rows[i].handler;
	return NULL;
}

static inline void browser_headers(const struct browser *b, struct request *c)
{
	struct request_pair *headers = arena_array(&fx.arena, 4, sizeof *headers);
	struct buf text;
	size_t n = 0, room = 1;
	for (size_t i = 0; i < b->jar_n; i++)
		room += b->jar[i].name.n + b->jar[i].value.n + 3;
	void *memory = arena_alloc(&fx.arena, room);
	buf_over(&text, memory, room);
	for (size_t i = 0; i < b->jar_n; i++) {
		buf_put(&text, i > 0 ? SLICE("; ") : SLICE_NONE);
		buf_put(&text, b->jar[i].name);
		buf_put(&text, SLICE("="));
		buf_put(&text, b->jar[i].value);
	}
	if (b->jar_n > 0)
		headers[n++] = (struct request_pair){SLICE("cookie"), buf_slice(&text)};
	if (c->method == CALL_POST && b->origin.n > 0)
		headers[n++] = (struct request_pair){SLICE("origin"), b->origin};
	if (c->method == CALL_POST && b->site.n > 0)
		headers[n++] = (struct request_pair){SLICE("sec-fetch-site"), b->site};
	if (c->method == CALL_POST && b->referer.n > 0)
		headers[n++] = (struct request_pair){SLICE("referer"), b->referer};
	c->headers = (struct request_pairs){headers, n};
}

static inline void browser_watching(bool on)
{
	if (browser_watch != NULL)
		*browser_watch = on;
}

/* What a router and a browser make of an answer: the cookies are kept, and what a failed handler made is thrown away. */
static inline void browser_take(struct browser *b, const struct request *c, struct answer *a)
{
	a->log_detail = c->log_detail;
	a->way = c->way;
	if (a->rc != RC_OK)
		a->r = (struct reply){0};
	for (size_t i = 0; i < a->r.cookie_count; i++)
		browser_set_cookie(b, a->r.cookies[i].name, a->r.cookies[i].max_age == 0 ? SLICE_NONE : a->r.cookies[i].value);
}

/* `url` begins with the issuer or a slash; `form` NULL: GET. */
static inline struct answer browser_send(struct browser *b, struct slice url, const char *form)
{
	struct request c = {.arena = &fx.arena, .now = fx.now, .method = form == NULL ? CALL_GET : CALL_POST, .secure = true,
			 .peer_uid = -1, .host = SLICE("id.example"), .issuer = &fx.issuer, .remote = b->remote, .request_id = SLICE("0")};
	struct answer a = {0};
	if (slice_starts(url, SLICE(FX_ISSUER)))
		url = slice_from(url, sizeof FX_ISSUER - 1);
	c.path = slice_to(url, slice_find(url, '?'));
	form_read(slice_from(url, c.path.n + 1), &fx.arena, &c.query, &c.query_faults);
	form_read(form != NULL ? slice_cstr(form) : SLICE_NONE, &fx.arena, &c.form, &c.form_faults);
	browser_headers(b, &c);
	op_handler *handler = browser_handler(c.path);
	CHECK(handler != NULL);
	/* As the router does. */
	a.rc = handler == authorize_endpoint   ? RC_OK
	       : c.query_faults.rc != RC_OK ? c.query_faults.rc
					    : c.form_faults.rc;
	if (a.rc != RC_OK)
		return a;
	if (handler == NULL)
		return a;
	browser_watching(true);
	a.rc = handler(&fx.op, &c, &a.r);
	browser_watching(false);
	browser_take(b, &c, &a);
	return a;
}

static inline struct answer browser_get(struct browser *b, const char *url)
{
	return browser_send(b, slice_cstr(url), NULL);
}

static inline bool is_page(const struct answer *a, enum reply_page page)
{
	return a->rc == RC_OK && a->r.type == REPLY_PAGE && a->r.page == page;
}

/* As browsers do, as long as it leads to the provider. */
static inline struct answer browser_follow(struct browser *b, struct answer a)
{
	for (int i = 0; i < 5 && a.rc == RC_OK && a.r.type == REPLY_REDIRECT && slice_starts(a.r.location, SLICE(FX_ISSUER "/")); i++)
		a = browser_send(b, a.r.location, NULL);
	return a;
}

/* Posts the page's form with its own token, then these fields; and follows. */
static inline struct answer browser_submit(struct browser *b, const struct answer *page, const char *fields)
{
	struct slice form = SLICE_NONE;
	const char *text = "";
	CHECK(page->rc == RC_OK && page->r.type == REPLY_PAGE && page_csrf(&page->r)->n > 0);
	const struct slice waiting = *page_waiting(&page->r);
	CHECK_OK(arena_format(&fx.arena, &form, "csrf=%.*s&%s%.*s%s%s", SLICE_ARGS(*page_csrf(&page->r)), waiting.n > 0 ? "i=" : "",
			      SLICE_ARGS(waiting), waiting.n > 0 ? "&" : "", fields));
	CHECK_OK(arena_cstr(&fx.arena, form, &text));
	return browser_follow(b, browser_send(b, *page_action(&page->r), text));
}

#define CREDENTIALS "login=alice&password=correct+horse"

/* A parameter of the redirect that an answer is; empty where there is none. */
static inline struct slice answer_value(const struct answer *a, const char *name)
{
	struct request_pairs pairs = {0};
	if (a->rc != RC_OK || a->r.type != REPLY_REDIRECT)
		return SLICE_NONE;
	CHECK_OK(form_decode(slice_from(a->r.location, slice_find(a->r.location, '?') + 1), &fx.arena, &pairs));
	return request_pairs_get(pairs, slice_cstr(name));
}

static inline bool goes_to(const struct answer *a, const char *uri)
{
	return a->rc == RC_OK && a->r.type == REPLY_REDIRECT && slice_starts(a->r.location, slice_cstr(uri));
}

/* A good request of the shop with more or other parameters ("&prompt=none"). */
#define REQUEST "/authorize?response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&scope=openid" \
	"&state=st-1&nonce=n-1&code_challenge=" CHALLENGE "&code_challenge_method=S256"

static inline struct answer browser_sign_in_page(struct browser *b)
{
	struct answer a = browser_follow(b, browser_get(b, REQUEST));
	CHECK(is_page(&a, PAGE_SIGN_IN));
	return a;
}

static inline struct answer browser_consent_page(struct browser *b)
{
	struct answer a = browser_sign_in_page(b);
	a = browser_submit(b, &a, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
	return a;
}

/* A request as release 0.1.0 stored it. The texts that were sealed after it hold the same behind id and expiry. */
static inline struct slice interaction_of_before(const struct interaction *it)
{
	const struct authorize_request *q = &it->request;
	const struct slice texts[] = {it->sid, q->client_id, q->redirect_uri, q->response_mode, q->state, q->nonce,
				      q->code_challenge, q->scopes, q->resources, q->login_hint, q->subject};
	static uint8_t memory[4096];
	uint8_t browser[32];
	struct slice copy = SLICE_NONE;
	struct buf b;
	crypto_sha256(it->key, browser);
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, slice_of(browser, sizeof browser));
	buf_u64(&b, (uint64_t)it->created);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		buf_block(&b, texts[i]);
	buf_u32(&b, q->prompt);
	buf_u64(&b, (uint64_t)q->max_age);
	CHECK_OK(buf_rc(&b));
	CHECK_OK(arena_copy(&fx.arena, buf_slice(&b), &copy));
	return copy;
}

static inline void put_user(const char *id, const char *tenant, const char *login)
{
	char phc[CRYPTO_PASSWORD_PHC_MAX];
	size_t n = 0;
	CHECK_OK(hashing_pool_hash(pool, NULL, secret_of(PASSWORD, sizeof PASSWORD - 1), phc, &n));
	const struct dir_user u = {.id = slice_cstr(id), .tenant = slice_cstr(tenant), .login = slice_cstr(login),
				   .created = fx.now, .credentials_changed = fx.now};
	const struct dir_credential c = {.user = u.id, .type = SLICE("password"), .data = slice_of(phc, n)};
	CHECK_OK(fx.directory.users.add(fx.directory.users.self, &u, &c, NULL));
}

static inline void give_password(void)
{
	struct dir_credential c = {.user = SLICE(FX_USER), .type = SLICE("password"), .version = DIR_CREDENTIAL_ANY};
	char phc[CRYPTO_PASSWORD_PHC_MAX];
	size_t n = 0;
	CHECK_OK(hashing_pool_hash(pool, NULL, secret_of(PASSWORD, sizeof PASSWORD - 1), phc, &n));
	c.data = slice_of(phc, n);
	CHECK_OK(fx.directory.credentials.put(fx.directory.credentials.self, &c, NULL, NULL));
}

static inline void interactive_start(void)
{
	const struct crypto_password_cost cheap = {8192, 1, 1};
	const struct dir_tenant other = {.id = SLICE("other"), .name = SLICE("Other")};
	const struct dir_client foreign = {.id = SLICE("foreign"), .tenant = SLICE("other"),
					   .metadata = SLICE("{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"https://foreign.example/cb\"],"
							     "\"scope\":\"openid\",\"trusted\":true}")};
	fx_start();
	CHECK_OK(hashing_pool_new(2, 8, cheap, &pool));
	fx.settings.password_cost = cheap;
	fx.services.password_verify = pool_verify;
	fx.services.password_hash = pool_hash;
	fx.sessions.policy.overlap = 10;
	give_password();
	CHECK_OK(fx.directory.tenants.put(fx.directory.tenants.self, &other));
	CHECK_OK(fx.directory.clients.put(fx.directory.clients.self, &foreign, NULL));
	put_user("bbbbbbbbbbbbbbbbbbbbbb", "default", "bob");
	put_user("cccccccccccccccccccccc", "other", "carol");
	fx_put_client("shop", "{\"client_name\":\"Shop\",\"token_endpoint_auth_method\":\"none\","
			      "\"redirect_uris\":[\"" FX_CB "\","
			      "\"https://shop.example/cb?page=1\"],\"grant_types\":[\"authorization_code\",\"refresh_token\"],"
			      "\"post_logout_redirect_uris\":[\"https://shop.example/out\"],\"id_token_signed_response_alg\":\"ES256\","
			      "\"scope\":\"openid profile email offline_access orders:read\"}", false, false);
	fx_put_client("own", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"https://own.example/cb\"],"
			     "\"scope\":\"openid profile\",\"trusted\":true}", false, false);
	fx_put_client("native", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"http://127.0.0.1/cb\",\"com.example.app:/cb\"],"
				"\"application_type\":\"native\",\"scope\":\"openid\"}", false, false);
}

static inline void interactive_stop(void)
{
	hashing_pool_free(pool);
	pool = NULL;
	fx_stop();
}

#define BROWSER_TEST(name)                \
	static void name##_body(void);    \
	static void name(void)            \
	{                                 \
		interactive_start();      \
		name##_body();            \
		interactive_stop();       \
	}                                 \
	static void name##_body(void)

/* Through the form, and the consent page where one is shown, to the redirect. */
static inline struct answer browser_sign_in(struct browser *b, const char *url)
{
	struct answer a = browser_follow(b, browser_get(b, url));
	if (is_page(&a, PAGE_SIGN_IN))
		a = browser_submit(b, &a, CREDENTIALS);
	if (is_page(&a, PAGE_CONSENT))
		a = browser_submit(b, &a, "decision=allow");
	return a;
}

#endif
