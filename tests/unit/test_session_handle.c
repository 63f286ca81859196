/* SPDX-License-Identifier: Apache-2.0 */
/* Handles open for their key and time only, and as a whole only. */
#include "sealed/session_handle.h"

#include "base/base64url.h"
#include "crypto/hash.h"
#include "sealed/envelope.h"

#include "t.h"

enum { NOW = 1000000 };

static const uint8_t key[32] = {1, 2, 3};
static const uint8_t other_key[32] = {1, 2, 4};
static const struct ticket sample = {
	.sid = SLICE_INIT("AAECAwQFBgcICQoLDA0ODw"),
	.secret = SLICE_INIT("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
	.expires = NOW + 300,
};
static struct arena arena;

static struct slice seal(void)
{
	struct slice text = SLICE_NONE;
	arena_init(&arena, 65536);
	CHECK_OK(session_handle_seal(key, &sample, &arena, &text));
	return text;
}

static void a_handle_opens_to_what_was_sealed(void)
{
	struct slice text = seal();
	struct ticket t;
	CHECK(text.n == SESSION_HANDLE_TEXT_LEN);
	CHECK_OK(session_handle_open(key, text, NOW, &arena, &t));
	CHECK_SLICE(t.sid, sample.sid);
	CHECK_SLICE(t.secret, sample.secret);
	CHECK(t.expires == sample.expires);
	arena_reset(&arena);
}

static void two_handles_of_one_session_differ(void)
{
	struct slice one = seal(), two;
	CHECK_OK(session_handle_seal(key, &sample, &arena, &two));
	CHECK(!slice_eq(one, two));
	arena_reset(&arena);
}

static void another_key_is_refused(void)
{
	struct slice text = seal();
	struct ticket t;
	CHECK_RC(session_handle_open(other_key, text, NOW, &arena, &t), RC_JOSE_SIGNATURE);
	arena_reset(&arena);
}

static void expiry_is_exact(void)
{
	struct slice text = seal();
	struct ticket t;
	CHECK_OK(session_handle_open(key, text, NOW + 299, &arena, &t));
	CHECK_RC(session_handle_open(key, text, NOW + 300, &arena, &t), RC_EXPIRED);
	arena_reset(&arena);
}

/* Every character matters, and none may follow. */
static void changed_bytes_are_refused(void)
{
	struct slice text = seal();
	uint8_t copy[SESSION_HANDLE_TEXT_LEN + 4];
	struct ticket t;
	for (size_t i = 0; i < text.n; i++) {
		memcpy(copy, text.p, text.n);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		CHECK(session_handle_open(key, slice_of(copy, text.n), NOW, &arena, &t) != RC_OK);
	}
	memset(copy, 'A', sizeof copy);
	memcpy(copy, text.p, text.n);
	for (size_t extra = 1; extra <= 4; extra++)
		CHECK_RC(session_handle_open(key, slice_of(copy, text.n + extra), NOW, &arena, &t), RC_SYNTAX);
	for (size_t n = 0; n < text.n; n++)
		CHECK_RC(session_handle_open(key, slice_of(copy, n), NOW, &arena, &t), RC_SYNTAX);
	arena_reset(&arena);
}

static void another_format_is_refused(void)
{
	struct slice text = seal();
	uint8_t copy[SESSION_HANDLE_TEXT_LEN];
	struct ticket t;
	memcpy(copy, text.p, text.n);
	copy[1] = 'g'; /* first byte 2 */
	CHECK_RC(session_handle_open(key, slice_of(copy, text.n), NOW, &arena, &t), RC_SYNTAX);
	arena_reset(&arena);
}

static void what_is_no_session_is_not_sealed(void)
{
	struct ticket t = sample;
	struct slice text;
	arena_init(&arena, 65536);
	t.sid = SLICE("AAECAwQFBgcICQoLDA0OD");
	CHECK_RC(session_handle_seal(key, &t, &arena, &text), RC_SYNTAX);
	t = sample;
	t.secret = SLICE("");
	CHECK_RC(session_handle_seal(key, &t, &arena, &text), RC_SYNTAX);
	t = sample;
	t.expires = -1;
	CHECK_RC(session_handle_seal(key, &t, &arena, &text), RC_RANGE);
	arena_reset(&arena);
}

/* ---- envelopes ---- */

#define KEY secret_of(key, sizeof key)

static enum rc open_of(struct slice text, int64_t now, struct slice *ret)
{
	return envelope_open(KEY, SLICE("test"), text, now, &arena, ret);
}

static void an_envelope_opens_for_its_key_purpose_and_hours(void)
{
	struct slice text = SLICE_NONE, got = SLICE_NONE, two = SLICE_NONE;
	const int64_t start = NOW / 3600 * 3600;
	arena_init(&arena, 1 << 20);
	CHECK_OK(envelope_seal(KEY, SLICE("test"), SLICE("what waits"), NOW, &arena, &text));
	CHECK_OK(envelope_seal(KEY, SLICE("test"), SLICE("what waits"), NOW, &arena, &two));
	CHECK(!slice_eq(text, two));
	CHECK_OK(open_of(text, NOW, &got));
	CHECK_SLICE(got, SLICE("what waits"));
	CHECK_RC(envelope_open(secret_of(other_key, sizeof other_key), SLICE("test"), text, NOW, &arena, &got), RC_JOSE_SIGNATURE);
	CHECK_RC(envelope_open(KEY, SLICE("tesu"), text, NOW, &arena, &got), RC_JOSE_SIGNATURE);
	CHECK_OK(open_of(text, start + (ENVELOPE_HOURS + 1) * 3600 - 1, &got));
	CHECK_RC(open_of(text, start + (ENVELOPE_HOURS + 1) * 3600, &got), RC_EXPIRED);
	/* Another node's clock. */
	CHECK_OK(open_of(text, start - 1, &got));
	CHECK_RC(open_of(text, start - 3601, &got), RC_EXPIRED);
	arena_reset(&arena);
}

/* The key of one hour opens nothing of another: the hour in front is part of what is sealed. */
static void an_envelope_of_another_hour_or_format_is_refused(void)
{
	uint8_t bytes[64];
	struct slice text = SLICE_NONE, got = SLICE_NONE;
	size_t n;
	arena_init(&arena, 1 << 20);
	CHECK_OK(envelope_seal(KEY, SLICE("test"), SLICE("what waits"), NOW, &arena, &text));
	CHECK_OK(base64url_decode(text, bytes, sizeof bytes, &n));
	bytes[4]++;
	CHECK_OK(base64url_encode_arena(&arena, slice_of(bytes, n), &text));
	CHECK_RC(open_of(text, NOW, &got), RC_JOSE_SIGNATURE);
	bytes[4]--;
	bytes[0]++;
	CHECK_OK(base64url_encode_arena(&arena, slice_of(bytes, n), &text));
	CHECK_RC(open_of(text, NOW, &got), RC_SYNTAX);
	bytes[0]--;
	for (size_t i = 0; i <= n; i++) {
		CHECK_OK(base64url_encode_arena(&arena, slice_of(bytes, i), &text));
		CHECK_RC(open_of(text, NOW, &got), i == n ? RC_OK : i < ENVELOPE_OVERHEAD ? RC_SYNTAX : RC_JOSE_SIGNATURE);
	}
	CHECK_RC(open_of(SLICE("!"), NOW, &got), RC_SYNTAX);
	arena_reset(&arena);
}

static void an_envelope_has_its_limits(void)
{
	static uint8_t big[ENVELOPE_PLAIN_MAX + 1];
	static char text_of[ENVELOPE_PLAIN_MAX * 2];
	struct slice text = SLICE_NONE, got = SLICE_NONE;
	arena_init(&arena, 1 << 20);
	CHECK_RC(envelope_seal(KEY, SLICE("test"), slice_of(big, sizeof big), NOW, &arena, &text), RC_LIMIT);
	CHECK_OK(envelope_seal(KEY, SLICE("test"), slice_of(big, ENVELOPE_PLAIN_MAX), NOW, &arena, &text));
	CHECK_OK(open_of(text, NOW, &got));
	CHECK(got.n == ENVELOPE_PLAIN_MAX);
	memset(text_of, 'A', sizeof text_of);
	CHECK_RC(open_of(slice_of(text_of, sizeof text_of), NOW, &got), RC_LIMIT);
	CHECK_RC(envelope_seal(KEY, SLICE("test"), SLICE("x"), -1, &arena, &text), RC_RANGE);
	CHECK_RC(envelope_seal(KEY, SLICE("test"), SLICE("x"), INT64_MAX, &arena, &text), RC_RANGE);
	CHECK_RC(envelope_open(KEY, slice_of(text_of, 33), text, NOW, &arena, &got), RC_RANGE);
	CHECK_RC(envelope_seal(KEY, slice_of(text_of, 33), SLICE("x"), NOW, &arena, &text), RC_RANGE);
	arena_reset(&arena);
}

T_MAIN(T(a_handle_opens_to_what_was_sealed), T(two_handles_of_one_session_differ), T(another_key_is_refused),
       T(expiry_is_exact), T(changed_bytes_are_refused), T(another_format_is_refused), T(what_is_no_session_is_not_sealed),
       T(an_envelope_opens_for_its_key_purpose_and_hours), T(an_envelope_of_another_hour_or_format_is_refused), T(an_envelope_has_its_limits))
