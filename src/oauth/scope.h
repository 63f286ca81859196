/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes (RFC 6749 3.3), resources (RFC 8707) and the audience that follows from them. */
#ifndef OSTIARY_OAUTH_SCOPE_H
#define OSTIARY_OAUTH_SCOPE_H

#include "oauth/op.h"

enum { SCOPE_MAX = 2048, SCOPE_WORDS_MAX = 64 };

/* The words of `asked`, each once, all of them in `granted`. Nothing asked gives all that is granted.
 * RC_INVALID_SCOPE: a word that is not granted, a character outside RFC 6749 3.3, too long, too many words. */
enum rc scope_narrow(struct slice asked, struct slice granted, struct arena *a, struct slice *ret_scopes) WARN_UNUSED;
/* The words of `scopes` that are in `others` too. */
enum rc scope_common(struct slice scopes, struct slice others, struct arena *a, struct slice *ret_scopes) WARN_UNUSED;
/* The words of `scopes` for which `keep` is true. */
enum rc scope_filter(struct slice scopes, bool (*keep)(const struct op *op, struct slice word), const struct op *op,
		     struct arena *a, struct slice *ret_scopes) WARN_UNUSED;

/* The configured resource of that URI, compared exactly; NULL where there is none: RC_INVALID_TARGET. */
const struct op_resource *scope_resource(const struct op *op, struct slice uri);
/* True where some configured resource means this scope: all others are about the user. */
bool scope_of_resource(const struct op *op, struct slice word);
/* What is left of `scopes` for a token for `resource` alone: its own and those of no resource. Empty `resource`: all. */
enum rc scope_for_resource(const struct op *op, struct slice scopes, struct slice resource, struct arena *a,
			   struct slice *ret_scopes) WARN_UNUSED;

/* Audiences, space-separated: `resource` or else every resource that a scope means, and UserInfo where openid is among
 * them or nothing else would be. */
enum rc scope_audience(const struct op *op, struct slice scopes, struct slice resource, struct arena *a,
		       struct slice *ret_audiences) WARN_UNUSED;

#endif
