/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that a policy holds against an identity. */
#ifndef OSTIARY_GATEWAY_GATEWAY_RULE_H
#define OSTIARY_GATEWAY_GATEWAY_RULE_H

#include "gateway/gateway_identity.h"

enum gateway_rule_type { GATEWAY_RULE_SCOPE, GATEWAY_RULE_ROLE, GATEWAY_RULE_CLAIM };

/* One requirement; all rules of a policy must hold. Constant. */
struct gateway_rule {
	enum gateway_rule_type type;
	bool all;                   /* every value is required; else one is enough; for claims one is always enough */
	struct slice path;          /* of a claim */
	const struct slice *values; /* strings are compared exactly; numbers and booleans as written */
	size_t value_count;         /* 0: the rule never holds */
};

/* RC_INSUFFICIENT_SCOPE: a scope rule failed; RC_FORBIDDEN: another rule failed. *ret_rule is the first that failed. */
enum rc gateway_rules_validate(const struct gateway_identity *id, const struct gateway_rule *rules, size_t count,
			    const struct gateway_rule **ret_rule) WARN_UNUSED;

#endif
