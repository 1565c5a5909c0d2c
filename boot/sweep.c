/* A sweep's configurations: the values that belong to a number, and the VM that they describe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/sweep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/vmm.h"
#include "rooms/error.h"
#include "rooms/boot.h"
#include "rooms/hash.h"
#include "rooms/measurement.h"

/* --- Options ---------------------------------------------------------------------------------------------- */

/* How a VMM model uses an option. */
enum becomes { ITSELF, WORD, CAP };

/* One row for each option: its kind for a VM's profile and for a VMM model, and what to use instead where a
 * profile does not have it. */
static const struct {
  const char *name;
  enum vcca_sweep_kind vm, vmm;
  enum becomes becomes;
  unsigned which; /* enum vmm_asked, enum vcca_cap */
  uint64_t largest;
  const char *instead;
} options[VCCA_SWEEP_OPTIONS] = {
    [VCCA_SWEEP_KERNEL] = {"kernel", VCCA_SWEEP_FILE, VCCA_SWEEP_FILE, WORD, VMM_KERNEL, 0, ""},
    [VCCA_SWEEP_INITRD] = {"initrd", VCCA_SWEEP_FILE, VCCA_SWEEP_FILE, WORD, VMM_INITRD, 0, ""},
    [VCCA_SWEEP_FIRMWARE] = {"firmware", VCCA_SWEEP_FILE, VCCA_SWEEP_FILE, WORD, VMM_FIRMWARE, 0, ""},
    [VCCA_SWEEP_DTB] = {"dtb", VCCA_SWEEP_FILE, VCCA_SWEEP_FILE, ITSELF, 0, 0, ""},
    [VCCA_SWEEP_DTB_TEMPLATE] = {"dtb-template", VCCA_SWEEP_NOT, VCCA_SWEEP_FILE, ITSELF, 0, 0, "use dtb"},
    [VCCA_SWEEP_APPEND] = {"append", VCCA_SWEEP_TEXT, VCCA_SWEEP_TEXT, WORD, VMM_APPEND, 0, ""},
    [VCCA_SWEEP_HASH] = {"hash", VCCA_SWEEP_TEXT, VCCA_SWEEP_TEXT, WORD, VMM_HASH, 0, ""},
    [VCCA_SWEEP_VCPUS] = {"vcpus", VCCA_SWEEP_NUMBER, VCCA_SWEEP_NUMBER, WORD, VMM_VCPUS, VCCA_VCPUS_MAX, ""},
    [VCCA_SWEEP_RAM] = {"ram", VCCA_SWEEP_NUMBER, VCCA_SWEEP_NUMBER, WORD, VMM_RAM, (uint64_t)1 << 48, ""},
    [VCCA_SWEEP_SVE] = {"sve", VCCA_SWEEP_NUMBER, VCCA_SWEEP_NOT, ITSELF, 0, 2048,
                        "use sve-vl for the host's vectors, args for the VM's"},
    [VCCA_SWEEP_PMU] = {"pmu", VCCA_SWEEP_NUMBER, VCCA_SWEEP_SWITCH, CAP, VCCA_CAP_PMU, 31, ""},
    [VCCA_SWEEP_S2SZ] = {"s2sz", VCCA_SWEEP_NUMBER, VCCA_SWEEP_NOT, ITSELF, 0, 52, "use ipa-bits"},
    [VCCA_SWEEP_HOST] = {"host", VCCA_SWEEP_NOT, VCCA_SWEEP_HOSTS, ITSELF, 0, 0, "use sve, pmu and s2sz"},
    [VCCA_SWEEP_IPA_BITS] = {"ipa-bits", VCCA_SWEEP_NOT, VCCA_SWEEP_NUMBER, CAP, VCCA_CAP_IPA_BITS, 52, "use s2sz"},
    [VCCA_SWEEP_NUM_BPS] = {"num-bps", VCCA_SWEEP_NOT, VCCA_SWEEP_NUMBER, CAP, VCCA_CAP_NUM_BPS, 64,
                            "only VMM models have it"},
    [VCCA_SWEEP_NUM_WPS] = {"num-wps", VCCA_SWEEP_NOT, VCCA_SWEEP_NUMBER, CAP, VCCA_CAP_NUM_WPS, 64,
                            "only VMM models have it"},
    [VCCA_SWEEP_SVE_VL] = {"sve-vl", VCCA_SWEEP_NOT, VCCA_SWEEP_NUMBER, CAP, VCCA_CAP_SVE_VL, 2048, "use sve"},
    [VCCA_SWEEP_PMU_NUM_CTRS] = {"pmu-num-ctrs", VCCA_SWEEP_NOT, VCCA_SWEEP_NUMBER, CAP, VCCA_CAP_PMU_NUM_CTRS, 31,
                                 "use pmu"},
    [VCCA_SWEEP_LPA2] = {"lpa2", VCCA_SWEEP_NOT, VCCA_SWEEP_SWITCH, CAP, VCCA_CAP_LPA2, 0, "only VMM models have it"},
    [VCCA_SWEEP_HASH_ALGO] = {"hash-algo", VCCA_SWEEP_NOT, VCCA_SWEEP_TEXT, CAP, VCCA_CAP_HASH_ALGO, 0, "use hash"},
    [VCCA_SWEEP_RMM] = {"rmm", VCCA_SWEEP_NOT, VCCA_SWEEP_TEXT, ITSELF, 0, 0, "only VMM models have it"},
    [VCCA_SWEEP_ARGS] = {"args", VCCA_SWEEP_NOT, VCCA_SWEEP_WORDS, ITSELF, 0, 0, "only VMM models have a command line"},
};

