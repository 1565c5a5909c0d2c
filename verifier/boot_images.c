/* Boot images in an event log against reference values: what firmware started and what GRUB booted is each
 * a reference value, in its order and as often as the reference has it. A reference that no event answers
 * is as wrong as one that an event contradicts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "verifier/boot_log.h"
#include "verifier/finding.h"
#include "verifier/grub_command.h"
#include "verifier/readers.h"
#include "rooms/error.h"
#include "rooms/span.h"

static bool is(const struct boot_step *step, const struct image_digest *reference)
{
  return reference->given && step->digest.p != NULL && memcmp(step->digest.p, reference->bytes, step->digest.n) == 0;
}

static bool wrong(const struct boot_step *step, const char *what, const char *why, struct vcca_finding *f)
{
  finding_fail(f, "log byte %zu: %s %s %s", step->offset, what, shown_hex(step->digest).text, why);
  return false;
}

/* The next step of a role from *at on, NULL when there is none; *at is behind it then. */
static const struct boot_step *next(const struct boot *boot, enum boot_role role, size_t *at)
{
  while (*at < boot->step_count)
    if (boot->steps[(*at)++].role == role)
      return &boot->steps[*at - 1];
  return NULL;
}

static bool no_more(const struct boot *boot, enum boot_role role, size_t at, const char *what, const char *why,
                    struct vcca_finding *f)
{
  const struct boot_step *more = next(boot, role, &at);
  return more == NULL || wrong(more, what, why, f);
}

/* --- Applications ---------------------------------------------------------------------------------------- */

/* shim, GRUB, and the kernel when GRUB starts it as an application; each that the reference has, once, and
 * no other. */
static bool compare_applications(const struct boot *boot, const struct image_reference *reference,
                                 const struct kernel_reference *kernel, struct vcca_finding *f)
{
  const struct {
    const struct image_digest *digest;
    const char *what;
  } wanted[] = {{&reference->shim, "shim"},
                {&reference->grub, "boot loader"},
                {&kernel->application, "kernel as an application"}};
  size_t at = 0;
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    if (!wanted[i].digest->given)
      continue;
    const struct boot_step *app = next(boot, BOOT_APPLICATION, &at);
    if (app == NULL) {
      finding_fail(f, "no EFI application in the log is the %s %s", wanted[i].what,
                   shown_hex(vcca_span_of(wanted[i].digest->bytes, vcca_hash_size(reference->alg))).text);
      return false;
    }
    if (!is(app, wanted[i].digest))
      return wrong(app, "EFI application",
                   i == 0   ? "is not the reference's shim"
                   : i == 1 ? "was started where the reference's boot loader should be"
                            : "is not the reference's kernel as an application",
                   f);
    if (wanted[i].digest == &reference->grub && app->offset > boot->grub_at) {
      finding_fail(f, "log byte %zu: the boot loader was started after what it did", app->offset);
      return false;
    }
  }
  return no_more(boot, BOOT_APPLICATION, at, "EFI application",
                 "is no reference value (\"shim\" and a kernel's \"application\" name more)", f);
}

/* --- GRUB's files ---------------------------------------------------------------------------------------- */

static bool compare_configs(const struct boot *boot, const struct image_reference *reference, size_t before,
                            struct vcca_finding *f)
{
  size_t at = 0;
  for (size_t i = 0; i <= reference->config_count; i++) {
    const struct boot_step *config = next(boot, BOOT_CONFIG, &at);
    if (config == NULL) {
      finding_fail(f, i == 0 ? "the log has no grub.cfg" : "the log has fewer configuration files than the reference");
      return false;
    }
    if (!is(config, i == 0 ? &reference->grub_cfg : &reference->configs[i - 1]))
      return wrong(config, i == 0 ? "grub.cfg" : "configuration file", "is not the reference", f);
    if (config->offset > before)
      return wrong(config, "configuration file", "was read after the kernel", f);
  }
  return no_more(boot, BOOT_CONFIG, at, "file",
                 "is read as a configuration, or named by no command, and no reference value (\"configs\" names more)",
                 f);
}

