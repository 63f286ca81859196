/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ascii.h"

enum {
	WORD = ASCII_TOKEN | ASCII_UNRESERVED | ASCII_BASE64URL,
	D = ASCII_DIGIT | ASCII_HEX | WORD,
	U = ASCII_UPPER | WORD,
	L = ASCII_LOWER | WORD,
	T = ASCII_TOKEN,
};

const uint8_t ascii_classes[256] = {
	['0'] = D, ['1'] = D, ['2'] = D, ['3'] = D, ['4'] = D, ['5'] = D, ['6'] = D, ['7'] = D, ['8'] = D, ['9'] = D,
	['A'] = U | ASCII_HEX, ['B'] = U | ASCII_HEX, ['C'] = U | ASCII_HEX, ['D'] = U | ASCII_HEX,
	['E'] = U | ASCII_HEX, ['F'] = U | ASCII_HEX,
	['G'] = U, ['H'] = U, ['I'] = U, ['J'] = U, ['K'] = U, ['L'] = U, ['M'] = U, ['N'] = U, ['O'] = U, ['P'] = U,
	['Q'] = U, ['R'] = U, ['S'] = U, ['T'] = U, ['U'] = U, ['V'] = U, ['W'] = U, ['X'] = U, ['Y'] = U, ['Z'] = U,
	['a'] = L | ASCII_HEX, ['b'] = L | ASCII_HEX, ['c'] = L | ASCII_HEX, ['d'] = L | ASCII_HEX,
	['e'] = L | ASCII_HEX, ['f'] = L | ASCII_HEX,
	['g'] = L, ['h'] = L, ['i'] = L, ['j'] = L, ['k'] = L, ['l'] = L, ['m'] = L, ['n'] = L, ['o'] = L, ['p'] = L,
	['q'] = L, ['r'] = L, ['s'] = L, ['t'] = L, ['u'] = L, ['v'] = L, ['w'] = L, ['x'] = L, ['y'] = L, ['z'] = L,
	['-'] = WORD, ['_'] = WORD, ['.'] = T | ASCII_UNRESERVED, ['~'] = T | ASCII_UNRESERVED,
	['!'] = T, ['#'] = T, ['$'] = T, ['%'] = T, ['&'] = T, ['\''] = T, ['*'] = T, ['+'] = T, ['^'] = T,
	['`'] = T, ['|'] = T,
};

bool ascii_all(struct slice s, unsigned classes, const char *marks)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is(s.p[i], classes) && (s.p[i] == 0 || strchr(marks, s.p[i]) == NULL))
			return false;
	return true;
}
