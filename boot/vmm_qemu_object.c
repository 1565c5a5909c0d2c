/* QEMU's -object: finds the realm's. An object is key=value with the type first or with qom-type=, or JSON.
 * -M names the realm's object by its id, before or after it. So objects are kept until all arguments are
 * read.
 *
 * Sources: qom/object_interfaces.c; qapi/qom.json; util/id.c; hw/core/machine.c (confidential-guest-support
 * and memory-backend are links).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "boot/vmm_qemu.h"
#include "rooms/error.h"
#include "rooms/span.h"

#define EARLIER                                                                                          \
  "it is of an early realm branch: in later ones it is an option of the CPU, see -cpu host,sve<bits>=, " \
  "num-breakpoints=, num-pmu-counters="
static const struct vmm_option realm_keys[] = {
    {.name = ""}, /* the type */
    {.name = "qom-type"},
    {.name = "id"},
    {.name = "measurement-algorithm", .read = vmm_read_hash},
    {.name = "measurement-algo", .read = vmm_read_hash}, /* its earlier name */
    {.name = "personalization-value", .read = vmm_read_rpv_base64},
    {.name = "measurement-log", VMM_ON_OFF(log)},
    /* Properties of the first patches for QEMU, whose realms had none of this unless it was given here. */
    {.name = "sve-vector-length", .why = EARLIER},
    {.name = "num-breakpoints", .why = EARLIER},
    {.name = "num-watchpoints", .why = EARLIER},
    {.name = "num-pmu-counters", .why = EARLIER},
    {.name = NULL},
};
static const struct vmm_option realm_row = {.name = "object", .json = true, .keys = realm_keys};

/* The type and the id of an object. */
struct object {
  char type[64], id[64];
};

/* util/id.c, id_wellformed */
static bool id_wellformed(const char *id)
{
  bool letter = (id[0] | 32) >= 'a' && (id[0] | 32) <= 'z';
  return letter && id[strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")] == '\0';
}

static bool read_names(const struct vmm_value *v, struct object *out, struct vcca_error *err)
{
  struct vmm_list l;
  struct vmm_member m;
  int got;
  out->type[0] = out->id[0] = '\0';
  vmm_list_open(&l, VMM_QEMU, true, v->text);
  while ((got = vmm_list_next(&l, v->what, &m, err)) > 0) {
    bool first = l.count == 1;
    if (m.bare && !first)
      return vcca_fail(err, VCCA_FAULT_USAGE, "%s %.*s: expected name=value", v->what,
                       (int)(m.key.n < 60 ? m.key.n : 60), (const char *)m.key.p);
    if ((m.bare || vcca_span_is(m.key, "qom-type")) && !vmm_keep_text(out->type, v, "a type", m.text, err))
      return false;
    if (!m.bare && vcca_span_is(m.key, "id") && !vmm_keep_text(out->id, v, "an id", m.text, err))
      return false;
  }
  return got == 0;
}

/* qapi/qom.json, as of QEMU 10; "a*": all names with this beginning. A VM uses an object of these types only
 * if an option names it. */
static bool type_known(const char *type)
{
  static const char *const known[] = {
      "acpi-generic-*",   "authz-*",           "can-*",   "colo-compare", "cryptodev-*",     "dbus-vmstate",
      "filter-*",         "igvm-cfg",          "input-*", "iommufd",      "iothread",        "main-loop",
      "memory-backend-*", "pr-manager-helper", "qtest",   "rme-guest",    "rng-*",           "secret*",
      "thread-context",   "throttle-group",    "tls-*",   "tmm-guest",    "x-remote-object", "x-vfio-user-server"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    size_t n = strlen(known[i]);
    if (known[i][n - 1] == '*' ? strncmp(type, known[i], n - 1) == 0 : strcmp(type, known[i]) == 0)
      return true;
  }
  return false;
}

bool qemu_read_object(const struct vmm_value *v, struct vcca_error *err)
{
  struct vcca_vmm_config *config = v->config;
  struct object o;
  if (!read_names(v, &o, err))
    return false;
  if (!o.type[0])
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s %.60s: it has no type: give the type first, or qom-type=", v->what,
                     v->word);
  if (o.id[0] && !id_wellformed(o.id))
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s id %.60s: an id is a letter, then letters, digits, '-', '.' and '_'",
                     v->what, o.id);
  if (config->object_count == VCCA_VMM_OBJECTS)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s: more than %d objects", v->what, VCCA_VMM_OBJECTS);
  config->objects[config->object_count++] = v->word;
  if (!type_known(o.type))
    vmm_note(v->notes, "-object %.60s: this type is unknown; vcca assumes that it changes nothing in the VM", o.type);
  if (strcmp(o.type, "rme-guest") != 0)
    return true;
  struct vcca_vmm_config scratch = {
      .vmm = "qemu"}; /* checks the object; which one is the realm's is known after all arguments */
  struct vmm_value keys = {.config = &scratch,
                           .notes = v->notes,
                           .model = v->model,
                           .row = &realm_row,
                           .what = "-object rme-guest",
                           .word = v->word,
                           .text = v->text};
  return vmm_read_keys(&keys, realm_keys, err);
}

