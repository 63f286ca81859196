/* SPDX-License-Identifier: Apache-2.0 */
/* The installation key: what all nodes of an installation seal and count with. It is made of a shared secret of the
 * directory and the key-encryption key, so that neither of the two alone gives it. */
#include "worker/setup.h"

#include <errno.h>
#include <unistd.h>

#include "base/base64url.h"
#include "config/config_secret.h"
#include "crypto/hash.h"

static enum rc decode(struct worker *w, struct slice line)
{
	size_t n;
	TRY(base64url_decode(line, w->op.installation_key, sizeof w->op.installation_key, &n));
	return n == sizeof w->op.installation_key ? RC_OK : RC_SYNTAX;
}

static enum rc read_file(struct worker *w, const char *path, struct config_secret_error *err)
{
	char line[CONFIG_SECRET_MAX];
	size_t n;
	TRY(config_secret_read(path, config_secret_owner(w->config), line, &n, err));
	enum rc rc = decode(w, slice_of(line, n));
	ct_wipe(line, sizeof line);
	return rc;
}

enum rc setup_installation_key_file(struct worker *w)
{
	struct config_secret_error err = {""};
	const char *path = "";
	enum rc rc = config_state_path(w->config, SLICE("local.key"), &w->arena, &path);
	if (rc == RC_OK && access(path, F_OK) != 0 && errno == ENOENT)
		return RC_OK;
	if (rc == RC_OK)
		rc = read_file(w, path, &err);
	w->installation_key_read = rc == RC_OK;
	return setup_report(w, rc, "local.key", slice_cstr(err.text));
}

static enum rc derive(struct worker *w)
{
	const struct store_shared *shared = &w->directory.shared;
	uint8_t salt[SIGNER_DERIVED_LEN], fresh[SIGNER_DERIVED_LEN];
	crypto_random(fresh, sizeof fresh);
	TRY(shared->secret(shared->self, SLICE("installation"), fresh, salt));
	return signer_client_derive(w->signer, SLICE("installation"), salt, w->op.installation_key);
}

enum rc setup_installation_key(struct worker *w)
{
	enum rc rc = w->installation_key_read ? RC_OK : derive(w);
	if (rc == RC_OK)
		rc = crypto_hkdf(secret_of(w->op.installation_key, sizeof w->op.installation_key), SLICE(""),
				 SLICE("ostiary session handle"), w->rp.handle_key, sizeof w->rp.handle_key);
	return setup_report(w, rc, "installation key", SLICE_NONE);
}
