/* SPDX-License-Identifier: Apache-2.0 */
/* Whose policies are asked. Decisions themselves: tests/flow/test_forward_auth.py. */
#include "front/forward_auth.h"
#include "op_fixture.h"

static void make(struct front *f, struct arena *a, const char *name)
{
	arena_init(a, 1 << 20);
	struct config_forward_auth *policy = arena_alloc(a, sizeof *policy);
	struct config *config = arena_alloc(a, sizeof *config);
	*policy = (struct config_forward_auth){.name = slice_cstr(name), .mode = SLICE("bearer"), .audience = SLICE(FX_API)};
	*config = (struct config){.issuer = SLICE(FX_ISSUER), .forward_auth = {policy, 1}};
	f->op = &fx.op;
	CHECK_OK(forward_auth_new(config, &config->resources, a, &f->forward_auth));
}

static enum rc ask(const struct front *f, const char *policy, struct reply *r)
{
	struct request_pair query[] = {{SLICE("policy"), slice_cstr(policy)}};
	struct request_pair headers[] = {{SLICE("x-forwarded-method"), SLICE("GET")}, {SLICE("x-forwarded-uri"), SLICE("/")},
				      {SLICE("x-forwarded-host"), SLICE("api.example")}};
	struct request c = {.arena = &fx.arena, .now = fx.now, .method = CALL_GET, .host = SLICE("id.example"), .trusted = true, .peer_uid = -1,
			 .remote = SLICE("192.0.2.1"), .request_id = SLICE("0"), .query = {query, 1}, .headers = {headers, ARRAY_LEN(headers)}};
	*r = (struct reply){.status = 0};
	return forward_auth_endpoint(f, &c, r);
}

/* Two configurations in force at once, as while requests of before are under way. */
FX_TEST(each_configuration_asks_its_own_policies)
{
	static struct front before, after;
	static struct arena arenas[2];
	struct reply r;
	make(&before, &arenas[0], "old");
	make(&after, &arenas[1], "new");
	CHECK_OK(ask(&before, "old", &r));
	CHECK(r.status == 401);
	CHECK_RC(ask(&before, "new", &r), RC_NOT_FOUND);
	CHECK_RC(ask(&after, "old", &r), RC_NOT_FOUND);
	CHECK_OK(ask(&after, "new", &r));
	arena_reset(&arenas[0]);
	arena_reset(&arenas[1]);
}

T_MAIN(T(each_configuration_asks_its_own_policies))
