/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration loader sends to the worker: packets of a u8 of these flags and bytes. The bytes together are
 * blocks: the file's text, the text of ca_file, the names of changes that need a restart; then of each client its
 * secret and its JWKS, of each user the password, of each gateway the secret. */
#ifndef OSTIARY_WORKER_RELOAD_PACKET_H
#define OSTIARY_WORKER_RELOAD_PACKET_H

enum { RELOAD_MORE = 1, RELOAD_LAST = 2, RELOAD_FIRST = 4 }; /* FIRST is added to one of the others */

enum { RELOAD_MAX = 8 * 1024 * 1024, RELOAD_PACKET = 32 * 1024 };

#endif
