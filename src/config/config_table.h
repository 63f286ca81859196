/* SPDX-License-Identifier: Apache-2.0 */
/* The table of all configuration keys: type, default, documentation. */
#ifndef OSTIARY_CONFIG_CONFIG_TABLE_H
#define OSTIARY_CONFIG_CONFIG_TABLE_H

#include "base/buf.h"
#include "config/config.h"

enum config_type {
	CONFIG_TEXT,     /* one line of min to max bytes */
	CONFIG_DURATION, /* "30s", "15m": whole seconds, min to max */
	CONFIG_SIZE,     /* "19MiB": bytes, min to max */
	CONFIG_NUMBER,   /* min to max */
	CONFIG_BOOL,     /* true or false */
	CONFIG_CHOICE,   /* one of `choices` */
	CONFIG_WORDS,    /* a list of words, each one of `choices` where there are any; kept space-separated */
	CONFIG_TEXTS,    /* a list of texts: only for `json` rows */
	CONFIG_GROUP,    /* keys of `sub`, in the same struct */
	CONFIG_LIST,     /* a list of maps with the keys of `sub`, each a struct of `size` bytes */
};

struct config_row {
	const char *key;
	enum config_type type;
	size_t offset; /* in its struct; CONFIG_NOWHERE: only in the metadata of RFC 7591 */
	int64_t min, max;
	const char *fallback; /* as written in the file; NULL: none (empty) */
	const char *choices;  /* space-separated */
	const struct config_row *sub;
	size_t size;
	const char *(*validate)(struct slice value); /* what is wrong with a text, or NULL */
	bool required;
	bool live; /* a reload applies it, with everything below it; other keys need a restart */
	bool json; /* goes into the metadata of RFC 7591, besides its struct */
	const char *doc;
};

#define CONFIG_NOWHERE ((size_t)-1)

/* Ends with a row whose key is NULL. */
extern const struct config_row config_table[];
/* Restores what differs and is not `live`, and writes the names of those keys, separated by ", ". Slices and lists
 * remain those of `running`. */
void config_table_keep(const struct config *running, struct config *wanted, struct buf *names);
/* Keys of one client. */
extern const struct config_row config_table_client[];

#endif
