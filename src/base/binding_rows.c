/* SPDX-License-Identifier: Apache-2.0 */
/* A file of its own, so that a test can bring other rows. */
#include "base/binding.h"

const struct binding_row binding_rows[] = {
#define BINDING(name, number, token_type, cnf) {number, SLICE_INIT(token_type), SLICE_INIT(cnf)},
#include "base/bindings.def"
#undef BINDING
};
const size_t binding_row_count = sizeof binding_rows / sizeof *binding_rows;