const char *vcca_sweep_option_name(enum vcca_sweep_option option)
{
  return options[option].name;
}

bool vcca_sweep_profile_known(const char *profile)
{
  return vmm_find(profile) != NULL || vcca_profile_named(profile) != NULL;
}

enum vcca_sweep_kind vcca_sweep_kind(const char *profile, enum vcca_sweep_option option)
{
  return vmm_find(profile) ? options[option].vmm : options[option].vm;
}

const char *vcca_sweep_instead(enum vcca_sweep_option option)
{
  return options[option].instead;
}

uint64_t vcca_sweep_largest(enum vcca_sweep_option option)
{
  return options[option].largest;
}

/* --- A sweep ---------------------------------------------------------------------------------------------- */

/* Memory of vcca_sweep_take, in a list for freeing. */
struct taken {
  struct taken *chain;
  max_align_t room[];
};

void *vcca_sweep_take(struct vcca_sweep *sweep, size_t n, struct vcca_error *err)
{
  struct taken *taken = calloc(1, sizeof *taken + n);
  if (!taken) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu bytes of a sweep", n);
    return NULL;
  }
  taken->chain = sweep->memory;
  sweep->memory = taken;
  return taken->room;
}

void vcca_sweep_free(struct vcca_sweep *sweep)
{
  for (size_t i = 0; i < sweep->file_count; i++) {
    vcca_file_unmap(&sweep->files[i].unpacked);
    vcca_file_unmap(&sweep->files[i].mapping);
  }
  for (struct taken *taken = sweep->memory, *next; taken; taken = next) {
    next = taken->chain;
    free(taken);
  }
  memset(sweep, 0, sizeof *sweep);
}

const struct vcca_sweep_value *vcca_sweep_at(const struct vcca_sweep *sweep, size_t id, size_t axis)
{
  for (size_t i = sweep->axis_count - 1; i > axis; i--)
    id /= sweep->axes[i].count;
  return &sweep->axes[axis].values[id % sweep->axes[axis].count];
}

vcca_span vcca_sweep_content(const struct vcca_sweep_file *file, enum vcca_sweep_option option)
{
  return option == VCCA_SWEEP_KERNEL && file->unpacked.bytes.p ? file->unpacked.bytes : file->mapping.bytes;
}

/* A configuration's values by option; NULL: not given. */
struct values {
  const struct vcca_sweep_value *of[VCCA_SWEEP_OPTIONS];
};

static struct values values_of(const struct vcca_sweep *sweep, size_t id)
{
  struct values v = {.of = {NULL}};
  for (size_t axis = 0; axis < sweep->axis_count; axis++) {
    const struct vcca_sweep_value *value = vcca_sweep_at(sweep, id, axis);
    v.of[sweep->axes[axis].option] = value->none ? NULL : value;
  }
  return v;
}

/* --- What it is made of ----------------------------------------------------------------------------------- */

/* A digest over parts, in order: state = H(state || part). */
struct digest {
  uint8_t state[VCCA_SWEEP_DIGEST];
};

static void absorb(struct digest *d, vcca_span part)
{
  const vcca_span parts[] = {VCCA_SPAN(d->state), part};
  vcca_hash_parts(VCCA_SHA256, parts, 2, d->state);
}

static void absorb_number(struct digest *d, uint64_t number)
{
  uint8_t bytes[8];
  vcca_put_le64(bytes, number);
  absorb(d, VCCA_SPAN(bytes));
}

