/* SPDX-License-Identifier: Apache-2.0 */
/* libostiary: JSON Object Signing and Encryption for a service of your own. For C and C++; see libostiary(3). All headers at
 * once; each can be included alone.
 * Nothing here logs, reads the environment or keeps global state but the tables that are said of in jwk.h. Texts are UTF-8 and end with a NUL. */
#ifndef OSTIARY_OSTIARY_H
#define OSTIARY_OSTIARY_H

#include <ostiary/builder.h>
#include <ostiary/jwe.h>
#include <ostiary/jwk.h>
#include <ostiary/jws.h>
#include <ostiary/jwt.h>
#include <ostiary/remote.h>
#include <ostiary/result.h>
#include <ostiary/sdjwt.h>

#endif
