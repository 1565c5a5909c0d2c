/* An interface's table, made from its list of rows. The file that owns the list says
 *
 *   #define ROWS "rmm/rmi.def"
 *   #define HANDLER command_handler
 *   #include "rmm/command_rows.h"
 *
 * and has commands[] and, in the same order, their handlers[]. It has no include guard: it is a piece of that file.
 *
 * SPDX-License-Identifier: Apache-2.0 */
static const struct vcca_command commands[] = {
#define COMMAND(name, fid, handler, section, inputs, outputs, conditions, order, summary) \
  {#name, UINT32_C(fid), section, inputs, outputs, conditions, order, summary},
#include ROWS
#undef COMMAND
};
static const HANDLER handlers[] = {
#define COMMAND(name, fid, handler, section, inputs, outputs, conditions, order, summary) handler,
#include ROWS
#undef COMMAND
};
#undef ROWS
#undef HANDLER

/* A status that is called what its code is. */
#define STATUS(code) \
  {                  \
    code, #code      \
  }
/* The arrays among the fields of a struct vcca_interface. */
#define TABLE(rows, names) \
  .commands = (rows), .command_count = sizeof(rows) / sizeof *(rows), .statuses = (names), .status_count = sizeof(names) / sizeof *(names)
