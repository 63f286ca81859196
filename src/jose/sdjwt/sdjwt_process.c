/* SPDX-License-Identifier: Apache-2.0 */
/* From digests and disclosures to the payload (RFC 9901 7.1, steps 3 to 5). The payload is written anew, not edited;
 * the strict reader that parses it then refuses duplicate claims. */
#include <stdio.h>

#include "jose/sdjwt/sdjwt_internal.h"

/* The walk's state. */
struct walk {
	struct arena *a;
	enum crypto_hash hash;
	struct sdjwt_disclosure *list;
	size_t count;
	struct slice *seen; /* every digest seen */
	size_t seen_count;
	struct buf text, path; /* the output; the current position as a pointer */
	struct json_out out;
};

static enum rc put_value(struct walk *w, const struct json *v, unsigned depth);

/* Step 3.1, and the form of 4.2.1 and 4.2.2: [salt, name, value] or [salt, value]. */
static enum rc read_disclosure(struct walk *w, struct slice text, struct sdjwt_disclosure *d)
{
	const struct json *root;
	struct slice data, salt;
	*d = (struct sdjwt_disclosure){.text = text};
	TRY(sdjwt_digest(w->hash, text, w->a, &d->digest));
	enum rc rc = base64url_decode_arena(w->a, text, &data);
	if (rc == RC_OK)
		rc = sdjwt_parse(data, w->a, &root);
	if (rc != RC_OK)
		return rc == RC_LIMIT || rc_server_error(rc) ? rc : RC_JOSE_DISCLOSURE;
	if (root->type != JSON_ARRAY || (root->count != 2 && root->count != 3))
		return RC_JOSE_DISCLOSURE;
	const struct json *next = json_first(root);
	TRY_AS(RC_JOSE_DISCLOSURE, json_string(next, w->a, &salt));
	next = json_next(root, next);
	d->element = root->count == 2;
	if (!d->element) {
		TRY_AS(RC_JOSE_DISCLOSURE, json_string(next, w->a, &d->name));
		next = json_next(root, next);
	}
	d->value = next;
	return RC_OK;
}

static enum rc read_list(struct walk *w, struct slice list)
{
	struct slice text;
	w->list = arena_array(w->a, SDJWT_DISCLOSURES_MAX, sizeof *w->list);
	w->seen = arena_array(w->a, SDJWT_DIGESTS_MAX, sizeof *w->seen);
	if (w->list == NULL || w->seen == NULL)
		return RC_MEMORY;
	while (slice_split(&list, '~', &text)) {
		if (w->count == SDJWT_DISCLOSURES_MAX)
			return RC_LIMIT;
		if (text.n == 0)
			return RC_JOSE_MALFORMED;
		TRY(read_disclosure(w, text, &w->list[w->count++]));
	}
	return RC_OK;
}

/* Step 4: "If any digest value is encountered more than once … the SD-JWT MUST be rejected". */
static enum rc note_digest(struct walk *w, struct slice digest)
{
	for (size_t i = 0; i < w->seen_count; i++)
		if (slice_eq(w->seen[i], digest))
			return RC_JOSE_DISCLOSURE;
	if (w->seen_count == SDJWT_DIGESTS_MAX)
		return RC_LIMIT;
	w->seen[w->seen_count++] = digest;
	return RC_OK;
}

/* Step 3.3.1. *ret_d is NULL if there is no disclosure: a decoy, or a claim that the holder withholds. */
static enum rc find_disclosure(struct walk *w, const struct json *v, bool element, struct sdjwt_disclosure **ret_d)
{
	struct slice digest;
	TRY_AS(RC_JOSE_DISCLOSURE, json_string(v, w->a, &digest));
	TRY(note_digest(w, digest));
	*ret_d = NULL;
	for (size_t i = 0; i < w->count; i++)
		if (slice_eq(w->list[i].digest, digest))
			*ret_d = &w->list[i];
	if (*ret_d == NULL)
		return RC_OK;
	/* Three elements belong in an object, two in an array. */
	if ((*ret_d)->element != element)
		return RC_JOSE_DISCLOSURE;
	(*ret_d)->found = true;
	return RC_OK;
}

/* RFC 6901 3: '~' and '/' in a name are escaped. */
static void path_push(struct walk *w, struct slice name)
{
	buf_byte(&w->path, '/');
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '~' || name.p[i] == '/')
			buf_put(&w->path, name.p[i] == '~' ? SLICE("~0") : SLICE("~1"));
		else
			buf_byte(&w->path, name.p[i]);
	}
}

static enum rc put_disclosed(struct walk *w, struct sdjwt_disclosure *d, unsigned depth)
{
	TRY(buf_rc(&w->path));
	TRY(arena_copy(w->a, buf_slice(&w->path), &d->path));
	return put_value(w, d->value, depth + 1);
}

