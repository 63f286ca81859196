/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that a token's header brings or points to: refused but for those that a policy names. */
#include "jose/jwt/jwt_header_keys.h"

#include "chain_certs.h"
#include "jose_keys.h"
#include "jose/jwk/jwk_file.h"
#include "jwt_forge.h"

enum { NOW = 1800000000 };

#define CLAIMS "{\"iss\":\"https://a.example\",\"aud\":\"api\",\"exp\":1800000600,\"iat\":1800000000}"
#define HEAD "{\"typ\":\"at+jwt\",\"alg\":\"ES256\""
#define EC_JWK "{" EC_PUBLIC "}"
#define EC_PRIVATE "{" EC_PUBLIC ",\"d\":\"" EC_D "\"}"

static const struct slice audiences[] = {SLICE_INIT("api")}, types[] = {SLICE_INIT("at+jwt")};

static struct fixture {
	struct arena a;
	struct jwk *key; /* that of RFC 7515 A.3 */
	struct jwk *leaf;
	struct jwks *ours;
	struct slice thumbprint;
	struct slice anchors[1], other_anchors[1];
} fx;

static struct slice der_of(const char *base64)
{
	size_t n = 0;
	uint8_t *der = arena_alloc(&fx.a, strlen(base64));
	CHECK_OK(base64_decode(slice_cstr(base64), der, strlen(base64), &n));
	return slice_of(der, n);
}

static void set_up(void)
{
	static const struct jwk_names named = {.kid = SLICE_INIT("leaf")};
	uint8_t thumbprint[32];
	arena_init(&fx.a, 4 << 20);
	CHECK_OK(jwk_read(SLICE(EC_PRIVATE), JWK_PRIVATE, &fx.key));
	CHECK_OK(jwk_import(SLICE(CERT_LEAF_KEY), JWK_ANY, &named, secret_of(NULL, 0), &fx.leaf));
	CHECK_OK(jwks_of(&fx.leaf, 1, &fx.ours));
	CHECK_OK(jwk_thumbprint(fx.key, thumbprint));
	CHECK_OK(base64url_encode_arena(&fx.a, slice_of(thumbprint, 32), &fx.thumbprint));
	fx.anchors[0] = der_of(CERT_ROOT);
	fx.other_anchors[0] = der_of(CERT_OTHER_ROOT);
}

static void tear_down(void)
{
	jwks_unref(fx.ours);
	jwk_unref(fx.key);
	jwk_unref(fx.leaf);
	arena_reset(&fx.a);
}

static struct jwt_policy policy_for(const struct jwt_header_keys *header_keys)
{
	return (struct jwt_policy){.algs = JOSE_ALG_BIT(JOSE_ES256) | JOSE_ALG_BIT(JOSE_HS256), .issuer = SLICE("https://a.example"),
				   .audiences = audiences, .audience_count = 1, .types = types, .type_count = 1,
				   .header_keys = header_keys};
}

static enum rc verify_at(const char *header, const struct jwk *key, const struct jwt_header_keys *header_keys, int64_t now)
{
	struct jwt_policy policy = policy_for(header_keys);
	struct jwt_claims c = {.exp = 7};
	policy.leeway = 0;
	enum rc rc = jwt_verify(forge_token(header, CLAIMS, key, JOSE_ES256, &fx.a), fx.ours, &policy, now, &fx.a, &c);
	CHECK(rc == RC_OK || c.exp == 7);
	return rc;
}

static enum rc verify(const char *header, const struct jwk *key, const struct jwt_header_keys *header_keys)
{
	return verify_at(header, key, header_keys, NOW);
}

