/* Ioctls of a virtCCA guest's devices: what each returns and writes, in the memory of a program of which
 * parts are missing, and while its monitor fails. The expected results are those of the public drivers'
 * source (docs/guest-software.md names it).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/support.h"
#include "rooms/guest.h"
#include "rooms/hash.h"
#include "rooms/span.h"

#include <errno.h>

static vcca_running *vm;

/* A program whose memory is one page range at BASE, and which other addresses do not reach. */
enum { BASE = 0x10000, SIZE = 16384 };
struct memory {
  uint8_t bytes[SIZE];
  size_t readable, writable; /* from BASE */
  unsigned asked;
};

static size_t copied(uint64_t address, size_t n, size_t limit)
{
  uint64_t end = BASE + limit;
  return address < BASE || address >= end ? 0 : n < end - address ? n : (size_t)(end - address);
}

static size_t read_memory(void *ctx, uint64_t address, void *out, size_t n)
{
  struct memory *m = ctx;
  n = copied(address, n, m->readable);
  if (n > 0)
    memcpy(out, m->bytes + (address - BASE), n);
  return n;
}

static size_t write_memory(void *ctx, uint64_t address, const void *bytes, size_t n)
{
  struct memory *m = ctx;
  n = copied(address, n, m->writable);
  if (n > 0)
    memcpy(m->bytes + (address - BASE), bytes, n);
  return n;
}

static bool ask(void *ctx, enum driver_node node, uint32_t number, const uint8_t *in, size_t n,
                struct driver_answer *out)
{
  struct memory *m = ctx;
  struct vcca_error err;
  m->asked++;
  return vcca_running_ioctl(vm, node, number, vcca_span_of(in, n), out, &err);
}

static int64_t call(struct memory *m, enum driver_node node, uint32_t number, uint64_t argument)
{
  const struct driver_program program = {.read = read_memory, .write = write_memory, .ask = ask, .ctx = m};
  return driver_ioctl(&program, node, number, argument);
}

static struct memory *fresh(size_t readable, size_t writable)
{
  static struct memory m;
  m = (struct memory){.readable = readable, .writable = writable};
  memset(m.bytes, 0xa5, sizeof m.bytes);
  return &m;
}

static int open_vm(void **state)
{
  (void)state;
  vm = running_open("attest-virtcca-p521.yaml");
  return 0;
}

static int close_vm(void **state)
{
  (void)state;
  vcca_running_stop(vm);
  return 0;
}

#define VERSION UINT32_C(0x80085400)
#define TOKEN UINT32_C(0xE0485401)
#define CERT UINT32_C(0x90085402)
#define KEY UINT32_C(0xC0686400)
#define MIGRATION UINT32_C(0xC0205403)

static void version_token_and_certificate_are_where_the_headers_say(void **state)
{
  (void)state;
  struct memory *m = fresh(SIZE, SIZE);
  assert_int_equal(call(m, DRIVER_TSI, VERSION, BASE), 0);
  assert_int_equal(vcca_le32(m->bytes), 1);
  assert_int_equal(vcca_le32(m->bytes + 4), 0);
  assert_int_equal(m->bytes[8], 0xa5);

  m = fresh(SIZE, SIZE);
  memset(m->bytes, 0x11, VCCA_CHALLENGE_SIZE);
  struct vcca_bytes same = running_token(vm, 0x11);
  assert_int_equal(call(m, DRIVER_TSI, TOKEN, BASE), 0);
  assert_int_equal(vcca_le64(m->bytes + 8256), same.n);
  assert_memory_equal(m->bytes + 64, same.p, same.n);
  assert_int_equal(m->bytes[64 + same.n], 0xa5); /* no byte behind the token */
  assert_int_equal(m->bytes[8264], 0xa5);
  vcca_bytes_free(&same);

  uint8_t room[VCCA_PAGE];
  vcca_sink cert = VCCA_SINK(room);
  uint64_t status = 1;
  struct vcca_error err = {0};
  check_ok(vcca_running_certificate(vm, &cert, &status, &err), &err, "certificate");
  m = fresh(SIZE, SIZE);
  assert_int_equal(call(m, DRIVER_TSI, CERT, BASE), 0);
  assert_int_equal(vcca_le64(m->bytes), cert.n);
  assert_memory_equal(m->bytes + 8, room, cert.n);
  assert_int_equal(m->bytes[8 + cert.n], 0xa5);
}

