/* SPDX-License-Identifier: Apache-2.0 */
/* Limits how many requests wait for one provider at once. If a room is full, further requests are refused at once. */
#ifndef OSTIARY_RP_RP_ROOM_H
#define OSTIARY_RP_RP_ROOM_H

#include <pthread.h>

#include "rp/rp.h"

enum {
	ROOM_PROVIDERS = 16,
	ROOM_PLACES = 16,   /* of one provider and purpose */
	/* of those, per network: a flood from one network leaves half of a slow provider's places to others */
	ROOM_OF_NETWORK = 8,
	ROOM_QUEUE = 48,    /* instead of ROOM_PLACES, for ROOM_FIRST */
	ROOM_QUEUE_OF_NETWORK = 16,
	ROOM_ALL = 64,      /* of all providers together, except ROOM_SURE of each */
	ROOM_SURE = 2,
};

/* Sign-ins of strangers and sign-outs have separate places. ROOM_FIRST: requests that met a full room before the
 * provider was known to answer or not. */
enum room_purpose { ROOM_SIGN_IN, ROOM_SIGN_OUT, ROOM_FIRST, ROOM_PURPOSES };

struct room {
	uint8_t issuer[32]; /* SHA-256: the configuration that held it may be gone */
	bool taken;
	unsigned held;
	uint64_t networks[ROOM_QUEUE]; /* of each occupied place; unordered */
};

struct rooms {
	pthread_mutex_t lock;
	struct room v[ROOM_PURPOSES][ROOM_PROVIDERS];
	unsigned all[ROOM_PURPOSES];
};

/* The holder of a place. */
struct room_visit {
	enum room_purpose purpose;
	struct slice issuer;
	uint64_t network;
};

void rooms_init(struct rooms *r);
/* `remote`: the client's address, as request.remote. RC_UPSTREAM_BUSY: full. Otherwise release with room_leave. */
enum rc room_enter(struct rooms *r, enum room_purpose purpose, struct slice issuer, struct slice remote,
		   struct room_visit *ret_visit) WARN_UNUSED;
void room_leave(struct rooms *r, const struct room_visit *visit);

#endif
