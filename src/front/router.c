/* SPDX-License-Identifier: Apache-2.0 */
#include "front/router.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "oauth/client/client.h"
#include "web/render.h"

static bool path_fits(struct slice pattern, struct slice path)
{
	if (slice_ends(pattern, SLICE("*")))
		return slice_starts(path, slice_to(pattern, pattern.n - 1)) && path.n > pattern.n - 1;
	return slice_eq(pattern, path);
}

/* HEAD is GET without a body (RFC 9110 9.3.2). */
static unsigned method_bit(enum request_method m)
{
	return 1u << (m == CALL_HEAD ? CALL_GET : m);
}

enum rc router_find(enum route_place place, struct slice path, enum request_method method, const struct route **ret_row)
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

/* The row of a request, by its listener, host and path. */
struct route_match {
	const struct route *row; /* NULL where there is none */
	enum rc rc;
	const struct issuer *issuer; /* on its host, else NULL */
};

static bool is_gateway_host(const struct front *f, struct slice host)
{
	for (size_t i = 0; i < f->rp->site_count; i++)
		if (slice_eq(f->rp->sites[i].host, host))
			return true;
	return false;
}

static struct route_match match_public(const struct front *f, const struct request *c)
{
	const struct op_settings *s = f->op->settings;
	struct route_match m = {.issuer = issuer_of_request(s->issuers, s->issuer_count, c->host, c->path)};
	enum route_place place = is_gateway_host(f, c->host) ? ROUTE_GATE : ROUTE_PUBLIC;
	struct slice path = c->path;
	/* What answers on every host does so below the first issuer's path too. */
	(void)issuer_below(m.issuer != NULL ? m.issuer : s->issuers, c->path, &path);
	m.rc = router_find(place, path, c->method, &m.row);
	/* The provider answers under its own hosts only. */
	if (m.row != NULL && place == ROUTE_PUBLIC && !m.row->any_host && m.issuer == NULL)
		return (struct route_match){.rc = RC_NOT_FOUND};
	return m;
}

static struct route_match match(const struct front *f, int type, const struct request *c)
{
	struct route_match m = {.rc = RC_NOT_FOUND};
	if (type == ROUTER_PUBLIC)
		return match_public(f, c);
	m.rc = router_find(type == ROUTER_ADMIN ? ROUTE_ADMIN : ROUTE_SESSION, c->path, c->method, &m.row);
	return m;
}

static enum rc handle(const struct front *f, const struct route *row, struct request *c, struct reply *r)
{
	if (row->op != NULL)
		return row->op(f->op, c, r);
	if (row->rp != NULL)
		return row->rp(f->rp, c, r);
	if (row->admin == NULL)
		return row->own(f, c, r);
	TRY(f->admin->authorise(f->admin, c));
	return row->admin(f->admin, c, r);
}

static void set_origin(const struct front *f, const struct route *row, const struct request *c, struct reply *r)
{
	struct slice origin = request_header(c, SLICE("origin"));
	if (row == NULL || origin.n == 0)
		return;
	if (row->cors == ROUTE_CORS_ANY)
		r->cors_origin = SLICE("*");
	else if (row->cors == ROUTE_CORS_REGISTERED && client_origin_known(f->op, origin))
		r->cors_origin = origin;
}

static enum rc add_methods(const struct route *row, struct request *c, struct reply *r, struct slice name)
{
	static const struct {
		unsigned bit;
		const char *text;
	} names[] = {{ROUTE_GET, "GET, HEAD"}, {ROUTE_POST, "POST"}, {ROUTE_PUT, "PUT"}, {ROUTE_DELETE, "DELETE"}};
	struct slice all = SLICE_NONE;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if ((row->methods & names[i].bit) != 0)
			TRY(arena_format(c->arena, &all, "%.*s%s%s", SLICE_ARGS(all), all.n == 0 ? "" : ", ",
					 names[i].text));
	return reply_header_add(r, name, all);
}

