/* SPDX-License-Identifier: Apache-2.0 */
/* JWS made in every serialization: what is signed is what verifies, or nothing. */
#include "jws_fixture.h"

/* What is signed is what was asked for, or nothing. */
static void jws_sign_memory_that_ends_is_a_limit(void)
{
	static char payload[3000];
	struct fixture f;
	struct jws_rules rules = open_rules;
	bool made = false;
	setup(&f);
	memset(payload, 'x', sizeof payload);
	struct jws_signing signing = {.signer = jwt_signer_of(f.ec), .alg = JOSE_ES256, .kid = SLICE("k1"), .header = SLICE("{\"x\":1}")};
	struct jws_content content = {JWS_GENERAL, slice_of(payload, sizeof payload), true, true};
	rules.detached = rules.unencoded = true;
	rules.payload = content.payload;
	for (size_t max = 0; max < 12288; max += 64) {
		struct slice text = SLICE_NONE;
		struct arena a;
		arena_init(&a, max);
		enum rc rc = jws_sign_any(&content, &signing, 1, &a, &text);
		CHECK(rc == RC_OK || (rc == RC_MEMORY && !made));
		made = made || rc == RC_OK;
		if (rc == RC_OK)
			CHECK_OK(verify(&f, text, &rules));
		arena_reset(&a);
	}
	CHECK(made);
	teardown(&f);
}

/* What cannot be read again is not made. */
static void jws_sign_refuses_what_it_would_not_read(void)
{
	static const struct slice critical[] = {SLICE_INIT("b")}, registered[] = {SLICE_INIT("kid")};
	struct fixture f;
	struct slice text = SLICE_NONE;
	setup(&f);
	struct jws_signing plain = {.signer = jwt_signer_of(f.ec), .alg = JOSE_ES256, .kid = SLICE("k1")}, s[2] = {plain, plain};
	struct jws_content c = {JWS_FLATTENED, SLICE("x"), false, false};
#define SIGN(count, want) CHECK_RC(jws_sign_any(&c, s, count, &f.arena, &text), want)
	t_set_row("counts");
	SIGN(1, RC_OK);
	SIGN(0, RC_RANGE);
	SIGN(2, RC_RANGE);
	c.form = JWS_GENERAL;
	SIGN(2, RC_OK);
	SIGN(JWS_SIGNATURES_MAX + 1, RC_RANGE);
	c.form = JWS_COMPACT;
	SIGN(2, RC_RANGE);
	t_set_row("members");
	s[0].header = SLICE("{\"x\":1}");
	SIGN(1, RC_RANGE);
	c.form = JWS_FLATTENED;
	SIGN(1, RC_OK);
	CHECK_OK(verify(&f, text, &open_rules));
	s[0].header = SLICE("{\"alg\":1}");
	SIGN(1, RC_JOSE_HEADER);
	s[0].header = SLICE("[]");
	SIGN(1, RC_JOSE_HEADER);
	s[0] = plain;
	s[0].more = SLICE("{\"x\":[{}]}");
	SIGN(1, RC_OK);
	CHECK_OK(verify(&f, text, &open_rules));
	s[0].more = SLICE("{ }");
	SIGN(1, RC_OK);
	s[0].more = SLICE("[1]");
	SIGN(1, RC_JOSE_HEADER);
	s[0].more = SLICE("x");
	SIGN(1, RC_JOSE_HEADER);
	s[0].more = SLICE("{\"kid\":\"k2\"}");
	SIGN(1, RC_JOSE_HEADER);
	s[0].more = SLICE("{\"jwk\":{}}");
	SIGN(1, RC_JOSE_HEADER);
	s[0].more = SLICE("{\"b64\":false}");
	SIGN(1, RC_JOSE_CRIT);
	t_set_row("crit");
	s[0] = plain;
	s[0].critical = critical;
	s[0].critical_count = 1;
	SIGN(1, RC_JOSE_CRIT);
	s[0].more = SLICE("{\"b\":1}");
	SIGN(1, RC_OK);
	s[0].critical = registered;
	SIGN(1, RC_JOSE_CRIT);
	t_set_row("b64 and crit together");
	s[0].critical = critical;
	c.unencoded = true;
	SIGN(1, RC_OK);
	struct jws_rules rules = open_rules;
	rules.unencoded = true;
	rules.understood = critical;
	rules.understood_count = 1;
	CHECK_OK(verify(&f, text, &rules));
	t_set_row("payloads");
	s[0] = plain;
	c.payload = SLICE("a\0b");
	SIGN(1, RC_RANGE);
	c.payload = SLICE("\xFF");
	SIGN(1, RC_RANGE);
	c.payload = SLICE("a.b");
	SIGN(1, RC_OK);
	c.form = JWS_COMPACT;
	SIGN(1, RC_RANGE);
	c.detached = true;
	SIGN(1, RC_OK);
	c.detached = c.unencoded = false;
	t_set_row("keys");
	s[0].alg = JOSE_HS256;
	SIGN(1, RC_JOSE_ALG);
	s[0] = plain;
	s[0].kid = SLICE("k2");
	SIGN(1, RC_JOSE_KID);
	t_set_row("size");
	static uint8_t big[JWS_TEXT_MAX];
	memset(big, 'x', sizeof big);
	s[0] = plain;
	c.payload = slice_of(big, sizeof big);
	SIGN(1, RC_LIMIT);
	teardown(&f);
}

T_MAIN(T(jws_sign_memory_that_ends_is_a_limit), T(jws_sign_refuses_what_it_would_not_read))
