/* SPDX-License-Identifier: Apache-2.0 */
/* A gateway's own sign-in with a provider whose answers are given: takes the place of src/http/client. */
#ifndef OSTIARY_FUZZ_RP_FUZZ_H
#define OSTIARY_FUZZ_RP_FUZZ_H

#include <stdlib.h>

#include "base/buf.h"
#include "rp/rp_internal.h"
#include "rp/rp_payload.h"
#include "rp/rp_provider.h"
#include "store/memory/memory.h"

#define RF_ISSUER "https://id.example"
#define RF_HOST "web.example"
#define RF_CLIENT "web"

enum { RF_NOW = 1800000000, RF_ARENA = 4 << 20 };

/* Answers by URL: where `body` is NULL there is none. */
static struct {
	struct slice metadata, jwks, token;
	long token_status;
} rf_answers;

static struct {
	struct arena arena; /* of one input */
	struct ephemeral store;
	struct sessions sessions;
	struct rp_site site;
	struct rp rp;
	struct jwk *key;
	struct slice jwks;
} rf;

static inline void rf_hold(bool promise)
{
	if (!promise)
		abort();
}

/* Linked before the real one. */
enum rc http_client_fetch(struct http_client *c, const struct http_request_out *request, struct arena *a,
			  struct http_response_in *ret_response)
{
	(void)c;
	bool metadata = slice_ends(request->url, SLICE("/.well-known/openid-configuration"));
	struct slice body = request->post ? rf_answers.token : metadata ? rf_answers.metadata : rf_answers.jwks;
	if (body.n > HTTP_CLIENT_BODY_MAX)
		return RC_UPSTREAM;
	ret_response->status = request->post ? rf_answers.token_status : 200;
	return arena_copy(a, body, &ret_response->body);
}

#define RF_METADATA                                                                                      \
	"{\"issuer\":\"" RF_ISSUER "\",\"authorization_endpoint\":\"" RF_ISSUER                          \
	"/authorize\",\"token_endpoint\":\"" RF_ISSUER "/token\",\"jwks_uri\":\"" RF_ISSUER              \
	"/jwks\",\"revocation_endpoint\":\"" RF_ISSUER "/revoke\",\"end_session_endpoint\":\"" RF_ISSUER \
	"/logout\",\"authorization_response_iss_parameter_supported\":true}"

static inline void rf_make_key(void)
{
	static uint8_t memory[1024];
	struct buf b;
	rf_hold(jwk_generate(JOSE_ES256, 0, &rf.key) == RC_OK);
	buf_over(&b, memory, sizeof memory);
	struct json_out o = json_out_to(&b);
	buf_put(&b, SLICE("{\"keys\":["));
	rf_hold(jwk_write(rf.key, false, &o) == RC_OK);
	buf_put(&b, SLICE("]}"));
	rf.jwks = buf_slice(&b);
}

static inline void rf_start_once(void)
{
	static const struct memory_options options = {.max_records = 1000, .max_bytes = 1 << 24};
	static const uint8_t secret[32] = "0123456789abcdef0123456789abcde";
	rf_make_key();
	rf_hold(memory_ephemeral_open(&options, &rf.store) == RC_OK);
	rf.sessions = (struct sessions){
		&rf.store, {.type = EPH_GATEWAY_SESSION, .idle = 3600, .absolute = 7200, .touch = 60, .overlap = 10}};
	rf.site = (struct rp_site){.host = SLICE(RF_HOST),
				   .issuer = SLICE(RF_ISSUER),
				   .client_id = SLICE(RF_CLIENT),
				   .client_secret = outgoing_secret_of(secret, sizeof secret),
				   .scope = SLICE("openid profile"),
				   .signed_out = SLICE("/"),
				   .roles_claim = SLICE("roles"),
				   .tenant_claim = SLICE("tenant")};
	rf.rp = (struct rp){
		.sites = &rf.site, .site_count = 1, .ephemeral = &rf.store, .sessions = &rf.sessions, .leeway = 30};
	rf_hold(rp_renewals_new(&rf.rp.renewals) == RC_OK);
}

/* Everything good; what is known of the provider is forgotten. End with rf_end. */
static inline void rf_begin(void)
{
	if (rf.key == NULL)
		rf_start_once();
	rf_answers.metadata = SLICE(RF_METADATA);
	rf_answers.jwks = rf.jwks;
	rf_answers.token = SLICE("{}");
	rf_answers.token_status = 200;
	arena_init(&rf.arena, RF_ARENA);
	rf_hold(rp_providers_new(&rf.rp.providers) == RC_OK);
}

static inline void rf_end(void)
{
	rp_providers_free(rf.rp.providers);
	arena_reset(&rf.arena);
}

/* A token of the provider. Empty where memory is out. */
static inline struct slice rf_sign(struct slice claims)
{
	struct jwt_signer signer = jwt_signer_of(rf.key);
	struct slice token = SLICE_NONE;
	rc_ignore(jwt_sign(&signer, JOSE_ES256, jwk_kid(rf.key), SLICE("JWT"), claims, &rf.arena, &token));
	return token;
}

#endif
