/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata (OpenID Connect Discovery 3, RFC 8414 2), generated from the handlers' own tables. */
#include "oauth/client/client_auth.h"
#include "oauth/feature/feature.h"
#include "oidc/oidc.h"

enum { DISCOVERY_EXPECTED = 4 * 1024, DISCOVERY_MAX_AGE = 300 };

static void write_grants(struct json_out *o, const struct op *op)
{
	(void)op;
	json_out_array(o);
	for (size_t i = 0; i < GRANT_COUNT; i++)
		json_out_string(o, grant_rows[i]->name);
	json_out_array_end(o);
}

static void write_auth_methods(struct json_out *o, bool public_too)
{
	json_out_array(o);
	for (size_t i = 0; i < CLIENT_AUTH_COUNT; i++)
		if (public_too || client_auth_rows[i]->method != CLIENT_AUTH_NONE)
			json_out_string(o, client_auth_rows[i]->name);
	json_out_array_end(o);
}

static void write_all_auth(struct json_out *o, const struct op *op)
{
	(void)op;
	write_auth_methods(o, true);
}

static void write_confidential_auth(struct json_out *o, const struct op *op)
{
	(void)op;
	write_auth_methods(o, false);
}

static void write_algs(struct json_out *o, jose_alg_set set)
{
	json_out_array(o);
	for (int alg = 0; alg < JOSE_ALG_COUNT; alg++)
		if (set & JOSE_ALG_BIT(alg))
			json_out_string(o, jose_alg_row((enum jose_alg)alg)->name);
	json_out_array_end(o);
}

static void write_assertion_algs(struct json_out *o, const struct op *op)
{
	(void)op;
	write_algs(o, client_auth_assertion_algs());
}

static void write_id_token_algs(struct json_out *o, const struct op *op)
{
	write_algs(o, op->settings->id_token_algs);
}

static void write_claims(struct json_out *o, const struct op *op)
{
	(void)op;
	json_out_array(o);
	claims_write_names(o);
	json_out_array_end(o);
}

/* What belongs to no feature (oauth/feature/feature.h), after the issuer itself. */
static const struct metadata_member members[] = {
	{SLICE_INIT("authorization_endpoint"), .path = SLICE_INIT("/authorize")},
	{SLICE_INIT("token_endpoint"), .path = SLICE_INIT("/token")},
	{SLICE_INIT("userinfo_endpoint"), .path = SLICE_INIT("/userinfo")},
	{SLICE_INIT("jwks_uri"), .path = SLICE_INIT("/.well-known/jwks.json")},
	{SLICE_INIT("introspection_endpoint"), .path = SLICE_INIT("/introspect")},
	{SLICE_INIT("revocation_endpoint"), .path = SLICE_INIT("/revoke")},
	{SLICE_INIT("end_session_endpoint"), .path = SLICE_INIT("/logout")},
	{SLICE_INIT("grant_types_supported"), .write = write_grants},
	{SLICE_INIT("token_endpoint_auth_methods_supported"), .write = write_all_auth},
	{SLICE_INIT("token_endpoint_auth_signing_alg_values_supported"), .write = write_assertion_algs},
	{SLICE_INIT("introspection_endpoint_auth_methods_supported"), .write = write_confidential_auth},
	{SLICE_INIT("introspection_endpoint_auth_signing_alg_values_supported"), .write = write_assertion_algs},
	{SLICE_INIT("revocation_endpoint_auth_methods_supported"), .write = write_all_auth},
	{SLICE_INIT("revocation_endpoint_auth_signing_alg_values_supported"), .write = write_assertion_algs},
	{SLICE_INIT("subject_types_supported"), .words = SLICE_INIT("public")},
	{SLICE_INIT("id_token_signing_alg_values_supported"), .write = write_id_token_algs},
	{SLICE_INIT("claim_types_supported"), .words = SLICE_INIT("normal")},
	{SLICE_INIT("claims_supported"), .write = write_claims},
	{SLICE_INIT("display_values_supported"), .words = SLICE_INIT("page")},
	{SLICE_INIT("claims_parameter_supported"), .value = false},
};

static void write_url(struct json_out *o, struct slice base, struct slice path)
{
	buf_byte(o->b, '"');
	buf_put(o->b, base);
	buf_put(o->b, path);
	buf_byte(o->b, '"');
	o->comma = true;
}

struct metadata {
	struct json_out o;
	const struct op *op;
	const struct issuer *issuer;
};

static void write_member(struct metadata *m, const struct metadata_member *member)
{
	if (member->words.n > 0) {
		json_out_member_words(&m->o, member->name, member->words);
		return;
	}
	json_out_key(&m->o, member->name);
	if (member->write != NULL)
		member->write(&m->o, m->op);
	else if (member->path.n > 0)
		write_url(&m->o, m->issuer->base, member->path);
	else
		json_out_bool(&m->o, member->value);
}

static void write_members(struct metadata *m, const struct metadata_member *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		write_member(m, &v[i]);
}

enum rc discovery_endpoint(const struct op *op, struct request *c, struct reply *ret_reply)
{
	struct buf b;
	struct metadata m = {json_out_to(&b), op, c->issuer};
	buf_in(&b, c->arena, DISCOVERY_EXPECTED);
	json_out_object(&m.o);
	json_out_member(&m.o, SLICE("issuer"), c->issuer->name);
	write_members(&m, members, ARRAY_LEN(members));
	for (size_t i = 0; i < feature_count; i++)
		write_members(&m, features[i]->metadata, features[i]->metadata_count);
	json_out_object_end(&m.o);
	TRY(buf_rc(&b));
	reply_json(ret_reply, 200, buf_slice(&b));
	ret_reply->cacheable = true;
	ret_reply->max_age = DISCOVERY_MAX_AGE;
	return RC_OK;
}
