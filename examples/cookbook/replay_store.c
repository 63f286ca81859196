/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens that are taken once: a store of the `jti` that were seen, for one process. Several processes share one that sets a key
 * only where it is not there and lets it expire, in one step (Valkey: SET key 1 NX EXAT until). */
#include <ostiary/ostiary.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW = 1800000000, ROOM = 2, NAME = 600 };

struct seen {
	char name[NAME]; /* issuer and jti, a line each: neither holds a line break */
	int64_t until;
};

struct store {
	pthread_mutex_t lock;
	int64_t now;
	struct seen seen[ROOM];
};

static void must(enum ostiary_result result, const char *what)
{
	if (result == OSTIARY_OK)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, ostiary_result_text(result));
	exit(1);
}

/* What is over makes place, what is not never does: where all places are taken the answer is "cannot say", and the token is
 * refused with UNAVAILABLE. */
static int mark_locked(struct store *s, const char *name, int64_t until)
{
	struct seen *place = NULL;
	for (size_t i = 0; i < ROOM; i++) {
		struct seen *one = &s->seen[i];
		if (one->until <= s->now)
			place = one;
		else if (strcmp(one->name, name) == 0)
			return 1;
	}
	if (place == NULL)
		return -1;
	(void)snprintf(place->name, sizeof place->name, "%s", name);
	place->until = until;
	return 0;
}

static int mark(void *self, const char *iss, const char *jti, int64_t until)
{
	struct store *s = self;
	char name[NAME];
	int n = snprintf(name, sizeof name, "%s\n%s", iss, jti);
	if (n < 0 || (size_t)n >= sizeof name || strchr(iss, '\n') != NULL || strchr(jti, '\n') != NULL)
		return -1;
	pthread_mutex_lock(&s->lock);
	int answer = mark_locked(s, name, until);
	pthread_mutex_unlock(&s->lock);
	return answer;
}

static char *sign(const struct ostiary_jwk *key, const char *jti, int64_t now)
{
	struct ostiary_builder *b = NULL;
	char *claims = NULL, *token = NULL;
	must(ostiary_builder_new(&b), "claims");
	ostiary_builder_text(b, "iss", "https://partner.example");
	ostiary_builder_text(b, "aud", "https://api.example.com");
	ostiary_builder_text(b, "jti", jti);
	ostiary_builder_number(b, "iat", now);
	ostiary_builder_number(b, "exp", now + 60);
	must(ostiary_builder_write(b, &claims), "claims");
	must(ostiary_sign(key, OSTIARY_OF_KEY, "JWT", claims, &token), "sign");
	ostiary_free(claims);
	ostiary_builder_free(b);
	return token;
}

/* A token made and shown at this time. */
static const char *show(struct store *store, const struct ostiary_jwk *key, const char *jti, int64_t now)
{
	static const char *const audiences[] = {"https://api.example.com", NULL}, *const types[] = {"JWT", NULL};
	const struct ostiary_replay replay = {sizeof replay, mark, store};
	/* The store has to remember a token no longer than max_lifetime. */
	const struct ostiary_policy policy = {
		.size = sizeof policy, .algorithms = {.es256 = 1}, .issuer = "https://partner.example", .audiences = audiences,
		.types = types, .max_lifetime = 60, .replay = &replay,
	};
	struct ostiary_jwks *keys = NULL;
	struct ostiary_claims *claims = NULL;
	char *token = sign(key, jti, now);
	store->now = now;
	must(ostiary_jwks_of((const struct ostiary_jwk *const[]){key}, 1, &keys), "key set");
	enum ostiary_result result = ostiary_verify(token, strlen(token), keys, &policy, now, &claims);
	ostiary_claims_free(claims);
	ostiary_jwks_free(keys);
	ostiary_free(token);
	return ostiary_result_name(result);
}

int main(void)
{
	static const struct ostiary_jwk_spec spec = {sizeof spec, .alg = "ES256"};
	static struct store store = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct ostiary_jwk *key = NULL;
	must(ostiary_jwk_generate(&spec, &key), "key");
	printf("first: %s\n", show(&store, key, "a", NOW));
	printf("again: %s\n", show(&store, key, "a", NOW + 1));
	printf("another: %s\n", show(&store, key, "b", NOW + 1));
	printf("no room: %s\n", show(&store, key, "c", NOW + 2));
	printf("later: %s\n", show(&store, key, "c", NOW + 100));
	ostiary_jwk_free(key);
	return 0;
}