/* Attack catalogue 13: CVE-2018-0114 and its kin. */
static void embedded_jwk_is_refused_but_for_those_named(void)
{
	static const char given[] = HEAD ",\"jwk\":" EC_JWK "}";
	set_up();
	const struct slice others[] = {SLICE("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"), SLICE_NONE};
	const struct jwt_header_keys nothing = {.proof = false};
	const struct jwt_header_keys listed = {.thumbprints = &fx.thumbprint, .thumbprint_count = 1};
	const struct jwt_header_keys other = {.thumbprints = others, .thumbprint_count = 2};
	t_set_row("no admission");
	CHECK_RC(verify(given, fx.key, NULL), RC_JOSE_HEADER);
	t_set_row("an admission of nothing");
	CHECK_RC(verify(given, fx.key, &nothing), RC_JOSE_HEADER);
	t_set_row("of another key");
	CHECK_RC(verify(given, fx.key, &other), RC_JOSE_HEADER);
	t_set_row("named");
	CHECK_OK(verify(given, fx.key, &listed));
	t_set_row("named, but signed by another");
	CHECK_RC(verify(given, fx.leaf, &listed), RC_JOSE_SIGNATURE);
	t_set_row("with its private part");
	CHECK_RC(verify(HEAD ",\"jwk\":" EC_PRIVATE "}", fx.key, &listed), RC_JOSE_KEY);
	t_set_row("for encryption");
	CHECK_RC(verify(HEAD ",\"jwk\":{" EC_PUBLIC ",\"use\":\"enc\"}}", fx.key, &listed), RC_JOSE_KEY);
	t_set_row("no object");
	CHECK_RC(verify(HEAD ",\"jwk\":\"x\"}", fx.key, &listed), RC_JOSE_KEY);
	t_set_row("an oct key");
	CHECK_RC(verify(HEAD ",\"jwk\":{" OCT_32 "}}", fx.key, &listed), RC_JOSE_KEY);
	t_set_row("null");
	CHECK_RC(verify(HEAD ",\"jwk\":null}", fx.key, &listed), RC_JOSE_KEY);
	t_set_row("beside another offer");
	CHECK_RC(verify(HEAD ",\"jwk\":" EC_JWK ",\"jku\":\"https://keys.example/\"}", fx.key, &listed), RC_JOSE_HEADER);
	t_set_row("beside a chain that is admitted too");
	const struct jwt_header_keys both = {.thumbprints = &fx.thumbprint, .thumbprint_count = 1, .anchors = fx.anchors, .anchor_count = 1,
					   .name = SLICE("issuer.example")};
	CHECK_RC(verify(HEAD ",\"jwk\":" EC_JWK ",\"x5c\":[\"" CERT_LEAF "\",\"" CERT_BETWEEN "\"]}", fx.leaf, &both), RC_JOSE_HEADER);
	t_set_row("expired");
	CHECK_RC(verify_at(given, fx.key, &listed, NOW + 601), RC_JOSE_EXP);
	t_set_row("no token");
	struct jwt_policy policy = policy_for(&listed);
	struct jwt_claims c;
	CHECK_RC(jwt_verify(SLICE("a.b"), fx.ours, &policy, NOW, &fx.a, &c), RC_JOSE_MALFORMED);
	t_set_row("another algorithm than allowed");
	policy.algs = JOSE_ALG_BIT(JOSE_HS256);
	CHECK_RC(jwt_verify(forge_token(given, CLAIMS, fx.key, JOSE_ES256, &fx.a), NULL, &policy, NOW, &fx.a, &c), RC_JOSE_ALG);
	t_set_row("another type");
	policy = policy_for(&listed);
	static const char other_type[] = "{\"typ\":\"jwt\",\"alg\":\"ES256\",\"jwk\":" EC_JWK "}";
	CHECK_RC(jwt_verify(forge_token(other_type, CLAIMS, fx.key, JOSE_ES256, &fx.a), NULL, &policy, NOW, &fx.a, &c), RC_JOSE_TYP);
	t_set_row("an unknown kid and no key");
	CHECK_RC(verify(HEAD ",\"kid\":\"unknown\"}", fx.leaf, &listed), RC_JOSE_KID);
	t_set_row("none: one of ours");
	CHECK_OK(verify(HEAD "}", fx.leaf, &listed));
	t_set_row("none, and signed by the named key");
	CHECK_RC(verify(HEAD "}", fx.key, &listed), RC_JOSE_SIGNATURE);
	t_set_row("crit, b64, zip and enc stay refused");
	CHECK_RC(verify(HEAD ",\"crit\":[\"jwk\"],\"jwk\":" EC_JWK "}", fx.key, &listed), RC_JOSE_CRIT);
	CHECK_RC(verify(HEAD ",\"b64\":true,\"jwk\":" EC_JWK "}", fx.key, &listed), RC_JOSE_HEADER);
	CHECK_RC(verify(HEAD ",\"zip\":\"DEF\",\"jwk\":" EC_JWK "}", fx.key, &listed), RC_JOSE_HEADER);
	CHECK_RC(verify(HEAD ",\"enc\":\"A128GCM\",\"jwk\":" EC_JWK "}", fx.key, &listed), RC_JOSE_HEADER);
	tear_down();
}

