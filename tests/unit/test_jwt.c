/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: what is signed verifies, and every refusal of jwt.h by name. */
#include "base/base64url.h"
#include "jose/jws/jws.h"
#include "jose/jwt/jwt.h"
#include "jose_keys.h"
#include "t.h"

enum { NOW = 1700000000 };

static const struct slice audiences[] = {SLICE_INIT("https://api.example")};
static const struct slice types[] = {SLICE_INIT("at+jwt")};

static const char good_claims[] = "{\"iss\":\"https://op.example\",\"sub\":\"alice\",\"aud\":\"https://api.example\","
				  "\"exp\":1700000600,\"iat\":1700000000,\"jti\":\"x1\"}";

static struct jwt_policy policy_all(void)
{
	return (struct jwt_policy){
		.algs = JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1,
		.issuer = SLICE("https://op.example"),
		.audiences = audiences, .audience_count = 1,
		.types = types, .type_count = 1,
		.sub_required = true, .jti_required = true,
	};
}

static struct jwks *set_of(const struct jwk *key)
{
	static uint8_t memory[16384];
	struct buf b;
	struct jwks *set = NULL;
	bool oct = jwk_kty(key) == JOSE_KTY_OCT;
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, SLICE("{\"keys\":["));
	struct json_out out = json_out_to(&b);
	CHECK_OK(jwk_write(key, oct, &out));
	buf_put(&b, SLICE("]}"));
	CHECK_OK(jwks_read(buf_slice(&b), oct ? JWK_SYMMETRIC : JWK_PUBLIC, &set, NULL));
	return set;
}

static void jwt_every_algorithm_signs_and_verifies(void)
{
	for (enum jose_alg alg = 0; alg < JOSE_ALG_COUNT; alg++) {
		struct jwk *key = NULL;
		struct arena a;
		struct slice token;
		struct jwt_claims claims;
		struct jwt_policy policy = policy_all();
		arena_init(&a, 65536);
		t_set_row((const char *)jose_alg_row(alg)->name.p);
		if (!crypto_key_available(CRYPTO_KEY_ML_DSA_44) && jose_alg_row(alg)->kty == JOSE_KTY_AKP) {
			CHECK_RC(jwk_generate(alg, 0, &key), RC_JOSE_ALG);
			continue;
		}
		CHECK_OK(jwk_generate(alg, 2048, &key));
		if (key == NULL)
			return;
		struct jwt_signer signer = jwt_signer_of(key);
		CHECK_OK(jwt_sign(&signer, alg, jwk_kid(key), SLICE("at+jwt"), slice_cstr(good_claims), &a, &token));
		struct jwks *set = set_of(key);
		for (int i = 0; i < 3; i++)
			CHECK_OK(jwt_verify(token, set, &policy, NOW, &a, &claims));
		CHECK_SLICE(claims.sub, SLICE("alice"));
		CHECK(claims.exp == 1700000600 && claims.header.alg == alg);
		uint8_t *p = (uint8_t *)(uintptr_t)token.p;
		p[token.n - 10] = p[token.n - 10] == 'A' ? 'B' : 'A';
		CHECK_RC(jwt_verify(token, set, &policy, NOW, &a, &claims), RC_JOSE_SIGNATURE);
		jwks_unref(set);
		jwk_unref(key);
		arena_reset(&a);
	}
}


/* One key pair for the tables: RFC 7515 A.3. */
struct fixture {
	struct arena arena;
	struct jwk *key;
	struct jwks *set;
};

static void setup(struct fixture *f)
{
	arena_init(&f->arena, 1 << 20);
	f->key = NULL;
	f->set = NULL;
	CHECK_OK(jwk_read(SLICE("{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"kid\":\"k1\"}"), JWK_PRIVATE, &f->key));
	CHECK_OK(jwks_read(SLICE("{\"keys\":[{" EC_PUBLIC ",\"kid\":\"k1\"},{" RSA_PUBLIC ",\"kid\":\"rsa\"}]}"), JWK_PUBLIC, &f->set,
			   NULL));
}

static void teardown(struct fixture *f)
{
	jwk_unref(f->key);
	jwks_unref(f->set);
	arena_reset(&f->arena);
}

/* A token with exactly this header and payload under a good ES256 signature. */
static struct slice forge(struct fixture *f, struct slice header, struct slice payload)
{
	uint8_t signature[JWK_SIGNATURE_MAX];
	size_t n = 0;
	struct slice parts[5] = {SLICE_NONE, SLICE("."), SLICE_NONE, SLICE("."), SLICE_NONE}, token = SLICE_NONE;
	CHECK_OK(base64url_encode_arena(&f->arena, header, &parts[0]));
	CHECK_OK(base64url_encode_arena(&f->arena, payload, &parts[2]));
	CHECK_OK(arena_join(&f->arena, parts, 3, &token));
	CHECK_OK(jwk_sign(f->key, JOSE_ES256, token, signature, sizeof signature, &n));
	CHECK_OK(base64url_encode_arena(&f->arena, slice_of(signature, n), &parts[4]));
	CHECK_OK(arena_join(&f->arena, parts, 5, &token));
	return token;
}

static enum rc verify(struct fixture *f, struct slice token, const struct jwt_policy *policy)
{
	struct jwt_claims claims = {.text = SLICE_NONE};
	return jwt_verify(token, f->set, policy, NOW, &f->arena, &claims);
}

struct row {
	const char *name;
	struct slice text;
	enum rc rc;
};

#define ROW(row_name, literal, code) {row_name, SLICE_INIT(literal), code}