static bool object_at(const struct vcca_vmm_config *config, unsigned i, struct object *out)
{
  const struct vmm_value v = {.what = "-object", .word = config->objects[i], .text = vcca_span_str(config->objects[i])};
  return read_names(&v, out, NULL);
}

/* The index of the realm's object: the one that -M names, or the only rme-guest. -1: there is none. */
static int realm_object(const struct vcca_vmm_config *config, struct object *out)
{
  int found = -1;
  for (unsigned i = 0; i < config->object_count; i++) {
    struct object o;
    if (!object_at(config, i, &o) || !o.id[0])
      continue;
    if (config->guest[0] ? strcmp(o.id, config->guest) != 0 : strcmp(o.type, "rme-guest") != 0)
      continue;
    if (found >= 0)
      return -1;
    found = (int)i;
    *out = o;
  }
  return found;
}

static bool has_nameless(const struct vcca_vmm_config *config)
{
  struct object o;
  for (unsigned i = 0; i < config->object_count; i++)
    if (object_at(config, i, &o) && !o.id[0] && strcmp(o.type, "rme-guest") == 0)
      return true;
  return false;
}

static bool unique_ids(const struct vcca_vmm_config *config, struct vcca_error *err)
{
  char ids[VCCA_VMM_OBJECTS][64];
  for (unsigned i = 0; i < config->object_count; i++) {
    struct object o;
    bool has = object_at(config, i, &o) && o.id[0];
    memcpy(ids[i], has ? o.id : "", has ? sizeof ids[i] : 1);
    for (unsigned k = 0; has && k < i; k++)
      if (strcmp(ids[i], ids[k]) == 0)
        return vcca_fail(err, VCCA_FAULT_USAGE, "-object id %s: two objects have this id", o.id);
  }
  return true;
}

static bool read_realm(const struct vmm_model *model, struct vcca_vmm_config *config, unsigned i,
                       struct vcca_error *err)
{
  const struct vmm_notes silent = {NULL, NULL};
  const struct vmm_value v = {.config = config,
                              .notes = &silent,
                              .model = model,
                              .row = &realm_row,
                              .what = "-object rme-guest",
                              .word = config->objects[i],
                              .text = vcca_span_str(config->objects[i])};
  return vmm_read_keys(&v, realm_keys, err);
}

/* Objects without an id are the realm's: those of a sweep, which change it, and those of published command
 * lines. QEMU refuses them. */
static bool read_amendments(const struct vmm_model *model, struct vcca_vmm_config *config, struct vcca_error *err)
{
  struct object o;
  for (unsigned i = 0; i < config->object_count; i++) {
    if (!object_at(config, i, &o) || o.id[0])
      continue;
    if (strcmp(o.type, "rme-guest") != 0)
      return vcca_fail(err, VCCA_FAULT_USAGE, "-object %.60s: it has no id, which every object must have",
                       config->objects[i]);
    if (!read_realm(model, config, i, err))
      return false;
  }
  return true;
}

