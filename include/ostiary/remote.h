/* SPDX-License-Identifier: Apache-2.0 */
/* Remote key sets of issuers, of their `jwks_uri`, kept fresh by a thread for each. They are refreshed ahead of their
 * expiry, fetched at once (but at most once in `cooldown` seconds) where a token names an unknown key, and kept over an
 * outage. */
#ifndef OSTIARY_REMOTE_H
#define OSTIARY_REMOTE_H

#include <ostiary/jwt.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Threads may share it. */
struct ostiary_jwks_remote;

/* Zero is a good default but for `size` and `url`. Copied by ostiary_jwks_remote_open. */
struct ostiary_jwks_remote_options {
	size_t size;            /* sizeof of this struct; so below */
	const char *url;        /* https; no user information. The one place that keys come from: nothing in a token changes it */
	bool allow_http_local;  /* also http, only to 127.0.0.0/8, [::1], localhost and names under .localhost */
	const char *ca_file;    /* PEM: these authorities and no others; NULL: the system's */
	unsigned refresh;       /* seconds between fetches, less where the answer's max-age is less; default 300 */
	unsigned cooldown;      /* seconds that an unknown key or a failure (then up to a fifth more) waits for the next fetch; default 30 */
	unsigned timeout;       /* seconds for one fetch, at most 3 of them to connect; default 5 */
	bool allow_private;     /* also addresses of private networks (RFC 1918, 4193, 6598) and loopback */
	unsigned keep;          /* seconds that an outage may last before the last good keys are given up; 0: for good */
	ostiary_key_remark remark; /* hears of each key that is left out, once a set, from the thread that fetches; may be NULL */
	void *remark_self;
	bool no_tables;         /* as in struct ostiary_jwks_options */
};

/* Starts the thread and the first fetch, and does not wait for it. A private key in a set ends the trust in all keys, the
 * last good ones too, until a set without comes: UNAVAILABLE. Redirects are not followed, proxies of the environment not
 * used, answers over 256 KiB refused, TLS 1.2 and a certificate that holds demanded. The address is judged when it is
 * connected to, whatever the name said before: private and loopback ones only where they are allowed, link-local ones (a
 * cloud's metadata service), multicast and reserved ones never. ARGUMENT: the address; MEMORY; INTERNAL. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_remote_open(const struct ostiary_jwks_remote_options *options,
							     struct ostiary_jwks_remote **ret_remote);
/* Stops the thread, within about a second. No other thread may be using it. NULL is fine. */
OSTIARY_API void ostiary_jwks_remote_free(struct ostiary_jwks_remote *remote);

/* As ostiary_verify. Waits for a fetch only where there are no keys yet, or the key is unknown and no fetch was made within
 * the cooldown; at most 8 threads do so at once, others are answered without. UNAVAILABLE: no keys yet, or none any more. */
OSTIARY_CHECKED enum ostiary_result ostiary_verify_remote(const char *token, size_t length,
							  struct ostiary_jwks_remote *remote,
							  const struct ostiary_policy *policy, int64_t now,
							  struct ostiary_claims **ret_claims);

/* For a health check: fetches since the start that failed, and that brought keys. */
OSTIARY_API void ostiary_jwks_remote_counts(struct ostiary_jwks_remote *remote, uint64_t *ret_good, uint64_t *ret_failed);

/* Several issuers behind one object. Threads may share it. */
struct ostiary_jwks_remotes;

#define OSTIARY_REMOTES_MAX 32

struct ostiary_jwks_remote_issuer {
	size_t size;
	const char *issuer;  /* exactly this `iss`; never empty, at most 255 bytes */
	struct ostiary_jws_algorithms algorithms; /* that this issuer signs with */
	const struct ostiary_jwks_remote_options *keys; /* never NULL */
};

/* ARGUMENT: none or more than OSTIARY_REMOTES_MAX, one issuer twice, and as ostiary_jwks_remote_open. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_remotes_open(const struct ostiary_jwks_remote_issuer *issuers, size_t count,
							      struct ostiary_jwks_remotes **ret_remotes);
/* Stops their threads, within about a second. No other thread may be using it. NULL is fine. */
OSTIARY_API void ostiary_jwks_remotes_free(struct ostiary_jwks_remotes *remotes);
/* The keys of one issuer, for ostiary_jwks_remote_counts; NULL where it is none of them. Lives as long as `remotes`. */
OSTIARY_API struct ostiary_jwks_remote *ostiary_jwks_remotes_at(struct ostiary_jwks_remotes *remotes, const char *issuer);
/* As ostiary_verify_remote with the keys and algorithms of the issuer that the token names; those of `policy` are not looked
 * at. A token's `iss` only chooses among the rows: no address is ever made from it. ISS: none of them. */
OSTIARY_CHECKED enum ostiary_result ostiary_verify_remotes(const char *token, size_t length,
							   struct ostiary_jwks_remotes *remotes,
							   const struct ostiary_policy *policy, int64_t now,
							   struct ostiary_claims **ret_claims);

#ifdef __cplusplus
}
#endif

#endif
