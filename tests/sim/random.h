#pragma once

/*
 * Random: a small seeded generator (splitmix64)
 *
 * The same seed gives the same series on every machine: a failing schedule is
 * repeated by its seed alone.
 */

#include <stdbool.h>
#include <stdint.h>

typedef struct Random {
        uint64_t state;
} Random;

static inline uint64_t random_next(Random *random)
{
        uint64_t z = (random->state += UINT64_C(0x9e3779b97f4a7c15));

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

/* 0 … n - 1 */
static inline unsigned random_below(Random *random, unsigned n)
{
        return (unsigned) ((random_next(random) >> 32) * n >> 32);
}

static inline bool random_chance(Random *random, unsigned per_mille)
{
        return random_below(random, 1000) < per_mille;
}

/* low … high, both included */
static inline int64_t random_between(Random *random, int64_t low, int64_t high)
{
        return low + (int64_t) (random_next(random) % (uint64_t) (high - low + 1));
}
