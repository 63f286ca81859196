/* SPDX-License-Identifier: Apache-2.0 */
#include "signing/keys.h"

enum { SNAPSHOT_ARENA = 1024 * 1024, TICK_ARENA = 2 * 1024 * 1024 };
/* Seconds: many times what making keys takes. */
enum { KEYS_LEASE = 60 };

/* The keys published at one moment. `pub` comes first: a pointer to it is a pointer to the whole. */
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
	/* The signer takes the last loaded key as the active one. */
	if (row->state != DIR_KEY_ACTIVE)
		return RC_OK;
	*r = (struct signer_request){.operation = SIGNER_LOAD, .alg = key->alg, .kid = key->kid};
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
	k->state = row->state == DIR_KEY_NEXT     ? OP_KEY_NEXT
		   : row->state == DIR_KEY_ACTIVE ? OP_KEY_ACTIVE
						  : OP_KEY_RETIRING;
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
	/* Made by keys_get, from a snapshot that is not constant. */
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
			rc_ignore(signer_client_forget(k->signer, old->loads[i].kid, old->loads[i].alg));
	}
}

/* The signer must know the keys before they are published. */
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
	/* A signer that started between the two lines above got the earlier keys. */
	rc_ignore(load_all(k, s));
	if (old != NULL) {
		forget_gone(k, old, s);
		unref(k, old);
	}
	return RC_OK;
}

/* The signer makes a key with a larger serial than this one. */
static void newest(const struct dir_key *rows, size_t n, struct slice alg, struct signer_wanted *w)
{
	for (size_t i = 0; i < n; i++) {
		if (!slice_eq(rows[i].alg, alg) || rows[i].private_blob.n == 0 ||
		    (w->after.n > 0 && rows[i].state != DIR_KEY_NEXT))
			continue;
		w->after_kid = rows[i].kid;
		w->after = rows[i].private_blob;
	}
}

static enum rc make_key(struct keys *k, const struct keys_step *step, struct signer_wanted *w, int64_t now,
			struct arena *a, struct dir_key *ret)
{
	struct signer_made made;
	const struct jose_alg_row *alg = jose_alg_row(step->alg);
	w->alg = step->alg;
	w->rsa_bits = alg->kty == JOSE_KTY_RSA ? k->policy.rsa_bits : 0;
	TRY(signer_client_generate(k->signer, w, a, &made));
	*ret = (struct dir_key){.kid = made.kid,
				.alg = alg->name,
				.public_jwk = made.public_jwk,
				.private_blob = made.blob,
				.state = step->state,
				.created = now,
				.changed = now};
	return RC_OK;
}

struct keys_rows {
	struct dir_key *v;
	size_t n;
};

static enum rc make_rows(struct keys *k, const struct keys_plan *plan, const struct keys_rows *rows, int64_t now,
			 struct arena *a, struct dir_key *dst)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct keys_step *step = &plan->v[i];
		if (step->type == KEYS_GENERATE) {
			struct signer_wanted wanted = {.after = SLICE_NONE};
			newest(rows->v, rows->n, jose_alg_row(step->alg)->name, &wanted);
			TRY(make_key(k, step, &wanted, now, a, &dst[i]));
			continue;
		}
		dst[i] = rows->v[step->index];
		dst[i].state = step->state;
		dst[i].changed = now;
		/* It no longer signs. */
		if (step->state == DIR_KEY_RETIRING || step->state == DIR_KEY_RETIRED)
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

/* Rows of retired keys are kept as a record only: their number must not matter. */
static void without_retired(struct keys_rows *rows)
{
	size_t n = 0;
	for (size_t i = 0; i < rows->n; i++)
		if (rows->v[i].state != DIR_KEY_RETIRED)
			rows->v[n++] = rows->v[i];
	rows->n = n;
}

/* Finds the key to withdraw; as keys_revoke. */
static enum rc find_row(const struct keys_rows *rows, struct slice kid, struct keys_due *due)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (!slice_eq(rows->v[i].kid, kid))
			continue;
		due->revoke = i;
		return RC_OK;
	}
	return RC_NOT_FOUND;
}

