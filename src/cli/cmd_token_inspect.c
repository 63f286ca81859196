/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary token inspect: what a pasted token says, in words, and why it would be refused. Nothing in it is trusted:
 * all of it is shown through token_print_*. */
#include "base/base64url.h"
#include "cli/commands.h"
#include "cli/token.h"
#include "jose/jwt/jwt_refusal.h"

enum { VALUES_MAX = 1024, TEXT_SHOWN = 400, PARTS_MAX = 5 };

struct view {
	struct cli *cli;
	struct token_validate validate;
	struct slice token, part[PARTS_MAX];
	size_t parts;
	struct slice disclosed;             /* of an SD-JWT: everything after the first tilde */
	bool is_sdjwt;
	const struct json *header, *claims; /* NULL where they cannot be read */
	enum rc rc;                         /* the verdict */
};

/* --- words for names --- */

struct word {
	const char *name, *text;
	bool time;
};

static const struct word claim_words[] = {{"iss", "who issued it", false},
					  {"sub", "whom it is about", false},
					  {"aud", "for whom it is", false},
					  {"exp", "expires", true},
					  {"nbf", "valid from", true},
					  {"iat", "issued", true},
					  {"auth_time", "the person signed in", true},
					  {"jti", "its own identifier", false},
					  {"client_id", "the client that asked for it", false},
					  {"azp", "the client that asked for it", false},
					  {"scope", "what it allows", false},
					  {"nonce", "binds it to one sign-in", false},
					  {"sid", "the session", false},
					  {"cnf", "the key that its holder must prove", false},
					  {"acr", "how strongly the person signed in", false},
					  {"amr", "by which means the person signed in", false},
					  {"at_hash", "binds the access token to it", false},
					  {"events", "what happened", false},
					  {"_sd", "digests of claims that are disclosed apart, or not at all", false},
					  {"updated_at", "the person's data changed", true},
					  {"act", "who acts for the subject", false},
					  {NULL, NULL, false}};

static const struct word type_words[] = {{"at+jwt", "an access token (RFC 9068)", false},
					 {"logout+jwt", "a logout token (OpenID Connect Back-Channel Logout)", false},
					 {"dpop+jwt", "a proof of possession (RFC 9449)", false},
					 {"kb+jwt", "a key binding of an SD-JWT (RFC 9901)", false},
					 {"secevent+jwt", "a security event (RFC 8417)", false},
					 {"dc+sd-jwt", "a credential with selective disclosure", false},
					 {"JWT", "says nothing but that it is a JWT", false},
					 {NULL, NULL, false}};

static const struct word header_words[] = {
	{"kid", "the name of its key", false},
	{"cty", "what its payload is", false},
	{"enc", "how the content is encrypted", false},
	{"zip", "the content is compressed", false},
	{"jwk", "a key that the token itself brought: an attacker's could stand here", false},
	{"jku", "an address of keys that the token itself brought", false},
	{"x5u", "an address of certificates that the token itself brought", false},
	{"x5c", "certificates that the token itself brought", false},
	{"crit", "must be understood, or the token refused", false},
	{"epk", "the sender's one-time key", false},
	{NULL, NULL, false}};

static const struct word *word_of(const struct word *list, const struct json *member)
{
	for (; list->name != NULL; list++)
		if (slice_eq(member->key, slice_cstr(list->name)))
			return list;
	return NULL;
}

/* --- for people --- */

static const char *ink(const struct view *v, const char *code)
{
	return v->cli->colour ? code : "";
}

static void print_note(const struct view *v, const char *text)
{
	if (text != NULL && *text != 0)
		printf("  %s%s%s", ink(v, "\033[2m"), text, ink(v, "\033[0m"));
}

static void print_time(const struct view *v, const char *what, const struct json *member)
{
	char words[TOKEN_WORDS_MAX], date[TOKEN_WORDS_MAX];
	int64_t t;
	if (json_seconds(member, &t) != RC_OK) {
		print_note(v, "not a time that can be read");
		return;
	}
	token_time_words(t, v->validate.now, words);
	token_date(t, date);
	bool over = strcmp(what, "expires") == 0 && t <= v->validate.now;
	printf("  %s%s %s (%s)%s", ink(v, over ? "\033[31m" : "\033[2m"), over ? "expired" : what, words, date,
	       ink(v, "\033[0m"));
}

static void print_alg(const struct view *v, const struct json *member)
{
	enum jose_alg alg;
	if (slice_eq_nocase(member->text, SLICE("none")))
		print_note(v, "not signed at all: anybody can write such a token");
	else if (jose_alg_by_name(member->text, &alg) != RC_OK)
		print_note(v, v->parts == PARTS_MAX ? "how the content's key is encrypted"
						    : "no signature algorithm that is known here");
	else if (jose_alg_row(alg)->symmetric)
		print_note(v, "a shared secret: whoever can verify it can also make it");
	else
		print_note(v, "signed with a private key, verified with the public one");
}

