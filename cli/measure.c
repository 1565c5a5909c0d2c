/* vcca measure: the RIM of a VM from its files, without a machine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/measure.h"
#include "rooms/explain.h"
#include "vcca/hex.h"
#include "rooms/error.h"
#include "rooms/boot.h"
#include "rooms/file.h"
#include "rooms/json.h"
#include "rooms/span.h"
#include "rooms/vmm.h"
#include "rooms/text.h"
#include "rooms/files.h"
#include "rooms/account.h"
#include "rooms/crypto.h"

static const struct option options[] = {
#define OPTION(field, kind, name, letter, arg, traits, scope, help) {name, letter, arg, traits, help},
#include "cli/measure_options.def"
#include "cli/measure_outputs.def"
#undef OPTION
    OPTION_OUTPUT,
    OPTION_END,
};

void measure_read_options(const struct args *a, struct measure_options *out)
{
  *out = (struct measure_options){.steps = false};
#define READ_TEXT(field, name) out->field = args_get(a, name);
#define READ_SWITCH(field, name) out->field = args_has(a, name);
#define READ_MANY_TEXTS(field, name)                                                          \
  for (unsigned i = 0; i < CLI_VALUES && (out->field[i] = args_nth(a, name, i)) != NULL; i++) \
    ;
#define OPTION(field, kind, name, letter, arg, traits, scope, help) READ_##kind(field, name)
#include "cli/measure_options.def"
#include "cli/measure_outputs.def"
#undef OPTION
}

/* A kind of profile: the options it takes (scope), operands, how it gets ready and computes. */
struct kind {
  unsigned scope, operands;
  bool (*ready)(struct job *job, struct vcca_error *err);
  bool (*compute)(struct job *job, struct vcca_measured *out, struct vcca_error *err);
};

/* Which options go with which kind of profile. */
enum { VM = 1, VMM = 2, OPS = 4, LOG = 8, ANY = VM | VMM | OPS | LOG };
static const struct {
  const char *name;
  unsigned kinds;
} scopes[] = {
#define OPTION(field, kind, name, letter, arg, traits, scope, help) {name, scope},
#include "cli/measure_options.def"
#include "cli/measure_outputs.def"
#undef OPTION
};

/* What a log said besides the RIM. */
static void print_log(struct vcca_json *j, const struct vcca_bootlog *log)
{
  vcca_json_str(j, "vmm", log->vmm);
  vcca_json_str(j, "vmm_version", log->version);
  vcca_json_int(j, "ram_size", (int64_t)(log->ram_size >> 1 < INT64_MAX / 2 ? log->ram_size : 0));
  vcca_json_int(j, "vcpus", log->cpus);
  vcca_json_int(j, "rem_events", log->rem_events);
  vcca_json_int(j, "rem_events_of_images", log->rem_known);
  vcca_json_open(j, "parts", '[');
  for (size_t i = 0; i < log->part_count; i++) {
    vcca_json_open(j, NULL, '{');
    vcca_json_str(j, "name", log->parts[i].name);
    vcca_json_addr(j, "base", log->parts[i].base);
    vcca_json_addr(j, "top", log->parts[i].top);
    vcca_json_bool(j, "measured", log->parts[i].image >= 0);
    vcca_json_close(j);
  }
  vcca_json_close(j);
}

/* The document; every step is computed once more, when they are wanted, into their place in it. */
static bool print_json(struct job *job, const struct kind *kind, const struct vcca_measured *m, struct vcca_error *err)
{
  char name[8];
  struct vcca_measured again = {.has_rem = false};
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  bool ok = true;
  vcca_json_open(&j, NULL, '{');
  vcca_json_head(&j, "vcca-measurement-1", m->profile);
  vcca_json_str(&j, "hash_alg", vcca_hash_name(m->rim.hash_alg));
  vcca_json_int(&j, "steps", (int64_t)job->account.steps);
  vcca_json_hex(&j, "rim", vcca_rim_digest(&m->rim));
  for (unsigned i = 0; m->has_rem && i < VCCA_REMS; i++) {
    snprintf(name, sizeof name, "rem%u", i);
    vcca_json_hex(&j, name, vcca_span_of(m->rem[i], vcca_hash_size(m->rim.hash_alg)));
  }
  if (job->has_log)
    print_log(&j, &job->log);
  if (job->o.steps) {
    vcca_json_open(&j, "operations", '[');
    job->operations = &j;
    job->account.steps = 0;
    job->account.hash_alg = m->rim.hash_alg;
    ok = kind->compute(job, &again, err);
    job->operations = NULL;
    vcca_json_close(&j);
  }
  vcca_json_close(&j);
  return ok;
}

