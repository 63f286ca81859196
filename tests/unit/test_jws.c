/* SPDX-License-Identifier: Apache-2.0 */
/* JWS in every serialization: what is signed verifies, and every refusal of jws_any.h by name. */
#include "base/base64url.h"
#include "jws_fixture.h"

static struct slice encoded(struct fixture *f, struct slice data)
{
	struct slice text = SLICE_NONE;
	CHECK_OK(base64url_encode_arena(&f->arena, data, &text));
	return text;
}

/* A good signature over exactly this header and payload text. */
static struct slice signature_of(struct fixture *f, const struct jwk *key, struct slice header, struct slice payload)
{
	uint8_t signature[JWK_SIGNATURE_MAX];
	struct slice parts[3] = {encoded(f, header), SLICE("."), payload}, input = SLICE_NONE;
	size_t n = 0;
	CHECK_OK(arena_join(&f->arena, parts, 3, &input));
	CHECK_OK(jwk_sign(key, key == f->ec ? JOSE_ES256 : JOSE_HS256, input, signature, sizeof signature, &n));
	return encoded(f, slice_of(signature, n));
}

static struct slice text_of(struct fixture *f, const struct slice *parts, size_t count)
{
	struct slice text = SLICE_NONE;
	CHECK_OK(arena_join(&f->arena, parts, count, &text));
	return text;
}

/* {"payload":…,"protected":…,…,"signature":…} with the members of `more` between. */
static struct slice flattened(struct fixture *f, struct slice header, const char *more)
{
	struct slice payload = encoded(f, SLICE("payload"));
	struct slice parts[] = {SLICE("{\"payload\":\""), payload, SLICE("\",\"protected\":\""), encoded(f, header), SLICE("\","),
				slice_cstr(more), SLICE("\"signature\":\""), signature_of(f, f->ec, header, payload), SLICE("\"}")};
	return text_of(f, parts, ARRAY_LEN(parts));
}

static struct slice compact(struct fixture *f, struct slice header, struct slice payload)
{
	struct slice parts[] = {encoded(f, header), SLICE("."), payload, SLICE("."), signature_of(f, f->ec, header, payload)};
	return text_of(f, parts, ARRAY_LEN(parts));
}

struct row {
	const char *name;
	struct slice text;
	enum rc rc;
};

#define ROW(row_name, literal, code) {row_name, SLICE_INIT(literal), code}

/* Each algorithm, form, place and coding of the payload. */
static void jws_every_form_round_trips(void)
{
	static const enum jose_alg algs[] = {JOSE_HS256, JOSE_HS512, JOSE_RS256, JOSE_PS384, JOSE_ES256, JOSE_ES512, JOSE_ES256K,
					     JOSE_ED25519, JOSE_ED448};
	static const enum jws_form forms[] = {JWS_COMPACT, JWS_FLATTENED, JWS_GENERAL};
	for (size_t i = 0; i < ARRAY_LEN(algs) * 12; i++) {
		static struct jwk *key;
		static struct jwks *set;
		enum jose_alg alg = algs[i / 12];
		struct arena a;
		struct jws_signed s;
		struct slice text = SLICE_NONE;
		bool detached = (i & 1) != 0, unencoded = (i & 2) != 0;
		enum jws_form form = forms[i / 4 % 3];
		struct jws_content content = {form, SLICE("what $ is signed"), detached, unencoded};
		struct jws_rules rules = {.algs = JOSE_ALG_BIT(alg), .forms = form, .unencoded = unencoded, .detached = detached,
					  .payload = detached ? content.payload : SLICE_NONE};
		t_set_row((const char *)jose_alg_row(alg)->name.p);
		arena_init(&a, 1 << 20);
		if (i % 12 == 0) {
			CHECK_OK(jwk_generate(alg, 2048, &key));
			CHECK_OK(jwks_of(&key, 1, &set));
		}
		struct jws_signing signing = {.signer = jwt_signer_of(key), .alg = alg, .kid = jwk_kid(key), .typ = SLICE("x+y")};
		CHECK_OK(jws_sign_any(&content, &signing, 1, &a, &text));
		CHECK_OK(jws_verify_any(text, set, &rules, &a, &s));
		CHECK_SLICE(s.payload, content.payload);
		CHECK(s.form == form && s.count == 1 && s.signatures[0].key != NULL);
		CHECK_SLICE(s.signatures[0].named.typ, SLICE("x+y"));
		rules.payload = SLICE("what $ is not signed");
		if (detached)
			CHECK_RC(jws_verify_any(text, set, &rules, &a, &s), RC_JOSE_SIGNATURE);
		if (i % 12 == 11) {
			jwks_unref(set);
			jwk_unref(key);
		}
		arena_reset(&a);
	}
}

