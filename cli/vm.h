/* Commands that talk to a running VM, and the two that keep one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_VM_H
#define CLI_VM_H

#include <signal.h>

#include "cli/cli.h"
#include "vcca/guest.h"
#include "rooms/file.h"

#define VM_SOCKET "vcca-vm.sock"
#define OPTION_VM                                                                           \
  {                                                                                         \
    "vm", 0, "SOCKET", false, "the running VM's control socket; default " VM_SOCKET " here" \
  }

/* --- The second terminal ----------------------------------------------------------------------------------- */

/* Sends the request to the VM that --vm names and hands the answer to print (NULL: nothing is printed).
 * Exit NO when the answer's status is another than 0. */
enum vcca_exit vm_ask(const struct args *a, vcca_span request, void (*print)(vcca_span answer));
/* As text for people, or as the line of JSON that came: -o decides. */
enum vcca_exit vm_ask_shown(const struct args *a, vcca_span request);

/* --- Keeping one ---------------------------------------------------------------------------------------- */

#define OPTIONS_RUNNING                                                                                              \
  {"set", 's', "NAME=VALUE", MANY, "override a scenario's variable"},                                                \
      {"until", 'u', "NAME", false,                                                                                  \
       "hold the VM as it is after the step given this name with \"as\"; default: after the last step"},             \
      {"ccel-table", 0, "FILE", false, "CCEL table of the guest's firmware; default one that names the log's size"}, \
      {"eventlog", 0, "FILE", false, "CCEL event log of the guest's firmware, up to 2 MiB"},                         \
  {                                                                                                                  \
    "trace", 't', "FILE", WRITES, "write every call of host and guest from then on as a line of JSON"                \
  }

/* A VM that this process keeps, with its control socket. Zero-initialise. */
struct kept_vm {
  const char *settings[CLI_VALUES];
  struct vcca_output trace;
  vcca_running *running;
  vcca_control *control;
  struct vcca_bytes table, log;
};
/* Blocks the signals that end vcca, so that vm_await_signal takes them; before any thread starts. */
void vm_block_signals(void);
/* The next of them, or SIGCHLD, and who sent it. */
int vm_await_signal(siginfo_t *from);
/* Carries the scenario out (the first operand) and serves the VM at the socket. */
VCCA_MUST_USE bool vm_keep(const struct args *a, const char *socket, struct kept_vm *vm, struct vcca_error *err);
/* The files of --ccel-table and --eventlog, or a table for the log; empty where there are none. The caller
 * frees both. */
VCCA_MUST_USE bool vm_read_log(const struct args *a, struct vcca_bytes *table, struct vcca_bytes *log,
                               struct vcca_error *err);
/* Ends all; false when the trace could not be written. */
VCCA_MUST_USE bool vm_let_go(struct kept_vm *vm, struct vcca_error *err);

#endif
