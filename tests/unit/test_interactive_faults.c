/* SPDX-License-Identifier: Apache-2.0 */
/* Each request of the interactive side, once with each of its store verbs failing and once with each of its allocations
 * failing: it must say so. Nothing half-made may look like an answer, and nobody may get further than without the fault. */
#include "browser_fixture.h"
#include "faults.h"
#include "identity/password_sign_in.h"
#include "oauth/authorize/browser.h"
#include "oauth/authorize/interaction.h"

#define OWN "/authorize?response_type=code&client_id=own&redirect_uri=https%3A%2F%2Fown.example%2Fcb&scope=openid&state=st-1" \
	"&code_challenge=" CHALLENGE "&code_challenge_method=S256"
#define OUT "client_id=shop&post_logout_redirect_uri=https%3A%2F%2Fshop.example%2Fout&state=s"

static enum rc verify_answer; /* the password lane is not what is tested here */

static enum rc quick_verify(void *self, const struct password_place *who, struct secret password, struct slice phc, bool *ret_renew)
{
	(void)ret_renew;
	(void)self, (void)who, (void)password, (void)phc;
	return verify_answer;
}

/* A request that is ready to be sent. */
struct prepared {
	struct browser b;
	struct slice url;
	const char *form; /* NULL: GET */
	enum rc want;	  /* what it gives without a fault */
};

static const char *with_csrf(const struct answer *page, const char *fields)
{
	struct slice form = SLICE_NONE;
	const char *text = "";
	CHECK(page->rc == RC_OK && page_csrf(&page->r)->n > 0);
	CHECK_OK(arena_format(&fx.arena, &form, "csrf=%.*s&%s", SLICE_ARGS(*page_csrf(&page->r)), fields));
	CHECK_OK(arena_cstr(&fx.arena, form, &text));
	return text;
}

static void signed_in(struct prepared *p)
{
	struct answer a = browser_sign_in(&p->b, OWN);
	CHECK(goes_to(&a, "https://own.example/cb?code="));
}

static void at_form(struct prepared *p, const char *request, const char *fields)
{
	struct answer a = browser_follow(&p->b, browser_get(&p->b, request));
	p->url = *page_action(&a.r);
	p->form = fields == NULL ? NULL : with_csrf(&a, fields);
}

static void authorize_nobody(struct prepared *p)
{
	p->url = SLICE(REQUEST);
}

static void authorize_signed_in(struct prepared *p)
{
	signed_in(p);
	p->url = SLICE(REQUEST);
}

/* A client of its own trust that this session has not been used with. */
static void authorize_code(struct prepared *p)
{
	signed_in(p);
	p->url = SLICE("/authorize?response_type=code&client_id=own2&redirect_uri=https%3A%2F%2Fown.example%2Fcb&scope=openid"
		       "&code_challenge=" CHALLENGE "&code_challenge_method=S256");
}

static void authorize_form_post(struct prepared *p)
{
	authorize_code(p);
	p->url = SLICE("/authorize?response_type=code&client_id=own2&redirect_uri=https%3A%2F%2Fown.example%2Fcb&scope=openid"
		       "&response_mode=form_post&code_challenge=" CHALLENGE "&code_challenge_method=S256");
}

static void authorize_post(struct prepared *p)
{
	p->url = SLICE("/authorize");
	p->form = "client_id=shop&state=a";
}

/* Too long for an address: sent again by a form. */
static void authorize_post_long(struct prepared *p)
{
	static char form[4096], state[3001];
	memset(state, 's', 3000);
	(void)snprintf(form, sizeof form, "client_id=shop&redirect_uri=https%%3A%%2F%%2Fshop.example%%2Fcb&state=%s", state);
	p->url = SLICE("/authorize");
	p->form = form;
}

static void authorize_untrusted(struct prepared *p)
{
	p->url = SLICE("/authorize?client_id=nobody");
}

static void authorize_disabled(struct prepared *p)
{
	struct dir_user u;
	signed_in(p);
	CHECK_OK(fx.directory.users.get(fx.directory.users.self, SLICE(FX_USER), &fx.arena, &u));
	u.disabled = true;
	CHECK_OK(fx.directory.users.update(fx.directory.users.self, &u, NULL));
	p->url = SLICE(REQUEST "&prompt=none");
}