static const struct row header_rows[] = {
	ROW("good", "{\"alg\":\"ES256\"}", RC_OK),
	ROW("good with kid", "{\"alg\":\"ES256\",\"kid\":\"k1\"}", RC_OK),
	ROW("good with b64 true", "{\"alg\":\"ES256\",\"b64\":true}", RC_OK),
	ROW("good with b64 true in crit", "{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":true}", RC_OK),
	ROW("good with an understood name", "{\"alg\":\"ES256\",\"crit\":[\"http://example.com/a\"],\"http://example.com/a\":1}", RC_OK),
	ROW("good with an escaped name", "{\"alg\":\"ES256\",\"crit\":[\"\\u0062\"],\"b\":1}", RC_OK),
	ROW("alg none", "{\"alg\":\"none\"}", RC_JOSE_ALG),
	ROW("alg missing", "{\"kid\":\"k1\"}", RC_JOSE_ALG),
	ROW("alg of a MAC for the public key", "{\"alg\":\"HS256\",\"kid\":\"k1\"}", RC_JOSE_ALG),
	ROW("kid unknown", "{\"alg\":\"ES256\",\"kid\":\"k2\"}", RC_JOSE_KID),
	ROW("jwk", "{\"alg\":\"ES256\",\"jwk\":{" EC_PUBLIC "}}", RC_JOSE_HEADER),
	ROW("jku", "{\"alg\":\"ES256\",\"jku\":\"https://evil.example\"}", RC_JOSE_HEADER),
	ROW("x5c", "{\"alg\":\"ES256\",\"x5c\":[\"AA==\"]}", RC_JOSE_HEADER),
	ROW("x5u", "{\"alg\":\"ES256\",\"x5u\":\"https://evil.example\"}", RC_JOSE_HEADER),
	ROW("enc", "{\"alg\":\"ES256\",\"enc\":\"A128GCM\"}", RC_JOSE_HEADER),
	ROW("zip", "{\"alg\":\"ES256\",\"zip\":\"DEF\"}", RC_JOSE_HEADER),
	ROW("kid a number", "{\"alg\":\"ES256\",\"kid\":1}", RC_JOSE_HEADER),
	ROW("an array", "[\"ES256\"]", RC_JOSE_HEADER),
	ROW("no JSON", "alg", RC_JOSE_HEADER),
	ROW("alg twice", "{\"alg\":\"ES256\",\"alg\":\"ES256\"}", RC_JOSE_HEADER),
	ROW("a second object", "{\"alg\":\"ES256\"}{}", RC_JOSE_HEADER),
	ROW("crit not understood", "{\"alg\":\"ES256\",\"crit\":[\"x\"],\"x\":1}", RC_JOSE_CRIT),
	ROW("crit partly understood", "{\"alg\":\"ES256\",\"crit\":[\"b\",\"x\"],\"b\":1,\"x\":1}", RC_JOSE_CRIT),
	ROW("crit empty", "{\"alg\":\"ES256\",\"crit\":[]}", RC_JOSE_CRIT),
	ROW("crit a string", "{\"alg\":\"ES256\",\"crit\":\"b\",\"b\":1}", RC_JOSE_CRIT),
	ROW("crit an object", "{\"alg\":\"ES256\",\"crit\":{\"b\":1},\"b\":1}", RC_JOSE_CRIT),
	ROW("crit an object of names", "{\"alg\":\"ES256\",\"crit\":{\"x\":\"b\"},\"b\":1}", RC_JOSE_CRIT),
	ROW("crit null", "{\"alg\":\"ES256\",\"crit\":null}", RC_JOSE_CRIT),
	ROW("crit with a number", "{\"alg\":\"ES256\",\"crit\":[1],\"1\":1}", RC_JOSE_CRIT),
	ROW("crit with an array", "{\"alg\":\"ES256\",\"crit\":[[\"b\"]],\"b\":1}", RC_JOSE_CRIT),
	ROW("crit twice the same", "{\"alg\":\"ES256\",\"crit\":[\"b\",\"b\"],\"b\":1}", RC_JOSE_CRIT),
	ROW("crit twice the same by escape", "{\"alg\":\"ES256\",\"crit\":[\"b\",\"\\u0062\"],\"b\":1}", RC_JOSE_CRIT),
	ROW("crit names alg", "{\"alg\":\"ES256\",\"crit\":[\"alg\"]}", RC_JOSE_CRIT),
	ROW("crit names crit", "{\"alg\":\"ES256\",\"crit\":[\"crit\"]}", RC_JOSE_CRIT),
	ROW("crit names kid", "{\"alg\":\"ES256\",\"kid\":\"k1\",\"crit\":[\"kid\"]}", RC_JOSE_CRIT),
	ROW("crit names an absent member", "{\"alg\":\"ES256\",\"crit\":[\"b\"]}", RC_JOSE_CRIT),
	ROW("crit names an absent b64", "{\"alg\":\"ES256\",\"crit\":[\"b64\"]}", RC_JOSE_CRIT),
	ROW("b64 a string", "{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":\"false\"}", RC_JOSE_HEADER),
	ROW("b64 a number", "{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":0}", RC_JOSE_HEADER),
	ROW("b64 null", "{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":null}", RC_JOSE_HEADER),
	ROW("b64 false and not wanted", "{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}", RC_JOSE_CRIT),
};

/* alg also understands itself to death: what the caller claims to understand does not make it listable. */
static const struct slice understood[] = {SLICE_INIT("http://example.com/a"), SLICE_INIT("b"), SLICE_INIT("c"), SLICE_INIT("alg"),
					  SLICE_INIT("crit"), SLICE_INIT("kid"), SLICE_INIT("1")};

static void jws_header_rules(void)
{
	struct fixture f;
	struct jws_rules rules = open_rules;
	rules.understood = understood;
	rules.understood_count = ARRAY_LEN(understood);
	setup(&f);
	T_ROWS(row, header_rows, name) {
		CHECK_RC(verify(&f, flattened(&f, row->text, ""), &rules), row->rc);
		CHECK_RC(verify(&f, compact(&f, row->text, SLICE("cGF5bG9hZA")), &rules), row->rc);
	}
	teardown(&f);
}

