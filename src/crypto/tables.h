/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of a P-256 public key's multiples: with one, a key verifies in half the time. They are made by themselves for
 * keys that are used often, take 150 KB and a few milliseconds each, and die with their key. */
#ifndef OSTIARY_CRYPTO_TABLES_H
#define OSTIARY_CRYPTO_TABLES_H

enum {
	CRYPTO_TABLE_USES = 64,      /* verifications after which a key gets its table */
	CRYPTO_TABLES_DEFAULT = 32,  /* tables in a process at most */
};

/* Sets how many tables the process may hold; 0 turns them off, those that exist too. Thread-safe. */
void crypto_tables_max(unsigned max);
/* Tables that exist now. */
unsigned crypto_tables_count(void);

#endif