static const struct row header_rows[] = {
	ROW("good", "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_OK),
	ROW("good by media type", "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"application/at+jwt\"}", RC_OK),
	ROW("good in upper case", "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"APPLICATION/AT+JWT\"}", RC_OK),
	ROW("good without kid", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", RC_OK),
	ROW("good with an unknown member", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"x5t\":\"AA\"}", RC_OK),
	ROW("alg none", "{\"alg\":\"none\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg None", "{\"alg\":\"None\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg NONE", "{\"alg\":\"NONE\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg nOnE", "{\"alg\":\"nOnE\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg none and a space", "{\"alg\":\"none \",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg none escaped", "{\"alg\":\"\\u006eone\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg ES256 escaped", "{\"alg\":\"\\u0045S256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg empty", "{\"alg\":\"\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg missing", "{\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg null", "{\"alg\":null,\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg an array", "{\"alg\":[\"ES256\"],\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg a number", "{\"alg\":256,\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg in lower case", "{\"alg\":\"es256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg and a space", "{\"alg\":\"ES256 \",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg unknown", "{\"alg\":\"XX999\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg of the same family", "{\"alg\":\"ES384\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg of a MAC for a public key", "{\"alg\":\"HS256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("alg of another key", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("kid of another key", "{\"alg\":\"ES256\",\"kid\":\"rsa\",\"typ\":\"at+jwt\"}", RC_JOSE_ALG),
	ROW("kid unknown", "{\"alg\":\"ES256\",\"kid\":\"k2\",\"typ\":\"at+jwt\"}", RC_JOSE_KID),
	ROW("kid a path", "{\"alg\":\"ES256\",\"kid\":\"../../dev/null\",\"typ\":\"at+jwt\"}", RC_JOSE_KID),
	ROW("kid empty", "{\"alg\":\"ES256\",\"kid\":\"\",\"typ\":\"at+jwt\"}", RC_JOSE_HEADER),
	ROW("kid a number", "{\"alg\":\"ES256\",\"kid\":1,\"typ\":\"at+jwt\"}", RC_JOSE_HEADER),
	ROW("kid an object", "{\"alg\":\"ES256\",\"kid\":{},\"typ\":\"at+jwt\"}", RC_JOSE_HEADER),
	ROW("kid with a line break", "{\"alg\":\"ES256\",\"kid\":\"k1\\r\\nx\",\"typ\":\"at+jwt\"}", RC_JOSE_HEADER),
	ROW("kid with U+0000", "{\"alg\":\"ES256\",\"kid\":\"k1\\u0000\",\"typ\":\"at+jwt\"}", RC_JOSE_HEADER),
	ROW("typ missing", "{\"alg\":\"ES256\",\"kid\":\"k1\"}", RC_JOSE_TYP),
	ROW("typ JWT", "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}", RC_JOSE_TYP),
	ROW("typ of a logout token", "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"logout+jwt\"}", RC_JOSE_TYP),
	ROW("typ of a DPoP proof", "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"dpop+jwt\"}", RC_JOSE_TYP),
	ROW("typ with a parameter", "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"at+jwt;x=1\"}", RC_JOSE_TYP),
	ROW("typ empty", "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"\"}", RC_JOSE_HEADER),
	ROW("typ only a prefix", "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"application/\"}", RC_JOSE_HEADER),
	ROW("typ a number", "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":1}", RC_JOSE_HEADER),
	ROW("crit unknown", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"crit\":[\"exp\"],\"exp\":1}", RC_JOSE_CRIT),
	ROW("crit b64", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"crit\":[\"b64\"],\"b64\":true}", RC_JOSE_CRIT),
	ROW("crit empty", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"crit\":[]}", RC_JOSE_CRIT),
	ROW("crit a string", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"crit\":\"exp\"}", RC_JOSE_CRIT),
	ROW("crit null", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"crit\":null}", RC_JOSE_CRIT),
	ROW("crit escaped", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"cr\\u0069t\":[\"x\"]}", RC_JOSE_CRIT),
	ROW("jwk embedded", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"jwk\":{" EC_PUBLIC "}}", RC_JOSE_HEADER),
	ROW("jku", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"jku\":\"https://evil.example/\"}", RC_JOSE_HEADER),
	ROW("x5c", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"x5c\":[\"AA==\"]}", RC_JOSE_HEADER),
	ROW("x5u", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"x5u\":\"https://evil.example/\"}", RC_JOSE_HEADER),
	ROW("b64 false", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"b64\":false}", RC_JOSE_HEADER),
	ROW("zip", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"zip\":\"DEF\"}", RC_JOSE_HEADER),
	ROW("enc", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"enc\":\"A128GCM\"}", RC_JOSE_HEADER),
	ROW("alg twice", "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", RC_JOSE_HEADER),
	ROW("alg twice by escape", "{\"alg\":\"ES256\",\"\\u0061lg\":\"none\",\"typ\":\"at+jwt\"}", RC_JOSE_HEADER),
	ROW("an array", "[\"ES256\"]", RC_JOSE_HEADER),
	ROW("a string", "\"ES256\"", RC_JOSE_HEADER),
	ROW("no JSON", "alg=ES256", RC_JOSE_HEADER),
	ROW("a byte order mark", "\xEF\xBB\xBF{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", RC_JOSE_HEADER),
	ROW("a second object", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}{}", RC_JOSE_HEADER),
	ROW("a NUL and more", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}\0{}", RC_JOSE_HEADER),
	ROW("a comment", "{\"alg\":\"ES256\"/**/,\"typ\":\"at+jwt\"}", RC_JOSE_HEADER),
	ROW("a trailing comma", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",}", RC_JOSE_HEADER),
	ROW("bad UTF-8", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"x\":\"\xC0\x80\"}", RC_JOSE_HEADER),
	ROW("too deep", "{\"alg\":\"ES256\",\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", RC_JOSE_HEADER),
};

static void jwt_header_rules(void)
{
	struct fixture f;
	struct jwt_policy policy = policy_all();
	setup(&f);
	T_ROWS(row, header_rows, name)
		CHECK_RC(verify(&f, forge(&f, row->text, slice_cstr(good_claims)), &policy), row->rc);
	teardown(&f);
}

#define HEADER "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}"
#define ISS "\"iss\":\"https://op.example\""
#define SUB "\"sub\":\"alice\""
#define AUD "\"aud\":\"https://api.example\""
#define EXP "\"exp\":1700000600"
#define JTI "\"jti\":\"x\""
#define BASE_BUT_EXP ISS "," SUB "," AUD "," JTI
#define BASE BASE_BUT_EXP "," EXP

/* Reading the header alone gives no algorithm where there is none that is known. */
static void jwt_header_read_refuses_an_unknown_alg(void)
{
	struct fixture f;
	struct jwt_parts parts;
	struct jwt_header header;
	setup(&f);
	CHECK_OK(jwt_split(forge(&f, SLICE("{\"alg\":\"none\"}"), SLICE("x")), &parts));
	CHECK_RC(jwt_header_read(&parts, &f.arena, &header), RC_JOSE_ALG);
	CHECK_OK(jwt_split(forge(&f, SLICE("{}"), SLICE("x")), &parts));
	CHECK_RC(jwt_header_read(&parts, &f.arena, &header), RC_JOSE_ALG);
	CHECK_OK(jwt_split(forge(&f, SLICE("{\"alg\":\"PS256\",\"kid\":\"a\"}"), SLICE("x")), &parts));
	CHECK_OK(jwt_header_read(&parts, &f.arena, &header));
	CHECK(header.alg == JOSE_PS256 && header.typ.n == 0);
	CHECK_SLICE(header.kid, SLICE("a"));
	teardown(&f);
}

static const struct row claims_rows[] = {
	ROW("good", "{" BASE "}", RC_OK),
	ROW("good with aud in an array", "{" ISS "," SUB "," EXP "," JTI ",\"aud\":[\"x\",\"https://api.example\"]}", RC_OK),
	ROW("good with escapes", "{" SUB "," AUD "," EXP "," JTI ",\"iss\":\"https:\\/\\/op.example\"}", RC_OK),
	ROW("good with exp as 1.7000006e9", "{" BASE_BUT_EXP ",\"exp\":1.7000006e9}", RC_OK),
	ROW("good one second before exp", "{" BASE_BUT_EXP ",\"exp\":1700000001}", RC_OK),
	ROW("good at nbf", "{" BASE ",\"nbf\":1700000000}", RC_OK),
	ROW("an array", "[]", RC_JOSE_CLAIMS),
	ROW("a string", "\"x\"", RC_JOSE_CLAIMS),
	ROW("a number", "1", RC_JOSE_CLAIMS),
	ROW("no JSON", "iss=x", RC_JOSE_CLAIMS),
	ROW("a second object", "{" BASE "}{}", RC_JOSE_CLAIMS),
	ROW("a NUL and a second object", "{" BASE "}\0{\"sub\":\"admin\"}", RC_JOSE_CLAIMS),
	ROW("a byte order mark", "\xEF\xBB\xBF{" BASE "}", RC_JOSE_CLAIMS),
	ROW("a member twice", "{" BASE "," SUB "}", RC_JOSE_CLAIMS),
	ROW("a member twice by escape", "{" BASE ",\"\\u0065xp\":9999999999}", RC_JOSE_CLAIMS),
	ROW("a member twice inside", "{" BASE ",\"cnf\":{\"jkt\":\"a\",\"jkt\":\"b\"}}", RC_JOSE_CLAIMS),
	ROW("U+0000 in sub", "{" ISS "," AUD "," EXP "," JTI ",\"sub\":\"admin\\u0000x\"}", RC_JOSE_CLAIMS),
	ROW("an unpaired surrogate", "{" BASE ",\"x\":\"\\ud800\"}", RC_JOSE_CLAIMS),
	ROW("bad UTF-8", "{" BASE ",\"x\":\"\xED\xA0\x80\"}", RC_JOSE_CLAIMS),
	ROW("NaN", "{" BASE_BUT_EXP ",\"exp\":NaN}", RC_JOSE_CLAIMS),
	ROW("too deep", "{" BASE ",\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", RC_JOSE_SIZE),
	ROW("iss missing", "{" SUB "," AUD "," EXP "," JTI "}", RC_JOSE_ISS),
	ROW("iss another", "{" SUB "," AUD "," EXP "," JTI ",\"iss\":\"https://evil.example\"}", RC_JOSE_ISS),
	ROW("iss with a slash more", "{" SUB "," AUD "," EXP "," JTI ",\"iss\":\"https://op.example/\"}", RC_JOSE_ISS),
	ROW("iss a prefix", "{" SUB "," AUD "," EXP "," JTI ",\"iss\":\"https://op.exampl\"}", RC_JOSE_ISS),
	ROW("iss in upper case", "{" SUB "," AUD "," EXP "," JTI ",\"iss\":\"HTTPS://OP.EXAMPLE\"}", RC_JOSE_ISS),
	ROW("iss an array", "{" SUB "," AUD "," EXP "," JTI ",\"iss\":[\"https://op.example\"]}", RC_JOSE_ISS),
	ROW("iss under another case", "{" SUB "," AUD "," EXP "," JTI ",\"Iss\":\"https://op.example\"}", RC_JOSE_ISS),
	ROW("sub missing", "{" ISS "," AUD "," EXP "," JTI "}", RC_JOSE_SUB),
	ROW("sub empty", "{" ISS "," AUD "," EXP "," JTI ",\"sub\":\"\"}", RC_JOSE_SUB),
	ROW("sub a number", "{" ISS "," AUD "," EXP "," JTI ",\"sub\":1}", RC_JOSE_SUB),
	ROW("sub null", "{" ISS "," AUD "," EXP "," JTI ",\"sub\":null}", RC_JOSE_SUB),
	ROW("aud missing", "{" ISS "," SUB "," EXP "," JTI "}", RC_JOSE_AUD),
	ROW("aud another", "{" ISS "," SUB "," EXP "," JTI ",\"aud\":\"https://other.example\"}", RC_JOSE_AUD),
	ROW("aud holding it", "{" ISS "," SUB "," EXP "," JTI ",\"aud\":\"https://api.example.evil\"}", RC_JOSE_AUD),
	ROW("aud a part of it", "{" ISS "," SUB "," EXP "," JTI ",\"aud\":\"https://api\"}", RC_JOSE_AUD),
	ROW("aud empty", "{" ISS "," SUB "," EXP "," JTI ",\"aud\":\"\"}", RC_JOSE_AUD),
	ROW("aud an empty array", "{" ISS "," SUB "," EXP "," JTI ",\"aud\":[]}", RC_JOSE_AUD),
	ROW("aud a mixed array", "{" ISS "," SUB "," EXP "," JTI ",\"aud\":[\"https://api.example\",1]}", RC_JOSE_AUD),
	ROW("aud a nested array", "{" ISS "," SUB "," EXP "," JTI ",\"aud\":[[\"https://api.example\"]]}", RC_JOSE_AUD),
	ROW("aud an object", "{" ISS "," SUB "," EXP "," JTI ",\"aud\":{\"https://api.example\":1}}", RC_JOSE_AUD),
	ROW("aud null", "{" ISS "," SUB "," EXP "," JTI ",\"aud\":null}", RC_JOSE_AUD),
	ROW("exp missing", "{" BASE_BUT_EXP "}", RC_JOSE_EXP),
	ROW("exp now", "{" BASE_BUT_EXP ",\"exp\":1700000000}", RC_JOSE_EXP),
	ROW("exp past", "{" BASE_BUT_EXP ",\"exp\":1600000000}", RC_JOSE_EXP),
	ROW("exp a string", "{" BASE_BUT_EXP ",\"exp\":\"4102444800\"}", RC_JOSE_EXP),
	ROW("exp 1e300", "{" BASE_BUT_EXP ",\"exp\":1e300}", RC_JOSE_EXP),
	ROW("exp 2^63", "{" BASE_BUT_EXP ",\"exp\":9223372036854775808}", RC_JOSE_EXP),
	ROW("exp 2^64 and more", "{" BASE_BUT_EXP ",\"exp\":18446744075409552216}", RC_JOSE_EXP),
	ROW("exp -1", "{" BASE_BUT_EXP ",\"exp\":-1}", RC_JOSE_EXP),
	ROW("exp 0", "{" BASE_BUT_EXP ",\"exp\":0}", RC_JOSE_EXP),
	ROW("exp null", "{" BASE_BUT_EXP ",\"exp\":null}", RC_JOSE_EXP),
	ROW("exp true", "{" BASE_BUT_EXP ",\"exp\":true}", RC_JOSE_EXP),
	ROW("exp an array", "{" BASE_BUT_EXP ",\"exp\":[1700000600]}", RC_JOSE_EXP),
	ROW("nbf future", "{" BASE ",\"nbf\":1700000001}", RC_JOSE_NBF),
	ROW("nbf a string", "{" BASE ",\"nbf\":\"0\"}", RC_JOSE_NBF),
	ROW("nbf 1e300", "{" BASE ",\"nbf\":1e300}", RC_JOSE_NBF),
	ROW("nbf null", "{" BASE ",\"nbf\":null}", RC_OK),
	ROW("iat null", "{" BASE ",\"iat\":null}", RC_OK),
	ROW("iat future", "{" BASE ",\"iat\":1700000001}", RC_JOSE_IAT),
	ROW("iat a string", "{" BASE ",\"iat\":\"0\"}", RC_JOSE_IAT),
	ROW("iat -1", "{" BASE ",\"iat\":-1}", RC_JOSE_IAT),
	ROW("jti missing", "{" ISS "," SUB "," AUD "," EXP "}", RC_JOSE_JTI),
	ROW("jti empty", "{" ISS "," SUB "," AUD "," EXP ",\"jti\":\"\"}", RC_JOSE_JTI),
	ROW("jti a number", "{" ISS "," SUB "," AUD "," EXP ",\"jti\":1}", RC_JOSE_JTI),
	ROW("jti null", "{" ISS "," SUB "," AUD "," EXP ",\"jti\":null}", RC_JOSE_JTI),
};

static void jwt_claims_rules(void)
{
	struct fixture f;
	struct jwt_policy policy = policy_all();
	setup(&f);
	T_ROWS(row, claims_rows, name) {
		struct jwt_claims claims;
		CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), row->text), &policy), row->rc);
		CHECK_RC(jwt_claims_validate_text(row->text, &policy, NOW, &f.arena, &claims), row->rc);
	}
	teardown(&f);
}