/* Step 3.3.2: the claims of an object's `_sd`. */
static enum rc put_hidden(struct walk *w, const struct json *sd, unsigned depth)
{
	struct sdjwt_disclosure *d;
	size_t path = w->path.n;
	if (sd == NULL)
		return RC_OK;
	if (sd->type != JSON_ARRAY)
		return RC_JOSE_DISCLOSURE;
	for (const struct json *e = json_first(sd); e != NULL; e = json_next(sd, e)) {
		TRY(find_disclosure(w, e, false, &d));
		if (d == NULL)
			continue;
		if (slice_eq(d->name, SDJWT_SD) || slice_eq(d->name, SDJWT_DOTS) || slice_eq(d->name, SDJWT_SD_ALG))
			return RC_JOSE_DISCLOSURE;
		path_push(w, d->name);
		json_out_key(&w->out, d->name);
		TRY(put_disclosed(w, d, depth));
		w->path.n = path;
	}
	return RC_OK;
}

static enum rc put_member(struct walk *w, const struct json *m, unsigned depth)
{
	struct slice name;
	size_t path = w->path.n;
	TRY(json_key(m, w->a, &name));
	/* `...` is allowed only in an object that stands for an array's element. */
	if (slice_eq(name, SDJWT_DOTS))
		return RC_JOSE_DISCLOSURE;
	if (slice_eq(name, SDJWT_SD) || (depth == 0 && slice_eq(name, SDJWT_SD_ALG)))
		return RC_OK;
	path_push(w, name);
	sdjwt_put_key(&w->out, m);
	TRY(put_value(w, m, depth + 1));
	w->path.n = path;
	return RC_OK;
}

static enum rc put_object(struct walk *w, const struct json *v, unsigned depth)
{
	json_out_object(&w->out);
	for (const struct json *m = json_first(v); m != NULL; m = json_next(v, m))
		TRY(put_member(w, m, depth));
	TRY(put_hidden(w, json_get(v, SDJWT_SD), depth));
	json_out_object_end(&w->out);
	return RC_OK;
}

/* Step 3.3.3: an element that stands for a digest; *ret_d is NULL if nothing is written for it (step 3.4). */
static enum rc element_of(struct walk *w, const struct json *e, bool *ret_digest, struct sdjwt_disclosure **ret_d)
{
	const struct json *digest = json_get(e, SDJWT_DOTS);
	*ret_digest = digest != NULL;
	if (digest == NULL)
		return RC_OK;
	/* "There MUST NOT be any other keys in the object." */
	if (e->count != 1)
		return RC_JOSE_DISCLOSURE;
	return find_disclosure(w, digest, true, ret_d);
}

static enum rc put_array(struct walk *w, const struct json *v, unsigned depth)
{
	unsigned index = 0;
	size_t path = w->path.n;
	json_out_array(&w->out);
	for (const struct json *e = json_first(v); e != NULL; e = json_next(v, e)) {
		struct sdjwt_disclosure *d = NULL;
		bool digest;
		TRY(element_of(w, e, &digest, &d));
		if (digest && d == NULL)
			continue;
		buf_format(&w->path, "/%u", index++);
		TRY(digest ? put_disclosed(w, d, depth) : put_value(w, e, depth + 1));
		w->path.n = path;
	}
	json_out_array_end(&w->out);
	return RC_OK;
}

/* The strict reader's depth limit bounds nested disclosures. */
static enum rc put_value(struct walk *w, const struct json *v, unsigned depth)
{
	if (depth > JSON_DEPTH_MAX)
		return RC_LIMIT;
	if (v->type == JSON_OBJECT)
		return put_object(w, v, depth);
	if (v->type == JSON_ARRAY)
		return put_array(w, v, depth);
	json_out_raw(&w->out, sdjwt_raw(v));
	return buf_rc(&w->text);
}

/* RFC 9901 4.1.1: SHA-256 if absent. */
static enum rc read_hash(const struct json *root, struct arena *a, enum crypto_hash *ret_hash)
{
	const struct json *v = json_get(root, SDJWT_SD_ALG);
	struct slice name = SLICE("sha-256");
	if (v != NULL)
		TRY_AS(RC_JOSE_ALG, json_string(v, a, &name));
	return sdjwt_hash_by_name(name, ret_hash);
}

/* Step 5: "If any Disclosure was not referenced by digest value … the SD-JWT MUST be rejected". */
static enum rc all_found(const struct walk *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (!w->list[i].found)
			return RC_JOSE_DISCLOSURE;
	return RC_OK;
}

static enum rc walk(struct walk *w, const struct json *root, struct slice *ret_text)
{
	TRY(put_value(w, root, 0));
	TRY(buf_rc(&w->text));
	TRY(all_found(w));
	return arena_copy(w->a, buf_slice(&w->text), ret_text);
}

enum rc sdjwt_process(struct slice payload, struct slice list, struct arena *a, struct sdjwt_processed *ret_processed)
{
	struct walk w = {.a = a};
	struct sdjwt_processed p = {.text = SLICE_NONE};
	const struct json *root;
	TRY(sdjwt_parse_claims(payload, a, &root));
	TRY(read_hash(root, a, &w.hash));
	TRY(read_list(&w, list));
	buf_init(&w.text, SDJWT_TEXT_MAX);
	buf_init(&w.path, SDJWT_TEXT_MAX);
	w.out = json_out_to(&w.text);
	enum rc rc = walk(&w, root, &p.text);
	buf_free(&w.text);
	buf_free(&w.path);
	TRY(rc);
	p.hash = w.hash;
	p.disclosures = w.list;
	p.count = w.count;
	*ret_processed = p;
	return RC_OK;
}
