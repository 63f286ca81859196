/* SPDX-License-Identifier: Apache-2.0 */
/* The revoke endpoint: see op_fuzz.h for the input and what must hold. */
#include "op_fuzz.h"

OP_FUZZ(revoke_endpoint, true)
