/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's own sign-in against a real provider: the one of op_fixture.h behind the real HTTP server on loopback, asked
 * by the real HTTP client. One answer of it may be replaced, to see what a broken or hostile provider does. */
#ifndef OSTIARY_TESTS_RP_FIXTURE_H
#define OSTIARY_TESTS_RP_FIXTURE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "browser_fixture.h"
#include "http/server.h"
#include "rp/rp_flow.h"
#include "rp/rp_payload.h"
#include "rp/rp_provider.h"
#include "sealed/session_handle.h"
#include "web/render.h"

#define RX_HOST "web.example"
#define RX_BACK "https://" RX_HOST "/_ostiary/callback"
#define RX_CLIENT \
	"{\"redirect_uris\":[\"" RX_BACK "\",\"https://other.example/_ostiary/callback\"],\"grant_types\":[\"authorization_code\"," \
	"\"refresh_token\"],\"scope\":\"openid profile offline_access orders:read\"}"

enum rx_path { RX_METADATA, RX_JWKS, RX_TOKEN, RX_REVOKE, RX_USERINFO, RX_PATHS };

static struct rx {
	struct http_server *server;
	struct http_client *http;
	int fd;
	char issuer[64];
	struct rp rp;
	struct rp_site sites[2];
	struct sessions sessions;
	atomic_uint asked[RX_PATHS]; /* how often the provider was asked */
	atomic_uint slow_us;         /* the token endpoint takes so long */
	struct rp_note noted;   /* the last note */
	char noted_detail[2][512], noted_host[2][256];
	unsigned notes, faults; /* faults: notes of "provider.failed", which are not counted with the others */
	struct rp_note fault;
	/* Read by the provider's threads under rx_lock. */
	int64_t now;
	struct rx_lie {
		enum rx_path path;
		int status; /* 0: no lie */
		struct slice body;
	} lie;
} rx;
static pthread_mutex_t rx_lock = PTHREAD_MUTEX_INITIALIZER;

static inline void rx_tell(int64_t now, struct rx_lie lie)
{
	(void)pthread_mutex_lock(&rx_lock);
	rx.now = now;
	rx.lie = lie;
	(void)pthread_mutex_unlock(&rx_lock);
}

/* The provider answers so at this path until it is told otherwise; status 0: the truth. */
static inline void rx_lie(enum rx_path path, int status, const char *body)
{
	rx_tell(fx.now, (struct rx_lie){path, status, slice_cstr(body)});
}

/* Seconds go by, for everybody. */
static inline void rx_wait(int64_t seconds)
{
	fx.now += seconds;
	rx_tell(fx.now, rx.lie);
}

static inline void rx_serve(void *self, int type, struct request *c, struct http_response *ret_response)
{
	static const struct {
		struct slice path;
		op_handler *handler;
	} rows[RX_PATHS] = {
		[RX_METADATA] = {SLICE_INIT("/.well-known/openid-configuration"), discovery_endpoint},
		[RX_JWKS] = {SLICE_INIT("/.well-known/jwks.json"), jwks_endpoint},
		[RX_TOKEN] = {SLICE_INIT("/token"), token_endpoint},
		[RX_REVOKE] = {SLICE_INIT("/revoke"), revoke_endpoint},
		[RX_USERINFO] = {SLICE_INIT("/userinfo"), userinfo_endpoint},
	};
	struct reply r = {0};
	enum rc rc = RC_NOT_FOUND;
	(void)self, (void)type;
	(void)pthread_mutex_lock(&rx_lock);
	c->now = rx.now;
	c->issuer = &fx.issuer;
	struct rx_lie lie = rx.lie;
	(void)pthread_mutex_unlock(&rx_lock);
	for (size_t i = 0; i < RX_PATHS; i++) {
		if (!slice_eq(c->path, rows[i].path))
			continue;
		rx.asked[i]++;
		if (i == RX_TOKEN && rx.slow_us > 0)
			(void)usleep(rx.slow_us);
		if (lie.status != 0 && lie.path == i) {
			*ret_response = (struct http_response){.status = lie.status, .body = lie.body};
			return;
		}
		rc = rows[i].handler(&fx.op, c, &r);
	}
	if (rc != RC_OK)
		rc = reply_error_json(&r, c, rc);
	if (rc == RC_OK)
		rc = web_render(c, &r, ret_response);
	if (rc != RC_OK)
		*ret_response = (struct http_response){.status = 500};
}

static inline void rx_refuse(void *self, int type, enum rc why, struct request *c, struct http_response *ret_response)
{
	(void)self, (void)type, (void)c;
	*ret_response = (struct http_response){.status = rc_row(why)->http_status};
}

