/* SipHash-2-4: a keyed hash. It needs no right. */
#ifndef TB_SIPHASH_H
#define TB_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_SIZE 16

uint64_t siphash(const void *bytes, size_t size, const uint8_t key[SIPHASH_KEY_SIZE]);

#endif
