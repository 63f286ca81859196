/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

enum { LINE_MAX_BYTES = 16 * 1024, FIELD_MAX = 1024 };

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static void put_fields(struct json_out *o, const struct log_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_out_key(o, slice_cstr(fields[i].name));
		if (fields[i].text.p != NULL)
			json_out_string(o, slice_to(fields[i].text, FIELD_MAX));
		else
			json_out_int(o, fields[i].number);
	}
}

static void put_line(struct buf *b, const struct log *l, enum log_level level, const char *event,
		     const struct log_field *fields, size_t count)
{
	char time[CLOCK_TEXT_MAX];
	size_t n = clock_rfc3339(clock_now_ms(), time);
	struct json_out o = json_out_to(b);
	json_out_object(&o);
	json_out_member(&o, SLICE("time"), slice_of(time, n));
	json_out_member(&o, SLICE("level"), slice_cstr(level_names[level]));
	json_out_member(&o, SLICE("role"), slice_cstr(l->role));
	json_out_member(&o, SLICE("event"), slice_cstr(event));
	put_fields(&o, fields, count);
	json_out_object_end(&o);
	buf_byte(b, '\n');
}

void log_write(const struct log *l, enum log_level level, const char *event, const struct log_field *fields,
	       size_t count)
{
	if (l->fd < 0 || level < l->least)
		return;
	uint8_t memory[LINE_MAX_BYTES] UNINITIALIZED;
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	put_line(&b, l, level, event, fields, count);
	if (buf_rc(&b) != RC_OK) {
		buf_clear(&b);
		put_line(&b, l, level, event, &LOG_TEXT("note", SLICE("fields too long")), 1);
	}
	/* A failure to write the log cannot be reported. */
	ssize_t ignored UNUSED = write(l->fd, b.p, b.n);
}
