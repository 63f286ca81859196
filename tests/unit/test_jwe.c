/* SPDX-License-Identifier: Apache-2.0 */
/* Opening JWE messages: headers, serializations, limits. Key management is in test_jwe_keys.c. */
#include "jwe_forge.h"

#include "jose/jwe/jwe_internal.h"
#include "jose/jws/jws.h"

static struct jwk *key16;

static struct jwk *dir_key(void)
{
	if (key16 == NULL)
		key16 = key_from(OCT_16);
	return key16;
}

/* A good message under dir and A128GCM but for its header. */
static enum rc open_header(const char *header, const struct jwe_policy *policy)
{
	struct arena a;
	arena_init(&a, 4 << 20);
	struct forge f = {.protected = header, .enc = JWE_A128GCM, .cek = counting(16), .plain = SLICE("plain")};
	enum rc rc = open_with(forge_compact(&f, &a), dir_key(), policy);
	arena_reset(&a);
	return rc;
}

static void header_without_fault_opens(void)
{
	struct jwe_policy hints = forge_policy, none = {0};
	hints.hints = true;
	CHECK_OK(open_header("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", &forge_policy));
	CHECK_OK(open_header("{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"x\":1,\"kid\":\"any\",\"typ\":\"JWT\"}", &forge_policy));
	CHECK_OK(open_header("{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"jwk\":{},\"jku\":\"x\",\"x5c\":[],\"x5u\":\"x\"}", &hints));
	CHECK_RC(open_header("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", &none), RC_JOSE_ALG);
}

static void header_refuses(void)
{
	static const struct {
		const char *name, *header;
		enum rc want;
	} rows[] = {
		{"no alg", "{\"enc\":\"A128GCM\"}", RC_JOSE_HEADER},
		{"alg null", "{\"alg\":null,\"enc\":\"A128GCM\"}", RC_JOSE_ALG},
		{"alg number", "{\"alg\":1,\"enc\":\"A128GCM\"}", RC_JOSE_ALG},
		{"alg none", "{\"alg\":\"none\",\"enc\":\"A128GCM\"}", RC_JOSE_ALG},
		{"alg in upper case", "{\"alg\":\"DIR\",\"enc\":\"A128GCM\"}", RC_JOSE_ALG},
		{"alg with a space", "{\"alg\":\"dir \",\"enc\":\"A128GCM\"}", RC_JOSE_ALG},
		{"alg escaped", "{\"alg\":\"\\u0064ir\",\"enc\":\"A128GCM\"}", RC_JOSE_ALG},
		{"alg RSA1_5", "{\"alg\":\"RSA1_5\",\"enc\":\"A128GCM\"}", RC_JOSE_ALG},
		{"alg of a signature", "{\"alg\":\"HS256\",\"enc\":\"A128GCM\"}", RC_JOSE_ALG},
		{"alg unknown", "{\"alg\":\"XX999\",\"enc\":\"A128GCM\"}", RC_JOSE_ALG},
		{"no enc", "{\"alg\":\"dir\"}", RC_JOSE_HEADER},
		{"enc null", "{\"alg\":\"dir\",\"enc\":null}", RC_JOSE_ALG},
		{"enc unknown", "{\"alg\":\"dir\",\"enc\":\"A128CTR\"}", RC_JOSE_ALG},
		{"enc of another key length", "{\"alg\":\"dir\",\"enc\":\"A256GCM\"}", RC_JOSE_ALG},
		{"jwk", "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"jwk\":{\"kty\":\"oct\"}}", RC_JOSE_HEADER},
		{"jku", "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"jku\":\"https://x.example\"}", RC_JOSE_HEADER},
		{"x5c", "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"x5c\":[]}", RC_JOSE_HEADER},
		{"x5u", "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"x5u\":\"https://x.example\"}", RC_JOSE_HEADER},
		{"b64", "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"b64\":false}", RC_JOSE_HEADER},
		{"kid empty", "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"\"}", RC_JOSE_HEADER},
		{"kid number", "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":7}", RC_JOSE_HEADER},
		{"alg twice", "{\"alg\":\"dir\",\"alg\":\"dir\",\"enc\":\"A128GCM\"}", RC_JOSE_HEADER},
		{"alg twice by escape", "{\"alg\":\"dir\",\"\\u0061lg\":\"dir\",\"enc\":\"A128GCM\"}", RC_JOSE_HEADER},
		{"array", "[\"dir\"]", RC_JOSE_HEADER},
		{"trailing data", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}{}", RC_JOSE_HEADER},
		{"no JSON", "alg", RC_JOSE_HEADER},
	};
	T_ROWS(row, rows, name)
		CHECK_RC(open_header(row->header, &forge_policy), row->want);
}

