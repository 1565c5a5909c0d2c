/* Reading a sweep's plan: what its files have in common.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_SWEEP_READ_H
#define BOOT_SWEEP_READ_H

#include "rooms/files.h"
#include "rooms/sweep.h"
#include "rooms/yaml_tree.h"

struct sweep_words {
  const char *at[VCCA_SWEEP_WORDS_MAX];
  size_t count;
};

struct sweep_reader {
  struct vcca_sweep *sweep;
  const char *folder;
  struct vcca_files *files;
  size_t unpacked_left;     /* bytes that kernels can still unpack to */
  size_t hosts_left;        /* capability files that can still be read */
  struct sweep_words fixed; /* fixed args; each args value of the matrix follows them */
  struct vcca_error *err;
};

/* A copy that lives as long as the sweep. */
const char *sweep_keep(struct sweep_reader *r, vcca_span text);
/* Checks that a scalar fits into a row: text without control characters, not too long. */
bool sweep_check_text(struct sweep_reader *r, const struct tree_node *node, bool may_be_empty);
/* Adds the arguments of a list; or of a text, split as a shell does (shell), else as one argument. */
bool sweep_read_words(struct sweep_reader *r, const struct tree_node *node, bool shell, struct sweep_words *words);

#endif
