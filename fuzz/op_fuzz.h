/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds an endpoint of the provider. Input: the Authorization header, a newline, the query, a newline, the form;
 * pairs are split at '&' and '=', nothing is decoded. A value that is exactly @code, @access, @refresh or @id
 * becomes a good one. Must hold: an answer is strict JSON (or empty where the endpoint says so), and a refusal is a
 * row that clients may see. */
#ifndef OSTIARY_FUZZ_OP_FUZZ_H
#define OSTIARY_FUZZ_OP_FUZZ_H

#include "../tests/unit/op_fixture.h"

struct op_fuzz_good {
	struct slice name, value;
};

static struct op_fuzz_good op_fuzz_good[4];

static inline struct slice op_fuzz_keep(const char *text)
{
	char *copy = text == NULL ? NULL : strdup(text);
	return slice_cstr(copy);
}

/* Good values, made anew for each input where using them changes something. */
static inline void op_fuzz_refill(void)
{
	const struct json *tokens = fx_sign_in("openid profile offline_access orders:read");
	for (size_t i = 0; i < 4; i++)
		free((void *)(uintptr_t)op_fuzz_good[i].value.p);
	op_fuzz_good[0] = (struct op_fuzz_good){SLICE("@code"), op_fuzz_keep(fx_code("openid orders:read"))};
	op_fuzz_good[1] = (struct op_fuzz_good){SLICE("@access"), op_fuzz_keep(fx_text(tokens, "access_token"))};
	op_fuzz_good[2] = (struct op_fuzz_good){SLICE("@refresh"), op_fuzz_keep(fx_text(tokens, "refresh_token"))};
	op_fuzz_good[3] = (struct op_fuzz_good){SLICE("@id"), op_fuzz_keep(fx_text(tokens, "id_token"))};
}

static inline void op_fuzz_start(void)
{
	static bool started;
	if (started)
		return;
	started = true;
	fx_start();
	op_fuzz_refill();
	(void)atexit(fx_stop);
}

static inline bool op_fuzz_replace(struct slice *value)
{
	for (size_t i = 0; i < 4; i++)
		if (slice_eq(*value, op_fuzz_good[i].name)) {
			*value = op_fuzz_good[i].value;
			return true;
		}
	return false;
}

/* As a decoder would: no name twice. */
static inline struct request_pairs op_fuzz_pairs(struct slice text, struct request_pair *v, size_t room, bool *ret_changes)
{
	size_t n = 0;
	struct slice part;
	while (n < room && slice_split(&text, '&', &part)) {
		size_t equals = slice_find(part, '=');
		struct request_pair pair = {slice_to(part, equals), slice_from(part, equals + 1)};
		if (request_pairs_has((struct request_pairs){v, n}, pair.name))
			continue;
		if (op_fuzz_replace(&pair.value))
			*ret_changes = true;
		v[n++] = pair;
	}
	return (struct request_pairs){v, n};
}

static inline void op_fuzz_hold(bool holds)
{
	if (!holds)
		abort();
}

static inline void op_fuzz_validate(enum rc rc, const struct reply *r)
{
	const struct json *root;
	if (rc != RC_OK) {
		op_fuzz_hold(rc > RC_OK && rc < RC_COUNT && rc != RC_INTERNAL);
		op_fuzz_hold(rc_row(rc)->http_status >= 400 && (rc_row(rc)->http_status < 500 || rc == RC_BUSY));
		return;
	}
	op_fuzz_hold(r->status == 200 && !r->cacheable);
	op_fuzz_hold(r->type == REPLY_EMPTY || json_parse_arena(&fx.arena, r->body, 512, &root) == RC_OK);
}

static inline int op_fuzz_one(op_handler *handler, bool spends, const uint8_t *data, size_t size)
{
	struct slice text = slice_of(data, size), authorization = SLICE_NONE, query = SLICE_NONE;
	struct request_pair queries[8], forms[16];
	struct reply r = {0};
	bool changes = false;
	op_fuzz_start();
	struct request c = fx_post((const char *const[]){NULL});
	rc_ignore(slice_split(&text, '\n', &authorization) ? RC_OK : RC_MISSING);
	rc_ignore(slice_split(&text, '\n', &query) ? RC_OK : RC_MISSING);
	c.query = op_fuzz_pairs(query, queries, ARRAY_LEN(queries), &changes);
	c.form = op_fuzz_pairs(text, forms, ARRAY_LEN(forms), &changes);
	if (authorization.n > 0) {
		struct slice bearer = slice_from(authorization, 7);
		if (slice_starts(authorization, SLICE("Bearer @")) && op_fuzz_replace(&bearer))
			rc_ignore(arena_format(&fx.arena, &authorization, "Bearer %.*s", SLICE_ARGS(bearer)));
		fx_authorization(&c, authorization);
	}
	op_fuzz_validate(handler(&fx.op, &c, &r), &r);
	arena_reset(&fx.arena);
	if (changes && spends)
		op_fuzz_refill();
	return 0;
}

/* `spends`: the endpoint uses good values up. */
#define OP_FUZZ(handler, spends)                                         \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);    \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)     \
	{                                                                \
		return op_fuzz_one(handler, spends, data, size);         \
	}

#endif