/* "header" as an attacker writes it: nobody signed it. */
static const struct {
	const char *name, *protected_header, *more;
	enum rc rc;
} unprotected_rows[] = {
	{"kid", "{\"alg\":\"ES256\"}", "\"header\":{\"kid\":\"k1\"},", RC_OK},
	{"an unknown member", "{\"alg\":\"ES256\"}", "\"header\":{\"x\":[1]},", RC_OK},
	{"empty", "{\"alg\":\"ES256\"}", "\"header\":{},", RC_OK},
	{"kid of another key", "{\"alg\":\"ES256\"}", "\"header\":{\"kid\":\"m1\"},", RC_JOSE_ALG},
	{"alg alone", "{\"kid\":\"k1\"}", "\"header\":{\"alg\":\"ES256\"},", RC_JOSE_ALG},
	{"alg beside the protected one", "{\"alg\":\"ES256\"}", "\"header\":{\"alg\":\"HS256\"},", RC_JOSE_HEADER},
	{"alg by escape", "{\"alg\":\"ES256\"}", "\"header\":{\"\\u0061lg\":\"ES256\"},", RC_JOSE_HEADER},
	{"kid twice", "{\"alg\":\"ES256\",\"kid\":\"k1\"}", "\"header\":{\"kid\":\"k1\"},", RC_JOSE_HEADER},
	{"crit", "{\"alg\":\"ES256\"}", "\"header\":{\"crit\":[\"b\"],\"b\":1},", RC_JOSE_CRIT},
	{"the critical member", "{\"alg\":\"ES256\",\"crit\":[\"b\"]}", "\"header\":{\"b\":1},", RC_JOSE_CRIT},
	{"b64", "{\"alg\":\"ES256\"}", "\"header\":{\"b64\":true},", RC_JOSE_HEADER},
	{"jwk", "{\"alg\":\"ES256\"}", "\"header\":{\"jwk\":{" EC_PUBLIC "}},", RC_JOSE_HEADER},
	{"jku", "{\"alg\":\"ES256\"}", "\"header\":{\"jku\":\"https://evil.example\"},", RC_JOSE_HEADER},
	{"x5u", "{\"alg\":\"ES256\"}", "\"header\":{\"x5u\":\"https://evil.example\"},", RC_JOSE_HEADER},
	{"x5c", "{\"alg\":\"ES256\"}", "\"header\":{\"x5c\":[\"AA==\"]},", RC_JOSE_HEADER},
	{"kid a number", "{\"alg\":\"ES256\"}", "\"header\":{\"kid\":1},", RC_JOSE_HEADER},
	{"an array", "{\"alg\":\"ES256\"}", "\"header\":[],", RC_JOSE_MALFORMED},
	{"null", "{\"alg\":\"ES256\"}", "\"header\":null,", RC_JOSE_MALFORMED},
};

static void jws_unprotected_header_rules(void)
{
	struct fixture f;
	struct jws_rules rules = open_rules;
	rules.understood = understood;
	rules.understood_count = ARRAY_LEN(understood);
	setup(&f);
	T_ROWS(row, unprotected_rows, name) {
		CHECK_RC(verify(&f, flattened(&f, slice_cstr(row->protected_header), row->more), &rules),
			 row->rc);
	}
	teardown(&f);
}

#define P64 "eyJhbGciOiJFUzI1NiJ9" /* {"alg":"ES256"} */

