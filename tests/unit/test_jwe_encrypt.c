/* SPDX-License-Identifier: Apache-2.0 */
/* Making JWE messages: every pair of algorithms, every serialization, and every spec that is refused. */
#include <pthread.h>

#include "jwe_forge.h"

/* A private key for each algorithm with some `enc`; NULL for PBES2. */
static const char *members_for(enum jwe_alg alg, enum jwe_enc enc)
{
	static const char *const by_len[] = {[2] = OCT_16, [3] = OCT_24, [4] = OCT_32, [6] = OCT_48, [8] = OCT_64};
	switch (jwe_alg_row(alg)->mode) {
	case JWE_MODE_OAEP:
		return RSA_PRIVATE;
	case JWE_MODE_ECDH:
		return enc % 2 == 0 ? EC_PRIVATE : X25519_PRIVATE;
	case JWE_MODE_DIR:
		return by_len[jwe_enc_row(enc)->key_len / 8];
	case JWE_MODE_PBES2:
		return NULL;
	default:
		return by_len[jwe_alg_row(alg)->key_len / 8];
	}
}

static void validate_pair(enum jwe_alg alg, enum jwe_enc enc)
{
	static const struct slice plain = SLICE_INIT("any text at all, of more than thirty-two bytes");
	const char *members = members_for(alg, enc);
	struct jwk *key = members == NULL ? NULL : key_from(members);
	struct jwe_recipient to = {.key = key, .alg = alg, .p2c = members == NULL ? 1000 : 0,
				   .password = members == NULL ? secret_of("password", 8) : secret_of(NULL, 0)};
	struct jwe_keys keys = {.key = key, .password = to.password};
	for (enum jwe_form form = JWE_COMPACT; form <= JWE_GENERAL; form++) {
		struct arena a;
		struct slice text = SLICE_NONE;
		struct jwe jwe = {.plain = SLICE_NONE};
		struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = enc, .form = form, .typ = SLICE("t"), .cty = SLICE("c"),
					.deflate = enc % 2 == 0};
		arena_init(&a, 1 << 20);
		CHECK_OK(jwe_encrypt(&spec, plain, &a, &text));
		CHECK_OK(jwe_decrypt(text, &keys, &forge_policy, &a, &jwe));
		CHECK_SLICE(jwe.plain, plain);
		CHECK(jwe.header.alg == alg && jwe.header.enc == enc && (json_get(jwe.header.protected, SLICE("zip")) != NULL) == spec.deflate);
		CHECK(json_is_string(jwe_param(&jwe.header, SLICE("typ")), SLICE("t")));
		CHECK(json_is_string(jwe_param(&jwe.header, SLICE("cty")), SLICE("c")));
		arena_reset(&a);
	}
	jwk_unref(key);
}

static void every_pair_opens_what_it_sealed(void)
{
	for (enum jwe_alg alg = 0; alg < JWE_ALG_COUNT; alg++)
		for (enum jwe_enc enc = 0; enc < JWE_ENC_COUNT; enc++) {
			t_set_row((const char *)jwe_alg_row(alg)->name.p);
			validate_pair(alg, enc);
		}
}

static void every_curve_agrees(void)
{
	static const enum crypto_key_type types[] = {CRYPTO_KEY_P256, CRYPTO_KEY_P384, CRYPTO_KEY_P521, CRYPTO_KEY_X25519, CRYPTO_KEY_X448};
	static const char *const names[] = {"\"EC\",\"crv\":\"P-256\"", "\"EC\",\"crv\":\"P-384\"", "\"EC\",\"crv\":\"P-521\"",
					    "\"OKP\",\"crv\":\"X25519\"", "\"OKP\",\"crv\":\"X448\""};
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct crypto_key *raw = NULL;
		char members[1024];
		struct arena a;
		struct slice text = SLICE_NONE, part64[3] = {SLICE_NONE, SLICE_NONE, SLICE_NONE};
		static const enum crypto_part parts[] = {CRYPTO_PART_X, CRYPTO_PART_Y, CRYPTO_PART_D};
		t_set_row(names[i]);
		arena_init(&a, 1 << 20);
		CHECK_OK(crypto_key_generate(types[i], 0, &raw));
		for (size_t k = 0; k < 3; k++) {
			uint8_t bytes[CRYPTO_PART_MAX];
			size_t n = 0;
			if (crypto_key_part(raw, parts[k], bytes, &n) == RC_OK)
				part64[k] = to64(&a, slice_of(bytes, n));
		}
		(void)snprintf(members, sizeof members, "\"kty\":%s,\"x\":\"%.*s\",%s%.*s%s\"d\":\"%.*s\"", names[i], SLICE_ARGS(part64[0]),
			       part64[1].n > 0 ? "\"y\":\"" : "", SLICE_ARGS(part64[1]), part64[1].n > 0 ? "\"," : "", SLICE_ARGS(part64[2]));
		struct jwk *key = key_from(members);
		struct jwe_recipient to = {.key = key, .alg = JWE_ECDH_ES_A192KW, .apu = SLICE("Alice"), .apv = SLICE("Bob")};
		struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = JWE_A192CBC_HS384};
		CHECK_OK(jwe_encrypt(&spec, SLICE("plain"), &a, &text));
		CHECK_OK(open_with(text, key, &forge_policy));
		jwk_unref(key);
		crypto_key_free(raw);
		arena_reset(&a);
	}
}