static void sign_in_get(struct prepared *p)
{
	at_form(p, REQUEST, NULL);
}

static void sign_in_get_signed_in(struct prepared *p)
{
	at_form(p, REQUEST, NULL);
	signed_in(p);
}

static void sign_in_post(struct prepared *p)
{
	at_form(p, REQUEST, CREDENTIALS);
}

static void sign_in_more_time(struct prepared *p)
{
	at_form(p, REQUEST, "decision=more_time&login=alice");
}

static void sign_in_post_code(struct prepared *p)
{
	at_form(p, OWN, CREDENTIALS);
}

static void sign_in_post_again(struct prepared *p)
{
	signed_in(p);
	at_form(p, OWN "&prompt=login", CREDENTIALS);
}

static void sign_in_post_other(struct prepared *p)
{
	signed_in(p);
	at_form(p, OWN "&prompt=login", "login=bob&password=correct+horse");
}

static void sign_in_post_wrong(struct prepared *p)
{
	at_form(p, REQUEST, CREDENTIALS);
	verify_answer = RC_ACCESS_DENIED;
}

static void sign_in_post_throttled(struct prepared *p)
{
	at_form(p, REQUEST, "login=target&password=x");
	p->b.remote = SLICE("198.51.100.77");
	verify_answer = RC_ACCESS_DENIED;
	struct answer a = {0};
	for (int i = 0; i < 11 && a.r.status != 429; i++)
		a = browser_send(&p->b, p->url, p->form);
	CHECK(a.r.status == 429);
}

static void consent_get(struct prepared *p)
{
	signed_in(p);
	at_form(p, REQUEST, NULL);
}

static void consent_allow(struct prepared *p)
{
	signed_in(p);
	at_form(p, REQUEST, "decision=allow");
}

static void consent_deny(struct prepared *p)
{
	signed_in(p);
	at_form(p, REQUEST, "decision=deny");
}

static const char *hint(void)
{
	struct slice claims = SLICE_NONE, token = SLICE_NONE;
	const char *text = "";
	const struct jwt_signer signer = jwt_signer_of(fx.es);
	CHECK_OK(arena_format(&fx.arena, &claims, "{\"iss\":\"" FX_ISSUER "\",\"sub\":\"" FX_USER "\",\"aud\":[\"sho\\u0070\"],\"sid\":\"\\u0073\",\"iat\":%lld,\"exp\":%lld}",
			      (long long)fx.now, (long long)fx.now + 600));
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, jwk_kid(fx.es), SLICE("JWT"), claims, &fx.arena, &token));
	CHECK_OK(arena_cstr(&fx.arena, token, &text));
	return text;
}

static void logout_hint(struct prepared *p)
{
	signed_in(p);
	CHECK_OK(arena_format(&fx.arena, &p->url, "/logout?%s&id_token_hint=%s", OUT, hint()));
}

static void authorize_hint(struct prepared *p)
{
	signed_in(p);
	CHECK_OK(arena_format(&fx.arena, &p->url, "%s&prompt=none&id_token_hint=%s", REQUEST, hint()));
}

/* Somebody else than the hint's user signs in: the app is told. */
static void sign_in_post_hint_of_another(struct prepared *p)
{
	struct slice url = SLICE_NONE;
	const char *text = "";
	CHECK_OK(arena_format(&fx.arena, &url, "%s&id_token_hint=%s", REQUEST, hint()));
	CHECK_OK(arena_cstr(&fx.arena, url, &text));
	at_form(p, text, "login=bob&password=correct+horse");
}

/* Scopes of an API, whose sentence is made for the page. */
static void consent_get_of_an_api(struct prepared *p)
{
	signed_in(p);
	at_form(p, "/authorize?response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&scope=openid%20orders%3Aread"
		   "&code_challenge=" CHALLENGE "&code_challenge_method=S256", NULL);
}

