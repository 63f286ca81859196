/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy may demand beyond issuer, audience and time: several issuers, one algorithm a key, claims, subjects, tokens
 * used once; and tokens that nobody signed. */
#include "jose_keys.h"
#include "jwt_forge.h"
#include "jose/jwk/jwk_file.h"
#include "jose/jwt/jwt_unsecured.h"

enum { NOW = 1800000000 };

#define CLAIMS(more) "{\"iss\":\"https://a.example\",\"aud\":\"api\",\"exp\":1800000600,\"iat\":1800000000" more "}"
#define HEADER "{\"typ\":\"at+jwt\",\"alg\":\"ES256\"}"

static const struct slice audiences[] = {SLICE_INIT("api")}, types[] = {SLICE_INIT("at+jwt")};

static struct fixture {
	struct arena a;
	struct jwk *key, *other;
	struct jwks *set, *other_set;
} fx;

static struct jwks *set_of(struct jwk *key)
{
	struct jwks *set = NULL;
	CHECK_OK(jwks_of(&key, 1, &set));
	return set;
}

static void set_up(void)
{
	arena_init(&fx.a, 1 << 20);
	CHECK_OK(jwk_generate_for(&(struct jwk_spec){.alg = SLICE("ES256"), .kid = SLICE("k")}, &fx.key));
	CHECK_OK(jwk_generate_for(&(struct jwk_spec){.alg = SLICE("ES256"), .kid = SLICE("k")}, &fx.other));
	fx.set = set_of(fx.key);
	fx.other_set = set_of(fx.other);
}

static void tear_down(void)
{
	jwks_unref(fx.set);
	jwks_unref(fx.other_set);
	jwk_unref(fx.key);
	jwk_unref(fx.other);
	arena_reset(&fx.a);
}

static struct jwt_policy policy_for(struct slice issuer)
{
	return (struct jwt_policy){.algs = JOSE_ALG_BIT(JOSE_ES256), .issuer = issuer, .audiences = audiences, .audience_count = 1,
				   .types = types, .type_count = 1};
}

static enum rc verify(const char *claims, const struct jwt_policy *policy)
{
	struct jwt_claims c;
	return jwt_verify(forge_token(HEADER, claims, fx.key, JOSE_ES256, &fx.a), fx.set, policy, NOW, &fx.a, &c);
}

static void a_key_proves_only_for_its_own_issuer(void)
{
	static const struct {
		const char *name, *header, *claims;
		bool other;
		enum rc rc;
	} rows[] = {
		{"the first", HEADER, CLAIMS(), false, RC_OK},
		{"the second", HEADER, "{\"iss\":\"https://b.example\",\"aud\":\"api\",\"exp\":1800000600}", true, RC_OK},
		{"the second's key for the first", HEADER, CLAIMS(), true, RC_JOSE_ISS},
		{"the first's key for the second", HEADER, "{\"iss\":\"https://b.example\",\"aud\":\"api\",\"exp\":1800000600}", false,
		 RC_JOSE_ISS},
		{"an issuer that is none", HEADER, "{\"iss\":\"https://c.example\",\"aud\":\"api\",\"exp\":1800000600}", false, RC_JOSE_ISS},
		{"an expired one of the second", HEADER, "{\"iss\":\"https://b.example\",\"aud\":\"api\",\"exp\":1700000000}", true, RC_JOSE_EXP},
		{"an unknown kid", "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"x\"}", CLAIMS(), false, RC_JOSE_KID},
		{"an algorithm of neither", "{\"typ\":\"at+jwt\",\"alg\":\"ES384\"}", CLAIMS(), false, RC_JOSE_ALG},
		{"another type", "{\"typ\":\"jwt\",\"alg\":\"ES256\"}", CLAIMS(), false, RC_JOSE_TYP},
	};
	set_up();
	struct jwt_issuer issuers[] = {{SLICE("https://a.example"), JOSE_ALG_BIT(JOSE_ES256), fx.set},
				       {SLICE("https://b.example"), JOSE_ALG_BIT(JOSE_ES256), fx.other_set}};
	struct jwt_policy policy = policy_for(SLICE_NONE);
	policy.algs = 0;
	policy.issuers = issuers;
	policy.issuer_count = 2;
	T_ROWS(row, rows, name) {
		struct jwt_claims c = {.exp = 7};
		struct slice token = forge_token(row->header, row->claims, row->other ? fx.other : fx.key, JOSE_ES256, &fx.a);
		CHECK_RC(jwt_verify(token, NULL, &policy, NOW, &fx.a, &c), row->rc);
		CHECK(row->rc == RC_OK || c.exp == 7);
	}
	t_set_row("a signature of neither");
	struct slice token = forge_token(HEADER, CLAIMS(), fx.key, JOSE_ES256, &fx.a);
	struct jwt_claims c;
	uint8_t *changed = (uint8_t *)(uintptr_t)token.p + token.n - 20;
	*changed = *changed == 'A' ? 'B' : 'A';
	CHECK_RC(jwt_verify(token, NULL, &policy, NOW, &fx.a, &c), RC_JOSE_SIGNATURE);
	tear_down();
}

