/* SPDX-License-Identifier: Apache-2.0 */
/* Orders, once from forwarded claims and once from a token verified here. */
#include "backend.h"

#include <string.h>
#include <time.h>

static json_t *orders_of(const char *user, const char *tenant, const char *roles, const char *by)
{
	json_t *orders = json_pack("[{s:i,s:s,s:s},{s:i,s:s,s:s}]", "id", 1041, "item", "Coffee, one pound", "state", "on its way",
		"id", 1038, "item", "A good umbrella", "state", "delivered");
	return json_pack("{s:s,s:s*,s:s*,s:s,s:o}", "user", user, "tenant", tenant, "roles", roles, "verified_by", by, "orders", orders);
}

static struct answer refuse(unsigned status, const char *challenge, const char *why)
{
	return (struct answer){status, challenge, json_pack("{s:s}", "error", why)};
}

struct answer orders_forwarded(const struct caller *who)
{
	const char *name = who->user != NULL ? who->user : who->client;

	if (name == NULL)
		return refuse(401, "Bearer", "nobody is signed in");
	return (struct answer){200, NULL, orders_of(name, who->tenant, who->roles, "gateway")};
}

struct answer orders_verified(const struct backend *b, const struct caller *who)
{
	static const char *const types[] = {"at+jwt", NULL};
	const char *const audiences[] = {b->audience, NULL};
	const struct ostiary_policy policy = {sizeof policy, .algorithms = {.es256 = 1, .rs256 = 1}, .issuer = b->issuer,
		.audiences = audiences, .types = types, .sub_required = true, .leeway = 30};
	struct ostiary_claims *claims;
	struct answer out;

	if (who->authorization == NULL || strncasecmp(who->authorization, "Bearer ", 7) != 0)
		return refuse(401, "Bearer", "no token");
	const char *token = who->authorization + 7;
	enum ostiary_result result = ostiary_verify_remote(token, strlen(token), b->keys, &policy, time(NULL), &claims);
	if (result == OSTIARY_UNAVAILABLE)
		return refuse(503, NULL, ostiary_result_text(result));
	if (result != OSTIARY_OK)
		return refuse(401, "Bearer error=\"invalid_token\"", ostiary_result_text(result));
	if (!ostiary_claims_has_scope(claims, "orders:read"))
		out = refuse(403, "Bearer error=\"insufficient_scope\", scope=\"orders:read\"", "the token may not read orders");
	else
		out = (struct answer){200, NULL, orders_of(ostiary_claims_sub(claims), ostiary_claims_tenant(claims), NULL, "backend")};
	ostiary_claims_free(claims);
	return out;
}
