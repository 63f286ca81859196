/* SPDX-License-Identifier: Apache-2.0 */
/* The key that the sender of a token must prove (RFC 7800; RFC 9449 and RFC 8705 have types), on a request, and carried by
 * codes, grants, refresh families, access tokens and sessions. Types are the rows of bindings.def. Thread-safe. */
#ifndef OSTIARY_BASE_BINDING_H
#define OSTIARY_BASE_BINDING_H

#include "base/json.h"

enum binding_type {
#define BINDING(name, number, token_type, cnf) BINDING_##name = (number),
#include "base/bindings.def"
#undef BINDING
};

enum { BINDING_THUMBPRINT = 32 };

/* Zero is "not bound". */
struct binding {
	uint8_t type;                           /* enum binding_type; of a stored one any number */
	uint8_t thumbprint[BINDING_THUMBPRINT]; /* SHA-256 of the key or certificate; zero with BINDING_NONE */
};

struct binding_row {
	uint8_t type;
	struct slice token_type, cnf;
};

extern const struct binding_row binding_rows[];
extern const size_t binding_row_count;

/* Whether what is bound so may be used by a request that proved `shown`: it is not bound, or bound to that. */
bool binding_admits(const struct binding *held, const struct binding *shown) WARN_UNUSED;
/* The `token_type` of a token that is bound so; empty if no row has this type. */
struct slice binding_token_type(const struct binding *b);
/* Writes the claim `cnf` into the open object; nothing for one that is not bound. The buf fails with RC_INTERNAL if no row
 * has this type. */
void binding_write(const struct binding *b, struct json_out *o);
/* Reads the claim `cnf`; NULL: not bound. RC_JOSE_BINDING: nothing that a row knows, or not it alone. */
enum rc binding_read(const struct json *cnf, struct arena *a, struct binding *ret) WARN_UNUSED;

#endif