/* Each of four recipients opens it, and each with what is its own alone. */
static void several_recipients_each_open_it(void)
{
	struct jwk *keys[] = {key_from(RSA_PRIVATE ",\"kid\":\"r\""), key_from(EC_PRIVATE ",\"kid\":\"e\""), key_from(OCT_32 ",\"kid\":\"o\"")};
	struct arena a;
	struct slice text = SLICE_NONE;
	struct jwe jwe;
	arena_init(&a, 1 << 20);
	const struct jwe_recipient to[] = {
		{.key = keys[0], .alg = JWE_RSA_OAEP_512}, {.key = keys[1], .alg = JWE_ECDH_ES_A256KW, .apu = SLICE("Alice")},
		{.key = keys[2], .alg = JWE_A256GCMKW}, {.password = secret_of("password", 8), .alg = JWE_PBES2_HS384_A192KW, .p2c = 1000},
	};
	struct jwe_spec spec = {.recipients = to, .count = 4, .enc = JWE_A256CBC_HS512, .form = JWE_GENERAL, .aad = SLICE("beside"),
				.unprotected = SLICE("{\"u\":[1,2]}"), .protected = SLICE("{\"p\":\"\\u0061\\\"\",\"q\":{\"r\":null}}")};
	CHECK_OK(jwe_encrypt(&spec, SLICE("plain"), &a, &text));
	for (size_t i = 0; i <= ARRAY_LEN(keys); i++) {
		struct jwe_keys who = {.key = i < 3 ? keys[i] : NULL, .password = i < 3 ? secret_of(NULL, 0) : to[3].password};
		CHECK_OK(jwe_decrypt(text, &who, &forge_policy, &a, &jwe));
		CHECK_SLICE(jwe.plain, SLICE("plain"));
		CHECK_SLICE(jwe.aad, SLICE("beside"));
		CHECK(jwe.header.alg == to[i].alg);
		CHECK(json_is_string(jwe_param(&jwe.header, SLICE("p")), SLICE("a\"")) && jwe_param(&jwe.header, SLICE("u")) != NULL);
	}
	struct jwe_keys nobody = {.password = secret_of("passw0rd", 8)};
	CHECK_RC(jwe_decrypt(text, &nobody, &forge_policy, &a, &jwe), RC_JOSE_DECRYPT);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		jwk_unref(keys[i]);
	arena_reset(&a);
}

/* Randomness never repeats: key, IV, ephemeral key, salt. */
static void nothing_of_two_messages_is_the_same(void)
{
	static const enum jwe_alg algs[] = {JWE_A128KW, JWE_DIR, JWE_A128GCMKW, JWE_PBES2_HS256_A128KW};
	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		struct arena a;
		struct slice text[2], part[2];
		bool password = algs[i] == JWE_PBES2_HS256_A128KW;
		struct jwk *key = password ? NULL : key_from(OCT_16);
		struct jwe_recipient to = {.key = key, .alg = algs[i], .p2c = 1000,
					   .password = password ? secret_of("password", 8) : secret_of(NULL, 0)};
		struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = JWE_A128GCM};
		arena_init(&a, 1 << 20);
		for (size_t k = 0; k < 2; k++)
			CHECK_OK(jwe_encrypt(&spec, SLICE("plain"), &a, &text[k]));
		for (size_t at = 0; slice_split(&text[0], '.', &part[0]) && slice_split(&text[1], '.', &part[1]); at++)
			if (at > 0 && part[0].n > 0)
				CHECK(!slice_eq(part[0], part[1]));
		jwk_unref(key);
		arena_reset(&a);
	}
}

