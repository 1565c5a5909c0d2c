/* Which CVM it is, and its life: the one of `vcca exec`, where the program runs in it; else one in this
 * process, which the environment or a file names.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "attestation/cvm.h"
#include "rooms/error.h"
#include "rooms/file.h"
#include "rooms/guest.h"
#include "rooms/span.h"
#include "rooms/yaml_value.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIGURATION "/etc/vcca/attestation.yaml"
enum { CONFIGURATION_MAX = 64 << 10, DEVICE_MAX = 1 << 20 };

/* What to boot: names of files, and of a step. "": none. */
struct choice {
  char scenario[VCCA_PATH_MAX], until[256], device[VCCA_PATH_MAX];
};

static struct {
  pthread_mutex_t lock;
  unsigned users;
  pid_t process; /* in which the VM's threads are: a fork has none */
  vcca_running *vm;
  struct choice choice;
} cvm = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --- Which ------------------------------------------------------------------------------------------------ */

static const char *environment(const char *name)
{
  const char *value = getenv(name);
  return value ? value : "";
}

static bool put(char *out, size_t cap, const char *value, const char *what, struct vcca_error *err)
{
  return snprintf(out, cap, "%s", value) < (int)cap ||
         vcca_fail(err, VCCA_FAULT_USAGE, "%s has more than %zu characters", what, cap - 1);
}

/* A member of the file; a path is relative to the file's folder. */
static bool read_member(const struct tree_node *root, const char *name, const char *file, char *out, size_t cap,
                        struct vcca_error *err)
{
  const struct tree_node *node = tree_get(root, name);
  const char *slash = file ? strrchr(file, '/') : NULL;
  if (!node)
    return true;
  if (node->kind != TREE_SCALAR)
    return tree_fail(node, err, "text was expected");
  bool relative = slash && node->text.n > 0 && node->text.p[0] != '/';
  int n = snprintf(out, cap, "%.*s%.*s", relative ? (int)(slash - file + 1) : 0, file ? file : "", (int)node->text.n,
                   (const char *)node->text.p);
  return n < (int)cap || tree_fail(node, err, "more than %zu characters", cap - 1);
}

static bool read_file(const char *path, struct choice *out, struct vcca_error *err)
{
  struct vcca_bytes bytes = {0};
  struct tree_doc doc = {0};
  bool ok = vcca_file_read(path, CONFIGURATION_MAX, &bytes, err) && tree_read(vcca_bytes_span(&bytes), &doc, err) &&
            tree_only(doc.root, "scenario until device", "this file", err) &&
            read_member(doc.root, "scenario", path, out->scenario, sizeof out->scenario, err) &&
            read_member(doc.root, "until", NULL, out->until, sizeof out->until, err) &&
            read_member(doc.root, "device", path, out->device, sizeof out->device, err);
  tree_free(&doc);
  vcca_bytes_free(&bytes);
  if (ok && !*out->scenario)
    ok = vcca_fail(err, VCCA_FAULT_USAGE, "no scenario is named");
  return ok || vcca_fail_in(err, path);
}

static bool choose(struct choice *out, struct vcca_error *err)
{
  const char *named = environment("VCCA_ATTESTATION");
  *out = (struct choice){0};
  if (!*environment("VCCA_SCENARIO")) {
    const char *file = *named ? named : CONFIGURATION;
    return *named || access(file, F_OK) == 0
               ? read_file(file, out, err)
               : vcca_fail(err, VCCA_FAULT_USAGE,
                           "which CVM? Set VCCA_SCENARIO to a scenario, or VCCA_ATTESTATION to a file that names one "
                           "(scenario: cvm.yaml), or write " CONFIGURATION ", or run the program in vcca exec");
  }
  return put(out->scenario, sizeof out->scenario, environment("VCCA_SCENARIO"), "VCCA_SCENARIO", err) &&
         put(out->until, sizeof out->until, environment("VCCA_UNTIL"), "VCCA_UNTIL", err) &&
         put(out->device, sizeof out->device, environment("VCCA_DEVICE"), "VCCA_DEVICE", err);
}

/* --- Life ----------------------------------------------------------------------------------------------- */

