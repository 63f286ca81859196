/* SPDX-License-Identifier: Apache-2.0 */
#include "libostiary/ostiary_policy.h"

#include "jose/jwk/pem.h"
#include "libostiary/ostiary_internal.h"

/* A text of an arena's, for a caller's function; NUL-terminated. */
static enum rc mark(void *self, struct slice issuer, struct slice jti, int64_t until)
{
	const struct ostiary_replay *replay = self;
	char texts[2 * 1024];
	struct buf b;
	buf_over(&b, texts, sizeof texts);
	buf_put(&b, issuer);
	buf_byte(&b, 0);
	buf_put(&b, jti);
	buf_byte(&b, 0);
	TRY(buf_rc(&b));
	switch (replay->mark(replay->self, texts, texts + issuer.n + 1, until)) {
	case 0:
		return RC_OK;
	case 1:
		return RC_REPLAY;
	default:
		return RC_STORE;
	}
}

static enum rc read_issuers(struct policy *p)
{
	const struct ostiary_policy *from = &p->from;
	struct ostiary_issuer issuer;
	if (from->issuer_count == 0)
		return RC_OK;
	if (from->issuer_count > JWT_ISSUERS_MAX || from->issuers == NULL || from->issuer != NULL || p->jwt.algs != 0)
		return RC_RANGE;
	for (size_t i = 0; i < from->issuer_count; i++) {
		TRY(inner_sized_at(&issuer, sizeof issuer, from->issuers, i));
		if (issuer.name == NULL || issuer.keys == NULL)
			return RC_RANGE;
		p->issuers[i] = (struct jwt_issuer){.name = slice_cstr(issuer.name), .keys = inner_jwks(issuer.keys)};
		TRY(inner_jws_algs(issuer.algorithms, &p->issuers[i].algs));
	}
	p->jwt.issuers = p->issuers;
	p->jwt.issuer_count = from->issuer_count;
	return RC_OK;
}

static enum rc read_replay(struct policy *p)
{
	if (p->from.replay == NULL)
		return RC_OK;
	TRY(inner_sized(&p->replay_from, sizeof p->replay_from, p->from.replay));
	if (p->replay_from.mark == NULL)
		return RC_RANGE;
	p->replay = (struct jwt_replay){mark, &p->replay_from};
	p->jwt.replay = &p->replay;
	return RC_OK;
}

enum rc policy_read(const struct ostiary_policy *policy, struct policy *p)
{
	TRY(inner_sized(&p->from, sizeof p->from, policy));
	const struct ostiary_policy *from = &p->from;
	p->jwt = (struct jwt_policy){
		.issuer = slice_cstr(from->issuer),
		.audiences = p->audiences,
		.types = p->types,
		.type_optional = from->type_optional,
		.sub_required = from->sub_required,
		.jti_required = from->jti_required,
		.leeway = from->leeway,
		.max_lifetime = from->max_lifetime,
		.max_age = from->max_age,
		.one_algorithm = true,
		.required = p->required,
		.subject = slice_cstr(from->subject),
		.subject_type = (enum jwt_subject)from->subject_type,
		.ignore_header_urls = from->ignore_header_urls,
	};
	if (from->ignore_header_urls && from->admission != NULL)
		return RC_RANGE;
	if (from->subject_type > OSTIARY_SUBJECT_CLIENT)
		return RC_RANGE;
	TRY(inner_jws_algs(from->algorithms, &p->jwt.algs));
	TRY(inner_list(from->audiences, p->audiences, POLICY_AUDIENCES_MAX, &p->jwt.audience_count));
	TRY(inner_list(from->types, p->types, POLICY_TYPES_MAX, &p->jwt.type_count));
	p->jwt.no_id_token = !from->id_token && jwt_types_are_common(&p->jwt);
	TRY(inner_list(from->required, p->required, POLICY_REQUIRED_MAX, &p->jwt.required_count));
	TRY(read_issuers(p));
	return read_replay(p);
}

static enum rc fetch(void *self, struct slice url, uint8_t *dst, size_t cap, size_t *ret_n)
{
	const struct ostiary_admission *admission = self;
	char text[JWT_URL_MAX + 1];
	if (!slice_to_cstr(url, text, sizeof text))
		return RC_LIMIT;
	return admission->fetch(admission->fetch_self, text, dst, cap, ret_n) == 0 ? RC_OK : RC_UPSTREAM;
}

static enum rc read_anchors(const struct ostiary_admission *from, struct policy_header_keys *a)
{
	struct slice rest = slice_of(from->anchors, from->anchors_length), label, der;
	if (from->anchors == NULL)
		return RC_OK;
	if (from->x5c_name == NULL || *from->x5c_name == '\0')
		return RC_RANGE;
	for (;;) {
		enum rc rc = pem_take(&rest, &a->arena, &label, &der);
		if (rc == RC_MISSING)
			break;
		if (rc != RC_OK || !slice_eq(label, SLICE("CERTIFICATE")) || a->jwt.anchor_count == CRYPTO_CHAIN_MAX)
			return RC_RANGE;
		a->anchors[a->jwt.anchor_count++] = der;
	}
	return a->jwt.anchor_count > 0 ? RC_OK : RC_RANGE;
}

enum rc policy_admit(struct policy *policy, struct policy_header_keys *a)
{
	const struct ostiary_admission *from = &a->from;
	TRY(inner_sized(&a->from, sizeof a->from, policy->from.admission));
	a->jwt = (struct jwt_header_keys){
		.thumbprints = a->thumbprints,
		.proof = from->proof,
		.anchors = a->anchors,
		.name = slice_cstr(from->x5c_name),
		.hosts = a->hosts,
		.fetch = from->fetch == NULL ? NULL : fetch,
		.self = &a->from,
	};
	TRY(inner_list(from->thumbprints, a->thumbprints, POLICY_THUMBPRINTS_MAX, &a->jwt.thumbprint_count));
	TRY(inner_list(from->hosts, a->hosts, POLICY_HOSTS_MAX, &a->jwt.host_count));
	TRY(read_anchors(from, a));
	if (a->jwt.host_count > 0 && from->fetch == NULL)
		return RC_RANGE;
	/* RFC 9449 4.2: a proof has neither issuer nor audience nor expiry of its own. */
	a->jwt.proof_without_iss = policy->from.issuer == NULL;
	a->jwt.proof_without_aud = policy->from.audiences == NULL;
	a->jwt.proof_without_exp = policy->from.max_age > 0;
	policy->jwt.header_keys = &a->jwt;
	return RC_OK;
}

void policy_header_keys_free(struct policy_header_keys *admission)
{
	arena_reset(&admission->arena);
}
