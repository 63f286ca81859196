/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's services as src/identity wants them. */
#ifndef OSTIARY_OAUTH_OP_IDENTITY_H
#define OSTIARY_OAUTH_OP_IDENTITY_H

#include "identity/identity.h"
#include "oauth/op.h"

static inline struct identity op_identity(const struct op *op)
{
	return (struct identity){
		.directory = op->directory,
		.ephemeral = op->ephemeral,
		.key = secret_of(op->local_key, sizeof op->local_key),
		.cost = op->settings->password_cost,
		.lane = op->services->self,
		.verify = op->services->password_verify,
		.hash = op->services->password_hash,
	};
}

#endif
