/* The attestation session between a VM (server) and a relying party (client), as the virtCCA SDK's samples
 * hold it over TCP. docs/session.md describes the protocol and how sessions end.
 *
 * Replies carry no length, and the samples read each with one read. Here a reply ends where its own form
 * says so: DER, PEM, CBOR, an ACPI table and the log's size all tell their length. So a reply may come in
 * any number of pieces.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_SESSION_H
#define VCCA_SESSION_H

#include <signal.h>

#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/file.h"
#include "rooms/verifier.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  VCCA_SESSION_PORT = 7220,
  VCCA_SESSION_ANSWER_MAX = 4096,  /* bytes of a certificate, a token or a CCEL table */
  VCCA_SESSION_LOG_MAX = 2 << 20,  /* bytes of an event log */
  VCCA_SESSION_KEY_MAX = 4096,     /* bytes of a key */
  VCCA_SESSION_REQUESTS_MAX = 32,  /* for evidence, in one session */
  VCCA_SESSION_CONNECTIONS = 1024, /* at a time, by default */
  VCCA_SESSION_IDLE = 10000,       /* milliseconds, by default */
  VCCA_SESSION_LIMIT = 60000,      /* milliseconds, by default */
  VCCA_SESSION_CHALLENGE = 64,     /* bytes of a challenge */
};

/* --- Tables ---------------------------------------------------------------------------------------------- */

/* The messages, one row each in rooms/messages.def; a message's value is its number on the wire. */
enum vcca_message {
#define MESSAGE(id, number, name, carries, answer, meaning) VCCA_MESSAGE_##id = (number),
#include "rooms/messages.def"
#undef MESSAGE
};
struct vcca_message_row {
  enum vcca_message message;
  const char *name, *carries, *answer, *meaning;
};
/* The i-th message; NULL beyond the last. */
const struct vcca_message_row *vcca_message_at(size_t i);
/* By its number; NULL when there is none. */
const struct vcca_message_row *vcca_message_numbered(uint32_t number);

/* How a session ends, one row each in rooms/session_ends.def. */
enum vcca_session_end {
#define END(id, name, side, good, meaning, fix) VCCA_END_##id,
#include "rooms/session_ends.def"
#undef END
  VCCA_SESSION_ENDS
};
struct vcca_session_end_row {
  const char *name, *side, *meaning, *fix;
  bool good; /* the session took its course, whatever the verdict */
};
/* The row of an end; NULL beyond the last. */
const struct vcca_session_end_row *vcca_session_end_at(size_t end);

/* --- What the server reads (pure) ------------------------------------------------------------------------ */

/* Reads a client's messages, however they are cut. Zero-initialise before use. */
struct vcca_session_reader {
  uint8_t held[4 + VCCA_SESSION_KEY_MAX + 1]; /* of the message that is coming */
  size_t held_size;
  unsigned requests;          /* for evidence, until now */
  bool asked_token, accepted; /* what has been */
  bool over;                  /* a verdict without more to come, or a fault */
};
enum vcca_session_read {
  VCCA_SESSION_MORE,    /* the message goes on */
  VCCA_SESSION_MESSAGE, /* there is a whole one */
  VCCA_SESSION_OVER,    /* it cannot be: *end says why */
};
/* Where the next bytes go, and how many of them at most (1 at least, until the session is over): never more
 * than belong to this message. */
uint8_t *vcca_session_room(struct vcca_session_reader *r, size_t *n);
/* n bytes were put there; 0: the peer has closed its side. A message's payload points into the reader,
 * until the next call. After VCCA_SESSION_OVER, and after REJECTED, NO_KEY and KEY, nothing more is read. */
enum vcca_session_read vcca_session_took(struct vcca_session_reader *r, size_t n, enum vcca_message *message,
                                         vcca_span *payload, enum vcca_session_end *end);

/* --- What the client sends and reads (pure) -------------------------------------------------------------- */

/* Appends a message. payload: the challenge (padded with zeros to 64 bytes) or the key; else empty. */
void vcca_session_put(enum vcca_message message, vcca_span payload, vcca_sink *out);

enum vcca_session_answer { VCCA_ANSWER_MORE, VCCA_ANSWER_WHOLE, VCCA_ANSWER_BAD };
/* Whether the answer to a message is whole, by the bytes there are. WHOLE: *skip bytes come before it
 * (white space after PEM, the log's size) and it has *size. BAD: *end is MALFORMED_ANSWER or
 * ANSWER_TOO_LARGE, and err has the byte. Whether its content is good is the verifier's to say. */
enum vcca_session_answer vcca_session_answer(enum vcca_message to, vcca_span bytes, size_t *skip, size_t *size,
                                             enum vcca_session_end *end, struct vcca_error *err);

/* --- The server ------------------------------------------------------------------------------------------ */