static void print_text(const struct job *job, const struct vcca_measured *m)
{
  char hex[2 * VCCA_HASH_MAX + 1];
  if (job->has_log)
    vcca_print(stderr, "vcca measure: a log of %s%s%s, %zu images, %u events for REMs (%u of images given)\n",
               job->log.vmm[0] ? job->log.vmm : "a VMM", job->log.version[0] ? " " : "", job->log.version,
               job->log.part_count, job->log.rem_events, job->log.rem_known);
  vcca_print(stdout, "RIM: %s\n", vcca_hex_text(vcca_rim_digest(&m->rim), hex, sizeof hex));
  for (unsigned i = 0; m->has_rem && i < VCCA_REMS; i++)
    vcca_print(stdout, "REM%u: %s\n", i,
               vcca_hex_text(vcca_span_of(m->rem[i], vcca_hash_size(m->rim.hash_alg)), hex, sizeof hex));
}

/* The engines of a kind, the fastest first. */
static void list_kind(struct vcca_json *j, const char *kind, bool (*at)(size_t i, struct vcca_engine_info *out))
{
  struct vcca_engine_info e;
  for (size_t i = 0; at(i, &e); i++) {
    if (!j) {
      vcca_print(stdout, "%-11s %-10s %-13s %s\n", kind, e.name, e.available ? "available" : "not available",
                 e.available ? e.what : e.why_not);
      continue;
    }
    vcca_json_open(j, NULL, '{');
    vcca_json_str(j, "name", e.name);
    vcca_json_str(j, "kind", kind);
    vcca_json_str(j, "what", e.what);
    vcca_json_bool(j, "available", e.available);
    if (!e.available)
      vcca_json_str(j, "why_not", e.why_not);
    vcca_json_close(j);
  }
}

static void list_engines(bool json)
{
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  if (json) {
    vcca_json_open(&j, NULL, '{');
    vcca_json_head(&j, "vcca-engines-1", NULL);
    vcca_json_open(&j, "engines", '[');
  }
  list_kind(json ? &j : NULL, "hashing", vcca_engine_at);
  list_kind(json ? &j : NULL, "signatures", vcca_signature_engine_at);
  for (unsigned level = 0; json && level < 2; level++)
    vcca_json_close(&j);
}

static bool read_numbers(const struct measure_options *o, bool quiet, struct vcca_vm *vm, struct vcca_error *err)
{
  uint64_t vcpus = vcca_profile_named(vm->profile)->vcpus, sve = 0, pmu = 0, s2sz = 0;
  if (!option_u64("vcpus", o->vcpus, VCCA_VCPUS_MAX, &vcpus, err) || !option_u64("sve", o->sve, 2048, &sve, err) ||
      !option_u64("pmu", o->pmu, 31, &pmu, err) || !option_u64("s2sz", o->s2sz, 52, &s2sz, err) ||
      !option_u64("ram", o->ram, (uint64_t)1 << 48, &vm->ram_size, err))
    return false;
  if (o->hash && !vcca_hash_named(vcca_span_str(o->hash), &vm->hash_alg))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--hash %s: sha-256 or sha-512", o->hash);
  vm->vcpus = (unsigned)vcpus;
  vm->sve_bits = (unsigned)sve;
  vm->pmu_counters = (unsigned)pmu;
  vm->s2sz = (unsigned)s2sz;
  if (vcpus == 0 && !quiet)
    vcca_print(stderr, "vcca measure: no --vcpus: no vCPU is measured\n");
  return true;
}

