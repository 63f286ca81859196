/* SPDX-License-Identifier: Apache-2.0 */
/* Policies that a reload replaces while they are asked. Decisions themselves: tests/flow/test_forward_auth.py. */
#include "daemon/forward_auth.h"
#include "daemon/worker.h"
#include "op_fixture.h"

static struct worker worker;
static struct forward_auth *before, *after;
static bool was_in_use;

static struct forward_auth *policies(const char *name)
{
	struct config_forward_auth *v = arena_alloc(&worker.arena, sizeof *v);
	struct config *config = arena_alloc(&worker.arena, sizeof *config);
	struct forward_auth *f = NULL;
	*v = (struct config_forward_auth){.name = slice_cstr(name), .mode = SLICE("bearer"), .audience = SLICE(FX_API)};
	*config = (struct config){.issuer = SLICE(FX_ISSUER), .forward_auth = {v, 1}};
	CHECK_OK(forward_auth_new(config, &worker.arena, &f));
	return f;
}

/* In the middle of a decision comes a reload, from this very thread: it would wait for ever. */
static const struct op_keys *keys_with_a_reload(void *self)
{
	forward_auth_replace(&worker, after);
	was_in_use = forward_auth_in_use(before) && !forward_auth_in_use(after);
	return fx.services.keys(self);
}

static enum rc ask(const char *policy, struct reply *r)
{
	struct call_pair query[] = {{SLICE("policy"), slice_cstr(policy)}};
	struct call_pair headers[] = {{SLICE("x-forwarded-method"), SLICE("GET")}, {SLICE("x-forwarded-uri"), SLICE("/")},
				      {SLICE("x-forwarded-host"), SLICE("api.example")}};
	struct call c = {.arena = &fx.arena, .now = fx.now, .method = CALL_GET, .host = SLICE("id.example"), .trusted = true, .peer_uid = -1,
			 .remote = SLICE("192.0.2.1"), .request_id = SLICE("0"), .query = {query, 1}, .headers = {headers, ARRAY_LEN(headers)}};
	*r = (struct reply){.status = 0};
	return forward_auth_endpoint(&worker, &c, r);
}

FX_TEST(policies_are_replaced_while_a_decision_waits)
{
	struct reply r;
	arena_init(&worker.arena, 1 << 20);
	CHECK(pthread_mutex_init(&worker.policies, NULL) == 0);
	worker.op = fx.op;
	worker.services = fx.services;
	before = policies("old");
	after = policies("new");
	forward_auth_replace(&worker, before);
	worker.services.keys = keys_with_a_reload;
	CHECK_OK(ask("old", &r));
	CHECK(r.status == 401 && was_in_use);
	CHECK(!forward_auth_in_use(before));
	worker.services.keys = fx.services.keys;
	CHECK_RC(ask("old", &r), RC_NOT_FOUND);
	CHECK_OK(ask("new", &r));
	forward_auth_free(before);
	forward_auth_free(after);
	arena_reset(&worker.arena);
}

T_MAIN(T(policies_are_replaced_while_a_decision_waits))
