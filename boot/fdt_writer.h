/* Writing a device tree: straight-line code over libfdt's sequential writer, with the first fault latched.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_FDT_WRITER_H
#define BOOT_FDT_WRITER_H

#include <string.h>

#include "vcca/boot.h"

struct tree {
  struct vcca_bytes room;
  const void *like; /* a template; NULL: none */
  int fault;        /* libfdt's */
};

enum { TREE_HEADER = 40, TREE_MAX = 2 << 20 /* booting.rst */ };
/* Interrupt specifiers of the GIC (arm,gic-v3 binding). */
enum { GIC_SPI = 0, GIC_PPI = 1, IRQ_EDGE_RISING = 1, IRQ_LEVEL_HIGH = 4, IRQ_LEVEL_LOW = 8 };

#define HI(v) ((uint32_t)((uint64_t)(v) >> 32))
#define LO(v) ((uint32_t)(v))

/* A tree of at most n bytes, to begin with tree_begin(t, ""). A template (a whole tree, NULL: none) gives it its memory reservations, its
 * boot CPU, and where things are. */
VCCA_MUST_USE bool tree_new(struct tree *t, size_t n, const void *like, struct vcca_error *err);
/* The finished tree, names laid out in the order of first use behind the template's. t is used up in any case. */
VCCA_MUST_USE bool tree_finish(struct tree *t, struct vcca_bytes *out, struct vcca_error *err);

/* A whole tree with its names in the order of first use, each whole or as a tail of another, in out, which is large enough; false: it is not. */
VCCA_MUST_USE bool tree_names_by_use(const void *fdt, bool tails, struct vcca_bytes *out);
/* How a template was written. filled: the template again, with what its producer would have put behind values; empty where that is not known. */
struct tree_producer {
  int way; /* -1: none that is known */
  struct vcca_bytes filled;
};
void tree_producer(const void *template, struct tree_producer *out);
/* Gives a tree that was edited from the template the places of names, and the bytes behind values, that the producer would give it. filled: the
 * same edit of producer->filled; NULL: none, bytes behind values stay. */
VCCA_MUST_USE bool tree_like_producer(const struct tree_producer *producer, const void *filled, struct vcca_bytes *tree, struct vcca_error *err);

void tree_begin(struct tree *t, const char *name);
/* name@unit, in hexadecimal. */
void tree_begin_at(struct tree *t, const char *name, uint64_t unit);
void tree_end(struct tree *t);

/* A property of bytes. */
void tree_bytes(struct tree *t, const char *name, vcca_span value);
/* The property that is at this offset of another tree, with the bytes that fill its last cell. */
void tree_copy(struct tree *t, const void *fdt, int at);
/* How much there is so far. If since then just one property was written, of the length of the property at this offset of another tree, its last
 * cell is filled as there. */
size_t tree_size(const struct tree *t);
void tree_keep_padding(struct tree *t, size_t since, const void *fdt, int at);
/* A string; a list of strings, the NULs between them written out; nothing. */
void tree_text(struct tree *t, const char *name, const char *value);
#define TREE_TEXTS(t, name, literal) tree_bytes(t, name, vcca_span_of("" literal, sizeof(literal)))
void tree_empty(struct tree *t, const char *name);
/* Cells, and pairs of cells. */
void tree_cells(struct tree *t, const char *name, const uint32_t *value, size_t n);
void tree_pairs(struct tree *t, const char *name, const uint64_t *value, size_t n);
#define TREE_CELLS(t, name, ...) tree_cells(t, name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define TREE_PAIRS(t, name, ...) tree_pairs(t, name, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

#endif