/* RFC 9449 4.3: the key proves itself, and its thumbprint says which. */
static void a_proof_gives_the_thumbprint_of_its_key(void)
{
	static const char given[] = HEAD ",\"jwk\":" EC_JWK "}";
	set_up();
	const struct jwt_header_keys proof = {.proof = true};
	struct jwt_policy policy = policy_for(&proof);
	struct jwt_claims c = {.exp = 0};
	struct slice token = forge_token(given, CLAIMS, fx.key, JOSE_ES256, &fx.a);
	CHECK_OK(jwt_verify(token, NULL, &policy, NOW, &fx.a, &c));
	CHECK_SLICE(c.thumbprint, fx.thumbprint);
	t_set_row("no key and none of ours");
	CHECK_RC(jwt_verify(forge_token(HEAD "}", CLAIMS, fx.key, JOSE_ES256, &fx.a), NULL, &policy, NOW, &fx.a, &c), RC_JOSE_KID);
	t_set_row("a policy without types");
	policy.type_count = 0;
	CHECK_RC(jwt_verify(token, NULL, &policy, NOW, &fx.a, &c), RC_RANGE);
	policy = policy_for(&proof);
	policy.type_optional = true;
	CHECK_RC(jwt_verify(token, NULL, &policy, NOW, &fx.a, &c), RC_RANGE);
	tear_down();
}

/* Where keys of ours and chains are taken beside proofs, their tokens lack nothing that the policy demands. */
static void only_a_proof_may_lack_what_proofs_lack(void)
{
#define X5C HEAD ",\"x5c\":[\"" CERT_LEAF "\",\"" CERT_BETWEEN "\"]}"
	static const struct {
		const char *name, *claims;
		enum rc otherwise; /* the answer under a key of ours, and under one with a chain */
		bool iss, aud, exp; /* what a proof may lack */
	} rows[] = {
		{"iss", "{\"aud\":\"api\",\"exp\":1800000600,\"iat\":1800000000}", RC_JOSE_ISS, true, false, false},
		{"aud", "{\"iss\":\"https://a.example\",\"exp\":1800000600,\"iat\":1800000000}", RC_JOSE_AUD, false, true, false},
		{"exp", "{\"iss\":\"https://a.example\",\"aud\":\"api\",\"iat\":1800000000}", RC_JOSE_EXP, false, false, true},
	};
	set_up();
	T_ROWS(row, rows, name) {
		const struct jwt_header_keys proof = {
			.proof = true, .proof_without_iss = row->iss, .proof_without_aud = row->aud, .proof_without_exp = row->exp,
			.anchors = fx.anchors, .anchor_count = 1, .name = SLICE("issuer.example"),
		};
		struct jwt_header_keys without = proof, listed = proof;
		struct jwt_policy policy = policy_for(&proof);
		struct jwt_claims c;
		struct slice proven = forge_token(HEAD ",\"jwk\":" EC_JWK "}", row->claims, fx.key, JOSE_ES256, &fx.a);
		struct slice ours = forge_token(HEAD "}", row->claims, fx.leaf, JOSE_ES256, &fx.a);
		struct slice chained = forge_token(X5C, row->claims, fx.leaf, JOSE_ES256, &fx.a);
		CHECK_OK(jwt_verify(proven, fx.ours, &policy, NOW, &fx.a, &c));
		CHECK_RC(jwt_verify(ours, fx.ours, &policy, NOW, &fx.a, &c), row->otherwise);
		CHECK_RC(jwt_verify(chained, fx.ours, &policy, NOW, &fx.a, &c), row->otherwise);
		without.proof_without_iss = without.proof_without_aud = without.proof_without_exp = false;
		policy.header_keys = &without;
		CHECK_RC(jwt_verify(proven, fx.ours, &policy, NOW, &fx.a, &c), row->otherwise);
		listed.proof = false;
		listed.thumbprints = &fx.thumbprint;
		listed.thumbprint_count = 1;
		policy.header_keys = &listed;
		CHECK_RC(jwt_verify(proven, fx.ours, &policy, NOW, &fx.a, &c), row->otherwise);
		policy.iss_optional = policy.aud_optional = policy.exp_optional = true;
		CHECK_OK(jwt_verify(ours, fx.ours, &policy, NOW, &fx.a, &c));
		policy.header_keys = &without;
		CHECK_OK(jwt_verify(proven, fx.ours, &policy, NOW, &fx.a, &c));
	}
	tear_down();
}