/* Envelopes; none of the signatures need hold. */
static const struct row envelope_rows[] = {
	ROW("nothing", "", RC_JOSE_MALFORMED),
	ROW("an array", "[]", RC_JOSE_MALFORMED),
	ROW("an empty object", "{}", RC_JOSE_MALFORMED),
	ROW("no signature", "{\"payload\":\"\",\"protected\":\"" P64 "\"}", RC_JOSE_MALFORMED),
	ROW("no payload", "{\"protected\":\"" P64 "\",\"signature\":\"AA\"}", RC_JOSE_MALFORMED),
	ROW("payload an object", "{\"payload\":{},\"protected\":\"" P64 "\",\"signature\":\"AA\"}", RC_JOSE_MALFORMED),
	ROW("signature a number", "{\"payload\":\"\",\"protected\":\"" P64 "\",\"signature\":1}", RC_JOSE_MALFORMED),
	ROW("signature empty", "{\"payload\":\"\",\"protected\":\"" P64 "\",\"signature\":\"\"}", RC_JOSE_SIGNATURE),
	ROW("signature no base64url", "{\"payload\":\"\",\"protected\":\"" P64 "\",\"signature\":\"A+A=\"}", RC_JOSE_MALFORMED),
	ROW("protected missing", "{\"payload\":\"\",\"signature\":\"AA\"}", RC_JOSE_ALG),
	ROW("protected empty", "{\"payload\":\"\",\"protected\":\"\",\"signature\":\"AA\"}", RC_JOSE_MALFORMED),
	ROW("protected an object", "{\"payload\":\"\",\"protected\":{\"alg\":\"ES256\"},\"signature\":\"AA\"}", RC_JOSE_MALFORMED),
	ROW("protected no base64url", "{\"payload\":\"\",\"protected\":\"e30=\",\"signature\":\"AA\"}", RC_JOSE_MALFORMED),
	ROW("protected an empty object", "{\"payload\":\"\",\"protected\":\"e30\",\"signature\":\"AA\"}", RC_JOSE_ALG),
	ROW("a member twice", "{\"payload\":\"\",\"payload\":\"\",\"protected\":\"" P64 "\",\"signature\":\"AA\"}", RC_JOSE_MALFORMED),
	ROW("a member twice by escape", "{\"payload\":\"\",\"p\\u0061yload\":\"\",\"protected\":\"" P64 "\",\"signature\":\"AA\"}",
	    RC_JOSE_MALFORMED),
	ROW("a second object", "{\"payload\":\"\",\"protected\":\"" P64 "\",\"signature\":\"AA\"}{}", RC_JOSE_MALFORMED),
	ROW("a NUL and more", "{\"payload\":\"\",\"protected\":\"" P64 "\",\"signature\":\"AA\"}\0{}", RC_JOSE_MALFORMED),
	ROW("a comment", "{/**/\"payload\":\"\",\"protected\":\"" P64 "\",\"signature\":\"AA\"}", RC_JOSE_MALFORMED),
	ROW("a trailing comma", "{\"payload\":\"\",\"protected\":\"" P64 "\",\"signature\":\"AA\",}", RC_JOSE_MALFORMED),
	ROW("a byte order mark", "\xEF\xBB\xBF{\"payload\":\"\",\"protected\":\"" P64 "\",\"signature\":\"AA\"}", RC_JOSE_MALFORMED),
	ROW("bad UTF-8", "{\"payload\":\"\",\"protected\":\"" P64 "\",\"signature\":\"AA\",\"x\":\"\xC0\x80\"}", RC_JOSE_MALFORMED),
	ROW("too deep", "{\"payload\":\"\",\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", RC_LIMIT),
	ROW("signatures empty", "{\"payload\":\"\",\"signatures\":[]}", RC_JOSE_MALFORMED),
	ROW("signatures an object", "{\"payload\":\"\",\"signatures\":{\"protected\":\"" P64 "\",\"signature\":\"AA\"}}", RC_JOSE_MALFORMED),
	ROW("signatures an object of signatures",
	    "{\"payload\":\"\",\"signatures\":{\"a\":{\"protected\":\"" P64 "\",\"signature\":\"AA\"}}}", RC_JOSE_MALFORMED),
	ROW("signatures of numbers", "{\"payload\":\"\",\"signatures\":[1]}", RC_JOSE_MALFORMED),
	ROW("a signature without its value", "{\"payload\":\"\",\"signatures\":[{\"protected\":\"" P64 "\"}]}", RC_JOSE_MALFORMED),
	ROW("both forms by signature", "{\"payload\":\"\",\"signatures\":[{\"protected\":\"" P64 "\",\"signature\":\"AA\"}],\"signature\":\"AA\"}",
	    RC_JOSE_MALFORMED),
	ROW("both forms by protected",
	    "{\"payload\":\"\",\"signatures\":[{\"protected\":\"" P64 "\",\"signature\":\"AA\"}],\"protected\":\"" P64 "\"}", RC_JOSE_MALFORMED),
	ROW("both forms by header", "{\"payload\":\"\",\"signatures\":[{\"protected\":\"" P64 "\",\"signature\":\"AA\"}],\"header\":{}}",
	    RC_JOSE_MALFORMED),
	ROW("a signature that does not hold", "{\"payload\":\"\",\"signatures\":[{\"protected\":\"" P64 "\",\"signature\":\"AA\"}]}",
	    RC_JOSE_SIGNATURE),
	ROW("one part", P64, RC_JOSE_MALFORMED),
	ROW("two parts", P64 ".AA", RC_JOSE_MALFORMED),
	ROW("four parts", P64 ".AA.AA.AA", RC_JOSE_MALFORMED),
	ROW("five parts", P64 ".AA.AA.AA.AA", RC_JOSE_MALFORMED),
	ROW("no header", ".AA.AA", RC_JOSE_MALFORMED),
	ROW("no payload in compact: an empty one", P64 "..AA", RC_JOSE_SIGNATURE),
	ROW("no signature in compact", P64 ".AA.", RC_JOSE_MALFORMED),
	ROW("dots", "...........", RC_JOSE_MALFORMED),
	ROW("a space before", " " P64 ".AA.AA", RC_JOSE_MALFORMED),
};

static void jws_envelope_rules(void)
{
	struct fixture f;
	setup(&f);
	T_ROWS(row, envelope_rows, name)
		CHECK_RC(verify(&f, row->text, &open_rules), row->rc);
	teardown(&f);
}

/* RFC 8725bis 2.13: one text must not be two things to two readers. */
static void jws_form_that_is_not_wanted_is_not_read(void)
{
	static const struct {
		unsigned form;
		const char *name;
	} rows[] = {{JWS_COMPACT, "compact"}, {JWS_FLATTENED, "flattened"}, {JWS_GENERAL, "general"}, {0, "none"}};
	struct fixture f;
	struct slice texts[3] = {SLICE_NONE, SLICE_NONE, SLICE_NONE};
	setup(&f);
	struct jws_signing signing = {.signer = jwt_signer_of(f.ec), .alg = JOSE_ES256, .kid = SLICE("k1")};
	for (size_t i = 0; i < 3; i++) {
		struct jws_content content = {(enum jws_form)rows[i].form, SLICE("x"), false, false};
		CHECK_OK(jws_sign_any(&content, &signing, 1, &f.arena, &texts[i]));
	}
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 3; k++) {
			struct jws_rules rules = open_rules;
			t_set_row(rows[i].name);
			rules.forms = rows[i].form;
			CHECK_RC(verify(&f, texts[k], &rules), i == k ? RC_OK : RC_JOSE_MALFORMED);
		}
	t_set_row("polyglot");
	struct slice parts[] = {SLICE("{\"payload\":\"\",\"protected\":\"\",\"signature\":\"\",\"x\":\""), texts[0], SLICE("\"}")};
	struct jws_rules rules = open_rules;
	rules.forms = JWS_COMPACT;
	CHECK_RC(verify(&f, text_of(&f, parts, 3), &rules), RC_JOSE_MALFORMED);
	t_set_row("too deep, had it been read");
	CHECK_RC(verify(&f, SLICE("{\"payload\":\"\",\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"), &rules), RC_JOSE_MALFORMED);
	teardown(&f);
}

