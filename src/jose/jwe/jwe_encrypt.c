/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7516 5.1, in its order. */
#include "base/base64url.h"
#include "jose/jwe/jwe_internal.h"
#include "jose/jwe/zip.h"

enum { MORE_VALUES_MAX = 64, OWN_MAX = 2048 };

/* A message being made. */
struct making {
	const struct jwe_spec *spec;
	struct arena *a;
	const struct json *more, *unprotected; /* the caller's parameters; may be NULL */
	uint8_t cek[CRYPTO_CEK_MAX], iv[CRYPTO_IV_MAX];
	struct buf protected; /* the protected header */
	struct slice protected64, aad64;
	struct slice own[JWE_RECIPIENTS_MAX]; /* each recipient's own header, if there are several */
	struct slice wrapped64[JWE_RECIPIENTS_MAX];
	struct slice sealed; /* ciphertext and tag */
	size_t text_n;
};

static enum rc validate_spec(const struct jwe_spec *spec)
{
	if (spec->count == 0 || spec->count > JWE_RECIPIENTS_MAX)
		return RC_RANGE;
	if (spec->count > 1 && spec->form != JWE_GENERAL)
		return RC_RANGE;
	if (spec->form == JWE_COMPACT && (spec->aad.n > 0 || spec->unprotected.n > 0))
		return RC_RANGE;
	return RC_OK;
}

static enum rc validate_recipient(const struct jwe_spec *spec, const struct jwe_recipient *r)
{
	bool password = jwe_alg_row(r->alg)->mode == JWE_MODE_PBES2;
	/* A key agreed or shared with one recipient would be the content key for all. */
	if (spec->count > 1 && jwe_alg_direct(r->alg))
		return RC_RANGE;
	if (password != (r->key == NULL))
		return RC_RANGE;
	if (!password && !jwk_allows_jwe(r->key, r->alg, spec->enc, false))
		return RC_JOSE_ALG;
	return RC_OK;
}

/* Parameters that are written here may not come from the caller; neither may keys and URLs that a message would
 * bring. */
static enum rc validate_names(const struct json *more)
{
	static const struct slice ours[] = {
		SLICE_INIT("alg"), SLICE_INIT("enc"),  SLICE_INIT("zip"), SLICE_INIT("kid"), SLICE_INIT("typ"),
		SLICE_INIT("cty"), SLICE_INIT("crit"), SLICE_INIT("epk"), SLICE_INIT("apu"), SLICE_INIT("apv"),
		SLICE_INIT("iv"),  SLICE_INIT("tag"),  SLICE_INIT("p2s"), SLICE_INIT("p2c"), SLICE_INIT("jwk"),
		SLICE_INIT("jku"), SLICE_INIT("x5c"),  SLICE_INIT("x5u"), SLICE_INIT("b64"),
	};
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (json_get(more, ours[i]) != NULL)
			return RC_RANGE;
	return RC_OK;
}

static enum rc read_more(struct slice text, struct arena *a, const struct json **ret_more)
{
	if (text.n == 0)
		return RC_OK;
	if (json_parse_arena(a, text, MORE_VALUES_MAX, ret_more) != RC_OK || (*ret_more)->type != JSON_OBJECT)
		return RC_RANGE;
	return validate_names(*ret_more);
}

static enum rc put_critical(const struct making *m, struct json_out *out)
{
	if (m->spec->critical_count == 0)
		return RC_OK;
	json_out_key(out, SLICE("crit"));
	json_out_array(out);
	for (size_t i = 0; i < m->spec->critical_count; i++) {
		if (json_get(m->more, m->spec->critical[i]) == NULL)
			return RC_RANGE;
		json_out_string(out, m->spec->critical[i]);
	}
	json_out_array_end(out);
	return RC_OK;
}

/* The members of the caller's object, unchanged. */
static void put_more(const struct json *more, struct json_out *out)
{
	if (more != NULL && more->count > 0)
		json_out_raw(out, slice_of(more->text.p + 1, more->text.n - 2));
}

