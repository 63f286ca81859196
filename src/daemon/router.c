/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/router.h"

#include "base/clock.h"
#include "daemon/admin_parts.h"
#include "oauth/client.h"
#include "web/render.h"

static bool path_fits(struct slice pattern, struct slice path)
{
	if (slice_ends(pattern, SLICE("*")))
		return slice_starts(path, slice_to(pattern, pattern.n - 1)) && path.n > pattern.n - 1;
	return slice_eq(pattern, path);
}

/* HEAD is GET without a body (RFC 9110 9.3.2). */
static unsigned method_bit(enum call_method m)
{
	return 1u << (m == CALL_HEAD ? CALL_GET : m);
}

enum rc router_find(enum route_place place, struct slice path, enum call_method method, const struct route **ret_row)
{
	enum rc rc = RC_NOT_FOUND;
	for (size_t i = 0; i < route_count; i++) {
		if (routes[i].place != place || !path_fits(routes[i].path, path))
			continue;
		*ret_row = &routes[i];
		if ((routes[i].methods & method_bit(method)) != 0)
			return RC_OK;
		rc = RC_METHOD;
	}
	return rc;
}

/* What a request is after its listener, host and path are known. */
struct route_match {
	const struct route *row; /* NULL where there is none */
	enum rc rc;
};

static bool is_gate_host(const struct worker *w, struct slice host)
{
	for (size_t i = 0; i < w->relying.site_count; i++)
		if (slice_eq(w->relying.sites[i].host, host))
			return true;
	return false;
}

/* The path below the issuer's own; RFC 8414 3.1 puts the issuer's path behind the well-known name. */
static struct slice path_below(const struct worker *w, struct slice path)
{
	static const struct slice known = SLICE_INIT("/.well-known/oauth-authorization-server");
	if (w->issuer_path.n == 0)
		return path;
	if (slice_starts(path, known) && slice_eq(slice_from(path, known.n), w->issuer_path))
		return known;
	if (!slice_starts(path, w->issuer_path))
		return path;
	struct slice rest = slice_from(path, w->issuer_path.n);
	return rest.n == 0 ? SLICE("/") : rest;
}

static struct route_match match_public(const struct worker *w, const struct call *c)
{
	struct route_match m = {NULL, RC_NOT_FOUND};
	enum route_place place = is_gate_host(w, c->host) ? ROUTE_GATE : ROUTE_PUBLIC;
	m.rc = router_find(place, path_below(w, c->path), c->method, &m.row);
	/* A provider answers for itself only: another name in Host must not reach its pages. */
	if (m.row != NULL && place == ROUTE_PUBLIC && !m.row->any_host && !slice_eq(c->host, w->issuer_host))
		return (struct route_match){NULL, RC_NOT_FOUND};
	return m;
}

static struct route_match match(const struct worker *w, int kind, const struct call *c)
{
	struct route_match m = {NULL, RC_NOT_FOUND};
	if (kind == ROUTER_PUBLIC)
		return match_public(w, c);
	m.rc = router_find(kind == ROUTER_ADMIN ? ROUTE_ADMIN : ROUTE_SESSION, c->path, c->method, &m.row);
	return m;
}

/* The admin socket's file lets in only its owner; this is the second lock. */
static bool admin_peer(const struct worker *w, const struct call *c)
{
	return c->peer_uid == 0 || c->peer_uid == (int64_t)w->uid;
}

static enum rc handle(struct worker *w, const struct route *row, struct call *c, struct reply *r)
{
	if (row->place == ROUTE_ADMIN && !admin_peer(w, c))
		return RC_FORBIDDEN;
	if (row->op != NULL)
		return row->op(&w->op, c, r);
	if (row->relying != NULL)
		return row->relying(&w->relying, c, r);
	return row->own(w, c, r);
}

static void set_origin(struct worker *w, const struct route *row, const struct call *c, struct reply *r)
{
	struct slice origin = call_header(c, SLICE("origin"));
	if (row == NULL || origin.n == 0)
		return;
	if (row->cors == ROUTE_CORS_ANY)
		r->cors_origin = SLICE("*");
	else if (row->cors == ROUTE_CORS_REGISTERED && client_origin_known(&w->op, origin, c->now))
		r->cors_origin = origin;
}

static enum rc add_methods(const struct route *row, struct call *c, struct reply *r, struct slice name)
{
	static const struct {
		unsigned bit;
		const char *text;
	} names[] = {{ROUTE_GET, "GET, HEAD"}, {ROUTE_POST, "POST"}, {ROUTE_PUT, "PUT"}, {ROUTE_DELETE, "DELETE"}};
	struct slice all = SLICE_NONE;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if ((row->methods & names[i].bit) != 0)
			TRY(arena_format(c->arena, &all, "%.*s%s%s", SLICE_ARGS(all), all.n == 0 ? "" : ", ", names[i].text));
	return reply_header_add(r, name, all);
}

/* CORS preflight (Fetch 4.8): only for rows that other origins may call. */
static enum rc preflight(const struct route *row, struct call *c, struct reply *r)
{
	if (row->cors == ROUTE_CORS_NONE || !call_pairs_has(c->headers, SLICE("access-control-request-method")))
		return RC_METHOD;
	r->kind = REPLY_EMPTY;
	r->status = 204;
	TRY(add_methods(row, c, r, SLICE("Access-Control-Allow-Methods")));
	TRY(reply_header_add(r, SLICE("Access-Control-Allow-Headers"), SLICE("Authorization, Content-Type, DPoP")));
	return reply_header_add(r, SLICE("Access-Control-Max-Age"), SLICE("600"));
}

