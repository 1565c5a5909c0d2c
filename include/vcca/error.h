/* Errors that say where. A function that can fail returns false and fills the caller's vcca_error
 * (which may be NULL); the text is one line: "file:line:column: what, and the fix" or
 * "file: byte 123 (0x7b), at /44241/payload/10: what".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_ERROR_H
#define VCCA_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "vcca/api.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define VCCA_MUST_USE __attribute__((warn_unused_result))
#else
#define VCCA_MUST_USE
#endif

/* Exit codes of the tool, and the classes every fault falls in. */
enum vcca_exit {
  VCCA_EXIT_YES = 0,   /* it holds */
  VCCA_EXIT_NO = 1,    /* the answer is no: rejected, mismatch, expectation failed */
  VCCA_EXIT_USAGE = 2, /* the question was put wrongly */
  VCCA_EXIT_FAULT = 3, /* could not tell: malformed or missing input, I/O, memory */
};

enum vcca_fault {
  VCCA_FAULT_NONE,
  VCCA_FAULT_USAGE,     /* an argument that no input could make right */
  VCCA_FAULT_MALFORMED, /* input bytes that are not what they should be */
  VCCA_FAULT_IO,
  VCCA_FAULT_MEMORY,
  VCCA_FAULT_CRYPTO,      /* the crypto library refused */
  VCCA_FAULT_UNSUPPORTED, /* well-formed, but not done here */
};

struct vcca_error {
  enum vcca_fault fault;
  bool has_offset;  /* offset is meaningful */
  size_t offset;    /* byte in the input where it went wrong */
  unsigned line;    /* 1-based; 0 = no line */
  unsigned column;  /* 1-based; 0 = no column */
  char source[160]; /* file name, or "" */
  char path[80];    /* where in a structure: "/44241/payload/44238", or "" */
  char text[400];   /* one line, no newline */
};

/* Writes the message with its place ("file:line:column: what, and the fix") into buf: at most cap bytes,
 * the NUL included; 600 are enough. Returns buf. */
VCCA_API const char *vcca_error_text(const struct vcca_error *err, char *buf, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
