/* What QEMU passes to firmware (-bios with -kernel), and REM0 after the firmware measured it.
 *
 * Sources: QEMU hw/arm/boot.c, arm_setup_firmware_boot: the decompressed kernel, the initrd and the command
 * line with its NUL, in fw_cfg. EDK II OvmfPkg/QemuKernelLoaderFsDxe and ArmVirtPkg/BlobVerifierLibArmCca:
 * hashes each that is not empty, in this order, by the realm's algorithm, SHA-256 or SHA-512, and extends the
 * first REM with it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/vmm.h"

void vmm_hand_over(const struct vcca_vmm_config *config, const struct vcca_vmm_images *given,
                   const struct vmm_notes *notes, struct vcca_vmm_plan *out)
{
  if (out->plan.params.hash_alg == VCCA_SHA384) {
    vmm_note(notes, "no REM0: firmware measures by SHA-256 and SHA-512 only");
    return;
  }
  if (!given->kernel.p || (config->initrd && !given->initrd.p)) {
    vmm_note(notes, "no REM0: firmware computes it from the %s, which is not given: give a local copy with --%s",
             given->kernel.p ? "initrd" : "kernel", given->kernel.p ? "initrd" : "kernel");
    return;
  }
  const char *append = config->append ? config->append : "";
  /* QEMU unpacks gzip here, but not an EFI zboot image: that is an application which firmware starts. */
  bool gzip = given->unpacked.p && given->kernel.n > 0 && given->kernel.p[0] == 0x1f;
  out->handed[out->handed_count++] = gzip ? given->unpacked : given->kernel;
  if (config->initrd)
    out->handed[out->handed_count++] = given->initrd;
  out->handed[out->handed_count++] = vcca_span_of(append, strlen(append) + 1);
  vmm_note(notes, "REM0 is that of EDK II for Arm CCA: kernel, initrd and command line");
}

bool vcca_vmm_rem0(const struct vcca_vmm_plan *plan, vcca_vmm_hash hash, void *hash_ctx,
                   uint8_t rem[VCCA_MEASUREMENT_SIZE])
{
  enum vcca_hash_alg alg = plan->plan.params.hash_alg;
  uint8_t digest[VCCA_HASH_MAX];
  memset(rem, 0, VCCA_MEASUREMENT_SIZE);
  for (size_t i = 0; i < plan->handed_count; i++)
    if (plan->handed[i].n > 0) {
      if (hash)
        hash(hash_ctx, alg, plan->handed[i], digest);
      else
        vcca_hash(alg, plan->handed[i], digest);
      vcca_rem_extend(alg, vcca_rim_rules(plan->plan.rules)->rem, rem, vcca_span_of(digest, vcca_hash_size(alg)));
    }
  return plan->handed_count > 0;
}