/* The operator at the admin socket also learns what the log would say. */
static enum rc admin_error(struct call *c, enum rc why, struct reply *r)
{
	struct admin_out out;
	admin_begin(&out);
	json_out_member(&out.o, SLICE("error"), slice_cstr(rc_row(why)->oauth_error));
	json_out_member(&out.o, SLICE("error_description"), slice_cstr(rc_row(why)->text));
	json_out_member(&out.o, SLICE("detail"), c->log_detail);
	return admin_end(&out, c, rc_row(why)->http_status, r);
}

/* Browsers name HTML where a person will look at the answer; apps do not. */
static bool wants_page(const struct route *row, const struct call *c)
{
	struct slice rest = call_header(c, SLICE("accept")), one;
	if (row != NULL)
		return row->error == ROUTE_ERROR_PAGE;
	while (slice_split(&rest, ',', &one))
		if (slice_starts(slice_trim(one), SLICE("text/html")))
			return true;
	return false;
}

/* The row's text as a sentence; on its own host the app is at the root. */
static enum rc page_error(const struct route *row, struct call *c, enum rc why, struct reply *r)
{
	const char *text = rc_row(why)->text;
	reply_error_page(r, c, why);
	if (row != NULL && row->place == ROUTE_GATE)
		r->view.return_uri = SLICE("/");
	return arena_format(c->arena, &r->view.message, "%c%s.", text[0] >= 'a' && text[0] <= 'z' ? text[0] - 'a' + 'A' : text[0], text + 1);
}

static enum rc error_reply(const struct route *row, struct call *c, enum rc why, struct reply *r)
{
	struct slice origin = r->cors_origin;
	*r = (struct reply){0};
	if (row != NULL && row->place == ROUTE_ADMIN)
		TRY(admin_error(c, why, r));
	else if (wants_page(row, c))
		TRY(page_error(row, c, why, r));
	else
		TRY(reply_error_json(r, c, why));
	if (why == RC_METHOD && row != NULL)
		TRY(add_methods(row, c, r, SLICE("Allow")));
	r->cors_origin = origin;
	return RC_OK;
}

static void last_resort(struct http_response *out)
{
	*out = (struct http_response){.status = 503, .body = SLICE("{\"error\":\"temporarily_unavailable\"}"), .close = true};
	out->headers[out->header_count++] = (struct call_pair){SLICE("Content-Type"), SLICE("application/json")};
	out->headers[out->header_count++] = (struct call_pair){SLICE("Cache-Control"), SLICE("no-store")};
}

static const char *method_name(enum call_method m)
{
	static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"};
	return (size_t)m < ARRAY_LEN(names) ? names[m] : "-";
}

static bool is_health(struct slice path)
{
	return slice_eq(path, SLICE("/healthz")) || slice_eq(path, SLICE("/readyz"));
}

/* The path without its query: codes and states stand there. */
static void log_request(const struct worker *w, const struct call *c, enum rc rc, int status, int64_t started_ns)
{
	const struct rc_row *row = rc_row(rc);
	enum log_level level = rc != RC_OK ? row->level : is_health(c->path) ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
	if (level < w->role->log.least)
		return;
	LOG(&w->role->log, level, "request", LOG_TEXT("request_id", c->request_id), LOG_TEXT("method", slice_cstr(method_name(c->method))),
	    LOG_TEXT("host", c->host), LOG_TEXT("path", c->path), LOG_INT("status", status),
	    LOG_INT("us", (clock_mono_ns() - started_ns) / 1000), LOG_TEXT("remote", c->remote), LOG_TEXT("client_id", c->log_client),
	    LOG_TEXT("sub", c->log_subject), LOG_TEXT("sid", c->log_session), LOG_TEXT("result", slice_cstr(row->name)),
	    LOG_TEXT("detail", c->log_detail));
}

static void serve(void *self, int kind, struct call *c, struct http_response *out)
{
	struct worker *w = self;
	struct reply r = {0};
	int64_t started_ns = clock_mono_ns();
	struct route_match m = match(w, kind, c);
	set_origin(w, m.row, c, &r);
	enum rc rc = m.rc;
	if (rc == RC_OK)
		rc = handle(w, m.row, c, &r);
	else if (rc == RC_METHOD && c->method == CALL_OPTIONS)
		rc = preflight(m.row, c, &r);
	enum rc made = rc == RC_OK ? RC_OK : error_reply(m.row, c, rc, &r);
	set_origin(w, m.row, c, &r);
	if (made == RC_OK)
		made = web_render(c, &r, out);
	if (made != RC_OK)
		last_resort(out);
	log_request(w, c, rc != RC_OK ? rc : made, out->status, started_ns);
}

static void refuse(void *self, int kind UNUSED, enum rc why, struct call *c, struct http_response *out)
{
	struct worker *w = self;
	struct reply r = {0};
	int64_t started_ns = clock_mono_ns();
	enum rc made = reply_error_json(&r, c, why);
	if (made == RC_OK)
		made = web_render(c, &r, out);
	if (made != RC_OK)
		last_resort(out);
	out->close = true;
	log_request(w, c, why, out->status, started_ns);
}

static size_t body_max(void *self, int kind, const struct call *c)
{
	struct route_match m = match(self, kind, c);
	return m.row == NULL || m.rc != RC_OK ? 0 : m.row->body_max;
}

struct http_service router_service(struct worker *w)
{
	return (struct http_service){.self = w, .serve = serve, .refuse = refuse, .body_max = body_max};
}
