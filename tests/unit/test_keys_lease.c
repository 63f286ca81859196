/* SPDX-License-Identifier: Apache-2.0 */
/* Of several nodes one changes the signing keys at a time. */
#include "signing/keys.h"
#include "t_directory.h"

static const uint8_t other_node[SHARED_HOLDER_LEN] = {9};
static struct keys keys;

static void start(void)
{
	static const enum jose_alg algs[] = {JOSE_ES256};
	static const struct log quiet = {.fd = -1, .least = LOG_LEVEL_ERROR, .role = "test"};
	const struct keys_policy policy = {.algs = algs, .alg_count = 1};
	t_directory_start();
	CHECK_OK(keys_init(&keys, &t_directory, NULL, policy, &quiet, NULL));
	CHECK_OK(t_directory.shared.lease(t_directory.shared.self, SLICE("keys"), other_node, NOW, 60));
}

static size_t key_count(void)
{
	struct dir_key *v;
	size_t n = 0;
	CHECK_OK(t_directory.keys.list(t_directory.keys.self, &t_arena, &v, &n));
	return n;
}

/* Without a lease there is no key yet, so that nothing can be served: the start says so. */
static void while_another_node_makes_keys_none_are_made(void)
{
	start();
	CHECK_RC(keys_tick(&keys, false, NOW), RC_BUSY);
	CHECK_RC(keys_tick(&keys, true, NOW), RC_BUSY);
	CHECK(key_count() == 0);
	t_directory_stop();
}

T_MAIN(T(while_another_node_makes_keys_none_are_made))
