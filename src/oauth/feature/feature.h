/* SPDX-License-Identifier: Apache-2.0 */
/* The seam for specifications that extend the authorization and token endpoints: a file and a row of features.c each.
 * A feature's endpoints are rows of front/routes.c and its client metadata rows of client_members.def: these two
 * tables show all of them in one place. */
#ifndef OSTIARY_OAUTH_FEATURE_H
#define OSTIARY_OAUTH_FEATURE_H

#include "oauth/authorize/authorize_request.h"
#include "oauth/grant/code.h"
#include "oauth/grant/grant.h"
#include "oauth/feature/metadata.h"
#include "oauth/authorize/parameters.h"

/* An authorization request while it is read. */
struct authorize_reading {
	const struct op *op;
	struct request *c;
	const struct parameters *from;
	const struct client *client;
	struct authorize_request *request; /* earlier features have set their members */
};

/* A token request that a grant has accepted, before its tokens are made. */
struct token_reading {
	const struct op *op;
	struct request *c;
	const struct client *client;
	const struct code_grant *code; /* NULL: the grant is not authorization_code */
	struct user_grant *grant;      /* may be narrowed for this access token; refresh tokens keep all */
};

/* Parameters of an answer to the redirect URI, in order. */
enum { ANSWER_FIELDS_MAX = 8 };
struct answer_fields {
	struct request_pair v[ANSWER_FIELDS_MAX];
	size_t n;
};

struct feature {
	const char *spec; /* "RFC 7636" */
	/* Parameters of the authorization request that it acts on. RFC 6749 3.1: they "MUST NOT be included more than
	 * once"; all others are ignored. */
	const struct slice *parameters;
	size_t parameter_count;
	const struct metadata_member *metadata;
	size_t metadata_count;

	/* Functions may be NULL. Called in the order of the table. */

	/* Validates its parameters and sets its members of r->request. The standard's OAuth error by authorize_wrong. */
	enum rc (*on_authorize)(struct authorize_reading *r);
	/* Writes its parameters of a request that was read, so that the request can be started again by a URL. */
	void (*on_again)(const struct authorize_request *request, struct buf *query);
	/* Adds its parameters to an answer, error or not, by answer_add. */
	enum rc (*on_answer)(const struct request *c, const struct authorize_request *request,
			     struct answer_fields *fields);
	/* Validates a token request, or narrows what the access token will be for. RC_INVALID_GRANT,
	 * RC_INVALID_TARGET, … with c->client_detail. */
	enum rc (*on_token)(struct token_reading *r);
	/* Writes its claims into the open object of an ID token. */
	void (*on_id_token)(struct json_out *o, const struct user_grant *g);
};

#define FEATURE_PARAMETERS(list) .parameters = (list), .parameter_count = ARRAY_LEN(list)
#define FEATURE_METADATA(list) .metadata = (list), .metadata_count = ARRAY_LEN(list)

extern const struct feature feature_response, feature_state, feature_request_object, feature_pkce, feature_scope,
	feature_resource, feature_nonce, feature_prompt, feature_max_age, feature_hints, feature_issuer;

/* All of them. */
extern const struct feature *const features[];
extern const size_t feature_count;

/* Refuses an authorization request: `detail` (static text) goes to the log and to the client. */
enum rc authorize_wrong(struct authorize_reading *r, enum rc why, struct slice detail) WARN_UNUSED;

/* RC_INTERNAL: there is no room for one more. */
enum rc answer_add(struct answer_fields *fields, struct slice name, struct slice value) WARN_UNUSED;

/* The first parameter that a feature acts on and that does not have one reading. SLICE_NONE: there is none. */
struct slice features_unclear(const struct request_faults *faults);
/* These run every feature's function of that name. */
enum rc features_authorize(struct authorize_reading *r) WARN_UNUSED;
void features_again(const struct authorize_request *request, struct buf *query);
enum rc features_answer(const struct request *c, const struct authorize_request *request,
			struct answer_fields *fields) WARN_UNUSED;
enum rc features_token(struct token_reading *r) WARN_UNUSED;
void features_id_token(struct json_out *o, const struct user_grant *g);

#endif