/* A kernel without a header, or with one from before Linux 3.17, is taken as QEMU takes it: it may as well
 * be another file. */
static void note_headless(const struct job *job)
{
  struct vcca_arm64_image image;
  vcca_span kernel = measure_kernel(job);
  if (kernel.p && !job->quiet && vcca_kernel_read(kernel, true, &image, NULL) && image.guessed)
    vcca_print(stderr,
               "vcca measure: the kernel has %s: it is loaded at + 0x%" PRIx64 ", as long as the file, as QEMU does\n",
               image.headless ? "no arm64 Image header" : "an image_size of 0 in its header", image.text_offset);
}

bool measure_ready_vm(struct job *job, struct vcca_error *err)
{
  const struct measure_options *o = &job->o;
  struct vcca_vm vm = {.profile = job->args->operand[0]};
  if (!measure_images(job, err) || !read_numbers(o, job->quiet, &vm, err))
    return false;
  vm.kernel = measure_kernel(job);
  vm.initrd = job->initrd.bytes;
  vm.firmware = job->firmware.bytes;
  vm.dtb = vcca_bytes_span(&job->dtb);
  if (o->dtb && o->append)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "--append is not read beside --dtb, whose tree has the command line: leave one out");
  if (!o->dtb && !job->quiet)
    vcca_print(stderr, "vcca measure: no --dtb: using the built-in device tree\n");
  if (o->dtb ? !vcca_plan_vm(&vm, &job->vm, err) : !vcca_plan_with_dtb(&vm, o->append, &job->vm, &job->dtb, err))
    return false;
  note_headless(job);
  job->plan = &job->vm;
  job->made_vm = vm;
  job->made = (struct vcca_rim_vm){.vm = &job->made_vm, .dtb_made = !o->dtb, .bootargs = o->append};
  return measure_use_cache(job, err);
}

static bool ready_ops(struct job *job, struct vcca_error *err)
{
  const struct args *a = job->args;
  if (a->operands < 2)
    return vcca_fail(err, VCCA_FAULT_USAGE, "ops wants a FILE of operations");
  return vcca_files_read(a->files, a->operand[1], CLI_SMALL_MAX, &job->text, err);
}

static bool compute_ops(struct job *job, struct vcca_measured *out, struct vcca_error *err)
{
  const char *path = job->args->operand[1], *slash = strrchr(path, '/');
  char folder[4096];
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
  return vcca_ops_measure(vcca_bytes_span(&job->text), folder, job->args->files, measure_step, job, out, err) ||
         vcca_fail_in(err, path);
}

static const struct kind kinds[] = {
    {VM, 1, measure_ready_vm, measure_compute_plan},
    {VMM, CLI_OPERANDS, measure_ready_vmm, measure_compute_plan},
    {OPS, 2, ready_ops, compute_ops},
    {LOG, 2, measure_ready_log, measure_compute_log},
};

const char *vm_profile_at(unsigned i)
{
  const char *summary, *name = vcca_profile_name(i);
  for (unsigned n = 0; !name && n <= i; n++)
    if (!vcca_profile_name(n))
      return vcca_vmm_name(i - n, &summary);
  return name;
}

const char *measure_profile_at(unsigned i)
{
  static const char *const files[] = {"ops", "log"};
  unsigned vms = 0;
  while (vm_profile_at(vms))
    vms++;
  return i < vms ? vm_profile_at(i) : i - vms < 2 ? files[i - vms] : NULL;
}

static const char *profile_candidate(const void *ctx, unsigned i)
{
  (void)ctx;
  return measure_profile_at(i);
}

