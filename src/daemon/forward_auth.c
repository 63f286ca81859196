/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/forward_auth.h"

#include <stdatomic.h>

#include "base/attr.h"
#include "daemon/link.h"
#include "daemon/link_lookup.h"
#include "daemon/worker.h"
#include "gate/gate.h"
#include "oauth/ends.h"

struct policy {
	struct slice name;
	const struct gate_ends *no_ends; /* the daemon asks its own picture of them instead */
	struct gate_issuer issuer;
	const struct gate_issuer *issuers[1];
	struct gate_rule rules[2];
	struct gate_policy gate;
};

struct forward_auth {
	struct policy *v;
	size_t n;
	struct gate_ends *no_ends;
	atomic_uint users; /* requests under way */
};

static const struct slice types[] = {SLICE_INIT("at+jwt")};

/* ---- from the configuration ---- */

static enum rc words(struct slice list, struct arena *a, struct gate_rule *rule)
{
	struct slice word, *v = arena_array(a, list.n / 2 + 1, sizeof *v);
	if (v == NULL)
		return RC_LIMIT;
	while (slice_word(&list, &word))
		v[rule->value_count++] = word;
	rule->values = v;
	return RC_OK;
}

static enum rc fill_rules(const struct config_forward_auth *c, struct arena *a, struct policy *p)
{
	p->gate.rules = p->rules;
	if (c->scopes.n > 0) {
		p->rules[p->gate.rule_count] = (struct gate_rule){.kind = GATE_RULE_SCOPE, .all = true};
		TRY(words(c->scopes, a, &p->rules[p->gate.rule_count++]));
	}
	if (c->roles.n > 0) {
		p->rules[p->gate.rule_count] = (struct gate_rule){.kind = GATE_RULE_ROLE};
		TRY(words(c->roles, a, &p->rules[p->gate.rule_count++]));
	}
	return RC_OK;
}

static enum rc fill(const struct config *config, const struct config_forward_auth *c, struct arena *a, struct policy *p)
{
	const struct gate_claim_map map = {SLICE("roles"), SLICE("tenant"), SLICE("scope")};
	bool session = slice_eq(c->mode, SLICE("session"));
	if (!session && c->audience.n == 0)
		return RC_RANGE;
	p->name = c->name;
	p->issuer = (struct gate_issuer){
		.name = c->name, .map = map, .fed = true,
		.jwt = {.algs = JOSE_ALG_BIT(JOSE_ES256) | JOSE_ALG_BIT(JOSE_ES384) | JOSE_ALG_BIT(JOSE_ES512) | JOSE_ALG_BIT(JOSE_RS256) |
				JOSE_ALG_BIT(JOSE_RS384) | JOSE_ALG_BIT(JOSE_RS512) | JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_PS384) |
				JOSE_ALG_BIT(JOSE_PS512) | JOSE_ALG_BIT(JOSE_ED25519),
			.issuer = config->issuer, .audiences = &c->audience, .audience_count = 1, .types = types,
			.type_count = ARRAY_LEN(types), .leeway = config->tokens.leeway}};
	p->issuers[0] = &p->issuer;
	p->gate = (struct gate_policy){.mode = session ? GATE_SESSION : GATE_BEARER, .realm = c->name, .issuers = p->issuers,
				       .issuer_count = 1, .session_map = map};
	return fill_rules(c, a, p);
}

static const struct policy *find(const struct forward_auth *f, struct slice name)
{
	for (size_t i = 0; i < f->n; i++)
		if (slice_eq(f->v[i].name, name))
			return &f->v[i];
	return NULL;
}

enum rc forward_auth_new(const struct config *config, struct arena *a, struct forward_auth **ret)
{
	const struct config_forward_auth *from = config->forward_auth.v;
	struct forward_auth *f = arena_alloc(a, sizeof *f);
	if (f == NULL)
		return RC_LIMIT;
	f->v = arena_array(a, config->forward_auth.n, sizeof *f->v);
	if (f->v == NULL)
		return RC_LIMIT;
	TRY(gate_ends_new(1024, &f->no_ends));
	for (; f->n < config->forward_auth.n; f->n++) {
		if (find(f, from[f->n].name) != NULL)
			return RC_RANGE;
		f->v[f->n].no_ends = f->no_ends;
		TRY(fill(config, &from[f->n], a, &f->v[f->n]));
	}
	*ret = f;
	return RC_OK;
}

void forward_auth_free(struct forward_auth *f)
{
	if (f != NULL)
		gate_ends_free(f->no_ends);
}

/* ---- a request ---- */

static enum rc read_request(const struct call *c, struct gate_request *q)
{
	struct gate_header *headers = arena_array(c->arena, c->headers.n, sizeof *headers);
	if (headers == NULL)
		return RC_LIMIT;
	for (size_t i = 0; i < c->headers.n; i++)
		headers[i] = (struct gate_header){c->headers.v[i].name, c->headers.v[i].value};
	*q = (struct gate_request){.method = call_header(c, SLICE("x-forwarded-method")), .target = call_header(c, SLICE("x-forwarded-uri")),
				   .host = call_header(c, SLICE("x-forwarded-host")), .secure = c->secure, .headers = headers,
				   .header_count = c->headers.n, .key_asked = true};
	return q->method.n == 0 || q->target.n == 0 || q->host.n == 0 ? RC_MISSING : RC_OK;
}

