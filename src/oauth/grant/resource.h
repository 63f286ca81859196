/* SPDX-License-Identifier: Apache-2.0 */
/* The APIs that a client may get access tokens for, and those that a request names (RFC 8707). A list of resources
 * is a text of distinct URIs, separated by one space. */
#ifndef OSTIARY_OAUTH_RESOURCE_H
#define OSTIARY_OAUTH_RESOURCE_H

#include "oauth/client/client.h"

enum { RESOURCE_WORDS_MAX = 32, RESOURCE_TEXT_MAX = 4000 };

/* Whether it is configured and allowed to the client: listed in its `resources` or, without such a list, an API of
 * its scopes or one that a gateway of ours requests for it. */
bool resource_allowed(const struct op *op, const struct client *client, struct slice uri);
/* The `resource` parameters, which may be repeated; empty without any. RC_INVALID_TARGET: one is not allowed to the
 * client, or too many. */
enum rc resource_asked(const struct op *op, const struct client *client, struct request_pairs parameters, struct arena *a,
		       struct slice *ret_resources) WARN_UNUSED;
/* The resources of a grant: `asked` or, if empty, the client's APIs that its scopes belong to. RC_INVALID_TARGET:
 * one of `asked` is not allowed to the client (any more), or too many. */
enum rc resource_granted(const struct op *op, const struct client *client, struct slice scopes, struct slice asked,
			 struct arena *a, struct slice *ret_resources) WARN_UNUSED;
/* The resources of a token (RFC 8707 2.2): the `resource` parameters, which must all be granted; without any, all
 * that was granted and is still allowed to the client. RC_INVALID_TARGET: one was not granted, or none is left. */
enum rc resource_subset(const struct op *op, const struct client *client, struct slice granted,
			struct request_pairs parameters, struct arena *a, struct slice *ret_resources) WARN_UNUSED;

/* The scopes that a grant can have of these: without those of an API that is not among its resources, which are `asked`
 * or follow from the scopes. RC_INVALID_SCOPE as of scope_left_for_resources; RC_INVALID_TARGET as of
 * resource_granted. */
enum rc resource_scopes(const struct op *op, const struct client *client, struct slice scopes, struct slice asked,
			bool named, struct arena *a, struct slice *ret_scopes) WARN_UNUSED;

/* A token has one type (op_resource.plain). RC_INVALID_TARGET, and *wrong, if these are of two types: the request
 * must name one in `resource`. */
enum rc resource_one_type(const struct op *op, struct slice resources, struct slice *wrong) WARN_UNUSED;

#endif
