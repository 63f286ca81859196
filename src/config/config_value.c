/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_value.h"

#include "base/network.h"

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

static enum rc is_wrong(const char *problem, const char **ret_problem)
{
	*ret_problem = problem;
	return problem == NULL ? RC_OK : RC_SYNTAX;
}

enum rc config_value_number(const struct config_row *row, const struct config_node *n, int64_t *ret,
			    const char **ret_problem)
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
	TRY(is_wrong(problem, ret_problem));
	if (v < row->min || v > row->max) {
		*ret_problem = "is out of its range";
		return RC_RANGE;
	}
	*ret = v;
	return RC_OK;
}

enum rc config_value_bool(const struct config_node *n, bool *ret, const char **ret_problem)
{
	bool yes = slice_eq(n->text, SLICE("true"));
	if (!n->plain || (!yes && !slice_eq(n->text, SLICE("false"))))
		return is_wrong("must be true or false", ret_problem);
	*ret = yes;
	return RC_OK;
}

enum rc config_value_text(const struct config_row *row, const struct config_node *n, const char **ret_problem)
{
	if (n->text.n == 0 && row->min > 0)
		return is_wrong("is empty", ret_problem);
	if (!utf8_shown(n->text))
		return is_wrong("must be one line of UTF-8 text, without characters that are not seen or turn text around",
				ret_problem);
	if ((int64_t)n->text.n < row->min || (row->max > 0 && (int64_t)n->text.n > row->max))
		return is_wrong("is too short or too long", ret_problem);
	if (row->choices != NULL && !slice_has_word(slice_cstr(row->choices), n->text)) {
		*ret_problem = "is not one of its choices";
		return RC_NOT_FOUND;
	}
	return is_wrong(row->validate == NULL ? NULL : row->validate(n->text), ret_problem);
}

/* The host of an authority; `*ret_port` is empty without a port. IPv6 keeps its brackets. */
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

/* True for loopback hosts, where http is safe. */
static bool host_local(struct slice host)
{
	return slice_eq(host, SLICE("localhost")) || slice_ends(host, SLICE(".localhost")) ||
	       slice_eq(host, SLICE("127.0.0.1")) || slice_eq(host, SLICE("[::1]"));
}

static const char *validate_authority(struct slice authority, bool https)
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

static const char *validate_path(struct slice path)
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
	const char *problem = validate_path(rest);
	return problem != NULL ? problem : validate_authority(slice_to(rest, slash), https);
}

const char *config_value_issuer(struct slice s)
{
	if (slice_ends(s, SLICE("//")))
		return "must not end with two slashes";
	return config_value_url(s);
}

const char *config_value_tenant(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 'a' || s.p[i] > 'z') && (s.p[i] < '0' || s.p[i] > '9') && s.p[i] != '-')
			return "may hold only a to z, 0 to 9 and -";
	return s.n > 32 ? "is longer than 32 characters" : NULL;
}

/* In the state folder, where only root and the daemon come, or where an absolute name says plainly. */
static const char *unix_name(struct slice name)
{
	struct slice part;
	if (name.n == 0 || name.n > 75)
		return "needs a short socket name after unix:";
	while (slice_split(&name, '/', &part))
		if (slice_eq(part, SLICE("..")) || slice_eq(part, SLICE(".")))
			return "must not go through . or ..; give a name in the state folder, or an absolute one";
	return NULL;
}

const char *config_value_address(struct slice s)
{
	if (slice_starts(s, SLICE("unix:")))
		return unix_name(slice_from(s, 5));
	struct slice port, host = split_port(s, &port);
	if (!slice_eq(host, SLICE("127.0.0.1")) && !slice_eq(host, SLICE("[::1]")))
		return "must be unix:NAME, 127.0.0.1:PORT or [::1]:PORT; a gateway such as nginx stands before it";
	if (!port_valid(port))
		return "has no valid port";
	return NULL;
}

const char *config_value_directory(struct slice s)
{
	return store_url_refusal(STORE_DIRECTORY, s);
}

const char *config_value_ephemeral(struct slice s)
{
	return store_url_refusal(STORE_EPHEMERAL, s);
}

const char *config_value_host(struct slice s)
{
	struct slice port, host = split_port(s, &port);
	if (!host_chars(host) || (host.n < s.n && !port_valid(port)))
		return "must be a host name in lower case, with :PORT where browsers use one";
	return NULL;
}

const char *config_value_path(struct slice s)
{
	if (s.n > 1000 || !slice_starts(s, SLICE("/")) || slice_starts(s, SLICE("//")))
		return "must be a path of that host, as /goodbye";
	return validate_path(s);
}

const char *config_value_network(struct slice s)
{
	struct network n;
	return network_read(s, &n) == RC_OK
		       ? NULL
		       : "must be an address, or a network such as 10.0.0.0/8 with no bit set behind its prefix";
}
