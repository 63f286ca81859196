/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "cli/token.h"

const char *token_reason(enum rc rc)
{
	static const struct {
		enum rc rc;
		const char *word;
	} rows[] = {
		{RC_JOSE_MALFORMED, "malformed"},
		{RC_JOSE_HEADER, "header"},
		{RC_JOSE_CRIT, "crit"},
		{RC_JOSE_ALG, "alg"},
		{RC_JOSE_TYP, "typ"},
		{RC_JOSE_ID_TOKEN, "typ"},
		{RC_JOSE_KID, "kid"},
		{RC_JOSE_KEY, "key"},
		{RC_JOSE_SIGNATURE, "signature"},
		{RC_JOSE_CLAIMS, "claims"},
		{RC_JOSE_ISS, "iss"},
		{RC_JOSE_SUB, "sub"},
		{RC_JOSE_AUD, "aud"},
		{RC_JOSE_EXP, "exp"},
		{RC_JOSE_NBF, "nbf"},
		{RC_JOSE_IAT, "iat"},
		{RC_JOSE_JTI, "jti"},
		{RC_JOSE_DISCLOSURE, "disclosure"},
		{RC_JOSE_BINDING, "binding"},
		{RC_JOSE_DECRYPT, "decrypt"},
		{RC_LIMIT, "limit"},
		{RC_JOSE_SIZE, "size"},
		{RC_JOSE_REQUIRED, "required"},
		{RC_REPLAY, "replay"},
		{RC_MEMORY, "memory"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].rc == rc)
			return rows[i].word;
	return "internal";
}

void token_time_words(int64_t t, int64_t now, char dst[static TOKEN_WORDS_MAX])
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {{31536000, "year"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	int64_t left = t > now ? t - now : now - t;
	size_t n = 0, shown = 0;
	if (left == 0) {
		(void)snprintf(dst, TOKEN_WORDS_MAX, "now");
		return;
	}
	n += (size_t)snprintf(dst, TOKEN_WORDS_MAX, "%s", t > now ? "in" : "");
	/* The two largest units that say something, one beside the other. */
	for (size_t i = 0; i < ARRAY_LEN(units) && shown < 2; i++) {
		int64_t count = left / units[i].seconds;
		left %= units[i].seconds;
		if (count == 0 && shown == 0)
			continue;
		shown++;
		if (count > 0)
			n += (size_t)snprintf(dst + n, TOKEN_WORDS_MAX - n, "%s%lld %s%s", n == 0 ? "" : " ",
					      (long long)count, units[i].name, count == 1 ? "" : "s");
	}
	if (t < now)
		(void)snprintf(dst + n, TOKEN_WORDS_MAX - n, " ago");
}

void token_date(int64_t t, char dst[static TOKEN_WORDS_MAX])
{
	char text[CLOCK_TEXT_MAX];
	dst[0] = 0;
	if (t < 0 || t > 253402300799 || clock_rfc3339(t * 1000, text) < 19)
		return;
	(void)snprintf(dst, TOKEN_WORDS_MAX, "%.10s %.8s UTC", text, text + 11);
}

/* One character of a string; returns its bytes. */
static size_t print_char(struct slice s)
{
	size_t n = utf8_char_len(s);
	uint32_t c = n == 0 ? 0xFFFD : utf8_code(s);
	if (n > 0 && utf8_shows(c))
		(void)fwrite(s.p, 1, n, stdout);
	else if (c > 0xFFFF)
		printf("\\u%04x\\u%04x", (unsigned)(0xD800 + ((c - 0x10000) >> 10)),
		       (unsigned)(0xDC00 + ((c - 0x10000) & 0x3FF)));
	else
		printf("\\u%04x", (unsigned)c);
	return n == 0 ? 1 : n;
}

void token_print_json(struct slice json)
{
	bool inside = false;
	for (size_t i = 0; i < json.n;) {
		uint8_t c = json.p[i];
		if (inside && c == '\\' && i + 1 < json.n) {
			(void)fwrite(json.p + i, 1, 2, stdout);
			i += 2;
			continue;
		}
		inside = c == '"' ? !inside : inside;
		if (!inside && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
			i++;
		else
			i += print_char(slice_from(json, i));
	}
}

void token_print_text(struct slice text, size_t max)
{
	bool cut = text.n > max;
	text = slice_to(text, max);
	while (text.n > 0) {
		size_t n = utf8_char_len(text);
		if (n > 0 && utf8_shows(utf8_code(text)))
			(void)fwrite(text.p, 1, n, stdout);
		else
			(void)putchar('?');
		text = slice_from(text, n == 0 ? 1 : n);
	}
	if (cut)
		(void)fputs("...", stdout);
}
