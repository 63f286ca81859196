/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/http_client.h"

#include <pthread.h>
#include <sys/socket.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "fetch/http_url.h"

enum { TIMEOUT_MS = 10000, CONNECT_MS = 3000, HEADER_MAX = 8192 };

/* PEM text; constant, refcounted under the client's lock. */
struct authorities {
	size_t refs, n;
	uint8_t text[];
};

struct http_client {
	struct curl_functions f;
	pthread_mutex_t lock;
	struct kept {
		CURL *v[HTTP_CLIENT_KEPT]; /* idle handles with their connections */
		size_t n;
	} kept[HTTP_REACHES]; /* by reach: a kept connection to a private network never serves a request that may not go there */
	struct authorities *authorities; /* NULL: the system's */
	uint64_t generation; /* of `authorities`: a handle of another generation is not kept */
};

/* Thread-safe and counted since libcurl 7.84. */
static enum rc load(struct http_client *c)
{
	struct curl_functions f;
	TRY(curl_functions_get(&f));
	if (f.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return RC_INTERNAL;
	c->f = f;
	return RC_OK;
}

static enum rc authorities_new(struct slice text, struct authorities **ret)
{
	struct authorities *x = NULL;
	if (text.n > 0) {
		x = malloc(sizeof *x + text.n);
		if (x == NULL)
			return RC_MEMORY;
		x->refs = 1;
		x->n = text.n;
		memcpy(x->text, text.p, text.n);
	}
	*ret = x;
	return RC_OK;
}

/* Lock held. */
static void authorities_unref(struct authorities *x)
{
	if (x != NULL && --x->refs == 0)
		free(x);
}

static void drop_kept(struct http_client *c)
{
	for (size_t k = 0; k < ARRAY_LEN(c->kept); k++)
		while (c->kept[k].n > 0)
			c->f.curl_easy_cleanup(c->kept[k].v[--c->kept[k].n]);
}

enum rc http_client_trust(struct http_client *c, struct slice authorities)
{
	struct authorities *fresh;
	TRY(authorities_new(authorities, &fresh));
	(void)pthread_mutex_lock(&c->lock);
	authorities_unref(c->authorities);
	c->authorities = fresh;
	c->generation++;
	drop_kept(c);
	(void)pthread_mutex_unlock(&c->lock);
	return RC_OK;
}

enum rc http_client_new(struct slice authorities, struct http_client **ret_client)
{
	struct http_client *c = calloc(1, sizeof *c);
	if (c == NULL)
		return RC_MEMORY;
	(void)pthread_mutex_init(&c->lock, NULL);
	enum rc rc = authorities_new(authorities, &c->authorities);
	if (rc == RC_OK)
		rc = load(c);
	if (rc != RC_OK) {
		http_client_free(c);
		return rc;
	}
	*ret_client = c;
	return RC_OK;
}

void http_client_free(struct http_client *c)
{
	if (c == NULL)
		return;
	drop_kept(c);
	authorities_unref(c->authorities);
	(void)pthread_mutex_destroy(&c->lock);
	if (c->f.curl_global_cleanup != NULL)
		c->f.curl_global_cleanup();
	free(c);
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
	CURLU *url;
	struct curl_slist *headers;
	struct authorities *authorities;
	uint64_t generation;
	enum http_reach reach;
	bool out_of_reach;
	char unix_socket[256], header[HEADER_MAX], error[CURL_ERROR_SIZE];
};

/* Takes a handle with the currently trusted CAs. */
static void handle_take(struct exchange *x)
{
	struct http_client *c = x->client;
	struct kept *k = &c->kept[x->reach];
	(void)pthread_mutex_lock(&c->lock);
	if (k->n > 0)
		x->handle = k->v[--k->n];
	x->authorities = c->authorities;
	x->generation = c->generation;
	if (x->authorities != NULL)
		x->authorities->refs++;
	(void)pthread_mutex_unlock(&c->lock);
	if (x->handle == NULL)
		x->handle = c->f.curl_easy_init();
}

/* A reset keeps live connections and clears every option, secrets too. */
static void handle_give(struct exchange *x)
{
	struct http_client *c = x->client;
	struct kept *k = &c->kept[x->reach];
	CURL *h = x->handle;
	if (h != NULL)
		c->f.curl_easy_reset(h);
	(void)pthread_mutex_lock(&c->lock);
	authorities_unref(x->authorities);
	if (h != NULL && x->generation == c->generation && k->n < HTTP_CLIENT_KEPT) {
		k->v[k->n++] = h;
		h = NULL;
	}
	(void)pthread_mutex_unlock(&c->lock);
	if (h != NULL)
		c->f.curl_easy_cleanup(h);
}

/* Checked here, on the address that is connected to, so a DNS answer that changes meanwhile has no effect. */
static curl_socket_t open_socket(void *self, curlsocktype purpose UNUSED, struct curl_sockaddr *to)
{
	struct exchange *x = self;
	if (http_reach_allows(x->reach, &to->addr, to->addrlen))
		return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
	x->out_of_reach = true;
	return CURL_SOCKET_BAD;
}

static int is_aborted(void *aborted, curl_off_t all UNUSED, curl_off_t got UNUSED, curl_off_t all_up UNUSED,
		      curl_off_t up UNUSED)
{
	return atomic_load((const atomic_bool *)aborted) ? 1 : 0;
}

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
	if (!slice_to_cstr(r->unix_socket, x->unix_socket, sizeof x->unix_socket))
		return RC_SYNTAX;
	return http_url_read(&x->client->f, r->url, r->plain, &x->url);
}

