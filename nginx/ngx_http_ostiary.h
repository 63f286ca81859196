/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter between nginx and src/gate: configuration, worker state, request state. No decision is taken here. */
#ifndef OSTIARY_NGX_HTTP_OSTIARY_H
#define OSTIARY_NGX_HTTP_OSTIARY_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>

#include "gate/cors.h"
#include "gate/gate.h"
#include "gate/hist.h"
#include "gate/link_proto.h"
#include "gate/name.h"

extern ngx_module_t ngx_http_ostiary_module;

/* ---- shared memory: counters and caches of all workers ---- */

typedef struct {
	struct gate_hist warm, all;      /* nanoseconds of gate_decide: with a cache hit, and every one */
	_Atomic uint64_t allowed, refused, lookups, key_requests, parked, snapshots, link_losses;
	void *tokens, *sessions;
	size_t tokens_size, sessions_size;
} ngx_http_ostiary_shared_t;

enum { NGX_HTTP_OSTIARY_SESSION_VALUE = 1984 };

/* ---- configuration: constant once read ---- */

typedef struct {
	struct gate_issuer gate;
	struct jwks *file_keys; /* or NULL: fed over the link */
	uint64_t file_generation;
	ngx_str_t file;
} ngx_http_ostiary_issuer_t;

typedef struct ngx_http_ostiary_worker_s ngx_http_ostiary_worker_t;

typedef struct {
	ngx_array_t issuers; /* ngx_http_ostiary_issuer_t * */
	ngx_array_t deleted; /* struct slice: names of ostiary_delete_header and ostiary_header */
	struct gate_names names;
	ngx_addr_t *link;
	ngx_str_t link_text;
	ngx_msec_t stale, wait; /* heartbeat's age limit; how long a request waits for the link */
	ngx_msec_t key_interval;
	size_t zone_size;
	ngx_shm_zone_t *zone;
	ngx_flag_t used;
	ngx_http_ostiary_worker_t *worker; /* set once in each worker process */
} ngx_http_ostiary_main_t;

enum { OSTIARY_MODE_OFF, OSTIARY_MODE_BEARER, OSTIARY_MODE_SESSION, OSTIARY_MODE_PROVIDER };

typedef struct {
	ngx_uint_t mode;
	ngx_array_t *issuers; /* const struct gate_issuer * */
	ngx_array_t *rules;   /* struct gate_rule; outer levels' first */
	ngx_array_t *headers; /* struct gate_claim_header */
	ngx_array_t *origins; /* struct slice */
	ngx_str_t realm, cors_methods, cors_headers, cors_expose, cors_max_age;
	ngx_flag_t csrf, any_path, cors_credentials;
	ngx_uint_t stale;
	struct gate_policy policy;
	struct gate_cors cors;
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
	struct gate_ends *next_ends; /* of a snapshot under way */
	struct gate_end *ends;       /* room for one frame's */
	bool in_snapshot;
} ngx_http_ostiary_link_t;

struct ngx_http_ostiary_worker_s {
	const ngx_http_ostiary_main_t *conf;
	ngx_http_ostiary_shared_t *shared;
	struct gate_cache tokens, sessions;
	struct gate_memo *memo; /* NULL where memory was short */
	struct gate_ring *rings;    /* by issuer index */
	struct jwks **fed;          /* what the rings of fed issuers hold, to release */
	ngx_msec_t *key_asked;      /* when UNKNOWN_KID was sent last, by issuer index */
	bool *key_pending;          /* and not answered yet */
	struct gate_ends *ends;     /* NULL before the first snapshot */
	uint64_t epoch, next_id;
	ngx_msec_t heartbeat;       /* ngx_current_msec of the last */
	ngx_queue_t parked;         /* ngx_http_ostiary_ctx_t */
	size_t parked_count;
	ngx_http_ostiary_link_t link;
};

enum { OSTIARY_PARKED_MAX = 4096, OSTIARY_ENDS_MAX = 262144 };

/* ---- a request ---- */

