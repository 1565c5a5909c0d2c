/* The reading of a boot, register by register: firmware's configuration (1), what firmware started (2),
 * what GRUB and the kernel's EFI stub did (3), the guest's own (4). UEFI 2.10, 38.4.1 (which PCR is which
 * register); GRUB manual, Measured Boot; Linux EFI stub (tagged events).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "verifier/boot_log.h"

#include <string.h>

#include "verifier/finding.h"
#include "verifier/grub_command.h"
#include "rooms/eventlog.h"
#include "rooms/span.h"

enum { REG_CONFIG = 1, REG_BOOT, REG_GRUB, REG_GUEST };
enum { EV_EVENT_TAG = 6, SEPARATOR_SIZE = 4 };
static const uint32_t EV_EFI_APPLICATION = 0x80000003u, EV_EFI_BOOT_DRIVER = 0x80000004u,
                      EV_EFI_RUNTIME_DRIVER = 0x80000005u;
static const uint32_t EV_EFI_GPT = 0x80000006u, EV_EFI_GPT2 = 0x8000000du, EV_EFI_ACTION = 0x80000007u;

/* What firmware says of the boot, in register 2. */
enum action { CALLING, RETURNING, EXIT_BEGINS, EXIT_FAILED, EXITED, ACTIONS };
static const char *const actions[ACTIONS] = {
    [CALLING] = "Calling EFI Application from Boot Option",
    [RETURNING] = "Returning from EFI Application from Boot Option",
    [EXIT_BEGINS] = "Exit Boot Services Invocation",
    [EXIT_FAILED] = "Exit Boot Services Returned with Failure",
    [EXITED] = "Exit Boot Services Returned with Success",
};

struct reading {
  enum vcca_hash_alg alg;
  struct boot *boot;
  struct vcca_finding *f;
  /* Register 2. */
  bool called, exited;
  unsigned calls; /* less the returns */
  /* Register 3. */
  bool kernel_runs; /* its stub has measured something */
  struct grub_slot slot;
};

static bool lies(struct reading *r, const struct vcca_event *event, const char *why)
{
  vcca_span name = event_label(event);
  const char *type = vcca_event_type_name(event->type);
  finding_fail(r->f, "log byte %zu: %s in register %lu \"%.*s\": %s", event->offset, type ? type : "an unknown event",
               (unsigned long)event->reg, (int)(name.n < 60 ? name.n : 60), name.p ? (const char *)name.p : "", why);
  return false;
}

static vcca_span digest_of(const struct reading *r, const struct vcca_event *event)
{
  return vcca_event_digest(event, vcca_tcg_alg(r->alg));
}

static bool is_digest_of(const struct reading *r, vcca_span digest, vcca_span data)
{
  uint8_t hash[VCCA_HASH_MAX];
  vcca_hash(r->alg, data, hash);
  return vcca_span_eq(digest, vcca_span_of(hash, vcca_hash_size(r->alg)));
}

static bool agrees(const struct reading *r, const struct vcca_event *event)
{
  return vcca_event_self_check(event, r->alg) == 1;
}

/* The action whose digest the event has, whatever it is called; ACTIONS when none. */
static enum action action_of(const struct reading *r, const struct vcca_event *event)
{
  for (enum action a = 0; a < ACTIONS; a++)
    if (is_digest_of(r, digest_of(r, event), vcca_span_str(actions[a])))
      return a;
  return ACTIONS;
}

/* A separator marks the end of a phase, or an error; a whole image can be called one, and its digest would
 * agree. */
static bool is_separator(const struct reading *r, const struct vcca_event *event)
{
  return event->type == VCCA_EV_SEPARATOR && event->data.n == SEPARATOR_SIZE && agrees(r, event);
}

static bool step(struct reading *r, const struct vcca_event *event, enum boot_role role, vcca_span command)
{
  struct boot *b = r->boot;
  if (b->step_count == BOOT_STEPS)
    return lies(r, event, "more files were booted than one boot has");
  b->steps[b->step_count++] = (struct boot_step){role, event->offset, digest_of(r, event), event_label(event), command};
  return true;
}

static bool unexplained(struct reading *r, const struct vcca_event *event)
{
  struct boot *b = r->boot;
  if (b->unexplained_count == VCCA_UNEXPLAINED)
    return lies(r, event, "more events are unexplained than can be listed");
  if (action_of(r, event) != ACTIONS)
    return lies(r, event, "its digest is that of an action of the firmware");
  b->unexplained[b->unexplained_count++] =
      (struct vcca_unexplained){event->offset, event->reg, event->type, digest_of(r, event), event_label(event)};
  return true;
}

/* --- Register 1: firmware's configuration ------------------------------------------------------------------ */

static bool is_driver(uint32_t type)
{
  return type == EV_EFI_BOOT_DRIVER || type == EV_EFI_RUNTIME_DRIVER;
}