/* A name that is none must not pass for the first of the table. */
static void header_refuses_an_unknown_enc_even_with_a_key_for_another(void)
{
	struct arena a;
	struct jwk *key = key_from(OCT_32);
	arena_init(&a, 1 << 20);
	struct forge f = {.protected = "{\"alg\":\"dir\",\"enc\":\"A128CBC-HS257\"}", .enc = JWE_A128CBC_HS256, .cek = counting(32),
			  .plain = SLICE("plain")};
	CHECK_RC(open_with(forge_compact(&f, &a), key, &forge_policy), RC_JOSE_ALG);
	jwk_unref(key);
	arena_reset(&a);
}

static void header_refuses_crit_that_is_not_understood(void)
{
	static const struct slice understood[] = {SLICE_INIT("x"), SLICE_INIT("y")};
	struct jwe_policy p = forge_policy;
	p.critical = understood;
	p.critical_count = 2;
	static const struct {
		const char *name, *crit;
		enum rc want;
	} rows[] = {
		{"understood", "\"crit\":[\"x\"],\"x\":1", RC_OK},
		{"two understood", "\"crit\":[\"x\",\"y\"],\"x\":1,\"y\":2", RC_OK},
		{"unknown name", "\"crit\":[\"z\"],\"z\":1", RC_JOSE_CRIT},
		{"one of two unknown", "\"crit\":[\"x\",\"z\"],\"x\":1,\"z\":1", RC_JOSE_CRIT},
		{"empty", "\"crit\":[],\"x\":1", RC_JOSE_CRIT},
		{"no array", "\"crit\":\"x\",\"x\":1", RC_JOSE_CRIT},
		{"null", "\"crit\":null,\"x\":1", RC_JOSE_CRIT},
		{"an object", "\"crit\":{\"a\":\"x\"},\"x\":1", RC_JOSE_CRIT},
		{"number inside", "\"crit\":[1],\"x\":1", RC_JOSE_CRIT},
		{"twice", "\"crit\":[\"x\",\"x\"],\"x\":1", RC_JOSE_CRIT},
		{"names alg", "\"crit\":[\"alg\"]", RC_JOSE_CRIT},
		{"absent from the header", "\"crit\":[\"x\"]", RC_JOSE_CRIT},
		{"escaped", "\"crit\":[\"\\u0078\"],\"x\":1", RC_JOSE_CRIT},
	};
	T_ROWS(row, rows, name) {
		char header[256];
		(void)snprintf(header, sizeof header, "{\"alg\":\"dir\",\"enc\":\"A128GCM\",%s}", row->crit);
		CHECK_RC(open_header(header, &p), row->want);
	}
	CHECK_RC(open_header("{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"crit\":[\"x\"],\"x\":1}", &forge_policy), RC_JOSE_CRIT);
}

static void policy_refuses_other_algorithms(void)
{
	struct jwe_policy p = forge_policy;
	const char *header = "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}";
	p.algs = JWE_ALL_ALGS & ~JWE_ALG_BIT(JWE_DIR);
	CHECK_RC(open_header(header, &p), RC_JOSE_ALG);
	p = forge_policy;
	p.encs = JWE_ALL_ENCS & ~JWE_ENC_BIT(JWE_A128GCM);
	CHECK_RC(open_header(header, &p), RC_JOSE_ALG);
}

