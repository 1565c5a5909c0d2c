/* The guest's side: RSI (Arm), TSI (virtCCA) and PSCI calls, tokens, and a library for guest programs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TSI_H
#define VCCA_TSI_H

#include "vcca/hsm.h"
#include "vcca/rmm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The RSI, TSI and PSCI tables. */
VCCA_API const struct vcca_interface *vcca_rsi(void);
VCCA_API const struct vcca_interface *vcca_tsi(void);
VCCA_API const struct vcca_interface *vcca_psci(void);

/* Gives a machine the guest side of its monitor: RSI and PSCI on an RMI machine, TSI and PSCI on a TMI
 * machine. As on real machines, the monitor fetches its RAK and the platform token from the HSM now, and
 * keeps them. family is the kind of token that guests get; its key must be of the HSM's kind. The HSM must
 * outlive the interface. Free it with vcca_guest_interface_free, before the machine. NULL, with *err filled,
 * on failure.
 *
 * Guest calls are traced to the machine's trace hook, each once: a call that is issued again, since the host
 * had to map its buffer first, is traced when it has returned. */
typedef struct vcca_guest_interface vcca_guest_interface;
VCCA_API vcca_guest_interface *vcca_tsi_attach(vcca_machine *m, vcca_hsm *hsm, enum vcca_family family,
                                               struct vcca_error *err);
VCCA_API void vcca_guest_interface_free(vcca_guest_interface *gi);

/* --- A guest program ------------------------------------------------------------------------------------- */

/* A guest is straight-line C: a function that makes calls, loads and stores. It runs while its REC runs. A
 * call returns when the monitor has answered it; if the REC leaves to the host for it, that is after the host
 * entered the REC again. A REC has at most one guest (docs/guest.md). */
typedef struct vcca_guest vcca_guest;
typedef void (*vcca_guest_main)(void *arg, vcca_guest *g);

/* Prepares main(arg) to run on rec. The guests of a machine together become its program; a REC without a
 * guest goes on with the program that was set before the first of them. Do not set another program while
 * there are guests. The guest belongs to this REC: another REC that is made at the same address does not run
 * it. NULL, with *err filled, when rec is no REC, has a guest, or memory or threads are used up. Ends with
 * vcca_guest_free. */
VCCA_API vcca_guest *vcca_guest_new(vcca_machine *m, uint64_t rec, vcca_guest_main main, void *arg,
                                    struct vcca_error *err);
/* Ends the guest, wherever it is; what main holds is not released. Do not call it from within a guest, and
 * call it before the machine is freed. */
VCCA_API void vcca_guest_free(vcca_guest *g);

/* Names the program of a REC that has no guest and is about to do something; info tells who the REC is. It is
 * for RECs that somebody else's host code makes, so that vcca_guest_new cannot be called in time. Returns
 * main, and sets *arg to main's argument. NULL: the REC goes on with the program that was set before, and
 * choose is asked again at its next event. It must not call a function of this header, or enter or destroy
 * RECs. */
typedef vcca_guest_main (*vcca_guest_choice)(void *ctx, vcca_machine *m, uint64_t rec, const struct vcca_rec_info *info,
                                             void **arg);
/* Sets choose, in place of an earlier one, to name the programs of RECs without a guest. The guests that it
 * starts belong to the machine: the library ends those whose REC is gone when it starts another one. With
 * choose NULL it ends all of them; call that before the machine is freed. False, with *err filled, without
 * memory. If memory or threads do not suffice for a guest later, its REC leaves with an SError at each
 * entry. */
VCCA_API VCCA_MUST_USE bool vcca_guest_attach(vcca_machine *m, vcca_guest_choice choose, void *ctx,
                                              struct vcca_error *err);
/* Whether main has returned. The REC then waits for interrupts for ever. */
VCCA_API bool vcca_guest_done(const vcca_guest *g);

/* The functions from here on are for main, and only while it runs.
 *
 * Makes an SMC with x0..x17 and returns the results in x. */
VCCA_API void vcca_guest_call(vcca_guest *g, uint64_t x[VCCA_SMC_REGS]);
/* Reports any event of the REC: an abort, WFI, an interrupt. Returns when the REC goes on. */
VCCA_API void vcca_guest_event(vcca_guest *g, const struct vcca_realm_event *event);
/* The REC's registers: at the start of main what the REC was created with, after an emulated load the host's
 * value. The pointer is good until main makes its next call, load, store or event. */
VCCA_API struct vcca_cpu *vcca_guest_cpu(vcca_guest *g);
/* Loads and stores n bytes by IPA. While the host has not mapped the memory, the access leaves as a data
 * abort and is tried again at each entry. Where no memory will ever be (RIPAS EMPTY, or beyond the IPA
 * width), the abort ends main. */
VCCA_API void vcca_guest_load(vcca_guest *g, uint64_t ipa, vcca_sink *out, size_t n);
VCCA_API void vcca_guest_store(vcca_guest *g, uint64_t ipa, vcca_span bytes);

/* The calls of both interfaces under one set of names; buffers that TSI wants in memory go through the page
 * at `scratch` (an IPA of guest RAM; set it first). Each returns the interface's own status, 0 for
 * success. */
VCCA_API void vcca_guest_scratch(vcca_guest *g, uint64_t ipa);
VCCA_API uint64_t vcca_guest_version(vcca_guest *g, unsigned *major, unsigned *minor);
VCCA_API uint64_t vcca_guest_measurement_read(vcca_guest *g, unsigned index, uint8_t value[VCCA_MEASUREMENT_SIZE]);
VCCA_API uint64_t vcca_guest_measurement_extend(vcca_guest *g, unsigned index, vcca_span value);
VCCA_API uint64_t vcca_guest_realm_config(vcca_guest *g, unsigned *ipa_width, unsigned *hash_alg);
/* TOKEN_INIT, then TOKEN_CONTINUE in chunks of chunk bytes (0: a page) until the token is complete. challenge
 * has up to 64 bytes and is padded with zeros. token receives the bytes; vcca_sink_ok tells whether they
 * fitted. */
VCCA_API uint64_t vcca_guest_token(vcca_guest *g, vcca_span challenge, size_t chunk, vcca_sink *token);
/* The device certificate, by TSI only: DER for RSA devices, PEM for others. */
VCCA_API uint64_t vcca_guest_device_cert(vcca_guest *g, vcca_sink *cert);

#ifdef __cplusplus
}
#endif
#endif