static bool starts_something(uint32_t type)
{
  return type == EV_EFI_APPLICATION || is_driver(type) || type == VCCA_EV_IPL;
}

static bool read_config(struct reading *r, const struct vcca_event *event)
{
  if (starts_something(event->type))
    return lies(r, event, "what is started is measured into registers 2 and 3");
  if (event->type == VCCA_EV_SEPARATOR)
    return is_separator(r, event) || lies(r, event, "a separator is four bytes");
  if (event->type == EV_EFI_ACTION && !is_text(event->data))
    return lies(r, event, "an action is a text");
  return agrees(r, event) || unexplained(r, event);
}

/* --- Register 2: what firmware started --------------------------------------------------------------------- */

static bool read_action(struct reading *r, const struct vcca_event *event, enum action action)
{
  if (event->type != EV_EFI_ACTION)
    return lies(r, event, "its digest is that of an action of the firmware");
  if (action == CALLING && r->calls++ > 0)
    return lies(r, event, "a second boot");
  if (action == RETURNING && r->calls-- != 1)
    return lies(r, event, "nothing was called before");
  r->called = r->called || action == CALLING;
  r->exited = action == EXITED;
  return true;
}

/* Before the boot option is called firmware loads the drivers of devices; afterwards whatever it loads was
 * asked for by what runs, and is an application, whatever it is called. */
static bool read_boot(struct reading *r, const struct vcca_event *event)
{
  enum action action = action_of(r, event);
  bool gpt = event->type == EV_EFI_GPT || event->type == EV_EFI_GPT2;
  if (r->exited)
    return lies(r, event, "after the exit from boot services");
  if (action != ACTIONS)
    return read_action(r, event, action);
  if (event->type == VCCA_EV_SEPARATOR)
    return is_separator(r, event) || lies(r, event, "a separator is four bytes");
  if (gpt && agrees(r, event) && vcca_span_is(vcca_span_sub(event->data, 0, 8), "EFI PART"))
    return true;
  if (event->type == EV_EFI_APPLICATION)
    return step(r, event, BOOT_APPLICATION, vcca_span_of(NULL, 0));
  if (r->called)
    return lies(r, event, "what is loaded after the boot option was called is an application");
  if (event->type == VCCA_EV_IPL)
    return lies(r, event, "GRUB measures into register 3");
  if (event->type == EV_EFI_ACTION)
    return is_text(event->data) || lies(r, event, "an action is a text");
  return unexplained(r, event);
}

/* --- Register 3: what GRUB and the kernel did -------------------------------------------------------------- */

/* What the command loaded: the last files that were read for it. What was read before them are modules of
 * GRUB that it needed. */
static bool close_slot(struct reading *r)
{
  struct grub_slot slot = r->slot;
  r->slot = (struct grub_slot){.command = NULL};
  if (slot.command == NULL || slot.count == 0)
    return true; /* not a command that boots, or one that did not find its file */
  size_t wanted = slot.command->loads == BOOT_INITRD ? grub_file_count(slot.words) : 1;
  if (slot.count < wanted)
    return lies(r, &slot.files[slot.count - 1], "fewer files were read than the command names");
  size_t before = slot.count - wanted;
  for (size_t i = before; i < slot.count; i++)
    if (!grub_names(slot.words, slot.files[i].data))
      return lies(r, &slot.files[i], "not the file that the command before it names");
  for (size_t i = 0; i < before; i++) {
    if (!grub_is_module(slot.files[i].data))
      return lies(r, &slot.files[i], "neither what the command before it loads, nor a module of GRUB");
    if (!unexplained(r, &slot.files[i]))
      return false;
  }
  for (size_t i = before; i < slot.count; i++)
    if (!step(r, &slot.files[i], slot.command->loads, slot.words))
      return false;
  return true;
}

static bool read_command(struct reading *r, const struct vcca_event *event, vcca_span text)
{
  if (!close_slot(r))
    return false;
  r->slot.command = grub_command(text);
  r->slot.words = text;
  return is_text(text) || lies(r, event, "a command is a text");
}

/* GRUB measures the kernel's command line right after the kernel, and it is that of the command. */
static bool read_cmdline(struct reading *r, const struct vcca_event *event, vcca_span text)
{
  const struct grub_slot *slot = &r->slot;
  if (slot->command == NULL || slot->command->loads != BOOT_KERNEL || slot->count == 0)
    return lies(r, event, "a kernel's command line, and no kernel was loaded before it");
  if (!grub_cmdline_is_of(slot->words, text))
    return lies(r, event, "not the command line that the command says");
  r->boot->cmdline = text;
  return close_slot(r);
}

/* Tagged events of the kernel's EFI stub: its load options, which are the command line in UTF-16, and the
 * initrd. */
