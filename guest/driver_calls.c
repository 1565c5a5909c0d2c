/* The drivers of a virtCCA guest: what openEuler's kernel does for an ioctl of /dev/tsi (OLK-6.6, the TSI
 * driver) and of /dev/sealingkey (virtCCA_driver, sealing_key.c), call for call, with its results. Where
 * the driver returns a TSI status as it is, so does this.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "guest/running.h"
#include "rooms/guest.h"
#include "rooms/error.h"
#include "rooms/span.h"

#define TSI(number) (UINT64_C(0xC4000000) | UINT64_C(number))
enum { SUCCESS = 0, INCOMPLETE = 3, TOKEN_GRANULES = 2, SEALING_KEY = 32, USER_PARAM = 64 };

struct call {
  vcca_guest *g;
  uint64_t page; /* IPA of a page for buffers */
  const uint8_t *in;
  struct driver_answer *out;
};

/* Makes an SMC; x[0] is the status then. */
static uint64_t smc(const struct call *c, uint64_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4,
                    uint64_t *out)
{
  uint64_t x[VCCA_SMC_REGS] = {fid, x1, x2, x3, x4};
  vcca_guest_call(c->g, x);
  if (out)
    *out = x[1];
  return x[0];
}

/* A status as the result of a driver that returns it as an int: NOT_SUPPORTED, -1, is EPERM to the
 * program. */
static int32_t raw(uint64_t status)
{
  return (int32_t)(uint32_t)status;
}

/* The next bytes of the program's argument. */
static void give(const struct call *c, size_t at, vcca_span bytes)
{
  memcpy(c->out->bytes + c->out->used, bytes.p, bytes.n);
  c->out->used += bytes.n;
  c->out->write[c->out->writes].at = (uint32_t)at;
  c->out->write[c->out->writes++].size = (uint32_t)bytes.n;
}

/* --- /dev/tsi ------------------------------------------------------------------------------------------- */

static int32_t tsi_version(const struct call *c)
{
  uint8_t version[8];
  uint64_t revision = smc(c, TSI(0x190), 0, 0, 0, 0, NULL);
  vcca_put_le32(version, (uint32_t)(revision >> 16));
  vcca_put_le32(version + 4, (uint32_t)revision & 0xffff);
  give(c, 0, VCCA_SPAN(version));
  return 0;
}

static int32_t attestation_token(const struct call *c)
{
  enum { AT_TOKEN = 64, AT_SIZE = 8256 };
  uint8_t token[TOKEN_GRANULES * VCCA_PAGE], size[8];
  vcca_sink out = VCCA_SINK(token);
  uint64_t status, written;
  vcca_guest_store(c->g, c->page, vcca_span_of(c->in, VCCA_CHALLENGE_SIZE));
  if (smc(c, TSI(0x194), c->page, 0, 0, 0, NULL) != SUCCESS)
    return -EIO;
  unsigned granules = 0;
  do {
    uint64_t offset = 0;
    if (granules++ == TOKEN_GRANULES)
      return -ENOMEM;
    do {
      status = smc(c, TSI(0x195), c->page, offset, VCCA_PAGE - offset, 0, &written);
      offset += written < VCCA_PAGE - offset ? written : VCCA_PAGE - offset;
    } while (status == INCOMPLETE && offset < VCCA_PAGE);
    vcca_guest_load(c->g, c->page, &out, (size_t)offset);
  } while (status == INCOMPLETE); /* another status ends the loop, too, and the driver gives what it has */
  vcca_put_le64(size, out.n);
  give(c, AT_SIZE, VCCA_SPAN(size));
  give(c, AT_TOKEN, vcca_sink_span(&out));
  return 0;
}

static int32_t device_cert(const struct call *c)
{
  enum { AT_SIZE = 0, AT_VALUE = 8 };
  uint8_t cert[VCCA_PAGE], size[8];
  vcca_sink out = VCCA_SINK(cert);
  uint64_t n;
  if (smc(c, TSI(0x19A), c->page, sizeof cert, 0, 0, &n) != SUCCESS || n > sizeof cert)
    return -EIO;
  vcca_guest_load(c->g, c->page, &out, (size_t)n);
  vcca_put_le64(size, n);
  give(c, AT_VALUE, vcca_sink_span(&out));
  give(c, AT_SIZE, VCCA_SPAN(size));
  return 0;
}

/* Migration: the monitor has these calls or not, and the driver tells. */
static int32_t migration_info(const struct call *c)
{
  enum { GET_ATTR, SET_SLOT, PEEK_RDS, CONTENT_SIZE = 96 };
  uint32_t operation = vcca_le32(c->in);
  uint64_t content = vcca_le64(c->in + 8), rd = vcca_le64(c->in + 16), status;
  if (content == 0)
    return 0; /* as the driver does */
  if (vcca_le64(c->in + 24) != CONTENT_SIZE || operation > PEEK_RDS)
    return -EINVAL;
  c->out->touch.address = content;
  c->out->touch.size = CONTENT_SIZE;
  if (operation == PEEK_RDS)
    return raw(smc(c, TSI(0x19F), c->page, 0, 0, 0, NULL));
  status = smc(c, operation == GET_ATTR ? TSI(0x19D) : TSI(0x19E), rd, c->page, 0, 0, NULL);
  return operation == SET_SLOT && status != SUCCESS ? -EINVAL : raw(status);
}

