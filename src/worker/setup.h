/* SPDX-License-Identifier: Apache-2.0 */
/* Makes everything that the worker works with, in the order of these functions; each logs what is wrong. For worker.c
 * and reload.c. */
#ifndef OSTIARY_WORKER_SETUP_H
#define OSTIARY_WORKER_SETUP_H

#include "process/sandbox.h"
#include "worker/apply.h"
#include "worker/worker.h"

/* Reads the installation key of a state folder that has one in a file (local.key, which release 0.1.0 made): before the
 * sandbox. */
enum rc setup_installation_key_file(struct worker *w) WARN_UNUSED;
/* Before the sandbox, as the configured user; no thread starts. */
enum rc setup_stores(struct worker *w) WARN_UNUSED;
/* Loads libcurl only if the configuration has gateways or issuers. `authorities`: the text of ca_file, or empty. */
enum rc setup_http_client(struct worker *w, struct slice authorities) WARN_UNUSED;
/* Adds the files of the stores to what the sandbox allows. */
enum rc setup_store_files(struct worker *w, struct sandbox_files *f) WARN_UNUSED;
/* Enters the worker's sandbox: stores' files, and what outgoing connections need. */
enum rc setup_sandbox(struct worker *w) WARN_UNUSED;
enum rc setup_provider(struct worker *w) WARN_UNUSED;
enum rc setup_rp(struct worker *w) WARN_UNUSED;
enum rc setup_outbox(struct worker *w) WARN_UNUSED;
/* Everything that the configuration decides and a reload applies, in w->arena; in the first worker or a copy of it. */
enum rc setup_configured(struct worker *w, const struct apply_secrets *secrets) WARN_UNUSED;
enum rc setup_signer(struct worker *w) WARN_UNUSED;
/* Derives the installation key, unless a file had it, and the keys made of it. After setup_signer. */
enum rc setup_installation_key(struct worker *w) WARN_UNUSED;

/* The APIs of the configuration, and the scopes that clients may ask for, into `s`; slices of the configuration and
 * the arena. */
enum rc setup_resources(const struct config *c, struct arena *a, struct op_settings *s) WARN_UNUSED;

/* Logs a failure at the start, for setup_*.c. Gives `rc`. */
enum rc setup_report(const struct worker *w, enum rc rc, const char *what, struct slice why) WARN_UNUSED;

#endif
