/* Makes an interface's table from its list of rows. The file that owns the list has
 *
 *   #define ROWS "rmm/rmi.def"
 *   #define HANDLER command_handler
 *   #include "rooms/command_rows.h"
 *
 * and gets the arrays commands[] and, in the same order, handlers[]. This file has no include guard: it is a
 * part of that file.
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

/* A status whose name is that of its constant. */
#define STATUS(code) \
  {                  \
    code, #code      \
  }
/* The fields of struct vcca_interface that are arrays. */
#define TABLE(rows, names)                                                                 \
  .commands = (rows), .command_count = sizeof(rows) / sizeof *(rows), .statuses = (names), \
  .status_count = sizeof(names) / sizeof *(names)
