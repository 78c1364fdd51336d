/* Addresses under a key: who has the key can make the same map again, nobody else can undo it; two addresses that share their
 * first n bits share their first n bits afterwards, and no more. */
#ifndef HOTARU_STORE_ANON_H
#define HOTARU_STORE_ANON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"

#define ANON_KEY_BYTES 32 /* 16 of AES-128, 16 of padding */

/* Reads the key file: 64 hexadecimal digits and a newline. Where there is none it is made from the kernel's random numbers,
 * mode 0600 (*ret_made). -EPERM when others than its owner may read or write it; -EBADMSG when it holds something else. */
int anon_key_file(const char *path, uint8_t ret_key[static ANON_KEY_BYTES], bool *ret_made, struct err *err);

struct anon;
/*   key       ANON_KEY_BYTES; NULL: no address is mapped
 *   darknet   n prefixes: an address inside becomes its offset, counted through the prefixes in this order from 0, as if that
 *             number were an address (0.0.0.0/8 and up). n 0: none; at most 2^24 addresses in all, else -ERANGE
 * Map: Crypto-PAn, J. Xu, J. Fan, M. Ammar, S. Moon, "Prefix-Preserving IP Address Anonymization", ICNP 2002, with AES-128 as
 * its pseudorandom function; IPv6 by the same over 128 bits. The anon may be used by several threads. */
int anon_new(const uint8_t *key, const struct ip4_prefix *darknet, size_t n, struct anon **ret, struct err *err);
void anon_free(struct anon *a);
bool anon_has_key(const struct anon *a);
bool anon_has_darknet(const struct anon *a);

struct anon_turn; /* one thread's */
struct anon_turn *anon_turn_new(const struct anon *a); /* NULL: no memory */
void anon_turn_free(struct anon_turn *t);
uint32_t anon_ip4(struct anon_turn *t, uint32_t ip);
void anon_ip6(struct anon_turn *t, const uint8_t ip[static 16], uint8_t ret[static 16]);
/* -1 when ip is outside. */
int64_t anon_offset(const struct anon *a, uint32_t ip);

#endif
