/* SPDX-License-Identifier: Apache-2.0 */
/* The budgets as one table; counters live in the ephemeral store under the HMAC of what they count. */
#include "identity/throttle.h"

#include <arpa/inet.h>

#include "base/base64url.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/network.h"
#include "crypto/hash.h"

/* THROTTLE_PARTY counts the attempts of one network at one account. */
enum throttle_scope {
	THROTTLE_DEVICE,
	THROTTLE_ADDRESS,
	THROTTLE_NETWORK,
	THROTTLE_PARTY,
	THROTTLE_ACCOUNT,
	THROTTLE_SLOW
};

/* Short windows come first: what they refuse is not counted in the long ones, so a flood uses up only what the short
 * window admits. */
static const struct throttle_budget {
	enum throttle_scope scope;
	enum eph_type room; /* its counters are not displaced by those of others (store/rooms.h) */
	int64_t attempts, window;
} throttle_budgets[] = {
	{THROTTLE_DEVICE, EPH_COUNTER_DEVICE, 10, 300},
	{THROTTLE_DEVICE, EPH_COUNTER_DEVICE_DAY, 50, 86400},
	{THROTTLE_ADDRESS, EPH_COUNTER_ADDRESS, 50, 600},
	{THROTTLE_ADDRESS, EPH_COUNTER_ADDRESS_DAY, 500, 86400},
	{THROTTLE_NETWORK, EPH_COUNTER_ADDRESS, 200, 600},
	{THROTTLE_PARTY, EPH_COUNTER, 10, 300},
	{THROTTLE_PARTY, EPH_COUNTER, 30, 3600},
	{THROTTLE_PARTY, EPH_COUNTER, 100, 86400},
	{THROTTLE_ACCOUNT, EPH_COUNTER_ACCOUNT, 300, 86400},
};

/* After this many attempts at an account in a day, from all networks together, each network has only a few left. Many
 * slow guessers get little further, and a network that has not guessed is still admitted. */
enum { TIGHT_FROM = 50, TIGHT_PARTY = 3 };

/* Once an account's daily budget is spent, unknown devices share a slow lane: one attempt at a time, first come first
 * served, and the next one after a random time, so that an attacker who wants every attempt has to ask all the time. A
 * network's own budget still applies, and counts its refused attempts. */
enum { SLOW_LEAST = 60, SLOW_SPREAD = 121, SLOW_MOST = SLOW_LEAST + SLOW_SPREAD - 1 };

static const struct throttle_budget throttle_day = {THROTTLE_ACCOUNT, EPH_COUNTER_ACCOUNT, 300, 86400},
				    throttle_party_day = {THROTTLE_PARTY, EPH_COUNTER, 100, 86400},
				    throttle_slow_lane = {THROTTLE_SLOW, EPH_COUNTER_LANE, 1, SLOW_MOST};

/* An unlocked account's counters get new names for two days; by then all earlier ones have expired. */
enum { UNLOCK_WINDOW = 2 * 86400 };

/* A device cookie: its time, a random number, and the HMAC that binds both to the account. */
enum { DEVICE_HEAD = 8 + 16, DEVICE_BYTES = DEVICE_HEAD + 32 };
_Static_assert((DEVICE_BYTES / 3) * 4 + DEVICE_BYTES % 3 + 1 == THROTTLE_DEVICE_LEN, "56 bytes are 75 characters");

struct throttle_names {
	struct slice account; /* tenant and login, length-prefixed */
	struct slice address, network, device;
	uint64_t party; /* the network, as the store counts whose its counters are */
	bool known_device;
	bool whole; /* counts an account by all of its names */
	/* How long the slow lane is taken; the same for each name, so that none is free before the account's. */
	int64_t slow;
	uint64_t unlocked[2]; /* how often, and until when that is stored; 0, 0: never */
};

static enum rc throttle_device_mac(const struct identity *id, struct slice account, struct slice head,
				   uint8_t mac[static 32])
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

/* True if the cookie is ours, not too old and for this account; then `raw` holds its bytes. */
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

