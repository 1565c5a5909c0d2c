/* What a monitor may have measured, as a value: a plan with everything in it that hypotheses change. Images
 * are hashed once, theories refer to their pages' digests.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPLAIN_THEORY_H
#define EXPLAIN_THEORY_H

#include "vcca/explain.h"

/* --- Images, hashed --------------------------------------------------------------------------------------- */

enum last_page { LAST_ZEROS, LAST_LEFT_OUT, LAST_ONES, ALL_ONES }; /* ALL_ONES: the padding behind it, too */

struct image {
  vcca_span content;
  size_t pages;                     /* rounded up */
  uint8_t *digests;                 /* of each page, zeros behind the content */
  uint8_t last_ones[VCCA_HASH_MAX]; /* of the last, partial page with ones behind the content */
};

struct images {
  enum vcca_hash_alg alg;
  struct image at[VCCA_SEGMENTS];
  size_t count;
  uint8_t ones[VCCA_HASH_MAX]; /* digest of a page of ones */
};

/* Who is told what of an image was read; NULL: nobody. */
struct image_reader {
  vcca_image_read read;
  void *ctx;
};

/* Hashes one image, or copies the digests that are known (NULL: none are); free its digests, also after a
 * failure. */
VCCA_MUST_USE bool image_hash(vcca_span content, const uint8_t *known, enum vcca_hash_alg alg,
                              struct image_reader reader, struct image *out, struct vcca_error *err);
/* As many images as the plan has segments, none hashed yet. */
void images_begin(const struct vcca_plan *plan, enum vcca_hash_alg alg, struct images *out);

/* --- Theories --------------------------------------------------------------------------------------------- */

/* virtCCA's loader stub: two addresses behind six instructions. */
enum { LOADER_SIZE = 40, LOADER_DTB = 24, LOADER_KERNEL = 32 };

/* A segment; without padding, so that segments can be compared as bytes. */
struct piece {
  uint64_t ipa, size;
  uint64_t lead;       /* pages of zeros in front of the image */
  uint64_t address[2]; /* of the device tree and the kernel, in the loader */
  uint64_t identity;   /* tells images apart when a memo sees more than one plan's */
  uint32_t image;
  uint8_t measured, absent, after_recs, descending, last_page, is_loader, unused[6];
};

enum ripas_where { RIPAS_FIRST, RIPAS_LAST, RIPAS_NONE, RIPAS_IMAGES, RIPAS_EACH };

struct theory {
  bool vmm;        /* the plan is a VMM model's: options have other names */
  bool changeable; /* what it was made from is known: changes of that are told apart */
  bool dtb_made;   /* the device tree was made for the VM, and would follow its options */
  enum vcca_rules_id rules, data_rules, rec_rules;
  struct vcca_realm_params params;
  uint64_t ram_base, ram_size;
  struct piece pieces[VCCA_SEGMENTS]; /* as the plan has them */
  unsigned order[VCCA_SEGMENTS];      /* in which they are populated */
  size_t count;
  int kernel, initrd, dtb, hole, firmware; /* their indexes; -1: none */
  enum vcca_role roles[VCCA_SEGMENTS];
  uint64_t bytes[VCCA_SEGMENTS]; /* of the files */
  uint64_t initrd_bytes;
  uint64_t text_offset, image_size; /* of the kernel; 0 when it has no header */
  struct {
    uint64_t base, top;
  } ripas[VCCA_RIPAS_RANGES];
  size_t ripas_count;
  enum ripas_where ripas_where;
  uint64_t ripas_block; /* 0: the largest that fit */
  bool recs_first, all_runnable;
  unsigned vcpus;
  struct vcca_rec_params rec;
  bool pc_is_kernel, x0_is_dtb, hole_is_between; /* and follow what they are */
};

void theory_of_plan(const struct vcca_plan *plan, const struct images *images, struct theory *out);
/* Draws what follows from changes: addresses in the loader and in registers, the hole. */
void theory_settle(struct theory *t);

/* About how many extensions the theory's measurement has; never much fewer. */
uint64_t theory_extensions(const struct theory *t);

/* --- Measuring -------------------------------------------------------------------------------------------- */

/* Long stretches of chains that were computed, by where they began: theories that part late share what is
 * before. */
struct memo;
struct memo *memo_new(void);
void memo_free(struct memo *memo);

/* One measurement of several that are made together; the caller sets rim.hash_alg. */
struct measurement {
  const struct theory *theory; /* settled */
  const struct images *images;
  struct vcca_rim rim;
};
enum { MEASURED_TOGETHER = 16 };
/* n is at most MEASURED_TOGETHER. */
void theories_measure(struct measurement *m, size_t n, struct memo *memo);

/* --- Hypotheses ------------------------------------------------------------------------------------------- */

/* How a VM is started, as a value that can be changed. */
struct configuration {
  struct vcca_rim_vm made;
  struct vcca_vm vm; /* one of both; made points here */
  struct vcca_vmm_config config;
  struct vcca_vmm_images images;
  uint32_t totalsize; /* to be written into the device tree that is given; 0: it stays as it is */
};

/* One of the two functions; both say how, and are false when there is nothing to change: theory or
 * configuration is of no use then. */
struct hypothesis {
  const char *name, *group, *words;
  unsigned values, each;
  bool (*apply)(struct theory *t, unsigned value, struct vcca_rim_deviation *say);
  bool (*change)(struct configuration *c, unsigned value, struct vcca_rim_deviation *say);
};
extern const struct hypothesis hypotheses[];
extern const size_t hypothesis_count;

#endif