/* Attack catalogue 15. */
static void embedded_chains_end_at_an_anchor(void)
{
	static const struct {
		const char *name, *x5c;
		int64_t now;
		enum rc rc;
	} rows[] = {
		{"a chain of three", "[\"" CERT_LEAF "\",\"" CERT_BETWEEN "\",\"" CERT_ROOT "\"]", NOW, RC_OK},
		{"without its root", "[\"" CERT_LEAF "\",\"" CERT_BETWEEN "\"]", NOW, RC_OK},
		{"for any use", "[\"" CERT_LEAF_ANY_USAGE "\",\"" CERT_BETWEEN "\"]", NOW, RC_OK},
		{"without what is between", "[\"" CERT_LEAF "\"]", NOW, RC_JOSE_KEY},
		{"in another order", "[\"" CERT_BETWEEN "\",\"" CERT_LEAF "\"]", NOW, RC_JOSE_KEY},
		{"signed by itself", "[\"" CERT_LEAF_SELF "\"]", NOW, RC_JOSE_KEY},
		{"of another root", "[\"" CERT_LEAF_OTHER_ROOT "\",\"" CERT_OTHER_ROOT "\"]", NOW, RC_JOSE_KEY},
		{"by a leaf that is no authority", "[\"" CERT_LEAF_BY_LEAF "\",\"" CERT_LEAF "\",\"" CERT_BETWEEN "\"]", NOW, RC_JOSE_KEY},
		{"for TLS alone", "[\"" CERT_LEAF_TLS_ONLY "\",\"" CERT_BETWEEN "\"]", NOW, RC_JOSE_KEY},
		{"for encryption alone", "[\"" CERT_LEAF_ENCIPHERS "\",\"" CERT_BETWEEN "\"]", NOW, RC_JOSE_KEY},
		{"for another name", "[\"" CERT_LEAF_OTHER_NAME "\",\"" CERT_BETWEEN "\"]", NOW, RC_JOSE_KEY},
		{"for a pattern of names", "[\"" CERT_LEAF_PATTERN "\",\"" CERT_BETWEEN "\"]", NOW, RC_JOSE_KEY},
		{"for a name in the subject alone", "[\"" CERT_LEAF_NO_NAME "\",\"" CERT_BETWEEN "\"]", NOW, RC_JOSE_KEY},
		{"not yet valid", "[\"" CERT_LEAF "\",\"" CERT_BETWEEN "\"]", 1700000000, RC_JOSE_KEY},
		{"no longer valid", "[\"" CERT_LEAF "\",\"" CERT_BETWEEN "\"]", 4500000000, RC_JOSE_KEY},
		{"empty", "[]", NOW, RC_JOSE_KEY},
		{"a string", "\"" CERT_LEAF "\"", NOW, RC_JOSE_KEY},
		{"no certificate", "[\"AAAA\"]", NOW, RC_JOSE_KEY},
		{"no certificate behind it", "[\"" CERT_LEAF "\",\"" CERT_BETWEEN "\",\"AAAA\"]", NOW, RC_JOSE_KEY},
		{"empty behind it", "[\"" CERT_LEAF "\",\"" CERT_BETWEEN "\",\"\"]", NOW, RC_JOSE_KEY},
		{"nine", "[\"" CERT_LEAF "\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]", NOW, RC_LIMIT},
	};
	set_up();
	const struct jwt_header_keys anchored = {.anchors = fx.anchors, .anchor_count = 1, .name = SLICE("issuer.example")};
	T_ROWS(row, rows, name) {
		static char header[16 * 1024];
		(void)snprintf(header, sizeof header, HEAD ",\"x5c\":%s}", row->x5c);
		CHECK_RC(verify_at(header, fx.leaf, &anchored, row->now), row->rc == RC_OK ? RC_OK : row->rc);
	}
	t_set_row("signed by another key than the leaf's");
	static const char good[] = HEAD ",\"x5c\":[\"" CERT_LEAF "\",\"" CERT_BETWEEN "\"]}";
	CHECK_RC(verify(good, fx.key, &anchored), RC_JOSE_SIGNATURE);
	t_set_row("no admission");
	CHECK_RC(verify(HEAD ",\"x5c\":[\"x\"]}", fx.leaf, NULL), RC_JOSE_HEADER);
	t_set_row("no anchors");
	const struct jwt_header_keys listed = {.thumbprints = &fx.thumbprint, .thumbprint_count = 1};
	CHECK_RC(verify(good, fx.leaf, &listed), RC_JOSE_HEADER);
	t_set_row("no name");
	const struct jwt_header_keys unnamed = {.anchors = fx.anchors, .anchor_count = 1};
	CHECK_RC(verify(good, fx.leaf, &unnamed), RC_JOSE_KEY);
	t_set_row("the leaf as anchor");
	const struct slice leaf = der_of(CERT_LEAF);
	const struct jwt_header_keys pinned = {.anchors = &leaf, .anchor_count = 1, .name = SLICE("issuer.example")};
	CHECK_OK(verify(HEAD ",\"x5c\":[\"" CERT_LEAF "\"]}", fx.leaf, &pinned));
	t_set_row("an anchor that is no certificate");
	const struct slice rubbish = SLICE("rubbish");
	const struct jwt_header_keys bad = {.anchors = &rubbish, .anchor_count = 1, .name = SLICE("issuer.example")};
	CHECK_RC(verify(good, fx.leaf, &bad), RC_JOSE_KEY);
	tear_down();
}

