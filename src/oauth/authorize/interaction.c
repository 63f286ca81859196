/* SPDX-License-Identifier: Apache-2.0 */
/* Interactions: the sealed request and its browser, and the stored state of its answer. */
#include "oauth/authorize/interaction.h"

#include "base/base64url.h"
#include "crypto/hash.h"
#include "oauth/authorize/browser.h"
#include "oauth/client/client.h"
#include "oauth/client/client_uri.h"
#include "sealed/envelope.h"
#include "store/stored.h"

enum {
	ID_BYTES = 16,
	MARK_LEN = 8,
	MARKS_AT_ONCE = 12, /* maximum cookies of interactions per browser while its key may change: 1 KB */
	TRIES = 8,
	LINK_MAX = 8000, /* longest URL that browsers and proxies accept */
};

#define PURPOSE SLICE("interaction")

static struct secret interaction_key(const struct op *op)
{
	return secret_of(op->installation_key, sizeof op->installation_key);
}

static enum rc interaction_seal(const struct op *op, struct request *c, struct interaction *it)
{
	struct slice plain;
	TRY(interaction_write(it, c->arena, &plain));
	return envelope_seal(interaction_key(op), PURPOSE, plain, c->now, c->arena, &it->text);
}

#define MARK_PREFIX "__Host-ostiary-login-"

/* Two tabs of a browser without a key each get one, and the browser keeps the later one. So that the other tab's
 * request and form still work, each request's key is also set in a cookie of its own. */
static enum rc interaction_mark_name(const struct interaction *it, struct arena *a, struct slice *ret_name)
{
	return arena_format(a, ret_name, MARK_PREFIX "%.*s", SLICE_ARGS(slice_to(it->id, MARK_LEN)));
}

/* While a browser has such cookies, another tab's answer with another key may still be on its way. */
static bool interaction_key_may_change(const struct request *c)
{
	struct slice header = request_header(c, SLICE("cookie")), pair;
	size_t marks = 0;
	while (slice_split(&header, ';', &pair))
		marks += slice_starts(slice_trim(pair), SLICE(MARK_PREFIX));
	return marks > 0 && marks < MARKS_AT_ONCE;
}

static enum rc interaction_mark(struct request *c, struct reply *r, const struct interaction *it)
{
	struct slice name;
	TRY(interaction_mark_name(it, c->arena, &name));
	return reply_cookie_add(r, (struct reply_cookie){name, it->key, it->expires - c->now});
}

static enum rc interaction_unmark(struct request *c, struct reply *r, const struct interaction *it)
{
	struct slice name, key;
	TRY(interaction_mark_name(it, c->arena, &name));
	if (request_cookie(c, name, &key) == RC_MISSING)
		return RC_OK;
	return reply_cookie_add(r, (struct reply_cookie){name, SLICE_NONE, 0});
}

enum rc interaction_begin(const struct op *op, struct request *c, struct reply *r,
			  const struct authorize_request *request, struct slice sid, struct interaction *ret)
{
	struct interaction it = {.request = *request, .sid = sid, .created = c->now};
	struct slice known;
	uint8_t random[ID_BYTES];
	bool marked = browser_known_key(c, &known) != RC_OK || interaction_key_may_change(c);
	it.expires = c->now + op->settings->interaction_ttl;
	TRY(browser_key(c, r, &it.key));
	crypto_sha256(it.key, it.browser);
	crypto_random(random, sizeof random);
	TRY(base64url_encode_arena(c->arena, slice_of(random, sizeof random), &it.id));
	TRY(interaction_seal(op, c, &it));
	if (marked)
		TRY(interaction_mark(c, r, &it));
	*ret = it;
	return RC_OK;
}

/* Opens `i`, from any sender and of any age. RC_STORE: it is ours, and damaged. */
static enum rc interaction_open(const struct op *op, struct request *c, struct interaction *it)
{
	struct slice plain;
	if (it->text.n == INTERACTION_STORED_ID)
		return interaction_stored_find(op, c, it);
	enum rc rc = envelope_open(interaction_key(op), PURPOSE, it->text, c->now, c->arena, &plain);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : RC_EXPIRED;
	return interaction_restore(plain, it);
}