static void algorithms_are_each_issuers_own(void)
{
	set_up();
	struct jwt_issuer issuers[] = {{SLICE("https://a.example"), JOSE_ALG_BIT(JOSE_RS256), fx.set},
				       {SLICE("https://b.example"), JOSE_ALG_BIT(JOSE_ES256), fx.other_set}};
	struct jwt_policy policy = policy_for(SLICE_NONE);
	struct jwt_claims c;
	policy.algs = 0;
	policy.issuers = issuers;
	policy.issuer_count = 2;
	CHECK_RC(jwt_verify(forge_token(HEADER, CLAIMS(), fx.key, JOSE_ES256, &fx.a), NULL, &policy, NOW, &fx.a, &c), RC_JOSE_SIGNATURE);
	tear_down();
}

static void policies_that_contradict_themselves_are_refused(void)
{
	set_up();
	struct jwt_issuer issuers[JWT_ISSUERS_MAX + 1] = {{SLICE("https://a.example"), JOSE_ALG_BIT(JOSE_ES256), fx.set}};
	struct jwt_policy good = policy_for(SLICE("https://a.example")), p = good;
	struct slice token = forge_token(HEADER, CLAIMS(), fx.key, JOSE_ES256, &fx.a);
	struct jwt_claims c;
	t_set_row("issuers beside an issuer");
	p.issuers = issuers;
	p.issuer_count = 1;
	p.algs = 0;
	CHECK_RC(jwt_verify(token, NULL, &p, NOW, &fx.a, &c), RC_RANGE);
	t_set_row("issuers beside algorithms");
	p.algs = good.algs;
	p.issuer = SLICE_NONE;
	CHECK_RC(jwt_verify(token, NULL, &p, NOW, &fx.a, &c), RC_RANGE);
	t_set_row("seventeen issuers");
	p.algs = 0;
	p.issuer_count = 17;
	CHECK_RC(jwt_verify(token, NULL, &p, NOW, &fx.a, &c), RC_RANGE);
	t_set_row("one issuer");
	p.issuer_count = 1;
	CHECK_OK(jwt_verify(token, NULL, &p, NOW, &fx.a, &c));
	t_set_row("issuers beside an admission");
	p.header_keys = (const struct jwt_header_keys *)(const void *)issuers; /* never looked into */
	CHECK_RC(jwt_verify(token, NULL, &p, NOW, &fx.a, &c), RC_RANGE);
	p.header_keys = NULL;
	t_set_row("an issuer without keys");
	issuers[0].keys = NULL;
	CHECK_RC(jwt_verify(token, NULL, &p, NOW, &fx.a, &c), RC_JOSE_KID);
	t_set_row("no keys");
	CHECK_RC(jwt_verify(token, NULL, &good, NOW, &fx.a, &c), RC_JOSE_KID);
	t_set_row("times out of range");
	const int64_t bad[] = {-1, INT64_MAX, INT64_MIN, 253402300800};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		p = good;
		p.max_age = bad[i];
		CHECK_RC(jwt_verify(token, fx.set, &p, NOW, &fx.a, &c), RC_RANGE);
		p = good;
		p.max_lifetime = bad[i];
		CHECK_RC(jwt_verify(token, fx.set, &p, NOW, &fx.a, &c), RC_RANGE);
		CHECK_RC(jwt_verify(token, fx.set, &good, bad[i], &fx.a, &c), RC_RANGE);
	}
	p = good;
	p.max_age = p.max_lifetime = 253402300799;
	CHECK_OK(jwt_verify(token, fx.set, &p, NOW, &fx.a, &c));
	tear_down();
}

