/* SPDX-License-Identifier: Apache-2.0 */
/* Key sets (RFC 7517 5). */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "crypto/tables.h"
#include "jose/jwk/jwk_internal.h"
#include "jose/jwk/header_cache.h"

enum { VALUES_MAX = 8192 };

struct jwks {
	_Atomic unsigned refs;
	size_t n;
	struct jwk *keys[JWKS_KEYS_MAX];
	struct header_caches memos;
};

/* Like a key's contexts, the header cache does not change what users of the constant set see. */
struct header_caches *jwks_header_cache_of(const struct jwks *set)
{
	return &((struct jwks *)(uintptr_t)set)->memos;
}

static struct jwks *alloc(void)
{
	struct jwks *set = calloc(1, sizeof *set);
	if (set != NULL)
		atomic_init(&set->refs, 1);
	return set;
}

void jwks_without_tables(struct jwks *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->keys[i]->key != NULL)
			crypto_key_without_table(set->keys[i]->key);
}

struct jwks *jwks_ref(struct jwks *set)
{
	atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
	return set;
}

void jwks_unref(struct jwks *set)
{
	if (set == NULL || atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < set->n; i++)
		jwk_unref(set->keys[i]);
	header_caches_free(&set->memos);
	free(set);
}

size_t jwks_count(const struct jwks *set)
{
	return set->n;
}

struct jwk *jwks_at(const struct jwks *set, size_t index)
{
	return set->keys[index];
}

static bool share_kid(const struct jwk *a, const struct jwk *b)
{
	return jwk_kid(a).n > 0 && jwk_kty(a) == jwk_kty(b) && slice_eq(jwk_kid(a), jwk_kid(b));
}

/* Equal in everything that a token's header can select by. */
static bool are_one(const struct jwk *a, const struct jwk *b)
{
	return slice_eq(jwk_kid(a), jwk_kid(b)) && slice_eq(jwk_alg_name(a), jwk_alg_name(b)) && jwk_same(a, b);
}

/* RFC 7517 4.5: "different keys within the JWK Set SHOULD use distinct "kid" values". If they do not, all that fit
 * are tried, so their number is limited. */
static enum jwk_remark compare(const struct jwks *set, const struct jwk *key)
{
	size_t same = 0;
	for (size_t i = 0; i < set->n; i++) {
		if (are_one(set->keys[i], key))
			return JWK_REMARK_REPEATED;
		same += share_kid(set->keys[i], key);
	}
	return same == 0 ? JWK_REMARK_NONE : same < JWKS_TRIES_MAX ? JWK_REMARK_SHARED_KID : JWK_REMARK_CROWD;
}

/* The beginning of the kid, safe for a log. */
static uint8_t copy_kid(const struct json *kid, uint8_t dst[static JWKS_REPORT_KID_MAX])
{
	struct slice rest = kid != NULL && kid->type == JSON_STRING ? kid->text : SLICE_NONE;
	uint8_t n = 0;
	while (rest.n > 0) {
		size_t len = utf8_char_len(rest);
		bool shows = len > 0 && utf8_shows(utf8_code(rest)) && *rest.p != '"';
		if (n + (shows ? len : 1) > JWKS_REPORT_KID_MAX)
			break;
		memcpy(dst + n, shows ? rest.p : (const uint8_t *)"?", shows ? len : 1);
		n = (uint8_t)(n + (shows ? len : 1));
		rest = slice_from(rest, len == 0 ? 1 : len);
	}
	return n;
}

static void report_key(struct jwks_report *report, const struct json *jwk, size_t index, enum jwk_remark remark)
{
	if (remark == JWK_REMARK_NONE || report->n == JWKS_REPORT_MAX)
		return;
	struct jwks_report_row *row = &report->v[report->n++];
	row->remark = remark;
	row->index = index;
	row->kid_n = copy_kid(jwk_member_of(jwk, SLICE("kid")), row->kid);
	report->skipped += jwk_remark_skips(remark);
}

/* Reads one key into the set. RC_JOSE_KEY: skipped; RC_JOSE_PRIVATE. */
static enum rc read_key(const struct json *jwk, enum jwk_wanted wanted, struct jwks *set, enum jwk_remark *remark)
{
	struct jwk *key;
	if ((wanted & JWK_PRIVATE) == 0 && jwk_shows_private(jwk)) {
		*remark = JWK_REMARK_PRIVATE;
		return RC_JOSE_PRIVATE;
	}
	TRY(jwk_validate(jwk, wanted, &key, remark));
	enum jwk_remark among = compare(set, key);
	*remark = among == JWK_REMARK_NONE ? *remark : among;
	if (jwk_remark_skips(among)) {
		jwk_unref(key);
		return RC_JOSE_KEY;
	}
	set->keys[set->n++] = key;
	return RC_OK;
}

/* Reads all keys, even after a private one, so that the report names every private key. */
static enum rc read_keys(const struct json *keys, enum jwk_wanted wanted, struct jwks *set, struct jwks_report *report)
{
	enum rc found = RC_OK;
	size_t index = 0;
	if (keys == NULL || keys->type != JSON_ARRAY)
		return RC_JOSE_KEY;
	if (keys->count > JWKS_KEYS_MAX)
		return RC_LIMIT;
	for (const struct json *v = json_first(keys); v != NULL; v = json_next(keys, v)) {
		enum jwk_remark remark;
		enum rc rc = read_key(v, wanted, set, &remark);
		if (rc == RC_JOSE_PRIVATE)
			found = rc;
		else if (rc != RC_OK && rc != RC_JOSE_KEY)
			return rc;
		report_key(report, v, index++, remark);
	}
	return found;
}

