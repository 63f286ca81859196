/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/keys.h"

enum { SNAPSHOT_ARENA = 1024 * 1024, TICK_ARENA = 2 * 1024 * 1024 };

/* What was published at one moment. `pub` comes first: a pointer to it is a pointer to the whole. */
struct keys_snapshot {
	struct op_keys pub;
	size_t refs; /* under keys.lock */
	struct arena arena;
	struct op_key v[KEYS_ROWS_MAX];
	struct signer_request loads[KEYS_ROWS_MAX];
	size_t load_count;
	struct jwks *set;
};

static void snapshot_free(struct keys_snapshot *s)
{
	for (size_t i = 0; i < s->pub.n; i++)
		jwk_unref(s->v[i].public_key);
	jwks_unref(s->set);
	arena_reset(&s->arena);
	free(s);
}

static enum rc add_load(struct keys_snapshot *s, const struct dir_key *row, const struct op_key *key)
{
	struct signer_request *r = &s->loads[s->load_count];
	if (row->state == DIR_KEY_RETIRING)
		return RC_OK;
	*r = (struct signer_request){.verb = SIGNER_LOAD, .alg = key->alg, .kid = key->kid};
	s->load_count++;
	return arena_copy(&s->arena, row->private_blob, &r->data);
}

static enum rc add_row(struct keys_snapshot *s, const struct dir_key *row)
{
	struct op_key *k = &s->v[s->pub.n];
	if (row->state == DIR_KEY_RETIRED)
		return RC_OK;
	if (s->pub.n == KEYS_ROWS_MAX)
		return RC_LIMIT;
	TRY(jose_alg_by_name(row->alg, &k->alg));
	TRY(jwk_read(row->public_jwk, JWK_PUBLIC, &k->public_key));
	s->pub.n++;
	k->kid = jwk_kid(k->public_key);
	k->state = row->state == DIR_KEY_NEXT ? OP_KEY_NEXT : row->state == DIR_KEY_ACTIVE ? OP_KEY_ACTIVE : OP_KEY_RETIRING;
	return add_load(s, row, k);
}

static enum rc write_jwks(struct keys_snapshot *s)
{
	struct buf b;
	buf_init(&b, JWKS_TEXT_MAX);
	struct json_out o = json_out_to(&b);
	enum rc rc = RC_OK;
	json_out_object(&o);
	json_out_key(&o, SLICE("keys"));
	json_out_array(&o);
	for (size_t i = 0; i < s->pub.n && rc == RC_OK; i++)
		rc = jwk_write(s->v[i].public_key, false, &o);
	json_out_array_end(&o);
	json_out_object_end(&o);
	if (rc == RC_OK)
		rc = buf_rc(&b);
	if (rc == RC_OK)
		rc = arena_copy(&s->arena, buf_slice(&b), &s->pub.jwks);
	buf_free(&b);
	return rc;
}

static enum rc fill(struct keys_snapshot *s, const struct dir_key *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		TRY(add_row(s, &rows[i]));
	TRY(write_jwks(s));
	TRY(jwks_read(s->pub.jwks, JWK_PUBLIC, &s->set, NULL));
	s->pub.v = s->v;
	s->pub.set = s->set;
	return RC_OK;
}

static enum rc snapshot_make(const struct dir_key *rows, size_t n, struct keys_snapshot **ret)
{
	struct keys_snapshot *s = calloc(1, sizeof *s);
	if (s == NULL)
		return RC_MEMORY;
	arena_init(&s->arena, SNAPSHOT_ARENA);
	s->refs = 1;
	enum rc rc = fill(s, rows, n);
	if (rc != RC_OK)
		snapshot_free(s);
	else
		*ret = s;
	return rc;
}

const struct op_keys *keys_get(struct keys *k)
{
	pthread_mutex_lock(&k->lock);
	struct keys_snapshot *s = k->current;
	if (s != NULL)
		s->refs++;
	pthread_mutex_unlock(&k->lock);
	return s == NULL ? NULL : &s->pub;
}

static void unref(struct keys *k, struct keys_snapshot *s)
{
	pthread_mutex_lock(&k->lock);
	bool last = --s->refs == 0;
	pthread_mutex_unlock(&k->lock);
	if (last)
		snapshot_free(s);
}

void keys_release(struct keys *k, const struct op_keys *keys)
{
	/* Made by keys_get, which took it from a snapshot that may be written. */
	if (keys != NULL)
		unref(k, (struct keys_snapshot *)(uintptr_t)keys);
}

static size_t reload_begin(void *self, struct signer_request *dst, size_t cap)
{
	struct keys *k = self;
	const struct op_keys *keys = keys_get(k);
	k->reloading = keys;
	if (keys == NULL)
		return 0;
	const struct keys_snapshot *s = (const struct keys_snapshot *)(const void *)keys;
	size_t n = s->load_count < cap ? s->load_count : cap;
	memcpy(dst, s->loads, n * sizeof *dst);
	return n;
}

static void reload_done(void *self)
{
	struct keys *k = self;
	keys_release(k, k->reloading);
	k->reloading = NULL;
}

struct signer_reload keys_reload(struct keys *k)
{
	return (struct signer_reload){k, reload_begin, reload_done};
}