static int32_t migvm_mem_checksum(const struct call *c)
{
  return raw(smc(c, TSI(0x1A1), vcca_le64(c->in), vcca_le64(c->in + 8), 0, 0, NULL));
}

static int32_t data_key_gen(const struct call *c)
{
  uint8_t attributes[88];
  vcca_sink out = VCCA_SINK(attributes);
  vcca_guest_store(c->g, c->page, vcca_span_of(c->in, sizeof attributes));
  if (smc(c, TSI(0x1A2), c->page, 0, 0, 0, NULL) != SUCCESS)
    return -EFAULT;
  vcca_guest_load(c->g, c->page, &out, sizeof attributes);
  give(c, 0, vcca_sink_span(&out));
  return 0;
}

static int32_t data_key_enc(const struct call *c)
{
  enum { KEY = 88, AT_CIPHER_SIZE = 104, AT_PLAIN_SIZE = 120, AT_MODE = 140, BUFFER_MAX = 4096 };
  if (vcca_le32(c->in + AT_MODE) > 1 || vcca_le32(c->in + AT_CIPHER_SIZE) > BUFFER_MAX ||
      vcca_le32(c->in + AT_PLAIN_SIZE) > BUFFER_MAX)
    return -EINVAL;
  vcca_guest_store(c->g, c->page, vcca_span_of(c->in, DRIVER_IN_MAX));
  (void)smc(c, TSI(0x1A3), c->page, c->page + KEY, 0, 0, NULL); /* no monitor here has it */
  return -EFAULT;
}

/* --- /dev/sealingkey ------------------------------------------------------------------------------------ */

static int32_t sealing_key(const struct call *c)
{
  enum { AT_PARAM = 4, AT_PARAM_SIZE = 68, AT_KEY = 72, SIZE = 104 };
  uint8_t params[SIZE];
  vcca_sink key = vcca_sink_of(params + AT_KEY, SEALING_KEY);
  uint32_t algorithm = vcca_le32(c->in), size = vcca_le32(c->in + AT_PARAM_SIZE);
  if (algorithm != 0 || (size != 0 && size != USER_PARAM))
    return -EINVAL;
  memcpy(params, c->in, sizeof params);
  vcca_guest_store(c->g, c->page, vcca_span_of(c->in + AT_PARAM, USER_PARAM));
  uint64_t status = smc(c, TSI(0x19B), algorithm, c->page, size, c->page + USER_PARAM, NULL);
  if (status != SUCCESS)
    return raw(status);
  vcca_guest_load(c->g, c->page + USER_PARAM, &key, SEALING_KEY);
  give(c, 0, VCCA_SPAN(params));
  return 0;
}

/* --- Any ------------------------------------------------------------------------------------------------ */

struct driver_job {
  int32_t (*run)(const struct call *c);
  struct call call;
};

static void guest_main(void *arg, vcca_guest *g)
{
  struct driver_job *job = arg;
  job->call.g = g;
  job->call.out->result = job->run(&job->call);
}

bool vcca_running_ioctl(vcca_running *v, enum driver_node node, uint32_t number, vcca_span in,
                        struct driver_answer *out, struct vcca_error *err)
{
  static int32_t (*const runs[])(const struct call *c) = {
      [DRIVER_CALL_TSI_VERSION] = tsi_version,
      [DRIVER_CALL_ATTESTATION_TOKEN] = attestation_token,
      [DRIVER_CALL_DEVICE_CERT] = device_cert,
      [DRIVER_CALL_MIGRATION_INFO] = migration_info,
      [DRIVER_CALL_MIGVM_MEM_CHECKSUM] = migvm_mem_checksum,
      [DRIVER_CALL_DATA_KEY_GEN] = data_key_gen,
      [DRIVER_CALL_DATA_KEY_ENC] = data_key_enc,
      [DRIVER_CALL_SEALING_KEY] = sealing_key,
  };
  enum driver_call call = driver_call_numbered(node, number);
  *out = (struct driver_answer){0};
  if (!vcca_running_has(v, node) || !driver_is_device(node))
    return vcca_fail(err, VCCA_FAULT_USAGE, "the guest has no such device");
  if (call == DRIVER_CALLS) {
    out->result = -ENOTTY;
    return true;
  }
  if (in.n != driver_in_size(call))
    return vcca_fail(err, VCCA_FAULT_USAGE, "%zu bytes, this ioctl reads %zu", in.n, driver_in_size(call));
  struct driver_job job = {.run = runs[call], .call = {.page = v->platform.scratch, .in = in.p, .out = out}};
  return vcca_running_do(v, guest_main, &job, err);
}

/* --- Files ---------------------------------------------------------------------------------------------- */

bool vcca_running_has(const vcca_running *v, enum driver_node node)
{
  return vcca_running_abi(v) == VCCA_ABI_TMI && node < DRIVER_NODES &&
         (driver_is_device(node) || vcca_running_file(v, node).n > 0);
}

vcca_span vcca_running_file(const vcca_running *v, enum driver_node node)
{
  vcca_span none = {NULL, 0};
  return node == DRIVER_CCEL_TABLE ? v->ccel_table : node == DRIVER_CCEL_LOG ? v->ccel_log : none;
}