static enum rc look_up(struct worker *w, struct call *c, struct gate_request *q, struct slice cookie)
{
	struct relying_identity id;
	struct buf b;
	enum rc rc = w->relying.site_count == 0 ? RC_NOT_FOUND : relying_identity(&w->relying, q->host, cookie, c->now, c->arena, &id);
	q->answer.kind = rc == RC_NOT_FOUND ? GATE_ANSWER_NONE : GATE_ANSWER_ERROR;
	if (rc != RC_OK)
		return RC_OK;
	uint8_t *memory = arena_alloc(c->arena, LINK_PROTO_ANSWER_MAX);
	if (memory == NULL)
		return RC_LIMIT;
	buf_over(&b, memory, LINK_PROTO_ANSWER_MAX);
	link_lookup_claims(&b, &id, c->now);
	TRY(buf_rc(&b));
	q->answer = (struct gate_answer){GATE_ANSWER_IDENTITY, buf_slice(&b), LINK_ANSWER_TTL};
	return RC_OK;
}

/* What was ended, by the daemon's own picture. */
static enum rc check_ends(struct worker *w, const struct call *c, const struct gate_identity *id)
{
	struct ends_token t = {.jti = id->jti, .sid = id->sid, .grant = id->grant, .user = id->user, .client = id->client,
			       .iat = id->iat};
	TRY(ends_check(&w->op, &t, c->now));
	t = (struct ends_token){.sid = id->op_sid, .iat = id->iat};
	return id->op_sid.n == 0 ? RC_OK : ends_check(&w->op, &t, c->now);
}

static enum rc decide(struct worker *w, struct call *c, const struct policy *p, struct gate_request *q, struct gate_outcome *out)
{
	const struct op_keys *keys = w->services.keys(w->services.self);
	if (keys == NULL)
		return RC_SIGNER;
	struct gate_ring ring = {keys->set, 1};
	struct gate_view view = {.rings = &ring, .ends = p->no_ends, .fresh = true, .now = c->now};
	enum rc rc = RC_OK;
	gate_decide(&p->gate, q, &view, c->arena, out);
	if (out->verdict == GATE_NEED_LOOKUP)
		rc = look_up(w, c, q, out->cookie);
	if (rc == RC_OK && q->answer.kind != GATE_ANSWER_NOT_ASKED)
		gate_decide(&p->gate, q, &view, c->arena, out);
	w->services.keys_release(w->services.self, keys);
	TRY(rc);
	enum rc ended = out->verdict == GATE_ALLOW ? check_ends(w, c, &out->identity) : RC_OK;
	if (ended != RC_OK)
		gate_refuse(&p->gate, q, ended == RC_REVOKED && p->gate.mode == GATE_SESSION ? RC_NO_CREDENTIALS : ended, c->arena, out);
	return RC_OK;
}

/* Every identity header, also the empty ones: a proxy that copies only what it finds would let the client's through. */
static enum rc allow(const struct gate_outcome *out, struct reply *r)
{
	static const struct slice names[] = {SLICE_INIT("X-User-Id"), SLICE_INIT("X-Tenant-Id"), SLICE_INIT("X-Roles"),
					     SLICE_INIT("X-Session-Id"), SLICE_INIT("X-Client-Id"), SLICE_INIT("X-Scope")};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct slice value = SLICE("");
		for (size_t k = 0; k < out->set_count; k++)
			if (slice_eq(out->set[k].name, names[i]))
				value = out->set[k].value;
		TRY(reply_header_add(r, names[i], value));
	}
	r->kind = REPLY_EMPTY;
	r->status = 200;
	return RC_OK;
}

static enum rc refuse(const struct call *c, const struct gate_request *q, const struct gate_outcome *out, struct reply *r)
{
	struct slice body, location;
	if (out->location.n > 0) {
		TRY(arena_format(c->arena, &location, "%s://%.*s%.*s", q->secure ? "https" : "http", SLICE_ARGS(q->host),
				 SLICE_ARGS(out->location)));
		reply_redirect(r, location);
		r->status = 302;
		return RC_OK;
	}
	TRY(gate_refusal_body(out->why, c->arena, &body));
	reply_json(r, out->status, body);
	return out->challenge.n == 0 ? RC_OK : reply_header_add(r, SLICE("WWW-Authenticate"), out->challenge);
}

static enum rc ask(struct worker *w, const struct forward_auth *f, struct call *c, struct reply *r)
{
	const struct policy *p = find(f, call_pairs_get(c->query, SLICE("policy")));
	struct gate_request q;
	struct gate_outcome out;
	if (!c->trusted)
		return RC_FORBIDDEN;
	if (p == NULL)
		return RC_NOT_FOUND;
	TRY(read_request(c, &q));
	TRY(decide(w, c, p, &q, &out));
	c->log_subject = out.identity.user;
	c->log_client = out.identity.client;
	return out.verdict == GATE_ALLOW ? allow(&out, r) : refuse(c, &q, &out, r);
}

void forward_auth_replace(struct worker *w, struct forward_auth *f)
{
	(void)pthread_mutex_lock(&w->policies);
	w->forward_auth = f;
	(void)pthread_mutex_unlock(&w->policies);
}

bool forward_auth_in_use(const struct forward_auth *f)
{
	return atomic_load(&f->users) > 0;
}

/* A decision may take as long as a provider does: the lock is held only to take the policies up. */
enum rc forward_auth_endpoint(struct worker *w, struct call *c, struct reply *r)
{
	(void)pthread_mutex_lock(&w->policies);
	struct forward_auth *f = w->forward_auth;
	atomic_fetch_add(&f->users, 1);
	(void)pthread_mutex_unlock(&w->policies);
	enum rc rc = ask(w, f, c, r);
	atomic_fetch_sub(&f->users, 1);
	return rc;
}
