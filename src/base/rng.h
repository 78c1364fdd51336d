/* Seeded random numbers for draws that must repeat (points, actors, simulator), never for secrets.
 * xoshiro256** 1.0 (Blackman and Vigna 2018), seeded by splitmix64; streams by name so that adding one draw does
 * not change another. */
#ifndef HOTARU_BASE_RNG_H
#define HOTARU_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

/* The stream `name` of `seed`: same seed and name, same numbers on every machine. */
struct rng rng_of(uint64_t seed, const char *name);
uint64_t rng_u64(struct rng *r);
/* Uniform in 0..n-1 without bias (rejection); n >= 1. */
uint64_t rng_below(struct rng *r, uint64_t n);
double rng_unit(struct rng *r); /* [0,1) */
double rng_exponential(struct rng *r, double mean);
void rng_shuffle_u32(struct rng *r, uint32_t *items, size_t n);
/* Keyed hash of a number such as an address: without the key nobody can choose numbers that collide. */
uint64_t rng_keyed(uint64_t key, uint32_t v);
/* Unpredictable bytes from the kernel, for salts and ids that a client sees. Aborts if the kernel gives none. */
void rng_secret(void *bytes, size_t n);
/* The same, fetched ahead: one call of the kernel for many salts. Zeroed is empty. One thread's own; not to be used on both
 * sides of a fork. */
struct rng_pool {
    size_t left;
    uint8_t bytes[512];
};
void rng_pool_take(struct rng_pool *p, void *bytes, size_t n);

#endif