/* What a server answers with. */
struct vcca_session_source {
  void *ctx;
  /* Each puts the answer into out; false with err when the VM has none. */
  bool (*certificate)(void *ctx, vcca_sink *out, struct vcca_error *err);
  bool (*token)(void *ctx, vcca_span challenge, vcca_sink *out, struct vcca_error *err);
  vcca_span ccel_table, eventlog; /* {NULL, 0}: none. They outlive the server */
  /* Takes a key; NULL: none is taken. *refused says that it was not for want of room, but because one is
   * there already. */
  bool (*key)(void *ctx, vcca_span key, bool *refused, struct vcca_error *err);
};
struct vcca_session_report {
  unsigned number; /* of the session, from 1 */
  char peer[64];   /* "127.0.0.1:41234" */
  unsigned requests;
  uint64_t sent, received; /* bytes */
  enum vcca_session_end end;
  struct vcca_error why; /* text "" when the end says it all */
};
struct vcca_session_server {
  const struct vcca_session_source *source;
  void (*report)(void *ctx, const struct vcca_session_report *report); /* each session, when it has ended; NULL: none */
  void *report_ctx;
  const volatile sig_atomic_t
      *stop;            /* set: the server ends, within a fifth of a second where no signal interrupts it */
  unsigned connections; /* at a time; others wait until one has ended */
  unsigned idle, limit; /* milliseconds */
  bool once;            /* ends after the first session with a verdict or a key */
};
/* Listens. Port 0 is the system's choice; *port receives it. The socket, or -1. */
int vcca_session_listen(const char *address, unsigned port, unsigned *bound, struct vcca_error *err);
/* Serves sessions until *stop is set (or once), then closes those that are open. The listening socket stays
 * open. False when it could not go on. *last receives how the last session with a verdict ended, NO_VERDICT
 * when there was none. */
VCCA_MUST_USE bool vcca_session_serve(int listener, const struct vcca_session_server *server,
                                      enum vcca_session_end *last, struct vcca_error *err);

/* --- The client ------------------------------------------------------------------------------------------ */

struct vcca_session_client {
  int socket; /* -1: closed */
  unsigned idle;
  uint64_t deadline;
  char peer[80];
};
/* What a session gave; free with vcca_session_evidence_free. Zero-initialise before use. */
struct vcca_session_evidence {
  struct vcca_bytes certificate, token, ccel_table, eventlog;
};
void vcca_session_evidence_free(struct vcca_session_evidence *e);
/* Connects. idle and limit in milliseconds. False with *end and err. */
VCCA_MUST_USE bool vcca_session_connect(const char *address, unsigned port, unsigned idle, unsigned limit,
                                        struct vcca_session_client *out, enum vcca_session_end *end,
                                        struct vcca_error *err);
/* Asks for certificate, token and, with_log being set, CCEL table and log, in this order. */
VCCA_MUST_USE bool vcca_session_collect(struct vcca_session_client *c, vcca_span challenge, bool with_log,
                                        struct vcca_session_evidence *out, enum vcca_session_end *end,
                                        struct vcca_error *err);
/* Tells the verdict and, when it is good, the key (key.p NULL: none). Then the connection is to be closed. */
VCCA_MUST_USE bool vcca_session_conclude(struct vcca_session_client *c, bool accepted, vcca_span key,
                                         enum vcca_session_end *end, struct vcca_error *err);
void vcca_session_close(struct vcca_session_client *c);
/* 64 bytes that nobody can foresee, from the system. */
VCCA_MUST_USE bool vcca_session_challenge(uint8_t out[VCCA_SESSION_CHALLENGE], struct vcca_error *err);

/* The names of CA certificates that the sample client looks for, by the device certificate's key, and the
 * publisher's numbers of them. */
struct vcca_session_chain {
  const char *root, *sub, *root_number, *sub_number;
};
const struct vcca_session_chain *vcca_session_chain(enum vcca_key_type key);

/* --- The client's judgement ------------------------------------------------------------------------------ */

/* The steps, one row each in rooms/session_steps.def. */
enum vcca_session_step {
#define STEP(id, name, checks, meaning) VCCA_STEP_##id,
#include "rooms/session_steps.def"
#undef STEP
  VCCA_SESSION_STEPS
};
struct vcca_session_step_row {
  const char *name, *checks, *meaning;
};
/* The row of a step; NULL beyond the last. */
const struct vcca_session_step_row *vcca_session_step_at(size_t step);
struct vcca_session_finding {
  enum vcca_outcome outcome;
  enum vcca_check check; /* that decides it: the first that failed, or that was not run */
};
struct vcca_session_judgement {
  bool accepted;
  enum vcca_session_step failed; /* the first that failed; VCCA_SESSION_STEPS: none */
  struct vcca_session_finding steps[VCCA_SESSION_STEPS];
  struct vcca_verdict verdict;
};
/* Verifies and puts the verdict into the order of the steps. Structure, chain (where the trust comes from a
 * chain), realm signature and freshness have to pass, and so has every check that evidence has a reference
 * for. */
void vcca_session_judge(const struct vcca_evidence *evidence, struct vcca_session_judgement *out);

#ifdef __cplusplus
}
#endif
#endif