/* Steps 2 and 11: the content key, unless a recipient determines it. */
static void make_cek(struct making *m)
{
	if (!jwe_alg_direct(m->spec->recipients[0].alg))
		crypto_random(m->cek, jwe_enc_row(m->spec->enc)->key_len);
	crypto_random(m->iv, sizeof m->iv);
}

static enum rc wrap_for(struct making *m, size_t index, struct json_out *out)
{
	struct jwe_wrapped wrapped;
	TRY(jwe_wrap(&m->spec->recipients[index], m->spec->enc, m->cek, out, &wrapped));
	return base64url_encode_arena(m->a, slice_of(wrapped.bytes, wrapped.n), &m->wrapped64[index]);
}

/* Several recipients each have their own header; a single recipient's parameters are protected. */
static enum rc wrap_each(struct making *m)
{
	for (size_t i = 0; i < m->spec->count; i++) {
		uint8_t *memory = arena_alloc(m->a, OWN_MAX);
		struct buf own;
		if (memory == NULL)
			return RC_MEMORY;
		buf_over(&own, memory, OWN_MAX);
		struct json_out out = json_out_to(&own);
		json_out_object(&out);
		TRY(wrap_for(m, i, &out));
		json_out_object_end(&out);
		TRY(buf_rc(&own));
		m->own[i] = buf_slice(&own);
	}
	return RC_OK;
}

static enum rc make_header(struct making *m)
{
	const struct jwe_spec *spec = m->spec;
	uint8_t *memory = arena_alloc(m->a, JWE_HEADER_MAX);
	if (memory == NULL)
		return RC_MEMORY;
	buf_over(&m->protected, memory, JWE_HEADER_MAX);
	struct json_out out = json_out_to(&m->protected);
	json_out_object(&out);
	if (spec->count == 1)
		TRY(wrap_for(m, 0, &out));
	json_out_member(&out, SLICE("enc"), jwe_enc_row(spec->enc)->name);
	if (spec->deflate)
		json_out_member(&out, SLICE("zip"), SLICE("DEF"));
	json_out_member_if(&out, SLICE("typ"), spec->typ);
	json_out_member_if(&out, SLICE("cty"), spec->cty);
	TRY(put_critical(m, &out));
	put_more(m->more, &out);
	json_out_object_end(&out);
	TRY(buf_rc(&m->protected));
	TRY(base64url_encode_arena(m->a, buf_slice(&m->protected), &m->protected64));
	return spec->count == 1 ? RC_OK : wrap_each(m);
}

/* Steps 12 to 16. */
static enum rc seal(struct making *m, struct slice plain)
{
	enum crypto_enc cipher = jwe_enc_cipher(m->spec->enc);
	struct secret cek = secret_of(m->cek, crypto_enc_key_len(cipher));
	struct crypto_message message = {.iv = slice_of(m->iv, crypto_enc_iv_len(cipher)), .aad = m->protected64};
	/* An all-zero key is known to everyone. */
	if (jwe_all_zero(cek))
		return RC_JOSE_KEY;
	TRY(base64url_encode_arena(m->a, m->spec->aad, &m->aad64));
	const struct slice joined[] = {m->protected64, SLICE("."), m->aad64};
	if (m->aad64.n > 0)
		TRY(arena_join(m->a, joined, ARRAY_LEN(joined), &message.aad));
	message.text = plain;
	if (m->spec->deflate)
		TRY(zip_deflate(plain, m->a, &message.text));
	m->text_n = crypto_enc_text_len(cipher, message.text.n);
	size_t n = m->text_n + crypto_enc_tag_len(cipher);
	uint8_t *dst = arena_alloc(m->a, n);
	if (dst == NULL)
		return RC_MEMORY;
	TRY(crypto_enc_seal(cipher, cek, &message, dst));
	m->sealed = slice_of(dst, n);
	return RC_OK;
}

static struct slice iv_of(const struct making *m)
{
	return slice_of(m->iv, crypto_enc_iv_len(jwe_enc_cipher(m->spec->enc)));
}

