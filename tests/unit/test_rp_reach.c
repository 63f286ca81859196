/* SPDX-License-Identifier: Apache-2.0 */
/* Where the daemon's own requests may go, and what the log says of those that failed. */
#include "rp_forged.h"

static enum rc ask(struct slice url, enum http_reach reach, struct http_fault *fault)
{
	struct http_response_in in;
	*fault = (struct http_fault){.what = ""};
	enum rc rc = http_client_fetch(rx.http, &(struct http_request_out){.url = url, .reach = reach, .fault = fault, .timeout_ms = 1000},
				       &fx.arena, &in);
	if (rc == RC_OK)
		CHECK(in.inside && in.status == 200);
	return rc;
}

static struct slice jwks_url(void)
{
	struct slice url = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &url, "%s/.well-known/jwks.json", rx.issuer));
	return url;
}

RX_TEST(inside_is_for_those_who_may_go_there)
{
	struct http_fault fault;
	CHECK_RC(ask(jwks_url(), HTTP_REACH_PUBLIC, &fault), RC_UPSTREAM);
	CHECK(strcmp(fault.what, "address") == 0 && rx.asked[RX_JWKS] == 0);
	CHECK_OK(ask(jwks_url(), HTTP_REACH_INSIDE, &fault));
	/* The connection that was kept is not theirs. */
	CHECK_RC(ask(jwks_url(), HTTP_REACH_PUBLIC, &fault), RC_UPSTREAM);
	CHECK(strcmp(fault.what, "address") == 0 && rx.asked[RX_JWKS] == 1);
	CHECK_RC(ask(SLICE("http://169.254.169.254/latest/meta-data/"), HTTP_REACH_INSIDE, &fault), RC_UPSTREAM);
	CHECK(strcmp(fault.what, "address") == 0);
	CHECK_RC(ask(SLICE("http://[::ffff:169.254.169.254]/"), HTTP_REACH_INSIDE, &fault), RC_UPSTREAM);
	CHECK(strcmp(fault.what, "address") == 0);
}

static void *speak_plainly(void *listener)
{
	static const char text[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
	int fd = accept(*(int *)listener, NULL, NULL);
	CHECK(write(fd, text, sizeof text - 1) > 0);
	(void)close(fd);
	return NULL;
}

RX_TEST(faults_have_names)
{
	struct http_fault fault;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	char url[64];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0);
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(at.sin_port));
	CHECK_RC(ask(slice_cstr(url), HTTP_REACH_INSIDE, &fault), RC_UPSTREAM);
	CHECK(strcmp(fault.what, "connect") == 0 && fault.text[0] != 0);
	/* It takes the connection and says nothing. */
	CHECK(listen(fd, 4) == 0);
	CHECK_RC(ask(slice_cstr(url), HTTP_REACH_INSIDE, &fault), RC_UPSTREAM);
	CHECK(strcmp(fault.what, "time-out") == 0);
	/* It does not speak TLS. The connection of before waits in front. */
	(void)close(accept(fd, NULL, NULL));
	pthread_t thread;
	CHECK(pthread_create(&thread, NULL, speak_plainly, &fd) == 0);
	(void)snprintf(url, sizeof url, "https://127.0.0.1:%u/", ntohs(at.sin_port));
	CHECK_RC(ask(slice_cstr(url), HTTP_REACH_INSIDE, &fault), RC_UPSTREAM);
	(void)pthread_join(thread, NULL);
	(void)close(fd);
	CHECK(strcmp(fault.what, "tls") == 0);
}

RX_TEST(a_provider_reaches_inside_where_the_operator_put_it_there)
{
	static const struct {
		const char *name, *issuer, *url;
		bool inside, said;
		enum http_reach want;
	} rows[] = {
		{"its own host", "https://id.example/a", "https://id.example/token", false, false, HTTP_REACH_INSIDE},
		{"its own host in other letters", "https://id.example", "https://ID.Example:8443/token", false, false, HTTP_REACH_INSIDE},
		{"its own literal", "https://[fd00::1]/", "https://[fd00::1]:8443/t", false, false, HTTP_REACH_INSIDE},
		{"another host", "https://id.example", "https://token.example/", false, false, HTTP_REACH_PUBLIC},
		{"a longer host", "https://id.example", "https://id.example.evil.example/", false, false, HTTP_REACH_PUBLIC},
		{"another literal", "https://[fd00::1]/", "https://[fd00::2]/", false, false, HTTP_REACH_PUBLIC},
		{"user information", "https://id.example", "https://id.example@10.0.0.1/", false, false, HTTP_REACH_PUBLIC},
		{"user information with a port", "https://id.example", "https://id.example:1@10.0.0.1/", false, false, HTTP_REACH_PUBLIC},
		{"a backslash", "https://id.example", "https://id.example\\@10.0.0.1/", false, false, HTTP_REACH_PUBLIC},
		{"an escape", "https://id.example", "https://id%2eexample/", false, false, HTTP_REACH_PUBLIC},
		{"in the query", "https://id.example", "https://10.0.0.1?id.example", false, false, HTTP_REACH_PUBLIC},
		{"no host", "https://", "https://", false, false, HTTP_REACH_PUBLIC},
		{"from inside", "https://id.example", "https://token.example/", true, false, HTTP_REACH_INSIDE},
		{"the configuration says so", "https://id.example", "https://token.example/", false, true, HTTP_REACH_INSIDE},
	};
	T_ROWS(row, rows, name) {
		struct provider_ask q = {.issuer = slice_cstr(row->issuer), .inside = row->inside, .out = {.url = slice_cstr(row->url)}};
		rx.sites[1].issuer = q.issuer;
		rx.sites[1].private_network = row->said;
		CHECK(provider_reach(&rx.rp, &q) == row->want);
	}
	/* What is said of one issuer is said of no other. */
	struct provider_ask q = {.issuer = SLICE("https://other.example"), .out = {.url = SLICE("https://token.example/")}};
	CHECK(provider_reach(&rx.rp, &q) == HTTP_REACH_PUBLIC);
}

