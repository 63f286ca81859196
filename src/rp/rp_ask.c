/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to a provider: which addresses are allowed, and one log line for the result. */
#include "rp/rp_internal.h"
#include "rp/rp_provider.h"

#include "base/ascii.h"

/* The host of an http or https URL, without port; empty if the URL is not plainly written. */
static struct slice host_of(struct slice url)
{
	size_t start = slice_starts(url, SLICE("https://")) ? 8 : 7, end = start;
	while (end < url.n && url.p[end] != '/' && url.p[end] != '?' && url.p[end] != '#')
		end++;
	struct slice host = slice_to(slice_from(url, start), end - start);
	if (!ascii_all(host, ASCII_ALNUM, ".-_:[]"))
		return SLICE_NONE;
	if (host.n > 0 && host.p[0] == '[')
		return slice_to(host, slice_find(host, ']'));
	return slice_to(host, slice_find(host, ':'));
}

static bool operator_says(const struct rp *r, struct slice issuer)
{
	for (size_t i = 0; i < r->site_count; i++)
		if (r->sites[i].private_network && slice_eq(r->sites[i].issuer, issuer))
			return true;
	return false;
}

/* The operator chose the issuer's own host, so it may be anywhere. An issuer on a private network may name other
 * private hosts. A public issuer's metadata may name a private host only if the configuration allows it. */
enum http_reach provider_reach(const struct rp *r, const struct provider_ask *q)
{
	struct slice own = host_of(q->issuer);
	bool inside =
		q->inside || (own.n > 0 && slice_eq_nocase(own, host_of(q->out.url))) || operator_says(r, q->issuer);
	return inside ? HTTP_REACH_INSIDE : HTTP_REACH_PUBLIC;
}

enum { HOSTS_SHOWN = 256 };

/* The gateway's hosts that sign in there, as many as there is room for. */
static struct slice hosts_of(const struct rp *r, struct slice issuer, char dst[static HOSTS_SHOWN])
{
	size_t n = 0;
	for (size_t i = 0; i < r->site_count; i++) {
		const struct rp_site *site = &r->sites[i];
		if (!slice_eq(site->issuer, issuer) || n + site->host.n + 2 > HOSTS_SHOWN)
			continue;
		if (n > 0)
			dst[n++] = ' ';
		memcpy(dst + n, site->host.p, site->host.n);
		n += site->host.n;
	}
	return slice_of(dst, n);
}

void provider_fault(const struct rp *r, struct slice issuer, const char *what, const char *why)
{
	char text[400];
	int n = snprintf(text, sizeof text, "%s: %s", what, why);
	size_t room = n < 0 ? 0 : (size_t)n >= sizeof text ? sizeof text - 1 : (size_t)n;
	/* Else one reason would hide another. */
	char key[400];
	memcpy(key, text, room + 1);
	size_t reason = strlen(what) + 1;
	key[reason < room ? reason + slice_find(slice_from(slice_of(key, room), reason), ':') : room] = 0;
	char hosts[HOSTS_SHOWN];
	if (provider_reports(r, issuer, key))
		rp_note(r, &(struct rp_note){.event = "provider.failed", .why = RC_UPSTREAM,
					     .host = hosts_of(r, issuer, hosts), .provider = issuer,
					     .detail = slice_of(text, room)});
}

enum rc provider_ask(const struct rp *r, struct provider_ask *q, struct arena *a, struct http_response_in *ret)
{
	struct http_fault fault = {.what = "broken"};
	char why[256];
	q->out.reach = provider_reach(r, q);
	q->out.fault = &fault;
	enum rc rc = http_client_fetch(r->http, &q->out, a, ret);
	if (rc == RC_OK)
		return RC_OK;
	http_fault_text(rc, &fault, why, sizeof why);
	(void)snprintf(q->why, sizeof q->why, "%s: %s", q->what, why);
	provider_fault(r, q->issuer, q->what, why);
	return rc;
}