static void jwt_claims_have_a_maximum(void)
{
	struct fixture f;
	struct jwt_policy policy = policy_all();
	setup(&f);
	struct buf b;
	buf_init(&b, 65536);
	buf_put(&b, SLICE("{" BASE ",\"x\":[0"));
	for (int i = 0; i < JWT_VALUES_MAX; i++)
		buf_put(&b, SLICE(",0"));
	buf_put(&b, SLICE("]}"));
	CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), buf_slice(&b)), &policy), RC_JOSE_SIZE);
	buf_free(&b);
	/* More than the stack has room for: 300 groups. */
	for (int broken = 0; broken < 3; broken++) {
		buf_init(&b, 65536);
		buf_put(&b, broken == 1 ? SLICE("[{" BASE ",\"groups\":[0") : SLICE("{" BASE ",\"groups\":[0"));
		for (int i = 0; i < 300; i++)
			buf_put(&b, SLICE(",\"/realm/group-of-many\""));
		buf_put(&b, broken == 1 ? SLICE("]}]") : broken == 2 ? SLICE("],}") : SLICE("]}"));
		CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), buf_slice(&b)), &policy), broken > 0 ? RC_JOSE_CLAIMS : RC_OK);
		buf_free(&b);
	}
	teardown(&f);
}

/* Each row changes one thing of a good policy. */
static void jwt_policy_rules(void)
{
	static const char old[] = "{" BASE ",\"iat\":1699990000}";
	struct fixture f;
	setup(&f);
	struct slice good = forge(&f, SLICE(HEADER), SLICE("{" BASE ",\"iat\":1699999900}"));
	struct slice untyped = forge(&f, SLICE("{\"alg\":\"ES256\"}"), SLICE("{" BASE "}"));
	struct slice late = forge(&f, SLICE(HEADER), SLICE("{" BASE_BUT_EXP ",\"exp\":1699999980,\"iat\":1700000020,"
							   "\"nbf\":1700000020}"));
	struct slice endless = forge(&f, SLICE(HEADER), SLICE("{" BASE_BUT_EXP "}"));
	struct jwt_policy p = policy_all();
	CHECK_OK(verify(&f, good, &p));
	t_set_row("no algorithm");
	p.algs = 0;
	CHECK_RC(verify(&f, good, &p), RC_JOSE_ALG);
	t_set_row("another algorithm");
	p.algs = JOSE_ALG_BIT(JOSE_RS256);
	CHECK_RC(verify(&f, good, &p), RC_JOSE_ALG);
	t_set_row("no issuer");
	p = policy_all();
	p.issuer = SLICE_NONE;
	CHECK_RC(verify(&f, good, &p), RC_JOSE_ISS);
	CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" SUB "," AUD "," EXP "," JTI ",\"iss\":\"\"}")), &p), RC_JOSE_ISS);
	t_set_row("no audience");
	p = policy_all();
	p.audience_count = 0;
	CHECK_RC(verify(&f, good, &p), RC_JOSE_AUD);
	t_set_row("empty audience");
	static const struct slice empty[] = {SLICE_INIT("")};
	p.audiences = empty;
	p.audience_count = 1;
	CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" ISS "," SUB "," EXP "," JTI ",\"aud\":\"\"}")), &p), RC_JOSE_AUD);
	t_set_row("no type");
	p = policy_all();
	p.type_count = 0;
	CHECK_RC(verify(&f, good, &p), RC_JOSE_TYP);
	CHECK_RC(verify(&f, untyped, &p), RC_JOSE_TYP);
	t_set_row("type optional");
	p = policy_all();
	p.type_optional = true;
	CHECK_OK(verify(&f, untyped, &p));
	t_set_row("leeway");
	p = policy_all();
	p.leeway = 20;
	CHECK_RC(verify(&f, late, &p), RC_JOSE_EXP);
	p.leeway = 21;
	CHECK_OK(verify(&f, late, &p));
	p.leeway = 301;
	CHECK_RC(verify(&f, good, &p), RC_RANGE);
	p.leeway = -1;
	CHECK_RC(verify(&f, good, &p), RC_RANGE);
	t_set_row("age");
	p = policy_all();
	p.max_age = 100;
	CHECK_OK(verify(&f, good, &p));
	p.max_age = 99;
	CHECK_RC(verify(&f, good, &p), RC_JOSE_IAT);
	CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" BASE "}")), &p), RC_JOSE_IAT);
	p.max_age = -1;
	CHECK_RC(verify(&f, good, &p), RC_RANGE);
	t_set_row("lifetime");
	p = policy_all();
	p.max_lifetime = 700;
	CHECK_OK(verify(&f, good, &p));
	CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), slice_cstr(old)), &p), RC_JOSE_EXP);
	CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" BASE "}")), &p), RC_JOSE_IAT);
	p.max_lifetime = -1;
	CHECK_RC(verify(&f, good, &p), RC_RANGE);
	t_set_row("expiry optional");
	p = policy_all();
	p.exp_optional = true;
	CHECK_OK(verify(&f, endless, &p));
	p.max_lifetime = 700;
	CHECK_RC(verify(&f, endless, &p), RC_JOSE_EXP);
	p.max_lifetime = 0;
	CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" ISS "," SUB "," AUD ",\"exp\":1," JTI "}")), &p), RC_JOSE_EXP);
	t_set_row("issuer optional");
	p = policy_all();
	p.iss_optional = true;
	CHECK_OK(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" SUB "," AUD "," EXP "," JTI "}")), &p));
	CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), SLICE("{\"iss\":\"https://other\"," SUB "," AUD "," EXP "," JTI "}")), &p), RC_JOSE_ISS);
	p.issuer = SLICE_NONE;
	CHECK_RC(verify(&f, good, &p), RC_JOSE_ISS);
	t_set_row("audience optional");
	p = policy_all();
	p.aud_optional = true;
	CHECK_OK(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" ISS "," SUB "," EXP "," JTI "}")), &p));
	CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" ISS "," SUB ",\"aud\":\"x\"," EXP "," JTI "}")), &p), RC_JOSE_AUD);
	t_set_row("sub and jti optional");
	p = policy_all();
	p.sub_required = p.jti_required = false;
	CHECK_OK(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" ISS "," AUD "," EXP "}")), &p));
	teardown(&f);
}