/* Writes address and network: family byte and prefix. An IPv4-mapped IPv6 address counts as IPv4. */
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
	names->network = slice_of(dst, dst[0] == 4 ? 4 : 8);
}

static enum rc throttle_account(struct slice tenant, struct slice login, struct buf *b)
{
	buf_block(b, tenant);
	/* An invalid login may be of any length: its beginning is enough to count it. */
	buf_block(b, slice_to(login, 512));
	return buf_rc(b);
}

static enum rc throttle_counter(const struct identity *id, const struct throttle_names *names,
				const struct throttle_budget *budget, struct eph_counter *ret)
{
	uint8_t memory[1024];
	struct buf b;
	const struct slice name[] = {
		[THROTTLE_DEVICE] = names->device,	 [THROTTLE_ADDRESS] = names->address,
		[THROTTLE_NETWORK] = names->network,	 [THROTTLE_PARTY] = names->account,
		[THROTTLE_ACCOUNT] = names->account,
		[THROTTLE_SLOW] = names->account,
	};
	bool personal = budget->scope != THROTTLE_ADDRESS && budget->scope != THROTTLE_NETWORK;
	buf_over(&b, memory, sizeof memory);
	buf_block(&b, names->whole ? SLICE("throttle account") : SLICE("throttle"));
	buf_u8(&b, (uint8_t)budget->scope);
	buf_u64(&b, (uint64_t)budget->window);
	buf_block(&b, name[budget->scope]);
	if (budget->scope == THROTTLE_PARTY)
		buf_block(&b, names->network);
	for (size_t i = 0; personal && i < ARRAY_LEN(names->unlocked); i++)
		buf_u64(&b, names->unlocked[i]);
	TRY(buf_rc(&b));
	ret->type = budget->room;
	ret->party = budget->scope == THROTTLE_PARTY ? names->party : 0;
	ret->window = budget->scope == THROTTLE_SLOW ? names->slow : budget->window;
	return crypto_hmac(CRYPTO_SHA256, id->key, buf_slice(&b), ret->id);
}

static void throttle_refusal_set(struct throttle_refusal *r, int64_t expires, int64_t now, bool first)
{
	*r = (struct throttle_refusal){.retry_after = expires > now ? expires - now : 1, .first = first};
}

static enum rc throttle_take_one(const struct identity *id, const struct throttle_names *names,
				 const struct throttle_budget *budget, int64_t now, struct throttle_taken *taken,
				 struct throttle_refusal *ret_refusal)
{
	int64_t sum, expires;
	struct eph_counter counter;
	TRY(throttle_counter(id, names, budget, &counter));
	TRY(id->ephemeral->count(id->ephemeral->self, &counter, 1, now, &sum, &expires));
	if (sum > budget->attempts) {
		throttle_refusal_set(ret_refusal, expires, now, sum == budget->attempts + 1);
		return RC_THROTTLED;
	}
	if (sum == 1 && !names->whole && (budget->scope == THROTTLE_DEVICE || budget->scope == THROTTLE_PARTY) &&
	    budget->window == 300)
		taken->first = true;
	taken->v[taken->n++] = counter;
	return RC_OK;
}

static enum rc throttle_read(const struct identity *id, const struct throttle_names *names,
			     const struct throttle_budget *budget, int64_t now, int64_t *ret_sum, int64_t *ret_expires)
{
	struct eph_counter counter;
	TRY(throttle_counter(id, names, budget, &counter));
	return id->ephemeral->count(id->ephemeral->self, &counter, 0, now, ret_sum, ret_expires);
}

/* This attempt is in the party's count but not yet in the account's: a refusal here uses up nothing of the account. */
static enum rc throttle_tight(const struct identity *id, const struct throttle_names *names, int64_t now,
			      struct throttle_refusal *ret_refusal)
{
	int64_t all, party, expires;
	TRY(throttle_read(id, names, &throttle_day, now, &all, &expires));
	if (all < TIGHT_FROM)
		return RC_OK;
	TRY(throttle_read(id, names, &throttle_party_day, now, &party, &expires));
	if (party <= TIGHT_PARTY)
		return RC_OK;
	throttle_refusal_set(ret_refusal, expires, now, party == TIGHT_PARTY + 1);
	return RC_THROTTLED;
}

