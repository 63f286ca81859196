/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the user from an ID token's claims. Only `sub` is required; other unusable claims are left out and logged. */
#include "gateway/gateway_claim.h"
#include "gateway/gateway_identity.h"
#include "rp/rp_internal.h"
#include "rp/rp_payload.h"
#include "rp/rp_provider.h"

enum {
	SID_MAX = 255,
	TENANT_RAW = GATEWAY_TENANT_MAX + 2, /* with its quotes */
	LIST_VALUES = 2048
};

struct reading {
	const struct rp *r;
	const struct rp_site *site;
	struct arena *a;
};

static void dropped(const struct reading *x, struct slice claim)
{
	rp_note(x->r, &(struct rp_note){.event = "claim.dropped", .host = x->site->host, .why = RC_JOSE_CLAIMS,
						  .provider = x->site->issuer, .detail = claim});
}

/* A value's JSON as written; empty for null. */
static enum rc raw_of(const struct json *v, struct arena *a, struct slice *ret_raw)
{
	*ret_raw = SLICE_NONE;
	if (v == NULL || v->type == JSON_NULL)
		return RC_OK;
	const struct slice quoted[] = {SLICE("\""), v->text, SLICE("\"")};
	if (v->type == JSON_STRING)
		return arena_join(a, quoted, ARRAY_LEN(quoted), ret_raw);
	return arena_copy(a, v->text, ret_raw);
}

/* The first values of an array, as many as fit. */
static enum rc cut_list(const struct json *v, size_t most, struct arena *a, struct slice *ret_raw)
{
	struct buf b;
	if (v->type != JSON_ARRAY) {
		*ret_raw = SLICE_NONE;
		return RC_OK;
	}
	buf_init(&b, most);
	buf_byte(&b, '[');
	for (const struct json *e = json_first(v); e != NULL; e = json_next(v, e)) {
		struct slice raw = SLICE_NONE;
		enum rc rc = json_holds_no_text(e) ? RC_OK : raw_of(e, a, &raw);
		if (rc != RC_OK) {
			buf_free(&b);
			return rc;
		}
		if (raw.n == 0 || b.n + raw.n + 2 > most)
			continue;
		if (b.n > 1)
			buf_byte(&b, ',');
		buf_put(&b, raw);
	}
	buf_byte(&b, ']');
	enum rc rc = buf_rc(&b) == RC_OK ? arena_copy(a, buf_slice(&b), ret_raw) : buf_rc(&b);
	buf_free(&b);
	return rc;
}

/* The value at `path`, unchanged: the gateway reads it like a bearer token's. */
static enum rc read_raw(const struct reading *x, const struct json *root, struct slice path, size_t most,
			struct slice *ret_raw)
{
	*ret_raw = SLICE_NONE;
	if (path.n == 0)
		return RC_OK;
	const struct json *v = gateway_claim_find(root, path);
	bool whole = v == NULL || !json_holds_no_text(v);
	if (whole)
		TRY(raw_of(v, x->a, ret_raw));
	if (whole && ret_raw->n <= most)
		return RC_OK;
	dropped(x, path);
	return cut_list(v, most, x->a, ret_raw);
}

static enum rc read_sid(const struct reading *x, const struct json *v, struct slice *ret_sid)
{
	*ret_sid = SLICE_NONE;
	if (v == NULL || v->type == JSON_NULL)
		return RC_OK;
	/* As the gateway: a revocation might name it. */
	if (v->type == JSON_NO_TEXT)
		return RC_JOSE_CLAIMS;
	if (v->type == JSON_STRING)
		TRY(json_string(v, x->a, ret_sid));
	if (v->type == JSON_STRING && ret_sid->n <= SID_MAX)
		return RC_OK;
	*ret_sid = SLICE_NONE;
	dropped(x, SLICE("sid"));
	return RC_OK;
}

/* As the gateway reads a bearer token's. */
static enum rc read_name(const struct reading *x, const struct json *v, struct slice *ret_name)
{
	enum rc rc = gateway_claim_name(v, x->a, ret_name);
	if (rc != RC_RANGE)
		return rc;
	*ret_name = SLICE_NONE;
	dropped(x, SLICE("name"));
	return RC_OK;
}

enum rc provider_id_claims(const struct rp_site *site, const struct json *root, struct slice nonce)
{
	/* OpenID Connect Core 3.1.3.7, 4 and 5: several audiences need `azp`, and it is us. */
	const struct json *aud = json_get(root, SLICE("aud")), *azp = json_get(root, SLICE("azp"));
	bool several = aud != NULL && aud->type == JSON_ARRAY && aud->count > 1;
	bool named = azp != NULL && azp->type != JSON_NULL;
	if (named ? !json_is_string(azp, site->client_id) : several)
		return RC_JOSE_AZP;
	/* 3.1.3.7, 11. */
	if (nonce.n > 0 && !json_is_string(json_get(root, SLICE("nonce")), nonce))
		return RC_JOSE_NONCE;
	return RC_OK;
}

enum rc gateway_payload_claims(const struct rp *r, const struct rp_site *site, const struct jwt_claims *claims,
			    struct arena *a, struct gateway_payload *p)
{
	const struct reading x = {r, site, a};
	struct gateway_payload next = *p;
	if (claims->sub.n == 0 || claims->sub.n > GATEWAY_SUBJECT_MAX)
		return RC_JOSE_SUB;
	TRY(read_raw(&x, claims->root, site->tenant_claim, TENANT_RAW, &next.tenant));
	TRY(read_raw(&x, claims->root, site->roles_claim, GATEWAY_ROLES_MAX, &next.roles));
	TRY(read_sid(&x, json_get(claims->root, SLICE("sid")), &next.op_sid));
	TRY(read_name(&x, json_get(claims->root, SLICE("name")), &next.name));
	next.user = claims->sub;
	next.issued = claims->iat;
	*p = next;
	return RC_OK;
}

/* One value of a list as a string; empty if it is no text. */
static enum rc text_of(const struct json *v, struct arena *a, struct slice *ret_text)
{
	*ret_text = SLICE_NONE;
	if (v->type == JSON_STRING)
		return json_string(v, a, ret_text);
	if (v->type == JSON_NUMBER)
		*ret_text = v->text;
	return RC_OK;
}

enum rc gateway_payload_put_list(struct json_out *o, struct slice raw, struct arena *a)
{
	const struct json *root = NULL;
	struct slice text, word;
	if (raw.n > 0)
		TRY(json_parse_arena(a, raw, LIST_VALUES, &root));
	json_out_array(o);
	if (root != NULL && root->type == JSON_ARRAY) {
		for (const struct json *e = json_first(root); e != NULL; e = json_next(root, e)) {
			TRY(text_of(e, a, &text));
			if (text.n > 0)
				json_out_string(o, text);
		}
	} else if (root != NULL) {
		TRY(text_of(root, a, &text));
		while (slice_word(&text, &word))
			json_out_string(o, word);
	}
	json_out_array_end(o);
	return RC_OK;
}

enum rc gateway_payload_text(struct slice raw, struct arena *a, struct slice *ret_text)
{
	struct json pool[1];
	*ret_text = SLICE_NONE;
	if (raw.n == 0 || json_parse(raw, pool, ARRAY_LEN(pool)) != RC_OK)
		return RC_OK;
	return text_of(pool, a, ret_text);
}
