/* vcca measure: the RIM of a VM from its files, without a machine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "vcca/account.h"
#include "vcca/hex.h"
#include "vcca/scenario.h"

static const struct option options[] = {
    {"kernel", 'k', "FILE", false, "arm64 Image, uncompressed: direct kernel boot"},
    {"initrd", 'i', "FILE", false, "initial RAM disk, with --kernel"},
    {"firmware", 'f', "FILE", false, "UEFI firmware: firmware boot"},
    {"dtb", 0, "FILE", false, "device tree, as the VMM passes it; without it a small built-in one is used and named on stderr"},
    {"append", 0, "TEXT", false, "kernel command line for the built-in device tree"},
    {"vcpus", 'c', "N", false, "vCPUs that are measured; default 0: none (virtcca), 1 (arm)"},
    {"sve", 's', "BITS", false, "SVE vector length in bits; default no SVE"},
    {"pmu", 'm', "N", false, "PMU counters; default no PMU"},
    {"s2sz", 0, "BITS", false, "IPA width; default 40"},
    {"ram", 0, "SIZE", false, "RAM size; default what the images need, at least 512M"},
    {"hash", 0, "sha-256|sha-512", false, "measurement algorithm; default sha-256"},
    {"steps", 0, NULL, false, "print a readable account of the measurement before the result"},
    {"trace", 0, "FILE", false, "write every step as a line of JSON"},
    OPTION_OUTPUT,
    OPTION_END,
};

struct job {
  struct vcca_bytes kernel, initrd, firmware, dtb;
  struct vcca_account account;
  FILE *trace;
  bool json;
};

static void on_step(void *ctx, const struct vcca_rim_step *step)
{
  struct job *job = ctx;
  vcca_account_step(&job->account, step);
  if (job->trace)
    vcca_account_json(job->trace, job->account.steps - 1, job->account.hash_alg, step);
}

static void print(const struct job *job, const struct vcca_measured *m)
{
  char name[8], hex[2 * VCCA_HASH_MAX + 1];
  size_t n = vcca_hash_size(m->rim.hash_alg);
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  if (job->json) {
    vcca_json_open(&j, NULL, '{');
    vcca_json_head(&j, "vcca-measurement-1", m->profile);
    vcca_json_str(&j, "hash_alg", vcca_hash_name(m->rim.hash_alg));
    vcca_json_int(&j, "steps", (int64_t)job->account.steps);
    vcca_json_hex(&j, "rim", vcca_rim_digest(&m->rim));
    for (unsigned i = 0; m->has_rem && i < VCCA_REMS; i++) {
      snprintf(name, sizeof name, "rem%u", i);
      vcca_json_hex(&j, name, vcca_span_of(m->rem[i], n));
    }
    vcca_json_close(&j);
    return;
  }
  printf("RIM: %s\n", vcca_hex_text(vcca_rim_digest(&m->rim), hex, sizeof hex));
  for (unsigned i = 0; m->has_rem && i < VCCA_REMS; i++)
    printf("REM%u: %s\n", i, vcca_hex_text(vcca_span_of(m->rem[i], n), hex, sizeof hex));
}

static bool read_images(const struct args *a, struct job *job, struct vcca_error *err)
{
  return args_file(a, "kernel", CLI_FILE_MAX, &job->kernel, err) && args_file(a, "initrd", CLI_FILE_MAX, &job->initrd, err) &&
         args_file(a, "firmware", CLI_FILE_MAX, &job->firmware, err) && args_file(a, "dtb", CLI_SMALL_MAX, &job->dtb, err);
}

static bool read_numbers(const struct args *a, struct vcca_vm *vm, struct vcca_error *err)
{
  uint64_t vcpus = strcmp(vm->profile, "arm") == 0, sve = 0, pmu = 0, s2sz = 0;
  if (!args_u64(a, "vcpus", VCCA_VCPUS_MAX, &vcpus, err) || !args_u64(a, "sve", 2048, &sve, err) || !args_u64(a, "pmu", 31, &pmu, err) ||
      !args_u64(a, "s2sz", 52, &s2sz, err) || !args_u64(a, "ram", (uint64_t)1 << 48, &vm->ram_size, err))
    return false;
  const char *hash = args_get(a, "hash");
  if (hash && !vcca_hash_named(vcca_span_str(hash), &vm->hash_alg))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--hash %s: sha-256 or sha-512", hash);
  vm->vcpus = (unsigned)vcpus;
  vm->sve_bits = (unsigned)sve;
  vm->pmu_counters = (unsigned)pmu;
  vm->s2sz = (unsigned)s2sz;
  if (vcpus == 0)
    fprintf(stderr, "vcca measure: no --vcpus: no vCPU is measured\n");
  return true;
}

/* The device tree of a VM that was given none. */
static bool builtin_dtb(const struct args *a, struct job *job, const struct vcca_vm *vm, struct vcca_error *err)
{
  struct vcca_dtb_spec spec = {.ram_base = vm->ram_base ? vm->ram_base : 0x40000000,
                               .ram_size = vm->ram_size ? vm->ram_size : (uint64_t)512 << 20,
                               .vcpus = vm->vcpus ? vm->vcpus : 1,
                               .bootargs = args_get(a, "append")};
  fprintf(stderr, "vcca measure: no --dtb: using the built-in device tree\n");
  return vcca_dtb_make(&spec, &job->dtb, err);
}

