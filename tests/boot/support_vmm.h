/* VMM command lines in tests: one string, split at blanks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BOOT_SUPPORT_VMM_H
#define TESTS_BOOT_SUPPORT_VMM_H

#include "support.h"
#include "vcca/vmm.h"

struct support_words {
  char text[1024];
  const char *word[128];
  size_t count;
};
void support_split(const char *line, struct support_words *w);

/* A host's capabilities, a command line and images to a plan, under RMM 1.0 rules. words holds what the
 * configuration points to. */
bool support_plan(const char *vmm, const char *host, const char *line, const struct vcca_vmm_images *images,
                  struct support_words *words, struct vcca_vmm_plan *plan, struct vcca_error *err);

#endif
