/* Writes a device tree with libfdt's sequential writer. The first fault is kept, so callers need not check
 * each call.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_FDT_WRITER_H
#define BOOT_FDT_WRITER_H

#include <string.h>

#include "vcca/boot.h"

struct tree {
  struct vcca_bytes room;
  const void *like; /* the template that is edited; NULL: none */
  int fault;        /* libfdt's */
};

enum { TREE_HEADER = 40, TREE_MAX = 2 << 20 /* booting.rst */ };
/* Interrupt specifiers of the GIC (arm,gic-v3 binding). */
enum { GIC_SPI = 0, GIC_PPI = 1, IRQ_EDGE_RISING = 1, IRQ_LEVEL_HIGH = 4, IRQ_LEVEL_LOW = 8 };

#define HI(v) ((uint32_t)((uint64_t)(v) >> 32))
#define LO(v) ((uint32_t)(v))

/* Starts a tree of at most n bytes; the caller then calls tree_begin(t, ""). A template (a complete tree, or
 * NULL) gives memory reservations, boot CPU and the places of names. */
VCCA_MUST_USE bool tree_new(struct tree *t, size_t n, const void *like, struct vcca_error *err);
/* Finishes the tree: names in the order of first use, after the template's. t cannot be used again, also
 * after a failure. */
VCCA_MUST_USE bool tree_finish(struct tree *t, struct vcca_bytes *out, struct vcca_error *err);

/* Writes a complete tree again, with names in the order of first use, each complete or as the end of another.
 * Returns false when out is too small. */
VCCA_MUST_USE bool tree_names_by_use(const void *fdt, bool tails, struct vcca_bytes *out);
/* How a template was written. filled: the template again, with the bytes that its producer would put after
 * values; empty when that is not known. */
struct tree_producer {
  int way; /* -1: the producer is not known */
  struct vcca_bytes filled;
};
void tree_producer(const void *template, struct tree_producer *out);
/* Gives an edited tree the places of names and the bytes after values that the template's producer would
 * write. filled: the same edit of producer->filled; NULL: bytes after values do not change. */
VCCA_MUST_USE bool tree_like_producer(const struct tree_producer *producer, const void *filled, struct vcca_bytes *tree,
                                      struct vcca_error *err);

void tree_begin(struct tree *t, const char *name);
/* name@unit, in hexadecimal. */
void tree_begin_at(struct tree *t, const char *name, uint64_t unit);
void tree_end(struct tree *t);

/* Writes a property. */
void tree_bytes(struct tree *t, const char *name, vcca_span value);
/* Copies the property at this offset of another tree, with the bytes that fill its last cell. */
void tree_copy(struct tree *t, const void *fdt, int at);
/* The size of the structure so far. If exactly one property was written since then, with the length of the
 * property at this offset of another tree, its last cell is filled as there. */
size_t tree_size(const struct tree *t);
void tree_keep_padding(struct tree *t, size_t since, const void *fdt, int at);
/* Writes a string; a list of strings with NULs between them; an empty property. */
void tree_text(struct tree *t, const char *name, const char *value);
#define TREE_TEXTS(t, name, literal) tree_bytes(t, name, vcca_span_of("" literal, sizeof(literal)))
void tree_empty(struct tree *t, const char *name);
/* Writes cells; pairs of cells. */
void tree_cells(struct tree *t, const char *name, const uint32_t *value, size_t n);
void tree_pairs(struct tree *t, const char *name, const uint64_t *value, size_t n);
#define TREE_CELLS(t, name, ...) \
  tree_cells(t, name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define TREE_PAIRS(t, name, ...) \
  tree_pairs(t, name, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

#endif