static const char *type_text(const struct json *typ)
{
	for (const struct word *w = type_words; w->name != NULL; w++)
		if (slice_eq_nocase(typ->text, slice_cstr(w->name)))
			return w->text;
	return "";
}

static void print_member(const struct view *v, const struct json *m, const struct word *list)
{
	const struct word *word = word_of(list, m);
	printf("  %s", ink(v, "\033[36m"));
	token_print_text(m->key, 40);
	printf("%s%*s ", ink(v, "\033[0m"), m->key.n < 10 ? (int)(10 - m->key.n) : 0, "");
	token_print_text(m->text, TEXT_SHOWN);
	if (word != NULL && word->time)
		print_time(v, word->text, m);
	else if (word != NULL)
		print_note(v, word->text);
	else if (slice_eq(m->key, SLICE("alg")))
		print_alg(v, m);
	else if (slice_eq(m->key, SLICE("typ")))
		print_note(v, type_text(m));
	(void)putchar('\n');
}

static void print_title(const struct view *v, const char *title)
{
	printf("%s%s%s\n", ink(v, "\033[1m"), title, ink(v, "\033[0m"));
}

static void print_object(const struct view *v, const char *title, const struct json *object, const struct word *list)
{
	print_title(v, title);
	if (object == NULL)
		printf("  cannot be read: not strict base64url of a strict JSON object\n");
	for (const struct json *m = json_first(object); m != NULL; m = json_next(object, m))
		print_member(v, m, list);
}

/* The reason, with the times that explain it. */
static void print_why(const struct view *v)
{
	char words[TOKEN_WORDS_MAX] = "";
	int64_t t;
	const char *name = v->rc == RC_JOSE_EXP   ? "exp"
			   : v->rc == RC_JOSE_NBF ? "nbf"
			   : v->rc == RC_JOSE_IAT ? "iat"
						  : NULL;
	if (name != NULL && json_seconds(json_get(v->claims, slice_cstr(name)), &t) == RC_OK)
		token_time_words(t, v->validate.now, words);
	printf("  %srefused%s, for %s: %s", ink(v, "\033[1;31m"), ink(v, "\033[0m"), token_reason(v->rc),
	       jwt_refusal_text(v->token, v->rc));
	if (words[0] != 0)
		printf(" (%s is %s)", name, words);
	(void)putchar('\n');
}

static void print_verdict(const struct view *v)
{
	print_title(v, "verdict");
	if (v->parts == PARTS_MAX) {
		printf("  encrypted: only its recipient's key shows what is in it (ostiary token decrypt)\n");
		return;
	}
	if (v->rc != RC_OK)
		print_why(v);
	else if (v->validate.public != NULL)
		printf("  %saccepted%s: the signature holds, and nothing is against its claims\n", ink(v, "\033[1;32m"),
		       ink(v, "\033[0m"));
	else
		printf("  %sunknown%s: nothing is against it so far, but the signature was not checked (give --jwks "
		       "FILE)\n",
		       ink(v, "\033[1;33m"), ink(v, "\033[0m"));
	if (v->validate.skipped > 0)
		printf("  (%zu of the file's keys were left out: unknown, weak, private or for encryption)\n",
		       v->validate.skipped);
}

/* RFC 9901 4.2: [salt, name, value] or [salt, value]. */
static void print_disclosure(const struct view *v, const struct json *d)
{
	const struct json *value = d == NULL ? NULL : json_first(d);
	for (size_t i = 1; d != NULL && i < d->count; i++)
		value = json_next(d, value);
	if (d == NULL || d->type != JSON_ARRAY || d->count < 2 || d->count > 3) {
		printf("  not a disclosure\n");
		return;
	}
	printf("  %s", ink(v, "\033[36m"));
	token_print_text(d->count == 2 ? SLICE("(an element)") : json_next(d, json_first(d))->text, 40);
	printf("%s  ", ink(v, "\033[0m"));
	token_print_text(value->text, TEXT_SHOWN);
	(void)putchar('\n');
}

static void print_disclosures(const struct view *v)
{
	struct slice rest = v->disclosed, part;
	size_t tilde;
	print_title(v, "disclosures");
	for (; (tilde = slice_find(rest, '~')) < rest.n; rest = slice_from(rest, tilde + 1)) {
		const struct json *root = NULL;
		part = slice_to(rest, tilde);
		if (base64url_decode_arena(v->cli->arena, part, &part) == RC_OK)
			rc_ignore(json_parse_arena(v->cli->arena, part, VALUES_MAX, &root));
		print_disclosure(v, root);
	}
	if (rest.n > 0)
		printf("  and a key binding (KB-JWT)%s\n",
		       v->validate.nonce.n > 0 ? "" : ": judged only with its verifier's --aud and --nonce");
}

