/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7515 5.1: headers, signing input, signatures, text. The result must pass the rules of verification. */
#include "base/base64url.h"
#include "base/utf8.h"
#include "jose/jws/jws_internal.h"

enum { HEADER_MAX = 2 * JWT_HEADER_MAX };

/* The members of a JSON object's text, without its braces; may be empty. */
static enum rc members_of(struct slice object, struct arena *a, struct slice *ret_members)
{
	const struct json *v;
	TRY(jws_object_read(object, a, &v));
	*ret_members = v->count == 0 ? SLICE_NONE : slice_of(v->text.p + 1, v->text.n - 2);
	return RC_OK;
}

static void write_crit(const struct jws_signing *s, bool unencoded, struct json_out *out)
{
	if (s->critical_count == 0 && !unencoded)
		return;
	json_out_key(out, SLICE("crit"));
	json_out_array(out);
	for (size_t i = 0; i < s->critical_count; i++)
		json_out_string(out, s->critical[i]);
	if (unencoded)
		json_out_string(out, SLICE("b64"));
	json_out_array_end(out);
}

static void write_named(const struct jws_signing *s, struct json_out *out)
{
	json_out_member(out, SLICE("alg"), jose_alg_row(s->alg)->name);
	json_out_member_if(out, SLICE("kid"), s->kid);
	json_out_member_if(out, SLICE("typ"), s->typ);
	json_out_member_if(out, SLICE("cty"), s->cty);
}

static enum rc write_protected(const struct jws_signing *s, bool unencoded, struct arena *a, struct buf *b)
{
	struct json_out out = json_out_to(b);
	struct slice more = SLICE_NONE;
	if (s->more.n > 0)
		TRY(members_of(s->more, a, &more));
	json_out_object(&out);
	write_named(s, &out);
	if (unencoded)
		json_out_member_bool(&out, SLICE("b64"), false);
	write_crit(s, unencoded, &out);
	if (more.n > 0) {
		buf_byte(b, ',');
		buf_put(b, more);
	}
	json_out_object_end(&out);
	return buf_rc(b);
}

/* Refuses headers that our own reader would refuse. */
static enum rc headers_validate(const struct jws_part *part, const struct jws_signing *s, bool unencoded,
				struct arena *a)
{
	struct jws_rules rules = {
		.understood = s->critical, .understood_count = s->critical_count, .unencoded = unencoded};
	struct jws_signature read;
	bool read_unencoded;
	TRY(jws_headers_read(part, &rules, a, &read, &read_unencoded));
	return read_unencoded == unencoded ? RC_OK : RC_JOSE_HEADER;
}

static enum rc make_headers(const struct jws_signing *s, bool unencoded, struct arena *a, struct jws_part *part)
{
	uint8_t memory[HEADER_MAX] UNINITIALIZED;
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	TRY(write_protected(s, unencoded, a, &b));
	TRY(base64url_encode_arena(a, buf_slice(&b), &part->protected64));
	part->header = NULL;
	if (s->header.n > 0)
		TRY(jws_object_read(s->header, a, &part->header));
	return headers_validate(part, s, unencoded, a);
}

/* `work`: memory for its signing input. */
static enum rc make_signature(const struct jws_signing *s, struct slice payload, uint8_t *work, struct arena *a,
			      struct jws_part *part)
{
	uint8_t signature[JWK_SIGNATURE_MAX] UNINITIALIZED;
	struct slice input = jws_signing_input(part->protected64, payload, work);
	size_t n;
	TRY(s->signer.sign(s->signer.self, s->kid, s->alg, input, signature, sizeof signature, &n));
	return base64url_encode_arena(a, slice_of(signature, n), &part->signature64);
}

static void write_signature(const struct jws_part *part, struct json_out *out)
{
	json_out_member(out, SLICE("protected"), part->protected64);
	if (part->header != NULL) {
		json_out_key(out, SLICE("header"));
		json_out_raw(out, part->header->text);
	}
	json_out_member(out, SLICE("signature"), part->signature64);
}

/* `payload`: as in the text; left out if detached. */
static void write_json(const struct jws_content *content, struct slice payload, const struct jws_part *parts,
		       size_t count, struct buf *b)
{
	struct json_out out = json_out_to(b);
	json_out_object(&out);
	if (!content->detached)
		json_out_member(&out, SLICE("payload"), payload);
	if (content->form == JWS_FLATTENED) {
		write_signature(parts, &out);
	} else {
		json_out_key(&out, SLICE("signatures"));
		json_out_array(&out);
		for (size_t i = 0; i < count; i++) {
			json_out_object(&out);
			write_signature(&parts[i], &out);
			json_out_object_end(&out);
		}
		json_out_array_end(&out);
	}
	json_out_object_end(&out);
}

static void write_compact(const struct jws_content *content, struct slice payload, const struct jws_part *part,
			  struct buf *b)
{
	buf_put(b, part->protected64);
	buf_byte(b, '.');
	if (!content->detached)
		buf_put(b, payload);
	buf_byte(b, '.');
	buf_put(b, part->signature64);
}

static enum rc write_text(const struct jws_content *content, struct slice payload, const struct jws_part *parts,
			  size_t count, struct arena *a, struct slice *ret_text)
{
	struct buf b;
	buf_init(&b, JWS_TEXT_MAX);
	if (content->form == JWS_COMPACT)
		write_compact(content, payload, parts, &b);
	else
		write_json(content, payload, parts, count, &b);
	enum rc rc = buf_rc(&b);
	if (rc == RC_OK)
		rc = arena_copy(a, buf_slice(&b), ret_text);
	buf_free(&b);
	return rc;
}

/* RFC 7797 5.2 and 5.3, and the limits of JSON: our reader refuses U+0000. */
static enum rc content_validate(const struct jws_content *c, const struct jws_signing *signings, size_t count)
{
	bool one = c->form == JWS_COMPACT || c->form == JWS_FLATTENED;
	if (count == 0 || count > JWS_SIGNATURES_MAX || (one && count > 1) ||
	    (c->form == JWS_COMPACT && signings->header.n > 0))
		return RC_RANGE;
	if (c->detached || !c->unencoded)
		return RC_OK;
	if (c->form == JWS_COMPACT)
		return jws_compact_may_carry(c->payload) ? RC_OK : RC_RANGE;
	return utf8_valid(c->payload) && slice_find(c->payload, 0) == c->payload.n ? RC_OK : RC_RANGE;
}

enum rc jws_sign_any(const struct jws_content *content, const struct jws_signing *signings, size_t count,
		     struct arena *a, struct slice *ret_text)
{
	struct jws_part parts[JWS_SIGNATURES_MAX];
	struct slice payload = content->payload;
	TRY(content_validate(content, signings, count));
	if (!content->unencoded)
		TRY(base64url_encode_arena(a, content->payload, &payload));
	uint8_t *work = arena_take(a, jws_input_room(payload));
	if (work == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < count; i++) {
		TRY(make_headers(&signings[i], content->unencoded, a, &parts[i]));
		TRY(make_signature(&signings[i], payload, work, a, &parts[i]));
	}
	return write_text(content, payload, parts, count, a, ret_text);
}