RX_TEST(what_failed_is_told_once_a_while)
{
	static const struct {
		enum rx_path path;
		int status;
		const char *body, *want;
	} rows[] = {
		{RX_METADATA, 404, "", "metadata: it answers with status 404"},
		{RX_METADATA, 200, "<html>", "metadata: it is not JSON"},
		{RX_METADATA, 200, "{\"issuer\":\"http://other\"}", "metadata: its issuer is not the one that the configuration names, to the letter"},
		{RX_JWKS, 200, "<html>", "keys: it is no JSON Web Key Set of public keys"},
		{RX_JWKS, 500, "", "keys: it answers with status 500"},
		{RX_TOKEN, 503, "<html>", "token endpoint: its answer with status 503 is not JSON"},
		{RX_TOKEN, 401, "{\"error\":\"invalid_client\",\"error_description\":\"who\"}", "token endpoint: status 401 invalid_client: who"},
		{RX_TOKEN, 400, "{\"error\":\"a\\nb\"}", "token endpoint: status 400 a\\nb"},
		{RX_TOKEN, 200, "{}", "token endpoint: its answer holds no bearer access_token, or a token that is no string"},
	};
	T_ROWS(row, rows, want) {
		struct browser b = rx_browser();
		rp_providers_free(rx.rp.providers);
		CHECK_OK(rp_providers_new(&rx.rp.providers));
		rx.faults = 0;
		rx_lie(row->path, row->status, row->body);
		for (int k = 0; k < 2; k++) {
			struct answer a = rx_login(&b, "");
			if (a.rc == RC_OK)
				a = rx_callback(&b, rx_back(answer_value(&a, "state"), "x", rx.issuer));
			CHECK(a.rc != RC_OK);
			CHECK(a.log_detail.n > 0);
			rx_wait(6);
		}
		CHECK(rx.faults == 1);
		CHECK_SLICE(rx.fault.detail, slice_cstr(row->want));
		CHECK_SLICE(rx.fault.provider, slice_cstr(rx.issuer));
		rx_lie(RX_METADATA, 0, "");
	}
}

/* The second of two reasons is not hidden by the first; what follows a colon is no reason. */
RX_TEST(another_reason_is_told_at_once)
{
	static const struct {
		const char *why;
		unsigned faults;
	} rows[] = {{"status 400 a: x", 1}, {"status 400 a: y", 1}, {"status 400 b: x", 2}, {"status 400", 3}, {"status 400", 3}, {"", 4}, {"", 4}};
	rx.faults = 0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i].why);
		provider_fault(&rx.rp, SLICE("i"), "token endpoint", rows[i].why);
		CHECK(rx.faults == rows[i].faults);
	}
	provider_fault(&rx.rp, SLICE("i"), "keys", "");
	CHECK(rx.faults == 5);
}

/* The line of each request says what was wrong, also while nothing more is told of the provider. */
RX_TEST(each_refused_sign_in_says_what_was_wrong)
{
	static char big[8192];
	struct buf b;
	buf_over(&b, big, sizeof big - 1);
	buf_put(&b, SLICE("{\"x\":[0"));
	for (int i = 0; i < 1024; i++)
		buf_put(&b, SLICE(",0"));
	buf_put(&b, SLICE("]}"));
	const struct {
		int status;
		const char *body, *want;
	} rows[] = {
		{503, "<html>", "token endpoint: its answer with status 503 is not JSON"},
		{200, big, "token endpoint: its answer is too large: over 1,024 values, 256 members of an object or 16 levels"},
		{400, "{\"error\":\"invalid_grant\"}", "token endpoint: status 400 invalid_grant"},
		{200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}", "token endpoint: its answer holds no id_token"},
	};
	for (int k = 0; k < 2; k++)
		T_ROWS(row, rows, want) {
			struct browser browser = rx_browser();
			struct answer login = rx_login(&browser, "");
			rx_lie(RX_TOKEN, row->status, row->body);
			struct answer back = rx_callback(&browser, rx_back(answer_value(&login, "state"), "x", rx.issuer));
			CHECK(back.rc != RC_OK);
			CHECK_SLICE(back.log_detail, slice_cstr(row->want));
		}
}

T_MAIN(T(another_reason_is_told_at_once), T(each_refused_sign_in_says_what_was_wrong), T(inside_is_for_those_who_may_go_there), T(faults_have_names), T(a_provider_reaches_inside_where_the_operator_put_it_there),
       T(what_failed_is_told_once_a_while))
