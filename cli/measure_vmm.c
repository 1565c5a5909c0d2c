/* vcca measure qemu|kvmtool|cloud-hypervisor: host capabilities, local images, and the VMM's own words.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/measure.h"
#include "rooms/error.h"
#include "rooms/measurement.h"
#include "rooms/vmm.h"
#include "rooms/text.h"
#include "rooms/files.h"

static void note(void *ctx, const char *text)
{
  const struct job *job = ctx;
  if (!job->quiet)
    vcca_print(stderr, "vcca measure: %s\n", text);
}

static bool read_host_file(struct vcca_files *files, const char *path, struct vcca_host_caps *caps,
                           struct vcca_error *err)
{
  struct vcca_bytes text = {0};
  bool ok = vcca_files_read(files, path, CLI_SMALL_MAX, &text, err) &&
            (vcca_host_caps_read(vcca_bytes_span(&text), caps, err) || vcca_fail_in(err, path));
  vcca_bytes_free(&text);
  return ok;
}

/* Files in order, then the options over them. */
static bool read_host(const struct job *job, struct vcca_host_caps *caps, struct vcca_error *err)
{
  for (const char *const *path = job->o.host; *path; path++)
    if (!read_host_file(job->args->files, *path, caps, err))
      return false;
  for (int i = 0; i < VCCA_CAPS; i++) {
    const char *value = args_get(job->args, vcca_cap_option((enum vcca_cap)i));
    if (value && !vcca_host_caps_set(caps, (enum vcca_cap)i, value, err))
      return false;
  }
  return true;
}

bool measure_write_log(const struct job *job, struct vcca_error *err)
{
  const char *path = job->o.output_log, *version = job->o.vmm_version, *vmm = vcca_vmm_log_name(job->plan->profile);
  if (!path)
    return true;
  uint8_t bytes[8192];
  vcca_sink out = VCCA_SINK(bytes);
  return vcca_bootlog_write(job->plan, vmm, version ? version : "", &out, err) &&
         vcca_files_write(job->args->files, path, vcca_sink_span(&out), err);
}

static bool write_dtb(const struct job *job, struct vcca_error *err)
{
  const char *path = job->o.output_dtb;
  const struct vcca_segment *dtb = path ? vcca_plan_segment(job->plan, VCCA_ROLE_DTB) : NULL;
  return !dtb || vcca_files_write(job->args->files, path, dtb->content, err);
}

bool measure_write_made(const struct job *job, struct vcca_error *err)
{
  return !job->plan || (write_dtb(job, err) && measure_write_log(job, err));
}

static bool read_rules(const char *rmm, enum vcca_rules_id *out, struct vcca_error *err)
{
  *out = VCCA_RULES_ARM_1_0;
  return !rmm || vcca_rim_rules_of_rmm(vcca_span_str(rmm), out) ||
         vcca_fail(err, VCCA_FAULT_USAGE, "--rmm %s: 1.0, 2.0 or 2.0-bet1", rmm);
}

bool measure_ready_vmm(struct job *job, struct vcca_error *err)
{
  const struct args *a = job->args;
  struct vcca_host_caps caps = {.known = {false}};
  struct vcca_vmm_config config;
  enum vcca_rules_id rules;
  if (job->o.vmm_version && !job->o.output_log)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--vmm-version is for --output-log");
  if (!read_rules(job->o.rmm, &rules, err) || !read_host(job, &caps, err) ||
      !vcca_vmm_parse(a->operand[0], a->operand + a->before, a->operands - a->before, note, job, &config, err) ||
      !measure_images(job, err))
    return false;
  const struct vcca_vmm_images images = {.kernel = job->kernel.bytes,
                                         .unpacked = job->unpacked.bytes,
                                         .initrd = job->initrd.bytes,
                                         .firmware = job->firmware.bytes,
                                         .dtb = vcca_bytes_span(&job->dtb),
                                         .dtb_template = vcca_bytes_span(&job->dtb_template)};
  if (!vcca_vmm_plan(&config, &caps, &images, rules, note, job, &job->vmm, err))
    return false;
  job->plan = &job->vmm.plan;
  job->made_config = config;
  job->made_host = caps;
  job->made_images = images;
  job->made = (struct vcca_rim_vm){
      .config = &job->made_config, .host = &job->made_host, .images = &job->made_images, .rules = rules};
  return measure_use_cache(job, err);
}

/* --- Logs ------------------------------------------------------------------------------------------------- */

bool measure_ready_log(struct job *job, struct vcca_error *err)
{
  const struct args *a = job->args;
  if (a->operands < 2)
    return vcca_fail(err, VCCA_FAULT_USAGE, "log wants a FILE, a host's measurement log");
  if (!vcca_files_read(a->files, a->operand[1], CLI_SMALL_MAX, &job->text, err))
    return false;
  for (size_t i = 0; job->o.image[i]; i++)
    if (!vcca_files_map(a->files, job->o.image[i], VCCA_IMAGE_MAX, &job->images[i], err))
      return false;
  return true;
}

bool measure_compute_log(struct job *job, struct vcca_measured *out, struct vcca_error *err)
{
  const struct args *a = job->args;
  struct vcca_bootlog_image images[CLI_VALUES];
  enum vcca_rules_id rules;
  size_t n = 0;
  for (; job->o.image[n]; n++)
    images[n] = (struct vcca_bootlog_image){job->o.image[n], job->images[n].bytes};
  if (!read_rules(job->o.rmm, &rules, err))
    return false;
  if (!vcca_bootlog_measure(vcca_bytes_span(&job->text), images, n, rules, measure_step, job, &job->log, err))
    return vcca_fail_in(err, a->operand[1]);
  job->has_log = true;
  if (!job->log.has_area)
    note(job, "the log does not end with the memory of the log itself, as those of QEMU and kvmtool do: it may have "
              "been cut");
  out->rim = job->log.rim;
  out->has_rem = job->log.rem_events > 0;
  memcpy(out->rem, job->log.rem, sizeof out->rem);
  snprintf(out->profile, sizeof out->profile, "%s", vcca_rim_rules(rules)->name);
  return true;
}
