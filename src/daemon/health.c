/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/health.h"

#include "base/json.h"
#include "daemon/worker.h"
#include "web/render.h"

enum rc health_live(struct worker *w UNUSED, struct call *c UNUSED, struct reply *r)
{
	reply_json(r, 200, SLICE("{\"status\":\"ok\"}"));
	return RC_OK;
}

static bool keys_there(struct worker *w)
{
	const struct op_keys *keys = keys_get(&w->keys);
	bool there = keys != NULL && keys->n > 0;
	keys_release(&w->keys, keys);
	return there;
}

enum rc health_ready(struct worker *w, struct call *c, struct reply *r)
{
	uint8_t memory[256];
	struct buf b;
	struct slice body;
	bool directory = w->directory.ping(w->directory.self) == RC_OK;
	bool ephemeral = w->ephemeral.ping(w->ephemeral.self) == RC_OK;
	bool signer = signer_client_ping(&w->signer) == RC_OK, keys = keys_there(w);
	bool ready = directory && ephemeral && signer && keys;
	buf_over(&b, memory, sizeof memory);
	struct json_out o = json_out_to(&b);
	json_out_object(&o);
	json_out_member(&o, SLICE("status"), ready ? SLICE("ready") : SLICE("not ready"));
	json_out_member_bool(&o, SLICE("directory"), directory);
	json_out_member_bool(&o, SLICE("ephemeral"), ephemeral);
	json_out_member_bool(&o, SLICE("signer"), signer);
	json_out_member_bool(&o, SLICE("keys"), keys);
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	TRY(arena_copy(c->arena, buf_slice(&b), &body));
	reply_json(r, ready ? 200 : 503, body);
	return RC_OK;
}

enum rc health_asset(struct worker *w UNUSED, struct call *c, struct reply *r)
{
	return web_asset(c, r);
}
