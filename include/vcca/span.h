/* Bytes that travel: a span is "these bytes", a sink is "room for bytes".
 *
 * No function of vcca takes a bare pointer and length. A span never owns its bytes: they live as long
 * as whatever they were taken from. A sink counts on past its end instead of failing at once, so a
 * writer is straight-line code with one check at the end, and a sink with no room (all zero) measures
 * how much is needed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_SPAN_H
#define VCCA_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vcca/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* These bytes. {NULL, 0} is "absent"; {p, 0} is "present and empty". */
typedef struct vcca_span {
  const uint8_t *p;
  size_t n;
} vcca_span;

/* Room for cap bytes at p, of which n have been asked for. n > cap: it overflowed, n is what was needed. */
typedef struct vcca_sink {
  uint8_t *p;
  size_t cap;
  size_t n;
} vcca_sink;

/* A span over n bytes at p, over a string without its NUL, over an array, over a string literal. */
static inline vcca_span vcca_span_of(const void *p, size_t n)
{
  vcca_span s = {(const uint8_t *)p, n};
  return s;
}
VCCA_API vcca_span vcca_span_str(const char *text); /* text must stay as long as the span */
#define VCCA_SPAN(array) vcca_span_of((array), sizeof(array))
#define VCCA_SPAN_LIT(literal) vcca_span_of("" literal, sizeof(literal) - 1)

/* A sink over an array, or over cap bytes at p. */
static inline vcca_sink vcca_sink_of(void *p, size_t cap)
{
  vcca_sink s = {(uint8_t *)p, cap, 0};
  return s;
}
#define VCCA_SINK(array) vcca_sink_of((array), sizeof(array))

/* Same length and same bytes. Not constant time: nothing here is secret from its own user. */
VCCA_API bool vcca_span_eq(vcca_span a, vcca_span b);
/* The n bytes of s from offset on, as far as s has them; empty when offset is beyond its end. */
VCCA_API vcca_span vcca_span_sub(vcca_span s, size_t offset, size_t n);

/* Appends bytes. Beyond the capacity it only counts. */
VCCA_API void vcca_sink_put(vcca_sink *s, vcca_span bytes);
/* True while everything put so far found room. */
static inline bool vcca_sink_ok(const vcca_sink *s)
{
  return s->n <= s->cap;
}
/* The bytes that were written; {NULL, 0} after an overflow. Points into the sink's room. */
VCCA_API vcca_span vcca_sink_span(const vcca_sink *s);

/* Little- and big-endian loads and stores; host pages are read with these, never cast to structs. */
static inline uint16_t vcca_le16(const uint8_t *p)
{
  return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t vcca_le32(const uint8_t *p)
{
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t vcca_le64(const uint8_t *p)
{
  return (uint64_t)vcca_le32(p) | (uint64_t)vcca_le32(p + 4) << 32;
}
static inline void vcca_put_le16(uint8_t *p, uint16_t v)
{
  p[0] = (uint8_t)v;
  p[1] = (uint8_t)(v >> 8);
}
static inline void vcca_put_le32(uint8_t *p, uint32_t v)
{
  vcca_put_le16(p, (uint16_t)v);
  vcca_put_le16(p + 2, (uint16_t)(v >> 16));
}
static inline void vcca_put_le64(uint8_t *p, uint64_t v)
{
  vcca_put_le32(p, (uint32_t)v);
  vcca_put_le32(p + 4, (uint32_t)(v >> 32));
}
static inline uint32_t vcca_be32(const uint8_t *p)
{
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline void vcca_put_be32(uint8_t *p, uint32_t v)
{
  p[0] = (uint8_t)(v >> 24);
  p[1] = (uint8_t)(v >> 16);
  p[2] = (uint8_t)(v >> 8);
  p[3] = (uint8_t)v;
}

#ifdef __cplusplus
}
#endif
#endif