static enum rc mark_any(void *self, struct slice issuer, struct slice jti, int64_t until)
{
	(void)self, (void)issuer, (void)jti, (void)until;
	return RC_OK;
}

/* Where nobody asks for it, it is nothing that a token could be refused for. */
static void a_jti_that_cannot_be_used_is_none(void)
{
	static const char *const bad[] = {"1", "\"\"", "null", "true", "{}", "[\"x\"]"};
	static const struct jwt_replay replay = {mark_any, NULL};
	struct fixture f;
	struct jwt_policy policy = policy_all();
	setup(&f);
	policy.jti_required = false;
	T_TEXTS(row, bad) {
		char text[256];
		struct jwt_claims claims = {.jti = SLICE("before")};
		struct jwt_policy marked = policy, wanted = policy;
		(void)snprintf(text, sizeof text, "{" ISS "," SUB "," AUD "," EXP ",\"iat\":1700000000,\"jti\":%s}", row);
		CHECK_OK(jwt_claims_validate_text(slice_cstr(text), &policy, NOW, &f.arena, &claims));
		CHECK(claims.jti.n == 0);
		wanted.jti_required = true;
		CHECK_RC(jwt_claims_validate_text(slice_cstr(text), &wanted, NOW, &f.arena, &claims), RC_JOSE_JTI);
		marked.replay = &replay;
		marked.max_lifetime = 3600;
		CHECK_RC(jwt_claims_validate_text(slice_cstr(text), &marked, NOW, &f.arena, &claims), RC_JOSE_JTI);
	}
	teardown(&f);
}

