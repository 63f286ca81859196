/* SPDX-License-Identifier: Apache-2.0 */
#include "front/forward_auth.h"

#include <stdatomic.h>

#include "base/attr.h"
#include "channel/channel.h"
#include "channel/channel_lookup.h"
#include "gateway/gateway_credential.h"
#include "gateway/header_name.h"
#include "http/target.h"
#include "oauth/token/revocations.h"

struct policy {
	struct slice name;
	struct gateway_issuer issuer;
	const struct gateway_issuer *issuers[1];
	struct gateway_rule rules[2];
	struct gateway_policy gate;
	struct gateway_claim_header headers[GATEWAY_CLAIM_HEADERS_MAX];
	struct slice names[GATEWAY_CLAIM_HEADERS_MAX]; /* theirs */
	atomic_uint logged; /* which claims were logged as left out: 1 << enum gateway_claim */
};

struct forward_auth {
	struct policy *v;
	size_t n;
};

/* The second type is for APIs with resources[].typ JWT. */
static const struct slice types[] = {SLICE_INIT("at+jwt"), SLICE_INIT("JWT")};

/* ---- from the configuration ---- */

static enum rc words(struct slice list, struct arena *a, struct gateway_rule *rule)
{
	struct slice word, *v = arena_array(a, list.n / 2 + 1, sizeof *v);
	if (v == NULL)
		return RC_MEMORY;
	while (slice_word(&list, &word))
		v[rule->value_count++] = word;
	rule->values = v;
	return RC_OK;
}

static enum rc fill_rules(const struct config_forward_auth *c, struct arena *a, struct policy *p)
{
	p->gate.rules = p->rules;
	if (c->scopes.n > 0) {
		p->rules[p->gate.rule_count] = (struct gateway_rule){.type = GATEWAY_RULE_SCOPE, .all = true};
		TRY(words(c->scopes, a, &p->rules[p->gate.rule_count++]));
	}
	if (c->roles.n > 0) {
		p->rules[p->gate.rule_count] = (struct gateway_rule){.type = GATEWAY_RULE_ROLE};
		TRY(words(c->roles, a, &p->rules[p->gate.rule_count++]));
	}
	return RC_OK;
}

static enum rc fill_headers(const struct config_forward_auth *c, struct policy *p)
{
	struct slice rest = c->headers, word;
	p->gate.claim_headers = p->headers;
	while (slice_word(&rest, &word)) {
		if (p->gate.claim_header_count == GATEWAY_CLAIM_HEADERS_MAX)
			return RC_RANGE;
		TRY(gateway_headers_claim_from(word, &p->headers[p->gate.claim_header_count]));
		p->names[p->gate.claim_header_count] = p->headers[p->gate.claim_header_count].header;
		p->gate.claim_header_count++;
	}
	return RC_OK;
}

/* As the running daemon issues them: a change of `typ` needs a restart. */
static bool is_plain(const struct config_list *resources, struct slice audience)
{
	const struct config_resource *r = resources->v;
	for (size_t i = 0; i < resources->n; i++)
		if (slice_eq(r[i].uri, audience) && config_is_plain(&r[i]))
			return true;
	return false;
}

static enum rc fill(const struct config *config, const struct config_list *resources,
		    const struct config_forward_auth *c, struct arena *a, struct policy *p)
{
	const struct gateway_credential *credential = gateway_credential_by_name(c->mode);
	if (credential == NULL || (credential->issuers && c->audience.n == 0))
		return RC_RANGE;
	p->name = c->name;
	p->issuer = (struct gateway_issuer){.name = c->name,
					    .map = gateway_claim_map_own,
					    .ours = true,
					    .fed = true,
					    .jwt = {.algs = JOSE_ALG_BIT(JOSE_ES256) | JOSE_ALG_BIT(JOSE_ES384) |
							    JOSE_ALG_BIT(JOSE_ES512) | JOSE_ALG_BIT(JOSE_RS256) |
							    JOSE_ALG_BIT(JOSE_RS384) | JOSE_ALG_BIT(JOSE_RS512) |
							    JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_PS384) |
							    JOSE_ALG_BIT(JOSE_PS512) | JOSE_ALG_BIT(JOSE_ED25519),
						    .issuer = config->issuer,
						    .audiences = &c->audience,
						    .audience_count = 1,
						    .types = types,
						    .type_count = is_plain(resources, c->audience) ? 2 : 1,
						    .no_id_token = true,
						    .foreign_text = true,
						    .leeway = config->tokens.leeway,
						    .max_lifetime = GATEWAY_OWN_LIFETIME,
						    .ignore_header_urls = c->ignore_header_urls}};
	p->issuers[0] = &p->issuer;
	p->gate = (struct gateway_policy){.credential = credential,
					  .realm = c->name,
					  .issuers = p->issuers,
					  .issuer_count = 1,
					  .session_map = gateway_claim_map_own};
	TRY(fill_headers(c, p));
	return fill_rules(c, a, p);
}

