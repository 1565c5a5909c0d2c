/* Beside vcca/error.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_ERROR_H
#define ROOMS_ERROR_H

#include "vcca/error.h"

#if defined(__GNUC__)
#define VCCA_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define VCCA_PRINTF(fmt, args)
#endif

/* Each returns false, so that a failing function can say `return vcca_fail(...)`. err may be NULL. */
bool vcca_fail(struct vcca_error *err, enum vcca_fault fault, const char *fmt, ...) VCCA_PRINTF(3, 4);
bool vcca_fail_at(struct vcca_error *err, size_t offset, const char *fmt, ...) VCCA_PRINTF(3, 4);
bool vcca_fail_line(struct vcca_error *err, unsigned line, unsigned column, const char *fmt, ...) VCCA_PRINTF(4, 5);
/* Names the input the error is about, unless it is named already. Returns false. */
bool vcca_fail_in(struct vcca_error *err, const char *source);

/* Lets compilers and analysers see, at every call, that these return false. */
static inline bool vcca_false(bool returned)
{
  (void)returned;
  return false;
}
#define vcca_fail(...) vcca_false(vcca_fail(__VA_ARGS__))
#define vcca_fail_at(...) vcca_false(vcca_fail_at(__VA_ARGS__))
#define vcca_fail_line(...) vcca_false(vcca_fail_line(__VA_ARGS__))
#define vcca_fail_in(...) vcca_false(vcca_fail_in(__VA_ARGS__))

/* The exit code a fault leads to: USAGE gives 2, everything else 3. */
enum vcca_exit vcca_error_exit(const struct vcca_error *err);

#endif