/* What is at the one address. */
struct site {
	struct slice document;
	enum rc rc;
	size_t claimed; /* instead of the document's length, where not 0 */
	unsigned calls;
	char url[JWT_URL_MAX + 1];
};

static enum rc fetch(void *self, struct slice url, uint8_t *dst, size_t cap, size_t *ret_n)
{
	struct site *s = self;
	s->calls++;
	CHECK(slice_to_cstr(url, s->url, sizeof s->url) && s->document.n <= cap);
	if (s->document.n > 0)
		memcpy(dst, s->document.p, s->document.n);
	*ret_n = s->claimed > 0 ? s->claimed : s->document.n;
	return s->rc;
}

static enum rc verify_jku(const char *url, struct site *site)
{
	static const struct slice hosts[] = {SLICE_INIT("keys.example"), SLICE_INIT("keys.example:8443")};
	const struct jwt_header_keys fetched = {.hosts = hosts, .host_count = 2, .fetch = fetch, .self = site};
	char header[4096];
	(void)snprintf(header, sizeof header, HEAD ",\"jku\":%s}", url);
	return verify(header, fx.key, &fetched);
}

/* Attack catalogue 14: what is not fetched cannot lead anywhere. */
static void addresses_of_keys_are_fetched_only_from_named_hosts(void)
{
	static const char *const refused[] = {
		"\"http://keys.example/jwks\"", "\"HTTPS://keys.example/jwks\"", "\"file:///etc/passwd\"", "\"https://evil.example/jwks\"",
		"\"https://keys.example.evil.example/jwks\"", "\"https://keys.example@evil.example/jwks\"",
		"\"https://evil.example@keys.example/jwks\"", "\"https://keys.example:443/jwks\"", "\"https://keys.example:8444/jwks\"",
		"\"https://KEYS.example/jwks\"", "\"https://keys.example./jwks\"", "\"https://keys.example\"", "\"https:///jwks\"",
		"\"https://keys.example?/jwks\"", "\"https://keys.example/jwks#x\"", "\"https://keys.example\\\\/jwks\"",
		"\"https://keys.example/a b\"", "\"https://keys.example/a\\\\b\"", "\"https://keys.example/\\u0000\"", "\"https://keys.example/\\u00e9\"",
		"\"https://keys.example/\\r\\nx\"", "\"https://169.254.169.254/jwks\"", "\"https://[::1]/jwks\"", "\"https://2130706433/jwks\"",
		"\"//keys.example/jwks\"", "\"\"", "1", "null", "[\"https://keys.example/jwks\"]",
	};
	set_up();
	struct site site = {.document = SLICE("{\"keys\":[" EC_JWK "]}"), .rc = RC_OK};
	T_TEXTS(text, refused) {
		CHECK_RC(verify_jku(text, &site), RC_JOSE_HEADER);
		CHECK(site.calls == 0);
	}
	t_set_row("too long");
	char longest[JWT_URL_MAX + 64] = "\"https://keys.example/";
	memset(longest + 22, 'x', JWT_URL_MAX);
	longest[22 + JWT_URL_MAX] = '"';
	CHECK_RC(verify_jku(longest, &site), RC_JOSE_HEADER);
	CHECK(site.calls == 0);
	t_set_row("a named host");
	CHECK_OK(verify_jku("\"https://keys.example/jwks?v=1\"", &site));
	CHECK(site.calls == 1 && strcmp(site.url, "https://keys.example/jwks?v=1") == 0);
	CHECK_OK(verify_jku("\"https:\\/\\/keys.example:8443\\/jwks\"", &site));
	t_set_row("no answer");
	site.rc = RC_UPSTREAM;
	CHECK_RC(verify_jku("\"https://keys.example/jwks\"", &site), RC_UPSTREAM);
	t_set_row("more than there is room for");
	site.rc = RC_OK;
	site.claimed = JWT_FETCHED_MAX + 1;
	CHECK_RC(verify_jku("\"https://keys.example/jwks\"", &site), RC_INTERNAL);
	t_set_row("no key set");
	site = (struct site){.document = SLICE("<html>"), .rc = RC_OK};
	CHECK_RC(verify_jku("\"https://keys.example/jwks\"", &site), RC_JOSE_KEY);
	t_set_row("no key of that type");
	site.document = SLICE("{\"keys\":[{" RSA_PUBLIC "}]}");
	CHECK_RC(verify_jku("\"https://keys.example/jwks\"", &site), RC_JOSE_KID);
	t_set_row("another key");
	site.document = SLICE("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\",\"y\":"
			      "\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}]}");
	CHECK_RC(verify_jku("\"https://keys.example/jwks\"", &site), RC_JOSE_SIGNATURE);
	t_set_row("not even asked for where the algorithm is refused");
	site = (struct site){.rc = RC_OK};
	const struct slice one = SLICE("keys.example");
	const struct jwt_header_keys asked = {.hosts = &one, .host_count = 1, .fetch = fetch, .self = &site};
	struct jwt_policy policy = policy_for(&asked);
	struct jwt_claims c;
	policy.algs = JOSE_ALG_BIT(JOSE_HS256);
	CHECK_RC(jwt_verify(forge_token(HEAD ",\"jku\":\"https://keys.example/jwks\"}", CLAIMS, fx.key, JOSE_ES256, &fx.a), NULL, &policy, NOW,
			    &fx.a, &c),
		 RC_JOSE_ALG);
	CHECK(site.calls == 0);
	t_set_row("no fetch");
	const struct slice host = SLICE("keys.example");
	const struct jwt_header_keys none = {.hosts = &host, .host_count = 1};
	CHECK_RC(verify(HEAD ",\"jku\":\"https://keys.example/jwks\"}", fx.key, &none), RC_JOSE_HEADER);
	tear_down();
}