static void crit_is_written_and_demanded(void)
{
	static const struct slice x = SLICE_INIT("x"), z = SLICE_INIT("z");
	struct arena a;
	struct slice text = SLICE_NONE;
	struct jwk *key = key_from(OCT_16);
	struct jwe_recipient to = {.key = key, .alg = JWE_DIR};
	struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = JWE_A128GCM, .protected = SLICE("{\"x\":1}"), .critical = &x,
				.critical_count = 1};
	struct jwe_policy p = forge_policy;
	arena_init(&a, 1 << 20);
	CHECK_OK(jwe_encrypt(&spec, SLICE("plain"), &a, &text));
	CHECK_RC(open_with(text, key, &p), RC_JOSE_CRIT);
	p.critical = &x;
	p.critical_count = 1;
	CHECK_OK(open_with(text, key, &p));
	spec.critical = &z;
	CHECK_RC(jwe_encrypt(&spec, SLICE("plain"), &a, &text), RC_RANGE);
	jwk_unref(key);
	arena_reset(&a);
}

/* What may be wrong with a spec: a row changes one thing. */
struct wrong {
	const char *name;
	struct jwe_spec spec; /* its recipients are set by the test */
	enum { KW, DIR, PASSWORD } who; /* its recipients */
	enum rc want;
};

static void encrypt_refuses_specs(void)
{
	static const struct wrong rows[] = {
		{"compact for two", {.count = 2, .form = JWE_COMPACT}, KW, RC_RANGE},
		{"flattened for two", {.count = 2, .form = JWE_FLATTENED}, KW, RC_RANGE},
		{"for nobody", {.count = 0, .form = JWE_GENERAL}, KW, RC_RANGE},
		{"for seventeen", {.count = 17, .form = JWE_GENERAL}, KW, RC_RANGE},
		{"dir for two", {.count = 2, .form = JWE_GENERAL}, DIR, RC_RANGE},
		{"general for two", {.count = 2, .form = JWE_GENERAL}, KW, RC_OK},
		{"general for sixteen", {.count = 16, .form = JWE_GENERAL}, KW, RC_OK},
		{"compact with aad", {.count = 1, .aad = SLICE_INIT("x")}, KW, RC_RANGE},
		{"compact with unprotected", {.count = 1, .unprotected = SLICE_INIT("{}")}, KW, RC_RANGE},
		{"alg of the caller's", {.count = 1, .protected = SLICE_INIT("{\"alg\":\"none\"}")}, KW, RC_RANGE},
		{"enc of the caller's", {.count = 1, .protected = SLICE_INIT("{\"enc\":\"A128GCM\"}")}, KW, RC_RANGE},
		{"kid by escape", {.count = 1, .protected = SLICE_INIT("{\"\\u006bid\":\"x\"}")}, KW, RC_RANGE},
		{"jku", {.count = 1, .protected = SLICE_INIT("{\"jku\":\"x\"}")}, KW, RC_RANGE},
		{"crit of the caller's", {.count = 1, .protected = SLICE_INIT("{\"crit\":[\"x\"]}")}, KW, RC_RANGE},
		{"protected an array", {.count = 1, .protected = SLICE_INIT("[]")}, KW, RC_RANGE},
		{"protected no JSON", {.count = 1, .protected = SLICE_INIT("{")}, KW, RC_RANGE},
		{"protected twice the same", {.count = 1, .protected = SLICE_INIT("{\"x\":1,\"x\":1}")}, KW, RC_RANGE},
		{"unprotected alg", {.count = 1, .form = JWE_FLATTENED, .unprotected = SLICE_INIT("{\"zip\":\"DEF\"}")}, KW, RC_RANGE},
		{"one name in both", {.count = 1, .form = JWE_FLATTENED, .protected = SLICE_INIT("{\"x\":1}"),
				      .unprotected = SLICE_INIT("{\"\\u0078\":1}")}, KW, RC_RANGE},
		{"without fault", {.count = 1, .protected = SLICE_INIT("{}")}, KW, RC_OK},
		{"password without fault", {.count = 1}, PASSWORD, RC_OK},
	};
	struct jwk *key = key_from(OCT_16);
	struct jwe_recipient dir[17], kw[17], password = {.password = secret_of("p", 1), .alg = JWE_PBES2_HS256_A128KW, .p2c = 1000};
	for (size_t i = 0; i < ARRAY_LEN(dir); i++)
		dir[i] = (struct jwe_recipient){.key = key, .alg = JWE_DIR}, kw[i] = (struct jwe_recipient){.key = key, .alg = JWE_A128KW};
	T_ROWS(row, rows, name) {
		struct arena a;
		struct slice text = SLICE("untouched");
		struct jwe_spec spec = row->spec;
		arena_init(&a, 1 << 20);
		spec.recipients = row->who == PASSWORD ? &password : row->who == DIR ? dir : kw;
		spec.enc = JWE_A128GCM;
		CHECK_RC(jwe_encrypt(&spec, SLICE("plain"), &a, &text), row->want);
		CHECK(row->want == RC_OK || slice_eq(text, SLICE("untouched")));
		arena_reset(&a);
	}
	jwk_unref(key);
}

