/* SPDX-License-Identifier: Apache-2.0 */
/* The budgets as one table; counters live in the ephemeral store under the HMAC of what they count. */
#include "identity/throttle.h"

#include <arpa/inet.h>

#include "base/base64url.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "crypto/hash.h"

enum throttle_scope { THROTTLE_DEVICE, THROTTLE_ACCOUNT, THROTTLE_ADDRESS, THROTTLE_NETWORK };

/* Short windows come first: what they refuse is not counted in the long ones, so a flood uses up no more than its pace. */
static const struct throttle_budget {
	enum throttle_scope scope;
	int64_t attempts, window;
} throttle_budgets[] = {
	{THROTTLE_DEVICE, 10, 300},      {THROTTLE_DEVICE, 50, 86400},
	{THROTTLE_ADDRESS, 50, 600},     {THROTTLE_ADDRESS, 500, 86400},
	{THROTTLE_NETWORK, 200, 600},    {THROTTLE_ACCOUNT, 10, 300},
	{THROTTLE_ACCOUNT, 30, 3600},    {THROTTLE_ACCOUNT, 100, 86400},
};

/* A device cookie: when it was made, a random number, and the HMAC that binds both to the account. */
enum { DEVICE_HEAD = 8 + 16, DEVICE_BYTES = DEVICE_HEAD + 32 };
_Static_assert((DEVICE_BYTES / 3) * 4 + DEVICE_BYTES % 3 + 1 == THROTTLE_DEVICE_LEN, "56 bytes are 75 characters");

struct throttle_names {
	struct slice account; /* tenant and login, length-prefixed */
	struct slice address, network, device;
	bool known_device;
};

static enum rc throttle_device_mac(const struct identity *id, struct slice account, struct slice head, uint8_t mac[static 32])
{
	uint8_t memory[1024];
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	buf_block(&b, SLICE("device cookie"));
	buf_block(&b, account);
	buf_block(&b, head);
	TRY(buf_rc(&b));
	return crypto_hmac(CRYPTO_SHA256, id->key, buf_slice(&b), mac);
}

/* True where the cookie is ours, young enough and for this account; then `raw` holds its bytes. */
static bool throttle_device_ok(const struct identity *id, struct slice account, struct slice cookie, int64_t now,
			       uint8_t raw[static DEVICE_BYTES])
{
	uint8_t mac[32];
	uint64_t made;
	size_t n;
	if (base64url_decode(cookie, raw, DEVICE_BYTES, &n) != RC_OK || n != DEVICE_BYTES)
		return false;
	if (throttle_device_mac(id, account, slice_of(raw, DEVICE_HEAD), mac) != RC_OK)
		return false;
	if (!ct_equal(secret_of(mac, sizeof mac), secret_of(raw + DEVICE_HEAD, sizeof mac)))
		return false;
	struct cursor c = cursor_of(slice_of(raw, DEVICE_HEAD));
	return cursor_u64(&c, &made) == RC_OK && made <= (uint64_t)now && (uint64_t)now - made < THROTTLE_DEVICE_TTL;
}

/* Writes address and network: family byte and prefix. IPv4 in IPv6 clothes is IPv4. */
static void throttle_address(struct slice remote, uint8_t dst[static 17], struct throttle_names *names)
{
	char text[INET6_ADDRSTRLEN];
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	names->address = names->network = SLICE("no address");
	if (!slice_to_cstr(remote, text, sizeof text))
		return;
	if (inet_pton(AF_INET, text, dst + 1) == 1) {
		dst[0] = 4;
	} else if (inet_pton(AF_INET6, text, dst + 1) != 1) {
		return;
	} else if (memcmp(dst + 1, mapped, sizeof mapped) == 0) {
		memmove(dst + 1, dst + 13, 4);
		dst[0] = 4;
	} else {
		dst[0] = 6;
	}
	names->address = slice_of(dst, dst[0] == 4 ? 5 : 9);
	names->network = slice_of(dst, dst[0] == 4 ? 4 : 7);
}

static enum rc throttle_account(struct slice tenant, struct slice login, struct buf *b)
{
	buf_block(b, tenant);
	/* A login that is no login may be of any length: its beginning is enough to count it. */
	buf_block(b, slice_to(login, 512));
	return buf_rc(b);
}

