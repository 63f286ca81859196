#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rewrites C sources so that each refusing check can be switched off at run time, one at a time.

A check is an `if` whose branch refuses (returns a failure or false), or a TRY around a call that may refuse; an `if` over
several reasons, joined by ||, is as many checks. Each gets a number; the environment's MUTANT=<number> switches that one
off, and MUTANT_HITS=<file> records which ones were reached. One build then serves every mutant. Used by tests/mutation."""
import re
import sys

EQUIVALENT = 'tests/mutation/equivalent.txt'
# Of the folders that are not, what all the others rest on.
FILES = ('src/store/stored.c', 'src/store/eph_shared.c', 'src/store/backend.c')
FOLDERS = ('gateway', 'cookie', 'revocation', 'jose', 'crypto', 'oauth', 'oidc', 'identity', 'session', 'sealed')


def is_rewritten(path):
    parts = path.split('/')
    return path in FILES or parts[0] == 'src' and parts[1] in FOLDERS and path.endswith('.c')


def equivalents(text):
    """Of the file EQUIVALENT: {(path, source text): reason}."""
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith('#'):
            what, reason = line.split('##')
            path, source = what.split(': ', 1)
            found[(path.strip(), source.strip())] = reason.strip()
    return found


HEADER = r'''
#ifndef OSTIARY_MUTANT_H
#define OSTIARY_MUTANT_H
int mutant_off(int id);
#define MUTANT_TRY(id, expr)                                             \
	do {                                                             \
		enum rc try_rc_ = (expr);                                \
		if (try_rc_ != RC_OK && !mutant_off(id))                 \
			return try_rc_;                                  \
	} while (0)
#endif
'''

RUNTIME = r'''
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/mutant.h"
static int mutant_active;
static unsigned char *mutant_hits;
__attribute__((constructor)) static void mutant_start(void)
{
	const char *hits = getenv("MUTANT_HITS"), *id_text = getenv("MUTANT");
	int fd = hits == NULL ? -1 : open(hits, O_RDWR | O_CLOEXEC);
	void *p = fd < 0 ? MAP_FAILED : mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	mutant_hits = p == MAP_FAILED ? NULL : (unsigned char *)p;
	mutant_active = id_text == NULL ? -1 : (int)strtol(id_text, NULL, 10);
}
int mutant_off(int id)
{
	if (mutant_hits != NULL)
		mutant_hits[id] = 1;
	return mutant_active == id;
}
'''

REFUSES = re.compile(r'return\s+(RC_(?!OK\b)\w+|false|refuse\w*\(.*\)|deny\w*\(.*\))\s*;')
# Failures of resources, not of what a caller sent: nothing that a test could send reaches them.
RESOURCE = re.compile(r'return\s+RC_(MEMORY|INTERNAL|STORE|IO|BUSY|SIGNER)\s*;')
RESOURCE_CALL = re.compile(
    r'^(arena_|buf_|words_|crypto_(?!open\b)|base64url_encode|jwt_sign\b|reply_|json_out|[\w>.-]+->\w+\()')
BRANCH_MAX = 400


def close_paren(text, at):
    """Index of the parenthesis that closes the one at `at`, strings and comments skipped."""
    depth = 0
    i = at
    while i < len(text):
        c = text[i]
        if c in '"\'':
            i += 1
            while text[i] != c:
                i += 2 if text[i] == '\\' else 1
        elif text.startswith('/*', i):
            i = text.index('*/', i) + 1
        elif c == '(':
            depth += 1
        elif c == ')':
            depth -= 1
            if depth == 0:
                return i
        i += 1
    raise ValueError('unbalanced')


def branch_text(text, at):
    """The statement or block that follows a condition."""
    start = at + len(text[at:]) - len(text[at:].lstrip())
    if text[start] != '{':
        return text[start:text.index(';', start) + 1]
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == '{') - (text[i] == '}')
        if depth == 0:
            return text[start:i + 1]
    raise ValueError('unbalanced')


def reasons(condition):
    """(start, end) of what stands between the || of a condition; the whole of it where there is none outside parentheses."""
    ends, i = [-2], 0
    while i < len(condition):
        c = condition[i]
        if c == '(':
            i = close_paren(condition, i)
        elif c in '"\'':
            i = condition.index(c, i + 1)
        elif c == '?':
            return [(0, len(condition))]
        elif condition.startswith('||', i):
            ends.append(i)
        i += 1
    return [(a + 2, b) for a, b in zip(ends, ends[1:] + [len(condition)])]


def checks(text):
    """Yields (start, end, source text, reason or call, is it a TRY)."""
    for m in re.finditer(r'(?<![\w#])if \(', text):
        end = close_paren(text, m.end() - 1)
        condition, branch = text[m.end():end], branch_text(text, end + 1)
        if len(branch) > BRANCH_MAX or not REFUSES.search(branch) or RESOURCE.search(branch):
            continue
        parts = reasons(condition)
        for a, b in parts:
            reason = condition[a:b]
            which = f' [{reason.strip()}]' if len(parts) > 1 else ''
            yield m.end() + a, m.end() + b, f'if ({condition}) {branch}{which}', reason, False
    for m in re.finditer(r'(?<!\w)TRY\(', text):
        end = close_paren(text, m.end() - 1)
        call = text[m.end():end]
        if not RESOURCE_CALL.match(call.strip()):
            yield m.start(), end + 1, f'TRY({call})', call, True


def rewrite(path, text, first):
    """The rewritten text, and the mutants in it as (id, path, line, source)."""
    found = sorted(checks(text))
    mutants = []
    for number, (start, _, source, _, _) in enumerate(found, first):
        mutants.append((number, path, text.count('\n', 0, start) + 1, ' '.join(source.split())))
    for (start, end, _, inner, is_try), (number, *_) in sorted(zip(found, mutants), reverse=True):
        new = f'MUTANT_TRY({number}, {inner})' if is_try else f' (!mutant_off({number}) && ({inner})) '
        text = text[:start] + new + text[end:]
    return '#include "base/mutant.h"\n#line 1\n' + text, mutants


if __name__ == '__main__':
    for source in sys.argv[1:]:
        for number, path, line, what in rewrite(source, open(source).read(), 0)[1]:
            print(f'{number} {path}:{line}: {what}')
