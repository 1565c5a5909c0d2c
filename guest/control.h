/* Between the files of the control socket.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GUEST_CONTROL_H
#define GUEST_CONTROL_H

#include <sys/un.h>

#include "guest/running.h"
#include "rooms/error.h"

/* What is left to do after a request was read. */
struct control_request {
  bool stop;          /* after the answer */
  bool trace, follow; /* before the answer: lines of the trace */
  uint64_t from;      /* from this one on */
};
/* Carries a request out and writes the answer. */
void control_answer(vcca_running *v, vcca_span line, struct control_request *request, vcca_sink *answer);
/* An answer that says why not. */
void control_refuse(vcca_sink *answer, const char *fmt, ...) VCCA_PRINTF(2, 3);
VCCA_MUST_USE bool control_address(const char *path, struct sockaddr_un *out, struct vcca_error *err);

#endif