/* Trust the caller's CAs alone; also clear CAPATH, or libcurl's default stays active. Without any, the system's CAs. */
static bool set_authorities(struct exchange *x, const char *ca_file)
{
	__typeof__(curl_easy_setopt) *set = x->client->f.curl_easy_setopt;
	struct authorities *t = x->authorities;
	if (t == NULL && ca_file == NULL)
		return true;
	struct curl_blob pem = {t == NULL ? NULL : t->text, t == NULL ? 0 : t->n, CURL_BLOB_NOCOPY};
	return (ca_file != NULL || set(x->handle, CURLOPT_CAINFO_BLOB, &pem) == CURLE_OK) &&
	       set(x->handle, CURLOPT_CAINFO, ca_file) == CURLE_OK && set(x->handle, CURLOPT_CAPATH, NULL) == CURLE_OK;
}

/* The caller chose a Unix socket; every other address is checked. */
static bool set_way(struct exchange *x, const struct http_request_out *r)
{
	__typeof__(curl_easy_setopt) *set = x->client->f.curl_easy_setopt;
	if (r->unix_socket.n > 0)
		return set(x->handle, CURLOPT_UNIX_SOCKET_PATH, x->unix_socket) == CURLE_OK;
	return set(x->handle, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
	       set(x->handle, CURLOPT_OPENSOCKETDATA, x) == CURLE_OK;
}

/* If one of these options fails, the request could go elsewhere or trust others: it is not made. */
static bool set_trust(struct exchange *x, const struct http_request_out *r)
{
	__typeof__(curl_easy_setopt) *set = x->client->f.curl_easy_setopt;
	CURL *h = x->handle;
	return set(h, CURLOPT_CURLU, x->url) == CURLE_OK && set(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       set(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK && set(h, CURLOPT_NOPROXY, "*") == CURLE_OK &&
	       set(h, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK && set(h, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       set(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       set_authorities(x, r->ca_file) && set_way(x, r);
}

static bool set_abort(struct exchange *x, const struct http_request_out *r)
{
	__typeof__(curl_easy_setopt) *set = x->client->f.curl_easy_setopt;
	return r->aborted == NULL || (set(x->handle, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
				      set(x->handle, CURLOPT_XFERINFOFUNCTION, is_aborted) == CURLE_OK &&
				      set(x->handle, CURLOPT_XFERINFODATA, r->aborted) == CURLE_OK);
}

static bool set_exchange(struct exchange *x, const struct http_request_out *r, struct buf *body)
{
	__typeof__(curl_easy_setopt) *set = x->client->f.curl_easy_setopt;
	CURL *h = x->handle;
	return set(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK && set(h, CURLOPT_ERRORBUFFER, x->error) == CURLE_OK &&
	       set(h, CURLOPT_TIMEOUT_MS, (long)(r->timeout_ms == 0 ? TIMEOUT_MS : r->timeout_ms)) == CURLE_OK &&
	       set(h, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
	       set(h, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK &&
	       set(h, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK && set(h, CURLOPT_WRITEDATA, body) == CURLE_OK &&
	       set(h, CURLOPT_MAXFILESIZE, (long)HTTP_CLIENT_BODY_MAX) == CURLE_OK;
}

static bool set_body(struct exchange *x, const struct http_request_out *r)
{
	__typeof__(curl_easy_setopt) *set = x->client->f.curl_easy_setopt;
	CURL *h = x->handle;
	return !r->post ||
	       (set(h, CURLOPT_POST, 1L) == CURLE_OK && set(h, CURLOPT_POSTFIELDSIZE, (long)r->body.n) == CURLE_OK &&
		set(h, CURLOPT_POSTFIELDS, r->body.n == 0 ? "" : (const char *)r->body.p) == CURLE_OK);
}

static const char *fault_of(const struct exchange *x, CURLcode code)
{
	static const struct {
		CURLcode code;
		const char *what;
	} rows[] = {
		{CURLE_COULDNT_RESOLVE_HOST, "dns"},     {CURLE_COULDNT_CONNECT, "connect"},
		{CURLE_OPERATION_TIMEDOUT, "time-out"},  {CURLE_SSL_CONNECT_ERROR, "tls"},
		{CURLE_PEER_FAILED_VERIFICATION, "tls"}, {CURLE_SSL_CIPHER, "tls"},
		{CURLE_SSL_CACERT_BADFILE, "tls"},       {CURLE_SSL_ISSUER_ERROR, "tls"},
		{CURLE_FILESIZE_EXCEEDED, HTTP_FAULT_LONG}, {CURLE_WRITE_ERROR, HTTP_FAULT_LONG},
	};
	if (x->out_of_reach)
		return "address";
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].code == code)
			return rows[i].what;
	return "broken";
}

static enum rc fail(const struct exchange *x, const struct http_request_out *r, CURLcode code)
{
	if (r->fault == NULL)
		return RC_UPSTREAM;
	r->fault->what = fault_of(x, code);
	(void)snprintf(r->fault->text, sizeof r->fault->text, "%.199s",
		       x->out_of_reach ? "it is of this machine, a private network or no host's" : x->error);
	return RC_UPSTREAM;
}

/* -1: none that can be read. */
static int64_t max_age_of(const struct exchange *x)
{
	struct curl_header *h;
	struct slice rest, part;
	int64_t seconds = 0;
	if (x->client->f.curl_easy_header(x->handle, "Cache-Control", 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
		return -1;
	rest = slice_cstr(h->value);
	while (slice_split(&rest, ',', &part)) {
		part = slice_trim(part);
		if (part.n <= 8 || part.n > 16 || !slice_eq_nocase(slice_to(part, 8), SLICE("max-age=")))
			continue;
		if (!ascii_all(slice_from(part, 8), ASCII_DIGIT, ""))
			return -1;
		for (size_t i = 8; i < part.n; i++)
			seconds = seconds * 10 + (part.p[i] - '0');
		return seconds;
	}
	return -1;
}

static enum rc perform(struct exchange *x, const struct http_request_out *r, struct buf *body, struct arena *a,
		       struct http_response_in *ret_response)
{
	const struct curl_functions *f = &x->client->f;
	struct http_response_in response = {0};
	char *ip = NULL;
	CURLcode code = f->curl_easy_perform(x->handle);
	if (code == CURLE_OK)
		code = f->curl_easy_getinfo(x->handle, CURLINFO_RESPONSE_CODE, &response.status);
	if (code == CURLE_OK)
		code = f->curl_easy_getinfo(x->handle, CURLINFO_PRIMARY_IP, &ip);
	if (code != CURLE_OK)
		return fail(x, r, code);
	enum http_network network = ip == NULL ? HTTP_NETWORK_NEVER : http_reach_network_of(ip);
	response.inside = network == HTTP_NETWORK_LOOPBACK || network == HTTP_NETWORK_PRIVATE;
	response.max_age = max_age_of(x);
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
	bool set = set_trust(x, r) && set_exchange(x, r, &body) && set_body(x, r) && set_abort(x, r);
	enum rc rc = set ? perform(x, r, &body, a, ret_response) : RC_MEMORY;
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
	x->reach = request->reach;
	handle_take(x);
	enum rc rc = x->handle == NULL ? RC_MEMORY : exchange_run(x, request, a, ret_response);
	c->f.curl_slist_free_all(x->headers);
	handle_give(x);
	c->f.curl_url_cleanup(x->url);
	explicit_bzero(x, sizeof *x);
	free(x);
	return rc;
}

enum rc http_client_url(const struct http_client *c, struct slice url, enum http_plain plain)
{
	CURLU *u;
	TRY(http_url_read(&c->f, url, plain, &u));
	c->f.curl_url_cleanup(u);
	return RC_OK;
}
