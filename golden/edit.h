/* One case in the making: the token as a tree, the evidence around it, and the steps of a recipe that
 * change them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_EDIT_H
#define GOLDEN_EDIT_H

#include "golden/bundle.h"
#include "golden/cbor_tree.h"

enum { STEP_WORDS = 8 };
/* No recipe makes more of a token than this: a few words would multiply it for hours. Bytes of a word,
 * memory in all, steps, levels. */
enum { WORD_BYTES = 1 << 20, RECIPE_MEMORY = 64 << 20, RECIPE_STEPS = 256, RECIPE_LEVELS = 512 };

struct edit {
  const vcca_golden *golden; /* NULL: no keys, no evidence */
  struct arena *arena;
  struct tree tree;
  vcca_span token;                /* as bytes: the case has no tree any more */
  struct vcca_evidence *evidence; /* NULL: only a token */
};

/* The words of a step after its name. */
struct words {
  vcca_span word[STEP_WORDS];
  size_t n;
};

/* The steps, one function each (steps.def); words has as many words as the row says, or more where it says
 * so. */
#define STEP(id, name, least, most, synopsis, meaning) \
  bool edit_step_##id(struct edit *e, const struct words *w, struct vcca_error *err);
#include "golden/steps.def"
#undef STEP

/* Runs a recipe: steps separated by ";". */
VCCA_MUST_USE bool edit_run(struct edit *e, vcca_span recipe, struct vcca_error *err);
/* Signs the members that a mutation signs again. */
VCCA_MUST_USE bool edit_resign(struct edit *e, enum vcca_golden_signed how, struct vcca_error *err);
/* Signs one member with its own key, or with another, in another way. */
struct signing {
  const vcca_key *key;
  int64_t alg; /* whose hash is used */
  vcca_span context, aad;
  bool payload_alone;
};
VCCA_MUST_USE bool edit_sign(struct edit *e, const char *member, const struct signing *how, struct vcca_error *err);

/* Whether there is more to change than a token. */
VCCA_MUST_USE bool edit_has_evidence(const struct edit *e, struct vcca_error *err);

/* --- What steps read ------------------------------------------------------------------------------------- */

/* Characters up to the separator, which is used up. */
vcca_span word_until(vcca_span *text, char separator);
VCCA_MUST_USE bool word_place(struct edit *e, vcca_span path, struct place *out, struct vcca_error *err);
/* A path with a part behind it. */
VCCA_MUST_USE bool word_part(struct edit *e, vcca_span member, const char *part, struct place *out,
                             struct vcca_error *err);
/* Bytes: HEX, HEX*COUNT, t:TEXT and b:BYTES as CBOR strings, joined by "+". */
VCCA_MUST_USE bool word_bytes(struct edit *e, vcca_span word, vcca_span *out, struct vcca_error *err);
VCCA_MUST_USE bool word_number(vcca_span word, int64_t *out, struct vcca_error *err);
/* The value of KEY=VALUE when the word has this key. */
bool word_value(vcca_span word, const char *key, vcca_span *value);
/* Index of a byte, negative ones from the end. */
VCCA_MUST_USE bool word_index(vcca_span word, size_t n, size_t *out, struct vcca_error *err);

#endif