/* The browser's key, or the request's own cookie, proves that this browser started it. RC_EXPIRED: neither does. */
static enum rc interaction_of_browser(struct request *c, struct interaction *it)
{
	struct slice keys[2] = {SLICE_NONE, SLICE_NONE}, name;
	TRY(interaction_mark_name(it, c->arena, &name));
	if (browser_known_key(c, &keys[0]) == RC_OK && request_cookie(c, name, &keys[1]) != RC_OK)
		keys[1] = SLICE_NONE;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		uint8_t hash[32];
		crypto_sha256(keys[i], hash);
		it->key = keys[i];
		if (keys[i].n > 0 && ct_equal(secret_of(it->browser, sizeof it->browser), secret_of(hash, sizeof hash)))
			return RC_OK;
	}
	c->log_detail = SLICE("this browser began no such request");
	return RC_EXPIRED;
}

/* The state stored once somebody signed in: the session, the time of the first answer, the number of answers. */
struct mark {
	struct slice sid;
	int64_t answered;
	uint8_t answers;
};

static const struct stored_field mark_fields[] = {STORED_TEXT_OF(struct mark, sid, SESSION_SID_LEN),
						  STORED_TIME_OF(struct mark, answered),
						  STORED_BYTE_OF(struct mark, answers)};
static const struct stored_row mark_0 = {0, mark_fields, ARRAY_LEN(mark_fields), NULL};
static const struct stored_row mark_row = {1, mark_fields, ARRAY_LEN(mark_fields), &mark_0};

static enum rc mark_save(const struct op *op, struct request *c, struct interaction *it)
{
	struct eph_record mark = {
		.type = EPH_INTERACTION, .index = it->sid, .expires = it->expires, .version = it->version};
	const struct mark m = {it->sid, it->answered, it->answers};
	TRY(stored_write(&mark_row, &m, c->arena, &mark.value));
	crypto_sha256(it->id, mark.id);
	const struct ephemeral *e = op->ephemeral;
	TRY(it->version == 0 ? e->put(e->self, &mark, c->now) : e->replace(e->self, &mark, c->now));
	it->version++;
	return RC_OK;
}

static enum rc mark_read(const struct op *op, struct request *c, struct interaction *it)
{
	struct eph_record mark;
	struct mark m;
	uint8_t hash[32];
	crypto_sha256(it->id, hash);
	enum rc rc = op->ephemeral->get(op->ephemeral->self, EPH_INTERACTION, hash, c->now, c->arena, &mark);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	TRY(stored_read(&mark_row, mark.value, &m, sizeof m));
	it->sid = m.sid;
	it->answered = m.answered;
	it->answers = m.answers;
	it->version = mark.version;
	return RC_OK;
}

/* A form sent again by a second click gets the same answer for a while; a GET of the page does not. */
static bool interaction_over(const struct request *c, const struct interaction *it)
{
	if (it->answered == 0)
		return false;
	return c->method != CALL_POST || c->now - it->answered > INTERACTION_REPEAT ||
	       it->answers >= INTERACTION_ANSWERS;
}

static enum rc interaction_read(const struct op *op, struct request *c, struct interaction *it)
{
	TRY(interaction_open(op, c, it));
	c->log_client = it->request.client_id;
	TRY(interaction_of_browser(c, it));
	if (c->now >= it->expires)
		return RC_EXPIRED;
	if (it->record.n > 0)
		return RC_OK;
	TRY(mark_read(op, c, it));
	return interaction_over(c, it) ? RC_EXPIRED : RC_OK;
}

/* A program on this machine that waits for one answer has no page to return to (RFC 8252 7.3). */
static bool interaction_is_web(struct slice origin)
{
	static const struct slice loopbacks[] = {SLICE_INIT("http://127.0.0.1"), SLICE_INIT("http://[::1]"),
						 SLICE_INIT("http://localhost")};
	for (size_t i = 0; i < ARRAY_LEN(loopbacks); i++)
		if (slice_starts(origin, loopbacks[i]))
			return false;
	return slice_starts(origin, SLICE("https://")) || slice_starts(origin, SLICE("http://"));
}

/* The app's own page: its client_uri, else the root of its redirect URI. Empty for programs that are no web page. */
static enum rc interaction_app(const struct op *op, struct request *c, const struct interaction *it,
			       struct slice *ret_uri)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	struct slice origin = client_uri_origin(it->request.redirect_uri);
	*ret_uri = SLICE_NONE;
	enum rc rc = client_get(op, it->request.client_id, c->now, &client);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	if (client->client_uri.n > 0)
		return arena_copy(c->arena, client->client_uri, ret_uri);
	if (!interaction_is_web(origin) || !client_redirect_allowed(client, it->request.redirect_uri))
		return RC_OK;
	const struct slice parts[] = {origin, SLICE("/")};
	return arena_join(c->arena, parts, ARRAY_LEN(parts), ret_uri);
}

