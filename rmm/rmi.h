/* RMI's status codes and the handlers of its table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_RMI_H
#define RMM_RMI_H

#include "rmm/dispatch.h"
#include "rmm/realm.h"

enum rmi_status { RMI_SUCCESS, RMI_ERROR_INPUT, RMI_ERROR_REALM, RMI_ERROR_REC, RMI_ERROR_RTT };

/* A status word with its index in bits 15:8 (RmiCommandReturnCode); for RTT the level where the walk
 * stopped. */
static inline uint64_t rmi_indexed(enum rmi_status status, int index)
{
  return (uint64_t)status | (uint64_t)(uint8_t)index << 8;
}

enum { RMI_AUX_COUNT = 16 };

/* Reads RmiRealmParams (B4.5), a page of host memory. */
struct realm_spec rmi_realm_spec(const uint8_t *page);

/* Reads RmiRecParams (B4.5), a page of host memory. */
struct rec_spec {
  struct vcca_rec_params params;
  uint64_t mpidr;
  uint64_t num_aux;
  uint64_t aux[RMI_AUX_COUNT];
};
struct rec_spec rmi_rec_spec(const uint8_t *page);

#define COMMAND(name, fid, handler, section, inputs, outputs, conditions, order, summary) \
  uint64_t handler(struct call *call);
#include "rmm/rmi.def"
#undef COMMAND

#endif
