/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl's functions, with their own types. Two files define where they come from: curl_loaded.c loads libcurl at run
 * time, so only a process that fetches pays for it; curl_linked.c is for the installed library, which links it. */
#ifndef OSTIARY_FETCH_CURL_FUNCTIONS_H
#define OSTIARY_FETCH_CURL_FUNCTIONS_H

#include <curl/curl.h>

#include "base/rc.h"

#define CURL_FUNCTIONS(F)                                                                                      \
	F(curl_global_init) F(curl_global_cleanup) F(curl_easy_init) F(curl_easy_reset) F(curl_easy_cleanup)   \
	F(curl_easy_perform) F(curl_easy_setopt) F(curl_easy_getinfo) F(curl_easy_header)                      \
	F(curl_slist_append) F(curl_slist_free_all) F(curl_url) F(curl_url_set) F(curl_url_get)                \
	F(curl_url_cleanup) F(curl_free)

/* curl.h wraps these two in checking macros; the plain functions are needed here. */
#undef curl_easy_setopt
#undef curl_easy_getinfo

struct curl_functions {
#define F(name) __typeof__(name) *name;
	CURL_FUNCTIONS(F)
#undef F
};

/* RC_INTERNAL: libcurl cannot be loaded, or lacks one. */
enum rc curl_functions_get(struct curl_functions *ret) WARN_UNUSED;

#endif