static void put_compact(const struct making *m, struct buf *b)
{
	buf_put(b, m->protected64);
	buf_byte(b, '.');
	buf_put(b, m->wrapped64[0]);
	buf_byte(b, '.');
	base64url_encode(b, iv_of(m));
	buf_byte(b, '.');
	base64url_encode(b, slice_to(m->sealed, m->text_n));
	buf_byte(b, '.');
	base64url_encode(b, slice_from(m->sealed, m->text_n));
}

static void put_bytes(struct json_out *out, struct slice name, struct slice bytes)
{
	json_out_key(out, name);
	json_out_raw(out, SLICE("\""));
	base64url_encode(out->b, bytes);
	buf_byte(out->b, '"');
}

static void put_entry(const struct making *m, size_t index, struct json_out *out)
{
	if (m->own[index].n > 0) {
		json_out_key(out, SLICE("header"));
		json_out_raw(out, m->own[index]);
	}
	if (m->wrapped64[index].n > 0)
		json_out_member(out, SLICE("encrypted_key"), m->wrapped64[index]);
}

static void put_entries(const struct making *m, struct json_out *out)
{
	json_out_key(out, SLICE("recipients"));
	json_out_array(out);
	for (size_t i = 0; i < m->spec->count; i++) {
		json_out_object(out);
		put_entry(m, i, out);
		json_out_object_end(out);
	}
	json_out_array_end(out);
}

static void put_json(const struct making *m, struct buf *b)
{
	struct json_out out = json_out_to(b);
	json_out_object(&out);
	json_out_member(&out, SLICE("protected"), m->protected64);
	if (m->spec->unprotected.n > 0) {
		json_out_key(&out, SLICE("unprotected"));
		json_out_raw(&out, m->spec->unprotected);
	}
	if (m->spec->form == JWE_GENERAL)
		put_entries(m, &out);
	else
		put_entry(m, 0, &out);
	json_out_member_if(&out, SLICE("aad"), m->aad64);
	put_bytes(&out, SLICE("iv"), iv_of(m));
	put_bytes(&out, SLICE("ciphertext"), slice_to(m->sealed, m->text_n));
	put_bytes(&out, SLICE("tag"), slice_from(m->sealed, m->text_n));
	json_out_object_end(&out);
}

/* Step 19. */
static enum rc write_text(const struct making *m, struct slice *ret_text)
{
	struct buf b;
	buf_init(&b, JWE_TEXT_MAX);
	if (m->spec->form == JWE_COMPACT)
		put_compact(m, &b);
	else
		put_json(m, &b);
	enum rc rc = buf_rc(&b);
	if (rc == RC_OK)
		rc = arena_copy(m->a, buf_slice(&b), ret_text);
	buf_free(&b);
	return rc;
}

static enum rc make(struct making *m, struct slice plain, struct slice *ret_text)
{
	TRY(validate_spec(m->spec));
	for (size_t i = 0; i < m->spec->count; i++)
		TRY(validate_recipient(m->spec, &m->spec->recipients[i]));
	TRY(read_more(m->spec->protected, m->a, &m->more));
	TRY(read_more(m->spec->unprotected, m->a, &m->unprotected));
	if (jwe_disjoint(m->unprotected, m->more, m->a) != RC_OK)
		return RC_RANGE;
	make_cek(m);
	TRY(make_header(m));
	TRY(seal(m, plain));
	return write_text(m, ret_text);
}

enum rc jwe_encrypt(const struct jwe_spec *spec, struct slice plain, struct arena *a, struct slice *ret_text)
{
	struct making m = {.spec = spec, .a = a};
	/* What is compressed must be accepted again when inflated; otherwise the text's maximum applies. */
	if (spec->deflate && plain.n > JWE_INFLATED_MAX)
		return RC_LIMIT;
	enum rc rc = make(&m, plain, ret_text);
	ct_wipe(m.cek, sizeof m.cek);
	return rc;
}