/* The other tab's answer came last: this request goes by the cookie of its own. */
static void sign_in_get_of_a_first_tab(struct prepared *p)
{
	struct browser other = browser_new();
	struct answer one = browser_get(&p->b, REQUEST);
	CHECK_OK(browser_get(&other, REQUEST).rc);
	for (size_t i = 0; i < other.jar_n; i++)
		browser_set_cookie(&p->b, other.jar[i].name, other.jar[i].value);
	p->url = one.r.location;
}

/* What the consent covers is computed. */
static void authorize_consented(struct prepared *p)
{
	struct answer a = browser_sign_in(&p->b, REQUEST);
	CHECK(goes_to(&a, FX_CB "?code="));
	p->url = SLICE(REQUEST);
}

/* ---- pages that are over, and lead on ---- */

static void sign_in_get_of_another_browser(struct prepared *p)
{
	at_form(p, REQUEST, NULL);
	p->b = browser_new();
	p->want = RC_EXPIRED;
}

static void sign_in_get_answered(struct prepared *p)
{
	struct answer page = browser_follow(&p->b, browser_get(&p->b, OWN)), a = browser_submit(&p->b, &page, CREDENTIALS);
	CHECK(goes_to(&a, "https://own.example/cb?code="));
	p->url = *page_action(&page.r);
	p->want = RC_EXPIRED;
}

/* ---- other tabs meanwhile ---- */

static unsigned marks_put, marks_replaced;

static enum rc put_meanwhile(void *self, const struct eph_record *r, int64_t now)
{
	if (r->type != EPH_INTERACTION || marks_put++ > 0)
		return faulty_eph_put(self, r, now);
	CHECK_OK(real_ephemeral.put(self, r, now));
	return RC_CONFLICT;
}

/* The first one is the sign-in's, after its put; the second one the answer's. */
static enum rc replace_meanwhile(void *self, const struct eph_record *r, int64_t now)
{
	if (r->type != EPH_INTERACTION || marks_replaced++ != 1)
		return faulty_eph_replace(self, r, now);
	CHECK_OK(real_ephemeral.replace(self, r, now));
	return RC_CONFLICT;
}

static enum rc replace_gone(void *self, const struct eph_record *r, int64_t now)
{
	return r->type == EPH_INTERACTION ? RC_NOT_FOUND : faulty_eph_replace(self, r, now);
}

/* Naming its session and answering it both come second. */
static void sign_in_post_with_another(struct prepared *p)
{
	sign_in_post_code(p);
	marks_put = marks_replaced = 0;
	fx.ephemeral.put = put_meanwhile;
	fx.ephemeral.replace = replace_meanwhile;
}

static void sign_in_post_used_up_meanwhile(struct prepared *p)
{
	sign_in_post_code(p);
	fx.ephemeral.replace = replace_gone;
	p->want = RC_EXPIRED;
}

/* ---- what an earlier release put into the store ---- */

static void sign_in_get_stored(struct prepared *p)
{
	struct slice id = SLICE("IIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIA"), key = SLICE("KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKI");
	struct interaction it = {.id = id, .key = key, .created = fx.now, .expires = fx.now + 1800,
				 .request = {.client_id = SLICE("shop"), .redirect_uri = SLICE(FX_CB), .response_mode = SLICE("query"),
					     .code_challenge = SLICE(CHALLENGE), .scopes = SLICE("openid"), .max_age = -1}};
	struct eph_record record = {.type = EPH_INTERACTION, .expires = it.expires};
	record.value = interaction_of_before(&it);
	crypto_sha256(id, record.id);
	CHECK_OK(real_ephemeral.put(real_ephemeral.self, &record, fx.now));
	browser_set_cookie(&p->b, SLICE("__Host-ostiary-login"), key);
	p->url = SLICE("/sign-in?i=IIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIA");
}

static void sign_in_post_stored(struct prepared *p)
{
	sign_in_get_stored(p);
	struct answer a = browser_send(&p->b, p->url, NULL);
	p->form = with_csrf(&a, CREDENTIALS);
}

static void logout_get(struct prepared *p)
{
	signed_in(p);
	p->url = SLICE("/logout?" OUT);
}

/* Without the browser's key, which the page then sets. */
static void logout_get_keyless(struct prepared *p)
{
	logout_get(p);
	browser_set_cookie(&p->b, SLICE("__Host-ostiary-login"), SLICE_NONE);
}

