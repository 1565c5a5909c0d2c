/* Booting, measuring and destroying VMs; powering on; the host's own memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "scenario/runner.h"
#include "rooms/span.h"

enum { BOOTARGS_MAX = 512 };

/* A VM to be, with the device tree made for it. */
struct wish {
  struct vcca_vm vm;
  struct vcca_plan plan;
  char profile[32], bootargs[BOOTARGS_MAX];
  bool builtin_dtb;
  struct vcca_bytes dtb;
};

static bool read_options(struct run *r, const struct tree_node *map, struct wish *w)
{
  const struct reading *rd = &r->reading;
  struct vcca_vm *vm = &w->vm;
  const struct tree_node *dtb = tree_get(map, "dtb"), *hash = tree_get(map, "hash");
  snprintf(w->profile, sizeof w->profile, "%s", r->abi == VCCA_ABI_TMI ? "virtcca" : "arm");
  vm->profile = w->profile;
  w->builtin_dtb = !dtb || (dtb->kind == TREE_SCALAR && vcca_span_is(dtb->text, "builtin"));
  vm->vcpus = 1;
  if (hash && (hash->kind != TREE_SCALAR || !vcca_hash_named(hash->text, &vm->hash_alg)))
    return tree_fail(hash, r->err, "the hashes are sha-256, sha-384 and sha-512");
  return get_chars(rd, map, "profile", w->profile, sizeof w->profile, r->err) &&
         get_bytes(rd, map, "kernel", &vm->kernel, r->err) && get_bytes(rd, map, "initrd", &vm->initrd, r->err) &&
         get_bytes(rd, map, "firmware", &vm->firmware, r->err) &&
         (w->builtin_dtb || value_bytes(rd, dtb, &vm->dtb, r->err)) &&
         get_small(rd, map, "vcpus", VCCA_VCPUS_MAX, &vm->vcpus, r->err) &&
         get_small(rd, map, "sve", 4096, &vm->sve_bits, r->err) &&
         get_small(rd, map, "pmu", 255, &vm->pmu_counters, r->err) &&
         get_small(rd, map, "s2sz", 64, &vm->s2sz, r->err) && get_number(rd, map, "ram_base", &vm->ram_base, r->err) &&
         get_number(rd, map, "ram_size", &vm->ram_size, r->err) &&
         get_small(rd, map, "num_bps", 255, &vm->num_bps, r->err) &&
         get_small(rd, map, "num_wps", 255, &vm->num_wps, r->err) &&
         get_array(rd, map, "rpv", vm->rpv, sizeof vm->rpv, r->err) &&
         get_chars(rd, map, "bootargs", w->bootargs, sizeof w->bootargs, r->err);
}

static bool plan_with_dtb(struct wish *w, struct vcca_error *err)
{
  const char *bootargs = w->bootargs[0] ? w->bootargs : NULL;
  return w->builtin_dtb ? vcca_plan_with_dtb(&w->vm, bootargs, &w->plan, &w->dtb, err)
                        : vcca_plan_vm(&w->vm, &w->plan, err);
}

/* A populated page that guest calls may overwrite: the last one of the last segment, which is the device
 * tree's. Nothing runs in the guest that would miss it. */
static uint64_t scratch_page(const struct vcca_plan *plan)
{
  const struct vcca_segment *last = &plan->segments[plan->segment_count - 1];
  return last->ipa + last->size - VCCA_PAGE;
}

static void plan_fields(struct thing *t, const struct vcca_plan *plan)
{
  thing_number(t, "ram_base", plan->ram_base);
  thing_number(t, "ram_size", plan->ram_size);
  const struct vcca_segment *dtb = vcca_plan_segment(plan, VCCA_ROLE_DTB);
  if (dtb)
    thing_number(t, "dtb_ipa", dtb->ipa);
}

static bool rim_field(struct run *r, struct thing *t, vcca_span digest)
{
  vcca_span copy;
  if (!pool_copy(&r->pool, digest, &copy, r->err))
    return false;
  thing_bytes(t, "rim", copy);
  return true;
}

/* Reads the options and plans; *planned is false when the VM as asked for cannot be, which is an outcome. */
static bool plan(struct run *r, struct step *s, struct wish **out, bool *planned)
{
  struct vcca_error why = {0};
  struct wish *w = (struct wish *)(void *)pool_take(&r->pool, sizeof *w, r->err);
  *planned = false;
  *out = w;
  if (!w || !read_options(r, s->args, w))
    return false;
  *planned = plan_with_dtb(w, &why);
  return *planned ? true : step_failed_error(s, &why);
}

static void measure(struct run *r, struct step *s, struct wish *w)
{
  struct vcca_rim rim;
  vcca_plan_measure(&w->plan, NULL, NULL, NULL, NULL, &rim);
  plan_fields(s->out, &w->plan);
  if (!rim_field(r, s->out, vcca_rim_digest(&rim)))
    step_failed(s, "no memory for the RIM");
}

/* Profile arm-rmm-2.0, or its draft's text, is measured by its own rules; plans know the profiles of VMs,
 * not of monitors. */
static void follow_rules(const struct run *r, struct wish *w)
{
  if (w->plan.rules == VCCA_RULES_ARM_1_0 && vcca_rim_rules(r->rules)->rmm)
    w->plan.rules = r->rules;
}