static void a_date_of_null_is_none(void)
{
	struct fixture f;
	struct jwt_claims claims;
	struct jwt_policy policy = policy_all();
	setup(&f);
	static const struct slice text = SLICE_INIT("{" ISS "," SUB "," AUD "," EXP "," JTI ",\"iat\":null,\"nbf\":null}");
	CHECK_OK(jwt_claims_validate_text(text, &policy, NOW, &f.arena, &claims));
	CHECK(claims.iat == 0 && claims.nbf == 0);
	policy.max_age = 60;
	CHECK_RC(jwt_claims_validate_text(text, &policy, NOW, &f.arena, &claims), RC_JOSE_IAT);
	teardown(&f);
}

/* For who only ends a token: there has to be one all the same. */
static void jwt_any_audience_is_one(void)
{
	struct fixture f;
	setup(&f);
	struct jwt_policy p = policy_all();
	p.aud_any = true;
	CHECK_OK(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" ISS "," SUB ",\"aud\":\"x\"," EXP "," JTI "}")), &p));
	CHECK_OK(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" ISS "," SUB ",\"aud\":[\"x\",\"y\"]," EXP "," JTI "}")), &p));
	CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" ISS "," SUB "," EXP "," JTI "}")), &p), RC_JOSE_AUD);
	CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" ISS "," SUB ",\"aud\":1," EXP "," JTI "}")), &p), RC_JOSE_AUD);
	CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" ISS "," SUB ",\"aud\":[]," EXP "," JTI "}")), &p), RC_JOSE_AUD);
	CHECK_RC(verify(&f, forge(&f, SLICE(HEADER), SLICE("{" ISS "," SUB ",\"aud\":[1]," EXP "," JTI "}")), &p), RC_JOSE_AUD);
	teardown(&f);
}

