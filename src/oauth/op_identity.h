/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's services in the form that src/identity needs. */
#ifndef OSTIARY_OAUTH_OP_IDENTITY_H
#define OSTIARY_OAUTH_OP_IDENTITY_H

#include "identity/identity.h"
#include "oauth/op.h"

static inline struct identity op_identity(const struct op *op)
{
	return (struct identity){
		.directory = op->directory,
		.ephemeral = op->ephemeral,
		.audit = op->audit,
		.key = secret_of(op->installation_key, sizeof op->installation_key),
		.cost = op->settings->password_cost,
		.pool = op->services->self,
		.verify = op->services->password_verify,
		.hash = op->services->password_hash,
	};
}

#endif