bool step_measure(struct run *r, struct step *s)
{
  struct wish *w;
  bool planned;
  bool good = plan(r, s, &w, &planned);
  if (good && planned) {
    follow_rules(r, w);
    measure(r, s, w);
  }
  if (w)
    vcca_bytes_free(&w->dtb);
  return good;
}

static bool booted(struct run *r, struct step *s, const struct wish *w, struct vm *vm)
{
  struct vcca_realm_info info;
  vm->power = r->power;
  vm->scratch = scratch_page(&w->plan);
  r->vm = vm;
  s->out->vm = vm;
  plan_fields(s->out, &w->plan);
  if (!vcca_realm_info(r->machine, vm->booted.rd, &info))
    return step_failed(s, "the VM that was booted is not there");
  thing_number(s->out, "rd", vm->booted.rd);
  thing_number(s->out, "recs", vm->booted.recs);
  thing_number(s->out, "scratch", vm->scratch);
  return rim_field(r, s->out, vcca_span_of(info.rim, vcca_hash_size(info.hash_alg)));
}

/* All that the machine is to hold lives as long as the run, so it makes no copies. The device tree was made
 * for this step. */
static bool keep_contents(struct run *r, struct wish *w)
{
  vcca_span kept;
  if (w->dtb.p && !pool_adopt(&r->pool, &w->dtb, &kept, r->err))
    return false;
  w->plan.lasting = true;
  return true;
}

bool step_boot(struct run *r, struct step *s)
{
  struct wish *w;
  bool planned;
  struct vcca_error why = {0};
  bool good = plan(r, s, &w, &planned);
  struct vm *vm = good && planned ? (struct vm *)(void *)pool_take(&r->pool, sizeof *vm, r->err) : NULL;
  if (good && planned && (!vm || !keep_contents(r, w)))
    good = false;
  if (good && vm) {
    follow_rules(r, w);
    good = vcca_host_boot(r->host, &w->plan, NULL, NULL, &vm->booted, &why) ? booted(r, s, w, vm)
                                                                            : step_failed_error(s, &why);
  }
  if (w)
    vcca_bytes_free(&w->dtb);
  return good;
}

bool step_destroy(struct run *r, struct step *s)
{
  struct vcca_error why = {0};
  struct vm *vm;
  struct tree_node wrapper = {.kind = TREE_MAP, .line = s->args->line, .column = s->args->column}, name = *s->args;
  name.key = VCCA_SPAN_LIT("vm");
  name.next = NULL;
  wrapper.first = s->args->kind == TREE_SCALAR && s->args->text.n > 0 ? &name : NULL;
  if (!need_vm(r, &wrapper, &vm))
    return false;
  if (!vcca_host_destroy(r->host, &vm->booted, &why))
    return step_failed_error(s, &why);
  vm->destroyed = true;
  if (r->vm == vm)
    r->vm = NULL;
  return true;
}

bool step_poweron(struct run *r, struct step *s)
{
  const struct tree_node *device = tree_get(s->args, "device"), *family = tree_get(s->args, "family");
  struct vcca_error why = {0};
  struct thing *named;
  if (device && !read_device(r, device, &r->device))
    return false;
  if (family && !read_family(r, family, &r->family))
    return false;
  if (!power_on(r, &why)) {
    tree_fail(s->args, r->err, "%s", why.text);
    return false;
  }
  if (!device_fields(r, s->out) || !thing_new(r, VCCA_SPAN_LIT("device"), &named))
    return false;
  memcpy(named->fields, s->out->fields, sizeof named->fields);
  named->count = s->out->count;
  named->next = r->things;
  r->things = named;
  return true;
}

bool step_hsm_extend(struct run *r, struct step *s)
{
  char name[VCCA_HSM_TEXT] = "";
  struct tree_node *node;
  vcca_span digest;
  struct vcca_error why = {0};
  if (!tree_need(s->args, "register", &node, r->err) ||
      !get_chars(&r->reading, s->args, "register", name, sizeof name, r->err) ||
      !tree_need(s->args, "digest", &node, r->err) || !value_bytes(&r->reading, node, &digest, r->err))
    return false;
  return vcca_hsm_extend(r->hsm, name, digest, &why) ? true : step_failed_error(s, &why);
}

bool step_host_write(struct run *r, struct step *s)
{
  struct tree_node *addr, *bytes;
  uint64_t pa = 0;
  vcca_span span;
  if (!tree_need(s->args, "addr", &addr, r->err) || !value_number(&r->reading, addr, &pa, r->err) ||
      !tree_need(s->args, "bytes", &bytes, r->err) || !value_bytes(&r->reading, bytes, &span, r->err))
    return false;
  return vcca_host_write(r->machine, pa, span)
             ? true
             : step_failed(s, "granule protection fault: the host may not write there");
}

bool step_host_read(struct run *r, struct step *s)
{
  struct tree_node *addr, *size;
  uint64_t pa = 0, n = 0;
  if (!tree_need(s->args, "addr", &addr, r->err) || !value_number(&r->reading, addr, &pa, r->err) ||
      !tree_need(s->args, "size", &size, r->err) || !value_small(&r->reading, size, 1 << 20, &n, r->err))
    return false;
  uint8_t *p = pool_take(&r->pool, (size_t)n, r->err);
  vcca_sink sink = vcca_sink_of(p, (size_t)n);
  if (!p)
    return false;
  if (!vcca_host_read(r->machine, pa, &sink, (size_t)n))
    return step_failed(s, "granule protection fault: the host may not read there");
  thing_bytes(s->out, "bytes", vcca_sink_span(&sink));
  return true;
}