static const struct row split_rows[] = {
	ROW("three parts", "AA.BB.CC", RC_OK),
	ROW("nothing", "", RC_JOSE_MALFORMED),
	ROW("one part", "AA", RC_JOSE_MALFORMED),
	ROW("two parts", "AA.BB", RC_JOSE_MALFORMED),
	ROW("four parts", "AA.BB.CC.DD", RC_JOSE_MALFORMED),
	ROW("five parts", "AA.BB.CC.DD.EE", RC_JOSE_MALFORMED),
	ROW("dots", "..", RC_JOSE_MALFORMED),
	ROW("many dots", ".............................................", RC_JOSE_MALFORMED),
	ROW("no header", ".BB.CC", RC_JOSE_MALFORMED),
	ROW("no payload", "AA..CC", RC_JOSE_MALFORMED),
	ROW("no signature", "AA.BB.", RC_JOSE_MALFORMED),
	ROW("a dot behind", "AA.BB.CC.", RC_JOSE_MALFORMED),
	ROW("a dot before", ".AA.BB.CC", RC_JOSE_MALFORMED),
	ROW("a space before", " AA.BB.CC", RC_JOSE_MALFORMED),
	ROW("a line break behind", "AA.BB.CC\n", RC_JOSE_MALFORMED),
	ROW("padding", "AA==.BB.CC", RC_JOSE_MALFORMED),
	ROW("plus", "A+.BB.CC", RC_JOSE_MALFORMED),
	ROW("a slash", "AA.B/.CC", RC_JOSE_MALFORMED),
	ROW("a question mark", "AA.BB.C?", RC_JOSE_MALFORMED),
	ROW("a NUL", "AA.BB.C\0", RC_JOSE_MALFORMED),
	ROW("JSON", "{\"protected\":\"AA\",\"payload\":\"BB\",\"x\":\"A.B.C\"}", RC_JOSE_MALFORMED),
};

static void jwt_split_rules(void)
{
	static uint8_t big[JWT_TEXT_MAX + 1];
	struct jwt_parts parts;
	T_ROWS(row, split_rows, name)
		CHECK_RC(jwt_split(row->text, &parts), row->rc);
	CHECK_OK(jwt_split(SLICE("AAA.BB.C"), &parts));
	CHECK_SLICE(parts.signing_input, SLICE("AAA.BB"));
	CHECK_SLICE(parts.payload64, SLICE("BB"));
	CHECK_SLICE(parts.signature64, SLICE("C"));
	t_set_row("too long");
	memset(big, 'A', sizeof big);
	big[2] = big[5] = '.';
	CHECK_RC(jwt_split(slice_of(big, sizeof big), &parts), RC_JOSE_SIZE);
	CHECK_OK(jwt_split(slice_of(big, sizeof big - 1), &parts));
}

/* The same token in another text is another text: caches and denylists depend on it. */
static void jwt_verify_refuses_other_texts_of_a_token(void)
{
	static const char *const insert[] = {"=", "\n", " ", "\r\n", "."};
	struct fixture f;
	struct jwt_policy policy = policy_all();
	setup(&f);
	struct slice token = forge(&f, SLICE(HEADER), slice_cstr(good_claims)), other;
	CHECK_OK(verify(&f, token, &policy));
	T_TEXTS(row, insert) {
		struct slice behind[2] = {token, slice_cstr(row)}, before[2] = {slice_cstr(row), token};
		CHECK_OK(arena_join(&f.arena, behind, 2, &other));
		CHECK_RC(verify(&f, other, &policy), RC_JOSE_MALFORMED);
		CHECK_OK(arena_join(&f.arena, before, 2, &other));
		CHECK_RC(verify(&f, other, &policy), RC_JOSE_MALFORMED);
	}
	t_set_row("trailing bits of the signature");
	CHECK_OK(arena_copy(&f.arena, token, &other));
	uint8_t *last = (uint8_t *)(uintptr_t)other.p + other.n - 1;
	*last = *last == 'A' ? 'B' : *last == 'Q' ? 'R' : *last == 'g' ? 'h' : 'x';
	CHECK_RC(verify(&f, other, &policy), RC_JOSE_MALFORMED);
	t_set_row("trailing bits of the header");
	struct jwt_parts parts;
	CHECK_OK(jwt_split(token, &parts));
	struct slice ill[3] = {SLICE("e31"), SLICE("."), slice_from(token, parts.header64.n + 1)};
	CHECK_OK(arena_join(&f.arena, ill, 3, &other));
	CHECK_RC(verify(&f, other, &policy), RC_JOSE_MALFORMED);
	teardown(&f);
}