static enum rc read_text(struct slice text, struct json *pool, enum jwk_wanted wanted, struct jwks *set,
			 struct jwks_report *report)
{
	enum rc rc = json_parse(text, pool, VALUES_MAX);
	if (rc == RC_LIMIT)
		return RC_LIMIT;
	/* A value that is no object has no keys. */
	if (rc != RC_OK)
		return RC_JOSE_KEY;
	return read_keys(json_get(pool, SLICE("keys")), wanted, set, report);
}

enum rc jwks_validate(struct slice text, enum jwk_wanted wanted, struct jwks **ret_set, struct jwks_report *report)
{
	struct jwks_report unheard UNINITIALIZED;
	if (report == NULL)
		report = &unheard;
	report->n = report->skipped = 0;
	if (text.n > JWKS_TEXT_MAX)
		return RC_LIMIT;
	struct json *pool = calloc(VALUES_MAX, sizeof *pool);
	struct jwks *set = alloc();
	enum rc rc = pool == NULL || set == NULL ? RC_MEMORY : read_text(text, pool, wanted, set, report);
	free(pool);
	if (rc != RC_OK) {
		jwks_unref(set);
		return rc;
	}
	*ret_set = set;
	return RC_OK;
}

enum rc jwks_read(struct slice text, enum jwk_wanted wanted, struct jwks **ret_set, size_t *ret_skipped)
{
	struct jwks_report report UNINITIALIZED;
	TRY(jwks_validate(text, wanted, ret_set, &report));
	if (ret_skipped != NULL)
		*ret_skipped = report.skipped;
	return RC_OK;
}

enum rc jwks_of(struct jwk *const *keys, size_t n, struct jwks **ret_set)
{
	if (n > JWKS_KEYS_MAX)
		return RC_LIMIT;
	struct jwks *set = alloc();
	if (set == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < n; i++) {
		if (compare(set, keys[i]) == JWK_REMARK_CROWD) {
			jwks_unref(set);
			return RC_LIMIT;
		}
		set->keys[set->n++] = jwk_ref(keys[i]);
	}
	*ret_set = set;
	return RC_OK;
}

enum rc jwks_write(const struct jwks *set, bool private_too, struct json_out *out)
{
	json_out_object(out);
	json_out_key(out, SLICE("keys"));
	json_out_array(out);
	for (size_t i = 0; i < set->n; i++)
		if (private_too || jwk_kty(set->keys[i]) != JOSE_KTY_OCT)
			TRY(jwk_write(set->keys[i], private_too, out));
	json_out_array_end(out);
	json_out_object_end(out);
	return buf_rc(out->b);
}

/* How a key matches a token's kid, or its absence. */
enum answer { BY_KID, WITHOUT_KID, TO_ALL };

static bool answers(const struct jwk *key, struct slice kid, enum answer how)
{
	switch (how) {
	case BY_KID:
		return slice_eq(jwk_kid(key), kid);
	case WITHOUT_KID:
		return key->kid_is_ours || jwk_kid(key).n == 0;
	default:
		return true;
	}
}

/* RC_JOSE_KID: none matches, or too many; RC_JOSE_ALG: none of them allows `alg`. */
static enum rc collect(const struct jwks *set, struct slice kid, enum jose_alg alg, enum answer how,
		       struct jwks_fit *fit)
{
	enum rc rc = RC_JOSE_KID;
	fit->n = 0;
	for (size_t i = 0; i < set->n; i++) {
		if (!answers(set->keys[i], kid, how))
			continue;
		if (!jwk_allows(set->keys[i], alg)) {
			rc = how == BY_KID ? RC_JOSE_ALG : rc;
			continue;
		}
		if (fit->n == JWKS_TRIES_MAX)
			return RC_JOSE_KID;
		fit->keys[fit->n++] = set->keys[i];
	}
	return fit->n > 0 ? RC_OK : rc;
}

enum rc jwks_fit(const struct jwks *set, struct slice kid, enum jose_alg alg, struct jwks_fit *ret_fit)
{
	ret_fit->failed = RC_JOSE_SIGNATURE;
	if (kid.n == 0)
		return collect(set, kid, alg, TO_ALL, ret_fit);
	enum rc rc = collect(set, kid, alg, BY_KID, ret_fit);
	if (rc != RC_JOSE_KID)
		return rc;
	/* A key without kid may match any kid; if none of them verifies, the kid counts as unknown. */
	ret_fit->failed = RC_JOSE_KID;
	return collect(set, kid, alg, WITHOUT_KID, ret_fit);
}

enum rc jwks_find(const struct jwks *set, struct slice kid, enum jose_alg alg, struct jwk **ret_key)
{
	struct jwks_fit fit;
	TRY(jwks_fit(set, kid, alg, &fit));
	*ret_key = fit.keys[0];
	return RC_OK;
}
