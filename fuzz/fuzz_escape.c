/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds the escapes of the templates: whatever goes in, nothing comes out that leaves its place in the page. */
#include <stdlib.h>

#include "base/utf8.h"
#include "web/html_escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool only_safe(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '<' || s.p[i] == '>' || s.p[i] == '"' || s.p[i] == '\'' || s.p[i] == 0)
			return false;
	return utf8_valid(s);
}

static bool safe_url(struct slice s)
{
	if (slice_find(s, '\t') != s.n || slice_find(s, '\n') != s.n)
		return false;
	return slice_eq(s, SLICE("#")) || slice_starts(s, SLICE("https://")) || slice_starts(s, SLICE("http://")) ||
	       (slice_starts(s, SLICE("/")) && !slice_starts(s, SLICE("//")) && !slice_starts(s, SLICE("/\\")));
}

static void validate(void (*escape)(struct buf *b, struct slice s), struct slice in, bool (*fit)(struct slice s))
{
	struct buf b;

	buf_init(&b, 1 << 20);
	escape(&b, in);
	if (buf_rc(&b) == RC_OK && (!only_safe(buf_slice(&b)) || (fit != NULL && !fit(buf_slice(&b)))))
		abort();
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {data, size};

	validate(escape_text, in, NULL);
	validate(escape_attribute, in, NULL);
	validate(escape_url, in, safe_url);
	return 0;
}