static void jwt_verify_refuses_a_payload_that_is_not_base64url(void)
{
	struct fixture f;
	struct jwt_policy policy = policy_all();
	uint8_t signature[JWK_SIGNATURE_MAX];
	size_t n = 0;
	setup(&f);
	struct slice p[4] = {SLICE_NONE, SLICE(".e31."), SLICE_NONE}, input, token;
	CHECK_OK(base64url_encode_arena(&f.arena, SLICE(HEADER), &p[0]));
	CHECK_OK(arena_join(&f.arena, p, 2, &input));
	input.n--;
	CHECK_OK(jwk_sign(f.key, JOSE_ES256, input, signature, sizeof signature, &n));
	CHECK_OK(base64url_encode_arena(&f.arena, slice_of(signature, n), &p[2]));
	CHECK_OK(arena_join(&f.arena, p, 3, &token));
	CHECK_RC(verify(&f, token, &policy), RC_JOSE_MALFORMED);
	teardown(&f);
}

static void jwt_verify_refuses_a_long_header(void)
{
	struct fixture f;
	struct jwt_policy policy = policy_all();
	char header[JWT_HEADER_MAX + 2];
	setup(&f);
	memset(header, ' ', sizeof header);
	memcpy(header, HEADER, sizeof HEADER - 1);
	CHECK_OK(verify(&f, forge(&f, slice_of(header, JWT_HEADER_MAX), slice_cstr(good_claims)), &policy));
	CHECK_RC(verify(&f, forge(&f, slice_of(header, JWT_HEADER_MAX + 1), slice_cstr(good_claims)), &policy), RC_JOSE_SIZE);
	teardown(&f);
}

static void jwt_verify_refuses_every_changed_byte(void)
{
	struct fixture f;
	struct jwt_policy policy = policy_all();
	setup(&f);
	struct slice token = forge(&f, SLICE(HEADER), slice_cstr(good_claims));
	uint8_t *p = (uint8_t *)(uintptr_t)token.p;
	for (size_t i = 0; i < token.n; i++) {
		uint8_t was = p[i];
		p[i] = was == 'A' ? 'B' : 'A';
		CHECK(verify(&f, token, &policy) != RC_OK);
		p[i] = was;
	}
	CHECK_OK(verify(&f, token, &policy));
	teardown(&f);
}

/* HS256 over something that is public about the RSA key: CVE-2016-5431 and its many children. */
static void jwt_verify_refuses_a_mac_under_a_public_key(void)
{
	static const struct row rows[] = {
		ROW("PEM", RSA_PEM, RC_JOSE_ALG),
		ROW("JWK text", "{" RSA_PUBLIC "}", RC_JOSE_ALG),
		ROW("JWKS text", "{\"keys\":[{" RSA_PUBLIC "}]}", RC_JOSE_ALG),
		ROW("modulus text", RSA_N, RC_JOSE_ALG),
		ROW("SPKI", RSA_SPKI, RC_JOSE_ALG),
		ROW("PKCS #1", RSA_PKCS1, RC_JOSE_ALG),
		ROW("modulus", RSA_N, RC_JOSE_ALG),
		ROW("an empty key", "", RC_JOSE_ALG),
		ROW("EC point", EC_X EC_Y, RC_JOSE_ALG),
	};
	static const char *const headers[] = {"{\"alg\":\"HS256\",\"kid\":\"rsa\",\"typ\":\"at+jwt\"}",
					      "{\"alg\":\"HS256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}"};
	struct fixture f;
	struct jwt_policy policy = policy_all();
	setup(&f);
	for (size_t i = 0; i < 4 * ARRAY_LEN(rows); i++) {
		struct slice secret = rows[i / 4].text, p[5] = {SLICE_NONE, SLICE("."), SLICE_NONE, SLICE("."), SLICE_NONE};
		struct slice token, decoded;
		uint8_t tag[32];
		t_set_row(rows[i / 4].name);
		if ((i & 2) != 0 && base64url_decode_arena(&f.arena, secret, &decoded) == RC_OK)
			secret = decoded;
		else if ((i & 2) != 0 && secret.n > 0)
			secret.n--; /* PEM without its last line break */
		CHECK_OK(base64url_encode_arena(&f.arena, slice_cstr(headers[i & 1]), &p[0]));
		CHECK_OK(base64url_encode_arena(&f.arena, slice_cstr(good_claims), &p[2]));
		CHECK_OK(arena_join(&f.arena, p, 3, &token));
		CHECK_OK(crypto_hmac(CRYPTO_SHA256, secret_from_slice(secret), token, tag));
		CHECK_OK(base64url_encode_arena(&f.arena, slice_of(tag, 32), &p[4]));
		CHECK_OK(arena_join(&f.arena, p, 5, &token));
		CHECK_RC(verify(&f, token, &policy), rows[i / 4].rc);
	}
	teardown(&f);
}

/* Signature parts that decode to something else than r ‖ s. */
static void jwt_verify_refuses_other_signatures(void)
{
	static const struct row rows[] = {
		ROW("zeros", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", RC_JOSE_SIGNATURE),
		ROW("the null signature in DER", "MAYCAQACAQA", RC_JOSE_SIGNATURE),
		ROW("short", "AAAA", RC_JOSE_SIGNATURE),
		ROW("one character", "A", RC_JOSE_MALFORMED),
	};
	struct fixture f;
	struct jwt_policy policy = policy_all();
	setup(&f);
	struct slice token = forge(&f, SLICE(HEADER), slice_cstr(good_claims));
	struct jwt_parts parts;
	CHECK_OK(jwt_split(token, &parts));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct slice p[3] = {parts.signing_input, SLICE("."), rows[i].text}, other;
		t_set_row(rows[i].name);
		CHECK_OK(arena_join(&f.arena, p, 3, &other));
		CHECK_RC(verify(&f, other, &policy), rows[i].rc);
	}
	t_set_row("longer than any");
	static uint8_t big[JWK_SIGNATURE_MAX / 3 * 4 + 8];
	memset(big, 'A', sizeof big);
	struct slice p[3] = {parts.signing_input, SLICE("."), slice_of(big, sizeof big)}, other;
	CHECK_OK(arena_join(&f.arena, p, 3, &other));
	CHECK_RC(verify(&f, other, &policy), RC_JOSE_MALFORMED);
	teardown(&f);
}

