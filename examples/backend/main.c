/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP side: a socket, three routes, JSON out. Ends on SIGTERM or SIGINT. */
#include "backend.h"

#include <curl/curl.h>
#include <getopt.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <unistd.h>

enum { BODY_MAX = 4096 };

struct request {
	size_t length;
	char body[BODY_MAX];
};

static const char *header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static struct answer route(const struct backend *b, const char *method, const char *path, const struct caller *who,
	const struct request *r)
{
	bool get = strcmp(method, "GET") == 0;
	if (get && (strcmp(path, "/orders") == 0 || strcmp(path, "/partner/stock") == 0))
		return orders_forwarded(who);
	if (get && strcmp(path, "/verified/orders") == 0)
		return orders_verified(b, who);
	if (strcmp(path, "/cart") == 0 && (get || strcmp(method, "POST") == 0))
		return cart(b, who, get ? NULL : r->body, r->length);
	return (struct answer){404, NULL, json_pack("{s:s}", "error", "there is no such thing here")};
}

static enum MHD_Result reply(struct MHD_Connection *c, struct answer a)
{
	char *text = a.body == NULL ? NULL : json_dumps(a.body, JSON_COMPACT);
	json_decref(a.body);
	if (text == NULL)
		return MHD_NO;
	struct MHD_Response *out = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	MHD_add_response_header(out, "Content-Type", "application/json");
	MHD_add_response_header(out, "Cache-Control", "no-store");
	if (a.challenge != NULL)
		MHD_add_response_header(out, "WWW-Authenticate", a.challenge);
	enum MHD_Result result = MHD_queue_response(c, a.status, out);
	MHD_destroy_response(out);
	return result;
}

static enum MHD_Result handle(void *self, struct MHD_Connection *c, const char *path, const char *method, const char *version,
	const char *data, size_t *length, void **state)
{
	struct request *r = *state;
	(void)version;
	if (r == NULL) {
		*state = calloc(1, sizeof *r);
		return *state == NULL ? MHD_NO : MHD_YES;
	}
	if (*length != 0) {
		if (*length > sizeof r->body - r->length)
			return MHD_NO;
		memcpy(r->body + r->length, data, *length);
		r->length += *length;
		*length = 0;
		return MHD_YES;
	}
	const struct caller who = {header(c, "X-User-Id"), header(c, "X-Client-Id"), header(c, "X-Tenant-Id"),
		header(c, "X-Roles"), header(c, "X-Session-Id"), header(c, "Authorization")};
	return reply(c, route(self, method, path, &who, r));
}

static void done(void *self, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
	(void)self, (void)c, (void)why;
	free(*state);
}

/* "unix:PATH" or a port of 127.0.0.1. */
static int listen_at(const char *place)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct sockaddr_in net = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	bool is_unix = strncmp(place, "unix:", 5) == 0;
	int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), bound;

	if (is_unix) {
		(void)snprintf(local.sun_path, sizeof local.sun_path, "%s", place + 5);
		bound = bind(fd, (struct sockaddr *)&local, sizeof local);
	} else {
		net.sin_port = htons((uint16_t)strtoul(place, NULL, 10));
		bound = bind(fd, (struct sockaddr *)&net, sizeof net);
	}
	return bound == 0 && listen(fd, 128) == 0 ? fd : -1;
}

static int serve(struct backend *b, const char *place)
{
	sigset_t ends;
	int signal_number, fd = listen_at(place);

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	struct MHD_Daemon *http = fd < 0 ? NULL : MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL, handle, b,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, done, NULL, MHD_OPTION_CONNECTION_LIMIT, 256u,
		MHD_OPTION_CONNECTION_TIMEOUT, 60u, MHD_OPTION_END);
	if (http == NULL) {
		perror(place);
		return 1;
	}
	sigwait(&ends, &signal_number);
	MHD_stop_daemon(http);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"listen", 1, NULL, 'l'}, {"issuer", 1, NULL, 'i'}, {"audience", 1, NULL, 'a'},
		{"session", 1, NULL, 's'}, {"ca", 1, NULL, 'c'}, {NULL, 0, NULL, 0}};
	struct backend b = {0};
	const char *place = NULL, *ca = NULL;
	char url[1024];

	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;)
		switch (o) {
		case 'l': place = optarg; break;
		case 'i': b.issuer = optarg; break;
		case 'a': b.audience = optarg; break;
		case 's': b.session_socket = optarg; break;
		case 'c': ca = optarg; break;
		default: return 2;
		}
	if (place == NULL || b.issuer == NULL || b.audience == NULL || b.session_socket == NULL) {
		(void)fputs("usage: backend --listen unix:PATH|PORT --issuer URL --audience URL --session SOCKET [--ca FILE]\n", stderr);
		return 2;
	}
	(void)snprintf(url, sizeof url, "%s/.well-known/jwks.json", b.issuer);
	const struct ostiary_jwks_remote_options from = {sizeof from, .url = url, .allow_http_local = true, .ca_file = ca, .cooldown = 2};
	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (ostiary_jwks_remote_open(&from, &b.keys) != OSTIARY_OK) {
		fprintf(stderr, "backend: %s is no address of keys\n", url);
		return 1;
	}
	int status = serve(&b, place);
	ostiary_jwks_remote_free(b.keys);
	curl_global_cleanup();
	return status;
}