static void logout_nobody(struct prepared *p)
{
	p->url = SLICE("/logout?" OUT);
}

static void logout_client_post(struct prepared *p)
{
	p->url = SLICE("/logout");
	p->form = OUT;
}

static void logout_confirmed(struct prepared *p)
{
	signed_in(p);
	at_form(p, "/logout?" OUT, "decision=sign_out");
}

static void logout_stay(struct prepared *p)
{
	signed_in(p);
	at_form(p, "/logout?" OUT, "decision=stay");
}

static void home_nobody(struct prepared *p)
{
	p->url = SLICE("/");
}

static void home_get(struct prepared *p)
{
	signed_in(p);
	/* Without the browser's key, which the page then sets. */
	browser_set_cookie(&p->b, SLICE("__Host-ostiary-login"), SLICE_NONE);
	p->url = SLICE("/");
}

static void home_sign_out(struct prepared *p)
{
	signed_in(p);
	at_form(p, "/", "decision=sign_out");
}

static void home_everywhere(struct prepared *p)
{
	signed_in(p);
	at_form(p, "/", "decision=sign_out_everywhere");
}

#define ROW(name) {#name, name}

static const struct {
	const char *name;
	void (*prepare)(struct prepared *p);
} requests[] = {
	ROW(authorize_nobody), ROW(authorize_signed_in), ROW(authorize_code), ROW(authorize_form_post), ROW(authorize_post),
	ROW(authorize_post_long), ROW(sign_in_more_time),
	ROW(authorize_untrusted), ROW(authorize_disabled), ROW(authorize_hint), ROW(sign_in_post_hint_of_another), ROW(consent_get_of_an_api), ROW(sign_in_get_of_a_first_tab),
	ROW(authorize_consented), ROW(sign_in_get_of_another_browser), ROW(sign_in_get_answered), ROW(sign_in_post_with_another),
	ROW(sign_in_post_used_up_meanwhile), ROW(sign_in_get_stored), ROW(sign_in_post_stored),
	ROW(sign_in_get), ROW(sign_in_get_signed_in),
	ROW(sign_in_post), ROW(sign_in_post_code), ROW(sign_in_post_again), ROW(sign_in_post_other), ROW(sign_in_post_wrong),
	ROW(sign_in_post_throttled), ROW(consent_get), ROW(consent_allow), ROW(consent_deny), ROW(logout_hint), ROW(logout_get), ROW(logout_get_keyless),
	ROW(logout_nobody), ROW(logout_client_post), ROW(logout_confirmed), ROW(logout_stay), ROW(home_nobody), ROW(home_get),
	ROW(home_sign_out), ROW(home_everywhere),
};

static void enable_user(void)
{
	struct dir_user u;
	CHECK_OK(fx.directory.users.get(fx.directory.users.self, SLICE(FX_USER), &fx.arena, &u));
	if (!u.disabled)
		return;
	u.disabled = false;
	CHECK_OK(fx.directory.users.update(fx.directory.users.self, &u, NULL));
}

/* Prepares the request anew and sends it with the n-th fault of its kind. */
static struct answer send_with(size_t row, struct fault *fault, unsigned n, enum rc *ret_want)
{
	struct prepared p = {.b = browser_new(), .want = RC_OK};
	arena_reset(&fx.arena);
	verify_answer = RC_OK;
	enable_user();
	rc_ignore(fx.directory.consents.remove(fx.directory.consents.self, SLICE(FX_USER), SLICE("shop"), NULL));
	CHECK_OK(fx.ephemeral.purge(fx.ephemeral.self, fx.now + 1000000, 10000));
	requests[row].prepare(&p);
	/* A client is parsed in memory of its own; in the store sweep it has to be read. */
	if (fault == &store_fault)
		client_cache_clear(fx.clients);
	*fault = (struct fault){.at = n};
	browser_watch = &fault->on;
	struct answer a = browser_send(&p.b, p.url, p.form);
	browser_watch = NULL;
	fx.ephemeral.put = faulty_eph_put;
	fx.ephemeral.replace = faulty_eph_replace;
	*ret_want = p.want;
	return a;
}

