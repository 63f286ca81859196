/* SPDX-License-Identifier: Apache-2.0 */
/* What a gateway session holds, as JSON. */
#include "relying/parts.h"

enum { VALUES_MAX = 32, ROLES_MAX = 64 };

/* One row a member: the same table writes and reads. */
static const struct {
	struct slice name;
	size_t offset;
} texts[] = {
	{SLICE_INIT("host"), offsetof(struct gate_payload, host)},
	{SLICE_INIT("user"), offsetof(struct gate_payload, user)},
	{SLICE_INIT("tenant"), offsetof(struct gate_payload, tenant)},
	{SLICE_INIT("roles"), offsetof(struct gate_payload, roles)},
	{SLICE_INIT("scopes"), offsetof(struct gate_payload, scopes)},
	{SLICE_INIT("name"), offsetof(struct gate_payload, name)},
	{SLICE_INIT("op_sid"), offsetof(struct gate_payload, op_sid)},
	{SLICE_INIT("id_token"), offsetof(struct gate_payload, id_token)},
	{SLICE_INIT("refresh_token"), offsetof(struct gate_payload, refresh_token)},
	{SLICE_INIT("data"), offsetof(struct gate_payload, data)},
}, numbers[] = {
	{SLICE_INIT("access_expires"), offsetof(struct gate_payload, access_expires)},
	{SLICE_INIT("issued"), offsetof(struct gate_payload, issued)},
	{SLICE_INIT("data_version"), offsetof(struct gate_payload, data_version)},
};

enum rc gate_payload_write(const struct gate_payload *p, struct arena *a, struct slice *ret_text)
{
	struct buf b;
	buf_init(&b, SESSION_PAYLOAD_MAX);
	struct json_out o = json_out_to(&b);
	json_out_object(&o);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		json_out_member(&o, texts[i].name, *(const struct slice *)(const void *)((const char *)p + texts[i].offset));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		json_out_member_int(&o, numbers[i].name, *(const int64_t *)(const void *)((const char *)p + numbers[i].offset));
	json_out_object_end(&o);
	enum rc rc = buf_rc(&b) == RC_OK ? arena_copy(a, buf_slice(&b), ret_text) : buf_rc(&b);
	buf_free(&b);
	return rc;
}

enum rc gate_payload_read(struct slice text, struct arena *a, struct gate_payload *ret)
{
	struct json pool[VALUES_MAX];
	struct gate_payload p = {0};
	TRY(json_parse(text, pool, VALUES_MAX));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		TRY(json_string(json_get(pool, texts[i].name), a, (struct slice *)(void *)((char *)&p + texts[i].offset)));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		TRY(json_int(json_get(pool, numbers[i].name), (int64_t *)(void *)((char *)&p + numbers[i].offset)));
	*ret = p;
	return RC_OK;
}

/* A name in a list of names: printable ASCII without space, comma or quotes, since gateways join them in a header. */
static bool is_word(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\\')
			return false;
	return s.n > 0;
}

static enum rc read_roles(const struct json *roles, struct arena *a, struct slice *ret_roles)
{
	struct slice parts[2 * ROLES_MAX];
	size_t n = 0;
	if (roles == NULL)
		return RC_OK;
	if (roles->type != JSON_ARRAY || roles->count > ROLES_MAX)
		return RC_JOSE_CLAIMS;
	for (const struct json *v = json_first(roles); v != NULL; v = json_next(roles, v)) {
		if (n > 0)
			parts[n++] = SLICE(" ");
		if (json_string(v, a, &parts[n]) != RC_OK || !is_word(parts[n]))
			return RC_JOSE_CLAIMS;
		n++;
	}
	return arena_join(a, parts, n, ret_roles);
}

/* A string claim that may be absent. */
static enum rc read_text(const struct json *v, struct arena *a, struct slice *ret_text)
{
	if (v == NULL)
		return RC_OK;
	return json_string(v, a, ret_text) == RC_OK ? RC_OK : RC_JOSE_CLAIMS;
}

enum rc gate_payload_claims(struct gate_payload *p, const struct jwt_claims *claims, struct arena *a)
{
	struct gate_payload next = *p;
	TRY(read_text(json_get(claims->root, SLICE("tenant")), a, &next.tenant));
	TRY(read_text(json_get(claims->root, SLICE("name")), a, &next.name));
	TRY(read_text(json_get(claims->root, SLICE("sid")), a, &next.op_sid));
	TRY(read_roles(json_get(claims->root, SLICE("roles")), a, &next.roles));
	if (next.tenant.n > 0 && !is_word(next.tenant))
		return RC_JOSE_CLAIMS;
	next.user = claims->sub;
	next.issued = claims->iat;
	*p = next;
	return RC_OK;
}

enum rc gate_session_read(const struct relying *r, const struct session *x, struct arena *a, struct gate_payload *ret_payload)
{
	enum rc rc = gate_payload_read(x->payload, a, ret_payload);
	if (rc == RC_OK || rc_ours(rc))
		return rc;
	relying_note(r, &(struct relying_note){.event = "session.damaged", .sid = x->sid, .why = rc});
	TRY(session_end(r->sessions, x->sid));
	return RC_NOT_FOUND;
}

enum rc gate_session_open(const struct relying *r, struct slice host, struct slice cookie, int64_t now, struct arena *a,
			  struct session *ret_session, struct gate_payload *ret_payload)
{
	struct session x;
	struct gate_payload p;
	TRY(session_open(r->sessions, cookie, now, a, &x));
	TRY(gate_session_read(r, &x, a, &p));
	if (!slice_eq(p.host, host))
		return RC_NOT_FOUND;
	*ret_session = x;
	*ret_payload = p;
	return RC_OK;
}
