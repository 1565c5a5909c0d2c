/* What the commands of running VMs share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/vm.h"
#include "rooms/eventlog.h"
#include "rooms/file.h"
#include "rooms/guest.h"
#include "rooms/session.h"
#include "rooms/error.h"
#include "rooms/text.h"
#include "rooms/files.h"

#include <string.h>
#include <unistd.h>

/* --- The second terminal ------------------------------------------------------------------------------------ */

enum vcca_exit vm_ask(const struct args *a, vcca_span request, void (*print)(vcca_span answer))
{
  const char *socket = args_get(a, "vm");
  struct vcca_error err;
  vcca_span answer;
  char status[24];
  vcca_client *client = vcca_client_open(socket ? socket : VM_SOCKET, &err);
  bool ok = client && vcca_client_ask(client, request, &answer, &err);
  enum vcca_exit code = VCCA_EXIT_YES;
  if (ok && print)
    print(answer);
  if (ok && vcca_client_member(answer, "status", status, sizeof status) && strcmp(status, "0") != 0)
    code = VCCA_EXIT_NO;
  vcca_client_close(client);
  return ok ? code : fail(a, &err);
}

static void print_line(vcca_span answer)
{
  vcca_text_write(stdout, answer);
  vcca_print(stdout, "\n");
}

static void print_people(vcca_span answer)
{
  static uint8_t room[2 * VCCA_CONTROL_LINE];
  vcca_sink out = VCCA_SINK(room);
  vcca_client_text(answer, &out);
  vcca_text_write(stdout, vcca_sink_span(&out));
}

enum vcca_exit vm_ask_shown(const struct args *a, vcca_span request)
{
  struct vcca_error err;
  bool json;
  if (!args_json(a, &json, &err))
    return fail(a, &err);
  return vm_ask(a, request, json ? print_line : print_people);
}

/* --- Keeping one ---------------------------------------------------------------------------------------- */

static void ending_signals(sigset_t *set)
{
  sigemptyset(set);
  sigaddset(set, SIGHUP);
  sigaddset(set, SIGINT);
  sigaddset(set, SIGQUIT);
  sigaddset(set, SIGTERM);
  sigaddset(set, SIGCHLD);
}

void vm_block_signals(void)
{
  sigset_t set;
  ending_signals(&set);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int vm_await_signal(siginfo_t *from)
{
  sigset_t set;
  int number;
  ending_signals(&set);
  do
    number = sigwaitinfo(&set, from);
  while (number < 0);
  return number;
}

/* A client asked for the end. */
static void on_stop(void *ctx)
{
  (void)ctx;
  kill(getpid(), SIGTERM);
}

bool vm_read_log(const struct args *a, struct vcca_bytes *table, struct vcca_bytes *log, struct vcca_error *err)
{
  static const struct option_rule rule = {"ccel-table", true, "eventlog"};
  if (!args_follow(a, &rule, 1, err) || !args_file(a, "ccel-table", VCCA_SESSION_ANSWER_MAX, table, err) ||
      !args_file(a, "eventlog", VCCA_SESSION_LOG_MAX, log, err))
    return false;
  if (log->n == 0 || args_has(a, "ccel-table"))
    return true;
  if (!vcca_bytes_alloc(table, VCCA_CCEL_SIZE, err))
    return false;
  vcca_sink out = vcca_sink_of(table->p, table->n);
  vcca_ccel_put(log->n, 0, &out); /* the log's address is zero, for nobody reads it there */
  return true;
}

static bool keep_log(const struct args *a, struct kept_vm *vm, struct vcca_error *err)
{
  if (!vm_read_log(a, &vm->table, &vm->log, err))
    return false;
  return vm->log.n == 0 ||
         vcca_running_firmware_log(vm->running, vcca_bytes_span(&vm->table), vcca_bytes_span(&vm->log), err) ||
         vcca_fail_in(err, args_get(a, "eventlog"));
}

bool vm_keep(const struct args *a, const char *socket, struct kept_vm *vm, struct vcca_error *err)
{
  struct vcca_running_options options = {.settings = vm->settings, .until = args_get(a, "until"), .files = a->files};
  const char *setting, *trace = args_get(a, "trace");
  while (options.setting_count < CLI_VALUES && (setting = args_nth(a, "set", (unsigned)options.setting_count)) != NULL)
    vm->settings[options.setting_count++] = setting;
  if (trace && !vcca_files_open(a->files, trace, &vm->trace, err))
    return false;
  options.trace = vm->trace.stream;
  vm->running = vcca_running_start(a->operand[0], &options, err);
  if (vm->running && keep_log(a, vm, err))
    vm->control = vcca_control_start(vm->running, socket, on_stop, NULL, err);
  return vm->control != NULL;
}

bool vm_let_go(struct kept_vm *vm, struct vcca_error *err)
{
  vcca_control_stop(vm->control);
  vcca_running_stop(vm->running);
  vcca_bytes_free(&vm->table);
  vcca_bytes_free(&vm->log);
  return !vm->trace.stream || vcca_output_close(&vm->trace, true, err);
}