static bool read_tag(struct reading *r, const struct vcca_event *event)
{
  static const uint32_t initrd_tag = 0x8f3b22ecu, options_tag = 0x8f3b22edu;
  if (!close_slot(r))
    return false;
  uint32_t tag = event->data.n >= 8 ? vcca_le32(event->data.p) : 0;
  r->kernel_runs = true;
  if (tag == initrd_tag)
    return step(r, event, BOOT_STUB_INITRD, vcca_span_of(NULL, 0));
  if (tag != options_tag)
    return lies(r, event, "neither self-describing nor understood");
  return grub_load_options_are(r->alg, r->boot->cmdline, digest_of(r, event)) ||
         lies(r, event, "not the command line that GRUB logged");
}

static bool read_file(struct reading *r, const struct vcca_event *event)
{
  struct grub_slot *slot = &r->slot;
  if (slot->command != NULL) {
    if (slot->count == GRUB_FILES)
      return lies(r, event, "more files were read than the command before it can load");
    slot->files[slot->count++] = *event;
    return true;
  }
  if (grub_is_own(event->data))
    return unexplained(r, event);
  return step(r, event, BOOT_CONFIG,
              vcca_span_of(NULL, 0)); /* the script that GRUB starts with; no other may be read unasked */
}

static bool read_grub(struct reading *r, const struct vcca_event *event)
{
  vcca_span text;
  enum vcca_grub_event what = vcca_event_grub(event, &text);
  if (event->type == VCCA_EV_SEPARATOR)
    return is_separator(r, event) || lies(r, event, "a separator is four bytes");
  if (event->type == EV_EVENT_TAG)
    return read_tag(r, event);
  if (event->type != VCCA_EV_IPL)
    return lies(r, event, "GRUB and the kernel measure no such events");
  if (r->kernel_runs || r->exited)
    return lies(r, event, "GRUB runs no more");
  if (what == VCCA_GRUB_FILE && shim_is_own(event->data) && r->boot->grub_at == SIZE_MAX)
    return unexplained(r, event);
  if (r->boot->grub_at == SIZE_MAX)
    r->boot->grub_at = event->offset;
  if (what == VCCA_GRUB_FILE)
    return read_file(r, event);
  if (!agrees(r, event))
    return lies(r, event, "not the text that was measured");
  if (what == VCCA_GRUB_COMMAND)
    return read_command(r, event, text);
  return what == VCCA_GRUB_KERNEL_CMDLINE ? read_cmdline(r, event, text) : close_slot(r);
}

/* --- Register 4: the guest's own --------------------------------------------------------------------------- */

static bool read_guest(struct reading *r, const struct vcca_event *event)
{
  if (starts_something(event->type))
    return lies(r, event, "what boot starts is measured into registers 2 and 3");
  return agrees(r, event) || unexplained(r, event);
}

/* --- The whole --------------------------------------------------------------------------------------------- */

/* A command that is called a file would go unread: no file has the digest of a text in the same log. */
static bool no_text_in_disguise(struct reading *r, vcca_span bytes)
{
  struct vcca_eventlog log;
  struct vcca_event event;
  if (!vcca_eventlog_open(&log, bytes, NULL))
    return false;
  while (vcca_eventlog_next(&log, &event, NULL) > 0) {
    vcca_span text;
    if (event.type != VCCA_EV_IPL || vcca_event_grub(&event, &text) == VCCA_GRUB_FILE)
      continue;
    for (size_t i = 0; i < r->boot->unexplained_count; i++)
      if (vcca_span_eq(digest_of(r, &event), r->boot->unexplained[i].digest)) {
        finding_fail(r->f, "log byte %zu: called a file, with the digest of the text at byte %zu",
                     r->boot->unexplained[i].offset, event.offset);
        return false;
      }
  }
  return true;
}

bool boot_read(vcca_span bytes, enum vcca_hash_alg alg, struct boot *out, struct vcca_finding *f)
{
  static bool (*const registers[])(struct reading * r, const struct vcca_event *event) = {
      [REG_CONFIG] = read_config, [REG_BOOT] = read_boot, [REG_GRUB] = read_grub, [REG_GUEST] = read_guest};
  *out = (struct boot){.grub_at = SIZE_MAX};
  struct reading r = {.alg = alg, .boot = out, .f = f};
  struct vcca_eventlog log;
  struct vcca_event event;
  struct vcca_error err = {0};
  int got;
  if (!vcca_eventlog_open(&log, bytes, &err)) {
    finding_unreadable(f, "event log", &err);
    return false;
  }
  while ((got = vcca_eventlog_next(&log, &event, &err)) > 0) {
    if (event.type == VCCA_EV_NO_ACTION)
      continue;
    if (event.reg < REG_CONFIG || event.reg > REG_GUEST)
      return lies(&r, &event, "no such register");
    if (!registers[event.reg](&r, &event))
      return false;
  }
  if (got < 0) {
    finding_unreadable(f, "event log", &err);
    return false;
  }
  return close_slot(&r) && no_text_in_disguise(&r, bytes);
}