/* The letters h, i, c and t stand for the parts of `p`. */
static struct slice expand(const char *shape, const struct forged *p, struct buf *b)
{
	const struct slice parts[] = {p->protected64, p->iv64, p->text64, p->tag64};
	for (; *shape != '\0'; shape++) {
		size_t at = slice_find(SLICE("hict"), (uint8_t)*shape);
		if (at == 4)
			buf_byte(b, (uint8_t)*shape);
		else
			buf_put(b, parts[at]);
	}
	return buf_slice(b);
}

static void compact_refuses_other_shapes(void)
{
	static const struct {
		const char *name, *shape;
	} rows[] = {
		{"four parts", "h..i.c"},          {"three parts, a JWS", "h.i.c"},     {"six parts", "h..i.c.t."},
		{"a dot before", ".h..i.c.t"},     {"no header", "..i.c.t"},            {"a line feed behind", "h..i.c.t\n"},
		{"a space before", " h..i.c.t"},   {"padding", "h..i.c=.t"},            {"plus in the iv", "h..+i.c.t"},
		{"a question mark in the tag", "h..i.c.t?"}, {"nothing", ""},           {"dots", "...."},
		{"a line feed in the key", "h.\n.i.c.t"},
	};
	struct arena a;
	arena_init(&a, 4 << 20);
	struct forge f = {.protected = "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", .enc = JWE_A128GCM, .cek = counting(16),
			  .plain = SLICE("plain")};
	struct forged p = forge_parts(&f, &a);
	T_ROWS(row, rows, name) {
		uint8_t memory[512];
		struct buf b;
		buf_over(&b, memory, sizeof memory);
		CHECK_RC(open_with(expand(row->shape, &p, &b), dir_key(), &forge_policy), RC_JOSE_MALFORMED);
	}
	arena_reset(&a);
}

/* Two texts for one message would break whoever remembers messages by their text. */
static void compact_refuses_non_zero_trailing_bits(void)
{
	struct arena a;
	arena_init(&a, 4 << 20);
	struct forge f = {.protected = "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", .enc = JWE_A128GCM, .cek = counting(16),
			  .plain = SLICE("plain")};
	struct slice text = forge_compact(&f, &a);
	uint8_t copy[512];
	memcpy(copy, text.p, text.n);
	CHECK_OK(open_with(slice_of(copy, text.n), dir_key(), &forge_policy));
	/* 16 bytes of tag leave four bits in the last character, which must be 0: 'A', 'Q', 'g', 'w'. */
	CHECK(strchr("AQgw", copy[text.n - 1]) != NULL);
	copy[text.n - 1]++;
	CHECK_RC(open_with(slice_of(copy, text.n), dir_key(), &forge_policy), RC_JOSE_MALFORMED);
	arena_reset(&a);
}

static void lengths_of_tag_and_iv_are_exact(void)
{
	static const enum jwe_enc encs[] = {JWE_A128GCM, JWE_A128CBC_HS256};
	for (size_t e = 0; e < ARRAY_LEN(encs); e++) {
		struct jwk *key = encs[e] == JWE_A128GCM ? key_from(OCT_16) : key_from(OCT_32);
		char header[64];
		size_t iv_n = crypto_enc_iv_len((enum crypto_enc)encs[e]);
		(void)snprintf(header, sizeof header, "{\"alg\":\"dir\",\"enc\":\"%s\"}", encs[e] == JWE_A128GCM ? "A128GCM" : "A128CBC-HS256");
		for (size_t n = 1; n <= 32; n++) {
			struct arena a;
			arena_init(&a, 1 << 20);
			struct forge f = {.protected = header, .enc = encs[e], .cek = counting(jwe_enc_row(encs[e])->key_len),
					  .plain = SLICE("plain"), .tag_n = n};
			CHECK_RC(open_with(forge_compact(&f, &a), key, &forge_policy), n == 16 ? RC_OK : RC_JOSE_DECRYPT);
			f.tag_n = 0;
			f.iv_n = n;
			CHECK_RC(open_with(forge_compact(&f, &a), key, &forge_policy), n == iv_n ? RC_OK : RC_JOSE_DECRYPT);
			arena_reset(&a);
		}
		jwk_unref(key);
	}
}