/* CORS preflight (Fetch 4.8): only for rows that other origins may call. */
static enum rc preflight(const struct route *row, struct request *c, struct reply *r)
{
	if (row->cors == ROUTE_CORS_NONE || !request_pairs_has(c->headers, SLICE("access-control-request-method")))
		return RC_METHOD;
	r->type = REPLY_EMPTY;
	r->status = 204;
	TRY(add_methods(row, c, r, SLICE("Access-Control-Allow-Methods")));
	TRY(reply_header_add(r, SLICE("Access-Control-Allow-Headers"), SLICE("Authorization, Content-Type, DPoP")));
	return reply_header_add(r, SLICE("Access-Control-Max-Age"), SLICE("600"));
}

/* A browser asks for HTML where it shows the answer; an app does not. */
static bool wants_page(const struct route *row, const struct request *c)
{
	struct slice rest = request_header(c, SLICE("accept")), one;
	if (row != NULL)
		return row->error == ROUTE_ERROR_PAGE;
	while (slice_split(&rest, ',', &one))
		if (slice_starts(slice_trim(one), SLICE("text/html")))
			return true;
	return false;
}

/* The row's text as a sentence. On a gateway's host the application is at the root. */
static enum rc page_error(const struct route *row, struct request *c, enum rc why, struct reply *r)
{
	reply_error_page(r, c, why);
	struct page_error *v = &r->data.error;
	if (row != NULL && row->place == ROUTE_GATE && v->return_uri.n == 0)
		v->return_uri = SLICE("/");
	struct slice text = v->message;
	uint8_t first = text.n > 0 ? text.p[0] : ' ';
	return arena_format(c->arena, &v->message, "%c%.*s.",
			    ascii_is(first, ASCII_LOWER) ? first - 32 : first, SLICE_ARGS(slice_from(text, 1)));
}

static enum rc error_reply(const struct route *row, struct request *c, enum rc why, struct reply *r)
{
	struct slice origin = r->cors_origin;
	*r = (struct reply){0};
	c->bearer = row != NULL && row->bearer;
	if (row != NULL && row->place == ROUTE_ADMIN)
		TRY(admin_error(c, why, r));
	else if (wants_page(row, c))
		TRY(page_error(row, c, why, r));
	else
		TRY(reply_error_json(r, c, why));
	if (why == RC_METHOD && row != NULL)
		TRY(add_methods(row, c, r, SLICE("Allow")));
	if (why == RC_BUSY || why == RC_UPSTREAM_BUSY)
		TRY(reply_header_add(r, SLICE("Retry-After"), SLICE("5")));
	if (why == RC_THROTTLED && c->retry_after > 0) {
		struct slice seconds;
		TRY(arena_format(c->arena, &seconds, "%lld", (long long)c->retry_after));
		TRY(reply_header_add(r, SLICE("Retry-After"), seconds));
	}
	r->cors_origin = origin;
	return RC_OK;
}

static void last_resort(struct http_response *out)
{
	*out = (struct http_response){
		.status = 503, .body = SLICE("{\"error\":\"temporarily_unavailable\"}"), .close = true};
	out->headers[out->header_count++] = (struct request_pair){SLICE("Content-Type"), SLICE("application/json")};
	out->headers[out->header_count++] = (struct request_pair){SLICE("Cache-Control"), SLICE("no-store")};
}

static const char *method_name(enum request_method m)
{
	static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"};
	return (size_t)m < ARRAY_LEN(names) ? names[m] : "-";
}

static bool is_health(struct slice path)
{
	return slice_eq(path, SLICE("/healthz")) || slice_eq(path, SLICE("/readyz"));
}

/* The path without its query, which may hold codes and states. */
static void log_request(const struct front *f, const struct request *c, enum rc rc, int status, int64_t started_ns)
{
	const struct rc_row *row = rc_row(rc);
	enum log_level level = c->log_debug         ? LOG_LEVEL_DEBUG
			       : rc != RC_OK        ? row->level
			       : is_health(c->path) ? LOG_LEVEL_DEBUG
						    : LOG_LEVEL_INFO;
	if (level < f->log->least)
		return;
	LOG(f->log, level, "request", LOG_TEXT("request_id", c->request_id),
	    LOG_TEXT("method", slice_cstr(method_name(c->method))), LOG_TEXT("host", c->host),
	    LOG_TEXT("path", c->path), LOG_INT("status", status), LOG_INT("us", (clock_mono_ns() - started_ns) / 1000),
	    LOG_TEXT("remote", c->remote), LOG_TEXT("client_id", c->log_client), LOG_TEXT("sub", c->log_subject),
	    LOG_TEXT("sid", c->log_session), LOG_TEXT("result", slice_cstr(row->name)),
	    LOG_TEXT("detail", request_log_detail(c, rc)));
}

