/* From a VMM's command line to a plan: what all models have in common. Reads the options by the model's
 * table, applies the host's capabilities, lets the model place its images, makes the device tree, and checks
 * the result.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/vmm.h"
#include "rooms/error.h"
#include "rooms/boot.h"
#include "rooms/vmm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MODELS = 5 };
static const struct vmm_model *const models[MODELS] = {&vmm_qemu, &vmm_kvmtool, &vmm_kvmtool_linaro, &vmm_kvmtool_arm,
                                                       &vmm_cloud_hypervisor};

const struct vmm_model *vmm_find(const char *name)
{
  for (size_t i = 0; name && i < MODELS; i++)
    if (strcmp(models[i]->name, name) == 0)
      return models[i];
  return NULL;
}

const char *vcca_vmm_name(size_t i, const char **summary)
{
  if (i >= MODELS)
    return NULL;
  if (summary)
    *summary = models[i]->summary;
  return models[i]->name;
}

enum vcca_vmm_program vcca_vmm_program(const char *name)
{
  const struct vmm_model *model = vmm_find(name);
  return model ? model->kind : VCCA_VMM_NONE;
}

const char *vcca_vmm_log_name(const char *name)
{
  const struct vmm_model *model = vmm_find(name);
  return model ? model->log_name : NULL;
}

/* --- Segments --------------------------------------------------------------------------------------------- */

static void sort_segments(struct vcca_plan *plan)
{
  for (size_t i = 1; i < plan->segment_count; i++)
    for (size_t k = i; k > 0 && plan->segments[k].ipa < plan->segments[k - 1].ipa; k--) {
      struct vcca_segment other = plan->segments[k];
      plan->segments[k] = plan->segments[k - 1];
      plan->segments[k - 1] = other;
    }
}

/* The end of the range of RAM that contains an address, or of the last range before it. */
static uint64_t top_of(const struct vcca_plan *plan, uint64_t ipa)
{
  size_t i = plan->ripas_count - 1;
  while (i > 0 && ipa < plan->ripas[i].base)
    i--;
  return plan->ripas[i].top;
}

static bool check_segment(const struct vmm_model *model, const struct vcca_plan *plan, const struct vcca_segment *s,
                          struct vcca_error *err)
{
  uint64_t top = top_of(plan, s->ipa);
  if (model->flash && s->role == VCCA_ROLE_FIRMWARE)
    return true;
  if (s->ipa < plan->ram_base || segment_end(s) > top)
    return vcca_fail(
        err, VCCA_FAULT_USAGE,
        "the %s (0x%" PRIx64 "-0x%" PRIx64 ") is not in RAM (0x%" PRIx64 "-0x%" PRIx64 "): give more RAM with %s",
        vcca_role_name(s->role), s->ipa, segment_end(s), plan->ram_base, top, vmm_say(model, VMM_RAM).text);
  return true;
}

/* The end of the memory that a segment needs: a kernel's bss follows its file. */
static uint64_t needed_end(const struct vmm_model *model, const struct vcca_segment *s,
                           const struct vcca_vmm_images *images)
{
  uint64_t end = segment_end(s), needed;
  struct vcca_arm64_image image;
  if (s->role != VCCA_ROLE_KERNEL || !vcca_kernel_read(images->kernel, model->headless, &image, NULL))
    return end;
  needed = round_up(s->ipa + image.text_offset % model->chunk + image.image_size, PAGE_4K);
  return needed > end ? needed : end;
}

