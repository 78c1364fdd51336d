/* Network namespaces with names, as `ip netns` knows them. */
#ifndef HOTARU_LAB_NETNS_H
#define HOTARU_LAB_NETNS_H

#include <stdint.h>

#include "base/err.h"

/* Makes the namespace /run/netns/NAME: IPv6 off (its neighbour discovery would be captured), no reverse-path filter, lo up.
 * The caller stays where it is. */
int netns_make(const char *name, struct err *err);
/* Moves the calling process there. */
int netns_enter(const char *name, struct err *err);
/* Runs `ip -batch` with the lines (bounded, NUL-terminated) in the namespace. */
int netns_ip(const char *name, const char *lines, struct err *err);
/* Loads an nft ruleset in the namespace. */
int netns_nft(const char *name, const char *rules, struct err *err);
/* Writes /proc/sys/KEY of the namespace; a key this kernel does not have is passed over. Caller must be in it. */
int netns_sysctl(const char *key, const char *value, struct err *err);
/* Turns off what makes the kernel send other frames than the wire would carry: checksum offload (captures would hold wrong
 * checksums), segmentation offload (captures would hold one frame for several). In the caller's namespace. */
int netns_offload_off(const char *interface, struct err *err);
/* Waits (5 s at most) until the kernel has put a queue behind the interface: what is sent before that is lost. */
int netns_wait_running(const char *interface, struct err *err);
/* Calls work(user) in the namespace and comes back; returns work's result. */
int netns_in(const char *name, int (*work)(void *user, struct err *err), void *user, struct err *err);

#endif
