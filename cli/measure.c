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
    {"output-dtb", 0, "FILE", false, "write the device tree that was measured"},
    {"append", 0, "TEXT", false, "kernel command line for the built-in device tree"},
    {"vcpus", 'c', "N", false, "vCPUs that are measured; default 0: none (virtcca), 1 (arm)"},
    {"sve", 's', "BITS", false, "SVE vector length in bits; default no SVE"},
    {"pmu", 'm', "N", false, "PMU counters; default no PMU"},
    {"s2sz", 0, "BITS", false, "IPA width; default 40"},
    {"ram", 0, "SIZE", false, "RAM size; default what the images need, at least 512M"},
    {"hash", 0, "sha-256|sha-512", false, "measurement algorithm; default sha-256"},
    {"engine", 0, "NAME|list", false, "hash by this engine, or list them; default the fastest. Results never depend on it"},
    {"steps", 0, NULL, false, "print a readable account of the measurement before the result"},
    {"trace", 0, "FILE", false, "write every step as a line of JSON"},
    OPTION_OUTPUT,
    OPTION_END,
};

struct job {
  struct vcca_mapping kernel, initrd, firmware;
  struct vcca_bytes dtb;
  struct vcca_plan plan; /* stays where it is: it points into itself */
  uint64_t shown;        /* percent */
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

/* The hashing engines, the fastest first. */
static void list_engines(bool json)
{
  struct vcca_engine_info e;
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  if (json) {
    vcca_json_open(&j, NULL, '{');
    vcca_json_head(&j, "vcca-engines-1", NULL);
    vcca_json_open(&j, "engines", '[');
  }
  for (size_t i = 0; vcca_engine_at(i, &e); i++) {
    if (!json) {
      printf("%-10s %-13s %s\n", e.name, e.available ? "available" : "not available", e.available ? e.what : e.why_not);
      continue;
    }
    vcca_json_open(&j, NULL, '{');
    vcca_json_str(&j, "name", e.name);
    vcca_json_str(&j, "what", e.what);
    vcca_json_bool(&j, "available", e.available);
    if (!e.available)
      vcca_json_str(&j, "why_not", e.why_not);
    vcca_json_close(&j);
  }
  for (unsigned level = 0; json && level < 2; level++)
    vcca_json_close(&j);
}

static bool map_image(const struct args *a, const char *name, struct vcca_mapping *out, struct vcca_error *err)
{
  const char *path = args_get(a, name);
  return path ? vcca_file_map(path, CLI_FILE_MAX, out, err) : true;
}

static bool read_images(const struct args *a, struct job *job, struct vcca_error *err)
{
  return map_image(a, "kernel", &job->kernel, err) && map_image(a, "initrd", &job->initrd, err) && map_image(a, "firmware", &job->firmware, err) &&
         args_file(a, "dtb", CLI_SMALL_MAX, &job->dtb, err);
}

/* Images are measured once, in the plan's order: what lies behind is let go, so that memory does not grow with them. */
static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
  struct job *job = ctx;
  enum { IMAGES = 3 };
  struct vcca_mapping *const images[IMAGES] = {&job->kernel, &job->initrd, &job->firmware};
  char label[] = "measuring";
  if (total > 0 && done * 100 / total != job->shown) {
    job->shown = done * 100 / total;
    progress_line(label, done, total);
  }
  for (size_t i = 0; i < job->plan.segment_count && done > 0; i++) {
    const struct vcca_segment *s = &job->plan.segments[i];
    for (size_t k = 0; k < IMAGES; k++)
      if (images[k]->bytes.p == s->content.p)
        vcca_file_forget(images[k], done < s->content.n ? (size_t)done : s->content.n);
    done -= done < s->size ? done : s->size;
  }
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

static bool measure_vm(const struct args *a, struct job *job, struct vcca_measured *out, struct vcca_error *err)
{
  struct vcca_vm vm = {.profile = a->operand[0]};
  struct vcca_plan *plan = &job->plan;
  if (!read_images(a, job, err) || !read_numbers(a, &vm, err))
    return false;
  vm.kernel = job->kernel.bytes;
  vm.initrd = job->initrd.bytes;
  vm.firmware = job->firmware.bytes;
  vm.dtb = vcca_bytes_span(&job->dtb);
  if (!args_has(a, "dtb"))
    fprintf(stderr, "vcca measure: no --dtb: using the built-in device tree\n");
  if (args_has(a, "dtb") ? !vcca_plan_vm(&vm, plan, err) : !vcca_plan_with_dtb(&vm, args_get(a, "append"), plan, &job->dtb, err))
    return false;
  if (args_has(a, "output-dtb") && !vcca_file_write(args_get(a, "output-dtb"), vm.dtb, err))
    return false;
  for (size_t i = 0; i < plan->segment_count; i++)
    job->account.labels[job->account.label_count++] =
        (struct vcca_account_label){plan->segments[i].name, plan->segments[i].ipa, plan->segments[i].ipa + plan->segments[i].size};
  job->account.hash_alg = plan->params.hash_alg;
  vcca_plan_measure(plan, on_step, job, on_progress, job, &out->rim);
  snprintf(out->profile, sizeof out->profile, "%s", plan->profile);
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
  const char *engine = args_get(a, "engine");
  if (engine && strcmp(engine, "list") == 0) {
    if (!args_json(a, &job.json, &err))
      return fail(a, &err);
    list_engines(job.json);
    return VCCA_EXIT_YES;
  }
  if (a->operands == 0)
    return usage(a, "wants %s", a->verb->operands);
  bool ok = (!engine || vcca_engine_use(engine, &err)) && measure(a, &job, &err);
  if (job.trace && job.trace != stdout && fclose(job.trace) != 0 && ok)
    ok = vcca_fail(&err, VCCA_FAULT_IO, "cannot write the trace");
  vcca_file_unmap(&job.kernel);
  vcca_file_unmap(&job.initrd);
  vcca_file_unmap(&job.firmware);
  vcca_bytes_free(&job.dtb);
  return ok ? VCCA_EXIT_YES : fail(a, &err);
}

const struct verb verb_measure = {
    "measure",
    "PROFILE [FILE]",
    0, /* --engine list needs none */
    2,
    "RIM and REMs from files, without a machine",
    "Computes what a VM's RIM will be. Profiles: virtcca (direct kernel boot with --kernel, firmware boot with --firmware), virtcca-2025 "
    "(the same with the older defaults: direct boot implies SVE 128 and one PMU counter, firmware boot one PMU counter), arm (a plain Arm "
    "CCA realm under RMM 1.0), ops (a list of operations in a YAML or JSON FILE: create, ripas, data, rec, extend, for any rule set).",
    "vcca measure virtcca --kernel Image --initrd initrd.img --dtb vm.dtb --vcpus 4 --steps\n"
    "vcca measure virtcca --firmware QEMU_EFI.fd --dtb vm.dtb --vcpus 1 --hash sha-512\nvcca measure ops scenarios/ops/arm-rmm-1.0.yaml -o "
    "json\nvcca measure --engine list",
    options,
    run,
};