static struct policy *find(const struct forward_auth *f, struct slice name)
{
	for (size_t i = 0; i < f->n; i++)
		if (slice_eq(f->v[i].name, name))
			return &f->v[i];
	return NULL;
}

enum rc forward_auth_new(const struct config *config, const struct config_list *resources, struct arena *a,
			 struct forward_auth **ret)
{
	const struct config_forward_auth *from = config->forward_auth.v;
	struct forward_auth *f = arena_alloc(a, sizeof *f);
	if (f == NULL)
		return RC_MEMORY;
	f->v = arena_array(a, config->forward_auth.n, sizeof *f->v);
	if (f->v == NULL)
		return RC_MEMORY;
	for (; f->n < config->forward_auth.n; f->n++) {
		if (find(f, from[f->n].name) != NULL)
			return RC_RANGE;
		TRY(fill(config, resources, &from[f->n], a, &f->v[f->n]));
	}
	*ret = f;
	return RC_OK;
}

/* ---- a request ---- */

/* The proxy overwrites the header that we answer with. Another spelling stays, and the backend may treat the two as
 * one. */
static bool is_alias(const struct policy *p, struct slice name)
{
	const struct header_names names = {p->names, p->gate.claim_header_count};
	if (!header_name_is_identity(&names, name))
		return false;
	for (size_t i = 0; i < names.extra_count; i++)
		if (slice_eq_nocase(names.extra[i], name))
			return false;
	for (size_t i = 0; i < HEADER_IDENTITY_COUNT; i++)
		if (slice_eq_nocase(header_identity_names[i], name))
			return false;
	return true;
}

static enum rc refuse_request(struct request *c, const char *what, struct slice name)
{
	rc_ignore(arena_format(c->arena, &c->log_detail, "%.*s: %s", SLICE_ARGS(name), what));
	return RC_INVALID_REQUEST;
}

static enum rc validate_aliases(const struct policy *p, struct request *c)
{
	const struct request_pairs all[] = {c->headers, c->put_aside};
	for (size_t k = 0; k < ARRAY_LEN(all); k++)
		for (size_t i = 0; i < all[k].n; i++)
			if (is_alias(p, all[k].v[i].name))
				return refuse_request(
					c, "another spelling of an identity header; the proxy must delete it",
					all[k].v[i].name);
	return RC_OK;
}

/* X-Forwarded-For is a list that each proxy extends. */
static enum rc validate_header(const struct policy *p, struct request *c, size_t i)
{
	const struct header_names names = {p->names, p->gate.claim_header_count};
	struct slice name = c->headers.v[i].name;
	if (slice_eq(name, SLICE("connection")) && header_name_in_connection(&names, c->headers.v[i].value))
		return refuse_request(c, "names an identity header, which the next hop would drop", name);
	if (!slice_starts(name, SLICE("x-forwarded-")) || slice_eq(name, SLICE("x-forwarded-for")))
		return RC_OK;
	for (size_t k = 0; k < i; k++)
		if (slice_eq(c->headers.v[k].name, name))
			return refuse_request(c, "there twice; the proxy must set it, not add it", name);
	return RC_OK;
}

static enum rc need_header(struct request *c, struct slice name, struct slice *ret_value)
{
	*ret_value = request_header(c, name);
	if (ret_value->n > 0)
		return RC_OK;
	rc_ignore(arena_format(c->arena, &c->log_detail, "%.*s is missing", SLICE_ARGS(name)));
	return RC_MISSING;
}

