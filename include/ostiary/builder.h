/* SPDX-License-Identifier: Apache-2.0 */
/* Makes claims: a JSON object (RFC 8259) whose texts are escaped. The first thing that goes wrong is kept until
 * ostiary_builder_write, so that no other call needs a check. A builder is for one thread at a time. `name` is the member's,
 * and NULL inside an array. */
#ifndef OSTIARY_BUILDER_H
#define OSTIARY_BUILDER_H

#include <ostiary/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An object that is being made, of at most 64 KiB, 1,024 values and 15 levels. */
struct ostiary_builder;

/* An empty object. MEMORY; ARGUMENT. Release with ostiary_builder_free. */
OSTIARY_CHECKED enum ostiary_result ostiary_builder_new(struct ostiary_builder **ret_builder);
/* Wipes what was made. NULL is fine. */
OSTIARY_API void ostiary_builder_free(struct ostiary_builder *builder);

/* Adds a text, UTF-8; a whole number; true or false. */
OSTIARY_API void ostiary_builder_text(struct ostiary_builder *builder, const char *name, const char *value);
OSTIARY_API void ostiary_builder_number(struct ostiary_builder *builder, const char *name, int64_t value);
OSTIARY_API void ostiary_builder_bool(struct ostiary_builder *builder, const char *name, bool value);
/* Adds an array of texts, which end with NULL: `aud`, roles. */
OSTIARY_API void ostiary_builder_texts(struct ostiary_builder *builder, const char *name, const char *const *values);
/* Adds a value that is JSON already: exactly one, so that nothing else slips in with it. */
OSTIARY_API void ostiary_builder_json(struct ostiary_builder *builder, const char *name, const char *json, size_t length);

/* Opens an object or an array inside; ostiary_builder_end closes the last one. */
OSTIARY_API void ostiary_builder_object(struct ostiary_builder *builder, const char *name);
OSTIARY_API void ostiary_builder_array(struct ostiary_builder *builder, const char *name);
OSTIARY_API void ostiary_builder_end(struct ostiary_builder *builder);

/* The object so far, for ostiary_sign; more can be added afterwards. ARGUMENT: something is open still, was closed too often,
 * or a text or name was NULL, or a name stood in an array; CLAIMS: text that is not UTF-8 or holds U+0000, JSON that is none, a
 * name twice; LIMIT; MEMORY. *ret_text ends with a NUL; release it with ostiary_free. */
OSTIARY_CHECKED enum ostiary_result ostiary_builder_write(struct ostiary_builder *builder, char **ret_text);

#ifdef __cplusplus
}
#endif

#endif