/* The account's daily budget is spent. */
static enum rc throttle_slow(const struct identity *id, const struct throttle_names *names, int64_t now,
			     struct throttle_taken *taken, struct throttle_refusal *ret_refusal)
{
	int64_t sum, expires;
	struct eph_counter counter;
	TRY(throttle_counter(id, names, &throttle_slow_lane, &counter));
	TRY(id->ephemeral->count(id->ephemeral->self, &counter, 1, now, &sum, &expires));
	if (sum > throttle_slow_lane.attempts) {
		throttle_refusal_set(ret_refusal, now + SLOW_MOST, now, ret_refusal->first);
		return RC_THROTTLED;
	}
	/* Logged, although it is admitted. */
	taken->first = taken->first || ret_refusal->first;
	taken->v[taken->n++] = counter;
	return RC_OK;
}

static int64_t throttle_slow_time(void)
{
	uint8_t random[4];
	crypto_random(random, sizeof random);
	struct cursor c = cursor_of(slice_of(random, sizeof random));
	uint32_t n = 0;
	rc_ignore(cursor_u32(&c, &n));
	return SLOW_LEAST + (int64_t)(n % SLOW_SPREAD);
}

static enum rc throttle_unlock_counter(const struct identity *id, struct slice account, struct eph_counter *ret)
{
	uint8_t memory[1024];
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	buf_block(&b, SLICE("throttle unlocked"));
	buf_block(&b, account);
	TRY(buf_rc(&b));
	*ret = (struct eph_counter){.type = EPH_COUNTER_LANE, .window = UNLOCK_WINDOW};
	return crypto_hmac(CRYPTO_SHA256, id->key, buf_slice(&b), ret->id);
}

/* Sets names->unlocked, and the attempt's party (identity/hashing_pool.h). */
static enum rc throttle_account_state(const struct identity *id, struct throttle_names *names, struct slice remote,
				      int64_t now, struct password_place *ret_place)
{
	int64_t sum, expires;
	struct eph_counter counter;
	TRY(throttle_unlock_counter(id, names->account, &counter));
	TRY(id->ephemeral->count(id->ephemeral->self, &counter, 0, now, &sum, &expires));
	names->unlocked[0] = sum > 0 ? (uint64_t)sum : 0;
	names->unlocked[1] = sum > 0 ? (uint64_t)expires : 0;
	*ret_place = (struct password_place){.known = names->known_device, .party = network_party(remote)};
	if (names->known_device)
		memcpy(&ret_place->party, counter.id, sizeof ret_place->party);
	return RC_OK;
}

enum rc throttle_unlock(const struct identity *id, struct slice tenant, struct slice login, int64_t now)
{
	uint8_t account_memory[640];
	struct eph_counter counter;
	struct buf account;
	int64_t sum, expires;
	buf_over(&account, account_memory, sizeof account_memory);
	TRY(throttle_account(tenant, login, &account));
	TRY(throttle_unlock_counter(id, buf_slice(&account), &counter));
	return id->ephemeral->count(id->ephemeral->self, &counter, 1, now, &sum, &expires);
}

static enum rc throttle_take_all(const struct identity *id, const struct throttle_names *names, int64_t now,
				 struct throttle_taken *taken, struct throttle_refusal *ret_refusal)
{
	for (size_t i = 0; i < ARRAY_LEN(throttle_budgets); i++) {
		const struct throttle_budget *budget = &throttle_budgets[i];
		/* A known device uses its own budget alone; an unknown one all others. */
		if ((budget->scope == THROTTLE_DEVICE) != names->known_device)
			continue;
		/* Counted already. */
		if (names->whole && (budget->scope == THROTTLE_ADDRESS || budget->scope == THROTTLE_NETWORK))
			continue;
		if (budget->scope == THROTTLE_ACCOUNT)
			TRY(throttle_tight(id, names, now, ret_refusal));
		enum rc rc = throttle_take_one(id, names, budget, now, taken, ret_refusal);
		if (rc == RC_THROTTLED && budget->scope == THROTTLE_ACCOUNT)
			rc = throttle_slow(id, names, now, taken, ret_refusal);
		TRY(rc);
	}
	return RC_OK;
}

