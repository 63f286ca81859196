/* SPDX-License-Identifier: Apache-2.0 */
/* The payload of a gateway session, as JSON. */
#include "rp/rp_internal.h"

enum { VALUES_MAX = 32 };

/* One row per member; the same table writes and reads. */
static const struct {
	struct slice name;
	size_t offset;
	bool newer; /* not in the first release's records: may be absent */
} texts[] = {
	{SLICE_INIT("host"), offsetof(struct gateway_payload, host)},
	{SLICE_INIT("user"), offsetof(struct gateway_payload, user)},
	{SLICE_INIT("tenant_claim"), offsetof(struct gateway_payload, tenant), true},
	{SLICE_INIT("roles_claim"), offsetof(struct gateway_payload, roles), true},
	{SLICE_INIT("scopes"), offsetof(struct gateway_payload, scopes)},
	{SLICE_INIT("name"), offsetof(struct gateway_payload, name)},
	{SLICE_INIT("op_sid"), offsetof(struct gateway_payload, op_sid)},
	{SLICE_INIT("id_token"), offsetof(struct gateway_payload, id_token)},
	{SLICE_INIT("refresh_token"), offsetof(struct gateway_payload, refresh_token)},
	{SLICE_INIT("data"), offsetof(struct gateway_payload, data)},
}, numbers[] = {
	{SLICE_INIT("access_expires"), offsetof(struct gateway_payload, access_expires)},
	{SLICE_INIT("issued"), offsetof(struct gateway_payload, issued)},
	{SLICE_INIT("data_version"), offsetof(struct gateway_payload, data_version)},
};

enum rc gateway_payload_write(const struct gateway_payload *p, struct arena *a, struct slice *ret_text)
{
	struct buf b;
	buf_init(&b, SESSION_PAYLOAD_MAX);
	struct json_out o = json_out_to(&b);
	json_out_object(&o);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		json_out_member(&o, texts[i].name,
				*(const struct slice *)(const void *)((const char *)p + texts[i].offset));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		json_out_member_int(&o, numbers[i].name,
				    *(const int64_t *)(const void *)((const char *)p + numbers[i].offset));
	json_out_object_end(&o);
	enum rc rc = buf_rc(&b) == RC_OK ? arena_copy(a, buf_slice(&b), ret_text) : buf_rc(&b);
	buf_free(&b);
	return rc;
}

static enum rc as_json(struct arena *a, struct slice text, bool list, struct slice *ret_json)
{
	struct buf b;
	buf_init(&b, 6 * text.n + 2);
	struct json_out o = json_out_to(&b);
	if (list) {
		struct slice word;
		json_out_array(&o);
		while (slice_word(&text, &word))
			json_out_string(&o, word);
		json_out_array_end(&o);
	} else {
		json_out_string(&o, text);
	}
	enum rc rc = buf_rc(&b) == RC_OK ? arena_copy(a, buf_slice(&b), ret_json) : buf_rc(&b);
	buf_free(&b);
	return rc;
}

/* Records of version 0.1 hold the tenant as a word and the roles as space-separated words. */
static enum rc read_older(const struct json *root, struct arena *a, struct gateway_payload *p)
{
	struct slice tenant = SLICE_NONE, roles = SLICE_NONE;
	if (json_get(root, SLICE("roles")) == NULL)
		return RC_OK;
	TRY(json_string(json_get(root, SLICE("roles")), a, &roles));
	TRY(json_string(json_get(root, SLICE("tenant")), a, &tenant));
	if (roles.n > 0)
		TRY(as_json(a, roles, true, &p->roles));
	return tenant.n > 0 ? as_json(a, tenant, false, &p->tenant) : RC_OK;
}

enum rc gateway_payload_read(struct slice text, struct arena *a, struct gateway_payload *ret)
{
	struct json pool[VALUES_MAX];
	struct gateway_payload p = {0};
	TRY(json_parse(text, pool, VALUES_MAX));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const struct json *v = json_get(pool, texts[i].name);
		if (v != NULL || !texts[i].newer)
			TRY(json_string(v, a, (struct slice *)(void *)((char *)&p + texts[i].offset)));
	}
	TRY(read_older(pool, a, &p));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		TRY(json_int(json_get(pool, numbers[i].name), (int64_t *)(void *)((char *)&p + numbers[i].offset)));
	*ret = p;
	return RC_OK;
}

enum rc gateway_session_read(const struct rp *r, const struct session *x, struct arena *a,
			     struct gateway_payload *ret_payload)
{
	enum rc rc = gateway_payload_read(x->payload, a, ret_payload);
	if (rc == RC_OK || rc_server_error(rc))
		return rc;
	rp_note(r, &(struct rp_note){.event = "session.damaged", .sid = x->sid, .why = rc});
	TRY(session_end(r->sessions, x->sid));
	return RC_NOT_FOUND;
}

enum rc gateway_session_open(const struct rp *r, struct slice host, struct slice cookie, int64_t now, struct arena *a,
			  struct session *ret_session, struct gateway_payload *ret_payload)
{
	struct session x;
	struct gateway_payload p;
	TRY(session_open(r->sessions, cookie, session_unbound(now), a, &x));
	TRY(gateway_session_read(r, &x, a, &p));
	if (!slice_eq(p.host, host))
		return RC_NOT_FOUND;
	*ret_session = x;
	*ret_payload = p;
	return RC_OK;
}
