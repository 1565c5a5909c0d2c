/* Real event logs: what a virtCCA machine, TDX machines and ordinary PCs wrote. The table is made from the
 * vectors' replay_expected.json (values cross-checked there with tpm2_eventlog); `agreeing` counts the
 * events whose digest an independent Python reading of the log could recompute. The virtCCA registers are
 * also those in that machine's token.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "rooms/eventlog.h"

static const struct log_row {
  const char *file;
  enum vcca_hash_alg alg;
  uint32_t header_register;
  unsigned events, agreeing;
  size_t used;
  struct {
    unsigned reg;
    const char *value;
  } registers[9];
} rows[] = {
    {"virtcca/ccel_data.bin",
     VCCA_SHA256,
     1,
     98,
     59,
     11991,
     {{1, "e3579705477c2855a75f4127123fff3cd4f05a3b2442fda8829f95ea81ce308c"},
      {2, "646fdfc8b716bf958471a20378f178c472679216c911ddd0349cd74924eda7e9"},
      {3, "6cfeb56cd4309990fe30637f1621cdc71a87a041c5ca552683abe7a07290cd4b"}}},
    {"eventlogs/CCEL_unpadded.data.bin",
     VCCA_SHA384,
     1,
     19,
     12,
     2026,
     {{1, "8083cd6898cc52a90231cdf9c0532bf9513c40465c6f71e56cbe32ee2c11a9dfc030297ca3ca0f62477d6d1f610d3fdb"},
      {2, "6484f0d72c03521c0434553be34e8db8228b729e799666d2b7754085c77aa9981f5a440df3047194b24f212ff1160c1e"},
      {3, "c3e7ed9d7e909b29732f676d01dc63de869b049362b522a315cb042689670be07344c347cf85d985c7b928d4934e41e1"}}},
    {"eventlogs/tpm_arch-linux-workstation.bin",
     VCCA_SHA256,
     0,
     24,
     19,
     15579,
     {{0, "758b773d94feabf52ef5a4c00a7ad2c80d8d6e6d9d58756150be9bc973da9087"},
      {1, "bfda688a5d320123fddb3fc70b746bc17647e2e7f2f96e130d429542bf4622d5"},
      {2, "65dee4a48cde677aa89fa83c5c35e883fda658f743853e3ebad504ca6702f7c5"},
      {3, "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969"},
      {4, "925d453d3dfef4ac0c72c957402163d45fa95d05e6d53f047263a3a60b598325"},
      {5, "202522f005ef625588bb7c9e21335ba96a63c5086306138885b3bb2c381730ca"},
      {6, "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969"},
      {7, "3b4a4db44b7a872524055364e62e897ae678e0d47ab0809f65c3a4ed77f66ab9"},
      {8, "47591b43af431963eaeb5238a5c42eda1eb0014c27f7de7ae483066a2d2a2e61"}}},
    {"eventlogs/legacy_crypto_agile_eventlog",
     VCCA_SHA256,
     0,
     26,
     22,
     14056,
     {{0, "1536de221b2187a421602cd81f43aa04496b0bd5a424d3b25b637a942080d0fa"},
      {1, "f883c25efc566190a8449b54717cacb3f35fc83e4f8e19330b3e32a2b57bb03f"},
      {2, "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969"},
      {3, "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969"},
      {4, "b0af298ea2ca63fe39d0f9887948f8c9ccedd1cca90b6ed20f0aa1f9cbd8504e"},
      {5, "3f2855fc9db5201707a42708e00f9f54ebf78e250152decbf5086cab1690add8"},
      {6, "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969"},
      {7, "3d6207f9a2c3fa1db729f06e71b09d2e7ca7c0c198f6c1410c2186bbe2cc1826"}}},
    {"eventlogs/tdx_ovmf_ccel.bin",
     VCCA_SHA384,
     1,
     20,
     12,
     2120,
     {{1, "8566f998798db09443b244c62de9a3041fb02e2e6936c4396d784bba2e90177329ec5aba3bb484404f2ab9cc90abe193"},
      {2, "775b9f6bfe99f8a31396f0d0218e67ffa796d3b96ccf961cbb0deba48c79c00f082cda1a5567c1c16305f1fc210c13c6"},
      {3, "94eaf7a7bf398ed8d888c91057ae0261802e4f3df084213a76ca7f0b5055ac9d2241de43cd58d9e8b49c503bbf25f34a"}}},
};

static const size_t row_count = sizeof rows / sizeof rows[0];

static void check_registers(const struct log_row *row, const struct vcca_replay *replay)
{
  unsigned listed = 0, extended = 0;
  for (; listed < sizeof row->registers / sizeof row->registers[0] && row->registers[listed].value; listed++) {
    unsigned reg = row->registers[listed].reg;
    check_hex(vcca_span_of(replay->value[reg], vcca_hash_size(row->alg)), row->registers[listed].value, row->file);
    assert_true(replay->events[reg] > 0);
  }
  for (unsigned i = 0; i < VCCA_LOG_REGISTERS; i++)
    extended += replay->events[i] > 0;
  assert_int_equal(extended, listed);
}

static void every_log_replays_to_its_registers(void **state)
{
  (void)state;
  for (size_t i = 0; i < row_count; i++) {
    struct vcca_bytes file = check_vector(rows[i].file);
    struct vcca_replay replay;
    struct vcca_error err = {0};
    check_ok(vcca_eventlog_replay(vcca_bytes_span(&file), rows[i].alg, &replay, &err), &err, rows[i].file);
    assert_int_equal(replay.total, rows[i].events);
    assert_int_equal(replay.others, 0);
    check_registers(&rows[i], &replay);
    vcca_bytes_free(&file);
  }
}

static void every_recomputable_digest_agrees(void **state)
{
  (void)state;
  for (size_t i = 0; i < row_count; i++) {
    struct vcca_bytes file = check_vector(rows[i].file);
    struct vcca_eventlog log;
    struct vcca_event event;
    struct vcca_error err = {0};
    unsigned agreeing = 0;
    int got;
    check_ok(vcca_eventlog_open(&log, vcca_bytes_span(&file), &err), &err, rows[i].file);
    assert_int_equal(log.header_register, rows[i].header_register);
    while ((got = vcca_eventlog_next(&log, &event, &err)) > 0) {
      int verdict = vcca_event_self_check(&event, rows[i].alg);
      if (verdict == 0)
        fail_msg("%s: the event at byte %zu disagrees with its digest", rows[i].file, event.offset);
      agreeing += verdict == 1;
      assert_non_null(vcca_event_type_name(event.type));
    }
    check_ok(got == 0, &err, rows[i].file);
    assert_int_equal(log.at, rows[i].used);
    assert_int_equal(agreeing, rows[i].agreeing);
    vcca_bytes_free(&file);
  }
}

/* Every byte of the data of a recomputable event is bound by its digest: none can change unnoticed. */
static void a_changed_byte_of_a_recomputable_event_is_noticed(void **state)
{
  (void)state;
  struct vcca_bytes file = check_vector("virtcca/ccel_data.bin");
  struct vcca_eventlog log;
  struct vcca_event event;
  struct vcca_error err = {0};
  unsigned tried = 0;
  check_ok(vcca_eventlog_open(&log, vcca_bytes_span(&file), &err), &err, "ccel_data.bin");
  while (vcca_eventlog_next(&log, &event, &err) > 0) {
    bool bound_whole = event.type == 0x80000001 || event.type == 4 || event.type == 0x80000007;
    if (!bound_whole)
      continue;
    uint8_t *data = file.p + (event.data.p - file.p);
    for (size_t i = 0; i < event.data.n; i++) {
      data[i] ^= 0x01;
      assert_int_equal(vcca_event_self_check(&event, VCCA_SHA256), 0);
      data[i] ^= 0x01;
      tried++;
    }
  }
  assert_true(tried > 300);
  vcca_bytes_free(&file);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_log_replays_to_its_registers),
      cmocka_unit_test(every_recomputable_digest_agrees),
      cmocka_unit_test(a_changed_byte_of_a_recomputable_event_is_noticed),
  };
  return check_run(tests, NULL, NULL);
}