static enum rc throttle_counter(const struct identity *id, const struct throttle_names *names,
				const struct throttle_budget *budget, uint8_t dst[static 32])
{
	uint8_t memory[1024];
	struct buf b;
	const struct slice name[] = {
		[THROTTLE_DEVICE] = names->device,
		[THROTTLE_ACCOUNT] = names->account,
		[THROTTLE_ADDRESS] = names->address,
		[THROTTLE_NETWORK] = names->network,
	};
	buf_over(&b, memory, sizeof memory);
	buf_block(&b, SLICE("throttle"));
	buf_u8(&b, (uint8_t)budget->scope);
	buf_u64(&b, (uint64_t)budget->window);
	buf_block(&b, name[budget->scope]);
	TRY(buf_rc(&b));
	return crypto_hmac(CRYPTO_SHA256, id->key, buf_slice(&b), dst);
}

static enum rc throttle_take_one(const struct identity *id, const struct throttle_names *names,
				 const struct throttle_budget *budget, int64_t now, struct throttle_taken *taken,
				 int64_t *ret_retry_after)
{
	int64_t sum, expires;
	uint8_t counter[32];
	TRY(throttle_counter(id, names, budget, counter));
	TRY(id->ephemeral->count(id->ephemeral->self, counter, 1, budget->window, now, &sum, &expires));
	if (sum > budget->attempts) {
		*ret_retry_after = expires > now ? expires - now : 1;
		return RC_THROTTLED;
	}
	memcpy(taken->v[taken->n].id, counter, sizeof counter);
	taken->v[taken->n++].window = budget->window;
	return RC_OK;
}

enum rc throttle_take(const struct identity *id, const struct throttle_attempt *attempt, int64_t now,
		      struct throttle_taken *ret_taken, int64_t *ret_retry_after)
{
	uint8_t account_memory[640], address[17] = {0}, device[DEVICE_BYTES];
	struct throttle_names names = {0};
	struct throttle_taken taken = {0};
	struct buf account;
	buf_over(&account, account_memory, sizeof account_memory);
	TRY(throttle_account(attempt->tenant, attempt->login, &account));
	names.account = buf_slice(&account);
	throttle_address(attempt->remote, address, &names);
	names.known_device = throttle_device_ok(id, names.account, attempt->device, now, device);
	names.device = slice_of(device, names.known_device ? DEVICE_HEAD : 0);
	for (size_t i = 0; i < ARRAY_LEN(throttle_budgets); i++) {
		const struct throttle_budget *budget = &throttle_budgets[i];
		/* A known device draws on its own budget alone; a stranger on all others. */
		if ((budget->scope == THROTTLE_DEVICE) == names.known_device)
			TRY(throttle_take_one(id, &names, budget, now, &taken, ret_retry_after));
	}
	taken.known_device = names.known_device;
	*ret_taken = taken;
	return RC_OK;
}

void throttle_give_back(const struct identity *id, const struct throttle_taken *taken, int64_t now)
{
	for (size_t i = 0; i < taken->n; i++) {
		int64_t sum, expires;
		/* Where it fails the budget is smaller for a while: nothing to refuse a good sign-in for. */
		rc_ignore(id->ephemeral->count(id->ephemeral->self, taken->v[i].id, -1, taken->v[i].window, now, &sum, &expires));
	}
}

enum rc throttle_device(const struct identity *id, struct slice tenant, struct slice login, int64_t now,
			char dst[static THROTTLE_DEVICE_LEN])
{
	uint8_t account_memory[640], raw[DEVICE_BYTES], random[16];
	struct buf account, b;
	buf_over(&account, account_memory, sizeof account_memory);
	TRY(throttle_account(tenant, login, &account));
	crypto_random(random, sizeof random);
	buf_over(&b, raw, sizeof raw);
	buf_u64(&b, (uint64_t)now);
	buf_put(&b, slice_of(random, sizeof random));
	TRY(buf_rc(&b));
	TRY(throttle_device_mac(id, buf_slice(&account), slice_of(raw, DEVICE_HEAD), raw + DEVICE_HEAD));
	base64url_encode_to(slice_of(raw, sizeof raw), dst);
	return RC_OK;
}
