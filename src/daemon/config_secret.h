/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in files of their own: regular, readable by their owner only, one line. */
#ifndef OSTIARY_DAEMON_CONFIG_SECRET_H
#define OSTIARY_DAEMON_CONFIG_SECRET_H

#include "daemon/config.h"

enum { CONFIG_SECRET_MAX = 1024, CONFIG_KEK_LEN = 32 };

/* What is wrong with a secret's file, for people: names the file, never its content. */
struct config_secret_error {
	char text[400];
};

/* The one line of the file without its end, at most CONFIG_SECRET_MAX bytes, into `dst`: the caller wipes it. RC_IO: not
 * there; RC_FORBIDDEN: group or others may read or write it, or it is another user's; RC_SYNTAX: empty, more than one line. */
enum rc config_secret_read(const char *path, char dst[static CONFIG_SECRET_MAX], size_t *ret_n,
			   struct config_secret_error *err) WARN_UNUSED;
/* The key-encryption key: 43 characters base64url of 32 random bytes. RC_RANGE for one that is plainly not random. */
enum rc config_secret_kek(const char *path, uint8_t dst[static CONFIG_KEK_LEN], struct config_secret_error *err) WARN_UNUSED;
/* Makes a file of mode 0600 that did not exist, with a line of 32 random bytes in base64url. RC_CONFLICT: it exists. */
enum rc config_secret_make(const char *path, struct config_secret_error *err) WARN_UNUSED;

#endif
