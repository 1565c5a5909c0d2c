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

/* Sends the request to the VM that --vm names and hands the answer to print (NULL: nothing is printed). Exit NO when the answer's status is
 * another than 0. */
enum vcca_exit vm_ask(const struct args *a, vcca_span request, void (*print)(vcca_span answer));
/* As text for people, or as the line of JSON that came: -o decides. */
enum vcca_exit vm_ask_shown(const struct args *a, vcca_span request);

/* --- Keeping one --------------------------------------------------------------------------------------------- */

#define OPTIONS_RUNNING                                                                                  \
  {"set", 's', "NAME=VALUE", MANY, "override a scenario's variable"},                                    \
      {"until", 'u', "NAME", false,                                                                      \
       "hold the VM as it is after the step given this name with \"as\"; default: after the last step"}, \
  {                                                                                                      \
    "trace", 't', "FILE", WRITES, "write every call of host and guest from then on as a line of JSON"    \
  }

/* A VM that this process keeps, with its control socket. Zero-initialise. */
struct kept_vm {
  const char *settings[CLI_VALUES];
  struct vcca_output trace;
  vcca_running *running;
  vcca_control *control;
};
/* Blocks the signals that end vcca, so that vm_await_signal takes them; before any thread starts. */
void vm_block_signals(void);
/* The next of them, or SIGCHLD, and who sent it. */
int vm_await_signal(siginfo_t *from);
/* Carries the scenario out (the first operand) and serves the VM at the socket. */
VCCA_MUST_USE bool vm_keep(const struct args *a, const char *socket, struct kept_vm *vm, struct vcca_error *err);
/* Ends all; false when the trace could not be written. */
VCCA_MUST_USE bool vm_let_go(struct kept_vm *vm, struct vcca_error *err);

#endif