static void fetched_chains_end_at_an_anchor(void)
{
	static const char given[] = HEAD ",\"x5u\":\"https://keys.example/chain\"}";
	static const struct {
		const char *name, *certs[10];
		const char *label;
		enum rc rc;
	} rows[] = {
		{"a chain", {CERT_LEAF, CERT_BETWEEN}, "CERTIFICATE", RC_OK},
		{"signed by itself", {CERT_LEAF_SELF}, "CERTIFICATE", RC_JOSE_KEY},
		{"another label", {CERT_LEAF, CERT_BETWEEN}, "PUBLIC KEY", RC_JOSE_KEY},
		{"nothing", {NULL}, "CERTIFICATE", RC_JOSE_KEY},
		{"nine", {CERT_LEAF, CERT_BETWEEN, CERT_ROOT, CERT_ROOT, CERT_ROOT, CERT_ROOT, CERT_ROOT, CERT_ROOT, CERT_ROOT}, "CERTIFICATE",
		 RC_JOSE_KEY},
		{"eight", {CERT_LEAF, CERT_BETWEEN, CERT_ROOT, CERT_ROOT, CERT_ROOT, CERT_ROOT, CERT_ROOT, CERT_ROOT}, "CERTIFICATE",
		 RC_OK},
	};
	set_up();
	const struct slice host = SLICE("keys.example");
	T_ROWS(row, rows, name) {
		struct site site = {.rc = RC_OK};
		struct buf b;
		const struct jwt_header_keys fetched = {.hosts = &host, .host_count = 1, .fetch = fetch, .self = &site, .anchors = fx.anchors,
						      .anchor_count = 1, .name = SLICE("issuer.example")};
		buf_init(&b, 65536);
		for (size_t k = 0; row->certs[k] != NULL; k++)
			buf_format(&b, "-----BEGIN %s-----\n%s\n-----END %s-----\n", row->label, row->certs[k], row->label);
		site.document = buf_slice(&b);
		CHECK_RC(verify(given, fx.leaf, &fetched), row->rc);
		buf_free(&b);
	}
	t_set_row("no anchors");
	struct site site = {.rc = RC_OK};
	const struct jwt_header_keys bare = {.hosts = &host, .host_count = 1, .fetch = fetch, .self = &site};
	CHECK_RC(verify(given, fx.leaf, &bare), RC_JOSE_HEADER);
	t_set_row("no PEM");
	site.document = SLICE("rubbish");
	const struct jwt_header_keys anchored = {.hosts = &host, .host_count = 1, .fetch = fetch, .self = &site, .anchors = fx.anchors,
					       .anchor_count = 1, .name = SLICE("issuer.example")};
	CHECK_RC(verify(given, fx.leaf, &anchored), RC_JOSE_KEY);
	t_set_row("no answer");
	site.rc = RC_UPSTREAM;
	CHECK_RC(verify(given, fx.leaf, &anchored), RC_UPSTREAM);
	tear_down();
}

T_MAIN(T(embedded_jwk_is_refused_but_for_those_named), T(a_proof_gives_the_thumbprint_of_its_key),
       T(only_a_proof_may_lack_what_proofs_lack), T(embedded_chains_end_at_an_anchor),
       T(addresses_of_keys_are_fetched_only_from_named_hosts), T(fetched_chains_end_at_an_anchor))