static void bad_memory_and_bad_numbers_have_the_drivers_errno_values(void **state)
{
  (void)state;
  static const struct {
    const char *what;
    enum driver_node node;
    uint32_t number;
    uint64_t argument;
    size_t readable, writable;
    int64_t result;
    bool asks; /* whether the monitor is asked */
  } rows[] = {
      {"no such number", DRIVER_TSI, 0x80085407, BASE, SIZE, SIZE, -ENOTTY, false},
      {"a number with another size", DRIVER_TSI, 0x80045400, BASE, SIZE, SIZE, -ENOTTY, false},
      {"another device's number", DRIVER_TSI, KEY, BASE, SIZE, SIZE, -ENOTTY, false},
      {"a terminal's", DRIVER_TSI, 0x5401, BASE, SIZE, SIZE, -ENOTTY, false},
      {"version to null", DRIVER_TSI, VERSION, 0, SIZE, SIZE, -EFAULT, true},
      {"version across the end", DRIVER_TSI, VERSION, BASE + SIZE - 4, SIZE, SIZE, -EFAULT, true},
      {"version to the end", DRIVER_TSI, VERSION, BASE + SIZE - 8, SIZE, SIZE, 0, true},
      {"token of null", DRIVER_TSI, TOKEN, 0, SIZE, SIZE, -EFAULT, false},
      {"token of a wild pointer", DRIVER_TSI, TOKEN, UINT64_MAX - 3, SIZE, SIZE, -EFAULT, false},
      {"half a challenge", DRIVER_TSI, TOKEN, BASE + SIZE - 32, SIZE, SIZE, -EFAULT, false},
      {"a challenge and no room", DRIVER_TSI, TOKEN, BASE, SIZE, 64, -EFAULT, true},
      {"the size cannot be written", DRIVER_TSI, TOKEN, BASE, SIZE, 8260, -EFAULT, true},
      {"read-only memory", DRIVER_TSI, TOKEN, BASE, SIZE, 0, -EFAULT, true},
      {"certificate to null", DRIVER_TSI, CERT, 0, SIZE, SIZE, -EFAULT, true},
      {"certificate and no room", DRIVER_TSI, CERT, BASE, SIZE, 64, -EFAULT, true},
      {"checksum of null", DRIVER_TSI, 0x40105404, 0, SIZE, SIZE, -ENOTTY, false},
      {"data key of null", DRIVER_TSI, 0xC0585405, 0, SIZE, SIZE, -EINVAL, false},
      {"data key of a wild pointer", DRIVER_TSI, 0xC0585405, 8, SIZE, SIZE, -EFAULT, false},
      {"data encryption of null", DRIVER_TSI, 0xC0905406, 0, SIZE, SIZE, -EINVAL, false},
      {"migration of a wild pointer", DRIVER_TSI, 0xC0205403, 8, SIZE, SIZE, -EFAULT, false},
      {"sealing key of null", DRIVER_SEALINGKEY, KEY, 0, SIZE, SIZE, -EINVAL, false},
      {"sealing key of null, by its later name", DRIVER_IMAGEKEY, KEY, 0, SIZE, SIZE, -EINVAL, false},
      {"sealing key of a wild pointer: what cannot be read", DRIVER_SEALINGKEY, KEY, 8, SIZE, SIZE, 104, false},
      {"sealing key of half", DRIVER_SEALINGKEY, KEY, BASE + SIZE - 100, SIZE, SIZE, 4, false},
      {"sealing key of an unknown algorithm", DRIVER_SEALINGKEY, KEY, BASE, SIZE, SIZE, -EINVAL, true},
      {"version of the sealing key", DRIVER_SEALINGKEY, VERSION, BASE, SIZE, SIZE, -ENOTTY, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct memory *m = fresh(rows[i].readable, rows[i].writable);
    int64_t result = call(m, rows[i].node, rows[i].number, rows[i].argument);
    if (result != rows[i].result || (m->asked > 0) != rows[i].asks)
      fail_msg("%s: %lld, not %lld; the monitor was asked %u times", rows[i].what, (long long)result,
               (long long)rows[i].result, m->asked);
  }
}

static void migration_calls_tell_what_the_monitor_answers(void **state)
{
  (void)state;
  enum { CONTENT = BASE + 4096 };
  static const struct {
    uint32_t operation;
    uint64_t content, size;
    int64_t result;
  } rows[] = {
      {0, 0, 96, 0},
      {0, CONTENT, 95, -EINVAL},
      {3, CONTENT, 96, -EINVAL},
      {0, 8, 96, -EFAULT},
      {0, CONTENT, 96, -EPERM},
      {1, CONTENT, 96, -EINVAL},
      {2, CONTENT, 96, -EPERM}, /* NOT_SUPPORTED is -1, and so is EPERM */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct memory *m = fresh(SIZE, SIZE);
    vcca_put_le32(m->bytes, rows[i].operation);
    vcca_put_le64(m->bytes + 8, rows[i].content);
    vcca_put_le64(m->bytes + 24, rows[i].size);
    assert_int_equal(call(m, DRIVER_TSI, MIGRATION, BASE), rows[i].result);
  }
  struct memory *m = fresh(SIZE, SIZE);
  assert_int_equal(call(m, DRIVER_TSI, 0x40105404, BASE), -EPERM);
  assert_int_equal(call(m, DRIVER_TSI, 0xC0585405, BASE), -EFAULT);
  assert_int_equal(call(m, DRIVER_TSI, 0xC0905406, BASE), -EINVAL); /* a mode of 0xa5a5a5a5 */
  memset(m->bytes, 0, SIZE);
  assert_int_equal(call(m, DRIVER_TSI, 0xC0905406, BASE), -EFAULT);
}

static void inject(const char *command, uint64_t status)
{
  struct vcca_error err = {0};
  struct vcca_injection rule = {.kind = VCCA_INJECT_STATUS,
                                .command = vcca_command_named(vcca_tsi(), vcca_span_str(command)),
                                .status = status,
                                .times = 1};
  check_ok(vcca_running_inject(vm, &rule, &err), &err, command);
}

static void a_monitor_that_fails_gives_the_drivers_errno_values(void **state)
{
  (void)state;
  inject("ATTESTATION_TOKEN_INIT", 1);
  assert_int_equal(call(fresh(SIZE, SIZE), DRIVER_TSI, TOKEN, BASE), -EIO);
  inject("DEVICE_CERT", 1);
  assert_int_equal(call(fresh(SIZE, SIZE), DRIVER_TSI, CERT, BASE), -EIO);
  /* CONTINUE's failure ends the driver's loop, and what there is, nothing, is given */
  inject("ATTESTATION_TOKEN_CONTINUE", 2);
  struct memory *m = fresh(SIZE, SIZE);
  assert_int_equal(call(m, DRIVER_TSI, TOKEN, BASE), 0);
  assert_int_equal(vcca_le64(m->bytes + 8256), 0);
  assert_int_equal(m->bytes[64], 0xa5);
  /* an interrupt is none */
  struct vcca_error err = {0};
  struct vcca_injection rule = {.kind = VCCA_INJECT_INCOMPLETE, .times = 3};
  check_ok(vcca_running_inject(vm, &rule, &err), &err, "incomplete");
  m = fresh(SIZE, SIZE);
  assert_int_equal(call(m, DRIVER_TSI, TOKEN, BASE), 0);
  assert_true(vcca_le64(m->bytes + 8256) > 1000);
}

static void other_guests_have_none_of_it(void **state)
{
  (void)state;
  vcca_running *arm = running_open("attest-arm-1.0.yaml");
  struct driver_answer answer;
  struct vcca_error err;
  for (unsigned node = 0; node < DRIVER_NODES; node++)
    assert_false(vcca_running_has(arm, (enum driver_node)node));
  assert_false(vcca_running_ioctl(arm, DRIVER_TSI, VERSION, vcca_span_of("", 0), &answer, &err));
  vcca_running_stop(arm);
  assert_true(vcca_running_has(vm, DRIVER_TSI));
  assert_false(vcca_running_has(vm, DRIVER_CCEL_TABLE)); /* no log was given */
  assert_false(vcca_running_ioctl(vm, DRIVER_TSI, TOKEN, VCCA_SPAN_LIT("short"), &answer, &err));
  assert_false(vcca_running_ioctl(vm, DRIVER_NODES, TOKEN, vcca_span_of("", 0), &answer, &err));
}

/* A log of three events: one for REM 1, two for REM 3. */
static vcca_span make_log(uint8_t *room, size_t cap)
{
  static const uint8_t regs[] = {2, 4, 4};
  vcca_sink out = vcca_sink_of(room, cap);
  uint8_t head[4];
  static const char spec[] = "Spec ID Event03";
#define PUT32(v) (vcca_put_le32(head, v), vcca_sink_put(&out, VCCA_SPAN(head)))
  PUT32(1), PUT32(3), vcca_sink_fill(&out, 0, 20), PUT32(33);
  vcca_sink_put(&out, vcca_span_of(spec, sizeof spec));
  PUT32(0), PUT32(0x02000200), PUT32(1), PUT32(0x0020000b), vcca_sink_fill(&out, 0, 1);
  for (size_t i = 0; i < sizeof regs; i++) {
    PUT32(regs[i]), PUT32(4), PUT32(1), vcca_sink_fill(&out, 0x0b, 1), vcca_sink_fill(&out, 0, 1);
    vcca_sink_fill(&out, (uint8_t)(0x30 + i), 32);
    PUT32(0);
  }
#undef PUT32
  return vcca_sink_span(&out);
}

static void a_firmware_log_is_extended_once(void **state)
{
  (void)state;
  uint8_t room[512], value[VCCA_MEASUREMENT_SIZE], want[VCCA_HASH_MAX], digest[32], zero[32] = {0};
  struct vcca_error err = {0};
  uint64_t status;
  size_t size;
  vcca_span log = make_log(room, sizeof room), cut = vcca_span_sub(log, 0, log.n - 1);
  vcca_running *v = running_open("attest-virtcca-p521.yaml");
  assert_false(vcca_running_firmware_log(v, VCCA_SPAN_LIT("CCEL"), cut, &err));
  assert_true(err.has_offset);
  assert_false(vcca_running_has(v, DRIVER_CCEL_LOG));
  for (unsigned time = 0; time < 2; time++) {
    check_ok(vcca_running_firmware_log(v, VCCA_SPAN_LIT("CCEL"), log, &err), &err, "log");
    assert_true(vcca_running_has(v, DRIVER_CCEL_TABLE) && vcca_running_has(v, DRIVER_CCEL_LOG));
    assert_true(vcca_running_file(v, DRIVER_CCEL_LOG).p == log.p);
    memset(digest, 0x31, sizeof digest);
    vcca_hash_parts(VCCA_SHA256, (const vcca_span[]){VCCA_SPAN(zero), VCCA_SPAN(digest)}, 2, want);
    memset(digest, 0x32, sizeof digest);
    vcca_hash_parts(VCCA_SHA256, (const vcca_span[]){vcca_span_of(want, 32), VCCA_SPAN(digest)}, 2, want);
    check_ok(vcca_running_measurement(v, 4, value, &size, &status, &err), &err, "read");
    assert_memory_equal(value, want, 32);
    check_ok(vcca_running_measurement(v, 1, value, &size, &status, &err), &err, "read");
    assert_memory_equal(value, zero, 32);
  }
  vcca_running_stop(v);
}

static void the_control_socket_has_them_as_requests(void **state)
{
  (void)state;
  static const struct {
    const char *request, *answer;
  } rows[] = {
      {"{\"op\": \"ioctl\", \"path\": \"/dev/tsi\", \"number\": 0x80085400}",
       "{\"ok\":true,\"result\":0,\"writes\":[{\"at\":0,\"bytes\":\"0100000000000000\"}]}"},
      {"{\"op\": \"ioctl\", \"path\": \"/dev/tsi\", \"number\": 1}", "{\"ok\":true,\"result\":-25,\"writes\":[]}"},
      {"{\"op\": \"ioctl\", \"path\": \"/dev/tsi\", \"number\": 0xE0485401, \"in\": {\"zero\": 64}}", "{\"at\":8256,"},
      {"{\"op\": \"ioctl\", \"path\": \"/dev/tsi\", \"number\": 0xE0485401, \"in\": {\"zero\": 63}}",
       "63 bytes, this ioctl reads 64"},
      {"{\"op\": \"ioctl\", \"path\": \"/dev/tsi\", \"number\": 0xE0485401}", "0 bytes, this ioctl reads 64"},
      {"{\"op\": \"ioctl\", \"path\": \"/dev/tsi\", \"number\": 0x100000000}", "\"ok\":false"},
      {"{\"op\": \"ioctl\", \"path\": \"/dev/null\", \"number\": 1}", "no such file of these drivers"},
      {"{\"op\": \"ioctl\", \"path\": [1], \"number\": 1}", "\"ok\":false"},
      {"{\"op\": \"ioctl\", \"number\": 1}", "path"},
      {"{\"op\": \"file\", \"path\": \"/dev/imagekey\"}", "{\"ok\":true,\"device\":true,\"size\":0,\"bytes\":\"\"}"},
      {"{\"op\": \"file\", \"path\": \"/sys/firmware/acpi/tables/CCEL\"}", "no such file of these drivers"},
      {"{\"op\": \"file\", \"path\": \"/etc/passwd\"}", "no such file of these drivers"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t room[VCCA_CONTROL_LINE];
    vcca_sink answer = VCCA_SINK(room);
    vcca_control_answer(vm, vcca_span_str(rows[i].request), &answer);
    room[answer.n] = '\0';
    if (!strstr((const char *)room, rows[i].answer))
      fail_msg("%s: %s", rows[i].request, (const char *)room);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(version_token_and_certificate_are_where_the_headers_say),
      cmocka_unit_test(bad_memory_and_bad_numbers_have_the_drivers_errno_values),
      cmocka_unit_test(migration_calls_tell_what_the_monitor_answers),
      cmocka_unit_test(a_monitor_that_fails_gives_the_drivers_errno_values),
      cmocka_unit_test(other_guests_have_none_of_it),
      cmocka_unit_test(a_firmware_log_is_extended_once),
      cmocka_unit_test(the_control_socket_has_them_as_requests),
  };
  return cmocka_run_group_tests(tests, open_vm, close_vm);
}
