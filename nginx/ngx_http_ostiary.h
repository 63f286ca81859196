/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter between nginx and src/gateway: configuration, worker state, request state. It takes no decision. */
#ifndef OSTIARY_NGX_HTTP_OSTIARY_H
#define OSTIARY_NGX_HTTP_OSTIARY_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>

#include "gateway/cors.h"
#include "gateway/gateway_credential.h"
#include "gateway/histogram.h"
#include "gateway/channel_protocol.h"
#include "gateway/header_name.h"

extern ngx_module_t ngx_http_ostiary_module;

/* ---- shared memory: counters and caches of all workers ---- */

typedef struct {
	struct histogram warm, all;      /* nanoseconds in gateway_decide: with a cache hit, and of every decision */
	_Atomic uint64_t allowed, refused, lookups, key_requests, suspended, snapshots, channel_losses;
	void *tokens, *sessions;
	size_t tokens_size, sessions_size; /* sessions_size 0: no location looks up anything */
	uint8_t cache_secret[SIPHASH_KEY];
} ngx_http_ostiary_shared_t;

enum { NGX_HTTP_OSTIARY_SESSION_VALUE = 1984 };

/* ---- configuration: constant after it is read ---- */

/* What a request may wait for, each with its own limit: look-ups of sessions, keys of one issuer, the first
 * snapshot. */
enum { OSTIARY_WAITING_LOOKUPS, OSTIARY_WAITING_KEYS, OSTIARY_WAITING_LINK, OSTIARY_WAITING_COUNT };

typedef struct {
	struct gateway_issuer gate;
	struct jwks *file_keys; /* or NULL: keys come over the control channel */
	uint64_t file_generation;
	ngx_str_t file;
} ngx_http_ostiary_issuer_t;

typedef struct ngx_http_ostiary_worker_s ngx_http_ostiary_worker_t;

typedef struct {
	ngx_array_t issuers; /* ngx_http_ostiary_issuer_t * */
	ngx_array_t deleted; /* struct slice: header names of ostiary_delete_header and ostiary_header */
	struct header_names names;
	ngx_addr_t *link;
	ngx_str_t link_text;
	ngx_uint_t waiting[OSTIARY_WAITING_COUNT]; /* maximum requests of a worker that wait for each */
	ngx_msec_t stale, wait; /* age limit of the heartbeat; maximum wait of a request for the control channel */
	ngx_msec_t key_interval;
	size_t zone_size;
	bool looks_up; /* a location's credential is looked up, and what was found is cached */
	ngx_shm_zone_t *zone;
	ngx_flag_t used;
	ngx_http_ostiary_worker_t *worker; /* set once in each worker process */
} ngx_http_ostiary_main_t;

/* From OSTIARY_MODE_CREDENTIAL on: the row of gateway_credentials. */
enum { OSTIARY_MODE_OFF, OSTIARY_MODE_PROVIDER, OSTIARY_MODE_CREDENTIAL };

/* The position of a directive in the file; line 0: none. */
typedef struct {
	ngx_str_t file;
	ngx_uint_t line;
} ngx_http_ostiary_at_t;

typedef struct {
	ngx_uint_t mode;
	ngx_http_ostiary_at_t mode_at, rule_at; /* inherited from the outer level if this one has none */
	ngx_array_t *issuers; /* const struct gateway_issuer * */
	ngx_array_t *rules;   /* struct gateway_rule; the outer level's first */
	ngx_array_t *headers; /* struct gateway_claim_header */
	ngx_array_t *origins; /* struct slice */
	ngx_str_t realm, cors_methods, cors_headers, cors_expose, cors_max_age;
	ngx_flag_t csrf, any_path, cors_credentials;
	ngx_uint_t stale;
	struct gateway_policy policy;
	struct gateway_cors cors;
} ngx_http_ostiary_loc_t;

/* ---- a worker ---- */

typedef struct {
	ngx_peer_connection_t peer;
	ngx_connection_t *c;
	ngx_event_t timer; /* reconnects */
	ngx_msec_t back_off;
	ngx_log_t *log;
	struct buf in, out;
	size_t out_sent;
	struct revocation_cache *next_revocations; /* of the snapshot being received */
	struct revocation *revocations;       /* buffer for one frame's */
	time_t full_since;           /* when a revocation did not fit */
	bool in_snapshot, own_said;
} ngx_http_ostiary_channel_t;

/* One type of logged refusal, for the rate limit. */
typedef struct {
	uintptr_t type;
	time_t second;
	ngx_uint_t left_out;
} ngx_http_ostiary_said_t;

enum { OSTIARY_SAID_SETS = 32, OSTIARY_SAID_WAYS = 8, OSTIARY_DROPPED_MAX = 64 };

