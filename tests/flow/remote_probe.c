/* SPDX-License-Identifier: Apache-2.0 */
/* libostiary's remote keys, driven by test_remote.py: reads commands, a line each, and answers with a line.
 *   remote_probe [name=number | ca=FILE]... ISSUER URL [ISSUER URL]...
 *   verify TOKEN     the result's name
 *   crowd N TOKEN    N threads at once: how many were answered within 4 s
 *   counts ISSUER    fetches that were good, and that failed */
#include <ostiary/ostiary.h>
#include <ostiary/remote.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINE_BYTES = 70000, CROWD_MAX = 64, QUICK_MS = 4000 };

static const char *const audiences[] = {"https://api.example", NULL};
static const char *const types[] = {"at+jwt", NULL};
static const struct ostiary_policy policy = {sizeof policy, .audiences = audiences, .types = types};
static struct ostiary_jwks_remotes *remotes;

static enum ostiary_result verify(const char *token)
{
	struct ostiary_claims *claims = NULL;
	struct timespec now; /* time() lags by some milliseconds, and so can be a second behind whoever signed just now */
	(void)clock_gettime(CLOCK_REALTIME, &now);
	enum ostiary_result result = ostiary_verify_remotes(token, strlen(token), remotes, &policy, now.tv_sec, &claims);
	ostiary_claims_free(claims);
	return result;
}

struct member {
	pthread_t thread;
	const char *token;
	long ms;
};

static void *run(void *self)
{
	struct member *m = self;
	struct timespec a, b;
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	(void)verify(m->token);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	m->ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	return NULL;
}

static void crowd(const char *text)
{
	char *token;
	long n = strtol(text, &token, 10), quick = 0;
	static struct member members[CROWD_MAX];
	if (n < 1 || n > CROWD_MAX || *token != ' ')
		exit(2);
	for (long i = 0; i < n; i++) {
		members[i].token = token + 1;
		if (pthread_create(&members[i].thread, NULL, run, &members[i]) != 0)
			exit(2);
	}
	for (long i = 0; i < n; i++) {
		(void)pthread_join(members[i].thread, NULL);
		quick += members[i].ms < QUICK_MS;
	}
	printf("%ld\n", quick);
}

static void counts(const char *issuer)
{
	uint64_t good, failed;
	struct ostiary_jwks_remote *keys = ostiary_jwks_remotes_at(remotes, issuer);
	if (keys == NULL) {
		puts("none");
		return;
	}
	ostiary_jwks_remote_counts(keys, &good, &failed);
	printf("%llu %llu\n", (unsigned long long)good, (unsigned long long)failed);
}

static int set_option(struct ostiary_jwks_remote_options *o, const char *text)
{
	static char ca[1024];
	const char *equals = strchr(text, '=');
	if (equals == NULL || strncmp(text, "https://", 8) == 0)
		return 0;
	unsigned number = (unsigned)strtoul(equals + 1, NULL, 10);
	switch (text[0]) {
	case 'c':
		if (text[1] == 'o') {
			o->cooldown = number;
			break;
		}
		(void)snprintf(ca, sizeof ca, "%s", equals + 1);
		o->ca_file = ca;
		break;
	case 'r': o->refresh = number; break;
	case 't': o->timeout = number; break;
	case 'p': o->allow_private = number != 0; break;
	case 'l': o->allow_http_local = number != 0; break;
	case 'k': o->keep = number; break;
	default: return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	static char line[LINE_BYTES];
	static struct ostiary_jwks_remote_issuer issuers[OSTIARY_REMOTES_MAX + 1];
	static struct ostiary_jwks_remote_options keys[OSTIARY_REMOTES_MAX + 1];
	struct ostiary_jwks_remote_options options = {sizeof options};
	size_t n = 0;
	int at = 1;
	while (at < argc && set_option(&options, argv[at]) != 0)
		at++;
	for (; at + 1 < argc && n <= OSTIARY_REMOTES_MAX; at += 2, n++) {
		keys[n] = options;
		keys[n].url = argv[at + 1];
		issuers[n] = (struct ostiary_jwks_remote_issuer){sizeof issuers[n], argv[at], OSTIARY_ES256, &keys[n]};
	}
	enum ostiary_result result = ostiary_jwks_remotes_open(issuers, n, &remotes);
	puts(ostiary_result_name(result));
	(void)fflush(stdout);
	while (result == OSTIARY_OK && fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = 0;
		if (strncmp(line, "verify ", 7) == 0)
			puts(ostiary_result_name(verify(line + 7)));
		else if (strncmp(line, "crowd ", 6) == 0)
			crowd(line + 6);
		else if (strncmp(line, "counts ", 7) == 0)
			counts(line + 7);
		(void)fflush(stdout);
	}
	ostiary_jwks_remotes_free(remotes);
	return 0;
}
