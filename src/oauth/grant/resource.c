/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/grant/resource.h"

#include "oauth/grant/scope.h"

/* A list being written. */
struct list {
	uint8_t *p;
	size_t n, count;
};

static enum rc list_new(struct arena *a, struct list *ret)
{
	*ret = (struct list){.p = arena_alloc(a, RESOURCE_TEXT_MAX)};
	return ret->p == NULL ? RC_MEMORY : RC_OK;
}

static struct slice list_text(const struct list *l)
{
	return (struct slice){l->p, l->n};
}

static enum rc list_add(struct list *l, struct slice uri)
{
	if (slice_has_word(list_text(l), uri))
		return RC_OK;
	if (l->count == RESOURCE_WORDS_MAX || l->n + 1 + uri.n > RESOURCE_TEXT_MAX)
		return RC_INVALID_TARGET;
	if (l->n > 0)
		l->p[l->n++] = ' ';
	memcpy(l->p + l->n, uri.p, uri.n);
	l->n += uri.n;
	l->count++;
	return RC_OK;
}

static bool listed(const struct client *client, struct slice uri)
{
	for (size_t i = 0; i < client->resources.n; i++)
		if (slice_eq(client->resources.v[i], uri))
			return true;
	return false;
}

bool resource_allowed(const struct op *op, const struct client *client, struct slice uri)
{
	const struct op_resource *r = scope_resource(op, uri);
	if (r == NULL)
		return false;
	if (client->resources_said)
		return listed(client, uri);
	return scope_means(r, client->scopes) || slice_has_word(r->clients, client->id);
}

enum rc resource_asked(const struct op *op, const struct client *client, struct request_pairs parameters, struct arena *a,
		       struct slice *ret_resources)
{
	struct list l;
	TRY(list_new(a, &l));
	for (size_t i = 0; i < parameters.n; i++) {
		struct slice uri = parameters.v[i].value;
		if (uri.n == 0 || !slice_eq(parameters.v[i].name, SLICE("resource")))
			continue;
		if (!resource_allowed(op, client, uri))
			return RC_INVALID_TARGET;
		TRY(list_add(&l, uri));
	}
	*ret_resources = list_text(&l);
	return RC_OK;
}

static enum rc add_asked(const struct op *op, const struct client *client, struct slice asked, struct list *l)
{
	struct slice uri;
	while (slice_word(&asked, &uri)) {
		if (!resource_allowed(op, client, uri))
			return RC_INVALID_TARGET;
		TRY(list_add(l, uri));
	}
	return RC_OK;
}

static enum rc add_meant(const struct op *op, const struct client *client, struct slice scopes, struct list *l)
{
	for (size_t i = 0; i < op->settings->resource_count; i++) {
		const struct op_resource *r = &op->settings->resources[i];
		if (scope_means(r, scopes) && resource_allowed(op, client, r->uri))
			TRY(list_add(l, r->uri));
	}
	return RC_OK;
}

enum rc resource_granted(const struct op *op, const struct client *client, struct slice scopes, struct slice asked,
			 struct arena *a, struct slice *ret_resources)
{
	struct list l;
	TRY(list_new(a, &l));
	TRY(asked.n > 0 ? add_asked(op, client, asked, &l) : add_meant(op, client, scopes, &l));
	*ret_resources = list_text(&l);
	return RC_OK;
}

enum rc resource_scopes(const struct op *op, const struct client *client, struct slice scopes, struct slice asked,
			bool named, struct arena *a, struct slice *ret_scopes)
{
	struct slice resources;
	TRY(resource_granted(op, client, scopes, asked, a, &resources));
	return scope_left_for_resources(op, scopes, resources, named, a, ret_scopes);
}

static bool within(struct slice asked, struct slice granted)
{
	struct slice uri;
	while (slice_word(&asked, &uri))
		if (!slice_has_word(granted, uri))
			return false;
	return true;
}

enum rc resource_subset(const struct op *op, const struct client *client, struct slice granted,
			struct request_pairs parameters, struct arena *a, struct slice *ret_resources)
{
	struct slice asked, rest = granted, uri;
	struct list l;
	TRY(resource_asked(op, client, parameters, a, &asked));
	if (!within(asked, granted))
		return RC_INVALID_TARGET;
	if (asked.n > 0) {
		*ret_resources = asked;
		return RC_OK;
	}
	TRY(list_new(a, &l));
	while (slice_word(&rest, &uri))
		if (resource_allowed(op, client, uri))
			TRY(list_add(&l, uri));
	if (granted.n > 0 && l.n == 0)
		return RC_INVALID_TARGET;
	*ret_resources = list_text(&l);
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