static bool check_gap(const struct vmm_model *model, const struct vcca_vmm_config *config, const struct vcca_plan *plan,
                      const struct vcca_segment *s, uint64_t end, struct vcca_error *err)
{
  const struct vcca_segment *next = s + 1;
  bool placed = config->firmware_base && (s->role == VCCA_ROLE_FIRMWARE || next->role == VCCA_ROLE_FIRMWARE);
  const char *elsewhere = placed ? "another --firmware-address, " : "";
  if (end <= next->ipa)
    return true;
  if (model->low_ram && plan->ram_size >= model->low_ram)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "the %s ends at 0x%" PRIx64 ", but the %s starts at 0x%" PRIx64
                     ": give %ssmaller images; %s puts all images below %" PRIu64 " MiB, so more RAM does not help",
                     vcca_role_name(s->role), end, vcca_role_name(next->role), next->ipa, elsewhere, model->program,
                     in_mib(model->low_ram));
  return vcca_fail(
      err, VCCA_FAULT_USAGE,
      "the %s ends at 0x%" PRIx64 ", but the %s starts at 0x%" PRIx64 ": give more RAM with %s, %sor smaller images",
      vcca_role_name(s->role), end, vcca_role_name(next->role), next->ipa, vmm_say(model, VMM_RAM).text, elsewhere);
}

/* Checks that RAM is in the realm's own half of its addresses, and that all images are in RAM, without
 * overlaps. */
static bool check_segments(const struct vmm_model *model, const struct vcca_vmm_config *config,
                           const struct vcca_plan *plan, const struct vcca_vmm_images *images, struct vcca_error *err)
{
  uint64_t ram_end = plan->ripas[plan->ripas_count - 1].top, limit = (uint64_t)1 << (plan->params.s2sz - 1);
  if (ram_end > limit)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "RAM ends at 0x%" PRIx64 ", but with %" PRIu64
                     " address bits a realm's own addresses end at 0x%" PRIx64 ": give less RAM with %s%s",
                     ram_end, plan->params.s2sz, limit, vmm_say(model, VMM_RAM).text,
                     plan->params.s2sz < model->ipa_bits(config) ? ", or a host with more --ipa-bits" : "");
  for (size_t i = 0; i < plan->segment_count; i++) {
    const struct vcca_segment *s = &plan->segments[i];
    uint64_t end = needed_end(model, s, images), top = top_of(plan, s->ipa);
    if (!check_segment(model, plan, s, err))
      return false;
    if (end > segment_end(s) && end > top)
      return vcca_fail(err, VCCA_FAULT_USAGE,
                       "the kernel needs memory up to 0x%" PRIx64 ", but RAM ends at 0x%" PRIx64
                       ": give more RAM with %s",
                       end, top, vmm_say(model, VMM_RAM).text);
    if (i + 1 < plan->segment_count && !check_gap(model, config, plan, s, end, err))
      return false;
  }
  return true;
}

/* --- Command lines ------------------------------------------------------------------------------------------ */

bool vcca_vmm_parse(const char *vmm, const char *const *words, size_t count, vcca_note note, void *note_ctx,
                    struct vcca_vmm_config *out, struct vcca_error *err)
{
  const struct vmm_model *model = vmm_find(vmm);
  const struct vmm_notes notes = {note, note_ctx};
  if (!model)
    return vcca_fail(err, VCCA_FAULT_USAGE, "there is no VMM model '%.40s'", vmm);
  return vmm_parse(model, words, count, false, &notes, out, err);
}

/* --- Plans ------------------------------------------------------------------------------------------------ */

static void note_headless(const struct vmm_model *model, vcca_span kernel, const struct vmm_notes *notes)
{
  struct vcca_arm64_image image;
  if (kernel.p && vcca_kernel_read(kernel, model->headless, &image, NULL) && image.guessed)
    vmm_note(notes, "the kernel has %s: %s loads it at + 0x%" PRIx64 " and enters there",
             image.headless ? "no arm64 Image header" : "an image_size of 0 in its header", model->program,
             image.text_offset);
}