struct ngx_http_ostiary_worker_s {
	const ngx_http_ostiary_main_t *conf;
	ngx_http_ostiary_shared_t *shared;
	ngx_log_t *log;
	struct signature_cache tokens, sessions;
	struct token_cache *parsed; /* token cache; NULL if memory was short */
	struct gateway_key_set *key_sets; /* by issuer index */
	struct jwks **fed;          /* the key sets of fed issuers, to release */
	uint64_t *logged_keys;      /* generation of the last logged keys, by issuer index */
	ngx_msec_t *key_asked;      /* when UNKNOWN_KID was last sent, by issuer index */
	bool *key_pending;          /* sent and not answered yet */
	struct revocation_cache *revocations;     /* NULL before the first snapshot */
	uint8_t own[CHANNEL_PROTOCOL_ISSUER_MAX]; /* the daemon's issuer, as last received */
	size_t own_n;
	uint64_t epoch, next_id;
	ngx_msec_t heartbeat;       /* ngx_current_msec of the last heartbeat */
	ngx_queue_t suspended;         /* ngx_http_ostiary_ctx_t */
	size_t suspended_count;        /* all of them */
	size_t waiting[OSTIARY_WAITING_COUNT]; /* except for keys */
	size_t *waiting_keys;       /* by issuer index */
	ngx_event_t silence;        /* fires when the heartbeat is too old */
	const char *channel_said;      /* last logged state of the control channel: static text */
	ngx_http_ostiary_said_t said[OSTIARY_SAID_SETS][OSTIARY_SAID_WAYS];
	uintptr_t dropped[OSTIARY_DROPPED_MAX]; /* claims whose omission was logged, as module_log.c names them */
	ngx_uint_t dropped_count;
	time_t said_second;
	ngx_uint_t said_lines;      /* in that second */
	ngx_http_ostiary_channel_t link;
};

/* Maximum revocations: twice the daemon's, since expired ones may still be here. */
enum { OSTIARY_REVOCATIONS_MAX = 2 * 1048576, OSTIARY_FULL_RETRY = 60 };

/* ---- a request ---- */

typedef struct {
	ngx_http_request_t *request;
	ngx_queue_t queue; /* in worker->parked while `parked` */
	ngx_event_t deadline;
	enum gateway_verdict waits_for;
	uint64_t id; /* of the LOOKUP */
	size_t issuer;
	struct gateway_answer answer;
	const char *detail; /* why it could not wait, or why the wait failed; static text or NULL */
	bool suspended, clean, decided, key_asked, timed_out;
	ngx_str_t user, tenant, roles, sid, client, scope, reason;
	ngx_uint_t nanoseconds;
} ngx_http_ostiary_ctx_t;

static inline struct slice ngx_http_ostiary_slice(ngx_str_t s)
{
	return slice_of(s.data, s.len);
}

/* A copy in the pool; data is NULL if memory is exhausted. */
ngx_str_t ngx_http_ostiary_str(ngx_pool_t *pool, struct slice s);

/* conf.c, issuer.c */
extern ngx_command_t ngx_http_ostiary_commands[];
void *ngx_http_ostiary_create_main(ngx_conf_t *cf);
char *ngx_http_ostiary_init_main(ngx_conf_t *cf, void *conf);
/* Adds the shared memory of ostiary_zone. After all directives were read. */
char *ngx_http_ostiary_zone_add(ngx_conf_t *cf, ngx_http_ostiary_main_t *mcf);
void *ngx_http_ostiary_create_loc(ngx_conf_t *cf);
char *ngx_http_ostiary_merge_loc(ngx_conf_t *cf, void *parent, void *child);
char *ngx_http_ostiary_issuer_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_ostiary_add_slices(ngx_conf_t *cf, ngx_array_t *to, ngx_uint_t from);

/* check.c: finds directives that have no effect. Remembers the position of the directive being read; the first one
 * stays. */
/* NGX_CONF_UNSET_UINT: none of this name. */
ngx_uint_t ngx_http_ostiary_mode_by_name(struct slice name);
/* "is off, provider, bearer NAME, session": of all modes, for a message. */
const char *ngx_http_ostiary_modes(ngx_pool_t *pool);
/* The row that the location asks for; NULL: none. */
const struct gateway_credential *ngx_http_ostiary_credential(const ngx_http_ostiary_loc_t *lcf);
void ngx_http_ostiary_mark(ngx_conf_t *cf, ngx_http_ostiary_at_t *at);
/* For a merged location. `own`: some rules are of its own level. */
char *ngx_http_ostiary_validate_rules(ngx_conf_t *cf, const ngx_http_ostiary_loc_t *lcf, bool own);
char *ngx_http_ostiary_validate_session(ngx_conf_t *cf, const ngx_http_ostiary_loc_t *lcf);
void ngx_http_ostiary_warn_early(ngx_conf_t *cf, const ngx_http_ostiary_loc_t *lcf);
void ngx_http_ostiary_warn_nowhere(ngx_conf_t *cf, const ngx_http_ostiary_loc_t *lcf);