/* RFC 8725 3.1: "Each key MUST be used with exactly one algorithm". */
static void a_key_without_alg_serves_one_algorithm(void)
{
	static const struct {
		const char *name, *key;
		enum jwk_wanted wanted;
		jose_alg_set algs;
		enum jose_alg alg;
		enum rc rc;
	} rows[] = {
		{"RSA where one is allowed", "{" RSA_PUBLIC ",\"d\":\"" RSA_D "\"}", JWK_PRIVATE, JOSE_ALG_BIT(JOSE_RS256), JOSE_RS256, RC_OK},
		{"RSA where one of RSA and one of EC are", "{" RSA_PUBLIC ",\"d\":\"" RSA_D "\"}", JWK_PRIVATE,
		 JOSE_ALG_BIT(JOSE_RS256) | JOSE_ALG_BIT(JOSE_ES256), JOSE_RS256, RC_OK},
		{"RSA where two are", "{" RSA_PUBLIC ",\"d\":\"" RSA_D "\"}", JWK_PRIVATE,
		 JOSE_ALG_BIT(JOSE_RS256) | JOSE_ALG_BIT(JOSE_PS256), JOSE_RS256, RC_JOSE_ALG},
		{"RSA with its alg where two are", "{" RSA_PUBLIC ",\"d\":\"" RSA_D "\",\"alg\":\"PS512\"}", JWK_PRIVATE,
		 JOSE_ALG_BIT(JOSE_RS256) | JOSE_ALG_BIT(JOSE_PS512), JOSE_PS512, RC_OK},
		{"oct where one is", "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\"}",
		 JWK_SYMMETRIC, JOSE_ALG_BIT(JOSE_HS384), JOSE_HS384, RC_OK},
		{"oct where two are", "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\"}",
		 JWK_SYMMETRIC, JOSE_ALG_BIT(JOSE_HS384) | JOSE_ALG_BIT(JOSE_HS256), JOSE_HS256, RC_JOSE_ALG},
		{"Ed25519 under two names", "{" ED_PUBLIC ",\"d\":\"" ED_D "\"}", JWK_PRIVATE,
		 JOSE_ALG_BIT(JOSE_ED25519) | JOSE_ALG_BIT(JOSE_EDDSA), JOSE_EDDSA, RC_OK},
	};
	T_ROWS(row, rows, name) {
		struct jwt_policy policy = policy_for(SLICE("https://a.example"));
		struct jwk *key = NULL;
		struct jwt_claims c;
		char header[64];
		arena_init(&fx.a, 65536);
		policy.algs = row->algs;
		policy.one_algorithm = true;
		CHECK_OK(jwk_read(slice_cstr(row->key), row->wanted, &key));
		struct jwks *set = set_of(key);
		(void)snprintf(header, sizeof header, "{\"typ\":\"at+jwt\",\"alg\":\"%s\"}", (const char *)jose_alg_row(row->alg)->name.p);
		struct slice token = forge_token(header, CLAIMS(), key, row->alg, &fx.a);
		CHECK_RC(jwt_verify(token, set, &policy, NOW, &fx.a, &c), row->rc);
		policy.one_algorithm = false;
		CHECK_OK(jwt_verify(token, set, &policy, NOW, &fx.a, &c));
		jwks_unref(set);
		jwk_unref(key);
		arena_reset(&fx.a);
	}
}

