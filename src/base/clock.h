/* SPDX-License-Identifier: Apache-2.0 */
/* Times and durations as text. Only programs' mains and adapters read the clock itself (clock_now). */
#ifndef OSTIARY_BASE_CLOCK_H
#define OSTIARY_BASE_CLOCK_H

#include "base/rc.h"
#include "base/slice.h"

/* Unix seconds and milliseconds of the system clock. For mains and adapters, which pass `now` to everything else. */
int64_t clock_now(void);
int64_t clock_now_ms(void);
/* Monotonic nanoseconds, to measure durations. */
int64_t clock_mono_ns(void);

enum { CLOCK_TEXT_MAX = 32 };
/* Formats Unix milliseconds as "2026-11-24T11:13:27.123Z" (RFC 3339, UTC); returns the length, 24. Years 1970 to
 * 9999. */
size_t clock_rfc3339(int64_t unix_ms, char dst[static CLOCK_TEXT_MAX]);

/* Parses "90s", "15m", "1h", "30d", "500ms": digits and one unit. Returns milliseconds, at most 10 years. RC_SYNTAX,
 * RC_RANGE. */
enum rc clock_duration_ms(struct slice text, int64_t *ret_ms) WARN_UNUSED;

#endif
