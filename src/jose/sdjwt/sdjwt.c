/* SPDX-License-Identifier: Apache-2.0 */
/* Holder and verifier (RFC 9901 7.2, 7.3). */
#include "jose/sdjwt/sdjwt.h"

#include "jose/jws/jws.h"
#include "jose/jwt/jwt_internal.h"
#include "jose/sdjwt/sdjwt_internal.h"

/* A nested value appears once for each disclosure around it. */
enum { LIST_MAX = 512 * 1024 };

static const jose_alg_set symmetric = JOSE_ALG_BIT(JOSE_HS256) | JOSE_ALG_BIT(JOSE_HS384) | JOSE_ALG_BIT(JOSE_HS512);

static enum rc policy_validate(const struct sdjwt_policy *p)
{
	if (p->jwt == NULL || p->binding_age < 0)
		return RC_RANGE;
	if (p->binding_required && (p->aud.n == 0 || p->nonce.n == 0 || (p->binding_algs & ~symmetric) == 0))
		return RC_RANGE;
	return RC_OK;
}

/* The holder's key, according to the issuer (4.1.2). */
static enum rc holder_key(const struct json *root, struct jwk **ret_key)
{
	return jwk_parse(json_get(json_get(root, SLICE("cnf")), SLICE("jwk")), JWK_PUBLIC, ret_key);
}

/* 7.3 steps 5.5 and 5.6. "The value MUST be a single string" (4.3) applies to `aud` and `nonce`. */
static enum rc kb_claims_validate(const struct json *root, const struct sdjwt_policy *p, int64_t now)
{
	int64_t age = p->binding_age == 0 ? SDJWT_BINDING_AGE : p->binding_age, t;
	if (!json_is_string(json_get(root, SLICE("aud")), p->aud) ||
	    !json_is_string(json_get(root, SLICE("nonce")), p->nonce))
		return RC_JOSE_BINDING;
	if (json_seconds(json_get(root, SLICE("iat")), &t) != RC_OK || t - now > age || now - t > age)
		return RC_JOSE_BINDING;
	/* RFC 7519 4.1: dates that are present apply. */
	const struct json *exp = json_get(root, SLICE("exp")), *nbf = json_get(root, SLICE("nbf"));
	if (exp != NULL && (json_seconds(exp, &t) != RC_OK || now >= t))
		return RC_JOSE_BINDING;
	if (nbf != NULL && (json_seconds(nbf, &t) != RC_OK || now < t))
		return RC_JOSE_BINDING;
	return RC_OK;
}

/* A presentation being verified. */
struct validate {
	struct sdjwt_parts parts;
	const struct sdjwt_policy *policy;
	struct sdjwt_processed processed;
	int64_t now;
	struct arena *a;
};

/* 7.3 step 5. */
static enum rc kb_validate(const struct validate *c, const struct jwk *key)
{
	struct jws kb;
	const struct json *root;
	struct slice digest;
	if (c->policy->jwt->one_algorithm)
		TRY(jwt_one_alg_validate(key, c->policy->binding_algs));
	TRY(jws_verify_key(c->parts.binding, key, c->policy->binding_algs & ~symmetric, c->a, &kb));
	if (!slice_eq_nocase(kb.header.typ, SLICE("kb+jwt")))
		return RC_JOSE_BINDING;
	TRY(sdjwt_parse(kb.payload, c->a, &root));
	TRY(kb_claims_validate(root, c->policy, c->now));
	TRY(sdjwt_digest(c->processed.hash, c->parts.bound, c->a, &digest));
	if (!json_is_string(json_get(root, SLICE("sd_hash")), digest))
		return RC_JOSE_BINDING;
	return RC_OK;
}

static enum rc binding_validate(const struct validate *c, const struct json *root)
{
	struct jwk *key;
	if (!c->policy->binding_required)
		return RC_OK;
	if (c->parts.binding.n == 0)
		return RC_JOSE_BINDING;
	enum rc rc = holder_key(root, &key);
	if (rc == RC_OK) {
		rc = kb_validate(c, key);
		jwk_unref(key);
	}
	return rc == RC_OK || rc == RC_LIMIT || rc_server_error(rc) ? rc : RC_JOSE_BINDING;
}

/* 7.1 step 2: algorithm, type, signature. */
static enum rc issuer_validate(const struct validate *c, const struct jwks *keys, struct jws *jws)
{
	const struct jwt_policy *policy = c->policy->jwt;
	TRY(jws_verify(c->parts.jwt, keys, policy->algs, c->a, jws));
	if (policy->one_algorithm)
		TRY(jwt_one_alg_validate(jws->key, policy->algs));
	return jwt_typ_validate(&jws->header, policy);
}

enum rc sdjwt_verify(struct slice text, const struct jwks *keys, const struct sdjwt_policy *policy, int64_t now,
		     struct arena *a, struct sdjwt *ret_sdjwt)
{
	struct validate c = {.policy = policy, .now = now, .a = a};
	struct jws jws;
	struct sdjwt s;
	TRY(policy_validate(policy));
	TRY(sdjwt_split(text, &c.parts));
	TRY(issuer_validate(&c, keys, &jws));
	TRY(sdjwt_process(jws.payload, c.parts.list, a, &c.processed));
	TRY(jwt_claims_validate_text(c.processed.text, policy->jwt, now, a, &s.claims));
	TRY(binding_validate(&c, s.claims.root));
	s.claims.header = jws.header;
	s.disclosures = c.processed.disclosures;
	s.disclosure_count = c.processed.count;
	*ret_sdjwt = s;
	return RC_OK;
}