static void demands_on_claims(void)
{
	static const struct slice two[] = {SLICE_INIT("tenant"), SLICE_INIT("acr")};
	static const struct {
		const char *name, *claims;
		struct jwt_policy demand;
		enum rc rc;
	} rows[] = {
		{"required and there", CLAIMS(",\"tenant\":0,\"acr\":false"), {.required = two, .required_count = 2}, RC_OK},
		{"required and missing", CLAIMS(",\"tenant\":\"x\""), {.required = two, .required_count = 2}, RC_JOSE_REQUIRED},
		{"required and null", CLAIMS(",\"tenant\":\"x\",\"acr\":null"), {.required = two, .required_count = 2}, RC_JOSE_REQUIRED},
		{"required in another case", CLAIMS(",\"tenant\":\"x\",\"Acr\":1"), {.required = two, .required_count = 2}, RC_JOSE_REQUIRED},
		{"required and no text", CLAIMS(",\"tenant\":0,\"acr\":\"\\ud800\""), {.required = two, .required_count = 2, .foreign_text = true}, RC_JOSE_REQUIRED},
		{"half a surrogate pair", CLAIMS(",\"x\":\"\\ud800\""), {.foreign_text = false}, RC_JOSE_CLAIMS},
		{"half a surrogate pair of others", CLAIMS(",\"x\":\"\\ud800\""), {.foreign_text = true}, RC_OK},
		{"a member twice, of others", CLAIMS(",\"x\":\"\\ud800\",\"x\":1"), {.foreign_text = true}, RC_JOSE_CLAIMS},
		{"a subject that is no text", CLAIMS(",\"sub\":\"alice\\u0000\""), {.foreign_text = true}, RC_JOSE_SUB},
		{"a nonce that is no text", CLAIMS(",\"nonce\":\"\\ud800\""), {.no_id_token = true, .foreign_text = true}, RC_JOSE_ID_TOKEN},
		{"this subject", CLAIMS(",\"sub\":\"alice\""), {.subject = SLICE_INIT("alice")}, RC_OK},
		{"this subject by an escape", CLAIMS(",\"sub\":\"al\\u0069ce\""), {.subject = SLICE_INIT("alice")}, RC_OK},
		{"another subject", CLAIMS(",\"sub\":\"alice2\""), {.subject = SLICE_INIT("alice")}, RC_JOSE_SUB},
		{"no subject", CLAIMS(), {.subject = SLICE_INIT("alice")}, RC_JOSE_SUB},
		{"a user", CLAIMS(",\"sub\":\"alice\",\"client_id\":\"shop\""), {.subject_type = JWT_SUBJECT_USER}, RC_OK},
		{"a client as a user", CLAIMS(",\"sub\":\"shop\",\"client_id\":\"shop\""), {.subject_type = JWT_SUBJECT_USER}, RC_JOSE_SUB},
		{"a user of no client", CLAIMS(",\"sub\":\"alice\""), {.subject_type = JWT_SUBJECT_USER}, RC_JOSE_SUB},
		{"a client", CLAIMS(",\"sub\":\"shop\",\"client_id\":\"shop\""), {.subject_type = JWT_SUBJECT_CLIENT}, RC_OK},
		{"a user as a client", CLAIMS(",\"sub\":\"alice\",\"client_id\":\"shop\""), {.subject_type = JWT_SUBJECT_CLIENT}, RC_JOSE_SUB},
		{"a client_id that is a number", CLAIMS(",\"sub\":\"1\",\"client_id\":1"), {.subject_type = JWT_SUBJECT_CLIENT}, RC_JOSE_SUB},
		{"a client without subject", CLAIMS(",\"client_id\":\"shop\""), {.subject_type = JWT_SUBJECT_CLIENT}, RC_JOSE_SUB},
		{"a nonce", CLAIMS(",\"nonce\":\"n\""), {.no_id_token = true}, RC_JOSE_ID_TOKEN},
		{"at_hash", CLAIMS(",\"at_hash\":\"n\""), {.no_id_token = true}, RC_JOSE_ID_TOKEN},
		{"c_hash, be it null", CLAIMS(",\"c_hash\":null"), {.no_id_token = true}, RC_JOSE_ID_TOKEN},
		{"none of them", CLAIMS(",\"nonces\":1,\"a\":{\"nonce\":1}"), {.no_id_token = true}, RC_OK},
		{"all of them", CLAIMS(",\"nonce\":1,\"at_hash\":1,\"c_hash\":1"), {.no_id_token = false}, RC_OK},
		{"young enough", CLAIMS(), {.max_age = 1}, RC_OK},
		{"short enough", CLAIMS(), {.max_lifetime = 600}, RC_OK},
		{"too long a life", CLAIMS(), {.max_lifetime = 599}, RC_JOSE_EXP},
	};
	set_up();
	T_ROWS(row, rows, name) {
		struct jwt_policy policy = policy_for(SLICE("https://a.example"));
		policy.required = row->demand.required;
		policy.required_count = row->demand.required_count;
		policy.subject = row->demand.subject;
		policy.subject_type = row->demand.subject_type;
		policy.no_id_token = row->demand.no_id_token;
		policy.foreign_text = row->demand.foreign_text;
		policy.max_age = row->demand.max_age;
		policy.max_lifetime = row->demand.max_lifetime;
		CHECK_RC(verify(row->claims, &policy), row->rc);
	}
	tear_down();
}