/* The reference of the kernel and the initrd that were booted; NULL after telling in f why there is none. */
static const struct kernel_reference *booted(const struct boot *boot, const struct image_reference *reference,
                                             struct vcca_finding *f)
{
  size_t kernel_at = 0, initrd_at = 0;
  const struct boot_step *kernel = next(boot, BOOT_KERNEL, &kernel_at), *initrd = next(boot, BOOT_INITRD, &initrd_at);
  if (kernel == NULL) {
    finding_fail(f, "the log has no kernel (what GRUB's linux command loads)");
    return NULL;
  }
  if (!no_more(boot, BOOT_KERNEL, kernel_at, "another kernel", "was loaded after the first: a log tells one boot", f))
    return NULL;
  const struct kernel_reference *of_kernel = NULL;
  for (size_t i = 0; i < reference->kernel_count; i++) {
    if (!is(kernel, &reference->kernels[i].kernel))
      continue;
    of_kernel = &reference->kernels[i];
    if (initrd != NULL && is(initrd, &of_kernel->initramfs))
      break;
  }
  if (of_kernel == NULL) {
    wrong(kernel, "kernel", "is in no reference", f);
    return NULL;
  }
  if (initrd == NULL) {
    finding_fail(f, "the log has no initramfs (what GRUB's initrd command loads)");
    return NULL;
  }
  if (!is(initrd, &of_kernel->initramfs)) {
    wrong(initrd, "initramfs", "does not go with the kernel", f);
    return NULL;
  }
  if (initrd->offset < kernel->offset) {
    wrong(initrd, "initramfs", "was loaded before the kernel", f);
    return NULL;
  }
  return no_more(boot, BOOT_INITRD, initrd_at, "another initramfs", "was loaded, and the reference has one", f)
             ? of_kernel
             : NULL;
}

static bool compare_stub(const struct boot *boot, const struct kernel_reference *kernel, struct vcca_finding *f)
{
  size_t at = 0;
  const struct boot_step *initrd = next(boot, BOOT_STUB_INITRD, &at);
  if (initrd != NULL && !is(initrd, &kernel->initramfs))
    return wrong(initrd, "initrd, as the kernel measured it,", "is not the reference's initramfs", f);
  return no_more(boot, BOOT_STUB_INITRD, at, "another initrd", "was measured by the kernel", f);
}

/* What nobody explains must not be a reference value in another place, and shim's variables are measured by
 * shim alone. */
static bool no_reference_in_disguise(const struct boot *boot, const struct image_reference *reference,
                                     const struct kernel_reference *kernel, struct vcca_finding *f)
{
  const struct image_digest *known[] = {&reference->shim, &reference->grub,   &reference->grub_cfg,
                                        &kernel->kernel,  &kernel->initramfs, &kernel->application};
  for (size_t i = 0; i < boot->unexplained_count; i++) {
    if (!reference->shim.given && shim_is_own(boot->unexplained[i].name)) {
      finding_fail(f, "log byte %zu: variables of shim, and no shim was started", boot->unexplained[i].offset);
      return false;
    }
    const struct boot_step as_step = {.offset = boot->unexplained[i].offset, .digest = boot->unexplained[i].digest};
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
      if (is(&as_step, known[k]))
        return wrong(&as_step, "an event with the digest of a reference value",
                     "is in another place than what was booted", f);
  }
  return true;
}

/* --- The check ------------------------------------------------------------------------------------------- */

static bool tolerated(const struct vcca_policy *policy, vcca_span digest)
{
  for (size_t i = 0; policy != NULL && i < policy->tolerated_count; i++)
    if (vcca_span_eq(vcca_span_of(policy->tolerated[i].bytes, policy->tolerated[i].size), digest))
      return true;
  return false;
}

/* What is left unexplained when the policy's digests are known. */
static void keep_unexplained(const struct boot *boot, const struct vcca_policy *policy, struct vcca_verdict *verdict)
{
  for (size_t i = 0; i < boot->unexplained_count; i++)
    if (!tolerated(policy, boot->unexplained[i].digest))
      verdict->unexplained[verdict->unexplained_count++] = boot->unexplained[i];
}

static void check_boot(vcca_span log, const struct image_reference *reference, const struct vcca_policy *policy,
                       struct vcca_verdict *verdict, struct vcca_finding *f)
{
  struct boot *boot = malloc(sizeof *boot);
  struct vcca_error err;
  if (boot == NULL) {
    vcca_fail(&err, VCCA_FAULT_MEMORY, "no memory");
    finding_unreadable(f, "event log", &err);
    return;
  }
  const struct kernel_reference *kernel = NULL;
  const struct boot_step *start = NULL;
  size_t at = 0, other_at = 0;
  bool good =
      boot_read(log, reference->alg, boot, f) &&
      no_more(boot, BOOT_OTHER, other_at, "a file that GRUB booted or handed over", "is no reference value", f) &&
      (kernel = booted(boot, reference, f)) != NULL && (start = next(boot, BOOT_KERNEL, &at)) != NULL &&
      compare_configs(boot, reference, start->offset, f) && compare_applications(boot, reference, kernel, f) &&
      compare_stub(boot, kernel, f) && no_reference_in_disguise(boot, reference, kernel, f);
  if (good) {
    keep_unexplained(boot, policy, verdict);
    if (verdict->unexplained_count > 0)
      finding_pass(f, "kernels[%zu]; unexplained by references: %zu events, the first at log byte %zu",
                   (size_t)(kernel - reference->kernels), verdict->unexplained_count, verdict->unexplained[0].offset);
    else
      finding_pass(f, "kernels[%zu]", (size_t)(kernel - reference->kernels));
  }
  free(boot);
}

