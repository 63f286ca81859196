/* SPDX-License-Identifier: Apache-2.0 */
/* A cart in the session: read with its version, changed, written back only where nobody wrote meanwhile. */
#include "backend.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_MAX = 16 * 1024, ITEM_MAX = 40, ITEMS_MAX = 50, TRIES = 8 };

/* One exchange with the session service. */
struct exchange {
	long status;
	char etag[64];
	char body[DATA_MAX];
	size_t length;
};

static size_t take_body(char *data, size_t size, size_t count, void *to)
{
	struct exchange *x = to;
	if (size * count > sizeof x->body - x->length)
		return 0;
	memcpy(x->body + x->length, data, size * count);
	x->length += size * count;
	return size * count;
}

static size_t take_header(char *data, size_t size, size_t count, void *to)
{
	struct exchange *x = to;
	size_t n = size * count;
	if (n > 8 && n - 8 < sizeof x->etag && strncasecmp(data, "etag: ", 6) == 0) {
		memcpy(x->etag, data + 6, n - 8);
		x->etag[n - 8] = '\0';
	}
	return n;
}

/* GET where `put` is NULL, else PUT under the version of `etag`. */
static int ask(const struct backend *b, const char *session, const char *etag, const char *put, struct exchange *ret_x)
{
	char handle[4096], match[128];
	struct curl_slist *headers = NULL;
	CURL *curl = curl_easy_init();
	int good = -1;

	*ret_x = (struct exchange){0};
	if (curl == NULL)
		return -1;
	if ((size_t)snprintf(handle, sizeof handle, "X-Session-Id: %s", session) < sizeof handle)
		headers = curl_slist_append(headers, handle);
	if (put != NULL && (size_t)snprintf(match, sizeof match, "If-Match: %s", etag) < sizeof match) {
		headers = curl_slist_append(headers, match);
		headers = curl_slist_append(headers, "Content-Type: application/json");
	}
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, b->session_socket);
	curl_easy_setopt(curl, CURLOPT_URL, "http://localhost/session/data");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 5L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, ret_x);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, ret_x);
	if (put != NULL) {
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "PUT");
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, put);
	}
	if (headers != NULL && curl_easy_perform(curl) == CURLE_OK)
		good = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret_x->status) == CURLE_OK ? 0 : -1;
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return good;
}

static struct answer trouble(unsigned status, const char *why)
{
	return (struct answer){status, NULL, json_pack("{s:s}", "error", why)};
}

/* The items in the session's data, never NULL. */
static json_t *items_of(const struct exchange *x)
{
	json_t *data = json_loadb(x->body, x->length, 0, NULL);
	json_t *items = json_incref(json_object_get(data, "items"));
	json_decref(data);
	return json_is_array(items) ? items : json_array();
}

static struct answer show(const struct caller *who, json_t *items)
{
	return (struct answer){200, NULL, json_pack("{s:s,s:o}", "user", who->user, "items", items)};
}

static json_t *read_item(const char *body, size_t length)
{
	json_t *root = json_loadb(body, length, JSON_REJECT_DUPLICATES, NULL);
	json_t *item = json_incref(json_object_get(root, "item"));
	json_decref(root);
	size_t n = json_string_length(item);
	if (n > 0 && n <= ITEM_MAX)
		return item;
	json_decref(item);
	return NULL;
}

/* Adds under the version that was read. 1: done, 0: somebody else was faster, -1: trouble. */
static int add(const struct backend *b, const struct caller *who, const char *etag, json_t *items, json_t *item)
{
	struct exchange x;
	json_array_append(items, item);
	json_t *data = json_pack("{s:O}", "items", items);
	char *text = json_dumps(data, JSON_COMPACT);
	int sent = text == NULL ? -1 : ask(b, who->session, etag, text, &x);
	free(text);
	json_decref(data);
	if (sent != 0)
		return -1;
	if (x.status == 412)
		return 0;
	return x.status == 200 ? 1 : -1;
}

struct answer cart(const struct backend *b, const struct caller *who, const char *body, size_t length)
{
	struct exchange x;

	if (who->user == NULL || who->session == NULL)
		return trouble(401, "nobody is signed in");
	json_t *item = body == NULL ? NULL : read_item(body, length);
	if (body != NULL && item == NULL)
		return trouble(400, "an item is a text of at most 40 bytes");
	for (int i = 0; i < TRIES; i++) {
		if (ask(b, who->session, NULL, NULL, &x) != 0 || x.status != 200)
			break;
		json_t *items = items_of(&x);
		int added = item == NULL || json_array_size(items) >= ITEMS_MAX ? 1 : add(b, who, x.etag, items, item);
		if (added == 1) {
			json_decref(item);
			return show(who, items);
		}
		json_decref(items);
		if (added < 0)
			break;
	}
	json_decref(item);
	return trouble(503, "the cart is not to be had now");
}