/* The URL that starts the same request again; the app's own page if that is too long, or empty. */
static enum rc interaction_anew(const struct op *op, struct request *c, const struct interaction *it,
				struct slice *ret_uri)
{
	TRY(authorize_request_url(c->issuer, &it->request, c->arena, ret_uri));
	return ret_uri->n <= LINK_MAX ? RC_OK : interaction_app(op, c, it, ret_uri);
}

static enum rc interaction_lead_on(const struct op *op, struct request *c, const struct interaction *it)
{
	struct slice key;
	if (it->answered != 0) {
		TRY(interaction_app(op, c, it, &c->way.uri));
		c->way.label = SLICE("Go to the app");
		c->way.text = SLICE("You have signed in with this page already");
		if (c->way.uri.n > 0)
			return RC_OK;
	}
	TRY(interaction_anew(op, c, it, &c->way.uri));
	c->way.label = SLICE("Sign in");
	if (it->answered == 0 && browser_known_key(c, &key) != RC_OK)
		c->way.text = SLICE("This browser sent none of the cookies that a sign-in needs. It was closed "
				    "meanwhile, or it blocks "
				    "cookies: then allow them for this site");
	else if (it->answered == 0)
		c->way.text = SLICE("This page was open for too long, or belongs to another browser");
	return RC_OK;
}

enum rc interaction_find(const struct op *op, struct request *c, struct interaction *ret)
{
	struct interaction it = {
		.text = request_pairs_get(request_pairs_has(c->query, SLICE("i")) ? c->query : c->form, SLICE("i"))};
	if (it.text.n < INTERACTION_STORED_ID) {
		c->log_detail = SLICE("no request is named");
		return RC_EXPIRED;
	}
	enum rc rc = interaction_read(op, c, &it);
	if (rc == RC_EXPIRED && it.request.client_id.n > 0)
		TRY(interaction_lead_on(op, c, &it));
	TRY(rc);
	/* On any later failure, the page links to a new start of the same request. */
	TRY(interaction_anew(op, c, &it, &c->way.uri));
	c->way.label = SLICE("Try again");
	*ret = it;
	return RC_OK;
}

enum rc interaction_set_sid(const struct op *op, struct request *c, struct interaction *it, struct slice sid)
{
	enum rc rc = RC_CONFLICT;
	it->sid = sid;
	if (it->record.n > 0)
		return interaction_stored_set_sid(op, c, it);
	for (int tries = 0; rc == RC_CONFLICT && tries < TRIES; tries++) {
		rc = mark_save(op, c, it);
		if (rc != RC_CONFLICT)
			return rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
		/* The form was sent twice: the browser shows the last answer. */
		TRY(mark_read(op, c, it));
		it->sid = sid;
	}
	return RC_EXPIRED;
}

/* Of any number of callers exactly one gives the first answer; a second click is answered after it. */
static enum rc interaction_answer(const struct op *op, struct request *c, struct interaction *it)
{
	for (int tries = 0; tries < TRIES && !interaction_over(c, it); tries++) {
		struct interaction next = *it;
		next.answered = it->answered == 0 ? c->now : it->answered;
		next.answers++;
		enum rc rc = mark_save(op, c, &next);
		if (rc != RC_CONFLICT)
			return rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
		TRY(mark_read(op, c, it));
	}
	return RC_EXPIRED;
}

enum rc interaction_finish(const struct op *op, struct request *c, struct reply *r, const struct interaction *it)
{
	struct interaction now = *it;
	enum rc rc = it->record.n > 0 ? interaction_stored_finish(op, c, it) : interaction_answer(op, c, &now);
	if (rc == RC_EXPIRED)
		TRY(interaction_lead_on(op, c, &now));
	TRY(rc);
	return interaction_unmark(c, r, it);
}

enum rc interaction_show(struct request *c, struct reply *r, const struct interaction *it,
			 struct slice path, struct interaction_shown *ret)
{
	bool fits = it->text.n <= INTERACTION_ADDRESS_MAX;
	const struct request_pair parameter = {fits ? SLICE("i") : SLICE_NONE, it->text};
	TRY(browser_url(c->issuer, path, parameter, c->arena, &ret->action));
	ret->waiting = fits ? SLICE_NONE : it->text;
	TRY(authorize_request_url(c->issuer, &it->request, c->arena, &ret->again_uri));
	if (ret->again_uri.n > LINK_MAX)
		ret->again_uri = SLICE_NONE;
	r->form_target = it->request.redirect_uri;
	r->sealed_address = true;
	return arena_format(c->arena, &ret->minutes, "%lld", (long long)(it->expires - c->now + 59) / 60);
}