static enum rc read_request(const struct policy *p, struct request *c, struct gateway_request *q)
{
	struct slice host;
	struct gateway_header *headers = arena_array(c->arena, c->headers.n, sizeof *headers);
	if (headers == NULL)
		return RC_MEMORY;
	TRY(validate_aliases(p, c));
	*q = (struct gateway_request){
		.secure = c->secure, .headers = headers, .header_count = c->headers.n, .key_asked = true};
	for (size_t i = 0; i < c->headers.n; i++) {
		TRY(validate_header(p, c, i));
		headers[i] = (struct gateway_header){c->headers.v[i].name, c->headers.v[i].value};
	}
	TRY(need_header(c, SLICE("x-forwarded-method"), &q->method));
	TRY(need_header(c, SLICE("x-forwarded-uri"), &q->target));
	TRY(need_header(c, SLICE("x-forwarded-host"), &host));
	if (target_host(host, c->arena, &q->host) != RC_OK)
		return refuse_request(c, "is no host", SLICE("x-forwarded-host"));
	return RC_OK;
}

/* A session belongs to a host of `gateways`; a sign-in never redirects to another one. */
static enum rc validate_host(const struct front *s, const struct policy *p, struct request *c,
			     const struct gateway_request *q)
{
	if (!p->gate.credential->signs_in)
		return RC_OK;
	for (size_t i = 0; i < s->rp->site_count; i++)
		if (slice_eq(s->rp->sites[i].host, q->host))
			return RC_OK;
	return refuse_request(c, "is no host of gateways", SLICE("x-forwarded-host"));
}

/* Adds policy and target to the log line of the request, without the query, which may hold tokens and codes. */
static void note(struct request *c, struct slice policy, struct slice why)
{
	struct slice uri = request_header(c, SLICE("x-forwarded-uri"));
	rc_ignore(arena_format(c->arena, &c->log_detail, "policy %.*s, %.*s %.*s%.*s: %.*s", SLICE_ARGS(policy),
			       SLICE_ARGS(request_header(c, SLICE("x-forwarded-method"))),
			       SLICE_ARGS(request_header(c, SLICE("x-forwarded-host"))),
			       SLICE_ARGS(slice_to(uri, slice_find(uri, '?'))), SLICE_ARGS(why)));
}

/* The reason, and the member or claim of the token that caused it. */
static struct slice refused_for(const struct policy *p, struct request *c, const struct gateway_request *q, enum rc why)
{
	const char *member = gateway_refusal_member(&p->gate, q, why);
	struct slice text = slice_cstr(rc_row(why)->name);
	if (member != NULL)
		rc_ignore(arena_format(c->arena, &text, "%s (%s)", rc_row(why)->name, member));
	return text;
}

static enum rc look_up(const struct front *s, struct request *c, struct gateway_request *q, struct slice cookie)
{
	struct rp_identity id;
	struct buf b;
	enum rc rc = s->rp->site_count == 0 ? RC_NOT_FOUND : rp_identity(s->rp, q->host, cookie, c->now, c->arena, &id);
	q->answer.type = rc == RC_NOT_FOUND ? GATEWAY_ANSWER_NONE : GATEWAY_ANSWER_ERROR;
	if (rc != RC_OK)
		return RC_OK;
	uint8_t *memory = arena_alloc(c->arena, CHANNEL_PROTOCOL_ANSWER_MAX);
	if (memory == NULL)
		return RC_MEMORY;
	buf_over(&b, memory, CHANNEL_PROTOCOL_ANSWER_MAX);
	channel_lookup_claims(&b, &id, c->now);
	TRY(buf_rc(&b));
	q->answer = (struct gateway_answer){GATEWAY_ANSWER_IDENTITY, buf_slice(&b), CHANNEL_ANSWER_TTL};
	return RC_OK;
}

/* gateway_view.revoked by the daemon's own revocation cache. */
static enum rc revoked(const void *op, const struct revocation_subject *s, int64_t now)
{
	return revocations_validate(op, s, now);
}

static enum rc decide(const struct front *s, struct request *c, const struct policy *p, struct gateway_request *q,
		      struct gateway_outcome *out)
{
	const struct op_services *services = s->op->services;
	const struct op_keys *keys = services->keys(services->self);
	if (keys == NULL)
		return RC_SIGNER;
	struct gateway_key_set set = {keys->set, 1};
	struct gateway_view view = {.key_sets = &set, .revoked = revoked, .revocations = s->op, .fresh = true, .now = c->now};
	enum rc rc = RC_OK;
	gateway_decide(&p->gate, q, &view, c->arena, out);
	if (out->verdict == GATEWAY_NEED_LOOKUP)
		rc = look_up(s, c, q, out->cookie);
	if (rc == RC_OK && q->answer.type != GATEWAY_ANSWER_NOT_ASKED)
		gateway_decide(&p->gate, q, &view, c->arena, out);
	services->keys_release(services->self, keys);
	return rc;
}

