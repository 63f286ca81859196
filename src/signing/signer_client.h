/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's side of the signer: requests of many threads are sent in one message, one batch at a time. The leader
 * (base/leader.h) sends all waiting requests, waits for the answer and distributes the results. */
#ifndef OSTIARY_SIGNING_SIGNER_CLIENT_H
#define OSTIARY_SIGNING_SIGNER_CLIENT_H

#include "base/leader.h"
#include "signing/signer_wire.h"

/* A waiting request, on its thread's stack. */
struct signer_call {
	struct leader_job job;
	struct signer_request request;
	uint8_t *dst; /* takes the result's data */
	size_t cap, n;
	enum rc rc;
};

/* Gives the sealed keys to load whenever a new signer says HELLO. Called by the leader: must not call the client. At
 * most SIGNER_BATCH_MAX SIGNER_LOAD requests; the slices must be valid until `done` is called. */
struct signer_reload {
	void *self;
	size_t (*begin)(void *self, struct signer_request *dst, size_t cap);
	void (*done)(void *self);
};

/* A channel: one socket, one batch at a time. Thread-safe. */
struct signer_channel {
	int fd;
	int timeout_ms; /* of one exchange, including restarts of the signer */
	struct leader_queue queue; /* of struct signer_call */
	struct signer_reload reload; /* begin NULL: none */
	/* The leader's. */
	struct signer_batch batch;
	struct signer_reply reply;
	uint8_t message[SIGNER_MESSAGE_MAX];
};

struct signer_client {
	struct signer_channel sign, generate;
};

/* The caller keeps the sockets. `c` must not move. RC_MEMORY. */
enum rc signer_client_init(struct signer_client *c, int sign_fd, int generate_fd,
			   struct signer_reload reload) WARN_UNUSED;

/* Each: RC_SIGNER if no signer answers in time; otherwise the signer's result. */
/* A token signed with the active key of that algorithm, in the arena. RC_JOSE_KID: there is none; otherwise as
 * jwt_mint. */
enum rc signer_client_mint(struct signer_client *c, enum jose_alg alg, const struct jwt_mint *t, struct arena *a,
			   struct slice *ret_token) WARN_UNUSED;
enum rc signer_client_load(struct signer_client *c, struct slice kid, enum jose_alg alg, struct slice blob) WARN_UNUSED;
enum rc signer_client_forget(struct signer_client *c, struct slice kid, enum jose_alg alg) WARN_UNUSED;
/* A key of that purpose (1 to SIGNER_KID_MAX bytes) that only who has both the key-encryption key and `salt` can make:
 * the same for each node and after each start. The caller wipes it. */
enum rc signer_client_derive(struct signer_client *c, struct slice purpose, const uint8_t salt[static SIGNER_DERIVED_LEN],
			     uint8_t ret_key[static SIGNER_DERIVED_LEN]) WARN_UNUSED;
enum rc signer_client_ping(struct signer_client *c) WARN_UNUSED;

struct signer_made {
	struct slice kid, public_jwk, blob; /* in the arena */
};
/* `after`: kid and blob of the newest key of that algorithm, or empty. May take seconds for RSA. */
struct signer_wanted {
	enum jose_alg alg;
	unsigned rsa_bits;
	struct slice after_kid, after;
};
enum rc signer_client_generate(struct signer_client *c, const struct signer_wanted *wanted, struct arena *a,
			       struct signer_made *ret) WARN_UNUSED;

#endif
