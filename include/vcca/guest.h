/* A running VM, and how guest software reaches it. A scenario's VM is kept: machine, device and guest interface live on, and programs of the
 * guest run on its first REC, one after the other, whatever thread or process asks. Whatever they ask for goes through the monitor's own RSI
 * or TSI calls. docs/guest-software.md describes the whole.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_GUEST_H
#define VCCA_GUEST_H

#include <sys/types.h>

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
/* Carries a scenario out and keeps the VM that it booted last. NULL when it could not be run, an expectation failed, or there is no VM at its
 * end. Free with vcca_running_stop, when nobody uses it any more. */
VCCA_API vcca_running *vcca_running_start(const char *scenario, const struct vcca_running_options *options, struct vcca_error *err);
VCCA_API void vcca_running_stop(vcca_running *v);
/* Ends waits: a monitor's delay, and vcca_running_trace. What is asked from now on fails. For the way to vcca_running_stop. */
VCCA_API void vcca_running_end(vcca_running *v);

/* What the machine speaks, and the family of its tokens. */
VCCA_API enum vcca_abi vcca_running_abi(const vcca_running *v);
VCCA_API enum vcca_family vcca_running_family(const vcca_running *v);

/* Runs main(arg) as a program of the guest on its first REC; its scratch page is set. Callers wait for each other. False when the VM cannot run
 * (it is off), or the program did not come to its end: an external abort ended it, or the REC was entered 10,000 times. */
VCCA_API VCCA_MUST_USE bool vcca_running_do(vcca_running *v, vcca_guest_main main, void *arg, struct vcca_error *err);

/* What guests ask, as such programs. False as vcca_running_do; else *status is the call's: 0 is success. */

/* INIT and CONTINUE as Linux's drivers do: granule by granule until the token is whole. bound (may be NULL) receives what INIT promised; 0 when INIT
 * was refused. challenge: up to 64 bytes, zero-padded. A token longer than promised is cut. */
VCCA_API VCCA_MUST_USE bool vcca_running_token(vcca_running *v, vcca_span challenge, vcca_sink *token, uint64_t *bound, uint64_t *status,
                                               struct vcca_error *err);
/* index: 0 is the RIM, 1 to 4 are REM 0 to REM 3. *size receives the digest's length. */
VCCA_API VCCA_MUST_USE bool vcca_running_measurement(vcca_running *v, unsigned index, uint8_t value[VCCA_MEASUREMENT_SIZE], size_t *size,
                                                     uint64_t *status, struct vcca_error *err);
/* value: up to 64 bytes. */
VCCA_API VCCA_MUST_USE bool vcca_running_extend(vcca_running *v, unsigned index, vcca_span value, uint64_t *status, struct vcca_error *err);
/* virtCCA only: an error elsewhere. */
VCCA_API VCCA_MUST_USE bool vcca_running_certificate(vcca_running *v, vcca_sink *cert, uint64_t *status, struct vcca_error *err);

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
/* Adds one; an earlier one for the same call comes first. Takes effect at once, also beside a call under way. */
VCCA_API VCCA_MUST_USE bool vcca_running_inject(vcca_running *v, const struct vcca_injection *injection, struct vcca_error *err);
/* Takes all away, ends a delay under way, and puts the VM back on its own device. */
VCCA_API VCCA_MUST_USE bool vcca_running_inject_none(vcca_running *v, struct vcca_error *err);
/* From now on the monitor has the keys of another device, which has to be of the same kind. */
VCCA_API VCCA_MUST_USE bool vcca_running_move(vcca_running *v, const struct vcca_device *device, struct vcca_error *err);
/* The device that the scenario powered on. */
VCCA_API const struct vcca_device *vcca_running_device(const vcca_running *v);

/* --- Looking in ------------------------------------------------------------------------------------------ */

/* The VM as it is, as a JSON object (schema vcca-vm-1). */
VCCA_API void vcca_running_state(vcca_running *v, struct vcca_json *j);

/* Calls are told as lines of JSON, numbered from 1; the last 1000 are kept. Appends the first line that is kept and not before *number, with its
 * newline, and moves *number behind it. When there is none yet, waits until there is, wait being set. False: there is none. */
