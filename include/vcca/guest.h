/* A running VM, and how guest software reaches it. A scenario's VM is kept: machine, device and guest
 * interface live on, and programs of the guest run on its first REC, one after the other, whatever thread
 * or process asks. Whatever they ask for goes through the monitor's own RSI or TSI calls.
 * docs/guest-software.md describes the whole.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_GUEST_H
#define VCCA_GUEST_H

#include "vcca/scenario.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- A running VM ---------------------------------------------------------------------------------------- */

typedef struct vcca_running vcca_running;
struct vcca_running_options {
  const char *const *settings; /* "name=value", overriding the scenario's vars */
  size_t setting_count;
  const char *until;        /* the scenario is carried out up to the step of this name ("as"); NULL: to its end */
  FILE *trace;              /* JSON Lines, one object for each call; NULL: none. Written while the VM runs */
  struct vcca_files *files; /* what the command reads and writes; NULL: not compared */
};
/* Carries a scenario out and keeps the VM that it booted last. NULL when it could not be run, an
 * expectation failed, or there is no VM at its end. Free with vcca_running_stop, when nobody uses it any
 * more. */
VCCA_API vcca_running *vcca_running_start(const char *scenario, const struct vcca_running_options *options,
                                          struct vcca_error *err);
/* Powers the VM off and frees it. NULL is allowed. */
VCCA_API void vcca_running_stop(vcca_running *v);

/* Runs main(arg) as a program of the guest on its first REC; its scratch page is set. Callers wait for
 * each other. False when the VM cannot run (it is off), or the program did not come to its end: an
 * external abort ended it, or the REC was entered 10,000 times. */
VCCA_API VCCA_MUST_USE bool vcca_running_do(vcca_running *v, vcca_guest_main main, void *arg, struct vcca_error *err);

/* What guests ask, as such programs. False as vcca_running_do; else *status is the call's: 0 is success. */

/* INIT and CONTINUE as Linux's drivers do: granule by granule until the token is whole. bound (may be
 * NULL) receives what INIT promised; 0 when INIT was refused. challenge: up to 64 bytes, zero-padded. A
 * token longer than promised is cut. */
VCCA_API VCCA_MUST_USE bool vcca_running_token(vcca_running *v, vcca_span challenge, vcca_sink *token, uint64_t *bound,
                                               uint64_t *status, struct vcca_error *err);
/* index: 0 is the RIM, 1 to 4 are REM 0 to REM 3. *size receives the digest's length. */
VCCA_API VCCA_MUST_USE bool vcca_running_measurement(vcca_running *v, unsigned index,
                                                     uint8_t value[VCCA_MEASUREMENT_SIZE], size_t *size,
                                                     uint64_t *status, struct vcca_error *err);
/* value: up to 64 bytes. */
VCCA_API VCCA_MUST_USE bool vcca_running_extend(vcca_running *v, unsigned index, vcca_span value, uint64_t *status,
                                                struct vcca_error *err);
/* virtCCA only: an error elsewhere. */
VCCA_API VCCA_MUST_USE bool vcca_running_certificate(vcca_running *v, vcca_sink *cert, uint64_t *status,
                                                     struct vcca_error *err);

/* --- Failures on request --------------------------------------------------------------------------------- */

enum vcca_injection_kind {
  VCCA_INJECT_STATUS,     /* a command is answered with a status, and does nothing */
  VCCA_INJECT_INCOMPLETE, /* ATTESTATION_TOKEN_CONTINUE is interrupted before it writes a byte */
  VCCA_INJECT_DELAY,      /* each call of a command takes so long; the clock of the caller, nothing in the evidence */
};
enum { VCCA_INJECTIONS = 16, VCCA_INJECT_DELAY_MAX = 60000 };
struct vcca_injection {
  enum vcca_injection_kind kind;
  const struct vcca_command *command; /* NULL: any (DELAY only); INCOMPLETE knows its own */
  uint64_t status;                    /* of STATUS */
  unsigned milliseconds;              /* of DELAY, at most VCCA_INJECT_DELAY_MAX */
  unsigned times;                     /* how many calls it meets; 0: all, until vcca_running_inject_none */
};
/* Adds one; an earlier one for the same call comes first. Takes effect at once, also beside a call under
 * way. */
VCCA_API VCCA_MUST_USE bool vcca_running_inject(vcca_running *v, const struct vcca_injection *injection,
                                                struct vcca_error *err);
/* Takes all away, ends a delay under way, and puts the VM back on its own device. */
VCCA_API VCCA_MUST_USE bool vcca_running_inject_none(vcca_running *v, struct vcca_error *err);

/* --- The control socket ---------------------------------------------------------------------------------- */

/* A Unix socket by which other programs of the same user ask a running VM: one request a line, one line of
 * JSON back (docs/guest-software.md, "The control socket"). Up to VCCA_CONTROL_CLIENTS at once. */
enum { VCCA_CONTROL_LINE = 64 << 10, VCCA_CONTROL_CLIENTS = 256 };
typedef struct vcca_control vcca_control;
/* Serves at path, which must not exist, or be the socket of a server that is gone. stop(ctx) is called,
 * from a thread of the server's, when a client asks for the end. NULL on failure. Free with
 * vcca_control_stop (before the VM), which removes the socket. */
VCCA_API vcca_control *vcca_control_start(vcca_running *v, const char *path, void (*stop)(void *ctx), void *ctx,
                                          struct vcca_error *err);
/* Closes all connections, removes the socket and frees the server. NULL is allowed. */
VCCA_API void vcca_control_stop(vcca_control *c);

#ifdef __cplusplus
}
#endif
#endif
