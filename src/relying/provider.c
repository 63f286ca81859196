/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of each provider: its metadata and its keys, kept for an hour; the last good ones outlive an outage. */
#include <pthread.h>

#include "relying/parts.h"

enum {
	PROVIDERS_MAX = 16,
	FRESH = 3600,       /* seconds that metadata and keys are believed */
	REFETCH = 30,       /* at least so many seconds between two fetches of one provider */
	REST = 5,           /* the same while nothing is known of it: each sign-in would ask, and wait for, one that is down */
	METADATA_VALUES = 512,
	LEAST_IAT_AGE = 600, /* an ID token just issued is not older */
};

struct provider {
	struct slice issuer; /* heap */
	struct slice metadata; /* heap: the document as fetched */
	struct jwks *keys;
	int64_t fetched, tried;
	bool fetching;
};

struct relying_providers {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct provider v[PROVIDERS_MAX];
	size_t n;
};

enum rc relying_providers_new(struct relying_providers **ret)
{
	struct relying_providers *p = calloc(1, sizeof *p);
	if (p == NULL)
		return RC_MEMORY;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->changed, NULL);
	*ret = p;
	return RC_OK;
}

static void heap_free(struct slice *s)
{
	free((void *)(uintptr_t)s->p);
	*s = SLICE_NONE;
}

void relying_providers_free(struct relying_providers *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++) {
		heap_free(&p->v[i].issuer);
		heap_free(&p->v[i].metadata);
		jwks_unref(p->v[i].keys);
	}
	(void)pthread_mutex_destroy(&p->lock);
	(void)pthread_cond_destroy(&p->changed);
	free(p);
}

static enum rc heap_copy(struct slice s, struct slice *ret_copy)
{
	uint8_t *p = malloc(s.n + 1);
	if (p == NULL)
		return RC_MEMORY;
	memcpy(p, s.p, s.n);
	*ret_copy = slice_of(p, s.n);
	return RC_OK;
}

/* With the lock held. Rows are never removed: issuers come from the configuration. */
static enum rc row_of(struct relying_providers *p, struct slice issuer, struct provider **ret_row)
{
	for (size_t i = 0; i < p->n; i++) {
		if (slice_eq(p->v[i].issuer, issuer)) {
			*ret_row = &p->v[i];
			return RC_OK;
		}
	}
	if (p->n == PROVIDERS_MAX)
		return RC_LIMIT;
	TRY(heap_copy(issuer, &p->v[p->n].issuer));
	*ret_row = &p->v[p->n++];
	return RC_OK;
}

static enum rc fetch_document(const struct relying *r, struct slice url, struct arena *a, struct slice *ret_body)
{
	struct http_response_in in;
	TRY(http_client_fetch(r->http, &(struct http_request_out){.url = url}, a, &in));
	if (in.status != 200)
		return RC_UPSTREAM;
	*ret_body = in.body;
	return RC_OK;
}

/* OpenID Connect Discovery 3: "This URL MUST use the https scheme" is said of each: keys that come in the clear are anybody's, and
 * so are codes and secrets that go so. An issuer that is not on https itself is one of a development machine. */
static enum rc check_schemes(const struct json *root, struct slice issuer, struct arena *a)
{
	static const struct slice names[] = {
		SLICE_INIT("jwks_uri"), SLICE_INIT("authorization_endpoint"), SLICE_INIT("token_endpoint"), SLICE_INIT("userinfo_endpoint"),
		SLICE_INIT("revocation_endpoint"), SLICE_INIT("end_session_endpoint")};
	static const struct slice https = SLICE_INIT("https://");
	for (size_t i = 0; slice_starts(issuer, https) && i < ARRAY_LEN(names); i++) {
		struct slice url;
		enum rc rc = json_string(json_get(root, names[i]), a, &url);
		if (rc != RC_MISSING && (rc != RC_OK || !slice_starts(url, https)))
			return RC_UPSTREAM;
	}
	return RC_OK;
}

