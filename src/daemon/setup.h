/* SPDX-License-Identifier: Apache-2.0 */
/* Makes what the worker works with from the configuration. For worker.c only. */
#ifndef OSTIARY_DAEMON_SETUP_H
#define OSTIARY_DAEMON_SETUP_H

#include "daemon/sandbox.h"
#include "daemon/worker.h"

/* Each logs what is wrong. In this order. */
/* The worker's own key, made at the first start (state/local.key): before the sandbox. */
enum rc setup_local_key(struct worker *w) WARN_UNUSED;
/* Secrets of gateways: before the sandbox. */
enum rc setup_gateways(struct worker *w) WARN_UNUSED;
/* Before the sandbox, as the configured user; no thread starts. */
enum rc setup_stores(struct worker *w) WARN_UNUSED;
/* libcurl is loaded, before the sandbox, only where a gateway signs people in. */
enum rc setup_http_client(struct worker *w) WARN_UNUSED;
/* Enters the worker's sandbox: stores' files, and what outgoing connections need where there are any. */
enum rc setup_sandbox(struct worker *w) WARN_UNUSED;
enum rc setup_provider(struct worker *w) WARN_UNUSED;
enum rc setup_relying(struct worker *w) WARN_UNUSED;

#endif