/* Picks the images that the command line asks for. Each must be given, unless the firmware loads it. */
static bool pick_images(const struct vmm_model *model, const struct vcca_vmm_config *config,
                        const struct vcca_vmm_images *given, struct vcca_vmm_images *out, const struct vmm_notes *notes,
                        struct vcca_error *err)
{
  const struct {
    const char *what, *asked;
    vcca_span given, *out;
  } rows[] = {{"kernel", config->kernel, given->kernel, &out->kernel},
              {"initrd", config->initrd, given->initrd, &out->initrd},
              {"firmware", config->firmware, given->firmware, &out->firmware}};
  *out = *given;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bool by_firmware = model->flash && config->firmware && i < 2;
    if (rows[i].asked && !by_firmware && !rows[i].given.p)
      return vcca_fail(err, VCCA_FAULT_USAGE, "%s starts from '%.60s', a file of the host: give a local copy with --%s",
                       model->program, rows[i].asked, rows[i].what);
    if (!rows[i].asked && rows[i].given.p)
      vmm_note(notes, "--%s is not used: %s's command line does not ask for it", rows[i].what, model->program);
    if (!rows[i].asked || by_firmware)
      *rows[i].out = vcca_span_of(NULL, 0);
  }
  if (out->kernel.p && out->unpacked.p && model->unpacks)
    out->kernel = out->unpacked;
  note_headless(model, out->kernel, notes);
  if (!out->kernel.p && !out->firmware.p)
    vmm_note(notes, "neither a kernel nor firmware: the VM has nothing to start");
  return true;
}

/* Refuses a command line that changes the VMM's device tree in a way that is not modelled, unless that tree
 * is given. */
static bool own_tree_known(const struct vcca_vmm_config *config, bool template, struct vcca_error *err)
{
  const char *more = config->own_tree[VMM_TREE_MORE - 1], *other = config->own_tree[VMM_TREE_OTHER - 1];
  if (!other[0] && template)
    other = config->own_tree[VMM_TREE_EDIT - 1];
  if (other[0])
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "%s changes the device tree in a way that is not modelled: give the VMM's own with --dtb", other);
  return template || !more[0] ||
         vcca_fail(err, VCCA_FAULT_USAGE,
                   "%s adds to the device tree something that is not modelled: give the VMM's own with --dtb, or that "
                   "of such a VM with --dtb-template",
                   more);
}

/* A remark: the tree that is measured is not the one that the VMM makes. */
static void note_made(const struct vmm_model *model, const struct vmm_notes *notes)
{
  vmm_note(notes,
           "vcca made this device tree, it is not the VMM's own: write it with --output-dtb FILE and start the VM with "
           "it (%s FILE), or give the "
           "VMM's own with --dtb",
           vmm_say(model, VMM_DTB).text);
}

static bool add_tree(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images,
                     struct vcca_vmm_plan *out, struct vcca_error *err)
{
  vcca_span dtb = images->dtb;
  if (dtb.p && images->dtb_template.p)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--dtb and --dtb-template: give one of them");
  if (!dtb.p && !own_tree_known(lay->config, images->dtb_template.p != NULL, err))
    return false;
  if (dtb.p) {
    if (dtb.n > TREE_MAX)
      return vcca_fail(err, VCCA_FAULT_MALFORMED, "dtb: %zu bytes, but arm64 allows no more than 2 MiB", dtb.n);
    if (!vcca_dtb_check(dtb, NULL, err))
      return vcca_fail_in(err, "dtb");
  } else {
    if (!vmm_tree(model, lay, images->dtb_template, &out->dtb, err))
      return false;
    dtb = vcca_bytes_span(&out->dtb);
  }
  return vmm_add(model, out, VCCA_ROLE_DTB, lay->dtb, dtb, err);
}

/* RAM in one range, or on both sides of the model's hole. */
static void split_ram(const struct vmm_model *model, uint64_t size, struct vmm_layout *lay)
{
  uint64_t below = model->hole && size > model->hole - model->ram_base ? model->hole - model->ram_base : size;
  lay->ram_base = lay->ram[0].base = lay->config->ram_base ? lay->config->ram_base : model->ram_base;
  lay->ram[0].size = below;
  lay->ram[1].base = model->hole_end;
  lay->ram[1].size = size - below;
  lay->ram_count = size > below ? 2 : 1;
}