bool qemu_check_realm(const struct vmm_model *model, struct vcca_vmm_config *config, struct vcca_error *err)
{
  struct object o = {.type = ""};
  int which = realm_object(config, &o);
  if (!unique_ids(config, err))
    return false;
  if (config->guest[0] && which < 0 && !has_nameless(config))
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "-M confidential-guest-support=%s: there is no object '%s': make it with -object rme-guest,id=%s",
                     config->guest, config->guest, config->guest);
  if (which >= 0 && strcmp(o.type, "rme-guest") != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "-M confidential-guest-support=%s: that object is a %s, a realm's is an rme-guest%s",
                     config->guest, o.type, strcmp(o.type, "tmm-guest") == 0 ? " (virtCCA: vcca measure virtcca)" : "");
  if (which >= 0 && !read_realm(model, config, (unsigned)which, err))
    return false;
  return read_amendments(model, config, err);
}

/* The size of an object in bytes; 0: it has none. */
static bool object_size(const struct vmm_model *model, const char *word, uint64_t *out, struct vcca_error *err)
{
  static const struct vmm_option row = {VMM_SIZE(ram_size), .min = 1};
  struct vcca_vmm_config read = {.ram_size = 0};
  const struct vmm_notes silent = {NULL, NULL};
  struct vmm_list l;
  struct vmm_member m;
  int got;
  vmm_list_open(&l, VMM_QEMU, true, vcca_span_str(word));
  while ((got = vmm_list_next(&l, "-object", &m, err)) > 0) {
    const struct vmm_value v = {.config = &read,
                                .notes = &silent,
                                .model = model,
                                .row = &row,
                                .what = "-object size",
                                .word = word,
                                .text = m.text};
    if (!m.bare && vcca_span_is(m.key, "size") && !vmm_read_size(&v, err))
      return false;
  }
  *out = read.ram_size;
  return got == 0;
}

/* Without -m, RAM is as large as its backend. maxmem then keeps its default, which the memory map accepts for
 * up to 1 GiB more. */
static bool take_backend(struct vcca_vmm_config *config, uint64_t size, struct vcca_error *err)
{
  const char *name = config->memory_backend;
  if (size == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "-M memory-backend=%s: that object has no size", name);
  if (!config->sized && size >= QEMU_RAM_DEFAULT + GIB)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "-M memory-backend=%s without -m: QEMU accepts that only up to 1 GiB: give -m", name);
  if (!config->sized)
    config->ram_size = size;
  return size == config->ram_size || vcca_fail(err, VCCA_FAULT_USAGE,
                                               "-M memory-backend=%s: that object has %" PRIu64
                                               " bytes, and -m %" PRIu64 ": QEMU needs the same size",
                                               name, size, config->ram_size);
}

bool qemu_check_backend(const struct vmm_model *model, struct vcca_vmm_config *config, struct vcca_error *err)
{
  const char *name = config->memory_backend;
  for (unsigned i = 0; name[0] && i < config->object_count; i++) {
    struct object o;
    uint64_t size;
    if (!object_at(config, i, &o) || strcmp(o.id, name) != 0)
      continue;
    if (strncmp(o.type, "memory-backend-", 15) != 0)
      return vcca_fail(err, VCCA_FAULT_USAGE, "-M memory-backend=%s: that object is of type %s, not memory-backend-...",
                       name, o.type);
    return object_size(model, config->objects[i], &size, err) && take_backend(config, size, err);
  }
  return !name[0] ||
         vcca_fail(err, VCCA_FAULT_USAGE,
                   "-M memory-backend=%s: there is no object '%s': make it with -object memory-backend-ram,id=%s,size=",
                   name, name, name);
}

void qemu_announce(const struct vcca_vmm_config *config, const struct vmm_notes *notes)
{
  struct object o;
  bool nameless = has_nameless(config);
  if (!config->guest[0] && realm_object(config, &o) >= 0)
    vmm_note(notes,
             "the VM as written is not a realm and not measured: -M has no confidential-guest-support=%s; the RIM is "
             "that of the same VM with it",
             o.id);
  else if (!config->guest[0])
    vmm_note(notes,
             "the VM as written is not a realm and not measured: it has no -M confidential-guest-support=ID with "
             "-object rme-guest,id=ID; the RIM is that "
             "of the same VM as a realm%s",
             config->has_hash ? "" : ", with the default hash algorithm");
  if (nameless && !config->amend)
    vmm_note(notes, "-object rme-guest without id= is treated as the realm's; QEMU refuses it");
}
