/* The event log against the token, and boot images in the log against reference values.
 *
 * A log is only believed as far as the registers carry it: every event must be measured, into a register a guest has, and
 * registers must come out as the token says. A file's name in the log is not measured, only its content; so each event that
 * is named like a kernel must be the reference kernel, not just one of them (virtCCA SDK, verifier's firmware_state, made strict).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "verifier/finding.h"
#include "verifier/readers.h"

enum { EV_IPL = 0xd };
static const uint32_t EFI_APPLICATION = 0x80000003u; /* EV_EFI_BOOT_SERVICES_APPLICATION */

/* --- Replay ---------------------------------------------------------------------------------------------- */

/* Whether one event may be in a log that is to be believed; f says why not. */
static bool believable(const struct vcca_event *event, enum vcca_hash_alg alg, struct vcca_finding *f)
{
  if (event->type == VCCA_EV_NO_ACTION)
    return true;
  if (event->reg < 1 || event->reg > VCCA_TOKEN_REMS)
    finding_fail(f, "log byte %zu: an event in register %lu: only 1 to %d (REM 0 to %d) can be extended", event->offset, (unsigned long)event->reg,
                 VCCA_TOKEN_REMS, VCCA_TOKEN_REMS - 1);
  else if (vcca_event_digest(event, vcca_tcg_alg(alg)).p == NULL)
    finding_fail(f, "log byte %zu: the event has no %s digest: nothing measured it", event->offset, vcca_hash_name(alg));
  else if (vcca_event_self_check(event, alg) == 0)
    finding_fail(f, "log byte %zu: the event's digest is not that of its own data", event->offset);
  else
    return true;
  return false;
}

static bool believable_all(vcca_span bytes, enum vcca_hash_alg alg, struct vcca_finding *f)
{
  struct vcca_eventlog log;
  struct vcca_event event;
  if (!vcca_eventlog_open(&log, bytes, NULL))
    return false;
  while (vcca_eventlog_next(&log, &event, NULL) > 0)
    if (!believable(&event, alg, f))
      return false;
  return true;
}

void check_event_log(vcca_span log, const struct vcca_realm_claims *realm, const vcca_span expected[VCCA_TOKEN_REMS], struct vcca_finding *f)
{
  enum vcca_hash_alg alg;
  struct vcca_error err = {0};
  struct vcca_replay replay;
  if (!vcca_hash_named(realm->hash_alg, &alg)) {
    finding_fail(f, "claim 44236 names no hash algorithm that could replay a log");
    return;
  }
  if (!vcca_eventlog_replay(log, alg, &replay, &err)) {
    finding_unreadable(f, "event log", &err);
    return;
  }
  if (!believable_all(log, alg, f))
    return;

  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++) {
    vcca_span replayed = vcca_span_of(replay.value[i + 1], vcca_hash_size(alg));
    /* A REM that boot does not touch belongs to the guest at run time: zero, or explained by its own expected value. */
    if (replay.events[i + 1] == 0 && expected[i].p != NULL)
      continue;
    if (!vcca_span_eq(replayed, realm->rem[i])) {
      finding_fail(f, "register %zu replays (%u events) to %s, REM %zu of the token is %s", i + 1, replay.events[i + 1], shown_hex(replayed).text, i,
                   shown_hex(realm->rem[i]).text);
      return;
    }
  }
  finding_pass(f, "%u events", replay.total);
}

/* --- Boot images ----------------------------------------------------------------------------------------- */

/* The one digest that every event of a kind has. */
struct sighting {
  vcca_span digest;
  size_t offset;
};

struct sightings {
  bool grub;
  struct sighting grub_cfg, kernel, initramfs;
};

static bool starts(vcca_span text, const char *prefix)
{
  size_t n = strlen(prefix);
  return vcca_span_is(vcca_span_sub(text, 0, n), prefix);
}

/* The last component of the path that GRUB logged for a file; empty for command lines. */
static vcca_span file_name(const struct vcca_event *event)
{
  vcca_span path = event->data;
  if (event->type != EV_IPL || starts(path, "grub_cmd:") || starts(path, "kernel_cmdline:") || starts(path, "module_cmdline:"))
    return vcca_span_of(path.p, 0);
  if (path.n > 0 && path.p[path.n - 1] == '\0')
    path.n--;
  size_t at = path.n;
  while (at > 0 && path.p[at - 1] != '/')
    at--;
  return vcca_span_sub(path, at, path.n);
}

static bool sight(struct sighting *s, const struct vcca_event *event, vcca_span digest, const char *what, struct vcca_finding *f)
{
  if (s->digest.p != NULL && !vcca_span_eq(s->digest, digest)) {
    finding_fail(f, "log byte %zu: another %s than the one at byte %zu", event->offset, what, s->offset);
    return false;
  }
  *s = (struct sighting){digest, event->offset};
  return true;
}

static bool sight_event(const struct vcca_event *event, const struct image_reference *reference, struct sightings *seen, struct vcca_finding *f)
{
  vcca_span digest = vcca_event_digest(event, vcca_tcg_alg(reference->alg));
  if (event->type == EFI_APPLICATION && vcca_span_eq(digest, vcca_span_of(reference->grub, vcca_hash_size(reference->alg))))
    seen->grub = true;
  vcca_span name = file_name(event);
  if (vcca_span_is(name, "grub.cfg"))
    return sight(&seen->grub_cfg, event, digest, "grub.cfg", f);
  if (starts(name, "vmlinuz-"))
    return sight(&seen->kernel, event, digest, "kernel", f);
  if (starts(name, "initramfs-"))
    return sight(&seen->initramfs, event, digest, "initramfs", f);
  return true;
}

