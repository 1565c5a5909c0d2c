/* TMI's status codes and the handlers of its table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_TMI_H
#define RMM_TMI_H

#include "rmm/dispatch.h"
#include "rmm/realm.h"

enum tmi_status {
  TMI_SUCCESS = 0,
  TMI_ERROR_INPUT = 1,
  TMI_ERROR_MEMORY = 2,
  TMI_ERROR_ALIAS = 3,
  TMI_ERROR_IN_USE = 4,
  TMI_ERROR_CVM_STATE = 5,
  TMI_ERROR_OWNER = 6,
  TMI_ERROR_TEC = 7,
  TMI_ERROR_TTT_WALK = 8,
  TMI_ERROR_TTT_ENTRY = 9,
  TMI_ERROR_NOT_SUPPORTED = 10,
  TMI_ERROR_INTERNAL = 11,
  TMI_ERROR_CVM_POWEROFF = 12,
  TMI_ERROR_TTT_CREATED = 13,
  TMI_ERROR_TTT_DESTROY_AGAIN = 14,
  TMI_ERROR_STE_CREATED = 15,
  TMI_ERROR_IMPORT_INCOMPLETE = 39,
};
#define TMI_NO_HANDLE UINT64_C(0)

/* A status word with the level where the walk ended in bits 15:8. */
static inline uint64_t tmi_walk_error(int level)
{
  return (uint64_t)TMI_ERROR_TTT_WALK | (uint64_t)(uint8_t)level << 8;
}

/* How many granules a TEC has in addition to its descriptor; they keep a token. */
enum { TMI_AUX_COUNT = 2 };

/* Reads tmi_cvm_params, a page of host memory of 64-bit fields. The TMM chooses the table base itself. It
 * does not read the hash algorithm, whose number may be unknown. */
struct realm_spec tmi_realm_spec(const uint8_t *page);

#define COMMAND(name, fid, handler, section, inputs, outputs, conditions, order, summary) \
  uint64_t handler(struct call *call);
#include "rmm/tmi.def"
#undef COMMAND

#endif