/* For every name, existing or not, so that both take the same time. With one name this budget is never spent before
 * the name's own. */
static enum rc throttle_take_whole(const struct identity *id, const struct throttle_names *names, struct slice account,
				   struct slice remote, int64_t now, struct throttle_taken *taken)
{
	struct throttle_names whole = *names;
	struct throttle_refusal refusal;
	struct password_place place;
	whole.account = account;
	whole.whole = true;
	TRY(throttle_account_state(id, &whole, remote, now, &place));
	enum rc rc = throttle_take_all(id, &whole, now, taken, &refusal);
	taken->held = rc == RC_THROTTLED;
	return taken->held ? RC_OK : rc;
}

enum rc throttle_take(const struct identity *id, const struct throttle_attempt *attempt, int64_t now,
		      struct throttle_taken *ret_taken, struct throttle_refusal *ret_refusal)
{
	uint8_t account_memory[640], typed_memory[640], address[17] = {0}, device[DEVICE_BYTES];
	struct throttle_names names = {.slow = throttle_slow_time()};
	struct throttle_taken taken = {0};
	struct buf account, typed;
	buf_over(&account, account_memory, sizeof account_memory);
	buf_over(&typed, typed_memory, sizeof typed_memory);
	TRY(throttle_account(attempt->tenant, attempt->account.n > 0 ? attempt->account : attempt->login, &account));
	TRY(throttle_account(attempt->tenant, attempt->login, &typed));
	throttle_address(attempt->remote, address, &names);
	names.party = network_party(attempt->remote);
	names.known_device = throttle_device_ok(id, buf_slice(&account), attempt->device, now, device);
	names.device = slice_of(device, names.known_device ? DEVICE_HEAD : 0);
	names.account = buf_slice(names.known_device ? &account : &typed);
	TRY(throttle_account_state(id, &names, attempt->remote, now, &taken.place));
	TRY(throttle_take_all(id, &names, now, &taken, ret_refusal));
	if (!names.known_device)
		TRY(throttle_take_whole(id, &names, buf_slice(&account), attempt->remote, now, &taken));
	*ret_taken = taken;
	return RC_OK;
}

/* The budget of one network at an account that is spent first. */
static int64_t throttle_party_least(void)
{
	int64_t least = throttle_party_day.attempts;
	for (size_t i = 0; i < ARRAY_LEN(throttle_budgets); i++)
		if (throttle_budgets[i].scope == THROTTLE_PARTY && throttle_budgets[i].attempts < least)
			least = throttle_budgets[i].attempts;
	return least;
}

enum rc throttle_read_account(const struct identity *id, struct slice tenant, struct slice login, int64_t now,
			      int64_t *ret_failed, enum throttle_standing *ret_standing)
{
	uint8_t memory[640];
	struct throttle_names names = {.whole = true};
	struct password_place place;
	struct buf account;
	int64_t failed, expires;
	buf_over(&account, memory, sizeof memory);
	TRY(throttle_account(tenant, login, &account));
	names.account = buf_slice(&account);
	TRY(throttle_account_state(id, &names, SLICE_NONE, now, &place));
	TRY(throttle_read(id, &names, &throttle_day, now, &failed, &expires));
	*ret_failed = failed;
	*ret_standing = failed >= throttle_day.attempts	     ? THROTTLE_STANDING_SLOW
			: failed >= TIGHT_FROM		     ? THROTTLE_STANDING_TIGHT
			: failed >= throttle_party_least() ? THROTTLE_STANDING_PARTY
							     : THROTTLE_STANDING_FREE;
	return RC_OK;
}

void throttle_give_back(const struct identity *id, const struct throttle_taken *taken, int64_t now)
{
	for (size_t i = 0; i < taken->n; i++) {
		int64_t sum, expires;
		/* On failure the budget stays smaller for a while; a good sign-in is not refused for that. */
		rc_ignore(id->ephemeral->count(id->ephemeral->self, &taken->v[i], -1, now, &sum, &expires));
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