VCCA_API bool vcca_running_trace(vcca_running *v, uint64_t *number, bool wait, vcca_sink *line);
/* The number of the next line. */
VCCA_API uint64_t vcca_running_trace_next(vcca_running *v);

/* Standard input, output and error become /dev/null: whoever waits for their end need not wait for this process. */
VCCA_API VCCA_MUST_USE bool vcca_leave_terminal(void);

/* --- configfs-tsm ----------------------------------------------------------------------------------------- */

/* The directory of reports of Linux's configfs-tsm (/sys/kernel/config/tsm/report), with the provider arm_cca_guest, as a FUSE file system at a
 * folder. In a virtCCA guest no provider is registered: mkdir fails with ENXIO. Needs /dev/fuse, and root's rights or fusermount3. NULL on
 * failure. Free with vcca_tsm_unmount (before the VM). A watching process unmounts when this one is killed. */
typedef struct vcca_tsm vcca_tsm;
VCCA_API vcca_tsm *vcca_tsm_mount(vcca_running *v, const char *folder, struct vcca_error *err);
VCCA_API void vcca_tsm_unmount(vcca_tsm *t);

/* --- A program that finds what guests find ----------------------------------------------------------------- */

/* A process that will run a command (ends with NULL) in a mount namespace of its own, in which the reports are at their real path. Called before the
 * process has threads; vcca_running_start makes some. NULL on failure. Free with vcca_program_free (before the VM), which waits for the command to end. */
typedef struct vcca_program vcca_program;
VCCA_API vcca_program *vcca_program_new(const char *const *command, struct vcca_error *err);
/* Serves its reports and starts the command. In a virtCCA guest, which has other ways, it goes on without them where FUSE cannot be mounted. */
VCCA_API VCCA_MUST_USE bool vcca_program_start(vcca_program *p, vcca_running *v, struct vcca_error *err);
VCCA_API pid_t vcca_program_pid(const vcca_program *p);
/* Whether it has ended, and its exit code, as shells count: 128 and the signal's number. Does not wait. */
VCCA_API bool vcca_program_ended(vcca_program *p, int *code);
VCCA_API void vcca_program_free(vcca_program *p);

/* --- The control socket ---------------------------------------------------------------------------------- */

/* A Unix socket by which other programs of the same user ask a running VM: one request a line, one line of JSON back
 * (docs/guest-software.md, "The control socket"). Up to VCCA_CONTROL_CLIENTS at once. */
enum { VCCA_CONTROL_LINE = 64 << 10, VCCA_CONTROL_CLIENTS = 256 };
typedef struct vcca_control vcca_control;
/* Serves at path, which must not exist, or be the socket of a server that is gone. stop(ctx) is called, from a thread of the server's, when a
 * client asks for the end. NULL on failure. Free with vcca_control_stop (before the VM), which removes the socket. */
VCCA_API vcca_control *vcca_control_start(vcca_running *v, const char *path, void (*stop)(void *ctx), void *ctx, struct vcca_error *err);
VCCA_API void vcca_control_stop(vcca_control *c);
/* One request without its newline; the answer with it. This is what the server does with a line, "trace" with follow and "stop" apart. */
VCCA_API void vcca_control_answer(vcca_running *v, vcca_span request, vcca_sink *answer);

/* The other end. */
typedef struct vcca_client vcca_client;
VCCA_API vcca_client *vcca_client_open(const char *path, struct vcca_error *err);
VCCA_API void vcca_client_close(vcca_client *c);
/* Sends a line (with or without its newline), and reads the answer; the line lives until the next call. False, with what the server says, when it
 * answers that it did not do it. */
VCCA_API VCCA_MUST_USE bool vcca_client_ask(vcca_client *c, vcca_span request, vcca_span *answer, struct vcca_error *err);
/* The next line; *end when the server has closed the connection. */
VCCA_API VCCA_MUST_USE bool vcca_client_line(vcca_client *c, vcca_span *line, bool *end, struct vcca_error *err);
/* A member of the answer's object as text, into cap bytes; false when there is none. */
VCCA_API bool vcca_client_member(vcca_span answer, const char *name, char *buf, size_t cap);
/* A line of JSON for people: "name  value", nested objects indented. */
VCCA_API void vcca_client_text(vcca_span answer, vcca_sink *out);

#ifdef __cplusplus
}
#endif
#endif
