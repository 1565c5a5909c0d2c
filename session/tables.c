/* The session's tables.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/session.h"

static const struct vcca_message_row messages[] = {
#define MESSAGE(id, number, name, carries, answer, meaning) {VCCA_MESSAGE_##id, name, carries, answer, meaning},
#include "rooms/messages.def"
#undef MESSAGE
};
static const struct vcca_session_end_row ends[] = {
#define END(id, name, side, good, meaning, fix) {name, side, meaning, fix, good},
#include "rooms/session_ends.def"
#undef END
};
static const struct vcca_session_step_row steps[] = {
#define STEP(id, name, checks, meaning) {name, checks, meaning},
#include "rooms/session_steps.def"
#undef STEP
};

const struct vcca_message_row *vcca_message_at(size_t i)
{
  return i < sizeof messages / sizeof *messages ? &messages[i] : NULL;
}

const struct vcca_message_row *vcca_message_numbered(uint32_t number)
{
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
    if ((uint32_t)messages[i].message == number)
      return &messages[i];
  return NULL;
}

const struct vcca_session_end_row *vcca_session_end_at(size_t end)
{
  return end < VCCA_SESSION_ENDS ? &ends[end] : NULL;
}

const struct vcca_session_step_row *vcca_session_step_at(size_t step)
{
  return step < VCCA_SESSION_STEPS ? &steps[step] : NULL;
}

const struct vcca_session_chain *vcca_session_chain(enum vcca_key_type key)
{
  static const struct vcca_session_chain rsa = {"root_cert.pem", "sub_cert.pem", "PKI1000000002", "PKI1000000040"};
  static const struct vcca_session_chain p521 = {"eccp521_root_cert.pem", "eccp521_sub_cert.pem", "PKI1100000224",
                                                 "PKI1100000225"};
  return key == VCCA_KEY_P521 ? &p521 : &rsa; /* as the sample does for what it does not know */
}
