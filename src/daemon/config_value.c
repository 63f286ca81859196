/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/config_value.h"

#include "base/clock.h"
#include "base/utf8.h"

static bool digits_only(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0 && s.n <= 15 && (s.n == 1 || s.p[0] != '0');
}

static int64_t digits_value(struct slice s)
{
	int64_t v = 0;
	for (size_t i = 0; i < s.n; i++)
		v = v * 10 + (s.p[i] - '0');
	return v;
}

static const char *read_duration(struct slice text, int64_t *ret)
{
	int64_t ms;
	if (clock_duration_ms(text, &ms) != RC_OK)
		return "is not a duration: write digits and one unit, as in 90s, 15m, 1h or 30d";
	if (ms % 1000 != 0)
		return "must be whole seconds";
	*ret = ms / 1000;
	return NULL;
}

static const char *read_size(struct slice text, int64_t *ret)
{
	static const struct {
		struct slice unit;
		int64_t factor;
	} units[] = {{SLICE_INIT("KiB"), 1 << 10}, {SLICE_INIT("MiB"), 1 << 20}, {SLICE_INIT("GiB"), 1 << 30}};
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (!slice_ends(text, units[i].unit))
			continue;
		struct slice number = slice_to(text, text.n - units[i].unit.n);
		if (!digits_only(number) || number.n > 9)
			break;
		*ret = digits_value(number) * units[i].factor;
		return NULL;
	}
	return "is not a size: write digits and one unit of KiB, MiB, GiB";
}

const char *config_value_number(const struct config_row *row, const struct config_node *n, int64_t *ret)
{
	const char *problem = NULL;
	int64_t v = 0;
	if (row->type == CONFIG_DURATION)
		problem = read_duration(n->text, &v);
	else if (row->type == CONFIG_SIZE)
		problem = read_size(n->text, &v);
	else if (digits_only(n->text))
		v = digits_value(n->text);
	else
		problem = "is not a whole number";
	if (problem == NULL && (v < row->min || v > row->max))
		problem = "is out of its range";
	if (problem == NULL)
		*ret = v;
	return problem;
}

const char *config_value_bool(const struct config_node *n, bool *ret)
{
	bool yes = slice_eq(n->text, SLICE("true"));
	if (!n->plain || (!yes && !slice_eq(n->text, SLICE("false"))))
		return "must be true or false";
	*ret = yes;
	return NULL;
}

const char *config_value_text(const struct config_row *row, const struct config_node *n)
{
	if (n->text.n == 0 && row->min > 0)
		return "is empty";
	if (!utf8_printable(n->text))
		return "must be one line of UTF-8 text";
	if ((int64_t)n->text.n < row->min || (row->max > 0 && (int64_t)n->text.n > row->max))
		return "is too short or too long";
	if (row->choices != NULL && !slice_has_word(slice_cstr(row->choices), n->text))
		return "is not one of its choices";
	return row->check == NULL ? NULL : row->check(n->text);
}

/* Host part of an authority; `*ret_port` is empty where there is none. IPv6 keeps its brackets. */
static struct slice split_port(struct slice authority, struct slice *ret_port)
{
	size_t from = authority.n > 0 && authority.p[0] == '[' ? slice_find(authority, ']') : 0;
	size_t colon = from + slice_find(slice_from(authority, from), ':');
	*ret_port = slice_from(authority, colon + 1);
	return slice_to(authority, colon);
}

static bool host_chars(struct slice host)
{
	for (size_t i = 0; i < host.n; i++) {
		uint8_t c = host.p[i];
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-')
			return false;
	}
	return host.n > 0 && host.n <= 253;
}

static bool port_valid(struct slice port)
{
	return digits_only(port) && port.n <= 5 && digits_value(port) >= 1 && digits_value(port) <= 65535;
}

/* True for hosts that never leave the machine, where http is safe. */
static bool host_local(struct slice host)
{
	return slice_eq(host, SLICE("localhost")) || slice_ends(host, SLICE(".localhost")) ||
	       slice_eq(host, SLICE("127.0.0.1")) || slice_eq(host, SLICE("[::1]"));
}

static const char *check_authority(struct slice authority, bool https)
{
	struct slice port, host = split_port(authority, &port);
	bool has_port = host.n < authority.n;
	if (!host_chars(host) && !slice_eq(host, SLICE("[::1]")))
		return "has no valid host name in lower case";
	if (has_port && !port_valid(port))
		return "has an invalid port";
	if (!https && !host_local(host))
		return "must be https (http only on localhost, *.localhost and loopback addresses)";
	return NULL;
}

static const char *check_path(struct slice path)
{
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] <= ' ' || path.p[i] == '?' || path.p[i] == '#' || path.p[i] == '\\' || path.p[i] >= 0x7f)
			return "must have no query, fragment, space or backslash";
	return NULL;
}

const char *config_value_url(struct slice s)
{
	bool https = slice_starts(s, SLICE("https://"));
	if (!https && !slice_starts(s, SLICE("http://")))
		return "must be an absolute https URL";
	struct slice rest = slice_from(s, https ? 8 : 7);
	size_t slash = slice_find(rest, '/');
	const char *problem = check_path(rest);
	return problem != NULL ? problem : check_authority(slice_to(rest, slash), https);
}

const char *config_value_issuer(struct slice s)
{
	if (slice_ends(s, SLICE("/")))
		return "must not end with a slash";
	return config_value_url(s);
}

const char *config_value_tenant(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 'a' || s.p[i] > 'z') && (s.p[i] < '0' || s.p[i] > '9') && s.p[i] != '-')
			return "may hold only a to z, 0 to 9 and -";
	return s.n > 32 ? "is longer than 32 characters" : NULL;
}

const char *config_value_address(struct slice s)
{
	if (slice_starts(s, SLICE("unix:")))
		return s.n == 5 || s.n > 80 ? "needs a short socket name after unix:" : NULL;
	struct slice port, host = split_port(s, &port);
	if (!slice_eq(host, SLICE("127.0.0.1")) && !slice_eq(host, SLICE("[::1]")))
		return "must be unix:NAME, 127.0.0.1:PORT or [::1]:PORT; a gateway such as nginx stands before it";
	if (!port_valid(port))
		return "has no valid port";
	return NULL;
}

const char *config_value_directory(struct slice s)
{
	bool named = slice_starts(s, SLICE("sqlite:")) && s.n > 7;
	return named || slice_eq(s, SLICE("sqlite")) ? NULL : "must be sqlite or sqlite:FILE";
}

const char *config_value_ephemeral(struct slice s)
{
	return slice_eq(s, SLICE("memory")) || config_value_directory(s) == NULL ? NULL : "must be memory, sqlite or sqlite:FILE";
}

const char *config_value_host(struct slice s)
{
	struct slice port, host = split_port(s, &port);
	if (!host_chars(host) || (host.n < s.n && !port_valid(port)))
		return "must be a host name in lower case, with :PORT where browsers use one";
	return NULL;
}

const char *config_value_client_id(struct slice s)
{
	/* VSCHAR of RFC 6749 A.1, without the colon that ends it in HTTP Basic. */
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == ':' || s.p[i] == '"' || s.p[i] == '\\')
			return "may hold only visible ASCII characters without : \" and \\";
	return NULL;
}
