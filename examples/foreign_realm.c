/* A bench around realm code that is not yours: a payload written for real machines, which makes SMCs, loads and stores, and whose virtual
 * CPUs begin at addresses. The host is the library's: it boots the VM as `vcca measure arm` plans it, so that the RIM is the predicted one.
 *
 *   cc foreign_realm.c $(pkg-config --cflags --libs vcca)
 *
 * Each virtual CPU is a thread that takes turns with the host. When one is switched off and on again it begins anew, wherever its old code
 * was: the bench sees that by the REC's starts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vcca/boot.h>
#include <vcca/tsi.h>

enum { PAGE = 4096, CPUS = 2 };
#define RAM UINT64_C(0x40000000) /* of the realm */

static void give_up(const char *what, uint64_t value)
{
  fprintf(stderr, "foreign_realm: %s: 0x%llx\n", what, (unsigned long long)value);
  exit(1);
}

/* --- Not yours: the payload ----------------------------------------------------------------------------- */

uint64_t payload_smc(uint64_t fid, uint64_t x1, uint64_t x2, uint64_t x3); /* what it asks of a platform: returns x0 */
uint64_t payload_load(uint64_t address);
void payload_store(uint64_t address, uint64_t value);

/* Where the linker put it: a page of code for each CPU, and a page of data. */
#define FIRST RAM
#define SECOND (RAM + PAGE)
#define SUM (RAM + 2 * PAGE)

static uint64_t cpu_on(uint64_t context)
{
  return payload_smc(0xC4000003, 1, SECOND, context); /* CPU_ON of the other CPU */
}

static void wait_until_off(void)
{
  while (payload_smc(0xC4000004, 1, 0, 0) == 0) /* AFFINITY_INFO */
    ;
}

/* Lets the second CPU add 30, and then 12. */
static void payload_first(uint64_t device_tree)
{
  payload_store(SUM, 0);
  if (device_tree == 0 || cpu_on(30) != 0)
    give_up("payload", device_tree);
  wait_until_off();
  if (cpu_on(12) != 0)
    give_up("CPU_ON again", 0);
  wait_until_off();
  if (payload_load(SUM) != 42)
    give_up("the sum", payload_load(SUM));
  payload_smc(0x84000008, 0, 0, 0); /* SYSTEM_OFF */
}

static void payload_second(uint64_t context)
{
  payload_store(SUM, payload_load(SUM) + context);
  payload_smc(0x84000002, 0, 0, 0); /* CPU_OFF does not return: the next CPU_ON begins at the top */
  give_up("after CPU_OFF", context);
}

/* --- Yours: a virtual CPU ------------------------------------------------------------------------------- */

static vcca_machine *machine;

struct cpu {
  uint64_t rec, starts;
  vcca_guest *guest;
  jmp_buf top;
};
static struct cpu cpus[CPUS];
static _Thread_local struct cpu *me; /* a guest is a thread */

static uint64_t starts(void)
{
  struct vcca_rec_info info;
  return vcca_rec_info(machine, me->rec, &info) ? info.starts : 0;
}

static void run_cpu(void *arg, vcca_guest *g)
{
  me = arg;
  me->guest = g;
  setjmp(me->top);
  me->starts = starts();
  const struct vcca_cpu *registers = vcca_guest_cpu(g);
  if (registers->pc == FIRST)
    payload_first(registers->x[0]);
  else if (registers->pc == SECOND)
    payload_second(registers->x[0]);
  else
    give_up("no code at", registers->pc);
}

uint64_t payload_smc(uint64_t fid, uint64_t x1, uint64_t x2, uint64_t x3)
{
  uint64_t x[VCCA_SMC_REGS] = {fid, x1, x2, x3};
  vcca_guest_call(me->guest, x);
  if (starts() != me->starts)
    longjmp(me->top, 1);
  return x[0];
}

uint64_t payload_load(uint64_t address)
{
  uint8_t bytes[8] = {0};
  vcca_sink out = VCCA_SINK(bytes);
  vcca_guest_load(me->guest, address, &out, sizeof bytes);
  return vcca_le64(bytes);
}

void payload_store(uint64_t address, uint64_t value)
{
  uint8_t bytes[8];
  vcca_put_le64(bytes, value);
  vcca_guest_store(me->guest, address, VCCA_SPAN(bytes));
}