static void jws_other_members_are_ignored(void)
{
	struct fixture f;
	setup(&f);
	CHECK_OK(verify(&f, flattened(&f, SLICE("{\"alg\":\"ES256\"}"), "\"x\":{\"signature\":1},"), &open_rules));
	teardown(&f);
}

static void jws_payload_is_in_one_place(void)
{
	struct fixture f;
	struct jws_rules apart = open_rules;
	setup(&f);
	struct slice inside = compact(&f, SLICE("{\"alg\":\"ES256\"}"), SLICE("cGF5bG9hZA"));
	struct slice flat = flattened(&f, SLICE("{\"alg\":\"ES256\"}"), "");
	apart.detached = true;
	apart.payload = SLICE("payload");
	CHECK_OK(verify(&f, inside, &open_rules));
	CHECK_RC(verify(&f, inside, &apart), RC_JOSE_MALFORMED);
	CHECK_RC(verify(&f, flat, &apart), RC_JOSE_MALFORMED);
	struct jws_signing signing = {.signer = jwt_signer_of(f.ec), .alg = JOSE_ES256};
	struct jws_content content = {JWS_COMPACT, SLICE("payload"), true, false};
	struct slice outside = SLICE_NONE;
	CHECK_OK(jws_sign_any(&content, &signing, 1, &f.arena, &outside));
	CHECK_OK(verify(&f, outside, &apart));
	CHECK_RC(verify(&f, outside, &open_rules), RC_JOSE_SIGNATURE);
	content.form = JWS_FLATTENED;
	CHECK_OK(jws_sign_any(&content, &signing, 1, &f.arena, &outside));
	CHECK_OK(verify(&f, outside, &apart));
	CHECK_RC(verify(&f, outside, &open_rules), RC_JOSE_MALFORMED);
	teardown(&f);
}

/* A payload is any sequence of octets (RFC 7515 2), none too; in the compact form it then looks as one that is apart. */
static void jws_payload_may_be_empty(void)
{
	struct fixture f;
	struct jws_rules apart = open_rules;
	apart.detached = true;
	setup(&f);
	struct jws_signing signing = {.signer = jwt_signer_of(f.ec), .alg = JOSE_ES256};
	for (unsigned form = JWS_COMPACT; form <= JWS_GENERAL; form <<= 1) {
		struct jws_content content = {(enum jws_form)form, SLICE_NONE, false, false};
		struct slice text = SLICE_NONE;
		CHECK_OK(jws_sign_any(&content, &signing, 1, &f.arena, &text));
		apart.payload = SLICE_NONE;
		CHECK_OK(verify(&f, text, &open_rules));
		CHECK_RC(verify(&f, text, &apart), form == JWS_COMPACT ? RC_OK : RC_JOSE_MALFORMED);
		apart.payload = SLICE("x");
		CHECK_RC(verify(&f, text, &apart), form == JWS_COMPACT ? RC_JOSE_SIGNATURE : RC_JOSE_MALFORMED);
	}
	teardown(&f);
}

static void jws_payload_is_read_strictly(void)
{
	static const struct row rows[] = {ROW("padding", "cGF5bG9hZA==", RC_JOSE_MALFORMED), ROW("trailing bits", "cGF5bG9hZB", RC_JOSE_MALFORMED),
					  ROW("plus", "cGF5bG9+", RC_JOSE_MALFORMED), ROW("a line break", "cGF5\n", RC_JOSE_MALFORMED),
					  ROW("one character", "c", RC_JOSE_MALFORMED), ROW("good", "cGF5bG9hZA", RC_OK)};
	struct fixture f;
	setup(&f);
	T_ROWS(r, rows, name) {
		CHECK_RC(verify(&f, compact(&f, SLICE("{\"alg\":\"ES256\"}"), r->text), &open_rules), r->rc);
	}
	teardown(&f);
}

#define UNENCODED "{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"]}"

