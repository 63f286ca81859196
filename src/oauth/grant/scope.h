/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes (RFC 6749 3.3), resources (RFC 8707) and the audience that follows from them. */
#ifndef OSTIARY_OAUTH_SCOPE_H
#define OSTIARY_OAUTH_SCOPE_H

#include "oauth/op.h"

enum { SCOPE_MAX = 2048, SCOPE_WORDS_MAX = 64 };

/* The distinct words of `asked`, all of which must be in `granted`. If `asked` is empty, all of `granted`.
 * RC_INVALID_SCOPE: a word that is not granted, a character outside RFC 6749 3.3, too long, too many words. */
enum rc scope_narrow(struct slice asked, struct slice granted, struct arena *a, struct slice *ret_scopes) WARN_UNUSED;
/* The distinct words of `asked` without the scopes that the client may not have, known or unknown. RFC 6749 3.3: the server "MAY fully or
 * partially ignore the scope requested by the client"; OpenID Connect Core 3.1.2.1: what is "not understood by an
 * implementation SHOULD be ignored". If `asked` is empty, all of `allowed`. RC_INVALID_SCOPE: a bad character, too
 * long, too many words, or none of the requested scopes is left. */
enum rc scope_left(struct slice asked, struct slice allowed, struct arena *a, struct slice *ret_scopes) WARN_UNUSED;
/* The words of `scopes` that are in `others` too. */
enum rc scope_common(struct slice scopes, struct slice others, struct arena *a, struct slice *ret_scopes) WARN_UNUSED;
/* The words of `scopes` for which `keep` is true. */
enum rc scope_filter(struct slice scopes, bool (*keep)(const struct op *op, struct slice word), const struct op *op,
		     struct arena *a, struct slice *ret_scopes) WARN_UNUSED;

/* The configured resource of that URI, compared exactly. NULL: none (RC_INVALID_TARGET). */
const struct op_resource *scope_resource(const struct op *op, struct slice uri);
/* Whether access tokens for it have typ JWT (`plain`), or may have: an issuer's UserInfo beside such a resource. No client may
 * have such a name as its id: its ID tokens would have that audience. */
bool scope_is_plain(const struct op *op, struct slice audience);
/* True if the scope belongs to a configured resource; all others are about the user. */
bool scope_of_resource(const struct op *op, struct slice word);
/* The part of `scopes` for a token with these resources (URIs, space-separated): their scopes and those of no
 * resource. `named`: the client named the scopes. RC_INVALID_SCOPE: none is left of those that it named, or of a grant
 * without resources. */
enum rc scope_left_for_resources(const struct op *op, struct slice scopes, struct slice resources, bool named,
				 struct arena *a, struct slice *ret_scopes) WARN_UNUSED;

/* Audiences, space-separated: the resources, and the issuer's UserInfo if openid is among the scopes or there is no resource. */
enum rc scope_audience(const struct issuer *issuer, struct slice scopes, struct slice resources, struct arena *a,
		       struct slice *ret_audiences) WARN_UNUSED;

#endif
