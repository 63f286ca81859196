/* SPDX-License-Identifier: Apache-2.0 */
#include "base/words.h"

enum rc words_in(struct arena *a, size_t max, struct words *ret_words)
{
	*ret_words = (struct words){.p = arena_alloc(a, max + 1), .max = max};
	return ret_words->p == NULL ? RC_MEMORY : RC_OK;
}

enum rc words_add(struct words *w, struct slice word)
{
	const size_t space = w->n > 0;
	if (slice_has_word(words_slice(w), word))
		return RC_OK;
	if (word.n > w->max || w->n + space > w->max - word.n)
		return RC_LIMIT;
	if (space > 0)
		w->p[w->n++] = ' ';
	memcpy(w->p + w->n, word.p, word.n);
	w->n += word.n;
	w->count++;
	return RC_OK;
}