static void ciphertext_cut_short_is_refused(void)
{
	struct jwk *key = key_from(OCT_32);
	for (size_t cut = 0; cut <= 32; cut++) {
		struct arena a;
		arena_init(&a, 1 << 20);
		struct forge f = {.protected = "{\"alg\":\"dir\",\"enc\":\"A128CBC-HS256\"}", .enc = JWE_A128CBC_HS256, .cek = counting(32),
				  .plain = SLICE("more than a block of it"), .cut = cut};
		CHECK_RC(open_with(forge_compact(&f, &a), key, &forge_policy), cut == 0 ? RC_OK : RC_JOSE_DECRYPT);
		arena_reset(&a);
	}
	jwk_unref(key);
}

/* Signing and encrypting never pass for each other, whatever the keys. */
static void jwe_and_jws_are_told_apart(void)
{
	struct arena a;
	struct jws jws;
	struct jwe jwe = {.plain = SLICE_NONE};
	struct slice signed_text, sealed;
	struct jwk *rsa = key_from(RSA_PRIVATE);
	arena_init(&a, 1 << 20);
	struct jwt_signer signer = jwt_signer_of(rsa);
	CHECK_OK(jwt_sign(&signer, JOSE_RS256, SLICE_NONE, SLICE_NONE, SLICE("{}"), &a, &signed_text));
	CHECK_RC(open_with(signed_text, rsa, &forge_policy), RC_JOSE_MALFORMED);
	/* Whoever has the verifier's public key can encrypt to it; that proves nothing. */
	struct jwe_recipient to = {.key = rsa, .alg = JWE_RSA_OAEP_256};
	struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = JWE_A128GCM, .typ = SLICE("JWT")};
	CHECK_OK(jwe_encrypt(&spec, SLICE("{\"sub\":\"admin\"}"), &a, &sealed));
	struct jwe_keys keys = {.key = rsa};
	CHECK_OK(jwe_decrypt(sealed, &keys, &forge_policy, &a, &jwe));
	CHECK_RC(jws_verify_key(sealed, rsa, JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1, &a, &jws), RC_JOSE_MALFORMED);
	jwk_unref(rsa);
	arena_reset(&a);
}

/* A flattened message under dir but for what `more` adds. */
static enum rc open_json(const char *protected, const char *more, const struct jwe_policy *policy)
{
	struct arena a;
	arena_init(&a, 4 << 20);
	struct forge f = {.protected = protected, .more = more, .enc = JWE_A128GCM, .cek = counting(16), .plain = SLICE("plain")};
	enum rc rc = open_with(forge_json(&f, &a), dir_key(), policy);
	arena_reset(&a);
	return rc;
}