static enum rc change(struct keys *k, const struct keys_rows *rows, const struct keys_due *due, struct dir_audit *audit,
		      struct arena *a)
{
	struct keys_plan plan;
	struct dir_key *changed;
	struct keys_rows now = {0};
	TRY(keys_plan_make(rows->v, rows->n, &k->policy, due, &plan));
	if (plan.n == 0)
		return k->current == NULL ? publish(k, rows->v, rows->n) : RC_OK;
	changed = arena_array(a, plan.n, sizeof *changed);
	if (changed == NULL)
		return RC_MEMORY;
	TRY(make_rows(k, &plan, rows, due->now, a, changed));
	TRY(audit_done(k->audit, audit, NULL,
		       k->directory->keys.apply(k->directory->keys.self, changed, plan.n, audit)));
	log_rows(k, changed, plan.n);
	TRY(k->directory->keys.list(k->directory->keys.self, a, &now.v, &now.n));
	return publish(k, now.v, now.n);
}

/* The rows that count, and which of them is to be withdrawn. */
static enum rc read_rows(const struct keys *k, struct slice kid, struct keys_due *due, struct arena *a,
			 struct keys_rows *ret)
{
	TRY(k->directory->keys.list(k->directory->keys.self, a, &ret->v, &ret->n));
	without_retired(ret);
	return kid.n > 0 ? find_row(ret, kid, due) : RC_OK;
}

/* Rows may have changed before the lease was had: they are read again. */
static enum rc change_alone(struct keys *k, struct slice kid, struct keys_due *due, struct dir_audit *audit, struct arena *a)
{
	const struct store_shared *shared = &k->directory->shared;
	struct keys_rows rows;
	TRY(shared->lease(shared->self, SLICE("keys"), k->node, due->now, KEYS_LEASE));
	enum rc rc = read_rows(k, kid, due, a, &rows);
	if (rc == RC_OK)
		rc = change(k, &rows, due, audit, a);
	rc_ignore(shared->release(shared->self, SLICE("keys"), k->node, due->now));
	return rc;
}

static enum rc change_due(struct keys *k, struct slice kid, struct keys_due *due, struct dir_audit *audit, struct arena *a)
{
	struct keys_plan plan;
	struct keys_rows rows;
	TRY(read_rows(k, kid, due, a, &rows));
	TRY(keys_plan_make(rows.v, rows.n, &k->policy, due, &plan));
	if (plan.n == 0)
		return k->current == NULL ? publish(k, rows.v, rows.n) : RC_OK;
	enum rc rc = change_alone(k, kid, due, audit, a);
	if (rc != RC_BUSY || due->force || kid.n > 0)
		return rc;
	/* Another node is at it: what it makes is read at the next call. */
	return k->current != NULL ? RC_OK : rows.n > 0 ? publish(k, rows.v, rows.n) : RC_BUSY;
}

static enum rc locked(struct keys *k, struct slice kid, struct keys_due *due, struct dir_audit *audit)
{
	struct arena a;
	arena_init(&a, TICK_ARENA);
	pthread_mutex_lock(&k->change);
	enum rc rc = change_due(k, kid, due, audit, &a);
	pthread_mutex_unlock(&k->change);
	arena_reset(&a);
	return rc;
}

enum rc keys_tick(struct keys *k, bool force, int64_t now)
{
	struct keys_due due = {.force = force, .revoke = KEYS_NO_ROW, .now = now};
	struct dir_audit audit = audit_row_of(AUDIT_KEY_ROTATED, now, force ? SLICE("admin") : SLICE("daemon"));
	return locked(k, SLICE_NONE, &due, &audit);
}

enum rc keys_revoke(struct keys *k, struct slice kid, struct dir_audit *audit)
{
	struct keys_due due = {.revoke = KEYS_NO_ROW, .now = audit->at};
	return kid.n == 0 ? RC_MISSING : locked(k, kid, &due, audit);
}

/* `change` held, or single-threaded. */
static void take_policy(struct keys *k, struct keys_policy policy)
{
	k->policy = policy;
	k->policy.algs = k->algs;
	if (k->policy.alg_count > JOSE_ALG_COUNT)
		k->policy.alg_count = JOSE_ALG_COUNT;
	for (size_t i = 0; i < k->policy.alg_count; i++)
		k->algs[i] = policy.algs[i];
}

void keys_policy_set(struct keys *k, struct keys_policy policy)
{
	pthread_mutex_lock(&k->change);
	take_policy(k, policy);
	pthread_mutex_unlock(&k->change);
}

enum rc keys_init(struct keys *k, const struct directory *directory, struct signer_client *signer,
		  struct keys_policy policy, const struct log *log, const struct audit *audit)
{
	*k = (struct keys){.directory = directory, .signer = signer, .log = log, .audit = audit};
	crypto_random(k->node, sizeof k->node);
	take_policy(k, policy);
	return pthread_mutex_init(&k->change, NULL) == 0 && pthread_mutex_init(&k->lock, NULL) == 0 ? RC_OK : RC_MEMORY;
}