static enum rc answer(const struct gateway_outcome *out, struct slice name, struct reply *r)
{
	struct slice value = SLICE("");
	for (size_t k = 0; k < out->set_count; k++)
		if (slice_eq(out->set[k].name, name))
			value = out->set[k].value;
	return reply_header_add(r, name, value);
}

/* Also the empty ones: a proxy copies what it finds, and would pass the client's header through otherwise. */
static enum rc allow(const struct policy *p, const struct gateway_outcome *out, struct reply *r)
{
	for (size_t i = 0; i < HEADER_IDENTITY_COUNT; i++)
		TRY(answer(out, header_identity_names[i], r));
	for (size_t i = 0; i < p->gate.claim_header_count; i++)
		TRY(answer(out, p->names[i], r));
	r->type = REPLY_EMPTY;
	r->status = 200;
	return RC_OK;
}

static enum rc refuse(const struct request *c, const struct gateway_request *q, const struct gateway_outcome *out,
		      struct reply *r)
{
	struct slice body, location;
	if (out->location.n > 0) {
		TRY(arena_format(c->arena, &location, "%s://%.*s%.*s", q->secure ? "https" : "http",
				 SLICE_ARGS(q->host), SLICE_ARGS(out->location)));
		reply_redirect(r, location);
		r->status = 302;
		return RC_OK;
	}
	if (out->page.heading.n > 0) {
		REPLY_SHOW(r, not_sent, .heading = out->page.heading, .message = out->page.text,
			   .return_label = out->page.label, .return_uri = out->page.uri, .tenant_name = SLICE_NONE);
		r->status = out->status;
		return RC_OK;
	}
	TRY(gateway_refusal_body(out->why, c->arena, &body));
	reply_json(r, out->status, body);
	return out->challenge.n == 0 ? RC_OK : reply_header_add(r, SLICE("WWW-Authenticate"), out->challenge);
}

static enum rc validate(const struct front *s, const struct policy *p, struct request *c, struct gateway_request *q,
			struct gateway_outcome *out)
{
	TRY(read_request(p, c, q));
	TRY(validate_host(s, p, c, q));
	return decide(s, c, p, q, out);
}

/* Logs the claims that an identity left out, each once. */
static void note_dropped(const struct front *s, struct policy *p, uint32_t dropped)
{
	uint32_t news = dropped & ~atomic_fetch_or(&p->logged, dropped);
	for (unsigned bit = 0; bit < GATEWAY_CLAIM_EXTRA + GATEWAY_CLAIM_HEADERS_MAX; bit++)
		if ((news >> bit & 1) != 0)
			LOG(s->log, LOG_LEVEL_WARN, "claim.dropped", LOG_TEXT("policy", p->name),
			    LOG_TEXT("detail", gateway_headers_claim_name(bit, &p->gate.session_map, p->headers,
									   p->gate.claim_header_count)));
}

enum rc forward_auth_endpoint(const struct front *s, struct request *c, struct reply *r)
{
	struct slice name = request_pairs_get(c->query, SLICE("policy"));
	struct policy *p = find(s->forward_auth, name);
	struct gateway_request q;
	struct gateway_outcome out;
	if (!c->trusted)
		return RC_FORBIDDEN;
	if (p == NULL) {
		c->log_detail = SLICE("no such policy");
		note(c, name, c->log_detail);
		return RC_NOT_FOUND;
	}
	enum rc rc = validate(s, p, c, &q, &out);
	if (rc == RC_OK && out.verdict != GATEWAY_ALLOW)
		c->log_detail = refused_for(p, c, &q, out.why);
	note(c, p->name, rc == RC_OK && out.verdict == GATEWAY_ALLOW ? SLICE("OK") : c->log_detail);
	TRY(rc);
	if (out.identity.dropped != 0)
		note_dropped(s, p, out.identity.dropped);
	c->log_subject = out.identity.user;
	c->log_client = out.identity.client;
	return out.verdict == GATEWAY_ALLOW ? allow(p, &out, r) : refuse(c, &q, &out, r);
}