void check_images(vcca_span json, const struct vcca_evidence *evidence, struct vcca_verdict *verdict,
                  struct vcca_finding *f)
{
  struct vcca_error err = {0};
  struct image_reference reference;
  const struct vcca_finding *log_check = &verdict->findings[VCCA_CHECK_EVENTLOG];
  if (!image_reference_read(json, &reference, &err)) {
    finding_unreadable(f, "image reference", &err);
    return;
  }
  if (log_check->outcome == VCCA_NOT_RUN)
    finding_fail(f, "the boot images are in the event log, and none was given (--eventlog)");
  else if (log_check->outcome == VCCA_FAIL)
    finding_not_run(f, "the event log is not to be believed");
  else if (!vcca_span_is(verdict->token.realm.hash_alg, vcca_hash_name(reference.alg)))
    finding_fail(f, "the reference values are %s, the token's measurements are not", vcca_hash_name(reference.alg));
  else
    check_boot(evidence->eventlog, &reference, evidence->policy, verdict, f);
  image_reference_free(&reference);
}

/* --- What a good log shows ------------------------------------------------------------------------------- */

static bool one(const struct boot *boot, enum boot_role role, const char *what, vcca_span *digest,
                struct vcca_error *err)
{
  size_t at = 0;
  const struct boot_step *step = next(boot, role, &at);
  if (step == NULL)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the event log shows no %s", what);
  *digest = step->digest;
  return next(boot, role, &at) == NULL ||
         vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the event log shows more than one %s", what);
}

/* The last application before GRUB's first event is GRUB; one before it is shim, one after it the kernel. */
static bool see_applications(const struct boot *boot, struct images_seen *out, struct vcca_error *err)
{
  size_t at = 0;
  for (const struct boot_step *app; (app = next(boot, BOOT_APPLICATION, &at)) != NULL;) {
    bool before = app->offset < boot->grub_at;
    if (out->application.p != NULL || (before && out->shim.p != NULL))
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                       "the event log shows more EFI applications than shim, GRUB and the kernel");
    if (before)
      out->shim = out->grub;
    *(before ? &out->grub : &out->application) = app->digest;
  }
  return out->grub.p != NULL || vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the event log shows no boot loader");
}

static bool see_boot(const struct boot *boot, struct images_seen *out, struct vcca_error *err)
{
  static const char prefix[] = "vmlinuz-";
  size_t at = 0;
  if (!see_applications(boot, out, err) || !one(boot, BOOT_KERNEL, "kernel", &out->kernel, err) ||
      !one(boot, BOOT_INITRD, "initramfs", &out->initramfs, err))
    return false;
  const struct boot_step *kernel = next(boot, BOOT_KERNEL, &at);
  vcca_span name = kernel ? kernel->name : vcca_span_of(NULL, 0);
  for (size_t i = name.n; i > 0 && out->version.p == NULL; i--)
    if (vcca_span_is(vcca_span_sub(name, i - 1, strlen(prefix)), prefix))
      out->version = vcca_span_sub(name, i - 1 + strlen(prefix), name.n);
  at = 0;
  for (const struct boot_step *config; (config = next(boot, BOOT_CONFIG, &at)) != NULL;)
    if (out->grub_cfg.p == NULL)
      out->grub_cfg = config->digest;
    else if (out->config_count == IMAGES_CONFIGS)
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the event log shows more than %d configuration files",
                       IMAGES_CONFIGS + 1);
    else
      out->configs[out->config_count++] = config->digest;
  at = 0;
  if (next(boot, BOOT_OTHER, &at) != NULL)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the event log shows that GRUB booted something else besides");
  return out->grub_cfg.p != NULL || vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the event log shows no grub.cfg");
}

bool images_in_log(vcca_span bytes, enum vcca_hash_alg alg, struct images_seen *out, struct vcca_error *err)
{
  struct vcca_finding f = {0};
  struct boot *boot = malloc(sizeof *boot);
  *out = (struct images_seen){0};
  if (boot == NULL)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory");
  bool ok = boot_read(bytes, alg, boot, &f) ? see_boot(boot, out, err)
                                            : vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "%s", f.reason);
  free(boot);
  return ok;
}
