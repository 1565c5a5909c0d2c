/* Strict CBOR (RFC 8949), read in place: definite lengths, shortest heads, bounded depth, no duplicates,
 * nothing after the end. The reader never allocates, costs time linear in the bytes it has, and names the
 * offset where it stops.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_CBOR_H
#define ROOMS_CBOR_H

#include "vcca/leniency.h"

enum { VCCA_CBOR_DEPTH = 16 };

/* What a reader may take that is not strict, and what of it was needed. */
struct vcca_lenience {
  vcca_leniency_set allowed, used;
  bool
      wide_floats; /* floating-point numbers in wider formats than they need, as most encoders write them; tokens have none */
  struct vcca_leniency_use use[VCCA_LENIENCIES];
};

/* --- Reading -------------------------------------------------------------------------------------------- */

enum vcca_cbor_kind {
  VCCA_CBOR_UINT,
  VCCA_CBOR_NINT, /* value is n of -1-n */
  VCCA_CBOR_BYTES,
  VCCA_CBOR_TEXT,
  VCCA_CBOR_ARRAY,
  VCCA_CBOR_MAP,
  VCCA_CBOR_TAG,
  VCCA_CBOR_SIMPLE, /* false 20, true 21, null 22, undefined 23, others */
  VCCA_CBOR_FLOAT,  /* value holds the bits, width in head_size */
};
const char *vcca_cbor_kind_name(enum vcca_cbor_kind kind); /* "unsigned integer", "byte string", ... */

/* A head and, for strings, what follows it. */
struct vcca_cbor_item {
  enum vcca_cbor_kind kind;
  uint64_t value;   /* integer, count of elements or pairs, tag number, length */
  vcca_span bytes;  /* string content */
  size_t offset;    /* of the head, from the start of the outermost input */
  size_t head_size; /* bytes of the head: 1, 2, 3, 5 or 9 */
  bool indefinite;  /* an array or map that ends with a break: its value is 0. Never in strict reading */
  bool longer;      /* the head is not the shortest one. Never in strict reading */
};

/* A cursor over bytes; base is where they lie in the outermost input, so that offsets in errors are the
 * user's. */
struct vcca_cbor {
  vcca_span in;
  size_t at;
  size_t base;
  struct vcca_lenience *lenience; /* NULL: strict */
};

/* A strict cursor at the start of in. */
struct vcca_cbor vcca_cbor_over(vcca_span in, size_t base);
/* A cursor over the content of a byte string, as lenient as the one it was read with. */
struct vcca_cbor vcca_cbor_inside(const struct vcca_cbor *c, const struct vcca_cbor_item *string);
/* Whether the array or map has an element (pair) i; called for 0, 1, 2, ... in turn. Steps over the break
 * that ends one of indefinite length. */
bool vcca_cbor_more(struct vcca_cbor *c, const struct vcca_cbor_item *container, uint64_t i);
/* The next head (and string). Refuses what is not strict, and counts that the bytes left cannot hold. */
VCCA_MUST_USE bool vcca_cbor_next(struct vcca_cbor *c, struct vcca_cbor_item *item, struct vcca_error *err);
/* The next item must be of this kind; `what` names it in the error ("claim 44238 (RIM)"). */
VCCA_MUST_USE bool vcca_cbor_want(struct vcca_cbor *c, enum vcca_cbor_kind kind, const char *what,
                                  struct vcca_cbor_item *item, struct vcca_error *err);
/* An integer of either sign. */
VCCA_MUST_USE bool vcca_cbor_int(struct vcca_cbor *c, const char *what, int64_t *value, struct vcca_error *err);
/* Steps over one whole item, whatever it holds, checking it all (map keys included). */
VCCA_MUST_USE bool vcca_cbor_skip(struct vcca_cbor *c, struct vcca_error *err);
/* Nothing may be left. */
VCCA_MUST_USE bool vcca_cbor_end(const struct vcca_cbor *c, const char *what, struct vcca_error *err);
/* The whole of in is one strict item. */
VCCA_MUST_USE bool vcca_cbor_check(vcca_span in, struct vcca_error *err);

/* The deterministic writer: heads through libcbor's encoders, shortest form. */
void vcca_cbor_put_uint(vcca_sink *out, uint64_t v);
void vcca_cbor_put_int(vcca_sink *out, int64_t v);
void vcca_cbor_put_bytes(vcca_sink *out, vcca_span bytes);
void vcca_cbor_put_bytes_head(vcca_sink *out, size_t n); /* n bytes of content follow */
void vcca_cbor_put_text(vcca_sink *out, vcca_span text);
void vcca_cbor_put_array(vcca_sink *out, size_t count);
void vcca_cbor_put_map(vcca_sink *out, size_t pairs);
void vcca_cbor_put_tag(vcca_sink *out, uint64_t tag);

/* Where in a token a byte is, by labels: "/44241/payload/44238", "/44234/payload/2399[3]/2"; "" is the
 * outermost item. A container has the byte of its own head; in broken input it is the last place that can
 * be told. */
void vcca_cbor_path(vcca_span in, size_t offset, char *out, size_t cap);

/* Diagnostic notation (RFC 8949 section 8, EDN) with byte offsets in the margin, descending into byte
 * strings that hold CBOR; labels are annotated by `name` (may be NULL). Encoding indicators show what is
 * not strict: _0 to _3 a head longer than it need be, _ an indefinite length. Input that is not strict is
 * printed with the first fault described at the end; input that is no CBOR is printed up to the fault,
 * which is then described. Returns false in both cases and fills err with the first. */
typedef const char *(*vcca_cbor_label)(int64_t label);
bool vcca_cbor_diag(vcca_span in, vcca_cbor_label name, vcca_sink *out, struct vcca_error *err);

#endif
