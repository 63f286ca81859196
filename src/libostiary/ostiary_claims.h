/* SPDX-License-Identifier: Apache-2.0 */
/* The claims object's inside. */
#ifndef OSTIARY_LIBOSTIARY_OSTIARY_CLAIMS_H
#define OSTIARY_LIBOSTIARY_OSTIARY_CLAIMS_H

#include <ostiary/jwt.h>

#include "libostiary/ostiary_internal.h"

struct ostiary_claims {
	struct arena arena;
	struct jwt_claims claims;
	struct inner_texts texts;
};

/* Empties them; one chunk of memory is kept. */
void claims_clear(struct ostiary_claims *claims);
/* Empty, with an arena for one token and the texts that are asked for; NULL without memory. */
struct ostiary_claims *claims_new(void);

#endif
