/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from an issuer's `jwks_uri`, kept fresh by a thread of their own: refreshed ahead of their expiry, fetched at once
 * (but at most once in `cooldown` seconds) where a token names an unknown key, and kept over an outage. */
#ifndef OSTIARY_REMOTE_H
#define OSTIARY_REMOTE_H

#include <ostiary/jwt.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Threads may share it. */
struct ostiary_jwks_remote;

/* Zero is a good default but for `url`. Copied by ostiary_jwks_remote_open. */
struct ostiary_jwks_remote_options {
	const char *url;        /* https; no user information. The one place that keys come from: nothing in a token changes it */
	int allow_http_local;   /* also http, only to 127.0.0.0/8, [::1], localhost and names under .localhost */
	const char *ca_file;    /* PEM; NULL: the system's */
	unsigned refresh;       /* seconds between fetches, less where the answer's max-age is less; default 300 */
	unsigned cooldown;      /* seconds that an unknown key or a failure waits for the next fetch; default 30 */
	unsigned timeout;       /* seconds for one fetch; default 5 */
};

/* Starts the thread and the first fetch, and does not wait for it. Redirects are not followed, proxies of the environment
 * not used, answers over 256 KiB refused. ARGUMENT: the address; MEMORY; INTERNAL. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_remote_open(const struct ostiary_jwks_remote_options *options,
							     struct ostiary_jwks_remote **ret_remote);
/* Stops the thread, which may take `timeout` seconds. No other thread may be using it. NULL is fine. */
OSTIARY_API void ostiary_jwks_remote_free(struct ostiary_jwks_remote *remote);

/* As ostiary_verify. Waits for a fetch only where there are no keys yet or the key is unknown and no fetch was made within
 * the cooldown. UNAVAILABLE: no keys yet. */
OSTIARY_CHECKED enum ostiary_result ostiary_verify_remote(const char *token, size_t length,
							  struct ostiary_jwks_remote *remote,
							  const struct ostiary_policy *policy, int64_t now,
							  struct ostiary_claims **ret_claims);

/* For a health check: fetches since the start that failed, and that brought keys. */
OSTIARY_API void ostiary_jwks_remote_counts(struct ostiary_jwks_remote *remote, uint64_t *ret_good, uint64_t *ret_failed);

#ifdef __cplusplus
}
#endif

#endif