static void jws_unencoded_payload_rules(void)
{
	static const struct row rows[] = {ROW("good", "$02 {}~ -", RC_OK), ROW("good though it looks encoded", "cGF5bG9hZA", RC_OK),
					  ROW("a control", "a\tb", RC_JOSE_MALFORMED), ROW("beyond ASCII", "\xC3\xA9", RC_JOSE_MALFORMED),
					  ROW("DEL", "a\x7F", RC_JOSE_MALFORMED), ROW("a dot", "a.b", RC_JOSE_MALFORMED)};
	struct fixture f;
	struct jws_rules rules = open_rules;
	struct jws_signed s;
	setup(&f);
	rules.unencoded = true;
	T_ROWS(r, rows, name)
		CHECK_RC(verify(&f, compact(&f, SLICE(UNENCODED), r->text), &rules), r->rc);
	t_set_row("as it is");
	CHECK_OK(jws_verify_any(compact(&f, SLICE(UNENCODED), SLICE("cGF5bG9hZA")), f.set, &rules, &f.arena, &s));
	CHECK_SLICE(s.payload, SLICE("cGF5bG9hZA"));
	t_set_row("not in crit");
	CHECK_RC(verify(&f, compact(&f, SLICE("{\"alg\":\"ES256\",\"b64\":false}"), SLICE("$")), &rules), RC_JOSE_CRIT);
	CHECK_RC(verify(&f, compact(&f, SLICE("{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"c\"],\"c\":1}"), SLICE("$")), &rules), RC_JOSE_CRIT);
	teardown(&f);
}

/* RFC 7797 5.3: in JSON it may hold any character, by escape too. */
static void jws_unencoded_payload_in_json(void)
{
	struct fixture f;
	struct jws_rules rules = open_rules;
	struct jws_signed s;
	setup(&f);
	rules.unencoded = true;
	struct slice raw = SLICE("a.\n\xC3\xA9\"");
	struct slice parts[] = {SLICE("{\"payload\":\"a.\\n\\u00e9\\\"\",\"protected\":\""), encoded(&f, SLICE(UNENCODED)),
				SLICE("\",\"signature\":\""), signature_of(&f, f.ec, SLICE(UNENCODED), raw), SLICE("\"}")};
	CHECK_OK(jws_verify_any(text_of(&f, parts, ARRAY_LEN(parts)), f.set, &rules, &f.arena, &s));
	CHECK_SLICE(s.payload, raw);
	teardown(&f);
}

/* A general text of signatures by these keys, 'e' good, 'E' broken, 'm' and 'M' the MAC's, 'u' of an unknown kid,
 * 'b' good but unencoded. */
static struct slice general(struct fixture *f, const char *who)
{
	static const char mac[] = "{\"alg\":\"HS256\",\"kid\":\"m1\"}", ec[] = "{\"alg\":\"ES256\",\"kid\":\"k1\"}";
	static const char unknown[] = "{\"alg\":\"ES256\",\"kid\":\"zz\"}";
	struct buf b;
	struct slice payload = encoded(f, SLICE("payload")), text = SLICE_NONE;
	buf_init(&b, 1 << 16);
	buf_format(&b, "{\"payload\":\"%.*s\",\"signatures\":[", SLICE_ARGS(payload));
	for (const char *p = who; *p != 0; p++) {
		struct slice header = slice_cstr(*p == 'b' ? UNENCODED : *p == 'u' ? unknown : (*p | 32) == 'e' ? ec : mac);
		struct slice signature = signature_of(f, (*p | 32) == 'm' ? f->mac : f->ec, header, payload);
		struct slice protected64 = encoded(f, header);
		buf_format(&b, "%s{\"protected\":\"%.*s\",\"signature\":\"%s%.*s\"}", p == who ? "" : ",", SLICE_ARGS(protected64),
			   *p == 'E' || *p == 'M' ? "AAAA" : "", SLICE_ARGS(*p == 'E' || *p == 'M' ? slice_from(signature, 4) : signature));
	}
	buf_put(&b, SLICE("]}"));
	CHECK_OK(buf_rc(&b));
	CHECK_OK(arena_copy(&f->arena, buf_slice(&b), &text));
	buf_free(&b);
	return text;
}

static void jws_several_signatures(void)
{
	static const struct {
		const char *who;
		size_t needed;
		bool all;
		enum rc rc;
	} rows[] = {
		{"e", 0, false, RC_OK},
		{"e", 1, true, RC_OK},
		{"em", 2, true, RC_OK},
		{"eM", 1, false, RC_OK},
		{"Em", 0, false, RC_OK},
		{"ue", 0, false, RC_OK},
		{"ume", 2, false, RC_OK},
		{"E", 0, false, RC_JOSE_SIGNATURE},
		{"EM", 0, false, RC_JOSE_SIGNATURE},
		{"uM", 0, false, RC_JOSE_KID},
		{"e", 2, false, RC_JOSE_SIGNATURE},
		{"ee", 2, false, RC_JOSE_SIGNATURE},
		{"eeme", 3, false, RC_JOSE_SIGNATURE},
		{"eM", 1, true, RC_JOSE_SIGNATURE},
		{"em", 3, false, RC_JOSE_SIGNATURE},
		{"eu", 1, true, RC_JOSE_KID},
		{"ee", 1, true, RC_OK},
		{"eb", 0, false, RC_JOSE_HEADER},
		{"be", 0, false, RC_JOSE_HEADER},
		{"eeeeeeeeeeeeeeee", 0, false, RC_OK},
		{"eeeeeeeeeeeeeeeee", 0, false, RC_LIMIT},
	};
	struct fixture f;
	setup(&f);
	T_ROWS(row, rows, who) {
		struct jws_rules rules = open_rules;
		rules.needed = row->needed;
		rules.all = row->all;
		rules.unencoded = true;
		CHECK_RC(verify(&f, general(&f, row->who), &rules), row->rc);
	}
	struct jws_signed s;
	t_set_row("each says whether it holds");
	CHECK_OK(jws_verify_any(general(&f, "uMe"), f.set, &open_rules, &f.arena, &s));
	CHECK(s.count == 3 && s.signatures[0].rc == RC_JOSE_KID && s.signatures[1].rc == RC_JOSE_SIGNATURE && s.signatures[2].rc == RC_OK);
	CHECK(s.signatures[2].key == jwks_at(f.set, 0));
	CHECK_SLICE(s.payload, SLICE("payload"));
	t_set_row("an algorithm that is not allowed does not count");
	struct jws_rules only_ec = open_rules;
	only_ec.algs = JOSE_ALG_BIT(JOSE_ES256);
	CHECK_RC(verify(&f, general(&f, "m"), &only_ec), RC_JOSE_ALG);
	CHECK_OK(verify(&f, general(&f, "me"), &only_ec));
	t_set_row("the algorithm is asked before the key");
	only_ec.algs = JOSE_ALG_BIT(JOSE_RS256);
	CHECK_RC(verify(&f, general(&f, "u"), &only_ec), RC_JOSE_ALG);
	only_ec.algs = 0;
	CHECK_RC(verify(&f, general(&f, "me"), &only_ec), RC_JOSE_ALG);
	teardown(&f);
}

