/* SPDX-License-Identifier: Apache-2.0 */
/* A response for the server to send. */
#ifndef OSTIARY_HTTP_RESPONSE_H
#define OSTIARY_HTTP_RESPONSE_H

#include "message/request.h"

enum { HTTP_RESPONSE_HEADERS_MAX = 32 };

/* Lives in the request's arena, or is static. The server adds Content-Length, Date and Connection. Names and values
 * have no control characters: the code that adds one has checked it. */
struct http_response {
	int status;
	struct request_pair headers[HTTP_RESPONSE_HEADERS_MAX];
	size_t header_count;
	struct slice body;
	bool close; /* close the connection afterwards */
};

#endif