static void print_people(const struct view *v)
{
	print_object(v, "header", v->header, header_words);
	if (v->parts != PARTS_MAX) {
		print_object(v, "claims", v->claims, claim_words);
		print_title(v, "signature");
		printf("  %zu bytes\n", v->parts < 3 ? 0 : base64url_data_len(v->part[2].n));
	}
	if (v->is_sdjwt)
		print_disclosures(v);
	print_verdict(v);
}

/* --- for scripts --- */

static void print_member_json(const char *name, const struct json *object)
{
	printf(",\"%s\":", name);
	if (object == NULL)
		printf("null");
	else
		token_print_json(object->text);
}

static void print_scripts(const struct view *v)
{
	bool encrypted = v->parts == PARTS_MAX, checked = v->validate.public != NULL && !encrypted;
	printf("{\"kind\":\"%s\"", encrypted ? "jwe" : v->is_sdjwt ? "sd-jwt" : "jws");
	print_member_json("header", v->header);
	print_member_json("claims", v->claims);
	printf(",\"signature_checked\":%s,\"accepted\":", checked ? "true" : "false");
	printf("%s", checked ? v->rc == RC_OK ? "true" : "false" : v->rc == RC_OK ? "null" : "false");
	if (v->rc != RC_OK)
		printf(",\"reason\":\"%s\",\"text\":\"%s\"", token_reason(v->rc), jwt_refusal_text(v->token, v->rc));
	printf("}\n");
}

/* --- reading --- */

static const struct json *object_of(struct arena *a, struct slice part)
{
	struct slice text;
	const struct json *root;
	if (base64url_decode_arena(a, part, &text) != RC_OK || json_parse_arena(a, text, VALUES_MAX, &root) != RC_OK ||
	    root->type != JSON_OBJECT)
		return NULL;
	return root;
}

/* Pasted tokens often have quotes or a header name around them. */
static struct slice bare(struct slice line)
{
	static const struct slice prefix = SLICE_INIT("Bearer ");
	while (line.n > 0 && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == ' '))
		line.n--;
	line = slice_trim(line);
	if (line.n > prefix.n && slice_eq_nocase(slice_to(line, prefix.n), prefix))
		line = slice_trim(slice_from(line, prefix.n));
	return line;
}

static void read_parts(struct view *v)
{
	size_t tilde = slice_find(v->token, '~');
	struct slice rest = slice_to(v->token, tilde);
	v->is_sdjwt = tilde < v->token.n;
	v->disclosed = slice_from(v->token, tilde + 1);
	while (v->parts < PARTS_MAX && rest.n > 0) {
		size_t dot = slice_find(rest, '.');
		v->part[v->parts++] = slice_to(rest, dot);
		rest = slice_from(rest, dot + 1);
	}
	v->header = v->parts == 0 ? NULL : object_of(v->cli->arena, v->part[0]);
	v->claims = v->parts != 3 && v->parts != 2 ? NULL : object_of(v->cli->arena, v->part[1]);
}

static void validate_view(struct view *v)
{
	struct jwt_claims claims;
	struct sdjwt sdjwt;
	if (v->parts == PARTS_MAX)
		v->rc = RC_OK;
	else if (v->is_sdjwt && v->validate.public != NULL)
		v->rc = token_validate_sdjwt(&v->validate, v->token, v->cli->arena, &sdjwt);
	else if (v->is_sdjwt)
		v->rc = token_validate_unsigned(&v->validate, slice_to(v->token, slice_find(v->token, '~')),
						v->cli->arena, &claims);
	else if (v->validate.public != NULL)
		v->rc = token_validate_verify(&v->validate, v->token, v->cli->arena, &claims);
	else
		v->rc = token_validate_unsigned(&v->validate, v->token, v->cli->arena, &claims);
}

int cmd_token_inspect(struct cli *cli)
{
	struct view v = {.cli = cli};
	struct slice line;
	int code = token_validate_open(cli, &v.validate);
	if (code != CLI_OK)
		return code;
	code = token_read_pasted(cli, "Paste the token, then press Enter:\n", &line);
	if (code == CLI_OK) {
		v.token = bare(line);
		read_parts(&v);
		validate_view(&v);
		if (cli->json)
			print_scripts(&v);
		else
			print_people(&v);
		code = v.rc == RC_OK ? CLI_OK : CLI_FAILED;
	}
	token_validate_close(&v.validate);
	return code;
}
