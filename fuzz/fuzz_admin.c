/* SPDX-License-Identifier: Apache-2.0 */
/* The admin API's bodies and queries, on real stores. Input: a byte that says which endpoint, the query, a newline,
 * the body. Must hold: an answer is strict JSON, a refusal a row that clients may see; what was added can be shown,
 * and is what the provider itself can read. */
#include "worker_fuzz.h"

#include "admin/admin.h"
#include "admin/admin_internal.h"
#include "http/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	admin_handler *handler;
	enum request_method method;
} rows[] = {
	{admin_client_add, CALL_POST},    {admin_user_add, CALL_POST},   {admin_user_change, CALL_POST},
	{admin_tenant_add, CALL_POST},    {admin_client_show, CALL_GET}, {admin_user_show, CALL_GET},
	{admin_user_list, CALL_GET},      {admin_client_list, CALL_GET}, {admin_session_list, CALL_GET},
	{admin_session_end, CALL_DELETE}, {admin_tenant_list, CALL_GET}, {admin_audit_list, CALL_GET},
};

/* Each client that is listed can be read as the provider reads it; then it goes, so that the store stays small. */
static void validate_client(const struct reply *r)
{
	const struct json *client = json_get(fx_body(r), SLICE("client"));
	struct dir_client row;
	struct client *read = NULL;
	struct slice id, why = SLICE_NONE;
	wf_hold(json_string(json_get(client, SLICE("client_id")), &fx.arena, &id) == RC_OK && id.n > 0);
	wf_hold(wf.directory.clients.get(wf.directory.clients.self, id, &fx.arena, &row) == RC_OK);
	wf_hold(client_parse(&row, &fx.arena, &read, &why) == RC_OK);
	client_unref(read);
	wf_hold(wf.directory.clients.remove(wf.directory.clients.self, id, NULL) == RC_OK);
}

static void validate_user(const struct reply *r)
{
	const struct json *user = json_get(fx_body(r), SLICE("user"));
	struct dir_user row;
	struct slice id;
	wf_hold(json_string(json_get(user, SLICE("sub")), &fx.arena, &id) == RC_OK);
	wf_hold(wf.directory.users.get(wf.directory.users.self, id, &fx.arena, &row) == RC_OK);
	if (!slice_eq(id, SLICE(FX_USER)))
		wf_hold(wf.directory.users.remove(wf.directory.users.self, id, NULL) == RC_OK);
}

static void validate(size_t row, enum rc rc, const struct reply *r)
{
	const struct json *root;
	if (rc != RC_OK) {
		wf_hold(rc > RC_OK && rc < RC_COUNT && rc != RC_INTERNAL);
		return;
	}
	wf_hold(json_parse_arena(&fx.arena, r->body, 100000, &root) == RC_OK && root->type == JSON_OBJECT);
	if (rows[row].handler == admin_client_add)
		validate_client(r);
	else if (rows[row].handler == admin_user_add)
		validate_user(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_from(slice_of(data, size), 1), query = SLICE_NONE;
	struct reply r = {0};
	if (wf.role == NULL)
		wf_start();
	size_t row = (size == 0 ? 0 : data[0]) % ARRAY_LEN(rows);
	(void)slice_split(&rest, '\n', &query);
	struct request c = {.arena = &fx.arena,
			    .now = fx.now,
			    .method = rows[row].method,
			    .body = rest,
			    .peer_uid = 0,
			    .request_id = SLICE("0"),
			    .content_type = SLICE("application/json")};
	if (form_decode(query, &fx.arena, &c.query) == RC_OK)
		validate(row, rows[row].handler(&wf.admin, &c, &r), &r);
	arena_reset(&fx.arena);
	return 0;
}
