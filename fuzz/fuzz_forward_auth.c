/* SPDX-License-Identifier: Apache-2.0 */
/* /forward-auth as a proxy asks it. Input: the query, a newline, headers as lines; the word @access in a value
 * stands for a good token. Must hold: only who brought that token, once and in the Authorization header, is let
 * through; every header of an answer is fit for one line; a redirect stays on the host that was asked for. */
#include "worker_fuzz.h"

#include "front/forward_auth.h"
#include "http/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS_MAX = 32 };

static char *access_token;

static void start(void)
{
	static struct config_forward_auth policies[] = {
		{.name = SLICE_INIT("api"),
		 .mode = SLICE_INIT("bearer"),
		 .audience = SLICE_INIT(FX_API),
		 .scopes = SLICE_INIT("orders:read")},
		{.name = SLICE_INIT("web"), .mode = SLICE_INIT("session")},
	};
	wf_start();
	wf_config.issuer = SLICE(FX_ISSUER);
	wf_config.forward_auth = (struct config_list){policies, ARRAY_LEN(policies)};
	wf_hold(forward_auth_new(&wf_config, &wf_config.resources, &wf.arena, &wf.front.forward_auth) == RC_OK);
	struct reply r;
	wf_hold(fx_call(token_endpoint, "job:" FX_SECRET,
			FORM("grant_type", "client_credentials", "scope", "orders:read"), &r) == RC_OK);
	access_token = strdup(fx_text(fx_body(&r), "access_token"));
	wf_hold(access_token != NULL);
}

static struct slice with_token(struct slice value)
{
	static const struct slice mark = SLICE_INIT("@access");
	const uint8_t *at = value.n == 0 ? NULL : memmem(value.p, value.n, mark.p, mark.n);
	struct slice joined = value;
	if (at == NULL)
		return value;
	size_t before = (size_t)(at - value.p);
	const struct slice parts[] = {slice_to(value, before), slice_cstr(access_token),
				      slice_from(value, before + mark.n)};
	rc_ignore(arena_join(&fx.arena, parts, ARRAY_LEN(parts), &joined));
	return joined;
}

static bool is_line(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool is_lower(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return false;
	return true;
}

/* As the server gives them: names in lower case, these never twice, no control bytes. */
static struct request_pairs read_headers(struct slice rest, struct request_pair *v)
{
	struct slice line;
	size_t n = 0;
	while (n < HEADERS_MAX && slice_split(&rest, '\n', &line)) {
		size_t colon = slice_find(line, ':');
		struct slice name = slice_to(line, colon);
		bool once = slice_eq(name, SLICE("authorization")) || slice_eq(name, SLICE("cookie")) ||
			    slice_eq(name, SLICE("origin"));
		if ((once && request_pairs_has((struct request_pairs){v, n}, name)) || !is_line(line) || !is_lower(name))
			continue;
		v[n++] = (struct request_pair){name, with_token(slice_from(line, colon + 1))};
	}
	return (struct request_pairs){v, n};
}

static void validate(const struct request *c, const struct reply *r)
{
	struct slice bearer = slice_trim(request_header(c, SLICE("authorization"))),
		     host = request_header(c, SLICE("x-forwarded-host"));
	struct slice start = SLICE_NONE;
	for (size_t i = 0; i < r->header_count; i++)
		wf_hold(is_line(r->headers[i].value));
	if (r->status == 200)
		wf_hold(bearer.n > 7 && slice_eq_nocase(slice_to(bearer, 7), SLICE("bearer ")) &&
			slice_eq(slice_trim(slice_from(bearer, 7)), slice_cstr(access_token)));
	if (r->type != REPLY_REDIRECT)
		return;
	wf_hold(arena_format(&fx.arena, &start, "http://%.*s/_ostiary/login", SLICE_ARGS(host)) == RC_OK);
	wf_hold(slice_starts(r->location, start) && is_line(r->location));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request_pair headers[HEADERS_MAX];
	struct slice rest = slice_of(data, size), query = SLICE_NONE;
	struct reply r = {0};
	if (wf.role == NULL)
		start();
	(void)slice_split(&rest, '\n', &query);
	struct request c = {.arena = &fx.arena,
			    .now = fx.now,
			    .method = CALL_GET,
			    .host = SLICE("id.example"),
			    .trusted = true,
			    .peer_uid = -1,
			    .remote = SLICE("192.0.2.1"),
			    .request_id = SLICE("0"),
			    .headers = read_headers(rest, headers)};
	if (form_decode(query, &fx.arena, &c.query) == RC_OK && forward_auth_endpoint(&wf.front, &c, &r) == RC_OK)
		validate(&c, &r);
	arena_reset(&fx.arena);
	return 0;
}