static bool use_device(vcca_running *v, const char *path, struct vcca_error *err)
{
  struct vcca_device device = {0};
  struct vcca_bytes image = {0};
  bool ok = vcca_file_read(path, DEVICE_MAX, &image, err) && vcca_device_load(vcca_bytes_span(&image), &device, err) &&
            vcca_running_move(v, &device, err);
  vcca_bytes_free(&image);
  return ok || vcca_fail_in(err, path);
}

/* Boots the CVM in this process; the lock is held. */
static bool boot(struct vcca_error *err)
{
  const struct vcca_running_options options = {.until = *cvm.choice.until ? cvm.choice.until : NULL};
  vcca_running *v = vcca_running_start(cvm.choice.scenario, &options, err);
  if (!v)
    return false;
  bool ok = vcca_running_abi(v) == VCCA_ABI_TMI ||
            vcca_fail(err, VCCA_FAULT_USAGE, "%.300s boots an Arm CCA realm: use a scenario of profile virtcca",
                      cvm.choice.scenario);
  if (ok && (!*cvm.choice.device || use_device(v, cvm.choice.device, err))) {
    cvm.vm = v;
    cvm.process = getpid();
    return true;
  }
  vcca_running_stop(v);
  return false;
}

static void before_fork(void)
{
  pthread_mutex_lock(&cvm.lock);
}

static void after_fork(void)
{
  pthread_mutex_unlock(&cvm.lock);
}

static void watch_forks(void)
{
  (void)pthread_atfork(before_fork, after_fork, after_fork);
}

static bool is_in_vm(void)
{
  return *environment("VCCA_VM") != '\0';
}

bool cvm_join(struct vcca_error *err)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  uint8_t *none;
  size_t n;
  if (is_in_vm())
    return driver_remote_file(environment("VCCA_VM"), DRIVER_TSI, &none, &n) ||
           vcca_fail(err, VCCA_FAULT_IO, "no CVM answers at %.300s (VCCA_VM)", environment("VCCA_VM"));
  pthread_once(&once, watch_forks);
  pthread_mutex_lock(&cvm.lock);
  bool ok = cvm.users > 0 || (choose(&cvm.choice, err) && boot(err));
  cvm.users += ok ? 1 : 0;
  pthread_mutex_unlock(&cvm.lock);
  return ok;
}

void cvm_leave(void)
{
  pthread_mutex_lock(&cvm.lock);
  if (cvm.users > 0 && --cvm.users == 0) {
    if (cvm.process == getpid())
      vcca_running_stop(cvm.vm); /* of a fork, the threads of the VM are in the other process */
    cvm.vm = NULL;
  }
  pthread_mutex_unlock(&cvm.lock);
}

/* --- Ioctls --------------------------------------------------------------------------------------------- */

static size_t read_memory(void *ctx, uint64_t address, void *out, size_t n)
{
  (void)ctx;
  memcpy(out, (const void *)(uintptr_t)address, n);
  return n;
}

static size_t write_memory(void *ctx, uint64_t address, const void *bytes, size_t n)
{
  (void)ctx;
  memcpy((void *)(uintptr_t)address, bytes, n);
  return n;
}

static bool ask(void *ctx, enum driver_node node, uint32_t number, const uint8_t *in, size_t n,
                struct driver_answer *out)
{
  struct vcca_error err = {0};
  vcca_running *v = ctx;
  return vcca_running_ioctl(v, node, number, vcca_span_of(in, n), out, &err);
}

/* The CVM of this process; a fork boots one of its own, which is the same. NULL: it cannot. */
static vcca_running *own_vm(void)
{
  struct vcca_error err = {0};
  pthread_mutex_lock(&cvm.lock);
  vcca_running *v = cvm.users > 0 && (cvm.process == getpid() || boot(&err)) ? cvm.vm : NULL;
  pthread_mutex_unlock(&cvm.lock);
  return v;
}

int64_t cvm_ioctl(enum driver_call call, void *argument)
{
  uint64_t address = (uint64_t)(uintptr_t)argument;
  if (is_in_vm())
    return driver_remote_ioctl(environment("VCCA_VM"), DRIVER_TSI, driver_number(call), address);
  const struct driver_program self = {.read = read_memory, .write = write_memory, .ask = ask, .ctx = own_vm()};
  return self.ctx ? driver_ioctl(&self, DRIVER_TSI, driver_number(call), address) : -EIO;
}