static void types_that_id_tokens_have_too(void)
{
	static const struct slice only[] = {SLICE_INIT("at+jwt")}, both[] = {SLICE_INIT("at+jwt"), SLICE_INIT("jwt")}, upper[] = {SLICE_INIT("JWT")};
	CHECK(!jwt_types_are_common(&(struct jwt_policy){.types = only, .type_count = 1}));
	CHECK(jwt_types_are_common(&(struct jwt_policy){.types = only, .type_count = 1, .type_optional = true}));
	CHECK(jwt_types_are_common(&(struct jwt_policy){.types = both, .type_count = 2}));
	CHECK(jwt_types_are_common(&(struct jwt_policy){.types = upper, .type_count = 1}));
}

/* A store of one mark. */
struct marks {
	struct slice issuer, jti;
	int64_t until;
	bool down;
	unsigned calls;
};

static enum rc mark(void *self, struct slice issuer, struct slice jti, int64_t until)
{
	struct marks *m = self;
	m->calls++;
	if (m->down)
		return RC_STORE;
	if (slice_eq(m->jti, jti) && slice_eq(m->issuer, issuer))
		return RC_REPLAY;
	m->issuer = issuer;
	m->jti = jti;
	m->until = until;
	return RC_OK;
}

static void a_jti_is_used_once(void)
{
	struct marks m = {.calls = 0};
	const struct jwt_replay replay = {mark, &m};
	set_up();
	struct jwt_policy policy = policy_for(SLICE("https://a.example"));
	policy.replay = &replay;
	policy.leeway = 60;
	t_set_row("without a bound on how long a mark lasts");
	CHECK_RC(verify(CLAIMS(",\"jti\":\"1\""), &policy), RC_RANGE);
	policy.max_lifetime = 600;
	t_set_row("without jti");
	CHECK_RC(verify(CLAIMS(), &policy), RC_JOSE_JTI);
	t_set_row("not marked for what else is wrong");
	CHECK_RC(verify("{\"iss\":\"https://a.example\",\"aud\":\"x\",\"exp\":1800000600,\"iat\":1800000000,\"jti\":\"1\"}", &policy),
		 RC_JOSE_AUD);
	CHECK(m.calls == 0);
	t_set_row("first");
	CHECK_OK(verify(CLAIMS(",\"jti\":\"1\""), &policy));
	CHECK_SLICE(m.issuer, SLICE("https://a.example"));
	CHECK(m.calls == 1 && m.until == 1800000600 + 60 + 1);
	t_set_row("again");
	CHECK_RC(verify(CLAIMS(",\"jti\":\"1\""), &policy), RC_REPLAY);
	t_set_row("again by an escape");
	CHECK_RC(verify(CLAIMS(",\"jti\":\"\\u0031\""), &policy), RC_REPLAY);
	t_set_row("another");
	CHECK_OK(verify(CLAIMS(",\"jti\":\"2\""), &policy));
	t_set_row("no longer than its age allows");
	policy.max_age = 100;
	CHECK_OK(verify(CLAIMS(",\"jti\":\"3\""), &policy));
	CHECK(m.until == 1800000000 + 100 + 60 + 1);
	t_set_row("a store that cannot say");
	m.down = true;
	CHECK_RC(verify(CLAIMS(",\"jti\":\"4\""), &policy), RC_STORE);
	tear_down();
}

