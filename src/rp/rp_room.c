/* SPDX-License-Identifier: Apache-2.0 */
#include "rp/rp_room.h"

#include "base/network.h"
#include "crypto/hash.h"

void rp_rooms_init(struct rp_rooms *r)
{
	*r = (struct rp_rooms){0};
	(void)pthread_mutex_init(&r->lock, NULL);
}

/* Lock held. Issuers come from the configuration, which has at most as many as there are rows. An empty row of a
 * removed issuer is free. */
static struct rp_room *room_of(struct rp_rooms *r, enum rp_room_purpose purpose, struct slice issuer)
{
	struct rp_room *unused = NULL;
	uint8_t digest[32];
	crypto_sha256(issuer, digest);
	for (size_t i = 0; i < RP_ROOM_PROVIDERS; i++) {
		struct rp_room *x = &r->v[purpose][i];
		if (x->taken && memcmp(x->issuer, digest, sizeof digest) == 0)
			return x;
		if (unused == NULL && x->held == 0)
			unused = x;
	}
	if (unused == NULL)
		return NULL;
	unused->taken = true;
	memcpy(unused->issuer, digest, sizeof digest);
	return unused;
}

static bool room_full(const struct rp_rooms *r, const struct rp_room_visit *v, const struct rp_room *x)
{
	bool first = v->purpose == RP_ROOM_FIRST;
	unsigned same = 0, most = first ? RP_ROOM_QUEUE : RP_ROOM_PLACES,
		 of_network = first ? RP_ROOM_QUEUE_OF_NETWORK : RP_ROOM_OF_NETWORK;
	for (unsigned i = 0; i < x->held; i++)
		same += x->networks[i] == v->network;
	if (x->held == most || same >= of_network)
		return true;
	return r->all[v->purpose] >= RP_ROOM_ALL && x->held >= RP_ROOM_SURE;
}

enum rc rp_room_enter(struct rp_rooms *r, enum rp_room_purpose purpose, struct slice issuer, struct slice remote,
		   struct rp_room_visit *ret_visit)
{
	const struct rp_room_visit v = {purpose, issuer, network_party(remote)};
	(void)pthread_mutex_lock(&r->lock);
	struct rp_room *x = room_of(r, purpose, issuer);
	enum rc rc = x == NULL || room_full(r, &v, x) ? RC_UPSTREAM_BUSY : RC_OK;
	if (rc == RC_OK) {
		x->networks[x->held++] = v.network;
		r->all[purpose]++;
		*ret_visit = v;
	}
	(void)pthread_mutex_unlock(&r->lock);
	return rc;
}

void rp_room_leave(struct rp_rooms *r, const struct rp_room_visit *visit)
{
	(void)pthread_mutex_lock(&r->lock);
	struct rp_room *x = room_of(r, visit->purpose, visit->issuer);
	for (unsigned i = 0; x != NULL && i < x->held; i++) {
		if (x->networks[i] != visit->network)
			continue;
		x->networks[i] = x->networks[--x->held];
		r->all[visit->purpose]--;
		break;
	}
	(void)pthread_mutex_unlock(&r->lock);
}
