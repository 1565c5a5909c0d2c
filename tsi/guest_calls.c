/* The calls of RSI and TSI under the same names, for guest programs. They follow the published interfaces and
 * use nothing of the monitor's side.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tsi/guest_program.h"
#include "rooms/tsi.h"

#include <string.h>

/* RSI's numbers. TSI's are the same where both have the call. */
#define FID(number) (UINT64_C(0xC4000000) | UINT64_C(number))
enum { SUCCESS = 0, INCOMPLETE = 3, VALUE_SIZE = 64 };

static unsigned revision_major(uint64_t revision)
{
  return (unsigned)(revision >> 16 & 0x7fff);
}

static void put_registers(uint64_t *x, const uint8_t bytes[VALUE_SIZE])
{
  for (size_t i = 0; i < 8; i++)
    x[i] = vcca_le64(bytes + 8 * i);
}

/* Copies the bytes, cut or padded with zeros to 64. */
static void pad(vcca_span bytes, uint8_t out[VALUE_SIZE])
{
  vcca_sink s = vcca_sink_of(out, VALUE_SIZE);
  memset(out, 0, VALUE_SIZE);
  vcca_sink_put(&s, vcca_span_sub(bytes, 0, VALUE_SIZE));
}

uint64_t vcca_guest_version(vcca_guest *g, unsigned *major, unsigned *minor)
{
  uint64_t x[VCCA_SMC_REGS] = {FID(0x190), UINT64_C(0x10000)};
  vcca_guest_call(g, x);
  uint64_t revision = guest_speaks_tsi(g) ? x[0] : x[2];
  *major = revision_major(revision);
  *minor = (unsigned)(revision & 0xffff);
  return guest_speaks_tsi(g) ? SUCCESS : x[0];
}

uint64_t vcca_guest_measurement_read(vcca_guest *g, unsigned index, uint8_t value[VCCA_MEASUREMENT_SIZE])
{
  uint64_t x[VCCA_SMC_REGS] = {FID(0x192), index};
  vcca_sink out = vcca_sink_of(value, VALUE_SIZE);
  if (guest_speaks_tsi(g))
    x[2] = guest_scratch(g);
  vcca_guest_call(g, x);
  if (x[0] != SUCCESS)
    return x[0];
  if (guest_speaks_tsi(g))
    vcca_guest_load(g, guest_scratch(g), &out, VALUE_SIZE);
  else
    for (size_t i = 0; i < 8; i++)
      vcca_put_le64(value + 8 * i, x[1 + i]);
  return x[0];
}

uint64_t vcca_guest_measurement_extend(vcca_guest *g, unsigned index, vcca_span value)
{
  uint64_t x[VCCA_SMC_REGS] = {FID(0x193), index, value.n};
  uint8_t bytes[VALUE_SIZE];
  pad(value, bytes);
  if (guest_speaks_tsi(g)) {
    vcca_guest_store(g, guest_scratch(g), VCCA_SPAN(bytes));
    x[3] = guest_scratch(g);
  } else {
    put_registers(x + 3, bytes);
  }
  vcca_guest_call(g, x);
  return x[0];
}

uint64_t vcca_guest_realm_config(vcca_guest *g, unsigned *ipa_width, unsigned *hash_alg)
{
  uint64_t x[VCCA_SMC_REGS] = {FID(0x196)};
  uint8_t config[16];
  vcca_sink out = VCCA_SINK(config);
  if (!guest_speaks_tsi(g))
    x[1] = guest_scratch(g);
  vcca_guest_call(g, x);
  if (x[0] != SUCCESS)
    return x[0];
  if (!guest_speaks_tsi(g)) {
    vcca_guest_load(g, guest_scratch(g), &out, sizeof config);
    x[1] = vcca_le64(config);
    x[2] = config[8];
  }
  *ipa_width = (unsigned)x[1];
  *hash_alg = (unsigned)x[2];
  return x[0];
}

static uint64_t token_init(vcca_guest *g, vcca_span challenge)
{
  uint64_t x[VCCA_SMC_REGS] = {FID(0x194)};
  uint8_t bytes[VALUE_SIZE];
  pad(challenge, bytes);
  if (guest_speaks_tsi(g)) {
    vcca_guest_store(g, guest_scratch(g), VCCA_SPAN(bytes));
    x[1] = guest_scratch(g);
  } else {
    put_registers(x + 1, bytes);
  }
  vcca_guest_call(g, x);
  return x[0];
}

uint64_t vcca_guest_token(vcca_guest *g, vcca_span challenge, size_t chunk, vcca_sink *token)
{
  uint64_t status = token_init(g, challenge);
  if (chunk == 0 || chunk > VCCA_PAGE)
    chunk = VCCA_PAGE;
  for (status = status == SUCCESS ? INCOMPLETE : status; status == INCOMPLETE;) {
    uint64_t x[VCCA_SMC_REGS] = {FID(0x195), guest_scratch(g), 0, chunk};
    vcca_guest_call(g, x);
    status = x[0];
    if (status == SUCCESS || status == INCOMPLETE)
      vcca_guest_load(g, guest_scratch(g), token, (size_t)x[1]);
  }
  return status;
}

uint64_t vcca_guest_device_cert(vcca_guest *g, vcca_sink *cert)
{
  uint64_t x[VCCA_SMC_REGS] = {FID(0x19A), guest_scratch(g), VCCA_PAGE};
  vcca_guest_call(g, x);
  if (x[0] == SUCCESS)
    vcca_guest_load(g, guest_scratch(g), cert, (size_t)x[1]);
  return x[0];
}

uint64_t vcca_guest_sealing_key(vcca_guest *g, vcca_span param, uint8_t key[VCCA_SEALING_KEY])
{
  uint64_t at = guest_scratch(g), x[VCCA_SMC_REGS] = {FID(0x19B), 0, at, param.n, at + VALUE_SIZE};
  vcca_sink out = vcca_sink_of(key, VCCA_SEALING_KEY);
  uint8_t bytes[VALUE_SIZE];
  pad(param, bytes);
  vcca_guest_store(g, at, VCCA_SPAN(bytes));
  vcca_guest_call(g, x);
  if (x[0] == SUCCESS)
    vcca_guest_load(g, at + VALUE_SIZE, &out, VCCA_SEALING_KEY);
  return x[0];
}