static bool is(const struct sighting *s, const uint8_t *reference)
{
  return s->digest.p != NULL && memcmp(s->digest.p, reference, s->digest.n) == 0;
}

/* A reference that no event answers is as wrong as one that an event contradicts. */
static void compare_images(const struct image_reference *reference, const struct sightings *seen, struct vcca_finding *f)
{
  vcca_span grub = vcca_span_of(reference->grub, vcca_hash_size(reference->alg));
  const struct {
    const struct sighting *sighting;
    const char *what;
  } files[] = {{&seen->grub_cfg, "grub.cfg"}, {&seen->kernel, "kernel (/vmlinuz-...)"}, {&seen->initramfs, "initramfs (/initramfs-...)"}};

  if (!seen->grub) {
    finding_fail(f, "no EFI application in the log is the boot loader %s", shown_hex(grub).text);
    return;
  }
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    if (files[i].sighting->digest.p == NULL) {
      finding_fail(f, "the log has no %s", files[i].what);
      return;
    }
  if (!is(&seen->grub_cfg, reference->grub_cfg)) {
    finding_fail(f, "log byte %zu: grub.cfg %s is not the reference", seen->grub_cfg.offset, shown_hex(seen->grub_cfg.digest).text);
    return;
  }
  bool known_kernel = false;
  for (size_t i = 0; i < reference->kernel_count; i++) {
    bool same_kernel = is(&seen->kernel, reference->kernels[i].kernel);
    known_kernel = known_kernel || same_kernel;
    if (same_kernel && is(&seen->initramfs, reference->kernels[i].initramfs)) {
      finding_pass(f, "kernels[%zu]", i);
      return;
    }
  }
  if (known_kernel)
    finding_fail(f, "log byte %zu: initramfs %s does not go with the kernel", seen->initramfs.offset, shown_hex(seen->initramfs.digest).text);
  else
    finding_fail(f, "log byte %zu: kernel %s is in no reference", seen->kernel.offset, shown_hex(seen->kernel.digest).text);
}

static void check_images_in(vcca_span bytes, const struct image_reference *reference, struct vcca_finding *f)
{
  struct vcca_eventlog log;
  struct vcca_event event;
  struct sightings seen = {0};
  if (!vcca_eventlog_open(&log, bytes, NULL))
    return;
  while (vcca_eventlog_next(&log, &event, NULL) > 0)
    if (event.type != VCCA_EV_NO_ACTION && !sight_event(&event, reference, &seen, f))
      return;
  compare_images(reference, &seen, f);
}

void check_images(vcca_span json, vcca_span log, const struct vcca_finding *log_check, const struct vcca_realm_claims *realm, struct vcca_finding *f)
{
  struct vcca_error err = {0};
  struct image_reference reference;
  if (!image_reference_read(json, &reference, &err)) {
    finding_unreadable(f, "image reference", &err);
    return;
  }
  if (log_check->outcome == VCCA_NOT_RUN)
    finding_fail(f, "the boot images are in the event log, and none was given (--eventlog)");
  else if (log_check->outcome == VCCA_FAIL)
    finding_not_run(f, "the event log is not to be believed");
  else if (!vcca_span_is(realm->hash_alg, vcca_hash_name(reference.alg)))
    finding_fail(f, "the reference values are %s, the token's measurements are not", vcca_hash_name(reference.alg));
  else
    check_images_in(log, &reference, f);
  image_reference_free(&reference);
}

/* --- What a good log shows ------------------------------------------------------------------------------- */

static bool see(vcca_span *place, vcca_span digest, const char *what, struct vcca_error *err)
{
  if (place->p != NULL && !vcca_span_eq(*place, digest))
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the event log shows more than one %s", what);
  *place = digest;
  return true;
}

static bool see_event(const struct vcca_event *event, enum vcca_hash_alg alg, struct images_seen *out, struct vcca_error *err)
{
  vcca_span digest = vcca_event_digest(event, vcca_tcg_alg(alg)), name = file_name(event);
  if (event->type == EFI_APPLICATION && out->grub_cfg.p == NULL)
    out->grub = digest; /* the last one is the loader; the ones before load it */
  if (vcca_span_is(name, "grub.cfg"))
    return see(&out->grub_cfg, digest, "grub.cfg", err);
  if (starts(name, "initramfs-"))
    return see(&out->initramfs, digest, "initramfs", err);
  if (!starts(name, "vmlinuz-"))
    return true;
  out->version = vcca_span_sub(name, strlen("vmlinuz-"), name.n);
  return see(&out->kernel, digest, "kernel", err);
}

bool images_in_log(vcca_span bytes, enum vcca_hash_alg alg, struct images_seen *out, struct vcca_error *err)
{
  struct vcca_eventlog log;
  struct vcca_event event;
  *out = (struct images_seen){0};
  if (!vcca_eventlog_open(&log, bytes, err))
    return false;
  while (vcca_eventlog_next(&log, &event, err) > 0)
    if (event.type != VCCA_EV_NO_ACTION && !see_event(&event, alg, out, err))
      return false;
  bool all = out->grub.p != NULL && out->grub_cfg.p != NULL && out->kernel.p != NULL && out->initramfs.p != NULL;
  return all || vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the event log does not show boot loader, grub.cfg, kernel and initramfs");
}
