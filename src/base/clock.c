/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

#include "base/ascii.h"

static int64_t read_ns(clockid_t id)
{
	struct timespec t;
	(void)clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_now(void)
{
	return read_ns(CLOCK_REALTIME) / 1000000000;
}

int64_t clock_now_ms(void)
{
	return read_ns(CLOCK_REALTIME) / 1000000;
}

int64_t clock_mono_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

static void put_digits(char *dst, int value, int count)
{
	while (count-- > 0) {
		dst[count] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* Not snprintf, which is slow: every log line has a time. */
size_t clock_rfc3339(int64_t unix_ms, char dst[static CLOCK_TEXT_MAX])
{
	static const char form[] = "0000-00-00T00:00:00.000Z";
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm t;
	if (gmtime_r(&seconds, &t) == NULL)
		return 0;
	memcpy(dst, form, sizeof form);
	put_digits(dst, t.tm_year + 1900, 4);
	put_digits(dst + 5, t.tm_mon + 1, 2);
	put_digits(dst + 8, t.tm_mday, 2);
	put_digits(dst + 11, t.tm_hour, 2);
	put_digits(dst + 14, t.tm_min, 2);
	put_digits(dst + 17, t.tm_sec, 2);
	put_digits(dst + 20, (int)(unix_ms % 1000), 3);
	return sizeof form - 1;
}

enum rc clock_duration_ms(struct slice text, int64_t *ret_ms)
{
	static const struct {
		struct slice unit;
		int64_t ms;
	} units[] = {{SLICE_INIT("ms"), 1},	{SLICE_INIT("s"), 1000},	{SLICE_INIT("m"), 60000},
		     {SLICE_INIT("h"), 3600000}, {SLICE_INIT("d"), 86400000}};
	static const int64_t max = (int64_t)3653 * 86400000;
	int64_t value = 0;
	size_t i = 0;
	for (; i < text.n && ascii_is(text.p[i], ASCII_DIGIT); i++)
		if (value <= max)
			value = value * 10 + (text.p[i] - '0');
	if (i == 0)
		return RC_SYNTAX;
	for (size_t u = 0; u < ARRAY_LEN(units); u++) {
		if (!slice_eq(slice_from(text, i), units[u].unit))
			continue;
		if (value > max / units[u].ms)
			return RC_RANGE;
		*ret_ms = value * units[u].ms;
		return RC_OK;
	}
	return RC_SYNTAX;
}
