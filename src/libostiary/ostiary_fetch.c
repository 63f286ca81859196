/* SPDX-License-Identifier: Apache-2.0 */
#include "libostiary/ostiary_fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/address.h"

enum { URL_MAX = 2048, HOST_MAX = 256 };

struct fetch {
	CURL *curl;
	struct curl_slist *resolve;
	struct address_policy policy;
	atomic_bool aborted;
};

/* An address in its parts, each to be given back to libcurl. */
struct parts {
	CURLU *url;
	char *scheme, *host, *port, *user;
};

static void parts_free(struct parts *p)
{
	curl_free(p->scheme);
	curl_free(p->host);
	curl_free(p->port);
	curl_free(p->user);
	curl_url_cleanup(p->url);
}

static enum rc parts_read(const char *text, struct parts *p)
{
	p->url = curl_url();
	if (p->url == NULL)
		return RC_MEMORY;
	if (curl_url_set(p->url, CURLUPART_URL, text, 0) != CURLUE_OK)
		return RC_SYNTAX;
	if (curl_url_get(p->url, CURLUPART_SCHEME, &p->scheme, 0) != CURLUE_OK ||
	    curl_url_get(p->url, CURLUPART_HOST, &p->host, 0) != CURLUE_OK ||
	    curl_url_get(p->url, CURLUPART_PORT, &p->port, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return RC_SYNTAX;
	if (curl_url_get(p->url, CURLUPART_USER, &p->user, 0) != CURLUE_NO_USER)
		return RC_SYNTAX;
	return RC_OK;
}

static bool is_local(const char *host)
{
	struct in_addr v4;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return address_is_localhost(slice_cstr(host)) || slice_eq(slice_cstr(host), SLICE("[::1]"));
}

static enum rc scheme_validate(const struct parts *p, bool allow_http_local)
{
	if (slice_eq_nocase(slice_cstr(p->scheme), SLICE("https")))
		return RC_OK;
	if (!slice_eq_nocase(slice_cstr(p->scheme), SLICE("http")))
		return RC_RANGE;
	return allow_http_local && is_local(p->host) ? RC_OK : RC_RANGE;
}

/* Names under .localhost are loopback by RFC 6761 6.3, but the system's resolver does not know it. */
static enum rc resolve_localhost(struct fetch *f, const struct parts *p)
{
	char entry[HOST_MAX + 32];
	if (!address_is_localhost(slice_cstr(p->host)))
		return RC_OK;
	int n = snprintf(entry, sizeof entry, "%s:%s:127.0.0.1", p->host, p->port);
	if (n < 0 || (size_t)n >= sizeof entry)
		return RC_SYNTAX;
	f->resolve = curl_slist_append(NULL, entry);
	return f->resolve == NULL ? RC_MEMORY : RC_OK;
}

static size_t take_body(char *data, size_t size, size_t count, void *body)
{
	buf_put(body, slice_of(data, size * count));
	return buf_rc(body) == RC_OK ? size * count : 0;
}

/* Here, where the address is connected to and no name stands between, so that a name that points elsewhere meanwhile
 * gains nothing. */
static curl_socket_t open_socket(void *self, curlsocktype purpose UNUSED, struct curl_sockaddr *to)
{
	const struct fetch *f = self;
	bool allowed = address_allowed(&to->addr, to->addrlen, f->policy);
	return allowed ? socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol) : CURL_SOCKET_BAD;
}

static int is_aborted(void *self, curl_off_t all UNUSED, curl_off_t got UNUSED, curl_off_t all_up UNUSED,
		      curl_off_t up UNUSED)
{
	struct fetch *f = self;
	return atomic_load(&f->aborted) ? 1 : 0;
}

/* Whose word counts: that file's alone, or the system's. What libcurl was built with stays beside a file, unless it
 * is told. */
static bool set_authorities(CURL *c, const char *ca_file)
{
	return ca_file == NULL || (curl_easy_setopt(c, CURLOPT_CAINFO, ca_file) == CURLE_OK &&
				   curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK);
}

static bool guard(struct fetch *f)
{
	CURL *c = f->curl;
	return curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, f) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, is_aborted) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_XFERINFODATA, f) == CURLE_OK;
}

static bool configure(struct fetch *f, const struct fetch_options *o, const char *scheme)
{
	CURL *c = f->curl;
	return curl_easy_setopt(c, CURLOPT_URL, o->url) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, scheme) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)o->timeout) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_RESOLVE, f->resolve) == CURLE_OK && set_authorities(c, o->ca_file) &&
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK;
}

static enum rc prepare(struct fetch *f, const struct fetch_options *o, struct parts *p)
{
	TRY(parts_read(o->url, p));
	TRY(scheme_validate(p, o->allow_http_local));
	TRY(resolve_localhost(f, p));
	f->curl = curl_easy_init();
	if (f->curl == NULL)
		return RC_MEMORY;
	f->policy = (struct address_policy){.loopback = o->allow_http_local, .private = o->allow_private};
	return configure(f, o, p->scheme) && guard(f) ? RC_OK : RC_INTERNAL;
}

enum rc fetch_new(const struct fetch_options *options, struct fetch **ret_fetch)
{
	struct parts p = {0};
	if (options->url == NULL || strnlen(options->url, URL_MAX) == URL_MAX)
		return RC_SYNTAX;
	/* Thread-safe and counted since libcurl 7.84. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return RC_INTERNAL;
	struct fetch *f = calloc(1, sizeof *f);
	enum rc rc = f == NULL ? RC_MEMORY : prepare(f, options, &p);
	parts_free(&p);
	if (rc != RC_OK) {
		fetch_free(f);
		return rc;
	}
	*ret_fetch = f;
	return RC_OK;
}

void fetch_free(struct fetch *f)
{
	if (f == NULL)
		return;
	curl_easy_cleanup(f->curl);
	curl_slist_free_all(f->resolve);
	free(f);
	curl_global_cleanup();
}

void fetch_abort(struct fetch *f)
{
	atomic_store(&f->aborted, true);
}

/* Cache-Control's max-age in seconds; -1 where there is none that can be read. */
static int64_t max_age_of(CURL *c)
{
	struct curl_header *h;
	struct slice rest, part;
	int64_t seconds = 0;
	if (curl_easy_header(c, "Cache-Control", 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
		return -1;
	rest = slice_cstr(h->value);
	while (slice_split(&rest, ',', &part)) {
		part = slice_trim(part);
		if (part.n <= 8 || part.n > 16 || !slice_eq_nocase(slice_to(part, 8), SLICE("max-age=")))
			continue;
		for (size_t i = 8; i < part.n; i++) {
			if (part.p[i] < '0' || part.p[i] > '9')
				return -1;
			seconds = seconds * 10 + (part.p[i] - '0');
		}
		return seconds;
	}
	return -1;
}

enum rc fetch_run(struct fetch *f, struct buf *body, int64_t *ret_max_age)
{
	long status = 0;
	if (curl_easy_setopt(f->curl, CURLOPT_WRITEDATA, body) != CURLE_OK)
		return RC_INTERNAL;
	CURLcode code = curl_easy_perform(f->curl);
	if (buf_rc(body) != RC_OK)
		return buf_rc(body);
	if (code != CURLE_OK)
		return RC_UPSTREAM;
	if (curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200)
		return RC_UPSTREAM;
	*ret_max_age = max_age_of(f->curl);
	return RC_OK;
}