static vcca_guest_main choose(void *ctx, vcca_machine *m, uint64_t rec, const struct vcca_rec_info *info, void **arg)
{
  (void)ctx;
  (void)m;
  if (info->index >= CPUS)
    return NULL;
  cpus[info->index].rec = rec;
  *arg = &cpus[info->index];
  return run_cpu;
}

/* --- The library's: the host ---------------------------------------------------------------------------- */

/* Runs the CPUs in turn until the realm is off. */
static unsigned run_all(vcca_host *host, const struct vcca_booted *vm)
{
  enum { REALM_OFF = 0x102, EXIT_PSCI = 3 };
  for (unsigned entries = 0; entries < 1000; entries++) {
    uint64_t rec = vm->rec[entries % CPUS], other = vm->rec[(entries + 1) % CPUS];
    unsigned reason = 0;
    uint64_t status = vcca_host_run(host, rec, 0, &reason);
    if (status == REALM_OFF)
      return entries;
    uint64_t complete[VCCA_SMC_REGS] = {0xC4000164, rec,
                                        other}; /* PSCI_COMPLETE; refused when the other is not asked for */
    if (status == 0 && reason == EXIT_PSCI)
      vcca_smc(machine, complete);
  }
  give_up("the realm does not end", 0);
  return 0;
}

/* An arm64 Image of three pages. Nothing of it is executed: it is measured, and is there to be loaded from. */
static void make_image(uint8_t image[3 * PAGE])
{
  memset(image, 0, 3 * PAGE);
  image[0] = 1;
  vcca_put_le64(image + 16, 3 * PAGE); /* image_size */
  memcpy(image + 56, "ARM\x64", 4);
}

/* Boots the VM, runs it, and takes it down. */
static bool run(vcca_host *host, const struct vcca_plan *plan, struct vcca_error *err)
{
  static struct vcca_booted vm;
  struct vcca_realm_info info;
  struct vcca_rim predicted;
  if (!vcca_host_boot(host, plan, NULL, NULL, &vm, err) || !vcca_realm_info(machine, vm.rd, &info))
    return false;
  vcca_plan_measure(plan, NULL, NULL, NULL, NULL, &predicted);
  if (memcmp(predicted.value, info.rim, sizeof info.rim) != 0)
    give_up("the RIM is not the predicted one", info.rim[0]);
  unsigned entries = run_all(host, &vm);
  printf("RIM %02x%02x..., as predicted; off after %u entries\n", info.rim[0], info.rim[1], entries);
  return vcca_host_destroy(host, &vm, err);
}

int main(void)
{
  static uint8_t image[3 * PAGE];
  static struct vcca_plan plan;
  struct vcca_error err = {0};
  struct vcca_bytes dtb = {0};
  struct vcca_device device;
  struct vcca_machine_config config = {.abi = VCCA_ABI_RMI};
  struct vcca_vm vm = {.profile = "arm", .kernel = VCCA_SPAN(image), .vcpus = CPUS, .ram_size = 16 << 20};
  char text[600];
  make_image(image);
  vcca_device_default(VCCA_CHAIN_P384, &device);
  bool good = vcca_plan_with_dtb(&vm, NULL, &plan, &dtb, &err);
  if (good) {
    config.rules = plan.rules;
    vcca_host_regions(&plan, &config);
    machine = vcca_machine_new(&config, &err);
  }
  vcca_hsm *hsm = machine ? vcca_hsm_open(&device, &err) : NULL;
  vcca_guest_interface *monitor = hsm ? vcca_tsi_attach(machine, hsm, VCCA_FAMILY_ARM_1_0, &err) : NULL;
  vcca_host *host = monitor ? vcca_host_new(machine, &err) : NULL;
  good = host && vcca_guest_attach(machine, choose, NULL, &err) && run(host, &plan, &err) &&
         vcca_guest_attach(machine, NULL, NULL, &err);
  if (!good)
    fprintf(stderr, "foreign_realm: %s\n", vcca_error_text(&err, text, sizeof text));
  vcca_host_free(host);
  vcca_guest_interface_free(monitor);
  vcca_machine_free(machine);
  vcca_hsm_close(hsm);
  vcca_bytes_free(&dtb);
  return good ? 0 : 1;
}