static void absorb_pages(void *ctx, size_t first, size_t n, const uint8_t *digests)
{
  (void)first;
  for (size_t i = 0; i < n; i++)
    absorb(ctx, vcca_span_of(digests + i * VCCA_SWEEP_DIGEST, VCCA_SWEEP_DIGEST));
}

/* Hashes by pages, on all CPUs. */
void vcca_sweep_identify(struct vcca_sweep *sweep)
{
  for (size_t i = 0; i < sweep->file_count; i++) {
    vcca_span bytes = sweep->files[i].mapping.bytes;
    struct digest d = {.state = {0}};
    absorb_number(&d, bytes.n);
    vcca_hash_pages_each(VCCA_SHA256, bytes, bytes.n / VCCA_PAGE + (bytes.n % VCCA_PAGE != 0), absorb_pages, &d);
    memcpy(sweep->files[i].digest, d.state, sizeof d.state);
  }
}

static void absorb_caps(struct digest *d, const struct vcca_host_caps *caps)
{
  for (int cap = 0; cap < VCCA_CAPS; cap++)
    absorb_number(d, caps->known[cap] ? (uint64_t)1 << 32 | caps->value[cap] : 0);
}

/* With the NULs, which mark the end of each. */
static void absorb_words(struct digest *d, const struct vcca_sweep_value *value)
{
  vcca_span parts[1 + VCCA_SWEEP_WORDS_MAX] = {VCCA_SPAN(d->state)};
  size_t n = 1;
  for (size_t i = 0; i < value->word_count && i < VCCA_SWEEP_WORDS_MAX; i++)
    parts[n++] = vcca_span_of((const uint8_t *)value->words[i], strlen(value->words[i]) + 1);
  vcca_hash_parts(VCCA_SHA256, parts, n, d->state);
}

static void absorb_value(struct digest *d, const struct vcca_sweep *sweep, enum vcca_sweep_option option,
                         const struct vcca_sweep_value *value)
{
  absorb(d, vcca_span_str(options[option].name));
  switch (vcca_sweep_kind(sweep->profile, option)) {
  case VCCA_SWEEP_NOT:
    break;
  case VCCA_SWEEP_FILE:
    absorb(d, VCCA_SPAN(sweep->files[value->file].digest));
    break;
  case VCCA_SWEEP_HOSTS:
    absorb_caps(d, &value->caps);
    break;
  case VCCA_SWEEP_TEXT:
    absorb(d, vcca_span_str(value->text));
    break;
  case VCCA_SWEEP_NUMBER:
  case VCCA_SWEEP_SWITCH:
    absorb_number(d, value->number);
    break;
  case VCCA_SWEEP_WORDS:
    absorb_words(d, value);
    break;
  }
}

void vcca_sweep_inputs(const struct vcca_sweep *sweep, size_t id, char digits[VCCA_SWEEP_INPUTS + 1])
{
  struct digest d = {.state = {0}};
  const struct values v = values_of(sweep, id);
  absorb(&d, vcca_span_str(sweep->profile));
  for (int option = 0; option < VCCA_SWEEP_OPTIONS; option++)
    if (v.of[option])
      absorb_value(&d, sweep, (enum vcca_sweep_option)option, v.of[option]);
  for (size_t i = 0; i < VCCA_SWEEP_INPUTS / 2; i++)
    snprintf(digits + 2 * i, 3, "%02x", d.state[i]);
}

/* --- A profile's VM --------------------------------------------------------------------------------------- */

static vcca_span image(const struct vcca_sweep *sweep, const struct values *v, enum vcca_sweep_option option)
{
  return v->of[option] ? vcca_sweep_content(&sweep->files[v->of[option]->file], option) : (vcca_span){NULL, 0};
}

/* The kernel's file, or the unpacked kernel. */
static vcca_span kernel_file(const struct vcca_sweep *sweep, const struct values *v, bool unpacked)
{
  if (!v->of[VCCA_SWEEP_KERNEL])
    return (vcca_span){NULL, 0};
  const struct vcca_sweep_file *file = &sweep->files[v->of[VCCA_SWEEP_KERNEL]->file];
  return unpacked ? file->unpacked.bytes : file->mapping.bytes;
}

static unsigned number(const struct values *v, enum vcca_sweep_option option, unsigned otherwise)
{
  return v->of[option] ? (unsigned)v->of[option]->number : otherwise;
}