static inline size_t rx_body_max(void *self, int type, const struct request *c)
{
	(void)self, (void)type, (void)c;
	return 32 * 1024;
}

static inline void rx_listen(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	rx.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(rx.fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(rx.fd, 64) == 0);
	CHECK(getsockname(rx.fd, (struct sockaddr *)&at, &n) == 0);
	(void)snprintf(rx.issuer, sizeof rx.issuer, "http://127.0.0.1:%u", ntohs(at.sin_port));
}

/* The provider on air. */
static inline void rx_on(void)
{
	const struct http_listener l = {.fd = rx.fd};
	const struct http_server_options o = {.listeners = &l, .listener_count = 1, .connections_max = 64, .threads_max = 16,
					      .service = {NULL, rx_serve, rx_refuse, rx_body_max}};
	CHECK_OK(http_server_start(&o, &rx.server));
}

/* Off the air: its port refuses. */
static inline void rx_off(void)
{
	if (rx.server != NULL)
		http_server_stop(rx.server, 5);
	rx.server = NULL;
	if (rx.fd >= 0)
		(void)close(rx.fd);
	rx.fd = -1;
}

static inline void rx_note(void *self, const struct rp_note *n)
{
	(void)self;
	bool fault = strcmp(n->event, "provider.failed") == 0;
	struct rp_note copy = *n;
	copy.detail.n = n->detail.n < sizeof rx.noted_detail[fault] ? n->detail.n : sizeof rx.noted_detail[fault];
	if (n->detail.n > 0)
		memcpy(rx.noted_detail[fault], n->detail.p, copy.detail.n);
	copy.detail.p = (const uint8_t *)rx.noted_detail[fault];
	copy.host.n = n->host.n < sizeof rx.noted_host[fault] ? n->host.n : sizeof rx.noted_host[fault];
	if (n->host.n > 0)
		memcpy(rx.noted_host[fault], n->host.p, copy.host.n);
	copy.host.p = (const uint8_t *)rx.noted_host[fault];
	if (fault) {
		rx.fault = copy;
		rx.faults++;
		return;
	}
	rx.noted = copy;
	rx.notes++;
}

static inline enum rc rx_revoke(void *self, const struct outbox_try *t, struct arena *a)
{
	(void)self;
	return rp_revoke(&rx.rp, t, a);
}

static inline void *rx_hold(void *self)
{
	return self;
}

static inline void rx_release(void *held)
{
	(void)held;
}

/* No thread: a test does its jobs by outbox_step. */
static inline void rx_open_outbox(void)
{
	static const uint8_t key[32] = {9};
	static const struct outbox_type types[] = {{.name = SLICE_INIT(RP_REVOCATION), .run = rx_revoke, .back_off = 5, .back_off_most = 5, .tries = 3,
						    .life = 1000, .bounds = {100, 2}}};
	const struct outbox_options o = {.directory = &fx.directory, .audit = &fx.audit, .key = secret_of(key, sizeof key), .types = types,
					 .type_count = 1, .hold = rx_hold, .release = rx_release};
	CHECK_OK(outbox_new(&o, &rx.rp.outbox));
}

static inline void rx_start(void)
{
	memset(&rx, 0, sizeof rx);
	fx_start();
	fx_put_client("web", RX_CLIENT, true, false);
	rx_wait(0);
	rx_listen();
	fx.issuer = issuer_from(slice_cstr(rx.issuer));
	rx_on();
	CHECK_OK(http_client_new(SLICE(""), &rx.http));
	rx.sites[0] = (struct rp_site){.host = SLICE(RX_HOST), .issuer = slice_cstr(rx.issuer), .client_id = SLICE("web"),
					    .client_secret = outgoing_secret_of(FX_SECRET, sizeof FX_SECRET - 1),
					    .scope = SLICE("openid profile offline_access orders:read"),
					    .resource = SLICE(FX_API), .signed_out = SLICE("/"), .roles_claim = SLICE("roles"),
					    .tenant_claim = SLICE("tenant")};
	rx.sites[1] = rx.sites[0];
	rx.sites[1].host = SLICE("other.example");
	rx.sites[1].resource = SLICE_NONE;
	rx.sessions = (struct sessions){&fx.ephemeral, {.type = EPH_GATEWAY_SESSION, .idle = 3600, .absolute = 43200, .touch = 60}};
	rx.rp = (struct rp){.sites = rx.sites, .site_count = 2, .http = rx.http, .ephemeral = &fx.ephemeral,
				      .sessions = &rx.sessions, .handle_key = {7}, .leeway = 30, .note = rx_note};
	rx_open_outbox();
	CHECK_OK(rp_providers_new(&rx.rp.providers));
	CHECK_OK(rp_renewals_new(&rx.rp.renewals));
}