/* Requests that may wait, for a store, a provider or the hashing pool, never hold all threads. The rest answers those
 * that never wait, and refuses the others. */
static enum rc handle_in_turn(const struct front *f, int type, const struct route *row, struct request *c,
			      struct reply *r)
{
	if (type != ROUTER_PUBLIC || row->at_once)
		return handle(f, row, c, r);
	enum rc rc = RC_BUSY;
	if (atomic_fetch_add(f->waiting, 1) < f->waiting_max)
		rc = handle(f, row, c, r);
	else
		c->log_detail = SLICE("all threads that may wait are taken");
	(void)atomic_fetch_sub(f->waiting, 1);
	return rc;
}

/* A handler gets parameters that have one reading, unless its row says that it reads the faults itself. */
static enum rc validate_parameters(const struct route *row, struct request *c)
{
	const struct request_faults *f = c->query_faults.rc != RC_OK ? &c->query_faults : &c->form_faults;
	if (row->reads_faults || f->rc == RC_OK)
		return RC_OK;
	c->client_detail = c->log_detail = f->text;
	return f->rc;
}

static void serve(void *self, int type, struct request *c, struct http_response *out)
{
	const struct front *f = self;
	struct reply r = {0};
	int64_t started_ns = clock_mono_ns();
	struct route_match m = match(f, type, c);
	c->issuer = m.issuer;
	set_origin(f, m.row, c, &r);
	enum rc rc = m.rc;
	if (rc == RC_OK)
		rc = validate_parameters(m.row, c);
	if (rc == RC_OK)
		rc = handle_in_turn(f, type, m.row, c, &r);
	else if (rc == RC_METHOD && c->method == CALL_OPTIONS)
		rc = preflight(m.row, c, &r);
	enum rc made = rc == RC_OK ? RC_OK : error_reply(m.row, c, rc, &r);
	set_origin(f, m.row, c, &r);
	if (made == RC_OK)
		made = web_render(c, &r, out);
	if (made != RC_OK)
		last_resort(out);
	log_request(f, c, rc != RC_OK ? rc : made, out->status, started_ns);
}

static void refuse(void *self, int type, enum rc why, struct request *c, struct http_response *out)
{
	const struct front *f = self;
	struct reply r = {0};
	int64_t started_ns = clock_mono_ns();
	/* Path and host may be missing: then there is no row, and Accept decides between page and JSON. */
	struct route_match m = match(f, type, c);
	/* An unknown path has no methods. */
	if (why == RC_METHOD && m.row == NULL)
		why = RC_NOT_FOUND;
	enum rc made = error_reply(m.row, c, why, &r);
	if (made == RC_OK)
		made = web_render(c, &r, out);
	if (made != RC_OK)
		last_resort(out);
	out->close = true;
	log_request(f, c, why, out->status, started_ns);
}

static size_t body_max(void *self, int type, const struct request *c)
{
	struct route_match m = match(self, type, c);
	return m.row == NULL || m.rc != RC_OK ? HTTP_BODY_UNREAD : m.row->body_max;
}

static const struct http_trust *trust(void *self, const struct http_listener *l)
{
	const struct front *f = self;
	for (size_t i = 0; i < f->listen_count; i++)
		if (f->listen_fds[i] == l->fd)
			return &f->trusts[i];
	return &l->trust;
}

struct http_service router_service(void *self, void *(*take)(void *self), void (*give)(void *front))
{
	return (struct http_service){.self = self,
				     .take = take,
				     .give = give,
				     .trust = trust,
				     .serve = serve,
				     .refuse = refuse,
				     .body_max = body_max};
}
