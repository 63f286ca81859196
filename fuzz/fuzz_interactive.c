/* SPDX-License-Identifier: Apache-2.0 */
/* /authorize, /sign-in, /consent, /logout and / on real stores, as nobody and as a signed-in user: the browser is
 * never sent anywhere but to ourselves or a registered URI, nobody's request ends in a code, and no form without its
 * token is obeyed. Input: a byte of choices, the query, a newline, the form (none: GET). */
#include "../tests/unit/browser_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct browser signed_in, nobody;
static char session_cookie[SESSION_COOKIE_LEN], key_cookie[BROWSER_KEY_LEN];

static void start(void)
{
	interactive_start();
	if (atexit(interactive_stop) != 0)
		abort();
	fx.sessions.policy.idle = fx.sessions.policy.absolute = 1000000000;
	nobody = signed_in = browser_new();
	struct answer a = browser_sign_in(&signed_in, REQUEST);
	if (!goes_to(&a, FX_CB "?code="))
		abort();
	/* Their bytes are in the arena, which each input resets. */
	memcpy(session_cookie, browser_cookie(&signed_in, "__Host-ostiary").p, sizeof session_cookie);
	memcpy(key_cookie, browser_cookie(&signed_in, "__Host-ostiary-login").p, sizeof key_cookie);
	signed_in.jar_n = 2;
	signed_in.jar[0] = (struct request_pair){SLICE("__Host-ostiary"), slice_of(session_cookie, sizeof session_cookie)};
	signed_in.jar[1] = (struct request_pair){SLICE("__Host-ostiary-login"), slice_of(key_cookie, sizeof key_cookie)};
}

static bool may_go_to(struct slice uri)
{
	static const char *const places[] = {FX_ISSUER "/",
					     FX_CB "?",
					     "https://own.example/cb?",
					     "com.example.app:/cb?",
					     "https://foreign.example/cb?",
					     "https://web.example/cb?",
					     "https://shop.example/out"};
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (slice_starts(uri, slice_cstr(places[i])))
			return true;
	/* Any port of the loopback address, digits only. */
	struct slice native = SLICE("http://127.0.0.1");
	if (!slice_starts(uri, native))
		return false;
	uri = slice_from(uri, native.n);
	if (uri.n > 0 && *uri.p == ':')
		uri = slice_from(uri, 1);
	while (uri.n > 0 && *uri.p >= '0' && *uri.p <= '9')
		uri = slice_from(uri, 1);
	return slice_starts(uri, SLICE("/cb?"));
}

static void validate(const struct answer *a, bool is_nobody, bool posted)
{
	if (a->rc != RC_OK)
		return;
	if (a->r.type == REPLY_REDIRECT && !may_go_to(a->r.location))
		abort();
	bool to_ourselves = slice_starts(a->r.location, SLICE(FX_ISSUER "/"));
	if (is_nobody && !to_ourselves && (answer_value(a, "code").n > 0 || request_pairs_has(a->r.fields, SLICE("code"))))
		abort();
	/* The fuzzer has no token: its forms sign nobody in or out. */
	for (size_t i = 0; posted && i < a->r.cookie_count; i++)
		if (slice_eq(a->r.cookies[i].name, SLICE("__Host-ostiary")) && !is_nobody)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {"/authorize", "/sign-in", "/consent", "/logout", "/"};
	static unsigned count;
	struct slice input = slice_of(data, size), url = SLICE_NONE;
	const char *form = NULL;
	if (count++ == 0)
		start();
	if (size < 1)
		return 0;
	struct browser b = (data[0] & 1) != 0 ? signed_in : nobody;
	input = slice_from(input, 1);
	struct slice query = slice_to(input, slice_find(input, '\n'));
	if (query.n < input.n && arena_cstr(&fx.arena, slice_from(input, query.n + 1), &form) != RC_OK)
		form = NULL;
	const struct slice parts[] = {slice_cstr(paths[(data[0] >> 1) % ARRAY_LEN(paths)]), SLICE("?"), query};
	if (arena_join(&fx.arena, parts, ARRAY_LEN(parts), &url) == RC_OK) {
		struct answer a = browser_send(&b, url, form);
		validate(&a, (data[0] & 1) == 0, form != NULL);
	}
	arena_reset(&fx.arena);
	if (count % 1024 == 0)
		rc_ignore(fx.ephemeral.purge(fx.ephemeral.self, fx.now + fx.settings.interaction_ttl, 10000));
	return 0;
}
