/* SPDX-License-Identifier: Apache-2.0 */
#include "front/health.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/json.h"
#include "oauth/token/revocations.h"

enum rc health_live(const struct front *f UNUSED, struct request *c UNUSED, struct reply *r)
{
	reply_json(r, 200, SLICE("{\"status\":\"ok\"}"));
	return RC_OK;
}

static bool has_keys(const struct front *f)
{
	const struct op_keys *keys = keys_get(f->keys);
	bool there = keys != NULL && keys->n > 0;
	keys_release(f->keys, keys);
	return there;
}

/* Whether a session and a code could be written now. Other records have rooms of their own, which may be full. */
static bool has_room(const struct front *f)
{
	static const enum eph_type types[] = {EPH_SESSION, EPH_GATEWAY_SESSION, EPH_CODE};
	struct eph_room rooms[EPH_TYPE_COUNT];
	if (f->op->ephemeral->rooms(f->op->ephemeral->self, rooms) != RC_OK)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct eph_room *r = &rooms[types[i]];
		if (r->records >= r->max_records || r->bytes >= r->max_bytes)
			return false;
	}
	return true;
}

struct ready {
	bool directory, revocations, ephemeral, signer, keys;
};

struct health {
	pthread_mutex_t lock;
	bool asking, known; /* known: there is a last one */
	struct ready last;
};

enum rc health_new(struct health **ret_health)
{
	struct health *h = calloc(1, sizeof *h);
	if (h == NULL)
		return RC_MEMORY;
	(void)pthread_mutex_init(&h->lock, NULL);
	*ret_health = h;
	return RC_OK;
}

static struct ready ask(const struct front *f)
{
	const struct directory *directory = f->op->directory;
	const struct ephemeral *ephemeral = f->op->ephemeral;
	struct ready r = {.directory = directory->ping(directory->self) == RC_OK,
			  .ephemeral = ephemeral->ping(ephemeral->self) == RC_OK && has_room(f),
			  .signer = signer_client_ping(f->signer) == RC_OK,
			  .keys = has_keys(f)};
	/* Without room for one more revocation no session can be ended and no token revoked. */
	r.revocations = r.directory && !revocations_size(f->op->revocations).full;
	return r;
}

/* A store or signer that hangs blocks one thread, however many requests come. */
static struct ready ask_once(const struct front *f)
{
	struct health *h = f->health;
	(void)pthread_mutex_lock(&h->lock);
	struct ready r = h->last;
	bool mine = !h->asking || !h->known;
	h->asking = true;
	(void)pthread_mutex_unlock(&h->lock);
	if (!mine)
		return r;
	r = ask(f);
	(void)pthread_mutex_lock(&h->lock);
	h->last = r;
	h->known = true;
	h->asking = false;
	(void)pthread_mutex_unlock(&h->lock);
	return r;
}

enum rc health_ready(const struct front *f, struct request *c, struct reply *r)
{
	uint8_t memory[256];
	struct buf b;
	struct slice body;
	struct ready now = ask_once(f);
	bool ready = now.directory && now.revocations && now.ephemeral && now.signer && now.keys;
	buf_over(&b, memory, sizeof memory);
	struct json_out o = json_out_to(&b);
	json_out_object(&o);
	json_out_member(&o, SLICE("status"), ready ? SLICE("ready") : SLICE("not ready"));
	json_out_member_bool(&o, SLICE("directory"), now.directory);
	json_out_member_bool(&o, SLICE("revocations"), now.revocations);
	json_out_member_bool(&o, SLICE("ephemeral"), now.ephemeral);
	json_out_member_bool(&o, SLICE("signer"), now.signer);
	json_out_member_bool(&o, SLICE("keys"), now.keys);
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	TRY(arena_copy(c->arena, buf_slice(&b), &body));
	reply_json(r, ready ? 200 : 503, body);
	return RC_OK;
}
