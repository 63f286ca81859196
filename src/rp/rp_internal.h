/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder: the sites, their requests, and what is logged. */
#ifndef OSTIARY_RP_RP_INTERNAL_H
#define OSTIARY_RP_RP_INTERNAL_H

#include "rp/rp.h"

/* The site of a request's host, or NULL. */
const struct rp_site *rp_site(const struct rp *r, struct slice host);
/* Logs the event through r->note. */
void rp_note(const struct rp *r, const struct rp_note *n);
/* "https://web.example.com" + path, with the request's own scheme. */
enum rc rp_url(const struct request *c, struct slice path, struct slice *ret_url) WARN_UNUSED;
/* RC_CSRF unless the request is from its own origin (Sec-Fetch-Site, else Origin, else Referer). */
enum rc rp_same_origin(const struct request *c) WARN_UNUSED;
/* `n` random bytes (at most 32) as base64url in the arena. */
enum rc rp_random(struct arena *a, size_t n, struct slice *ret_text) WARN_UNUSED;
/* Why an ID token is refused, for the log: "ID token: nonce". */
struct slice rp_token_fault(struct slice token, enum rc why, struct arena *a);

#endif
