/* The guest's side: RSI (Arm), TSI (virtCCA) and PSCI calls, the making of tokens, and a library for guest programs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TSI_H
#define VCCA_TSI_H

#include "vcca/hsm.h"
#include "vcca/rmm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The tables. */
VCCA_API const struct vcca_interface *vcca_rsi(void);
VCCA_API const struct vcca_interface *vcca_tsi(void);
VCCA_API const struct vcca_interface *vcca_psci(void);

/* The monitor's guest interface on a machine: answers RSI and PSCI on an RMI machine, TSI and PSCI on a TMI one. At attach
 * time the monitor fetches its RAK and the platform token from the HSM and keeps them, as on real machines; the HSM must outlive it.
 * Frees with vcca_guest_interface_free (before the machine). */
typedef struct vcca_guest_interface vcca_guest_interface;
VCCA_API vcca_guest_interface *vcca_tsi_attach(vcca_machine *m, vcca_hsm *hsm, enum vcca_family family, struct vcca_error *err);
VCCA_API void vcca_guest_interface_free(vcca_guest_interface *gi);

/* The monitor takes its keys, the platform token and the certificate from another HSM of the same family, as if the VM had moved to
 * that machine; the VM's measurements stay. The HSM must outlive the interface. On failure all is as it was. */
VCCA_API VCCA_MUST_USE bool vcca_guest_interface_rekey(vcca_guest_interface *gi, vcca_hsm *hsm, struct vcca_error *err);

/* Asked before each guest call that a table knows is handled. True: the call does nothing, x0 is *status and x1 to x3 are 0. For tests of
 * guest software, which has to take a monitor that fails. */
typedef bool (*vcca_guest_intercept)(void *ctx, const struct vcca_interface *interface, const struct vcca_command *command, uint64_t rec,
                                     uint64_t *status);
VCCA_API void vcca_guest_interface_intercept(vcca_guest_interface *gi, vcca_guest_intercept intercept, void *ctx);

/* Guest calls are traced to the machine's own trace hook; one that is issued again, for the host had to map its buffer first, when it
 * has returned. */

/* --- A guest program ------------------------------------------------------------------------------------- */

/* A guest is straight-line C: a function that makes calls, loads and stores. It runs while its REC runs; each call leaves to
 * the monitor and comes back when the host enters the REC again. One guest per REC. */
typedef struct vcca_guest vcca_guest;
typedef void (*vcca_guest_main)(void *arg, vcca_guest *g);

/* Prepares main(arg) to run on rec, and becomes the machine's program (several guests on one machine share it; RECs without a
 * guest go on with the program there was before). Do not set another program while there are guests. The guest is that REC's: another REC
 * that is made at the same address does not run it. */
VCCA_API vcca_guest *vcca_guest_new(vcca_machine *m, uint64_t rec, vcca_guest_main main, void *arg, struct vcca_error *err);
/* Ends the guest, wherever it is (what main holds is not released). Not from within a guest; before the machine is freed. */
VCCA_API void vcca_guest_free(vcca_guest *g);

/* For RECs that somebody else's host code makes, so that vcca_guest_new cannot be called in time: names the program of a REC that has no
 * guest and is about to do something. Returns main, and sets *arg to what main is given; NULL: the REC goes on with the program there was,
 * and choose is asked again at its next event. info says who the REC is. It makes no calls that concern guests or their RECs. */
typedef vcca_guest_main (*vcca_guest_choice)(void *ctx, vcca_machine *m, uint64_t rec, const struct vcca_rec_info *info, void **arg);
/* From now on choose names the programs of RECs without a guest; it replaces the choice there was. The guests it starts are the
 * machine's: they end when their REC is gone and another one is started, and all of them with choose NULL, which must be called before
 * the machine is freed. False without memory; without a thread for a guest, its REC leaves with an SError at each entry. */
VCCA_API VCCA_MUST_USE bool vcca_guest_attach(vcca_machine *m, vcca_guest_choice choose, void *ctx, struct vcca_error *err);
/* Whether main has returned (the REC then waits for interrupts for ever). */
VCCA_API bool vcca_guest_done(const vcca_guest *g);

/* What main may call. An SMC with x0..x17 in and out. */
VCCA_API void vcca_guest_call(vcca_guest *g, uint64_t x[VCCA_SMC_REGS]);
/* The next event of the REC is the given one (an abort, WFI, IRQ ...). */
VCCA_API void vcca_guest_event(vcca_guest *g, const struct vcca_realm_event *event);
/* The REC's registers: at the start of main what it was created with, after an emulated load what the host answered. Good until main
 * makes its next call. */
VCCA_API struct vcca_cpu *vcca_guest_cpu(vcca_guest *g);
/* Realm memory by IPA; an access that does not translate becomes a data abort and is tried again when the REC runs on. Where there
 * is no memory to come (RIPAS EMPTY, or beyond the IPA width) the external abort ends main. */
VCCA_API void vcca_guest_load(vcca_guest *g, uint64_t ipa, vcca_sink *out, size_t n);
VCCA_API void vcca_guest_store(vcca_guest *g, uint64_t ipa, vcca_span bytes);

/* The calls of both interfaces under one set of names; buffers that TSI wants in memory go through the page at `scratch`
 * (an IPA of guest RAM, set once). Status is the interface's own (0 success). */
VCCA_API void vcca_guest_scratch(vcca_guest *g, uint64_t ipa);
VCCA_API uint64_t vcca_guest_version(vcca_guest *g, unsigned *major, unsigned *minor);
VCCA_API uint64_t vcca_guest_measurement_read(vcca_guest *g, unsigned index, uint8_t value[VCCA_MEASUREMENT_SIZE]);
VCCA_API uint64_t vcca_guest_measurement_extend(vcca_guest *g, unsigned index, vcca_span value);
VCCA_API uint64_t vcca_guest_realm_config(vcca_guest *g, unsigned *ipa_width, unsigned *hash_alg);
/* INIT, then CONTINUE by chunks until the token is whole. challenge: up to 64 bytes, zero-padded. */
VCCA_API uint64_t vcca_guest_token(vcca_guest *g, vcca_span challenge, size_t chunk, vcca_sink *token);
/* TSI only. */
VCCA_API uint64_t vcca_guest_device_cert(vcca_guest *g, vcca_sink *cert);

#ifdef __cplusplus
}
#endif
#endif