/* A member that is there but is not what the standard says is no answer: taken as absent, it could switch a check off. */
static enum rc metadata_members(const struct json *root, struct arena *a, struct provider_metadata *ret)
{
	struct provider_metadata m = {0};
	const struct {
		struct slice name;
		struct slice *to;
		bool needed;
	} rows[] = {
		{SLICE("jwks_uri"), &m.jwks_uri, true},
		{SLICE("authorization_endpoint"), &m.authorization_endpoint, true},
		{SLICE("token_endpoint"), &m.token_endpoint, true},
		{SLICE("userinfo_endpoint"), &m.userinfo_endpoint, false},
		{SLICE("revocation_endpoint"), &m.revocation_endpoint, false},
		{SLICE("end_session_endpoint"), &m.end_session_endpoint, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct json *v = json_get(root, rows[i].name);
		if ((v != NULL || rows[i].needed) && json_string(v, a, rows[i].to) != RC_OK)
			return RC_UPSTREAM;
	}
	/* RFC 9207 3: a boolean. */
	const struct json *iss = json_get(root, SLICE("authorization_response_iss_parameter_supported"));
	if (iss != NULL && json_bool(iss, &m.iss_in_response) != RC_OK)
		return RC_UPSTREAM;
	*ret = m;
	return RC_OK;
}

static enum rc metadata_read(struct slice text, struct slice issuer, struct arena *a, struct provider_metadata *ret)
{
	const struct json *root;
	if (json_parse_arena(a, text, METADATA_VALUES, &root) != RC_OK)
		return RC_UPSTREAM;
	/* OpenID Connect Discovery 4.3: the issuer in the document is the one that was asked. */
	if (!json_is_string(json_get(root, SLICE("issuer")), issuer))
		return RC_UPSTREAM;
	TRY(check_schemes(root, issuer, a));
	return metadata_members(root, a, ret);
}

static enum rc fetch_all(const struct relying *r, struct slice issuer, struct arena *a, struct slice *ret_metadata,
			 struct jwks **ret_keys)
{
	struct slice url, metadata, set;
	struct provider_metadata m;
	const struct slice parts[] = {issuer, SLICE("/.well-known/openid-configuration")};
	TRY(arena_join(a, parts, ARRAY_LEN(parts), &url));
	TRY(fetch_document(r, url, a, &metadata));
	TRY(metadata_read(metadata, issuer, a, &m));
	TRY(fetch_document(r, m.jwks_uri, a, &set));
	struct jwks *keys;
	if (jwks_read(set, JWK_PUBLIC, &keys, NULL) != RC_OK)
		return RC_UPSTREAM;
	struct slice copy;
	enum rc rc = heap_copy(metadata, &copy);
	if (rc != RC_OK) {
		jwks_unref(keys);
		return rc;
	}
	*ret_metadata = copy;
	*ret_keys = keys;
	return RC_OK;
}

/* With the lock held, which is let go while the network is asked. One fetch at a time; others wait for it. */
static void refresh(const struct relying *r, struct provider *row, int64_t now, struct arena *a)
{
	struct relying_providers *p = r->providers;
	if (row->fetching) {
		while (row->fetching)
			(void)pthread_cond_wait(&p->changed, &p->lock);
		return;
	}
	row->fetching = true;
	row->tried = now;
	(void)pthread_mutex_unlock(&p->lock);
	struct slice metadata;
	struct jwks *keys;
	enum rc rc = fetch_all(r, row->issuer, a, &metadata, &keys);
	(void)pthread_mutex_lock(&p->lock);
	if (rc == RC_OK) {
		heap_free(&row->metadata);
		jwks_unref(row->keys);
		row->metadata = metadata;
		row->keys = keys;
		row->fetched = now;
	}
	row->fetching = false;
	(void)pthread_cond_broadcast(&p->changed);
}

/* A copy of what is known, fetched first where it is due or `anew` (then at most once in REFETCH seconds). */
static enum rc snapshot(const struct relying *r, struct slice issuer, bool anew, int64_t now, struct arena *a,
			struct slice *ret_metadata, struct jwks **ret_keys)
{
	struct provider *row;
	(void)pthread_mutex_lock(&r->providers->lock);
	enum rc rc = row_of(r->providers, issuer, &row);
	if (rc == RC_OK) {
		bool known = row->keys != NULL;
		bool rested = now - row->tried >= (known ? REFETCH : REST) || now < row->tried;
		bool due = !known || now - row->fetched >= FRESH || now < row->fetched;
		if (row->fetching ? !known : rested && (due || anew))
			refresh(r, row, now, a);
		rc = row->keys == NULL ? RC_UPSTREAM : arena_copy(a, row->metadata, ret_metadata);
	}
	if (rc == RC_OK)
		*ret_keys = jwks_ref(row->keys);
	(void)pthread_mutex_unlock(&r->providers->lock);
	return rc;
}

enum rc provider_find(const struct relying *r, struct slice issuer, int64_t now, struct arena *a,
		      struct provider_metadata *ret)
{
	struct slice text;
	struct jwks *keys;
	TRY(snapshot(r, issuer, false, now, a, &text, &keys));
	jwks_unref(keys);
	return metadata_read(text, issuer, a, ret);
}

static enum rc verify_with(const struct relying *r, const struct relying_site *site, struct slice token, bool anew,
			   int64_t now, struct arena *a, struct jwt_claims *ret)
{
	static const struct slice types[] = {SLICE_INIT("jwt")};
	const struct jwt_policy policy = {
		.algs = JOSE_ALG_BIT(JOSE_ES256) | JOSE_ALG_BIT(JOSE_ES384) | JOSE_ALG_BIT(JOSE_ES512) |
			JOSE_ALG_BIT(JOSE_RS256) | JOSE_ALG_BIT(JOSE_RS384) | JOSE_ALG_BIT(JOSE_RS512) |
			JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_PS384) | JOSE_ALG_BIT(JOSE_PS512) |
			JOSE_ALG_BIT(JOSE_ED25519) | JOSE_ALG_BIT(JOSE_EDDSA),
		.issuer = site->issuer,
		.audiences = &site->client_id,
		.audience_count = 1,
		.types = types,
		.type_count = ARRAY_LEN(types),
		.type_optional = true,
		.sub_required = true,
		.leeway = r->leeway,
		.max_age = LEAST_IAT_AGE,
	};
	struct slice text;
	struct jwks *keys;
	TRY(snapshot(r, site->issuer, anew, now, a, &text, &keys));
	enum rc rc = jwt_verify(token, keys, &policy, now, a, ret);
	jwks_unref(keys);
	return rc;
}

enum rc provider_id_token(const struct relying *r, const struct relying_site *site, struct slice token, struct slice nonce,
			  int64_t now, struct arena *a, struct jwt_claims *ret)
{
	struct jwt_claims claims;
	enum rc rc = verify_with(r, site, token, false, now, a, &claims);
	/* An unknown kid: the provider may have rotated its keys. */
	if (rc == RC_JOSE_KID)
		rc = verify_with(r, site, token, true, now, a, &claims);
	if (rc != RC_OK)
		return rc;
	/* OpenID Connect Core 3.1.3.7, 4 and 5: several audiences need `azp`, and it is us. */
	const struct json *aud = json_get(claims.root, SLICE("aud")), *azp = json_get(claims.root, SLICE("azp"));
	if (aud->type == JSON_ARRAY && aud->count > 1 && azp == NULL)
		return RC_JOSE_AUD;
	if (azp != NULL && !json_is_string(azp, site->client_id))
		return RC_JOSE_AUD;
	/* 3.1.3.7, 11. */
	if (nonce.n > 0 && !json_is_string(json_get(claims.root, SLICE("nonce")), nonce))
		return RC_JOSE_CLAIMS;
	*ret = claims;
	return RC_OK;
}