static bool read_hash(const char *text, enum vcca_hash_alg *out, struct vcca_error *err)
{
  return vcca_hash_named(vcca_span_str(text), out) ||
         vcca_fail(err, VCCA_FAULT_USAGE, "the hashes are sha-256 and sha-512");
}

static bool plan_profile(const struct vcca_sweep *sweep, const struct values *v, struct vcca_sweep_vm *out,
                         struct vcca_error *err)
{
  struct vcca_vm *vm = &out->vm;
  const char *append = v->of[VCCA_SWEEP_APPEND] ? v->of[VCCA_SWEEP_APPEND]->text : NULL;
  *vm = (struct vcca_vm){.profile = sweep->profile,
                         .kernel = image(sweep, v, VCCA_SWEEP_KERNEL),
                         .initrd = image(sweep, v, VCCA_SWEEP_INITRD),
                         .firmware = image(sweep, v, VCCA_SWEEP_FIRMWARE),
                         .dtb = image(sweep, v, VCCA_SWEEP_DTB),
                         .vcpus = number(v, VCCA_SWEEP_VCPUS, vcca_profile_named(sweep->profile)->vcpus),
                         .ram_size = v->of[VCCA_SWEEP_RAM] ? v->of[VCCA_SWEEP_RAM]->number : 0,
                         .sve_bits = number(v, VCCA_SWEEP_SVE, 0),
                         .pmu_counters = number(v, VCCA_SWEEP_PMU, 0),
                         .s2sz = number(v, VCCA_SWEEP_S2SZ, 0)};
  if (v->of[VCCA_SWEEP_HASH] && !read_hash(v->of[VCCA_SWEEP_HASH]->text, &vm->hash_alg, err))
    return false;
  if (vm->dtb.p && append)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "append: only the built-in device tree takes a command line, and dtb names another");
  out->plan = &out->of_vm;
  return vm->dtb.p ? vcca_plan_vm(vm, &out->of_vm, err) : vcca_plan_with_dtb(vm, append, &out->of_vm, &out->dtb, err);
}

/* --- A VMM model's VM ------------------------------------------------------------------------------------- */

enum { VALUE_ROOM = 64 };

/* A size as VMMs read it, in the largest unit of which it is a multiple. */
static void print_size(uint64_t size, char room[VALUE_ROOM])
{
  static const char units[] = {'B', 'K', 'M', 'G'};
  unsigned unit = 0;
  while (unit + 1 < sizeof units && size && size % 1024 == 0) {
    size /= 1024;
    unit++;
  }
  snprintf(room, VALUE_ROOM, "%" PRIu64 "%c", size, units[unit]);
}

/* A value as an option's text. room is for values that have no text of their own. */
static const char *text_of(enum vcca_sweep_option option, const struct vcca_sweep_value *value, char room[VALUE_ROOM])
{
  if (value->text)
    return value->text;
  if (option == VCCA_SWEEP_RAM)
    print_size(value->number, room);
  else if (options[option].vmm == VCCA_SWEEP_SWITCH)
    snprintf(room, VALUE_ROOM, "%s", value->number ? "true" : "false");
  else
    snprintf(room, VALUE_ROOM, "%" PRIu64, value->number);
  return room;
}

/* The arguments of a command line, with room for values that are made here. */
struct line {
  const char *words[VCCA_SWEEP_WORDS_MAX + 2 * VMM_ASKED];
  size_t count;
  char made[VMM_ASKED][2 * VALUE_ROOM];
};

/* Only short values have a prefix: numbers, names of algorithms. */
static void add_word(const struct vmm_model *model, enum vcca_sweep_option option, const struct vcca_sweep_value *value,
                     struct line *line)
{
  unsigned which = options[option].which;
  const struct vmm_word *word = &model->words[which];
  char room[VALUE_ROOM];
  const char *text = text_of(option, value, room);
  if (word->before[0] || text == room)
    snprintf(line->made[which], sizeof line->made[which], "%s%s", word->before, text);
  line->words[line->count++] = word->option;
  line->words[line->count++] = word->before[0] || text == room ? line->made[which] : text;
}

static void add_args(const struct vcca_sweep_value *args, struct line *line)
{
  for (size_t i = 0; i < args->word_count && i < VCCA_SWEEP_WORDS_MAX; i++)
    line->words[line->count++] = args->words[i];
}

/* The VMM's own arguments, followed by those of the options, which therefore take precedence. */
static void write_line(const struct vmm_model *model, const struct values *v, struct line *line)
{
  line->count = 0;
  if (v->of[VCCA_SWEEP_ARGS])
    add_args(v->of[VCCA_SWEEP_ARGS], line);
  for (int option = 0; option < VCCA_SWEEP_OPTIONS; option++)
    if (v->of[option] && options[option].becomes == WORD)
      add_word(model, (enum vcca_sweep_option)option, v->of[option], line);
}