static struct slice text(const char *header, const char *rest)
{
	struct slice parts[2] = {SLICE_NONE, slice_cstr(rest)}, all = SLICE_NONE;
	CHECK_OK(base64url_encode_arena(&fx.a, slice_cstr(header), &parts[0]));
	CHECK_OK(arena_join(&fx.a, parts, 2, &all));
	return all;
}

static void unsecured_reads_only_what_nobody_signed(void)
{
	static const char payload[] =
		".eyJpc3MiOiJodHRwczovL2EuZXhhbXBsZSIsImF1ZCI6ImFwaSIsImV4cCI6MTgwMDAwMDYwMCwiaWF0IjoxODAwMDAwMDAwfQ.";
	static const struct {
		const char *name, *header, *rest;
		enum rc rc;
	} rows[] = {
		{"none", "{\"alg\":\"none\",\"typ\":\"at+jwt\"}", payload, RC_OK},
		{"None", "{\"alg\":\"None\",\"typ\":\"at+jwt\"}", payload, RC_JOSE_ALG},
		{"none by an escape", "{\"alg\":\"n\\u006fne\",\"typ\":\"at+jwt\"}", payload, RC_JOSE_ALG},
		{"none and a space", "{\"alg\":\"none \",\"typ\":\"at+jwt\"}", payload, RC_JOSE_ALG},
		{"an array", "{\"alg\":[\"none\"],\"typ\":\"at+jwt\"}", payload, RC_JOSE_ALG},
		{"no alg", "{\"typ\":\"at+jwt\"}", payload, RC_JOSE_ALG},
		{"ES256", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", payload, RC_JOSE_ALG},
		{"another type", "{\"alg\":\"none\",\"typ\":\"jwt\"}", payload, RC_JOSE_TYP},
		{"no type", "{\"alg\":\"none\"}", payload, RC_JOSE_TYP},
		{"a kid", "{\"alg\":\"none\",\"typ\":\"at+jwt\",\"kid\":\"k\"}", payload, RC_JOSE_HEADER},
		{"a jwk", "{\"alg\":\"none\",\"typ\":\"at+jwt\",\"jwk\":{}}", payload, RC_JOSE_HEADER},
		{"a member by an escape", "{\"alg\":\"none\",\"t\\u0079p\":\"at+jwt\"}", payload, RC_JOSE_HEADER},
		{"crit", "{\"alg\":\"none\",\"typ\":\"at+jwt\",\"crit\":[\"x\"]}", payload, RC_JOSE_CRIT},
		{"a signature", "{\"alg\":\"none\",\"typ\":\"at+jwt\"}", ".e30.AA", RC_JOSE_MALFORMED},
		{"two parts", "{\"alg\":\"none\",\"typ\":\"at+jwt\"}", ".e30", RC_JOSE_MALFORMED},
		{"four parts", "{\"alg\":\"none\",\"typ\":\"at+jwt\"}", ".e30..", RC_JOSE_MALFORMED},
		{"no payload", "{\"alg\":\"none\",\"typ\":\"at+jwt\"}", "..", RC_JOSE_MALFORMED},
		{"one part", "{\"alg\":\"none\",\"typ\":\"at+jwt\"}", "", RC_JOSE_MALFORMED},
		{"no header", "", ".e30.", RC_JOSE_MALFORMED},
		{"a type that is a number", "{\"alg\":\"none\",\"typ\":1}", payload, RC_JOSE_HEADER},
		{"claims of nobody", "{\"alg\":\"none\",\"typ\":\"at+jwt\"}", ".e30.", RC_JOSE_ISS},
	};
	set_up();
	struct jwt_policy policy = policy_for(SLICE("https://a.example"));
	T_ROWS(row, rows, name) {
		struct jwt_claims c = {.exp = 7}, d;
		struct slice token = text(row->header, row->rest);
		CHECK_RC(jwt_unsecured_read(token, &policy, NOW, &fx.a, &c), row->rc);
		CHECK(c.exp == (row->rc == RC_OK ? 1800000600 : 7));
		/* Nobody else takes it. */
		CHECK(jwt_verify(token, fx.set, &policy, NOW, &fx.a, &d) != RC_OK);
	}
	t_set_row("a signed token");
	struct jwt_claims c;
	CHECK_RC(jwt_unsecured_read(forge_token(HEADER, CLAIMS(), fx.key, JOSE_ES256, &fx.a), &policy, NOW, &fx.a, &c), RC_JOSE_MALFORMED);
	t_set_row("written and read");
	struct slice token = SLICE_NONE;
	CHECK_OK(jwt_unsecured_write(SLICE("at+jwt"), SLICE(CLAIMS()), &fx.a, &token));
	CHECK_OK(jwt_unsecured_read(token, &policy, NOW, &fx.a, &c));
	t_set_row("too long");
	static char big[JWT_TEXT_MAX];
	memset(big, 'x', sizeof big);
	CHECK_RC(jwt_unsecured_write(SLICE_NONE, slice_of(big, sizeof big), &fx.a, &token), RC_LIMIT);
	CHECK_RC(jwt_unsecured_read(slice_of(big, sizeof big), &policy, NOW, &fx.a, &c), RC_JOSE_MALFORMED);
	static char longest[JWT_TEXT_MAX + 2];
	memset(longest, 'A', sizeof longest - 1);
	longest[sizeof longest - 2] = '.';
	CHECK_OK(jwt_unsecured_write(SLICE("at+jwt"), SLICE("{}"), &fx.a, &token));
	memcpy(longest, token.p, slice_find(token, '.') + 1);
	CHECK_RC(jwt_unsecured_read(slice_of(longest, sizeof longest - 1), &policy, NOW, &fx.a, &c), RC_JOSE_SIZE);
	tear_down();
}

static void claims_that_no_verifier_could_use_are_not_signed(void)
{
	static const struct {
		const char *name, *claims;
		enum rc rc;
	} rows[] = {
		{"all of them", "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":[\"a\",\"b\"],\"exp\":1,\"nbf\":0,\"iat\":1,\"jti\":\"j\",\"x\":1.5}", RC_OK},
		{"none of them", "{}", RC_OK},
		{"one audience", "{\"aud\":\"a\"}", RC_OK},
		{"an array", "[]", RC_JOSE_CLAIMS},
		{"no JSON", "{", RC_JOSE_CLAIMS},
		{"a member twice", "{\"x\":1,\"x\":1}", RC_JOSE_CLAIMS},
		{"iss a number", "{\"iss\":1}", RC_JOSE_CLAIMS},
		{"sub empty", "{\"sub\":\"\"}", RC_JOSE_CLAIMS},
		{"jti null", "{\"jti\":null}", RC_JOSE_CLAIMS},
		{"aud an object", "{\"aud\":{}}", RC_JOSE_CLAIMS},
		{"aud of nobody", "{\"aud\":[]}", RC_JOSE_CLAIMS},
		{"aud with a number", "{\"aud\":[\"a\",1]}", RC_JOSE_CLAIMS},
		{"exp a string", "{\"exp\":\"1\"}", RC_JOSE_CLAIMS},
		{"exp with a fraction", "{\"exp\":1.5}", RC_JOSE_CLAIMS},
		{"exp before its time", "{\"exp\":-1}", RC_JOSE_CLAIMS},
		{"exp beyond the year 9999", "{\"exp\":253402300800}", RC_JOSE_CLAIMS},
		{"nbf true", "{\"nbf\":true}", RC_JOSE_CLAIMS},
		{"iat with an exponent", "{\"iat\":1e9}", RC_JOSE_CLAIMS},
	};
	T_ROWS(row, rows, name)
		CHECK_RC(jwt_claims_are_sound(slice_cstr(row->claims)), row->rc);
}

T_MAIN(T(a_key_proves_only_for_its_own_issuer), T(algorithms_are_each_issuers_own), T(policies_that_contradict_themselves_are_refused),
       T(a_key_without_alg_serves_one_algorithm), T(demands_on_claims), T(types_that_id_tokens_have_too), T(a_jti_is_used_once), T(unsecured_reads_only_what_nobody_signed),
       T(claims_that_no_verifier_could_use_are_not_signed))
