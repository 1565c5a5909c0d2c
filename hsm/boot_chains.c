/* The boot chains of the built-in devices, in the order the stages are measured.
 *
 * virtCCA: the on-chip and off-chip secure boot code, the HSM firmware in the InSE, the IMU and the IPU,
 * ATF at EL3, the TMM, UEFI, and the IMF AP. Six of them are in the platform token, in an order of its own
 * and under names of its own (ATF is tf_bl2, the TMM is tee); versions as a real machine has published
 * them. Arm: the thirteen components of the RSE's platform token, which lists them in boot order and
 * without versions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hsm/state.h"

static const struct hsm_stage virtcca[] = {
    {"bsbc", "", 0},          /* on-chip secure boot code in ROM: the root of trust for measurement */
    {"esbc", "21.23.0", 0},   /* off-chip secure boot code */
    {"hsm", "21.23.0", 0},    /* firmware of the InSE: the roots of trust for storage and reporting */
    {"imu", "21.23.0", 2},    /* trusted subsystems ... */
    {"ipu", "21.23.0", 1},    /* ... */
    {"tf_bl2", "21.23.0", 4}, /* ATF, EL3 */
    {"tee", "1.6", 6},        /* TMM, S-EL2 */
    {"uefi", "21.23.0", 5},   {"imf_ap", "21.23.0", 3},
};

static const struct hsm_stage arm[] = {
    {"RSE_BL1_2", "", 1},      {"RSE_BL2", "", 2},    {"RSE_S", "", 3},
    {"AP_BL1", "", 4},         {"AP_BL2", "", 5},     {"SCP_BL1", "", 6},
    {"SCP_BL2", "", 7},        {"AP_BL31", "", 8},    {"RMM", "", 9},
    {"HW_CONFIG", "", 10},     {"FW_CONFIG", "", 11}, {"TB_FW_CONFIG", "", 12},
    {"SOC_FW_CONFIG", "", 13},
};

const struct hsm_stage *hsm_boot_chain(enum vcca_chain_kind chain, size_t *count)
{
  *count = chain == VCCA_CHAIN_P384 ? sizeof arm / sizeof arm[0] : sizeof virtcca / sizeof virtcca[0];
  return chain == VCCA_CHAIN_P384 ? arm : virtcca;
}