static void encrypt_refuses_recipients(void)
{
	static uint8_t long_text[257];
	struct jwk *key = key_from(OCT_16), *ec = key_from(EC_PUBLIC);
	const struct {
		const char *name;
		struct jwe_recipient to;
		enum rc want;
	} rows[] = {
		{"PBES2 without password", {.alg = JWE_PBES2_HS256_A128KW, .p2c = 1000}, RC_RANGE},
		{"PBES2 with a key", {.key = key, .alg = JWE_PBES2_HS256_A128KW, .p2c = 1000}, RC_RANGE},
		{"no key", {.alg = JWE_A128KW}, RC_RANGE},
		{"999 rounds", {.password = secret_of("p", 1), .alg = JWE_PBES2_HS256_A128KW, .p2c = 999}, RC_RANGE},
		{"too many rounds", {.password = secret_of("p", 1), .alg = JWE_PBES2_HS256_A128KW, .p2c = JWE_P2C_MAX + 1}, RC_RANGE},
		{"long apu", {.key = ec, .alg = JWE_ECDH_ES, .apu = slice_of(long_text, 257)}, RC_LIMIT},
		{"long apv", {.key = ec, .alg = JWE_ECDH_ES, .apv = slice_of(long_text, 257)}, RC_LIMIT},
		{"apu and apv of 256", {.key = ec, .alg = JWE_ECDH_ES, .apu = slice_of(long_text, 256), .apv = slice_of(long_text, 256)}, RC_OK},
		{"another key's alg", {.key = ec, .alg = JWE_A128KW}, RC_JOSE_ALG},
	};
	T_ROWS(row, rows, name) {
		struct arena a;
		struct slice text = SLICE_NONE;
		struct jwe_spec spec = {.recipients = &row->to, .count = 1, .enc = JWE_A128GCM};
		arena_init(&a, 1 << 20);
		CHECK_RC(jwe_encrypt(&spec, SLICE("plain"), &a, &text), row->want);
		arena_reset(&a);
	}
	const struct jwe_recipient second_fails[] = {
		{.key = key, .alg = JWE_A128KW}, {.key = ec, .alg = JWE_ECDH_ES_A128KW, .apu = slice_of(long_text, 257)}};
	struct jwe_spec spec = {.recipients = second_fails, .count = 2, .enc = JWE_A128GCM, .form = JWE_GENERAL};
	struct arena a;
	struct slice text = SLICE_NONE;
	arena_init(&a, 1 << 20);
	CHECK_RC(jwe_encrypt(&spec, SLICE("plain"), &a, &text), RC_LIMIT);
	arena_reset(&a);
	jwk_unref(key);
	jwk_unref(ec);
}

/* What is made can be opened again: its limits are those of opening. */
static void encrypt_has_the_limits_of_decrypt(void)
{
	static uint8_t plain[JWE_TEXT_MAX + 1];
	struct jwk *key = key_from(OCT_16);
	struct jwe_recipient to = {.key = key, .alg = JWE_DIR};
	static const struct {
		size_t n;
		bool deflate;
		enum rc want;
	} rows[] = {{700000, false, RC_OK}, {JWE_TEXT_MAX, false, RC_LIMIT}, {JWE_TEXT_MAX + 1, false, RC_LIMIT},
		    {JWE_INFLATED_MAX, true, RC_OK}, {JWE_INFLATED_MAX + 1, true, RC_LIMIT}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a;
		struct slice text = SLICE_NONE;
		struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = JWE_A128GCM, .deflate = rows[i].deflate};
		arena_init(&a, 16 << 20);
		CHECK_RC(jwe_encrypt(&spec, slice_of(plain, rows[i].n), &a, &text), rows[i].want);
		if (rows[i].want == RC_OK)
			CHECK_OK(open_with(text, key, &forge_policy));
		arena_reset(&a);
	}
	char header[JWE_HEADER_MAX + 16];
	struct arena a;
	struct slice text = SLICE_NONE;
	arena_init(&a, 1 << 20);
	(void)snprintf(header, sizeof header, "{\"x\":\"%*s\"}", JWE_HEADER_MAX - 8, "");
	struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = JWE_A128GCM, .protected = slice_cstr(header)};
	CHECK_RC(jwe_encrypt(&spec, SLICE("plain"), &a, &text), RC_LIMIT);
	jwk_unref(key);
	arena_reset(&a);
}