static void jwt_sign_says_who_and_stops_at_its_maximum(void)
{
	static uint8_t big[JWT_TEXT_MAX + 1];
	struct fixture f;
	struct slice token;
	setup(&f);
	struct jwt_signer signer = jwt_signer_of(f.key);
	CHECK_RC(jwt_sign(&signer, JOSE_ES256, SLICE("k2"), SLICE_NONE, SLICE("{}"), &f.arena, &token), RC_JOSE_KID);
	CHECK_RC(jwt_sign(&signer, JOSE_RS256, SLICE("k1"), SLICE_NONE, SLICE("{}"), &f.arena, &token), RC_JOSE_ALG);
	CHECK_RC(jwt_sign(&signer, JOSE_ES256, SLICE("k1"), SLICE_NONE, slice_of(big, sizeof big), &f.arena, &token), RC_LIMIT);
	CHECK_RC(jwt_sign(&signer, JOSE_ES256, SLICE("k1"), SLICE_NONE, slice_of(big, 12300), &f.arena, &token), RC_LIMIT);
	CHECK_RC(jwt_sign(&signer, JOSE_ES256, SLICE("k1"), slice_of(big, 2000), SLICE("{}"), &f.arena, &token), RC_LIMIT);
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, SLICE_NONE, SLICE_NONE, SLICE("{}"), &f.arena, &token));
	CHECK(slice_starts(token, SLICE("eyJhbGciOiJFUzI1NiJ9.e30."))); /* {"alg":"ES256"} and {} */
	teardown(&f);
}

static enum rc count_call(void *self, struct slice kid, enum jose_alg alg, struct slice input, uint8_t *dst, size_t cap,
			  size_t *ret_n)
{
	(void)kid, (void)alg, (void)input, (void)dst, (void)cap;
	++*(int *)self;
	*ret_n = 0;
	return RC_OK;
}

static void jwt_sign_asks_no_signer_without_room(void)
{
	struct arena a;
	struct slice token;
	int calls = 0;
	struct jwt_signer signer = {count_call, &calls};
	arena_init(&a, 1000);
	CHECK_RC(jwt_sign(&signer, JOSE_ES256, SLICE_NONE, SLICE_NONE, SLICE("{}"), &a, &token), RC_MEMORY);
	CHECK(calls == 0);
	arena_reset(&a);
}

static void jws_verifies_any_payload_under_the_same_rules(void)
{
	struct fixture f;
	struct jws jws;
	struct jwk *other = NULL;
	setup(&f);
	jose_alg_set es256 = JOSE_ALG_BIT(JOSE_ES256);
	struct slice text = forge(&f, SLICE("{\"alg\":\"ES256\",\"kid\":\"k1\"}"), SLICE("any\0bytes"));
	CHECK_OK(jws_verify(text, f.set, es256, &f.arena, &jws));
	CHECK_SLICE(jws.payload, SLICE("any\0bytes"));
	CHECK_OK(jws_verify_key(text, f.key, es256, &f.arena, &jws));
	CHECK_RC(jws_verify(SLICE("AA.BB"), f.set, es256, &f.arena, &jws), RC_JOSE_MALFORMED);
	CHECK_RC(jws_verify_key(SLICE("AA.BB"), f.key, es256, &f.arena, &jws), RC_JOSE_MALFORMED);
	CHECK_RC(jws_verify(forge(&f, SLICE("{\"alg\":\"ES256\",\"kid\":\"k9\"}"), SLICE("x")), f.set, es256, &f.arena, &jws),
		 RC_JOSE_KID);
	CHECK_RC(jws_verify(text, f.set, JOSE_ALG_BIT(JOSE_RS256), &f.arena, &jws), RC_JOSE_ALG);
	CHECK_RC(jws_verify_key(text, f.key, 0, &f.arena, &jws), RC_JOSE_ALG);
	CHECK_OK(jwk_generate(JOSE_ES256, 0, &other));
	CHECK_RC(jws_verify_key(text, other, es256, &f.arena, &jws), RC_JOSE_KID);
	struct slice anonymous = forge(&f, SLICE("{\"alg\":\"ES256\"}"), SLICE("x"));
	CHECK_RC(jws_verify_key(anonymous, other, es256, &f.arena, &jws), RC_JOSE_SIGNATURE);
	CHECK_RC(jws_verify(slice_to(text, text.n - 2), f.set, es256, &f.arena, &jws), RC_JOSE_SIGNATURE);
	CHECK_RC(jws_verify(forge(&f, SLICE("{\"alg\":\"ES256\",\"crit\":[\"x\"]}"), SLICE("x")), f.set, es256, &f.arena, &jws),
		 RC_JOSE_CRIT);
	jwk_unref(other);
	teardown(&f);
}

static void alg_names_are_exact(void)
{
	enum jose_alg alg;
	for (enum jose_alg i = 0; i < JOSE_ALG_COUNT; i++) {
		CHECK_OK(jose_alg_by_name(jose_alg_row(i)->name, &alg));
		CHECK(alg == i);
	}
	CHECK_RC(jose_alg_by_name(SLICE("none"), &alg), RC_JOSE_ALG);
	CHECK_RC(jose_alg_by_name(SLICE("HS25"), &alg), RC_JOSE_ALG);
	CHECK_RC(jose_alg_by_name(SLICE_NONE, &alg), RC_JOSE_ALG);
}

T_MAIN(T(jwt_every_algorithm_signs_and_verifies), T(jwt_header_rules), T(jwt_header_read_refuses_an_unknown_alg), T(jwt_claims_rules), T(a_jti_that_cannot_be_used_is_none), T(a_date_of_null_is_none), T(jwt_claims_have_a_maximum),
       T(jwt_policy_rules), T(jwt_any_audience_is_one), T(jwt_split_rules), T(jwt_verify_refuses_other_texts_of_a_token),
       T(jwt_verify_refuses_a_payload_that_is_not_base64url), T(jwt_verify_refuses_a_long_header),
       T(jwt_verify_refuses_every_changed_byte), T(jwt_verify_refuses_a_mac_under_a_public_key),
       T(jwt_verify_refuses_other_signatures), T(jwt_sign_says_who_and_stops_at_its_maximum), T(jwt_sign_asks_no_signer_without_room),
       T(jws_verifies_any_payload_under_the_same_rules), T(alg_names_are_exact))