static void json_opens_only_where_it_is_allowed(void)
{
	struct jwe_policy p = forge_policy;
	CHECK_OK(open_json("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "", &p));
	CHECK_OK(open_json("{\"enc\":\"A128GCM\"}", "\"header\":{\"alg\":\"dir\"},", &p));
	CHECK_OK(open_json("{\"enc\":\"A128GCM\"}", "\"unprotected\":{\"alg\":\"dir\"},\"other\":[1],", &p));
	CHECK_OK(open_json("{\"enc\":\"A128GCM\"}", "\"recipients\":[{\"header\":{\"alg\":\"dir\"}}],", &p));
	p.json = false;
	CHECK_RC(open_json("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "", &p), RC_JOSE_MALFORMED);
}

/* RFC 8259 2: white space may stand before an object. */
static void json_may_begin_with_white_space(void)
{
	struct arena a;
	struct slice text = SLICE_NONE;
	struct forge f = {.protected = "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", .more = "", .enc = JWE_A128GCM, .cek = counting(16),
			  .plain = SLICE("plain")};
	arena_init(&a, 4 << 20);
	CHECK_OK(arena_join(&a, (struct slice[]){SLICE(" \t\r\n"), forge_json(&f, &a)}, 2, &text));
	CHECK_OK(open_with(text, dir_key(), &forge_policy));
	arena_reset(&a);
}

static void json_refuses_unprotected_enc_unless_allowed(void)
{
	struct jwe_policy p = forge_policy;
	CHECK_RC(open_json("[]", "\"unprotected\":{\"alg\":\"dir\",\"enc\":\"A128GCM\"},", &(struct jwe_policy){
			   .algs = JWE_ALL_ALGS, .encs = JWE_ALL_ENCS, .json = true, .unprotected = true}), RC_JOSE_HEADER);
	CHECK_RC(open_json("{\"alg\":\"dir\"}", "", &(struct jwe_policy){
			   .algs = JWE_ALL_ALGS, .encs = JWE_ALL_ENCS, .json = true, .unprotected = true}), RC_JOSE_HEADER);
	const char *rows[] = {"\"unprotected\":{\"alg\":\"dir\",\"enc\":\"A128GCM\"},", "\"header\":{\"alg\":\"dir\",\"enc\":\"A128GCM\"},"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		p.unprotected = false;
		CHECK_RC(open_json(NULL, rows[i], &p), RC_JOSE_HEADER);
		CHECK_RC(open_json("{\"x\":1}", rows[i], &p), RC_JOSE_HEADER);
		p.unprotected = true;
		CHECK_OK(open_json(NULL, rows[i], &p));
		CHECK_OK(open_json("{\"x\":1}", rows[i], &p));
	}
}

static void json_refuses(void)
{
	static const struct {
		const char *name, *protected, *more;
		enum rc want;
	} rows[] = {
		{"protected and unprotected share a name", "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"x\":1}", "\"unprotected\":{\"x\":1},",
		 RC_JOSE_HEADER},
		{"protected and header share a name", "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"x\":1}", "\"header\":{\"x\":1},", RC_JOSE_HEADER},
		{"unprotected and header share a name", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"unprotected\":{\"x\":1},\"header\":{\"x\":2},",
		 RC_JOSE_HEADER},
		{"shared by escape", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"header\":{\"\\u0061lg\":\"dir\"},", RC_JOSE_HEADER},
		{"alg twice", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"header\":{\"alg\":\"dir\"},", RC_JOSE_HEADER},
		{"zip in unprotected", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"unprotected\":{\"zip\":\"DEF\"},", RC_JOSE_HEADER},
		{"zip in header", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"header\":{\"zip\":\"DEF\"},", RC_JOSE_HEADER},
		{"crit in unprotected", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"unprotected\":{\"crit\":[\"x\"],\"x\":1},", RC_JOSE_HEADER},
		{"crit in header", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"header\":{\"crit\":[\"x\"],\"x\":1},", RC_JOSE_HEADER},
		{"jku in unprotected", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"unprotected\":{\"jku\":\"x\"},", RC_JOSE_HEADER},
		{"b64 in header", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"header\":{\"b64\":true},", RC_JOSE_HEADER},
		{"header no object", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"header\":[],", RC_JOSE_MALFORMED},
		{"unprotected no object", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"unprotected\":\"x\",", RC_JOSE_MALFORMED},
		{"encrypted_key no string", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"encrypted_key\":null,", RC_JOSE_MALFORMED},
		{"encrypted_key escaped", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"encrypted_key\":\"\\u0041A\",", RC_JOSE_MALFORMED},
		{"encrypted_key empty", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"encrypted_key\":\"\",", RC_JOSE_MALFORMED},
		{"encrypted_key empty among recipients", "{\"enc\":\"A128GCM\"}",
		 "\"recipients\":[{\"encrypted_key\":\"\",\"header\":{\"alg\":\"dir\"}}],", RC_JOSE_MALFORMED},
		{"encrypted_key with dir", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"encrypted_key\":\"AAAA\",", RC_JOSE_MALFORMED},
		{"recipients empty", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"recipients\":[],", RC_JOSE_MALFORMED},
		{"recipients no array", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"recipients\":{\"a\":1},", RC_JOSE_MALFORMED},
		{"recipients an object of them", "{\"enc\":\"A128GCM\"}", "\"recipients\":{\"a\":{\"header\":{\"alg\":\"dir\"}}},",
		 RC_JOSE_MALFORMED},
		{"recipients of strings", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"recipients\":[\"x\"],", RC_JOSE_MALFORMED},
		{"recipients beside header", "{\"enc\":\"A128GCM\"}", "\"recipients\":[{}],\"header\":{\"alg\":\"dir\"},", RC_JOSE_MALFORMED},
		{"recipients beside encrypted_key", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"recipients\":[{}],\"encrypted_key\":\"AAAA\",",
		 RC_JOSE_MALFORMED},
		{"also a payload", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"payload\":\"AAAA\",", RC_JOSE_MALFORMED},
		{"also a signature", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"signature\":\"AAAA\",", RC_JOSE_MALFORMED},
		{"also signatures", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"signatures\":[],", RC_JOSE_MALFORMED},
		{"empty protected", NULL, "\"protected\":\"\",\"unprotected\":{\"alg\":\"dir\",\"enc\":\"A128GCM\"},", RC_JOSE_MALFORMED},
		{"empty aad", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"aad\":\"\",", RC_JOSE_MALFORMED},
		{"iv twice", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"iv\":\"AAAA\",", RC_JOSE_MALFORMED},
		{"aad that was not sealed", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"aad\":\"AAAA\",", RC_JOSE_DECRYPT},
		{"aad that is no base64url", "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "\"aad\":\"A\",", RC_JOSE_MALFORMED},
	};
	T_ROWS(row, rows, name)
		CHECK_RC(open_json(row->protected, row->more, &forge_policy), row->want);
}

static void json_refuses_what_is_no_message(void)
{
	static const struct {
		const char *text;
		enum rc want;
	} rows[] = {
		{"{}", RC_JOSE_MALFORMED},
		{"{", RC_JOSE_MALFORMED},
		{"{\"ciphertext\":\"\"}", RC_JOSE_HEADER},
		{"{\"protected\":1,\"ciphertext\":\"\"}", RC_JOSE_MALFORMED},
		{"{\"protected\":\"e30\",\"ciphertext\":\"AA\"}x", RC_JOSE_MALFORMED},
		{"{\"protected\":\"e30\",\"iv\":\"AA\",\"tag\":\"AA\"}", RC_JOSE_MALFORMED},
		{"{\"protected\":\"e30\",\"iv\":\"\",\"tag\":\"AA\",\"ciphertext\":\"\"}", RC_JOSE_MALFORMED},
		{"{\"protected\":\"e30\",\"iv\":\"AA\",\"tag\":\"\",\"ciphertext\":\"\"}", RC_JOSE_MALFORMED},
		{"{\"protected\":\"e30\",\"iv\":\"AA\",\"tag\":7,\"ciphertext\":\"\"}", RC_JOSE_MALFORMED},
		{"{\"protected\":\"e30\",\"iv\":[],\"tag\":\"AA\",\"ciphertext\":\"\"}", RC_JOSE_MALFORMED},
		{"{\"protected\":\"e30\",\"iv\":\"AA\",\"tag\":\"AA\",\"ciphertext\":null}", RC_JOSE_MALFORMED},
		{"{\"aad\":1,\"iv\":\"AA\",\"tag\":\"AA\",\"ciphertext\":\"\"}", RC_JOSE_MALFORMED},
		{"[]", RC_JOSE_MALFORMED},
	};
	T_ROWS(row, rows, text)
		CHECK_RC(open_with(slice_cstr(row->text), dir_key(), &forge_policy), row->want);
}

static void json_aad_is_authenticated_and_returned(void)
{
	struct arena a;
	struct jwe jwe = {.plain = SLICE_NONE};
	arena_init(&a, 1 << 20);
	struct forge f = {.protected = "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", .more = "", .enc = JWE_A128GCM, .cek = counting(16),
			  .plain = SLICE("plain"), .aad64 = SLICE("YmVzaWRl")};
	struct jwe_keys keys = {.key = dir_key()};
	CHECK_OK(jwe_decrypt(forge_json(&f, &a), &keys, &forge_policy, &a, &jwe));
	CHECK_SLICE(jwe.aad, SLICE("beside"));
	CHECK_SLICE(jwe.plain, SLICE("plain"));
	CHECK(jwe.header.alg == JWE_DIR && jwe.header.enc == JWE_A128GCM && jwe.header.unprotected == NULL);
	CHECK(json_is_string(jwe_param(&jwe.header, SLICE("alg")), SLICE("dir")) && jwe_param(&jwe.header, SLICE("kid")) == NULL);
	arena_reset(&a);
}

/* `count` recipients in a message, the last of them ours. */
static struct slice many(size_t count, struct arena *a)
{
	struct buf b;
	buf_init(&b, 8 << 20);
	buf_put(&b, SLICE("\"recipients\":["));
	for (size_t i = 0; i + 1 < count; i++)
		buf_put(&b, SLICE("{\"header\":{\"alg\":\"RSA-OAEP\",\"kid\":\"another\"},\"encrypted_key\":\"AAAA\"},"));
	buf_put(&b, SLICE("{\"header\":{\"alg\":\"dir\"}}],\0"));
	struct forge f = {.protected = "{\"enc\":\"A128GCM\"}", .more = (const char *)b.p, .enc = JWE_A128GCM, .cek = counting(16),
			  .plain = SLICE("plain")};
	CHECK_OK(buf_rc(&b));
	struct slice text = forge_json(&f, a);
	buf_free(&b);
	return text;
}

static void recipients_have_a_maximum(void)
{
	static const struct {
		size_t count;
		enum rc want;
	} rows[] = {{1, RC_OK}, {2, RC_OK}, {16, RC_OK}, {17, RC_LIMIT}, {1000, RC_LIMIT}, {100000, RC_LIMIT}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a;
		arena_init(&a, 32 << 20);
		CHECK_RC(open_with(many(rows[i].count, &a), dir_key(), &forge_policy), rows[i].want);
		arena_reset(&a);
	}
}

static void recipients_must_agree_on_enc(void)
{
	struct jwe_policy p = forge_policy;
	p.unprotected = true;
	CHECK_OK(open_json(NULL, "\"recipients\":[{\"header\":{\"alg\":\"dir\",\"enc\":\"A128GCM\"}},"
				 "{\"header\":{\"alg\":\"dir\",\"enc\":\"A128GCM\"}}],", &p));
	CHECK_RC(open_json(NULL, "\"recipients\":[{\"header\":{\"alg\":\"dir\",\"enc\":\"A128GCM\"}},"
				 "{\"header\":{\"alg\":\"dir\",\"enc\":\"A256GCM\"}}],", &p), RC_JOSE_HEADER);
	CHECK_RC(open_json("{\"enc\":\"A128GCM\"}", "\"recipients\":[{\"header\":{\"alg\":\"dir\"}},{\"header\":{\"alg\":\"dir\",\"jku\":\"x\"}}],",
			   &p), RC_JOSE_HEADER);
	CHECK_RC(open_json("{\"enc\":\"A128GCM\"}", "\"recipients\":[{\"header\":{\"alg\":\"dir\"}},{\"header\":{\"enc\":\"A128GCM\"}}],", &p),
		 RC_JOSE_HEADER);
	CHECK_RC(open_json("{\"enc\":\"A128GCM\"}",
			   "\"unprotected\":{\"x\":1},\"recipients\":[{\"header\":{\"alg\":\"dir\"}},{\"header\":{\"x\":\"y\"}}],", &p),
		 RC_JOSE_HEADER);
}

static void text_has_a_maximum(void)
{
	static char text[JWE_TEXT_MAX + 1];
	char header[JWE_HEADER_MAX + 64];
	memset(text, '.', sizeof text);
	CHECK_RC(open_with(slice_of(text, sizeof text), dir_key(), &forge_policy), RC_LIMIT);
	CHECK_RC(open_with(slice_of(text, sizeof text - 1), dir_key(), &forge_policy), RC_JOSE_MALFORMED);
	for (int over = 0; over <= 1; over++) {
		int pad = JWE_HEADER_MAX - (int)strlen("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}") + over;
		(void)snprintf(header, sizeof header, "{\"alg\":\"dir\",\"enc\":\"A128GCM\"%*s}", pad, "");
		CHECK_RC(open_header(header, &forge_policy), over ? RC_LIMIT : RC_OK);
	}
	struct buf b;
	buf_init(&b, 1 << 16);
	buf_put(&b, SLICE("\"other\":["));
	for (int i = 0; i < 600; i++)
		buf_put(&b, SLICE("1,"));
	buf_put(&b, SLICE("1],\0"));
	CHECK_RC(open_json("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", (const char *)b.p, &forge_policy), RC_LIMIT);
	buf_free(&b);
}

/* An arena that is too small is a limit, wherever it ends. */
static void arena_too_small_is_a_limit(void)
{
	struct arena a;
	size_t opened = 0;
	arena_init(&a, 1 << 20);
	struct forge f = {.protected = "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"\\u0061\"}", .more = "", .enc = JWE_A128GCM,
			  .cek = counting(16), .plain = SLICE("plain"), .aad64 = SLICE("YmVzaWRl")};
	struct slice text = forge_json(&f, &a);
	struct jwe_keys keys = {.key = dir_key()};
	for (size_t max = 0; max < 40000; max += 200) {
		struct arena small;
		struct jwe jwe = {.plain = SLICE("untouched")};
		arena_init(&small, max);
		enum rc rc = jwe_decrypt(text, &keys, &forge_policy, &small, &jwe);
		CHECK(rc == RC_OK || rc == RC_MEMORY);
		CHECK_SLICE(jwe.plain, rc == RC_OK ? SLICE("plain") : SLICE("untouched"));
		opened += rc == RC_OK;
		arena_reset(&small);
	}
	CHECK(opened > 0 && opened < 200);
	arena_reset(&a);
}

/* A name that has no room to be compared is not taken for a different one. */
static void names_without_room_are_not_disjoint(void)
{
	struct arena a, none;
	const struct json *one, *other;
	arena_init(&a, 1 << 20);
	arena_init(&none, 0);
	CHECK_OK(json_parse_arena(&a, SLICE("{\"\\u0061lg\":1}"), 8, &one));
	CHECK_OK(json_parse_arena(&a, SLICE("{\"alg\":1}"), 8, &other));
	CHECK_RC(jwe_disjoint(one, other, &a), RC_JOSE_HEADER);
	CHECK_RC(jwe_disjoint(one, other, &none), RC_MEMORY);
	arena_reset(&none);
	arena_reset(&a);
}

T_MAIN(T(names_without_room_are_not_disjoint), T(header_without_fault_opens), T(header_refuses), T(header_refuses_crit_that_is_not_understood),
       T(header_refuses_an_unknown_enc_even_with_a_key_for_another), T(policy_refuses_other_algorithms),
       T(compact_refuses_other_shapes), T(compact_refuses_non_zero_trailing_bits), T(lengths_of_tag_and_iv_are_exact),
       T(ciphertext_cut_short_is_refused), T(jwe_and_jws_are_told_apart), T(json_opens_only_where_it_is_allowed), T(json_may_begin_with_white_space),
       T(json_refuses_unprotected_enc_unless_allowed), T(json_refuses), T(json_refuses_what_is_no_message),
       T(json_aad_is_authenticated_and_returned), T(recipients_have_a_maximum), T(recipients_must_agree_on_enc), T(text_has_a_maximum),
       T(arena_too_small_is_a_limit))
