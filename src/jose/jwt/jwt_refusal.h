/* SPDX-License-Identifier: Apache-2.0 */
/* The reason for a token's refusal, as text that names the member at fault. */
#ifndef OSTIARY_JOSE_JWT_JWT_REFUSAL_H
#define OSTIARY_JOSE_JWT_JWT_REFUSAL_H

#include "jose/jwt/jwt.h"

/* As rc_row(rc)->text; for RC_JOSE_HEADER and RC_JOSE_ALG it names the header's member. Static; safe to show to a
 * client. For refusals only: it parses the header again. */
const char *jwt_refusal_text(struct slice token, enum rc rc);
/* The name of the header's member or of the claim at fault: "jku", "crit", "aud"; NULL if none. As above. */
const char *jwt_refusal_member(struct slice token, enum rc rc);

#endif
