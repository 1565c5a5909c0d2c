/* The monitor's side of a guest's SMC: the monitor's own data, one call while it is handled, and the tables.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TSI_CALL_H
#define TSI_CALL_H

#include "rooms/guest_side.h"
#include "rooms/hsm.h"
#include "rooms/require.h"
#include "rooms/tsi.h"
#include "rooms/crypto.h"

enum { CERT_MAX = 2 * VCCA_CERT_MAX, GUEST_OUTPUTS = 8 };

struct vcca_guest_interface {
  vcca_machine *m;
  enum vcca_family family;
  const vcca_key *rak;
  /* Made once, at attach. */
  uint8_t rak_claim[VCCA_SPKI_MAX];
  size_t rak_claim_size;
  uint8_t platform[VCCA_TOKEN_MAX];
  size_t platform_size;
  uint8_t cert[CERT_MAX];
  size_t cert_size;
  uint8_t sealing[VCCA_SEALING_SECRET];
  size_t token_bound; /* the upper bound that TOKEN_INIT returns */
  vcca_guest_intercept intercept;
  void *intercept_ctx;
};

/* RSI's status codes (RsiCommandReturnCode); TSI has the same numbers. */
enum guest_status { GUEST_SUCCESS, GUEST_ERROR_INPUT, GUEST_ERROR_STATE, GUEST_INCOMPLETE, GUEST_ERROR_UNKNOWN };

struct guest_call {
  vcca_guest_interface *monitor;
  vcca_machine *m;
  uint64_t rec;
  const uint64_t *in;          /* in[1] is x1 */
  uint64_t out[GUEST_OUTPUTS]; /* x1 and up */
  bool wide;                   /* all of out are results; otherwise x1 to x3 */
  bool untouched;              /* do not write the registers: PSCI_COMPLETE will */
  bool again;                  /* do not write the registers: the machine issues the call again */
  const char *refused;
  struct held *held; /* see REQUIRE */
  enum vcca_guest_action action;
  struct vcca_realm_info realm;
};
/* Returns x0. */
typedef uint64_t (*guest_handler)(struct guest_call *call);

/* The handlers stand in the order of the interface's commands. */
struct guest_abi {
  struct vcca_interface interface;
  const guest_handler *handlers;
};
extern const struct guest_abi rsi_abi, tsi_abi, psci_abi, smccc_abi;

/* The function id in the table: of an SMC32 call that has an SMC64 form, the latter's. */
uint64_t psci_row(uint64_t fid);

/* Leaves to the host. Returns status, which is in the guest's x0 after the next entry. */
uint64_t leave(struct guest_call *call, enum guest_exit_reason reason, uint64_t status);
/* Leaves because a buffer is not mapped. The machine issues the call again at the next entry. */
uint64_t leave_unmapped(struct guest_call *call, uint64_t ipa);

/* Access to guest memory, as the last step of a handler. False: the handler must return *status. The host has
 * to map memory first, or the process has none left. */
VCCA_MUST_USE bool fetch(struct guest_call *call, uint64_t ipa, vcca_sink *out, size_t n, uint64_t *status);
VCCA_MUST_USE bool store(struct guest_call *call, uint64_t ipa, vcca_span bytes, uint64_t *status);

#define COMMAND(name, fid, handler, section, inputs, outputs, conditions, order, summary) \
  uint64_t handler(struct guest_call *call);
#include "tsi/rsi.def"
#include "tsi/tsi.def"
#include "tsi/psci.def"
#undef COMMAND

#endif