#define EC_WHOLE EC_PUBLIC ",\"d\":\"" EC_D "\""
#define ED_WHOLE ED_PUBLIC ",\"d\":\"" ED_D "\""
#define RSA_WHOLE RSA_PUBLIC ",\"d\":\"" RSA_D "\""

static struct jwk *named(const char *members, const char *kid)
{
	char text[4096];
	struct jwk *key = NULL;
	(void)snprintf(text, sizeof text, "{%s,\"kid\":\"%s\"}", members, kid);
	CHECK_OK(jwk_read(slice_cstr(text), JWK_ANY, &key));
	return key;
}

static void jws_one_key_under_two_kids_counts_once(void)
{
	/* The first two are one key, whatever else they say. */
	static const char *const rows[][3] = {
		{EC_WHOLE, EC_WHOLE ",\"use\":\"sig\",\"alg\":\"ES256\"", ED_WHOLE},
		{ED_WHOLE, ED_WHOLE ",\"alg\":\"Ed25519\"", EC_WHOLE},
		{RSA_WHOLE ",\"alg\":\"PS256\"", RSA_WHOLE ",\"alg\":\"RS256\"", EC_WHOLE},
		{OCT_32 ",\"alg\":\"HS256\"", OCT_32 ",\"alg\":\"HS256\",\"use\":\"sig\"",
		 "\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""},
		{OCT_32 ",\"alg\":\"HS256\"", OCT_32 ",\"alg\":\"HS256\",\"use\":\"sig\"", EC_WHOLE},
	};
	static const char *const kids[3] = {"a", "b", "c"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct jwk *keys[3];
		struct jwks *set = NULL;
		struct arena arena;
		struct jws_signed s;
		struct jws_signing by[3];
		struct slice text = SLICE_NONE;
		t_set_row(rows[i][1]);
		arena_init(&arena, 1 << 20);
		for (size_t k = 0; k < 3; k++) {
			keys[k] = named(rows[i][k], kids[k]);
			by[k] = (struct jws_signing){.signer = jwt_signer_of(keys[k]), .kid = slice_cstr(kids[k])};
			CHECK_OK(jwk_alg(keys[k], &by[k].alg));
		}
		CHECK_OK(jwks_of(keys, 3, &set));
		struct jws_content content = {JWS_GENERAL, SLICE("payload"), false, false};
		struct jws_rules rules = open_rules;
		rules.needed = 2;
		rules.all = true;
		CHECK_OK(jws_sign_any(&content, by, 2, &arena, &text));
		CHECK_RC(jws_verify_any(text, set, &rules, &arena, &s), RC_JOSE_SIGNATURE);
		CHECK_OK(jws_sign_any(&content, by, 3, &arena, &text));
		CHECK_OK(jws_verify_any(text, set, &rules, &arena, &s));
		rules.needed = 3;
		CHECK_RC(jws_verify_any(text, set, &rules, &arena, &s), RC_JOSE_SIGNATURE);
		jwks_unref(set);
		for (size_t k = 0; k < 3; k++)
			jwk_unref(keys[k]);
		arena_reset(&arena);
	}
}

/* RFC 8725 3.1, as of tokens (test_jwt_policy). */
static void jws_a_key_without_alg_serves_one_algorithm(void)
{
	static const struct {
		const char *name, *key;
		jose_alg_set algs;
		enum jose_alg alg;
		enum rc rc;
	} rows[] = {
		{"RSA where one is allowed", RSA_WHOLE, JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_ES256), JOSE_PS256, RC_OK},
		{"RSA where two are", RSA_WHOLE, JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_RS256), JOSE_PS256, RC_JOSE_ALG},
		{"RSA with its alg where two are", RSA_WHOLE ",\"alg\":\"PS256\"",
		 JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_RS256), JOSE_PS256, RC_OK},
		{"oct where two are", OCT_32, JOSE_ALG_BIT(JOSE_HS256) | JOSE_ALG_BIT(JOSE_HS512), JOSE_HS256, RC_JOSE_ALG},
		{"oct where one is", OCT_32, JOSE_ALG_BIT(JOSE_HS256) | JOSE_ALG_BIT(JOSE_RS256), JOSE_HS256, RC_OK},
		{"EC where all are", EC_WHOLE, JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1, JOSE_ES256, RC_OK},
	};
	static const enum jws_form forms[] = {JWS_COMPACT, JWS_FLATTENED, JWS_GENERAL};
	T_ROWS(row, rows, name) {
		struct jwk *key = named(row->key, "a");
		struct jwks *set = NULL;
		struct arena a;
		struct jws_signed s;
		arena_init(&a, 1 << 20);
		CHECK_OK(jwks_of(&key, 1, &set));
		for (size_t k = 0; k < ARRAY_LEN(forms); k++) {
			struct jws_content content = {forms[k], SLICE("payload"), false, false};
			struct jws_rules rules = {.algs = row->algs, .forms = forms[k]};
			struct jws_signing by = {.signer = jwt_signer_of(key), .alg = row->alg};
			struct slice text = SLICE_NONE;
			CHECK_OK(jws_sign_any(&content, &by, 1, &a, &text));
			CHECK_RC(jws_verify_any(text, set, &rules, &a, &s), row->rc);
		}
		jwks_unref(set);
		jwk_unref(key);
		arena_reset(&a);
	}
}

