/* SPDX-License-Identifier: Apache-2.0 */
/* The token endpoint: see op_fuzz.h for the input and what must hold. */
#include "op_fuzz.h"

OP_FUZZ(token_endpoint, true)
