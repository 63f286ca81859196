/* SPDX-License-Identifier: Apache-2.0 */
/* What the provider keeps in the ephemeral store, as somebody who writes there might leave it: a code, a used code, a request
 * that waits for a person, a session's payload. Input: a byte that says which, then the value. Must hold: a code of another
 * client, redirect URI or challenge yields nothing; a request sends the browser only where the provider would. */
#include "../tests/unit/browser_fixture.h"

#include "oauth/interaction.h"
#include "oauth/login.h"

#define CODE "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool promise)
{
	if (!promise)
		abort();
}

static bool store(enum eph_kind kind, struct slice value)
{
	struct eph_record r = {.kind = kind, .value = value, .expires = fx.now + 60};
	crypto_sha256(SLICE(CODE), r.id);
	return fx.ephemeral.put(fx.ephemeral.self, &r, fx.now) == RC_OK;
}

static void drop(enum eph_kind kind)
{
	uint8_t id[32];
	crypto_sha256(SLICE(CODE), id);
	hold(fx.ephemeral.remove(fx.ephemeral.self, kind, id) == RC_OK);
}

static void code(struct slice value, enum eph_kind kind)
{
	const struct code_use use = {.code = SLICE(CODE), .client = SLICE("shop"), .code_verifier = SLICE(FX_VERIFIER),
				     .redirect_uri = SLICE(FX_CB), .jti = SLICE("j"), .family = SLICE("f")};
	struct code_grant g;
	if (!store(kind, value))
		return;
	enum rc rc = code_redeem(&fx.op, &use, fx.now, &fx.arena, &g);
	hold(rc != RC_OK || kind == EPH_CODE);
	if (rc == RC_OK)
		hold(slice_eq(g.client, use.client) && slice_eq(g.redirect_uri, use.redirect_uri) &&
		     slice_eq(g.code_challenge, fx_challenge()));
	rc = code_confirm(&fx.op, &use, fx.now, &fx.arena);
	hold(rc == RC_OK || rc == RC_REPLAY || rc == RC_SYNTAX || rc == RC_LIMIT || rc == RC_RANGE || rc == RC_STORE);
	drop(EPH_CODE);
	drop(EPH_CODE_USED);
}

/* The record's first 32 bytes are the hash of its browser's key: ours, so that the rest is read. */
static void interaction(struct slice value)
{
	struct browser b = browser_new();
	struct slice key = SLICE("KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKI");
	uint8_t browser[32];
	struct slice whole;
	crypto_sha256(key, browser);
	const struct slice parts[] = {slice_of(browser, sizeof browser), value};
	if (arena_join(&fx.arena, parts, ARRAY_LEN(parts), &whole) != RC_OK || !store(EPH_INTERACTION, whole))
		return;
	browser_set_cookie(&b, SLICE("__Host-ostiary-login"), key);
	static const char *const pages[] = {"/sign-in?i=" CODE, "/consent?i=" CODE};
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		struct answer a = browser_get(&b, pages[i]);
		if (a.rc == RC_OK && a.r.kind == REPLY_REDIRECT)
			hold(slice_starts(a.r.location, SLICE(FX_ISSUER "/")));
	}
	drop(EPH_INTERACTION);
}

static void payload(struct slice value)
{
	struct browser b = browser_new();
	struct session x;
	struct login l;
	struct call c = {.arena = &fx.arena, .now = fx.now, .remote = SLICE("192.0.2.1"), .request_id = SLICE("0")};
	if (session_create(&fx.sessions, SLICE(FX_USER), value, fx.now, &fx.arena, &x) != RC_OK)
		return;
	browser_set_cookie(&b, SLICE("__Host-ostiary"), x.cookie);
	browser_headers(&b, &c);
	enum rc rc = login_open(&fx.op, &c, &l);
	if (rc == RC_OK)
		hold(slice_eq(l.tenant, SLICE("default")) && slice_eq(l.user.id, SLICE(FX_USER)));
	hold(session_end(&fx.sessions, x.sid) == RC_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	if (!started) {
		started = true;
		interactive_start();
		hold(atexit(interactive_stop) == 0);
	}
	struct slice value = slice_from(slice_of(data, size), 1);
	switch (size == 0 ? 0 : data[0] & 3) {
	case 0:
		code(value, EPH_CODE);
		break;
	case 1:
		code(value, EPH_CODE_USED);
		break;
	case 2:
		interaction(value);
		break;
	default:
		payload(value);
	}
	arena_reset(&fx.arena);
	return 0;
}
