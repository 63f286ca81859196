/* SPDX-License-Identifier: Apache-2.0 */
/* Short lists that the authorization endpoint checks parameters against and the metadata is printed from. */
#ifndef OSTIARY_OAUTH_SUPPORTED_H
#define OSTIARY_OAUTH_SUPPORTED_H

#include "base/slice.h"

/* Space-separated; look up with slice_has_word. The _INIT forms are constant initialisers. */
#define SUPPORTED_RESPONSE_TYPES_INIT SLICE_INIT("code")
#define SUPPORTED_RESPONSE_TYPES ((struct slice)SUPPORTED_RESPONSE_TYPES_INIT)
#define SUPPORTED_RESPONSE_MODES_INIT SLICE_INIT("query form_post")
#define SUPPORTED_RESPONSE_MODES ((struct slice)SUPPORTED_RESPONSE_MODES_INIT)
#define SUPPORTED_PROMPTS_INIT SLICE_INIT("none login consent select_account")
#define SUPPORTED_PROMPTS ((struct slice)SUPPORTED_PROMPTS_INIT)
#define SUPPORTED_CODE_CHALLENGE_METHODS_INIT SLICE_INIT("S256")
#define SUPPORTED_CODE_CHALLENGE_METHODS ((struct slice)SUPPORTED_CODE_CHALLENGE_METHODS_INIT)
#define SUPPORTED_DISPLAYS_INIT SLICE_INIT("page")
#define SUPPORTED_DISPLAYS ((struct slice)SUPPORTED_DISPLAYS_INIT)

#endif