static bool says(const struct answer *a, enum rc why)
{
	return a->rc == why || (is_page(a, PAGE_ERROR) && a->r.status == rc_row(why)->http_status);
}

/* Every n until the request is through without it. */
static unsigned sweep(size_t row, struct fault *fault, enum rc why)
{
	for (unsigned n = 1; n < 300; n++) {
		char name[64];
		(void)snprintf(name, sizeof name, "%s, fault %u", requests[row].name, n);
		t_set_row(name);
		enum rc want;
		struct answer a = send_with(row, fault, n, &want);
		if (fault->seen < n) {
			CHECK(want == RC_OK ? a.rc == RC_OK : says(&a, want));
			t_set_row("");
			return n - 1;
		}
		CHECK(says(&a, why));
		if (!says(&a, why))
			printf("# %s: gave %s, kind %d page %d\n", name, rc_row(a.rc)->name, (int)a.r.type, (int)a.r.page);
		t_set_row("");
	}
	t_fail(__FILE__, __LINE__, "no end");
	return 0;
}

static void faults_start(void)
{
	interactive_start();
	fx_put_client("own2", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"https://own.example/cb\"],"
			      "\"scope\":\"openid\",\"trusted\":true}", false, false);
	fx.services.password_verify = quick_verify;
	faults_install();
}

static void every_store_fault_is_told(void)
{
	unsigned faults = 0;
	faults_start();
	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		faults += sweep(i, &store_fault, RC_STORE);
	CHECK(faults > 100);
	interactive_stop();
}

static void every_lack_of_memory_is_told(void)
{
	unsigned faults = 0;
	faults_start();
	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		faults += sweep(i, &memory_fault, RC_MEMORY);
	CHECK(faults > 400);
	interactive_stop();
}

static enum rc add_user(unsigned n)
{
	static const struct dir_audit audit = {.event = SLICE_INIT("user.added")};
	const struct identity id = op_identity(&fx.op);
	struct dir_user u = {.tenant = SLICE("default"), .login = SLICE("Dora"), .roles = SLICE("a b")}, found;
	const struct user_new add = {&u, secret_of(PASSWORD, sizeof PASSWORD - 1), &audit};
	struct slice why;
	memory_fault = (struct fault){.on = true, .at = n};
	enum rc rc = user_add(&id, &add, fx.now, &fx.arena, &why);
	if (rc == RC_OK)
		rc = user_find(&id, SLICE("default"), SLICE("DORA"), &fx.arena, &found);
	memory_fault.on = false;
	if (u.id.n > 0)
		rc_ignore(fx.directory.users.remove(fx.directory.users.self, u.id, &audit));
	return rc;
}

static void users_are_added_whole_or_not(void)
{
	unsigned n = 0;
	enum rc rc = RC_MEMORY;
	faults_start();
	while (rc != RC_OK && n < 100) {
		rc = add_user(++n);
		CHECK(rc == RC_MEMORY || memory_fault.seen < n);
	}
	CHECK_OK(rc);
	CHECK(n > 8);
	interactive_stop();
}

static enum rc no_tenant(void *self, struct slice id, struct arena *a, struct dir_tenant *ret)
{
	(void)self, (void)id, (void)a, (void)ret;
	return RC_NOT_FOUND;
}

static void a_user_of_no_tenant_does_not_get_in(void)
{
	struct password_result result;
	faults_start();
	const struct identity id = op_identity(&fx.op);
	const struct password_attempt attempt = {SLICE("default"), SLICE("alice"), secret_of("x", 1), SLICE("192.0.2.1"), SLICE_NONE};
	verify_answer = RC_OK;
	CHECK_OK(password_sign_in(&id, &attempt, fx.now, &fx.arena, &result));
	fx.directory.tenants.get = no_tenant;
	CHECK_RC(password_sign_in(&id, &attempt, fx.now, &fx.arena, &result), RC_ACCESS_DENIED);
	interactive_stop();
}

T_MAIN(T(every_store_fault_is_told), T(every_lack_of_memory_is_told), T(users_are_added_whole_or_not),
       T(a_user_of_no_tenant_does_not_get_in))
