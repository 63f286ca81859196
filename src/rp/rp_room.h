/* SPDX-License-Identifier: Apache-2.0 */
/* Limits how many requests wait for one provider at once. If a room is full, further requests are refused at once. */
#ifndef OSTIARY_RP_RP_ROOM_H
#define OSTIARY_RP_RP_ROOM_H

#include <pthread.h>

#include "rp/rp.h"

enum {
	RP_ROOM_PROVIDERS = 16,
	RP_ROOM_PLACES = 16,   /* of one provider and purpose */
	/* of those, per network: a flood from one network leaves half of a slow provider's places to others */
	RP_ROOM_OF_NETWORK = 8,
	RP_ROOM_QUEUE = 48,    /* instead of RP_ROOM_PLACES, for RP_ROOM_FIRST */
	RP_ROOM_QUEUE_OF_NETWORK = 16,
	RP_ROOM_ALL = 64,      /* of all providers together, except RP_ROOM_SURE of each */
	RP_ROOM_SURE = 2,
};

/* Sign-ins of strangers and sign-outs have separate places. RP_ROOM_FIRST: requests that met a full room before the
 * provider was known to answer or not. */
enum rp_room_purpose { RP_ROOM_SIGN_IN, RP_ROOM_SIGN_OUT, RP_ROOM_FIRST, RP_ROOM_PURPOSES };

struct rp_room {
	uint8_t issuer[32]; /* SHA-256: the configuration that held it may be gone */
	bool taken;
	unsigned held;
	uint64_t networks[RP_ROOM_QUEUE]; /* of each occupied place; unordered */
};

struct rp_rooms {
	pthread_mutex_t lock;
	struct rp_room v[RP_ROOM_PURPOSES][RP_ROOM_PROVIDERS];
	unsigned all[RP_ROOM_PURPOSES];
};

/* The holder of a place. */
struct rp_room_visit {
	enum rp_room_purpose purpose;
	struct slice issuer;
	uint64_t network;
};

void rp_rooms_init(struct rp_rooms *r);
/* `remote`: the client's address, as request.remote. RC_UPSTREAM_BUSY: full. Otherwise release with rp_room_leave. */
enum rc rp_room_enter(struct rp_rooms *r, enum rp_room_purpose purpose, struct slice issuer, struct slice remote,
		   struct rp_room_visit *ret_visit) WARN_UNUSED;
void rp_room_leave(struct rp_rooms *r, const struct rp_room_visit *visit);

#endif
