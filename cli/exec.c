/* vcca exec: a program with a scenario's VM around it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/vm.h"
#include "rooms/error.h"
#include "rooms/file.h"
#include "rooms/guest.h"

static const struct option options[] = {
    {"vm", 0, "SOCKET", false, "the control socket; default one of its own, whose name the program has in VCCA_VM"},
    {"devices", 0, "WAY", false,
     "how the program reaches a virtCCA guest's devices: preload, a library, for dynamic programs; seccomp, a "
     "supervisor of its system calls, for all; default auto: by the program"},
    OPTIONS_RUNNING,
    OPTION_END,
};

static bool read_devices(const struct args *a, enum vcca_program_devices *out, struct vcca_error *err)
{
  static const char *const names[] = {"auto", "preload", "seccomp"};
  const char *name = args_get(a, "devices");
  *out = VCCA_DEVICES_AUTO;
  for (unsigned i = 0; name && i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) {
      *out = (enum vcca_program_devices)i;
      return true;
    }
  return !name || vcca_fail(err, VCCA_FAULT_USAGE, "--devices %.60s: auto, preload or seccomp", name);
}

/* Hands signals on until the program has ended. A terminal's go to the program anyway. */
static int await_end(vcca_program *program)
{
  int code;
  while (!vcca_program_ended(program, &code)) {
    siginfo_t from;
    int number = vm_await_signal(&from);
    bool terminal = (number == SIGINT || number == SIGQUIT) && from.si_code > 0;
    if (number != SIGCHLD && !terminal && vcca_program_pid(program) > 0)
      kill(vcca_program_pid(program), number);
  }
  return code;
}

/* The program may go to another folder. */
static void name_socket(const char *socket)
{
  char folder[VCCA_PATH_MAX], path[2 * VCCA_PATH_MAX];
  bool relative = socket[0] != '/' && getcwd(folder, sizeof folder);
  snprintf(path, sizeof path, "%s%s%s", relative ? folder : "", relative ? "/" : "", socket);
  setenv("VCCA_VM", path, 1);
}

static enum vcca_exit run(const struct args *a)
{
  static struct kept_vm vm;
  static const char *command[CLI_OPERANDS + 1];
  char name[VCCA_PATH_MAX];
  const char *socket = args_get(a, "vm"), *folder = vcca_temp_folder();
  enum vcca_program_devices devices;
  struct vcca_error err, late;
  if (a->before != 1)
    return usage(a, "one SCENARIO, then -- and the program: vcca exec scenario.yaml -- COMMAND [WORD]...");
  for (unsigned i = a->before; i < a->operands; i++)
    command[i - a->before] = a->operand[i];
  if (!socket && !vcca_temp_name(folder ? folder : "/tmp", name, sizeof name, &err))
    return fail(a, &err);
  if (!read_devices(a, &devices, &err))
    return fail(a, &err);
  socket = socket ? socket : name;
  vm_block_signals();
  name_socket(socket);
  vcca_program *program = vcca_program_new(command, devices, &err);
  int code = VCCA_EXIT_FAULT;
  bool ok = program && vm_keep(a, socket, &vm, &err) && vcca_program_start(program, vm.running, &err);
  if (ok) {
    code = await_end(program);
    vcca_running_end(vm.running); /* nobody waits for a slow monitor any more */
  }
  vcca_program_free(program);
  bool written = vm_let_go(&vm, &late);
  return !ok ? fail(a, &err) : !written ? fail(a, &late) : (enum vcca_exit)code;
}

const struct verb verb_exec = {
    "exec",
    "SCENARIO -- COMMAND [WORD]...",
    2,
    CLI_OPERANDS,
    "run a program as if in a scenario's VM",
    "Carries a scenario out, keeps its VM, and starts a program that finds what a guest finds. In an Arm guest that is "
    "Linux's configfs-tsm at /sys/kernel/config/tsm/report, in a mount namespace of its own (static programs see it, "
    "too; "
    "the host does not); this needs /dev/fuse, and root's rights or user namespaces. In a virtCCA guest it is "
    "/dev/tsi, "
    "/dev/sealingkey and, with --eventlog, the CCEL files below /sys/firmware/acpi/tables; --devices tells how. A "
    "second "
    "terminal reaches the VM by its control socket (--vm; the program has its name in VCCA_VM). The exit code is the "
    "program's: 127 when there is no such program, 3 when the VM or its files could not be had.",
    "vcca exec scenarios/attest-arm-1.0.yaml -- sh -c 'cd /sys/kernel/config/tsm/report; mkdir r; head -c 64 /dev/zero "
    "> r/inblob; cat r/outblob > "
    "token.cbor; rmdir r'\nvcca exec --until vm --vm vm.sock scenarios/attest-arm-1.0.yaml -- ./attestation-agent\n"
    "vcca exec --eventlog ccel.bin scenarios/attest-virtcca-p521.yaml -- ./attestation-agent",
    options,
    run,
};
