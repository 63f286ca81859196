/* SPDX-License-Identifier: Apache-2.0 */
/* The URL of an outgoing request, read once by libcurl's own parser, so that no two parsers differ. */
#ifndef OSTIARY_FETCH_HTTP_URL_H
#define OSTIARY_FETCH_HTTP_URL_H

#include "fetch/curl_functions.h"
#include "fetch/http_client.h"

/* On RC_OK the caller frees *ret_url with curl_url_cleanup. Errors as http_client_url. */
enum rc http_url_read(const struct curl_functions *f, struct slice url, enum http_plain plain,
		      CURLU **ret_url) WARN_UNUSED;

#endif
