/* Reading a sweep's plan: what its parts share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_SWEEP_READ_H
#define BOOT_SWEEP_READ_H

#include "vcca/files.h"
#include "vcca/sweep.h"
#include "yaml/tree.h"

struct sweep_words {
  const char *at[VCCA_SWEEP_WORDS_MAX];
  size_t count;
};

struct sweep_reader {
  struct vcca_sweep *sweep;
  const char *folder;
  struct vcca_files *files;
  size_t unpacked_left;     /* bytes that kernels may still unpack to */
  size_t hosts_left;        /* capability files that may still be read */
  struct sweep_words fixed; /* args in front of the matrix: every value of the matrix's begins with them */
  struct vcca_error *err;
};

/* A copy that lives as long as the sweep. */
const char *sweep_keep(struct sweep_reader *r, vcca_span text);
/* A scalar that a row can hold: text without control characters, not too long. */
bool sweep_check_text(struct sweep_reader *r, const struct tree_node *node, bool may_be_empty);
/* Adds the words of a list, or of a text: cut at blanks as a shell cuts it, or else one word. */
bool sweep_read_words(struct sweep_reader *r, const struct tree_node *node, bool shell, struct sweep_words *words);

#endif
