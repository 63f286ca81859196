/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of multiples of a P-256 public key: with one, a key verifies twice as fast. Made automatically for keys
 * that are used often; 150 KB and a few milliseconds each; freed with their key. */
#ifndef OSTIARY_CRYPTO_TABLES_H
#define OSTIARY_CRYPTO_TABLES_H

enum {
	CRYPTO_TABLE_USES = 64,      /* verifications after which a key gets a table */
	CRYPTO_TABLES_DEFAULT = 32,  /* maximum tables in a process */
};

struct crypto_key;

/* This key gets no table. Before its first verification; not while another thread uses it. */
void crypto_key_without_table(struct crypto_key *key);
/* Sets the maximum number of tables in the process; 0 turns them off, also existing ones. Thread-safe. */
void crypto_tables_max(unsigned max);
/* The number of existing tables. */
unsigned crypto_tables_count(void);

#endif
