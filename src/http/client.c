/* SPDX-License-Identifier: Apache-2.0 */
#include "http/client.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>

#include "base/buf.h"

enum { TIMEOUT_MS = 10000, CONNECT_MS = 3000, URL_MAX = 4096, HEADER_MAX = 8192 };

/* libcurl's functions by their own types. */
#define FUNCTIONS(F)                                                                                           \
	F(curl_global_init) F(curl_easy_init) F(curl_easy_reset) F(curl_easy_cleanup) F(curl_easy_perform)     \
	F(curl_easy_setopt) F(curl_easy_getinfo) F(curl_slist_append) F(curl_slist_free_all)

/* curl.h wraps these two in checking macros; here the plain functions are meant. */
#undef curl_easy_setopt
#undef curl_easy_getinfo

struct curl_functions {
#define F(name) __typeof__(name) *name;
	FUNCTIONS(F)
#undef F
};

struct http_client {
	void *library;
	struct curl_functions f;
	pthread_mutex_t lock;
	CURL *kept[HTTP_CLIENT_KEPT]; /* idle handles with their connections */
	size_t kept_count;
	char ca_file[URL_MAX];
};

static enum rc load(struct http_client *c)
{
	c->library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (c->library == NULL)
		return RC_INTERNAL;
#define F(name)                                                                  \
	c->f.name = (__typeof__(name) *)dlsym(c->library, #name);                \
	if (c->f.name == NULL)                                                   \
		return RC_INTERNAL;
	FUNCTIONS(F)
#undef F
	return c->f.curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? RC_OK : RC_INTERNAL;
}

enum rc http_client_new(struct slice ca_file, struct http_client **ret_client)
{
	struct http_client *c = calloc(1, sizeof *c);
	if (c == NULL)
		return RC_MEMORY;
	(void)pthread_mutex_init(&c->lock, NULL);
	enum rc rc = slice_to_cstr(ca_file, c->ca_file, sizeof c->ca_file) ? load(c) : RC_SYNTAX;
	if (rc != RC_OK) {
		http_client_free(c);
		return rc;
	}
	*ret_client = c;
	return RC_OK;
}

/* The library stays loaded: its threads and exit handlers do not survive an unload. */
void http_client_free(struct http_client *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->kept_count; i++)
		c->f.curl_easy_cleanup(c->kept[i]);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

static CURL *handle_take(struct http_client *c)
{
	CURL *h = NULL;
	(void)pthread_mutex_lock(&c->lock);
	if (c->kept_count > 0)
		h = c->kept[--c->kept_count];
	(void)pthread_mutex_unlock(&c->lock);
	return h != NULL ? h : c->f.curl_easy_init();
}

/* A reset keeps live connections, and forgets every option, secrets among them. */
static void handle_give(struct http_client *c, CURL *h)
{
	c->f.curl_easy_reset(h);
	(void)pthread_mutex_lock(&c->lock);
	if (c->kept_count < HTTP_CLIENT_KEPT) {
		c->kept[c->kept_count++] = h;
		h = NULL;
	}
	(void)pthread_mutex_unlock(&c->lock);
	if (h != NULL)
		c->f.curl_easy_cleanup(h);
}

static size_t on_body(char *data, size_t size, size_t count, void *self)
{
	struct buf *b = self;
	buf_put(b, slice_of(data, size * count));
	return buf_rc(b) == RC_OK ? size * count : 0;
}

struct exchange {
	struct http_client *client;
	CURL *handle;
	struct curl_slist *headers;
	char url[URL_MAX], unix_socket[256], header[HEADER_MAX];
};

static bool add_header(struct exchange *x, const char *text)
{
	struct curl_slist *more = x->client->f.curl_slist_append(x->headers, text);
	if (more != NULL)
		x->headers = more;
	return more != NULL;
}

static enum rc set_headers(struct exchange *x, const struct http_request_out *r)
{
	static const char prefix[] = "Authorization: ";
	if (!add_header(x, "Accept: application/json") || (r->post && !add_header(x, "Expect:")))
		return RC_MEMORY;
	if (r->authorization.n == 0)
		return RC_OK;
	memcpy(x->header, prefix, sizeof prefix - 1);
	if (!slice_to_cstr(r->authorization, x->header + sizeof prefix - 1, sizeof x->header - sizeof prefix))
		return RC_SYNTAX;
	if (strpbrk(x->header, "\r\n") != NULL)
		return RC_SYNTAX;
	return add_header(x, x->header) ? RC_OK : RC_MEMORY;
}

static enum rc set_target(struct exchange *x, const struct http_request_out *r)
{
	bool web = slice_starts(r->url, SLICE("https://")) || slice_starts(r->url, SLICE("http://"));
	if (!web || !slice_to_cstr(r->url, x->url, sizeof x->url))
		return RC_SYNTAX;
	if (!slice_to_cstr(r->unix_socket, x->unix_socket, sizeof x->unix_socket))
		return RC_SYNTAX;
	return RC_OK;
}

/* Whose word counts: that file's alone, or the system's. What libcurl was built with stays beside a file, unless it is told. */
static bool set_authorities(struct exchange *x)
{
	__typeof__(curl_easy_setopt) *set = x->client->f.curl_easy_setopt;
	return x->client->ca_file[0] == '\0' || (set(x->handle, CURLOPT_CAINFO, x->client->ca_file) == CURLE_OK &&
						 set(x->handle, CURLOPT_CAPATH, NULL) == CURLE_OK);
}

/* Where one of these is lost the request would go elsewhere or trust others: none is made then. */
static bool set_trust(struct exchange *x, const struct http_request_out *r)
{
	__typeof__(curl_easy_setopt) *set = x->client->f.curl_easy_setopt;
	CURL *h = x->handle;
	return set(h, CURLOPT_URL, x->url) == CURLE_OK && set(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       set(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK && set(h, CURLOPT_NOPROXY, "*") == CURLE_OK &&
	       set(h, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK && set(h, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       set_authorities(x) && (r->unix_socket.n == 0 || set(h, CURLOPT_UNIX_SOCKET_PATH, x->unix_socket) == CURLE_OK);
}

static bool set_exchange(struct exchange *x, const struct http_request_out *r, struct buf *body)
{
	__typeof__(curl_easy_setopt) *set = x->client->f.curl_easy_setopt;
	CURL *h = x->handle;
	return set(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       set(h, CURLOPT_TIMEOUT_MS, (long)(r->timeout_ms == 0 ? TIMEOUT_MS : r->timeout_ms)) == CURLE_OK &&
	       set(h, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
	       set(h, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK && set(h, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       set(h, CURLOPT_WRITEDATA, body) == CURLE_OK &&
	       set(h, CURLOPT_MAXFILESIZE, (long)HTTP_CLIENT_BODY_MAX) == CURLE_OK;
}

static bool set_body(struct exchange *x, const struct http_request_out *r)
{
	__typeof__(curl_easy_setopt) *set = x->client->f.curl_easy_setopt;
	CURL *h = x->handle;
	return !r->post || (set(h, CURLOPT_POST, 1L) == CURLE_OK && set(h, CURLOPT_POSTFIELDSIZE, (long)r->body.n) == CURLE_OK &&
			    set(h, CURLOPT_POSTFIELDS, r->body.n == 0 ? "" : (const char *)r->body.p) == CURLE_OK);
}

static enum rc perform(struct exchange *x, struct buf *body, struct arena *a, struct http_response_in *ret_response)
{
	const struct curl_functions *f = &x->client->f;
	struct http_response_in response = {0};
	if (f->curl_easy_perform(x->handle) != CURLE_OK)
		return RC_UPSTREAM;
	if (f->curl_easy_getinfo(x->handle, CURLINFO_RESPONSE_CODE, &response.status) != CURLE_OK)
		return RC_UPSTREAM;
	TRY(arena_copy(a, buf_slice(body), &response.body));
	*ret_response = response;
	return RC_OK;
}

static enum rc exchange_run(struct exchange *x, const struct http_request_out *r, struct arena *a,
			    struct http_response_in *ret_response)
{
	struct buf body;
	TRY(set_target(x, r));
	TRY(set_headers(x, r));
	buf_init(&body, HTTP_CLIENT_BODY_MAX);
	bool set = set_trust(x, r) && set_exchange(x, r, &body) && set_body(x, r);
	enum rc rc = set ? perform(x, &body, a, ret_response) : RC_MEMORY;
	buf_free(&body);
	return rc;
}

enum rc http_client_fetch(struct http_client *c, const struct http_request_out *request, struct arena *a,
			  struct http_response_in *ret_response)
{
	struct exchange *x = calloc(1, sizeof *x);
	if (x == NULL)
		return RC_MEMORY;
	x->client = c;
	x->handle = handle_take(c);
	enum rc rc = x->handle == NULL ? RC_MEMORY : exchange_run(x, request, a, ret_response);
	c->f.curl_slist_free_all(x->headers);
	if (x->handle != NULL)
		handle_give(c, x->handle);
	explicit_bzero(x, sizeof *x);
	free(x);
	return rc;
}