typedef struct {
	ngx_http_request_t *request;
	ngx_queue_t queue; /* in worker->parked while `parked` */
	ngx_event_t deadline;
	enum gate_verdict waits_for;
	uint64_t id; /* of the LOOKUP */
	size_t issuer;
	struct gate_answer answer;
	bool parked, clean, decided, key_asked, timed_out;
	ngx_str_t user, tenant, roles, sid, client, scope, reason;
	ngx_uint_t nanoseconds;
} ngx_http_ostiary_ctx_t;

static inline struct slice ngx_http_ostiary_slice(ngx_str_t s)
{
	return slice_of(s.data, s.len);
}

/* A copy in the pool; data is NULL where memory is out. */
ngx_str_t ngx_http_ostiary_str(ngx_pool_t *pool, struct slice s);

/* conf.c, issuer.c */
extern ngx_command_t ngx_http_ostiary_commands[];
void *ngx_http_ostiary_create_main(ngx_conf_t *cf);
char *ngx_http_ostiary_init_main(ngx_conf_t *cf, void *conf);
void *ngx_http_ostiary_create_loc(ngx_conf_t *cf);
char *ngx_http_ostiary_merge_loc(ngx_conf_t *cf, void *parent, void *child);
char *ngx_http_ostiary_issuer_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_ostiary_add_slices(ngx_conf_t *cf, ngx_array_t *to, ngx_uint_t from);

/* headers.c: identity headers and own cookies of a request. */
/* Deletes identity headers, whatever the request is; idempotent. NGX_HTTP_BAD_REQUEST where Connection names one. */
ngx_int_t ngx_http_ostiary_clean(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf);
/* The headers as the client sent them, without identity headers, in the arena. */
ngx_int_t ngx_http_ostiary_headers(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf, struct arena *a,
				   struct gate_request *request);
/* Rebuilds the list for the backend: without identity headers and own cookies, with `set`. */
ngx_int_t ngx_http_ostiary_apply(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf, bool strip,
				 const struct gate_header *set, size_t count);

/* request.c: the phases. */
ngx_int_t ngx_http_ostiary_clean_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_ostiary_decide_handler(ngx_http_request_t *r);
ngx_http_ostiary_ctx_t *ngx_http_ostiary_ctx(ngx_http_request_t *r);
/* park.c: requests that wait. Parks `r`; NGX_AGAIN, or NGX_DECLINED where no more may wait. */
ngx_int_t ngx_http_ostiary_park(ngx_http_ostiary_worker_t *w, ngx_http_ostiary_ctx_t *ctx);
/* Runs every parked request again that waits for this; `match` is the lookup's id or the issuer's index. */
void ngx_http_ostiary_resume(ngx_http_ostiary_worker_t *w, enum gate_verdict waits_for, uint64_t match,
			     const struct gate_answer *answer);
/* Sends a refusal or a preflight's answer and ends the request; NGX_DONE. */
ngx_int_t ngx_http_ostiary_refuse(ngx_http_request_t *r, const struct gate_outcome *out, struct arena *a);
ngx_int_t ngx_http_ostiary_send_empty(ngx_http_request_t *r, ngx_uint_t status);

/* filter.c */
ngx_int_t ngx_http_ostiary_filter_init(ngx_conf_t *cf);
/* Adds a response header. */
ngx_int_t ngx_http_ostiary_add_header(ngx_http_request_t *r, struct slice name, struct slice value);

/* link.c */
ngx_int_t ngx_http_ostiary_link_start(ngx_http_ostiary_worker_t *w, ngx_cycle_t *cycle);
void ngx_http_ostiary_link_stop(ngx_http_ostiary_worker_t *w);
/* NGX_DECLINED while there is no connection. */
ngx_int_t ngx_http_ostiary_link_lookup(ngx_http_ostiary_worker_t *w, uint64_t id, struct slice host, struct slice cookie);
/* NGX_DECLINED too where this issuer was asked within the interval. */
ngx_int_t ngx_http_ostiary_link_unknown_kid(ngx_http_ostiary_worker_t *w, const struct gate_issuer *issuer);
/* feed.c: one frame; NGX_ERROR closes the link. */
ngx_int_t ngx_http_ostiary_feed(ngx_http_ostiary_worker_t *w, const struct link_proto_frame *frame);

/* variables.c, status.c */
ngx_int_t ngx_http_ostiary_add_variables(ngx_conf_t *cf);
char *ngx_http_ostiary_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

#endif
