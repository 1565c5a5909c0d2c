/* A running VM of a scenario of this tree.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/support.h"
#include "rooms/file.h"

vcca_running *running_open(const char *scenario)
{
  char path[4096];
  struct vcca_error err = {0};
  const char *source = getenv("VCCA_SOURCE");
  snprintf(path, sizeof path, "%s/scenarios/%s", source ? source : ".", scenario);
  vcca_running *v = vcca_running_start(path, &(struct vcca_running_options){.until = "vm"}, &err);
  check_ok(v != NULL, &err, scenario);
  return v;
}

struct vcca_bytes running_token(vcca_running *v, uint8_t byte)
{
  uint8_t challenge[VCCA_CHALLENGE_SIZE];
  struct vcca_bytes token = {0};
  struct vcca_error err = {0};
  uint64_t status = 1;
  memset(challenge, byte, sizeof challenge);
  check_ok(vcca_bytes_alloc(&token, VCCA_TOKEN_MAX, &err), &err, "memory");
  vcca_sink out = vcca_sink_of(token.p, token.n);
  check_ok(vcca_running_token(v, VCCA_SPAN(challenge), &out, NULL, &status, &err), &err, "token");
  assert_int_equal(status, 0);
  assert_true(vcca_sink_ok(&out));
  token.n = out.n;
  return token;
}
