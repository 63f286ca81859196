/* SPDX-License-Identifier: Apache-2.0 */
/* A request's target and headers, as lines, into the gateway's decision in each mode. */
#include "base/attr.h"
#include "gateway/cors.h"
#include "gateway/gateway_credential.h"
#include "gateway/header_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS_MAX = 64, NOW = 1800000000 };

static const struct slice list[] = {SLICE_INIT("api")}, types[] = {SLICE_INIT("at+jwt")},
			  origins[] = {SLICE_INIT("http://shop")};
static const struct header_names names = {list, 1};
static const struct gateway_claim_map map = {SLICE_INIT("roles"), SLICE_INIT("/a/b"), SLICE_INIT("scope")};

static struct gateway_issuer issuer_named(struct slice name)
{
	return (struct gateway_issuer){.name = name,
				       .fed = true,
				       .map = map,
				       .jwt = {.algs = JOSE_ALG_BIT(JOSE_ES256),
					       .issuer = name,
					       .audiences = list,
					       .audience_count = 1,
					       .types = types,
					       .type_count = 1}};
}

static size_t split(struct slice rest, struct gateway_header *v, struct slice *target, struct slice *answer)
{
	struct slice line;
	size_t n = 0;
	*target = *answer = SLICE_NONE;
	(void)slice_split(&rest, '\n', target);
	(void)slice_split(&rest, '\n', answer);
	while (n < HEADERS_MAX && slice_split(&rest, '\n', &line)) {
		size_t colon = slice_find(line, ':');
		v[n++] = (struct gateway_header){slice_to(line, colon), slice_from(line, colon + 1)};
	}
	return n;
}

/* What a backend would get must be fit for a header, whatever came in. */
static void validate_headers(const struct gateway_outcome *out)
{
	for (size_t i = 0; i < out->set_count; i++)
		for (size_t k = 0; k < out->set[i].value.n; k++)
			if (out->set[i].value.p[k] < 0x20 || out->set[i].value.p[k] == 0x7f)
				abort();
	if (out->verdict == GATEWAY_ALLOW && out->why != RC_OK)
		abort();
	if (out->location.n > 0 && !slice_starts(out->location, SLICE("/_ostiary/login?return_to=/")) &&
	    !slice_starts(out->location, SLICE("/_ostiary/login?return_to=%")))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct revocation_cache *revocations;
	static struct jwks *keys;
	struct gateway_issuer one = issuer_named(SLICE("https://id")), two = issuer_named(SLICE("https://other"));
	const struct gateway_issuer *issuers[] = {&one, &two};
	struct gateway_policy policy = {.realm = SLICE("x"), .issuers = issuers, .issuer_count = 2, .session_map = map};
	struct gateway_header headers[HEADERS_MAX];
	struct gateway_cors cors = {.origins = origins, .origin_count = 1};
	struct gateway_outcome out;
	struct arena a;
	if (revocations == NULL && (revocation_cache_new(1024, &revocations) != RC_OK ||
				    jwks_read(SLICE("{\"keys\":[]}"), JWK_PUBLIC, &keys, NULL) != RC_OK))
		abort();
	struct gateway_key_set key_sets[] = {{keys, 1}, {keys, 1}};
	struct gateway_view view = {.key_sets = key_sets, .revoked = gateway_revoked, .revocations = revocations, .fresh = true, .now = NOW};
	struct slice origin, stripped;
	struct gateway_request r = {.method = SLICE("GET"), .host = SLICE("web"), .headers = headers};
	r.header_count = split(slice_of(data, size), headers, &r.target, &r.answer.text);
	r.answer.type = r.answer.text.n > 0 ? GATEWAY_ANSWER_IDENTITY : GATEWAY_ANSWER_NOT_ASKED;
	for (size_t k = 0; k <= GATEWAY_CREDENTIALS; k++) {
		policy.credential = k == GATEWAY_CREDENTIALS ? NULL : gateway_credentials[k];
		arena_init(&a, 256 * 1024);
		gateway_decide(&policy, &r, &view, &a, &out);
		validate_headers(&out);
		(void)gateway_cors_validate(&cors, &r, &origin);
		for (size_t i = 0; i < r.header_count; i++) {
			(void)header_name_is_identity(&names, headers[i].name);
			(void)header_name_in_connection(&names, headers[i].value);
			if (gateway_request_strip_cookies(headers[i].value, types, ARRAY_LEN(types), &a, &stripped) !=
			    RC_OK)
				break;
		}
		arena_reset(&a);
	}
	return 0;
}