/* headers.c: identity headers and own cookies of a request. */
/* Deletes identity headers on every request; idempotent. NGX_HTTP_BAD_REQUEST if Connection names one. */
ngx_int_t ngx_http_ostiary_clean(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf);
/* The client's headers without identity headers, in the arena. */
ngx_int_t ngx_http_ostiary_headers(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf, struct arena *a,
				   struct gateway_request *request);
/* Rebuilds the header list for the backend: without identity headers and own cookies, with `set`. */
ngx_int_t ngx_http_ostiary_apply(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf, bool strip,
				 const struct gateway_header *set, size_t count);

/* module_log.c: logs a refusal; `detail` may be NULL. At most once a second per location and reason. */
void ngx_http_ostiary_log_refusal(ngx_http_request_t *r, ngx_http_ostiary_worker_t *w,
				  const struct gateway_outcome *out, const struct gateway_request *q,
				  const char *detail);
/* Logs claims that an identity had to leave out, each once per worker, issuer and claim. */
void ngx_http_ostiary_log_dropped(ngx_http_request_t *r, ngx_http_ostiary_worker_t *w,
				  const struct gateway_outcome *out);
/* Logs the control channel's state once per change. `what`: static text. */
void ngx_http_ostiary_log_channel(ngx_http_ostiary_worker_t *w, ngx_uint_t level, const char *what);

/* module_request.c: the phases. */
ngx_int_t ngx_http_ostiary_clean_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_ostiary_decide_handler(ngx_http_request_t *r);
ngx_http_ostiary_ctx_t *ngx_http_ostiary_ctx(ngx_http_request_t *r);
/* suspend.c: requests that wait. Whether one more may wait for ctx->waits_for (and ctx->issuer). */
bool ngx_http_ostiary_may_suspend(ngx_http_ostiary_worker_t *w, const ngx_http_ostiary_ctx_t *ctx);
/* Suspends `r`; NGX_AGAIN. */
ngx_int_t ngx_http_ostiary_suspend(ngx_http_ostiary_worker_t *w, ngx_http_ostiary_ctx_t *ctx);
/* Resumes every suspended request that waits for this; `match` is the look-up's id or the issuer's index. */
void ngx_http_ostiary_resume(ngx_http_ostiary_worker_t *w, enum gateway_verdict waits_for, uint64_t match,
			     const struct gateway_answer *answer);
/* Sends a refusal or a preflight's answer and ends the request; NGX_DONE. */
ngx_int_t ngx_http_ostiary_refuse(ngx_http_request_t *r, const struct gateway_outcome *out, struct arena *a);
ngx_int_t ngx_http_ostiary_send_empty(ngx_http_request_t *r, ngx_uint_t status);

/* filter.c */
ngx_int_t ngx_http_ostiary_filter_init(ngx_conf_t *cf);
/* Adds a response header. */
ngx_int_t ngx_http_ostiary_add_header(ngx_http_request_t *r, struct slice name, struct slice value);

/* module_channel.c */
ngx_int_t ngx_http_ostiary_channel_start(ngx_http_ostiary_worker_t *w, ngx_cycle_t *cycle);
void ngx_http_ostiary_channel_stop(ngx_http_ostiary_worker_t *w);
/* A request needs the lost control channel: reconnects now instead of after the back-off, so that people can sign in
 * as soon as the daemon is back. */
void ngx_http_ostiary_channel_try(ngx_http_ostiary_worker_t *w);
/* NGX_DECLINED: not connected. */
ngx_int_t ngx_http_ostiary_channel_lookup(ngx_http_ostiary_worker_t *w, uint64_t id, struct slice host,
					  struct slice cookie);
/* NGX_DECLINED also if this issuer was asked within the interval. */
ngx_int_t ngx_http_ostiary_channel_unknown_kid(ngx_http_ostiary_worker_t *w, const struct gateway_issuer *issuer);
/* Tells the daemon that a revocation did not fit. */
ngx_int_t ngx_http_ostiary_channel_full(ngx_http_ostiary_worker_t *w);
/* issuer_keys.c: handles one frame; NGX_ERROR closes the control channel. */
ngx_int_t ngx_http_ostiary_issuer_keys(ngx_http_ostiary_worker_t *w, const struct channel_protocol_frame *frame);

/* variables.c, status.c */
ngx_int_t ngx_http_ostiary_add_variables(ngx_conf_t *cf);
char *ngx_http_ostiary_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

#endif