static bool set_caps(const struct values *v, struct vcca_host_caps *caps, struct vcca_error *err)
{
  *caps = v->of[VCCA_SWEEP_HOST] ? v->of[VCCA_SWEEP_HOST]->caps : (struct vcca_host_caps){.known = {false}};
  for (int option = 0; option < VCCA_SWEEP_OPTIONS; option++) {
    char room[VALUE_ROOM];
    if (v->of[option] && options[option].becomes == CAP &&
        !vcca_host_caps_set(caps, (enum vcca_cap)options[option].which,
                            text_of((enum vcca_sweep_option)option, v->of[option], room), err))
      return false;
  }
  return true;
}

static bool read_rules(const struct vcca_sweep_value *rmm, enum vcca_rules_id *out, struct vcca_error *err)
{
  *out = VCCA_RULES_ARM_1_0;
  return !rmm || vcca_rim_rules_of_rmm(vcca_span_str(rmm->text), out) ||
         vcca_fail(err, VCCA_FAULT_USAGE, "rmm %.40s: 1.0, 2.0 or 2.0-bet1", rmm->text);
}

static bool plan_model(const struct vmm_model *model, const struct vcca_sweep *sweep, const struct values *v,
                       const struct vcca_sweep_help *help, struct vcca_sweep_vm *out, struct vcca_error *err)
{
  const struct vcca_vmm_images images = {.kernel = kernel_file(sweep, v, false),
                                         .unpacked = kernel_file(sweep, v, true),
                                         .initrd = image(sweep, v, VCCA_SWEEP_INITRD),
                                         .firmware = image(sweep, v, VCCA_SWEEP_FIRMWARE),
                                         .dtb = image(sweep, v, VCCA_SWEEP_DTB),
                                         .dtb_template = image(sweep, v, VCCA_SWEEP_DTB_TEMPLATE),
                                         .behind = help->behind,
                                         .behind_ctx = help->ctx};
  struct vcca_host_caps caps;
  struct vcca_vmm_config config;
  enum vcca_rules_id rules;
  struct line line;
  const struct vmm_notes notes = {help->note, help->ctx};
  write_line(model, v, &line);
  out->plan = &out->of_vmm.plan;
  return read_rules(v->of[VCCA_SWEEP_RMM], &rules, err) && set_caps(v, &caps, err) &&
         vmm_parse(model, line.words, line.count, true, &notes, &config, err) &&
         vcca_vmm_plan(&config, &caps, &images, rules, help->note, help->ctx, &out->of_vmm, err);
}

bool vcca_sweep_check(const char *profile, enum vcca_sweep_option option, const struct vcca_sweep_value *value,
                      struct vcca_error *err)
{
  const struct vmm_model *model = vmm_find(profile);
  const struct vmm_notes silent = {NULL, NULL};
  struct values v = {.of = {NULL}};
  struct vcca_host_caps caps;
  enum vcca_hash_alg alg;
  enum vcca_rules_id rules;
  if (value->none)
    return true;
  if (!model)
    return option != VCCA_SWEEP_HASH || read_hash(value->text, &alg, err);
  v.of[option] = value;
  struct vcca_vmm_config config = model->defaults;
  config.amend = true;
  struct line line;
  write_line(model, &v, &line);
  return read_rules(v.of[VCCA_SWEEP_RMM], &rules, err) && set_caps(&v, &caps, err) &&
         vmm_read_words(model, line.words, line.count, &silent, &config, err);
}

/* --- Plans ------------------------------------------------------------------------------------------------ */

bool vcca_sweep_plan(const struct vcca_sweep *sweep, size_t id, const struct vcca_sweep_help *help,
                     struct vcca_sweep_vm *out, struct vcca_error *err)
{
  static const struct vcca_sweep_help none = {NULL, NULL, NULL};
  const struct vmm_model *model = vmm_find(sweep->profile);
  const struct values v = values_of(sweep, id);
  memset(out, 0, sizeof *out);
  return model ? plan_model(model, sweep, &v, help ? help : &none, out, err) : plan_profile(sweep, &v, out, err);
}

void vcca_sweep_vm_free(struct vcca_sweep_vm *vm)
{
  vcca_bytes_free(&vm->dtb);
  vcca_vmm_plan_free(&vm->of_vmm);
}
