/* vcca vm start: a scenario's VM that goes on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sys/wait.h>
#include <unistd.h>

#include "cli/vm.h"
#include "rooms/error.h"
#include "rooms/guest.h"
#include "rooms/text.h"

static const struct option options[] = {
    OPTION_VM,
    OPTIONS_RUNNING,
    {"tsm", 0, "DIR", false, "mount Linux's configfs-tsm report directory on this folder"},
    {"detach", 'd', NULL, false, "come back when the VM runs, which goes on in the background"},
    OPTION_END,
};

/* Tells the process that waits for a detached VM how it went. */
static void report(int ready, enum vcca_exit code)
{
  if (ready < 0)
    return;
  uint8_t byte = (uint8_t)code;
  ssize_t written = write(ready, &byte, 1);
  (void)written;
  close(ready);
}

static enum vcca_exit keep(const struct args *a, int ready)
{
  static struct kept_vm vm;
  struct vcca_error err, late;
  vcca_tsm *tsm = NULL;
  siginfo_t from;
  const char *folder = args_get(a, "tsm"), *socket = args_get(a, "vm");
  socket = socket ? socket : VM_SOCKET;
  vm_block_signals();
  bool ok = vm_keep(a, socket, &vm, &err);
  if (ok && folder)
    ok = (tsm = vcca_tsm_mount(vm.running, folder, &err)) != NULL;
  if (ok) {
    vcca_print(stderr, "vcca vm start: the VM runs; its socket is %s\n", socket);
    report(ready, ready < 0 || vcca_leave_terminal() ? VCCA_EXIT_YES : VCCA_EXIT_FAULT);
    while (vm_await_signal(&from) == SIGCHLD)
      ;
    vcca_running_end(vm.running); /* no reader waits for a slow monitor any more */
  }
  vcca_tsm_unmount(tsm);
  bool written = vm_let_go(&vm, &late);
  enum vcca_exit code = !ok ? fail(a, &err) : written ? VCCA_EXIT_YES : fail(a, &late);
  if (!ok)
    report(ready, code);
  return code;
}

/* The VM lives in a child, in a session of its own. */
static enum vcca_exit detach(const struct args *a)
{
  struct vcca_error err;
  int ready[2];
  uint8_t code = VCCA_EXIT_FAULT;
  if (pipe(ready) != 0)
    return vcca_fail(&err, VCCA_FAULT_IO, "no pipe: too many files are open") ? VCCA_EXIT_FAULT : fail(a, &err);
  pid_t child = fork();
  if (child < 0)
    return vcca_fail(&err, VCCA_FAULT_IO, "no process: too many are running") ? VCCA_EXIT_FAULT : fail(a, &err);
  if (child == 0) {
    close(ready[0]);
    setsid();
    return keep(a, ready[1]);
  }
  close(ready[1]);
  ssize_t got = read(ready[0], &code, 1);
  close(ready[0]);
  if (got != 1 || code != VCCA_EXIT_YES)
    waitpid(child, NULL, 0);
  return got == 1 ? (enum vcca_exit)code : VCCA_EXIT_FAULT;
}

static enum vcca_exit run(const struct args *a)
{
  return args_has(a, "detach") ? detach(a) : keep(a, -1);
}

const struct verb verb_vm_start = {
    "vm start",
    "SCENARIO",
    1,
    1,
    "run a scenario and keep its VM for guest software",
    "Carries a scenario out and keeps the VM that it booted last: machine, device and guest interface live on, until a "
    "signal or `vcca vm stop` ends "
    "it. --tsm mounts the files by which Linux guests ask for reports. A second terminal looks at it and changes it "
    "(vm state, vm extend, vm inject, "
    "vm trace), programs ask it by the socket "
    "(docs/guest-software.md). Whatever a program asks goes through the monitor's own RSI or TSI calls.",
    "vcca vm start scenarios/attest-arm-1.0.yaml --until vm --detach\nvcca vm state\nvcca vm stop\n"
    "vcca vm start scenarios/attest-arm-1.0.yaml --tsm report",
    options,
    run,
};
