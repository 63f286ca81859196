/* SPDX-License-Identifier: Apache-2.0 */
/* The order of checks. What a credential is and how it is verified stands in its own file (gateway_credential.h). */
#include "gateway/canonical_path.h"
#include "gateway/gateway_decision.h"

/* Chains `part` into a running digest. */
static void mix(uint8_t digest[static 32], struct slice part)
{
	uint8_t both[64];
	memcpy(both, digest, 32);
	crypto_sha256(part, both + 32);
	crypto_sha256(slice_of(both, sizeof both), digest);
}

uint64_t gateway_generation(const struct gateway_issuer *issuer, struct slice jwks_text)
{
	uint8_t digest[32] = {0};
	uint64_t generation;
	mix(digest, jwks_text);
	mix(digest, issuer->jwt.issuer);
	mix(digest, slice_of(&issuer->jwt.algs, sizeof issuer->jwt.algs));
	mix(digest, slice_of(&issuer->jwt.type_optional, sizeof issuer->jwt.type_optional));
	mix(digest, slice_of(&issuer->jwt.ignore_header_urls, sizeof issuer->jwt.ignore_header_urls));
	for (size_t i = 0; i < issuer->jwt.type_count; i++)
		mix(digest, issuer->jwt.types[i]);
	memcpy(&generation, digest, sizeof generation);
	return generation == 0 ? 1 : generation;
}

enum rc gateway_revoked(const void *revocations, const struct revocation_subject *s, int64_t now)
{
	return revocation_cache_validate(revocations, s, now);
}

static enum rc decide(struct gateway_decision *d)
{
	const struct gateway_policy *p = d->policy;
	const struct gateway_rule *broken;
	struct slice path;
	if (!p->any_path)
		TRY(canonical_path(d->request->target, d->a, &path));
	if (p->credential == NULL)
		return RC_OK;
	TRY(p->credential->read(d));
	if (d->out->verdict != GATEWAY_ALLOW)
		return RC_OK;
	TRY(gateway_rules_validate(&d->out->identity, p->rules, p->rule_count, &broken));
	return gateway_headers_set(&d->out->identity, p->claim_headers, p->claim_header_count, d->a, d->out->set,
				     &d->out->set_count);
}

void gateway_decide(const struct gateway_policy *policy, const struct gateway_request *request,
		    const struct gateway_view *view, struct arena *a, struct gateway_outcome *ret)
{
	struct gateway_decision d = {.policy = policy, .request = request, .view = view, .a = a, .out = ret};
	*ret = (struct gateway_outcome){.verdict = GATEWAY_ALLOW, .why = RC_OK, .status = 200};
	enum rc rc = decide(&d);
	if (rc != RC_OK)
		gateway_refuse(policy, request, rc, a, ret);
}