static enum rc load_all(struct keys *k, const struct keys_snapshot *s)
{
	for (size_t i = 0; i < s->load_count; i++)
		TRY(signer_client_load(k->signer, s->loads[i].kid, s->loads[i].alg, s->loads[i].data));
	return RC_OK;
}

static void forget_gone(struct keys *k, const struct keys_snapshot *old, const struct keys_snapshot *now)
{
	for (size_t i = 0; i < old->load_count; i++) {
		bool still = false;
		for (size_t j = 0; j < now->load_count; j++)
			still = still || slice_eq(old->loads[i].kid, now->loads[j].kid);
		if (!still)
			rc_ignore(signer_client_forget(k->signer, old->loads[i].kid));
	}
}

/* The signer knows the keys before anyone may ask for them. */
static enum rc publish(struct keys *k, const struct dir_key *rows, size_t n)
{
	struct keys_snapshot *s, *old;
	TRY(snapshot_make(rows, n, &s));
	enum rc rc = load_all(k, s);
	if (rc != RC_OK) {
		snapshot_free(s);
		return rc;
	}
	pthread_mutex_lock(&k->lock);
	old = k->current;
	k->current = s;
	pthread_mutex_unlock(&k->lock);
	for (size_t i = 0; i < k->hook_count; i++)
		k->hooks[i].changed(k->hooks[i].self, &s->pub);
	if (old != NULL) {
		forget_gone(k, old, s);
		unref(k, old);
	}
	return RC_OK;
}

static enum rc make_key(struct keys *k, const struct keys_step *step, int64_t now, struct arena *a, struct dir_key *ret)
{
	struct signer_made made;
	const struct jose_alg_row *alg = jose_alg_row(step->alg);
	TRY(signer_client_generate(k->signer, step->alg, alg->kty == JOSE_KTY_RSA ? k->policy.rsa_bits : 0, a, &made));
	*ret = (struct dir_key){.kid = made.kid, .alg = alg->name, .public_jwk = made.public_jwk, .private_blob = made.blob,
				.state = step->state, .created = now, .changed = now};
	return RC_OK;
}

static enum rc make_rows(struct keys *k, const struct keys_plan *plan, const struct dir_key *rows, int64_t now,
			 struct arena *a, struct dir_key *dst)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct keys_step *step = &plan->v[i];
		if (step->kind == KEYS_GENERATE) {
			TRY(make_key(k, step, now, a, &dst[i]));
			continue;
		}
		dst[i] = rows[step->index];
		dst[i].state = step->state;
		dst[i].changed = now;
		if (step->state == DIR_KEY_RETIRED)
			dst[i].private_blob = SLICE_NONE;
	}
	return RC_OK;
}

static void log_rows(const struct keys *k, const struct dir_key *rows, size_t n)
{
	static const char *const names[] = {"next", "active", "retiring", "retired"};
	for (size_t i = 0; i < n; i++)
		LOG(k->log, LOG_LEVEL_INFO, "key.changed", LOG_TEXT("kid", rows[i].kid), LOG_TEXT("alg", rows[i].alg),
		    LOG_TEXT("state", slice_cstr(names[rows[i].state])));
}

static enum rc tick(struct keys *k, bool force, int64_t now, struct arena *a)
{
	struct dir_key *rows, *changed;
	struct keys_plan plan;
	struct dir_audit audit = {.at = now, .event = SLICE("key.rotated"), .actor = force ? SLICE("admin") : SLICE("daemon")};
	size_t n;
	TRY(k->directory->key_list(k->directory->self, a, &rows, &n));
	TRY(keys_plan_make(rows, n, &k->policy, force, now, &plan));
	if (plan.n == 0)
		return k->current == NULL ? publish(k, rows, n) : RC_OK;
	changed = arena_array(a, plan.n, sizeof *changed);
	if (changed == NULL)
		return RC_LIMIT;
	TRY(make_rows(k, &plan, rows, now, a, changed));
	TRY(k->directory->key_apply(k->directory->self, changed, plan.n, &audit));
	log_rows(k, changed, plan.n);
	TRY(k->directory->key_list(k->directory->self, a, &rows, &n));
	return publish(k, rows, n);
}

enum rc keys_tick(struct keys *k, bool force, int64_t now)
{
	struct arena a;
	arena_init(&a, TICK_ARENA);
	pthread_mutex_lock(&k->change);
	enum rc rc = tick(k, force, now, &a);
	pthread_mutex_unlock(&k->change);
	arena_reset(&a);
	return rc;
}

enum rc keys_init(struct keys *k, const struct directory *directory, struct signer_client *signer, struct keys_policy policy,
		  const struct log *log)
{
	*k = (struct keys){.directory = directory, .signer = signer, .policy = policy, .log = log};
	return pthread_mutex_init(&k->change, NULL) == 0 && pthread_mutex_init(&k->lock, NULL) == 0 ? RC_OK : RC_MEMORY;
}

enum rc keys_hook_add(struct keys *k, struct keys_hook hook)
{
	if (k->hook_count == KEYS_HOOKS_MAX)
		return RC_LIMIT;
	k->hooks[k->hook_count++] = hook;
	return RC_OK;
}