static inline void rx_stop(void)
{
	/* First its kept connections: a server waits for those that might still ask. */
	http_client_free(rx.http);
	rx_off();
	rp_providers_free(rx.rp.providers);
	rp_renewals_free(rx.rp.renewals);
	outbox_free(rx.rp.outbox);
	fx_stop();
}

#define RX_TEST(name)                     \
	static void name##_body(void);    \
	static void name(void)            \
	{                                 \
		rx_start();               \
		name##_body();            \
		rx_stop();                \
	}                                 \
	static void name##_body(void)

static inline struct browser rx_browser(void)
{
	return (struct browser){.remote = SLICE("192.0.2.1"), .origin = SLICE("https://" RX_HOST), .site = SLICE("same-origin")};
}

/* A request at a gateway host. `query` is decoded as the daemon does it; `form` NULL: GET. */
static inline struct answer rx_send(struct browser *b, const char *host, rp_handler *handler, const char *query, bool post)
{
	struct request c = {.arena = &fx.arena, .now = fx.now, .method = post ? CALL_POST : CALL_GET, .secure = true, .peer_uid = -1,
			 .host = slice_cstr(host), .remote = b->remote, .request_id = SLICE("0")};
	struct answer a = {0};
	a.rc = form_decode(slice_cstr(query), &fx.arena, &c.query);
	if (a.rc != RC_OK)
		return a;
	browser_headers(b, &c);
	browser_watching(true);
	a.rc = handler(&rx.rp, &c, &a.r);
	browser_watching(false);
	browser_take(b, &c, &a);
	return a;
}

static inline struct answer rx_login(struct browser *b, const char *query)
{
	return rx_send(b, RX_HOST, rp_login, query, false);
}

static inline struct answer rx_logout(struct browser *b)
{
	return rx_send(b, RX_HOST, rp_logout, "", true);
}

static inline struct answer rx_callback(struct browser *b, const char *query)
{
	return rx_send(b, RX_HOST, rp_callback, query, false);
}

/* What the provider's pages would grant to this request: a code bound to its challenge and nonce. */
static inline struct code_grant rx_grant(const struct answer *login)
{
	return (struct code_grant){.client = SLICE("web"), .redirect_uri = answer_value(login, "redirect_uri"),
				   .code_challenge = answer_value(login, "code_challenge"), .user = SLICE(FX_USER),
				   .tenant = SLICE("default"), .sid = SLICE(FX_SID), .scopes = answer_value(login, "scope"),
				   .nonce = answer_value(login, "nonce"), .amr = SLICE("pwd"), .auth_time = fx.now - 5};
}

/* The query of the way back; `iss` NULL leaves it out. */
static inline const char *rx_back(struct slice state, const char *code, const char *iss)
{
	struct buf b;
	const char *text = "";
	void *memory = arena_alloc(&fx.arena, 1024);
	buf_over(&b, memory, 1024);
	buf_format(&b, "state=%.*s&code=%s%s%s", SLICE_ARGS(state), code, iss == NULL ? "" : "&iss=", iss == NULL ? "" : iss);
	CHECK_OK(arena_cstr(&fx.arena, buf_slice(&b), &text));
	return text;
}

/* The way back of this sign-in as the provider sends it. */
static inline const char *rx_way_back(const struct answer *login)
{
	struct code_grant g = rx_grant(login);
	return rx_back(answer_value(login, "state"), fx_code_of(&g), rx.issuer);
}

/* The whole way; gives the callback's answer. */
static inline struct answer rx_sign_in(struct browser *b)
{
	struct answer login = rx_login(b, "return_to=/cart");
	CHECK_OK(login.rc);
	return rx_callback(b, rx_way_back(&login));
}

static inline struct slice rx_gateway(const struct browser *b)
{
	return browser_cookie(b, RP_COOKIE);
}

static inline enum rc rx_who(const struct browser *b, struct rp_identity *ret)
{
	return rp_identity(&rx.rp, SLICE(RX_HOST), rx_gateway(b), fx.now, &fx.arena, ret);
}

/* Metadata without authorization_response_iss_parameter_supported. */
static inline const char *rx_metadata_of(const char *issuer)
{
	struct slice text = SLICE_NONE;
	const char *copy = "";
	CHECK_OK(arena_format(&fx.arena, &text,
			      "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/authorize\",\"token_endpoint\":\"%s/token\","
			      "\"jwks_uri\":\"%s/.well-known/jwks.json\"}", issuer, rx.issuer, rx.issuer, rx.issuer));
	CHECK_OK(arena_cstr(&fx.arena, text, &copy));
	return copy;
}

#endif
