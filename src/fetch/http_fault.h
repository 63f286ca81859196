/* SPDX-License-Identifier: Apache-2.0 */
/* Why a fetch failed. */
#ifndef OSTIARY_FETCH_HTTP_FAULT_H
#define OSTIARY_FETCH_HTTP_FAULT_H

#include <stddef.h>

#include "base/rc.h"

/* Of an answer that is longer than the client takes. */
#define HTTP_FAULT_LONG "too long"

/* Why there was no answer, for the log. */
struct http_fault {
	const char *what; /* "address", "dns", "connect", "tls", "time-out", "too long", "broken"; static */
	char text[200];   /* libcurl's own message, or empty */
};

/* The result of a fetch as one text for the log: "tls: certificate has expired", "SYNTAX". Writes at most `cap` bytes. */
void http_fault_text(enum rc rc, const struct http_fault *fault, char *dst, size_t cap);

#endif
