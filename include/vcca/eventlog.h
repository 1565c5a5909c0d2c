/* TCG crypto-agile event logs (TCG PC Client Platform Firmware Profile 9.2) as CCEL areas and TPM logs
 * hold them: a strict reader that never allocates, and the replay of registers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_EVENTLOG_H
#define VCCA_EVENTLOG_H

#include "vcca/hash.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Registers 1 to VCCA_LOG_REMS of a realm's log are REM 0 to 3. */
enum { VCCA_LOG_ALGS = 8, VCCA_LOG_REGISTERS = 32, VCCA_LOG_REMS = 4 };

/* Reading position in a log; the log's bytes must outlive it. */
struct vcca_eventlog {
  vcca_span bytes;
  size_t at;                /* offset of the next event */
  uint32_t header_register; /* register index of the Spec ID event */
  unsigned alg_count;
  struct {
    uint16_t id;   /* TCG algorithm id: 4 SHA-1, 0xb SHA-256, 0xc SHA-384, 0xd SHA-512, 0x12 SM3-256 */
    uint16_t size; /* digest bytes */
  } algs[VCCA_LOG_ALGS];
};

struct vcca_event {
  size_t offset; /* of the event in the log */
  uint32_t reg;  /* PCR or CC measurement register index */
  uint32_t type;
  unsigned digest_count;
  struct {
    uint16_t alg;
    vcca_span bytes;
  } digests[VCCA_LOG_ALGS];
  vcca_span data;
};

/* Reads the header, a Spec ID Event03, and puts the reading position after it. Allocates nothing. False
 * when bytes do not start with such a header; the error has the offset. */
VCCA_API VCCA_MUST_USE bool vcca_eventlog_open(struct vcca_eventlog *log, vcca_span bytes, struct vcca_error *err);
/* The next event: 1 = got one, 0 = end of log (end of bytes, or an unused area that is all 0xFF or all
 * zero up to the end), -1 = malformed (err says where and why). */
VCCA_API int vcca_eventlog_next(struct vcca_eventlog *log, struct vcca_event *event, struct vcca_error *err);
/* The name of an event type: "EV_EFI_VARIABLE_BOOT"; NULL when the type is unknown. */
VCCA_API const char *vcca_event_type_name(uint32_t type);
/* The event's digest under a TCG algorithm id (struct vcca_eventlog); points into the log. {NULL, 0} when
 * the event has none. */
VCCA_API vcca_span vcca_event_digest(const struct vcca_event *event, uint16_t alg);

/* Register values after the whole log: R = H(R || digest) from zero, EV_NO_ACTION skipped. Registers of
 * index 32 or more are counted in `others` and not replayed. PCR 0 of a TPM starts from the locality of
 * its startup in the last byte, where the log says one (StartupLocality; 4 when it starts with an H-CRTM):
 * PC Client Platform Firmware Profile 1.05, 10.4.5.3. */
struct vcca_replay {
  enum vcca_hash_alg alg;
  uint8_t value[VCCA_LOG_REGISTERS][VCCA_HASH_MAX];
  unsigned events[VCCA_LOG_REGISTERS]; /* extends seen per register */
  unsigned total;                      /* events in the log, the header not counted */
  unsigned others;
  bool cc; /* the log of a realm (CCEL), not of a TPM */
  bool has_locality;
  uint8_t locality; /* that PCR 0 starts from */
};
/* Replays a whole log under one hash algorithm. False when the log is malformed (the error has the
 * offset), or does not list the algorithm. */
VCCA_API VCCA_MUST_USE bool vcca_eventlog_replay(vcca_span bytes, enum vcca_hash_alg alg, struct vcca_replay *out,
                                                 struct vcca_error *err);

#ifdef __cplusplus
}
#endif
#endif
