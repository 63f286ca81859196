/* SPDX-License-Identifier: Apache-2.0 */
/* An answer as the server sends it. */
#ifndef OSTIARY_HTTP_RESPONSE_H
#define OSTIARY_HTTP_RESPONSE_H

#include "call/call.h"

enum { HTTP_RESPONSE_HEADERS_MAX = 32 };

/* Lives in the call's arena, or is static. Content-Length, Date and Connection are the server's. Names and values hold no
 * control characters: whoever adds one has checked it. */
struct http_response {
	int status;
	struct call_pair headers[HTTP_RESPONSE_HEADERS_MAX];
	size_t header_count;
	struct slice body;
	bool close; /* no further request on this connection */
};

#endif
