/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/gateway_rule.h"

#include "gateway/gateway_claim.h"
#include "gateway/header_encode.h"

static bool list_has(struct slice list, uint8_t sep, struct slice value)
{
	struct slice part;
	while (slice_split(&list, sep, &part))
		if (header_encode_eq(part, value, HEADER_ENCODE_WORD))
			return value.n > 0;
	return false;
}

static bool list_holds(const struct gateway_rule *rule, struct slice list, uint8_t sep)
{
	for (size_t i = 0; i < rule->value_count; i++)
		if (list_has(list, sep, rule->values[i]) != rule->all)
			return !rule->all;
	return rule->all && rule->value_count > 0;
}

static bool scalar_is(const struct json *v, struct slice value)
{
	switch (v->type) {
	case JSON_STRING:
		return json_is_string(v, value);
	case JSON_NUMBER:
	case JSON_BOOL:
		return slice_eq(v->text, value);
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
	case JSON_NO_TEXT:
		break;
	}
	return false;
}

static bool claim_is(const struct json *v, struct slice value)
{
	if (v->type != JSON_ARRAY)
		return scalar_is(v, value);
	for (const struct json *e = json_first(v); e != NULL; e = json_next(v, e))
		if (scalar_is(e, value))
			return true;
	return false;
}

static bool claim_holds(const struct gateway_rule *rule, const struct json *claims)
{
	const struct json *v = gateway_claim_find(claims, rule->path);
	for (size_t i = 0; v != NULL && i < rule->value_count; i++)
		if (claim_is(v, rule->values[i]))
			return true;
	return false;
}

static bool holds(const struct gateway_rule *rule, const struct gateway_identity *id)
{
	switch (rule->type) {
	case GATEWAY_RULE_SCOPE:
		return list_holds(rule, id->scope, ' ');
	case GATEWAY_RULE_ROLE:
		return list_holds(rule, id->roles, ',');
	case GATEWAY_RULE_CLAIM:
		return claim_holds(rule, id->claims);
	}
	return false;
}

enum rc gateway_rules_validate(const struct gateway_identity *id, const struct gateway_rule *rules, size_t count,
			    const struct gateway_rule **ret_rule)
{
	for (size_t i = 0; i < count; i++) {
		if (holds(&rules[i], id))
			continue;
		*ret_rule = &rules[i];
		return rules[i].type == GATEWAY_RULE_SCOPE ? RC_INSUFFICIENT_SCOPE : RC_FORBIDDEN;
	}
	return RC_OK;
}
