/* SPDX-License-Identifier: Apache-2.0 */
/* The claims of scopes (OpenID Connect Core 5.4), one row per claim. */
#include "oidc/oidc.h"

enum claim_type { CLAIM_TEXT, CLAIM_WORDS, CLAIM_BOOL };

struct claim {
	struct slice name, scope;
	enum claim_type type;
	size_t field;    /* offset in struct dir_user */
	unsigned places; /* claims_place bits */
};

/* Core 5.4: claims of the standard scopes are in UserInfo. Gateways need tenant and roles without a request. */
static const struct claim claims[] = {
	{SLICE_INIT("name"), SLICE_INIT("profile"), CLAIM_TEXT, offsetof(struct dir_user, name), CLAIMS_USERINFO},
	{SLICE_INIT("preferred_username"), SLICE_INIT("profile"), CLAIM_TEXT, offsetof(struct dir_user, login),
	 CLAIMS_USERINFO},
	{SLICE_INIT("email"), SLICE_INIT("email"), CLAIM_TEXT, offsetof(struct dir_user, email), CLAIMS_USERINFO},
	{SLICE_INIT("email_verified"), SLICE_INIT("email"), CLAIM_BOOL, offsetof(struct dir_user, email_verified),
	 CLAIMS_USERINFO},
	{SLICE_INIT("tenant"), SLICE_INIT("profile"), CLAIM_TEXT, offsetof(struct dir_user, tenant),
	 CLAIMS_USERINFO | CLAIMS_ID_TOKEN},
	{SLICE_INIT("roles"), SLICE_INIT("profile"), CLAIM_WORDS, offsetof(struct dir_user, roles),
	 CLAIMS_USERINFO | CLAIMS_ID_TOKEN},
};

/* Claims of every ID token, whatever the scope. */
static const struct slice always[] = {
	SLICE_INIT("iss"), SLICE_INIT("sub"),       SLICE_INIT("aud"),     SLICE_INIT("exp"),
	SLICE_INIT("iat"), SLICE_INIT("auth_time"), SLICE_INIT("nonce"),   SLICE_INIT("acr"),
	SLICE_INIT("amr"), SLICE_INIT("sid"),       SLICE_INIT("at_hash"),
};

/* Core 5.3.2: a claim without a value is left out, not sent empty. */
void claims_write(struct json_out *out, const struct dir_user *user, struct slice scopes, enum claims_place place)
{
	for (size_t i = 0; i < ARRAY_LEN(claims); i++) {
		const struct claim *claim = &claims[i];
		const char *field = (const char *)user + claim->field;
		if (!(claim->places & place) || !slice_has_word(scopes, claim->scope))
			continue;
		if (claim->type == CLAIM_TEXT)
			json_out_member_if(out, claim->name, *(const struct slice *)field);
		else if (claim->type == CLAIM_WORDS)
			json_out_member_words_if(out, claim->name, *(const struct slice *)field);
		else if (user->email.n > 0)
			json_out_member_bool(out, claim->name, *(const bool *)field);
	}
}

void claims_write_names(struct json_out *out)
{
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		json_out_string(out, always[i]);
	for (size_t i = 0; i < ARRAY_LEN(claims); i++)
		json_out_string(out, claims[i].name);
}
