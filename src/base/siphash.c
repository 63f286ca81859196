/* SPDX-License-Identifier: Apache-2.0 */
#include "base/siphash.h"

#include <endian.h>

struct state {
	uint64_t v[4];
	uint64_t word;  /* bytes that do not fill a word yet */
	size_t n;       /* bytes so far */
};

static uint64_t little_endian(const uint8_t p[static 8])
{
	uint64_t word;
	memcpy(&word, p, sizeof word);
	return le64toh(word);
}

static inline uint64_t rotl(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static inline void rounds(uint64_t v[static 4], unsigned count)
{
	for (; count > 0; count--) {
		v[0] += v[1];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[0] = rotl(v[0], 32);
		v[2] += v[3];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[2] = rotl(v[2], 32);
	}
}

static inline void absorb(struct state *s, uint64_t word)
{
	s->v[3] ^= word;
	rounds(s->v, 2);
	s->v[0] ^= word;
}

static void start(struct state *s, const uint8_t key[static SIPHASH_KEY])
{
	uint64_t k0 = little_endian(key), k1 = little_endian(key + 8);
	*s = (struct state){.v = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
				  k1 ^ 0x7465646279746573u}};
}

static void add_byte(struct state *s, uint8_t byte)
{
	s->word |= (uint64_t)byte << 8 * (s->n % 8);
	if (++s->n % 8 != 0)
		return;
	absorb(s, s->word);
	s->word = 0;
}

static void add(struct state *s, struct slice data)
{
	unsigned kept = 8 * (unsigned)(s->n % 8); /* bits in s->word */
	size_t i = 0;
	for (; i + 8 <= data.n; i += 8, s->n += 8) {
		uint64_t word = little_endian(data.p + i);
		absorb(s, s->word | word << kept);
		s->word = kept == 0 ? 0 : word >> (64 - kept);
	}
	for (; i < data.n; i++)
		add_byte(s, data.p[i]);
}

static uint64_t folded(const struct state *s)
{
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

static uint64_t finish(struct state *s)
{
	absorb(s, s->word | (uint64_t)s->n << 56);
	s->v[2] ^= 0xFF;
	rounds(s->v, 4);
	return folded(s);
}

uint64_t siphash(const uint8_t key[static SIPHASH_KEY], struct slice data)
{
	struct state s;
	start(&s, key);
	add(&s, data);
	return finish(&s);
}

uint64_t siphash_tagged(const uint8_t key[static SIPHASH_KEY], uint8_t tag, struct slice data)
{
	struct state s;
	start(&s, key);
	add_byte(&s, tag);
	add(&s, data);
	return finish(&s);
}

static void put(uint64_t v, uint8_t dst[static 8])
{
	uint64_t word = htole64(v);
	memcpy(dst, &word, sizeof word);
}

void siphash128(const uint8_t key[static SIPHASH_KEY], struct slice data, uint8_t dst[static 16])
{
	struct state s;
	start(&s, key);
	s.v[1] ^= 0xEE;
	add(&s, data);
	absorb(&s, s.word | (uint64_t)s.n << 56);
	s.v[2] ^= 0xEE;
	rounds(s.v, 4);
	put(folded(&s), dst);
	s.v[1] ^= 0xDD;
	rounds(s.v, 4);
	put(folded(&s), dst + 8);
}
