/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/grant/resource.h"

#include "base/words.h"
#include "oauth/grant/scope.h"

static enum rc add(struct words *w, struct slice uri)
{
	if (w->count == RESOURCE_WORDS_MAX && !slice_has_word(words_slice(w), uri))
		return RC_INVALID_TARGET;
	return words_add(w, uri) == RC_OK ? RC_OK : RC_INVALID_TARGET;
}

bool resource_allowed(const struct op *op, const struct client *client, struct slice uri)
{
	const struct op_resource *r = scope_resource(op, uri);
	if (r == NULL)
		return false;
	if (!client->resources_said)
		return slice_has_any_word(r->scopes, client->scopes) || slice_has_word(r->clients, client->id);
	for (size_t i = 0; i < client->resources.n; i++)
		if (slice_eq(client->resources.v[i], uri))
			return true;
	return false;
}

enum rc resource_asked(const struct op *op, const struct client *client, struct request_pairs parameters, struct arena *a,
		       struct slice *ret_resources)
{
	struct words w;
	TRY(words_in(a, RESOURCE_TEXT_MAX, &w));
	for (size_t i = 0; i < parameters.n; i++) {
		struct slice uri = parameters.v[i].value;
		if (uri.n == 0 || !slice_eq(parameters.v[i].name, SLICE("resource")))
			continue;
		if (!resource_allowed(op, client, uri))
			return RC_INVALID_TARGET;
		TRY(add(&w, uri));
	}
	*ret_resources = words_slice(&w);
	return RC_OK;
}

enum rc resource_granted(const struct op *op, const struct client *client, struct slice scopes, struct slice asked,
			 struct arena *a, struct slice *ret_resources)
{
	struct words w;
	struct slice rest = asked, uri;
	TRY(words_in(a, RESOURCE_TEXT_MAX, &w));
	while (slice_word(&rest, &uri)) {
		if (!resource_allowed(op, client, uri))
			return RC_INVALID_TARGET;
		TRY(add(&w, uri));
	}
	for (size_t i = 0; i < op->settings->resource_count && asked.n == 0; i++) {
		const struct op_resource *r = &op->settings->resources[i];
		if (slice_has_any_word(r->scopes, scopes) && resource_allowed(op, client, r->uri))
			TRY(add(&w, r->uri));
	}
	*ret_resources = words_slice(&w);
	return RC_OK;
}

enum rc resource_scopes(const struct op *op, const struct client *client, struct slice scopes, struct slice asked,
			bool named, struct arena *a, struct slice *ret_scopes)
{
	struct slice resources;
	TRY(resource_granted(op, client, scopes, asked, a, &resources));
	return scope_left_for_resources(op, scopes, resources, named, a, ret_scopes);
}

enum rc resource_subset(const struct op *op, const struct client *client, struct slice granted,
			struct request_pairs parameters, struct arena *a, struct slice *ret_resources)
{
	struct slice asked, rest = granted, uri;
	struct words w;
	TRY(resource_asked(op, client, parameters, a, &asked));
	if (!slice_has_words(granted, asked))
		return RC_INVALID_TARGET;
	if (asked.n > 0) {
		*ret_resources = asked;
		return RC_OK;
	}
	TRY(words_in(a, RESOURCE_TEXT_MAX, &w));
	while (slice_word(&rest, &uri))
		if (resource_allowed(op, client, uri))
			TRY(add(&w, uri));
	if (granted.n > 0 && w.n == 0)
		return RC_INVALID_TARGET;
	*ret_resources = words_slice(&w);
	return RC_OK;
}

enum rc resource_one_type(const struct op *op, struct slice resources, struct slice *wrong)
{
	struct slice uri;
	bool plain = false, typed = false;
	while (slice_word(&resources, &uri))
		*(scope_is_plain(op, uri) ? &plain : &typed) = true;
	if (!plain || !typed)
		return RC_OK;
	*wrong = SLICE("resource is missing: the tokens of these APIs have different types, so name one of them");
	return RC_INVALID_TARGET;
}
