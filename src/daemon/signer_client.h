/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's side of the signer: requests of many threads go together in one message, one batch in flight.
 * A thread that finds no leader leads: it sends all that waits, waits for the answer, hands out results. */
#ifndef OSTIARY_DAEMON_SIGNER_CLIENT_H
#define OSTIARY_DAEMON_SIGNER_CLIENT_H

#include <pthread.h>
#include <semaphore.h>

#include "daemon/signer_wire.h"
#include "jose/jwt.h"

/* One request while it waits; on its thread's stack. */
struct signer_call {
	struct signer_request request;
	uint8_t *dst; /* takes the result's data */
	size_t cap, n;
	enum rc rc;
	bool done;
	sem_t turn; /* posted once: when it is done, or when its thread is to lead */
	struct signer_call *next;
};

/* Sealed keys to load again whenever a signer says HELLO. Called by the leader: must not call the client. Gives at most
 * SIGNER_BATCH_MAX SIGNER_LOAD requests; the slices must live until `done` is called. */
struct signer_reload {
	void *self;
	size_t (*begin)(void *self, struct signer_request *dst, size_t cap);
	void (*done)(void *self);
};

/* A link: one socket, one batch at a time. Thread-safe. */
struct signer_link {
	int fd;
	int timeout_ms; /* of one exchange, restarts of the signer included */
	pthread_mutex_t lock;
	struct signer_call *head, **tail; /* waiting */
	bool leading; /* while false, nothing waits */
	struct signer_reload reload; /* begin NULL: none */
	/* The leader's. */
	struct signer_batch batch;
	struct signer_reply reply;
	uint8_t message[SIGNER_MESSAGE_MAX];
};

struct signer_client {
	struct signer_link sign, generate;
};

/* The sockets stay the caller's. `c` must not move. RC_MEMORY. */
enum rc signer_client_init(struct signer_client *c, int sign_fd, int generate_fd, struct signer_reload reload) WARN_UNUSED;

/* Each: RC_SIGNER where no signer answers within the time; else what the signer says. */
enum rc signer_client_sign(struct signer_client *c, struct slice kid, enum jose_alg alg, struct slice input, uint8_t *dst,
			   size_t cap, size_t *ret_n) WARN_UNUSED;
enum rc signer_client_load(struct signer_client *c, struct slice kid, enum jose_alg alg, struct slice blob) WARN_UNUSED;
enum rc signer_client_forget(struct signer_client *c, struct slice kid) WARN_UNUSED;
enum rc signer_client_ping(struct signer_client *c) WARN_UNUSED;

struct signer_made {
	struct slice kid, public_jwk, blob; /* in the arena */
};
/* May take seconds for RSA. */
enum rc signer_client_generate(struct signer_client *c, enum jose_alg alg, unsigned rsa_bits, struct arena *a,
			       struct signer_made *ret) WARN_UNUSED;

struct jwt_signer signer_client_jwt(struct signer_client *c);

#endif
