/* SPDX-License-Identifier: Apache-2.0 */
/* Whose certificates are believed: where a file of authorities is given, libcurl's own folder of them, which it was built with,
 * is not looked at. The folder's loader is this program's, and counts. */
#include <arpa/inet.h>
#include <ostiary/remote.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fetch/http_client.h"
#include "t.h"

#define AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

static atomic_uint folders;

__attribute__((visibility("default"))) int X509_STORE_load_path(void *store, const char *folder);

int X509_STORE_load_path(void *store UNUSED, const char *folder UNUSED)
{
	atomic_fetch_add(&folders, 1);
	return 1;
}

/* A port that is connected to and says nothing. */
static int silent_server(char url[static 64])
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 8) == 0 &&
	      getsockname(fd, (struct sockaddr *)&address, &n) == 0);
	(void)snprintf(url, 64, "https://127.0.0.1:%u/", (unsigned)ntohs(address.sin_port));
	return fd;
}

static unsigned folders_of_remote_keys(const char *ca_file)
{
	char url[64];
	int fd = silent_server(url);
	const struct ostiary_jwks_remote_options options = {sizeof options, .url = url, .ca_file = ca_file, .timeout = 1, .allow_private = true};
	struct ostiary_jwks_remote *remote = NULL;
	uint64_t good = 0, failed = 0;
	atomic_store(&folders, 0);
	CHECK(ostiary_jwks_remote_open(&options, &remote) == OSTIARY_OK);
	for (int i = 0; i < 300 && remote != NULL && failed == 0; i++) {
		(void)usleep(20000);
		ostiary_jwks_remote_counts(remote, &good, &failed);
	}
	CHECK(good == 0 && failed == 1);
	ostiary_jwks_remote_free(remote);
	(void)close(fd);
	return atomic_load(&folders);
}

static void remote_keys_believe_the_file_alone(void)
{
	CHECK(folders_of_remote_keys(NULL) > 0);
	CHECK(folders_of_remote_keys(AUTHORITIES) == 0);
}

/* A file's text, as whoever makes a client reads it. */
static struct slice text_of(const char *path, char *memory, size_t room)
{
	FILE *f = fopen(path, "re");
	size_t n = f == NULL ? 0 : fread(memory, 1, room, f);
	CHECK(f != NULL && n > 0);
	if (f != NULL)
		(void)fclose(f);
	return slice_of(memory, n);
}

static unsigned folders_of_client(struct slice first, struct slice then)
{
	char url[64];
	int fd = silent_server(url);
	const struct http_request_out request = {.url = slice_cstr(url), .timeout_ms = 300, .reach = HTTP_REACH_INSIDE};
	struct http_response_in response;
	struct http_client *client = NULL;
	struct arena a;
	arena_init(&a, 1 << 20);
	atomic_store(&folders, 0);
	CHECK_OK(http_client_new(first, &client));
	CHECK_OK(http_client_trust(client, then));
	CHECK_RC(http_client_fetch(client, &request, &a, &response), RC_UPSTREAM);
	http_client_free(client);
	arena_reset(&a);
	(void)close(fd);
	return atomic_load(&folders);
}

static void the_http_client_believes_the_file_alone(void)
{
	static char memory[1 << 20];
	struct slice ours = text_of(AUTHORITIES, memory, sizeof memory);
	CHECK(folders_of_client(SLICE_NONE, SLICE_NONE) > 0);
	CHECK(folders_of_client(ours, ours) == 0);
	CHECK(folders_of_client(SLICE_NONE, ours) == 0);
	CHECK(folders_of_client(ours, SLICE_NONE) > 0);
}

T_MAIN(T(remote_keys_believe_the_file_alone), T(the_http_client_believes_the_file_alone))