static void jws_every_changed_byte_is_refused(void)
{
	struct fixture f;
	struct jws_rules rules = open_rules;
	setup(&f);
	rules.all = true;
	struct slice text = general(&f, "me");
	uint8_t *p = (uint8_t *)(uintptr_t)text.p;
	CHECK_OK(verify(&f, text, &rules));
	for (size_t i = 0; i < text.n; i++) {
		uint8_t was = p[i];
		p[i] = was == 'A' ? 'B' : 'A';
		CHECK(verify(&f, text, &rules) != RC_OK);
		p[i] = was;
	}
	teardown(&f);
}

static void jws_text_has_a_maximum(void)
{
	struct fixture f;
	static char big[JWS_TEXT_MAX + 1];
	setup(&f);
	memset(big, ' ', sizeof big);
	struct slice good = flattened(&f, SLICE("{\"alg\":\"ES256\"}"), "");
	memcpy(big, good.p, good.n);
	CHECK_OK(verify(&f, slice_of(big, JWS_TEXT_MAX), &open_rules));
	CHECK_RC(verify(&f, slice_of(big, JWS_TEXT_MAX + 1), &open_rules), RC_LIMIT);
	char header[JWT_HEADER_MAX + 1];
	memset(header, ' ', sizeof header);
	memcpy(header, "{\"alg\":\"ES256\"}", 15);
	CHECK_OK(verify(&f, flattened(&f, slice_of(header, JWT_HEADER_MAX), ""), &open_rules));
	CHECK_RC(verify(&f, flattened(&f, slice_of(header, JWT_HEADER_MAX + 1), ""), &open_rules), RC_JOSE_SIZE);
	teardown(&f);
}

/* With memory for less and less: never another answer than that, and never a good one too soon. */
static void validate_memory(struct fixture *f, struct slice text, const struct jws_rules *rules, enum rc wanted)
{
	bool reached = false;
	for (size_t max = 0; max < 49152; max += 32) {
		struct arena a;
		struct jws_signed s;
		arena_init(&a, max);
		enum rc rc = jws_verify_any(text, f->set, rules, &a, &s);
		CHECK(rc == wanted || (rc == RC_MEMORY && !reached));
		reached = reached || rc == wanted;
		arena_reset(&a);
	}
	CHECK(reached);
}

#define LONG_NAME "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" \
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

static void jws_memory_that_ends_is_a_limit(void)
{
	struct fixture f;
	struct jws_rules rules = open_rules;
	setup(&f);
	rules.understood = understood;
	rules.understood_count = ARRAY_LEN(understood);
	struct slice header = SLICE("{\"alg\":\"ES256\",\"kid\":\"\\u006b1\",\"crit\":[\"\\u0062\"],\"b\":1}");
	validate_memory(&f, flattened(&f, header, "\"header\":{\"\\u0078\":1},"), &rules, RC_OK);
	t_set_row("protected, escaped");
	struct slice payload = encoded(&f, SLICE("payload")), protected64 = encoded(&f, header);
	struct slice parts[] = {SLICE("{\"payload\":\""), payload, SLICE("\",\"protected\":\"\\u0065"), slice_from(protected64, 1),
				SLICE("\",\"signature\":\""), signature_of(&f, f.ec, header, payload), SLICE("\"}")};
	validate_memory(&f, text_of(&f, parts, ARRAY_LEN(parts)), &rules, RC_OK);
	t_set_row("a name twice, long and escaped");
	validate_memory(&f, flattened(&f, SLICE("{\"alg\":\"ES256\",\"" LONG_NAME "n\":1}"), "\"header\":{\"\\u006e" LONG_NAME "\":1},"), &rules,
		     RC_JOSE_HEADER);
	teardown(&f);
}

T_MAIN(T(jws_every_form_round_trips), T(jws_header_rules), T(jws_unprotected_header_rules), T(jws_envelope_rules),
       T(jws_form_that_is_not_wanted_is_not_read), T(jws_other_members_are_ignored), T(jws_payload_is_in_one_place), T(jws_payload_may_be_empty),
       T(jws_payload_is_read_strictly), T(jws_unencoded_payload_rules), T(jws_unencoded_payload_in_json), T(jws_several_signatures),
       T(jws_one_key_under_two_kids_counts_once), T(jws_a_key_without_alg_serves_one_algorithm),
       T(jws_every_changed_byte_is_refused), T(jws_text_has_a_maximum), T(jws_memory_that_ends_is_a_limit))
