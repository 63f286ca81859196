/* SPDX-License-Identifier: Apache-2.0 */
/* The stores and the outgoing HTTP client. */
#include "worker/setup.h"

enum rc setup_report(const struct worker *w, enum rc rc, const char *what, struct slice why)
{
	if (rc != RC_OK)
		LOG(&w->role->log, LOG_LEVEL_ERROR, "start.failed", LOG_TEXT("part", slice_cstr(what)),
		    LOG_TEXT("reason", why), LOG_TEXT("result", slice_cstr(rc_row(rc)->name)));
	return rc;
}

enum rc setup_stores(struct worker *w)
{
	struct store_place directory, ephemeral;
	struct slice why = SLICE_NONE;
	TRY(config_store_place(w->config, STORE_DIRECTORY, &w->arena, &directory));
	TRY(config_store_place(w->config, STORE_EPHEMERAL, &w->arena, &ephemeral));
	enum rc rc = store_directory_open(&directory, &w->arena, &w->directory, &why);
	TRY(setup_report(w, rc, "directory", why));
	why = SLICE_NONE;
	rc = store_ephemeral_open(&ephemeral, &w->arena, &w->ephemeral, &why);
	return setup_report(w, rc, "ephemeral", why);
}

static enum rc add_store(struct worker *w, enum store_role role, struct sandbox_files *f)
{
	struct store_place place;
	struct store_files needs;
	TRY(config_store_place(w->config, role, &w->arena, &place));
	TRY(store_files(&place, &w->arena, &needs));
	for (size_t i = 0; i < needs.write_count; i++) {
		if (f->write_count == SANDBOX_FILES_MAX)
			return RC_LIMIT;
		f->write[f->write_count++] = needs.write[i];
	}
	return RC_OK;
}

enum rc setup_store_files(struct worker *w, struct sandbox_files *f)
{
	TRY(add_store(w, STORE_DIRECTORY, f));
	return add_store(w, STORE_EPHEMERAL, f);
}

/* Without gateways and issuers nothing is fetched, and libcurl is not loaded. */
enum rc setup_http_client(struct worker *w, struct slice authorities)
{
	if (w->http != NULL)
		return setup_report(w, http_client_trust(w->http, authorities), "ca_file", SLICE_NONE);
	if (w->config->gateways.n == 0 && w->config->issuers.n == 0)
		return RC_OK;
	return setup_report(w, http_client_new(authorities, &w->http), "http client", SLICE_NONE);
}
