/* SPDX-License-Identifier: Apache-2.0 */
/* For the key scan: prints the private keys of a store as JWKs, a line each, given its key-encryption key. Test code only:
 * the daemon itself has no way to let a private key out of its signer. `unseal DATABASE KEY_ENCRYPTION_KEY_FILE` */
#include "base/base64url.h"
#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/start.h"
#include "config/config_secret.h"
#include "store/sqlite/sqlite.h"

enum { ARENA = 4 * 1024 * 1024 };

/* As signer_keys.c writes it: a magic, a serial, and the seal. */
static enum rc print_key(const uint8_t *kek, const struct dir_key *k)
{
	static const struct slice magic = SLICE_INIT("ostkey2\n");
	uint8_t aad_memory[128], plain[8192];
	struct slice seal = slice_from(k->private_blob, magic.n + sizeof(uint64_t));
	struct buf aad;
	buf_over(&aad, aad_memory, sizeof aad_memory);
	buf_put(&aad, SLICE("ostiary key 2"));
	buf_block(&aad, k->kid);
	buf_block(&aad, k->alg);
	buf_put(&aad, slice_of(k->private_blob.p + magic.n, k->private_blob.n < 16 ? 0 : sizeof(uint64_t)));
	if (k->private_blob.n == 0 || (k->state != DIR_KEY_ACTIVE && k->state != DIR_KEY_NEXT))
		return RC_OK;
	if (!slice_starts(k->private_blob, magic) || seal.n > sizeof plain)
		return RC_LIMIT;
	TRY(crypto_open(kek, buf_slice(&aad), seal, plain));
	printf("%.*s\n", (int)(seal.n - CRYPTO_SEAL_OVERHEAD), (const char *)plain);
	return RC_OK;
}

static enum rc print_all(const char *database, const char *kek_file, struct arena *a)
{
	uint8_t kek[CONFIG_KEK_LEN];
	struct config_secret_error err;
	struct sqlite_options o = {.path = slice_cstr(database)};
	struct directory d;
	struct dir_key *v;
	struct slice why;
	size_t n;
	TRY(crypto_start());
	TRY(config_secret_kek(kek_file, CONFIG_OWNER_ANY, kek, &err));
	TRY(sqlite_directory_open(&o, a, &d, &why));
	enum rc rc = d.keys.list(d.keys.self, a, &v, &n);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = print_key(kek, &v[i]);
	d.close(d.self);
	return rc;
}

int main(int argc, char **argv)
{
	struct arena a;
	arena_init(&a, ARENA);
	enum rc rc = argc == 3 ? print_all(argv[1], argv[2], &a) : RC_MISSING;
	if (rc != RC_OK)
		(void)fprintf(stderr, "unseal: %s\n", rc_row(rc)->name);
	arena_reset(&a);
	return rc != RC_OK;
}
