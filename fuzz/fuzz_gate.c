/* SPDX-License-Identifier: Apache-2.0 */
/* A request's target and headers, as lines, into the gateway's decision in each mode. */
#include "base/attr.h"
#include "gate/cors.h"
#include "gate/gate.h"
#include "gate/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS_MAX = 64, NOW = 1800000000 };

static const struct slice list[] = {SLICE_INIT("api")}, types[] = {SLICE_INIT("at+jwt")}, origins[] = {SLICE_INIT("http://shop")};
static const struct gate_names names = {list, 1};
static const struct gate_claim_map map = {SLICE_INIT("roles"), SLICE_INIT("/a/b"), SLICE_INIT("scope")};

static struct gate_issuer issuer_named(struct slice name)
{
	return (struct gate_issuer){.name = name, .fed = true, .map = map,
				    .jwt = {.algs = JOSE_ALG_BIT(JOSE_ES256), .issuer = name, .audiences = list, .audience_count = 1, .types = types,
					    .type_count = 1}};
}

static size_t split(struct slice rest, struct gate_header *v, struct slice *target, struct slice *answer)
{
	struct slice line;
	size_t n = 0;
	*target = *answer = SLICE_NONE;
	(void)slice_split(&rest, '\n', target);
	(void)slice_split(&rest, '\n', answer);
	while (n < HEADERS_MAX && slice_split(&rest, '\n', &line)) {
		size_t colon = slice_find(line, ':');
		v[n++] = (struct gate_header){slice_to(line, colon), slice_from(line, colon + 1)};
	}
	return n;
}

/* What a backend would get must be fit for a header, whatever came in. */
static void check_headers(const struct gate_outcome *out)
{
	for (size_t i = 0; i < out->set_count; i++)
		for (size_t k = 0; k < out->set[i].value.n; k++)
			if (out->set[i].value.p[k] < 0x20 || out->set[i].value.p[k] == 0x7f)
				abort();
	if (out->verdict == GATE_ALLOW && out->why != RC_OK)
		abort();
	if (out->location.n > 0 && !slice_starts(out->location, SLICE("/_ostiary/login?return_to=/")) &&
	    !slice_starts(out->location, SLICE("/_ostiary/login?return_to=%")))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gate_ends *ends;
	static struct jwks *keys;
	struct gate_issuer one = issuer_named(SLICE("https://id")), two = issuer_named(SLICE("https://other"));
	const struct gate_issuer *issuers[] = {&one, &two};
	struct gate_policy policy = {.realm = SLICE("x"), .issuers = issuers, .issuer_count = 2, .session_map = map};
	struct gate_header headers[HEADERS_MAX];
	struct gate_cors cors = {.origins = origins, .origin_count = 1};
	struct gate_outcome out;
	struct arena a;
	if (ends == NULL && (gate_ends_new(1024, &ends) != RC_OK || jwks_read(SLICE("{\"keys\":[]}"), JWK_PUBLIC, &keys, NULL) != RC_OK))
		abort();
	struct gate_ring rings[] = {{keys, 1}, {keys, 1}};
	struct gate_view view = {.rings = rings, .ends = ends, .fresh = true, .now = NOW};
	struct slice origin, stripped;
	struct gate_request r = {.method = SLICE("GET"), .host = SLICE("web"), .headers = headers};
	r.header_count = split(slice_of(data, size), headers, &r.target, &r.answer.text);
	r.answer.kind = r.answer.text.n > 0 ? GATE_ANSWER_IDENTITY : GATE_ANSWER_NOT_ASKED;
	for (int mode = GATE_OFF; mode <= GATE_SESSION; mode++) {
		policy.mode = (enum gate_mode)mode;
		arena_init(&a, 256 * 1024);
		gate_decide(&policy, &r, &view, &a, &out);
		check_headers(&out);
		(void)gate_cors_check(&cors, &r, &origin);
		for (size_t i = 0; i < r.header_count; i++) {
			(void)gate_name_is_identity(&names, headers[i].name);
			(void)gate_name_in_connection(&names, headers[i].value);
			if (gate_request_strip_cookies(headers[i].value, types, ARRAY_LEN(types), &a, &stripped) != RC_OK)
				break;
		}
		arena_reset(&a);
	}
	return 0;
}