static const struct kind *find_kind(const char *profile, struct vcca_error *err)
{
  if (vcca_profile_named(profile))
    return &kinds[0];
  if (vcca_vmm_program(profile) != VCCA_VMM_NONE)
    return &kinds[1];
  if (strcmp(profile, "ops") == 0)
    return &kinds[2];
  if (strcmp(profile, "log") == 0)
    return &kinds[3];
  char list[256];
  vcca_sink out = vcca_sink_of(list, sizeof list - 1);
  for (unsigned n = 0; measure_profile_at(n); n++) {
    vcca_sink_str(&out, n == 0 ? "" : measure_profile_at(n + 1) ? ", " : " or ");
    vcca_sink_str(&out, measure_profile_at(n));
  }
  list[vcca_sink_ok(&out) ? out.n : 0] = '\0';
  const char *hint = nearest(profile, profile_candidate, NULL);
  vcca_fail(err, VCCA_FAULT_USAGE, "no profile '%s'%s%s%s: %s", profile, hint ? ", did you mean " : "",
            hint ? hint : "", hint ? "?" : "", list);
  return NULL;
}

static bool check_args(const struct args *a, const struct kind *kind, struct vcca_error *err)
{
  bool vmm = kind->scope == VMM;
  for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
    if (args_has(a, scopes[i].name) && !(scopes[i].kinds & kind->scope))
      return vcca_fail(err, VCCA_FAULT_USAGE, "--%s is not for %s%s", scopes[i].name, a->operand[0],
                       vmm ? ": say it in the VMM's own words behind --" : "");
  if (vmm ? a->before > 1 : a->operands > kind->operands)
    return vcca_fail(err, VCCA_FAULT_USAGE, "'%s' is one operand too many%s", a->operand[vmm ? 1 : kind->operands],
                     vmm ? ": the VMM's own words go behind --" : "");
  return true;
}

/* The kind of profile that the first operand names, with the options read and fit for it. */
static const struct kind *begin(struct job *job, struct vcca_error *err)
{
  const struct kind *kind = find_kind(job->args->operands > 0 ? job->args->operand[0] : "", err);
  measure_read_options(job->args, &job->o);
  return kind && check_args(job->args, kind, err) ? kind : NULL;
}

bool measure_ready_plan(struct job *job, struct vcca_error *err)
{
  const struct kind *kind = begin(job, err);
  if (!kind || !measure_check_outputs(job, err))
    return false;
  if (kind->compute != measure_compute_plan)
    return vcca_fail(
        err, VCCA_FAULT_USAGE,
        "'%s' lays no VM out: a profile or VMM model is needed here, or a trace of it (vcca measure --trace)",
        job->args->operand[0]);
  return kind->ready(job, err) || measure_name_file(job, err);
}

/* The trace goes through memory, so that it is read as a trace from a file is. */
bool measure_trace(struct job *job, struct vcca_rim_trace *trace, struct vcca_error *err)
{
  struct vcca_measured out = {.has_rem = false};
  const struct kind *kind = begin(job, err);
  if (!kind || kind->compute == measure_compute_plan)
    return kind && measure_ready_plan(job, err) && vcca_trace_plan(job->plan, trace, err);
  if (!kind->ready(job, err))
    return false;
  char *text = NULL;
  size_t n = 0;
  job->trace.stream = open_memstream(&text, &n);
  bool ok = job->trace.stream && kind->compute(job, &out, err);
  bool whole = job->trace.stream && fclose(job->trace.stream) == 0;
  job->trace.stream = NULL;
  if (!whole)
    ok = vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the trace of '%s'", job->args->operand[0]);
  ok = ok && vcca_trace_read(vcca_span_of(text, n), NULL, trace, err);
  free(text);
  return ok;
}

static bool measure(struct job *job, struct vcca_error *err)
{
  const struct args *a = job->args;
  struct vcca_measured out = {.has_rem = false};
  const struct kind *kind = begin(job, err);
  if (!kind || !measure_check_outputs(job, err) || !args_json(a, &job->json, err))
    return false;
  if (job->o.trace && !vcca_files_open(a->files, job->o.trace, &job->trace, err))
    return false;
  job->account.out = job->o.steps && !job->json ? stdout : NULL;
  if (!(kind->ready(job, err) || measure_name_file(job, err)) || !kind->compute(job, &out, err))
    return false;
  vcca_account_end(&job->account);
  if (!measure_write_outputs(job, &out, err))
    return false;
  if (job->json)
    return print_json(job, kind, &out, err);
  if (job->trace.stream != stdout) /* the trace's last line has the RIM */
    print_text(job, &out);
  return true;
}

