/* The parts of a case as files of the suite: those of its own, and those it shares with the base.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_SUITE_FILES_H
#define GOLDEN_SUITE_FILES_H

#include "vcca/golden.h"

enum { FILE_PATH = 160, CASE_FILES = 10 + VCCA_VERIFY_CERTS, POLICY_TEXT = 1024 };

struct case_file {
  const char *
      part; /* "token", "device", "sub", "root", "eventlog", "image-reference", "platform-reference", "reference-store", "policy", "cpak" */
  char path[FILE_PATH];
  vcca_span bytes;
  bool own; /* not the base's */
};
struct case_files {
  struct case_file file[CASE_FILES];
  size_t n;
  uint8_t pem[VCCA_SPKI_MAX * 2]; /* of the CPAK */
  uint8_t policy[POLICY_TEXT], base_policy[POLICY_TEXT];
};
/* The base's files when c is the base; paths are below the suite's folder. */
void case_files(vcca_golden *golden, const struct vcca_golden_case *c, struct case_files *out);

#endif