static void start_plan(const struct vmm_model *model, const struct vmm_layout *lay, enum vcca_rules_id rules,
                       struct vcca_plan *plan)
{
  const struct vcca_vmm_config *config = lay->config;
  snprintf(plan->profile, sizeof plan->profile, "%s", model->name);
  plan->rules = rules;
  memcpy(plan->rpv, config->rpv, sizeof plan->rpv);
  plan->ram_base = lay->ram_base;
  plan->ram_size = config->ram_size;
  plan->ripas_count = lay->ram_count;
  for (size_t i = 0; i < lay->ram_count; i++) {
    plan->ripas[i].base = lay->ram[i].base;
    plan->ripas[i].top = lay->ram[i].base + lay->ram[i].size;
  }
  plan->vcpus = config->vcpus;
  plan->boot_rec.flags = VCCA_REC_RUNNABLE;
}

static bool lay_out(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images,
                    struct vcca_vmm_plan *out, struct vcca_error *err)
{
  if (!model->place(model, lay, images, out, err) || !add_tree(model, lay, images, out, err))
    return false;
  if (lay->log && !vmm_add_segment(out, VCCA_ROLE_LOG, lay->log, LOG_SIZE, vcca_span_of(NULL, 0), false, err))
    return false;
  if (lay->log)
    out->plan.segments[out->plan.segment_count - 1].after_recs = true;
  sort_segments(&out->plan);
  return check_segments(model, lay->config, &out->plan, images, err);
}

bool vcca_vmm_plan(const struct vcca_vmm_config *config, const struct vcca_host_caps *host,
                   const struct vcca_vmm_images *images, enum vcca_rules_id rules, vcca_note note, void *note_ctx,
                   struct vcca_vmm_plan *out, struct vcca_error *err)
{
  const struct vmm_model *model = vmm_find(config->vmm);
  const struct vmm_notes notes = {note, note_ctx};
  struct vcca_vmm_images used;
  *out = (struct vcca_vmm_plan){.plan = {.rules = rules}, .behind = images->behind, .behind_ctx = images->behind_ctx};
  if (!model)
    return vcca_fail(err, VCCA_FAULT_USAGE, "there is no VMM model '%.40s'", config->vmm ? config->vmm : "");
  if (!vcca_rim_rules(rules)->rmm)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s starts realms: RMM 1.0 or 2.0", model->name);
  if (rules != VCCA_RULES_ARM_1_0 && (config->has_hash || config->has_rpv || config->log))
    vmm_note(&notes, "Linux's RMM 2.0 interface has no setting for algorithm, personalization value or log; vcca uses "
                     "the values that are given");

  struct vmm_layout lay = {.config = config, .template = TEMPLATE_NONE};
  split_ram(model, config->ram_size, &lay);
  if (lay.ram_count > 1)
    vmm_note(&notes,
             "RAM beyond %" PRIu64 " MiB begins at 4 GiB, as in %s's main branch; its realm branch was not checked",
             in_mib(lay.ram[0].size), model->program);
  start_plan(model, &lay, rules, &out->plan);
  if (!vmm_resolve(model, config, host, rules, &out->plan.params, err) ||
      !pick_images(model, config, images, &used, &notes, err))
    return false;
  if (!images->dtb.p && !images->dtb_template.p)
    note_made(model, &notes);
  if (model->flash && config->firmware && config->kernel)
    vmm_hand_over(config, images, &notes, out);
  lay.pmu = (out->plan.params.flags & VCCA_REALM_PMU) != 0;
  char *bootargs = model->bootargs ? model->bootargs(config) : NULL;
  lay.bootargs = bootargs;
  bool good = model->bootargs && !bootargs
                  ? vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the kernel's command line")
                  : lay_out(model, &lay, &used, out, err);
  free(bootargs);
  if (good && lay.template.seeds)
    vmm_note(&notes, "the template has random seeds in /chosen (kaslr-seed, rng-seed): the RIM is right only for a VM "
                     "whose tree has the same seeds");
  return good;
}

void vcca_vmm_plan_free(struct vcca_vmm_plan *plan)
{
  vcca_bytes_free(&plan->dtb);
  vcca_bytes_free(&plan->copies[0]);
  vcca_bytes_free(&plan->copies[1]);
}