static bool measure_vm(const struct args *a, struct job *job, struct vcca_measured *out, struct vcca_error *err)
{
  struct vcca_vm vm = {.profile = a->operand[0]};
  struct vcca_plan plan;
  if (!read_images(a, job, err) || !read_numbers(a, &vm, err) || (!job->dtb.p && !builtin_dtb(a, job, &vm, err)))
    return false;
  vm.kernel = vcca_bytes_span(&job->kernel);
  vm.initrd = vcca_bytes_span(&job->initrd);
  vm.firmware = vcca_bytes_span(&job->firmware);
  vm.dtb = vcca_bytes_span(&job->dtb);
  if (!vcca_plan_vm(&vm, &plan, err))
    return false;
  for (size_t i = 0; i < plan.segment_count; i++)
    job->account.labels[job->account.label_count++] =
        (struct vcca_account_label){plan.segments[i].name, plan.segments[i].ipa, plan.segments[i].ipa + plan.segments[i].size};
  job->account.hash_alg = plan.params.hash_alg;
  char label[] = "measuring";
  vcca_plan_measure(&plan, on_step, job, progress_line, label, &out->rim);
  snprintf(out->profile, sizeof out->profile, "%s", plan.profile);
  return true;
}

static bool measure_ops(const struct args *a, struct job *job, struct vcca_measured *out, struct vcca_error *err)
{
  if (a->operands < 2)
    return vcca_fail(err, VCCA_FAULT_USAGE, "ops wants a FILE of operations");
  struct vcca_bytes text = {0};
  const char *path = a->operand[1], *slash = strrchr(path, '/');
  char folder[4096];
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
  bool ok = vcca_file_read(path, CLI_SMALL_MAX, &text, err);
  if (ok && !vcca_ops_measure(vcca_bytes_span(&text), folder, on_step, job, out, err))
    ok = vcca_fail_in(err, path);
  vcca_bytes_free(&text);
  return ok;
}

static bool measure(const struct args *a, struct job *job, struct vcca_error *err)
{
  struct vcca_measured out = {0};
  const char *profile = a->operand[0];
  bool ops = strcmp(profile, "ops") == 0;
  if (!ops && strcmp(profile, "virtcca") != 0 && strcmp(profile, "virtcca-2025") != 0 && strcmp(profile, "arm") != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "no profile '%s': virtcca, virtcca-2025, arm or ops", profile);
  if (!ops && a->operands > 1)
    return vcca_fail(err, VCCA_FAULT_USAGE, "'%s' is one operand too many", a->operand[1]);
  if (!args_json(a, &job->json, err))
    return false;
  const char *trace = args_get(a, "trace");
  if (trace) {
    job->trace = strcmp(trace, "-") == 0 ? stdout : fopen(trace, "w");
    if (!job->trace) {
      vcca_fail(err, VCCA_FAULT_IO, "cannot create the trace");
      return vcca_fail_in(err, trace);
    }
  }
  job->account.out = args_has(a, "steps") ? (job->json ? stderr : stdout) : NULL;
  if (ops ? !measure_ops(a, job, &out, err) : !measure_vm(a, job, &out, err))
    return false;
  vcca_account_end(&job->account);
  print(job, &out);
  return true;
}

static enum vcca_exit run(const struct args *a)
{
  struct job job = {0};
  struct vcca_error err;
  bool ok = measure(a, &job, &err);
  if (job.trace && job.trace != stdout && fclose(job.trace) != 0 && ok)
    ok = vcca_fail(&err, VCCA_FAULT_IO, "cannot write the trace");
  vcca_bytes_free(&job.kernel);
  vcca_bytes_free(&job.initrd);
  vcca_bytes_free(&job.firmware);
  vcca_bytes_free(&job.dtb);
  return ok ? VCCA_EXIT_YES : fail(a, &err);
}

const struct verb verb_measure = {
    "measure",
    "PROFILE [FILE]",
    1,
    2,
    "RIM and REMs from files, without a machine",
    "Computes what a VM's RIM will be. Profiles: virtcca (direct kernel boot with --kernel, firmware boot with --firmware), virtcca-2025 "
    "(the same with the older defaults: direct boot implies SVE 128 and one PMU counter, firmware boot one PMU counter), arm (a plain Arm "
    "CCA realm under RMM 1.0), ops (a list of operations in a YAML or JSON FILE: create, ripas, data, rec, extend, for any rule set).",
    "vcca measure virtcca --kernel Image --initrd initrd.img --dtb vm.dtb --vcpus 4 --steps\n"
    "vcca measure virtcca --firmware QEMU_EFI.fd --dtb vm.dtb --vcpus 1 --hash sha-512\nvcca measure ops scenarios/ops/arm-rmm-1.0.yaml -o json",
    options,
    run,
};
