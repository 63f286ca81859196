/* SPDX-License-Identifier: Apache-2.0 */
/* What the provider keeps in the ephemeral store, as somebody who writes there might leave it: a code, a used code,
 * a request that waits for a person, a session's payload. Input: a byte that says which, then the value. Must hold:
 * a code of another client, redirect URI or challenge yields nothing; a request sends the browser only where the
 * provider would. */
#include "../tests/unit/browser_fixture.h"

#include "oauth/feature/feature.h"
#include "oauth/authorize/interaction.h"
#include "sealed/envelope.h"
#include "oauth/authorize/login_session.h"

#define CODE "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool promise)
{
	if (!promise)
		abort();
}

static bool store(enum eph_type type, struct slice value)
{
	struct eph_record r = {.type = type, .value = value, .expires = fx.now + 60};
	crypto_sha256(SLICE(CODE), r.id);
	return fx.ephemeral.put(fx.ephemeral.self, &r, fx.now) == RC_OK;
}

static void drop(enum eph_type type)
{
	uint8_t id[32];
	crypto_sha256(SLICE(CODE), id);
	hold(fx.ephemeral.remove(fx.ephemeral.self, type, id) == RC_OK);
}

/* Whether the token endpoint takes our verifier for the challenge in the record, at a client that must use PKCE. */
static bool verified(const struct code_grant *g)
{
	static const struct client shop;
	struct request_pair form = {SLICE("code_verifier"), SLICE(FX_VERIFIER)};
	struct request c = {.form = {&form, 1}, .arena = &fx.arena, .now = fx.now};
	struct token_reading r = {.op = &fx.op, .c = &c, .client = &shop, .code = g};
	return feature_pkce.on_token(&r) == RC_OK;
}

static void code(struct slice value, enum eph_type type)
{
	const struct code_use use = {.code = SLICE(CODE), .client = SLICE("shop"),
				     .redirect_uri = SLICE(FX_CB), .jti = SLICE("j"), .family = SLICE("f")};
	struct code_grant g;
	if (!store(type, value))
		return;
	enum rc rc = code_redeem(&fx.op, &use, fx.now, &fx.arena, &g);
	hold(rc != RC_OK || type == EPH_CODE);
	if (rc == RC_OK)
		hold(slice_eq(g.client, use.client) && slice_eq(g.redirect_uri, use.redirect_uri) &&
		     verified(&g) == slice_eq(g.code_challenge, fx_challenge()));
	rc = code_confirm(&fx.op, &use, fx.now, &fx.arena);
	hold(rc == RC_OK || rc == RC_REPLAY || rc == RC_SYNTAX || rc == RC_LIMIT || rc == RC_MEMORY || rc == RC_RANGE ||
	     rc == RC_STORE);
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
		if (a.rc == RC_OK && a.r.type == REPLY_REDIRECT)
			hold(slice_starts(a.r.location, SLICE(FX_ISSUER "/")));
	}
	drop(EPH_INTERACTION);
}

/* The same bytes sealed by us behind `head`, and as the mark that is kept of a request. */
static void sealed_interaction(struct slice head, struct slice value)
{
	struct browser b = browser_new();
	struct slice key = SLICE("KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKI"), whole, text, url;
	uint8_t browser[32];
	crypto_sha256(key, browser);
	const struct slice id = SLICE("IIIIIIIIIIIIIIIIIIIIIA");
	const struct slice parts[] = {head, id, SLICE("\x7F\0\0\0\0\0\0\0"), slice_of(browser, sizeof browser), value};
	struct eph_record mark = {.type = EPH_INTERACTION, .value = slice_to(value, 64), .expires = fx.now + 60};
	if (arena_join(&fx.arena, parts, ARRAY_LEN(parts), &whole) != RC_OK ||
	    envelope_seal(secret_of(fx.op.installation_key, sizeof fx.op.installation_key), SLICE("interaction"), whole, fx.now,
			  &fx.arena, &text) != RC_OK ||
	    arena_format(&fx.arena, &url, "/sign-in?i=%.*s", SLICE_ARGS(text)) != RC_OK)
		return;
	browser_set_cookie(&b, SLICE("__Host-ostiary-login"), key);
	(void)browser_send(&b, url, NULL);
	crypto_sha256(id, mark.id);
	if (fx.ephemeral.put(fx.ephemeral.self, &mark, fx.now) == RC_OK)
		(void)browser_send(&b, url, NULL);
	hold(fx.ephemeral.remove(fx.ephemeral.self, EPH_INTERACTION, mark.id) == RC_OK);
}

static void payload(struct slice value)
{
	struct browser b = browser_new();
	struct session x;
	struct login l;
	struct request c = {.arena = &fx.arena, .now = fx.now, .remote = SLICE("192.0.2.1"), .request_id = SLICE("0")};
	if (session_create(&fx.sessions, SLICE(FX_USER), value, session_unbound(fx.now), &fx.arena, &x) != RC_OK)
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
		sealed_interaction(SLICE_NONE, value);
		sealed_interaction(SLICE("\1\0\0\0\x16"), value);
		break;
	default:
		payload(value);
	}
	arena_reset(&fx.arena);
	return 0;
}
