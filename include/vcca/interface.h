/* A command interface as a table: RMI and TMI (host to monitor), RSI and TSI (guest to monitor). The
 * tables are made from the X-macro lists rmm/rmi.def, rmm/tmi.def, tsi/rsi.def and tsi/tsi.def;
 * dispatcher, tracer, scenario runner, condition tests and documentation all read them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_INTERFACE_H
#define VCCA_INTERFACE_H

#include "vcca/span.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Word lists are strings, words separated by one space.
 *   inputs, outputs   "rd:pa ipa:ipa level:s64": name and kind, in register order (inputs from x1; outputs from the register
 *                     after the status register). Kinds: pa (delegated or any granule), ns (host buffer), ipa, u64, s64,
 *                     level, flags, status, and bytes64 (eight registers). An output of kind "result" comes first and is in the
 *                     status register itself (TMI: versions, features, handles; a handle of 0 is status NO_HANDLE).
 *   conditions        "rd_align=INPUT rd_bound=INPUT": the specification's name and the status it gives, in the order checked.
 *   order             "rd_bound,rd_state<realm_state": of which conditions the specification says that they come before which others
 *                     (DEN0137 B1.6: when both hold, the first is seen). Empty: of none. */
struct vcca_command {
  const char *name; /* "DATA_CREATE" */
  uint32_t fid;
  const char *section; /* document section */
  const char *inputs;
  const char *outputs;
  const char *conditions;
  const char *order;
  const char *summary; /* one line */
};

struct vcca_status_name {
  uint64_t code;
  const char *name; /* "RMI_ERROR_INPUT"; conditions use it without the interface's prefix */
};

struct vcca_interface {
  const char *name;   /* "rmi" */
  const char *source; /* document and version */
  const struct vcca_command *commands;
  size_t command_count;
  const struct vcca_status_name *statuses;
  size_t status_count;
  unsigned status_register; /* x0, but x1 for TMI */
};

/* Finds a command by its name, in either case, with or without the interface's name before it: REC_CREATE,
 * rmi_rec_create. NULL: there is none. */
VCCA_API const struct vcca_command *vcca_command_named(const struct vcca_interface *interface, vcca_span name);
/* Finds a command by its function id (x0 of the call). NULL: there is none. */
VCCA_API const struct vcca_command *vcca_command_with_fid(const struct vcca_interface *interface, uint64_t fid);
/* The name of the status in a status word: its low byte for rmi and tmi, the whole word otherwise. NULL
 * when unknown. */
VCCA_API const char *vcca_interface_status(const struct vcca_interface *interface, uint64_t word);
/* A condition that holds for a call (struct vcca_trace has them). */
struct vcca_held {
  const char *condition;
  uint64_t status; /* the status word it gives */
};

#ifdef __cplusplus
}
#endif
#endif