void measure_clean_up(struct job *job)
{
  vcca_file_unmap(&job->kernel);
  vcca_file_unmap(&job->initrd);
  vcca_file_unmap(&job->firmware);
  for (size_t i = 0; i < CLI_VALUES; i++)
    vcca_file_unmap(&job->images[i]);
  vcca_file_unmap(&job->unpacked);
  for (size_t i = 0; i < VCCA_SEGMENTS; i++)
    vcca_file_unmap(&job->cached[i].file);
  vcca_bytes_free(&job->dtb);
  vcca_bytes_free(&job->dtb_template);
  vcca_bytes_free(&job->text);
  vcca_vmm_plan_free(&job->vmm);
}

static enum vcca_exit run(const struct args *a)
{
  struct job job = {.args = a};
  struct vcca_error err;
  measure_read_options(a, &job.o);
  const char *engine = job.o.engine;
  if (engine && strcmp(engine, "list") == 0) {
    for (unsigned i = 0; i < a->values; i++)
      if (strcmp(a->given[i], "engine") != 0 && strcmp(a->given[i], "output") != 0)
        return usage(a, "--%s is not read beside --engine list: leave one out", a->given[i]);
    if (a->operands > 0)
      return usage(a, "'%s' is not read beside --engine list: leave one out", a->operand[0]);
    if (!args_json(a, &job.json, &err))
      return fail(a, &err);
    list_engines(job.json);
    return VCCA_EXIT_YES;
  }
  if (a->operands == 0)
    return usage(a, "wants %s", a->verb->operands);
  bool ok = (!engine || vcca_engine_use(engine, &err)) && measure(&job, &err);
  ok = vcca_output_close(&job.trace, ok, &err);
  measure_clean_up(&job);
  return ok ? VCCA_EXIT_YES : fail(a, &err);
}

const struct verb verb_measure = {
    "measure",
    "PROFILE [FILE] [-- VMM-OPTION...]",
    0, /* --engine list needs none */
    CLI_OPERANDS,
    "RIM and REMs from files, without a machine",
    "Computes what a VM's RIM will be. Profiles: virtcca (direct kernel boot with --kernel, firmware boot with "
    "--firmware), virtcca-2025 "
    "(the same with the older defaults: direct boot implies SVE 128 and one PMU counter, firmware boot one PMU "
    "counter), kata (Kata Containers on "
    "virtCCA: a kernel alone), arm (a plain Arm CCA realm under RMM 1.0); the VMM models qemu, kvmtool, "
    "kvmtool-linaro, kvmtool-arm and "
    "cloud-hypervisor, which read the VMM's own command line behind --, the host's capabilities from --host files and "
    "the options that override "
    "them, and images from local copies; ops (a list of operations in a YAML or JSON FILE: create, ripas, data, rec, "
    "extend, for any rule set); log "
    "(a FILE that a host left, with the images it names).",
    "vcca measure virtcca --kernel Image --initrd initrd.img --dtb vm.dtb --vcpus 4 --steps\n"
    "vcca measure virtcca --firmware QEMU_EFI.fd --dtb vm.dtb --vcpus 1 --hash sha-512\n"
    "vcca measure qemu --host fvp.toml -k Image --output-dtb vm.dtb -- -M virt -cpu host -smp 2 -m 1G -kernel Image "
    "-append root=/dev/vda\n"
    "vcca measure kvmtool --num-bps 6 --num-wps 6 -k Image --output-dtb vm.dtb --output-log vm.log -- --realm -c 2 -m "
    "512M -k Image\n"
    "vcca measure arm --kernel Image --dtb vm.dtb --output-corim realm.cbor --output-rv-store rv-store.json\n"
    "vcca measure virtcca --kernel Image --dtb vm.dtb --vcpus 4 --output-refs refs.json\n"
    "vcca measure log vm.log --image Image --image vm.dtb\nvcca measure ops operations.yaml -o json\n"
    "vcca measure --engine list",
    options,
    run,
};
