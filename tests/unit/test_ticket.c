/* SPDX-License-Identifier: Apache-2.0 */
/* Handles open for their key and time only, and as a whole only. */
#include "ticket/ticket.h"

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
	CHECK_OK(ticket_seal(key, &sample, &arena, &text));
	return text;
}

static void a_handle_opens_to_what_was_sealed(void)
{
	struct slice text = seal();
	struct ticket t;
	CHECK(text.n == TICKET_TEXT_LEN);
	CHECK_OK(ticket_open(key, text, NOW, &arena, &t));
	CHECK_SLICE(t.sid, sample.sid);
	CHECK_SLICE(t.secret, sample.secret);
	CHECK(t.expires == sample.expires);
	arena_reset(&arena);
}

static void two_handles_of_one_session_differ(void)
{
	struct slice one = seal(), two;
	CHECK_OK(ticket_seal(key, &sample, &arena, &two));
	CHECK(!slice_eq(one, two));
	arena_reset(&arena);
}

static void another_key_is_refused(void)
{
	struct slice text = seal();
	struct ticket t;
	CHECK_RC(ticket_open(other_key, text, NOW, &arena, &t), RC_JOSE_SIGNATURE);
	arena_reset(&arena);
}

static void expiry_is_exact(void)
{
	struct slice text = seal();
	struct ticket t;
	CHECK_OK(ticket_open(key, text, NOW + 299, &arena, &t));
	CHECK_RC(ticket_open(key, text, NOW + 300, &arena, &t), RC_EXPIRED);
	arena_reset(&arena);
}

/* Every character matters, and none may follow. */
static void changed_bytes_are_refused(void)
{
	struct slice text = seal();
	uint8_t copy[TICKET_TEXT_LEN + 4];
	struct ticket t;
	for (size_t i = 0; i < text.n; i++) {
		memcpy(copy, text.p, text.n);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		CHECK(ticket_open(key, slice_of(copy, text.n), NOW, &arena, &t) != RC_OK);
	}
	memset(copy, 'A', sizeof copy);
	memcpy(copy, text.p, text.n);
	for (size_t extra = 1; extra <= 4; extra++)
		CHECK_RC(ticket_open(key, slice_of(copy, text.n + extra), NOW, &arena, &t), RC_SYNTAX);
	for (size_t n = 0; n < text.n; n++)
		CHECK_RC(ticket_open(key, slice_of(copy, n), NOW, &arena, &t), RC_SYNTAX);
	arena_reset(&arena);
}

static void another_format_is_refused(void)
{
	struct slice text = seal();
	uint8_t copy[TICKET_TEXT_LEN];
	struct ticket t;
	memcpy(copy, text.p, text.n);
	copy[1] = 'g'; /* first byte 2 */
	CHECK_RC(ticket_open(key, slice_of(copy, text.n), NOW, &arena, &t), RC_SYNTAX);
	arena_reset(&arena);
}

static void what_is_no_session_is_not_sealed(void)
{
	struct ticket t = sample;
	struct slice text;
	arena_init(&arena, 65536);
	t.sid = SLICE("AAECAwQFBgcICQoLDA0OD");
	CHECK_RC(ticket_seal(key, &t, &arena, &text), RC_SYNTAX);
	t = sample;
	t.secret = SLICE("");
	CHECK_RC(ticket_seal(key, &t, &arena, &text), RC_SYNTAX);
	t = sample;
	t.expires = -1;
	CHECK_RC(ticket_seal(key, &t, &arena, &text), RC_RANGE);
	arena_reset(&arena);
}

T_MAIN(T(a_handle_opens_to_what_was_sealed), T(two_handles_of_one_session_differ), T(another_key_is_refused),
       T(expiry_is_exact), T(changed_bytes_are_refused), T(another_format_is_refused), T(what_is_no_session_is_not_sealed))
