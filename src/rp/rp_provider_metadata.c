/* SPDX-License-Identifier: Apache-2.0 */
/* A provider's metadata (OpenID Connect Discovery 3). */
#include "rp/rp_provider.h"

enum { METADATA_VALUES = 512 };

/* A member of null is as if absent. */
static const struct json *member(const struct json *root, struct slice name)
{
	const struct json *v = json_get(root, name);
	return v == NULL || v->type == JSON_NULL ? NULL : v;
}

/* OpenID Connect Discovery 3: each endpoint "MUST use the https scheme". An attacker could replace keys, or read
 * codes and secrets, sent in the clear. An issuer that itself is not on https is a development setup. */
static enum rc validate_schemes(const struct json *root, struct slice issuer, struct arena *a, const char **ret_why)
{
	static const struct slice names[] = {SLICE_INIT("jwks_uri"),
					     SLICE_INIT("authorization_endpoint"),
					     SLICE_INIT("token_endpoint"),
					     SLICE_INIT("userinfo_endpoint"),
					     SLICE_INIT("revocation_endpoint"),
					     SLICE_INIT("end_session_endpoint")};
	static const struct slice https = SLICE_INIT("https://");
	for (size_t i = 0; slice_starts(issuer, https) && i < ARRAY_LEN(names); i++) {
		struct slice url;
		enum rc rc = json_string(member(root, names[i]), a, &url);
		if (rc == RC_MISSING || (rc == RC_OK && slice_starts(url, https)))
			continue;
		*ret_why = "an address of it is not https";
		return RC_UPSTREAM;
	}
	return RC_OK;
}

/* A malformed member makes the whole answer invalid: treating it as absent could switch a check off. */
static enum rc metadata_members(const struct json *root, struct arena *a, struct provider_metadata *ret,
				const char **ret_why)
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
		const struct json *v = member(root, rows[i].name);
		if ((v == NULL && !rows[i].needed) || json_string(v, a, rows[i].to) == RC_OK)
			continue;
		*ret_why = (const char *)rows[i].name.p;
		return RC_UPSTREAM;
	}
	/* RFC 9207 3: a boolean. */
	const struct json *iss = member(root, SLICE("authorization_response_iss_parameter_supported"));
	if (iss != NULL && json_bool(iss, &m.iss_in_response) != RC_OK) {
		*ret_why = "authorization_response_iss_parameter_supported is no boolean";
		return RC_UPSTREAM;
	}
	*ret = m;
	return RC_OK;
}

enum rc provider_metadata_of(struct slice text, struct slice issuer, struct arena *a, struct provider_metadata *ret,
			       const char **ret_why)
{
	const struct json *root;
	enum rc rc = json_parse_arena(a, text, METADATA_VALUES, &root);
	*ret_why = rc_server_error(rc) ? rc_row(rc)->text
		   : rc == RC_LIMIT ? "it is too large: over 512 values, 256 members of an object or 16 levels"
				  : "it is not JSON";
	if (rc != RC_OK)
		return RC_UPSTREAM;
	/* OpenID Connect Discovery 4.3: the issuer in the document must equal the one that was asked. */
	*ret_why = "its issuer is not the one that the configuration names, to the letter";
	if (!json_is_string(json_get(root, SLICE("issuer")), issuer))
		return RC_UPSTREAM;
	TRY(validate_schemes(root, issuer, a, ret_why));
	return metadata_members(root, a, ret, ret_why);
}