/* Wherever the memory ends, nothing is made or something whole. */
static void encrypt_in_a_small_arena_is_a_limit(void)
{
	struct jwk *key = key_from(EC_PRIVATE);
	struct jwe_recipient to = {.key = key, .alg = JWE_ECDH_ES};
	struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = JWE_A128GCM, .protected = SLICE("{\"x\":1}"), .form = JWE_FLATTENED,
				.unprotected = SLICE("{\"y\":1}"), .aad = SLICE("beside")};
	size_t made = 0, tried = 0;
	for (size_t max = 0; max < 400000; max += max < 40000 ? 500 : 8000) {
		struct arena a;
		struct slice text = SLICE("untouched");
		arena_init(&a, max);
		spec.deflate = max >= 40000;
		enum rc rc = jwe_encrypt(&spec, SLICE("plain"), &a, &text);
		if (rc == RC_OK)
			CHECK_OK(open_with(text, key, &forge_policy));
		else
			CHECK_SLICE(text, SLICE("untouched"));
		made += rc == RC_OK;
		tried++;
		arena_reset(&a);
	}
	CHECK(made > 0 && made < tried);
	jwk_unref(key);
}

/* What four threads do at once with the same keys. */
struct shared {
	struct jwk *keys[4];
	struct jwks *set;
	enum rc rc[4];
};

struct worker {
	struct shared *shared;
	size_t number;
	pthread_t thread;
};

static enum rc make_and_open(const struct shared *x, struct arena *a)
{
	static const enum jwe_alg algs[] = {JWE_RSA_OAEP_256, JWE_ECDH_ES_A256KW, JWE_ECDH_ES, JWE_A256GCMKW};
	const struct jwe_keys keys = {.set = x->set};
	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		struct jwe_recipient to = {.key = x->keys[i], .alg = algs[i]};
		struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = JWE_A256CBC_HS512};
		struct slice text;
		struct jwe jwe;
		TRY(jwe_encrypt(&spec, SLICE("plain"), a, &text));
		TRY(jwe_decrypt(text, &keys, &forge_policy, a, &jwe));
		if (!slice_eq(jwe.plain, SLICE("plain")))
			return RC_INTERNAL;
	}
	return RC_OK;
}

static void *work(void *self)
{
	struct worker *w = self;
	struct arena a;
	arena_init(&a, 1 << 20);
	for (int i = 0; i < 20 && w->shared->rc[w->number] == RC_OK; i++) {
		w->shared->rc[w->number] = make_and_open(w->shared, &a);
		arena_reset(&a);
	}
	return NULL;
}

static void threads_share_keys(void)
{
	static const char text[] = "{\"keys\":[{\"kid\":\"r\"," RSA_PRIVATE "},{\"kid\":\"e\"," EC_PRIVATE "},{\"kid\":\"x\"," X25519_PRIVATE
				   "},{\"kid\":\"o\"," OCT_32 "}]}";
	struct shared x = {.set = NULL};
	struct worker workers[4];
	CHECK_OK(jwks_read(slice_cstr(text), JWK_ANY, &x.set, NULL));
	for (size_t i = 0; i < 4; i++)
		x.keys[i] = jwks_at(x.set, i);
	for (size_t i = 0; i < 4; i++) {
		workers[i] = (struct worker){.shared = &x, .number = i};
		CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
	}
	for (size_t i = 0; i < 4; i++) {
		CHECK(pthread_join(workers[i].thread, NULL) == 0);
		CHECK_OK(x.rc[i]);
	}
	jwks_unref(x.set);
}

T_MAIN(T(every_pair_opens_what_it_sealed), T(every_curve_agrees), T(several_recipients_each_open_it),
       T(nothing_of_two_messages_is_the_same), T(crit_is_written_and_demanded), T(encrypt_refuses_specs), T(encrypt_refuses_recipients),
       T(encrypt_has_the_limits_of_decrypt), T(encrypt_in_a_small_arena_is_a_limit), T(threads_share_keys))