/* The payload of the issuer's JWT; its signature is not verified. */
static enum rc process_unverified(struct slice text, struct arena *a, struct sdjwt_parts *ret_parts,
				  struct sdjwt_processed *ret_processed)
{
	struct jwt_parts jwt;
	struct slice payload;
	TRY(sdjwt_split(text, ret_parts));
	/* 7.2: "If the Holder receives an SD-JWT+KB, it MUST be rejected." */
	if (ret_parts->binding.n > 0)
		return RC_JOSE_BINDING;
	TRY(jwt_split(ret_parts->jwt, &jwt));
	TRY(jwt_payload_decode(&jwt, a, &payload));
	return sdjwt_process(payload, ret_parts->list, a, ret_processed);
}

/* True if the claim at `path` is one of those at `show`, or contains one. */
static bool is_needed(struct slice path, const struct slice *show, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_starts(show[i], path) && (show[i].n == path.n || show[i].p[path.n] == '/'))
			return true;
	return false;
}

static enum rc all_there(const struct sdjwt_processed *p, const struct slice *show, size_t count, struct arena *a)
{
	const struct json *root, *value;
	TRY(sdjwt_parse_claims(p->text, a, &root));
	for (size_t i = 0; i < count; i++)
		TRY(sdjwt_at(root, show[i], &value));
	return RC_OK;
}

enum rc sdjwt_present(struct slice sdjwt, const struct slice *show, size_t show_count, struct arena *a,
		      struct slice *ret_text)
{
	struct sdjwt_parts parts;
	struct sdjwt_processed p;
	struct buf b;
	TRY(process_unverified(sdjwt, a, &parts, &p));
	TRY(all_there(&p, show, show_count, a));
	uint8_t *memory = arena_alloc(a, sdjwt.n);
	if (memory == NULL)
		return RC_MEMORY;
	buf_over(&b, memory, sdjwt.n);
	buf_put(&b, parts.jwt);
	buf_byte(&b, '~');
	for (size_t i = 0; i < p.count; i++) {
		if (!is_needed(p.disclosures[i].path, show, show_count))
			continue;
		buf_put(&b, p.disclosures[i].text);
		buf_byte(&b, '~');
	}
	TRY(buf_rc(&b));
	*ret_text = buf_slice(&b);
	return RC_OK;
}

static enum rc write_list(const struct sdjwt_processed *p, const struct json *root, struct buf *b)
{
	struct json_out out = json_out_to(b);
	const struct json *value;
	json_out_array(&out);
	for (size_t i = 0; i < p->count; i++) {
		TRY(sdjwt_at(root, p->disclosures[i].path, &value));
		json_out_object(&out);
		json_out_member(&out, SLICE("path"), p->disclosures[i].path);
		json_out_key(&out, SLICE("value"));
		json_out_raw(&out, sdjwt_raw(value));
		json_out_object_end(&out);
	}
	json_out_array_end(&out);
	return buf_rc(b);
}

enum rc sdjwt_list(struct slice sdjwt, struct arena *a, struct slice *ret_json)
{
	struct sdjwt_parts parts;
	struct sdjwt_processed p;
	const struct json *root;
	struct buf b;
	TRY(process_unverified(sdjwt, a, &parts, &p));
	TRY(sdjwt_parse_claims(p.text, a, &root));
	buf_init(&b, LIST_MAX);
	enum rc rc = write_list(&p, root, &b);
	if (rc == RC_OK)
		rc = arena_copy(a, buf_slice(&b), ret_json);
	buf_free(&b);
	return rc;
}

static enum rc write_kb(const struct sdjwt_binding *binding, struct slice sd_hash, struct arena *a,
			struct slice *ret_claims)
{
	struct buf b;
	buf_in(&b, a, 256 + binding->aud.n + binding->nonce.n);
	struct json_out out = json_out_to(&b);
	json_out_object(&out);
	json_out_member(&out, SLICE("nonce"), binding->nonce);
	json_out_member(&out, SLICE("aud"), binding->aud);
	json_out_member_int(&out, SLICE("iat"), binding->iat);
	json_out_member(&out, SLICE("sd_hash"), sd_hash);
	json_out_object_end(&out);
	*ret_claims = buf_slice(&b);
	return buf_rc(&b);
}

enum rc sdjwt_bind(struct slice presentation, const struct sdjwt_binding *binding, struct arena *a,
		   struct slice *ret_text)
{
	struct sdjwt_parts parts;
	struct sdjwt_processed p;
	struct slice sd_hash, claims, kb, text;
	struct jwt_signer signer = jwt_signer_of(binding->key);
	if (binding->aud.n == 0 || binding->nonce.n == 0)
		return RC_RANGE;
	TRY(process_unverified(presentation, a, &parts, &p));
	TRY(sdjwt_digest(p.hash, parts.bound, a, &sd_hash));
	TRY(write_kb(binding, sd_hash, a, &claims));
	/* The verifier has the key from `cnf`: a kid would only reveal the holder's identity. */
	TRY(jwt_sign(&signer, binding->alg, SLICE_NONE, SLICE("kb+jwt"), claims, a, &kb));
	TRY(arena_join(a, (struct slice[]){parts.bound, kb}, 2, &text));
	if (text.n > SDJWT_TEXT_MAX)
		return RC_LIMIT;
	*ret_text = text;
	return RC_OK;
}
