/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/http_url.h"

#include <arpa/inet.h>

#include "base/address.h"

enum { URL_MAX = 4096 };

/* A host as libcurl returns it: lower case is not assured, an IPv6 address stands in brackets. */
static bool is_local(struct slice host)
{
	struct in_addr v4;
	char text[INET_ADDRSTRLEN];
	if (slice_to_cstr(host, text, sizeof text) && inet_pton(AF_INET, text, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return address_is_localhost(host) || slice_eq(host, SLICE("[::1]"));
}

static enum rc scheme_validate(struct slice scheme, struct slice host, enum http_plain plain)
{
	if (slice_eq_nocase(scheme, SLICE("https")))
		return RC_OK;
	if (!slice_eq_nocase(scheme, SLICE("http")))
		return RC_SYNTAX;
	return plain == HTTP_PLAIN_ALLOWED || (plain == HTTP_PLAIN_LOCAL && is_local(host)) ? RC_OK : RC_RANGE;
}

static enum rc parts_validate(const struct curl_functions *f, CURLU *u, enum http_plain plain)
{
	char *scheme = NULL, *host = NULL, *user = NULL;
	enum rc rc = RC_SYNTAX;
	if (f->curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    f->curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    f->curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER)
		rc = scheme_validate(slice_cstr(scheme), slice_cstr(host), plain);
	f->curl_free(scheme);
	f->curl_free(host);
	f->curl_free(user);
	return rc;
}

enum rc http_url_read(const struct curl_functions *f, struct slice url, enum http_plain plain, CURLU **ret_url)
{
	char text[URL_MAX];
	if (!slice_to_cstr(url, text, sizeof text))
		return RC_SYNTAX;
	CURLU *u = f->curl_url();
	if (u == NULL)
		return RC_MEMORY;
	enum rc rc = f->curl_url_set(u, CURLUPART_URL, text, 0) == CURLUE_OK ? parts_validate(f, u, plain) : RC_SYNTAX;
	if (rc == RC_OK)
		*ret_url = u;
	else
		f->curl_url_cleanup(u);
	return rc;
}
