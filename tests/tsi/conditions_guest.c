/* Every failure condition of RSI, TSI and PSCI: a call that meets it and none before it, the status the
 * table gives, and a machine that is byte for byte what it was but for the caller's registers. Conditions
 * of the tables that no row below meets are listed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "tsi/call.h"
#include "rooms/interface.h"
#include "rooms/span.h"

struct stimulus {
  const char *interface;
  const char *command;
  const char *condition;
  uint64_t x[5];  /* x1 and on */
  bool attesting; /* a token is in progress */
  bool broken;    /* the monitor cannot make tokens */
};

#define MANY UINT64_MAX

static const struct stimulus stimuli[] = {
    {"rsi", "VERSION", "req_supported", {0x20000}, false, false},
    {"rsi", "VERSION", "req_supported", {0x10001}, false, false},
    {"rsi", "VERSION", "req_supported", {0}, false, false},
    {"rsi", "MEASUREMENT_READ", "index_bound", {5}, false, false},
    {"rsi", "MEASUREMENT_READ", "index_bound", {MANY}, false, false},
    {"rsi", "MEASUREMENT_EXTEND", "index_bound", {0, 32}, false, false},
    {"rsi", "MEASUREMENT_EXTEND", "index_bound", {5, 32}, false, false},
    {"rsi", "MEASUREMENT_EXTEND", "size_bound", {1, 65}, false, false},
    {"rsi", "MEASUREMENT_EXTEND", "size_bound", {4, MANY}, false, false},
    {"rsi", "ATTESTATION_TOKEN_CONTINUE", "addr_align", {MAPPED + 8, 0, 64}, true, false},
    {"rsi", "ATTESTATION_TOKEN_CONTINUE", "offset_bound", {MAPPED, 4096, 0}, true, false},
    {"rsi", "ATTESTATION_TOKEN_CONTINUE", "offset_bound", {MAPPED, MANY, 1}, true, false},
    {"rsi", "ATTESTATION_TOKEN_CONTINUE", "size_overflow", {MAPPED, 1, MANY}, true, false},
    {"rsi", "ATTESTATION_TOKEN_CONTINUE", "size_bound", {MAPPED, 1, 4096}, true, false},
    {"rsi", "ATTESTATION_TOKEN_CONTINUE", "size_bound", {MAPPED, 0, 4097}, true, false},
    {"rsi", "ATTESTATION_TOKEN_CONTINUE", "addr_bound", {UNPROTECTED, 0, 64}, true, false},
    {"rsi", "ATTESTATION_TOKEN_CONTINUE", "addr_bound", {OUTSIDE, 0, 64}, true, false},
    {"rsi", "ATTESTATION_TOKEN_CONTINUE", "state", {MAPPED, 0, 4096}, false, false},
    {"rsi", "ATTESTATION_TOKEN_CONTINUE", "state", {UNMAPPED, 0, 4096}, false, false},
    {"rsi", "ATTESTATION_TOKEN_CONTINUE", "addr_ripas", {EMPTY, 0, 4096}, true, false},
    {"rsi", "ATTESTATION_TOKEN_CONTINUE", "addr_ripas", {EMPTY, 0, 0}, true, false},
    {"rsi", "ATTESTATION_TOKEN_CONTINUE", "unknown", {MAPPED, 0, 4096}, true, true},
    {"rsi", "REALM_CONFIG", "addr_align", {MAPPED + 1}, false, false},
    {"rsi", "REALM_CONFIG", "addr_bound", {UNPROTECTED}, false, false},
    {"rsi", "REALM_CONFIG", "addr_bound", {MANY - 4095}, false, false},
    {"rsi", "REALM_CONFIG", "addr_ripas", {EMPTY}, false, false},
    {"rsi", "IPA_STATE_SET", "base_align", {UNMAPPED + 1, EMPTY, 0}, false, false},
    {"rsi", "IPA_STATE_SET", "top_align", {UNMAPPED, EMPTY + 1, 0}, false, false},
    {"rsi", "IPA_STATE_SET", "size_valid", {UNMAPPED, UNMAPPED, 0}, false, false},
    {"rsi", "IPA_STATE_SET", "size_valid", {EMPTY, UNMAPPED, 0}, false, false},
    {"rsi", "IPA_STATE_SET", "rgn_bound", {UNMAPPED, UNPROTECTED + 4096, 0}, false, false},
    {"rsi", "IPA_STATE_SET", "rgn_bound", {UNPROTECTED, UNPROTECTED + 4096, 0}, false, false},
    {"rsi", "IPA_STATE_SET", "ripas_valid", {UNMAPPED, EMPTY, 2}, false, false},
    {"rsi", "IPA_STATE_GET", "base_align", {UNMAPPED + 1, EMPTY}, false, false},
    {"rsi", "IPA_STATE_GET", "end_align", {UNMAPPED, EMPTY + 1}, false, false},
    {"rsi", "IPA_STATE_GET", "size_valid", {UNMAPPED, UNMAPPED}, false, false},
    {"rsi", "IPA_STATE_GET", "rgn_bound", {UNMAPPED, UNPROTECTED + 4096}, false, false},
    {"rsi", "HOST_CALL", "addr_align", {MAPPED + 128}, false, false},
    {"rsi", "HOST_CALL", "addr_bound", {UNPROTECTED}, false, false},
    {"rsi", "HOST_CALL", "addr_ripas", {EMPTY}, false, false},

    {"tsi", "MEASUREMENT_READ", "index_bound", {5, MAPPED}, false, false},
    {"tsi", "MEASUREMENT_READ", "addr_bound", {0, OUTSIDE}, false, false},
    {"tsi", "MEASUREMENT_READ", "addr_bound", {0, OUTSIDE - 63}, false, false},
    {"tsi", "MEASUREMENT_READ", "addr_bound", {0, MANY - 62}, false, false},
    {"tsi", "MEASUREMENT_EXTEND", "index_bound", {0, 32, MAPPED}, false, false},
    {"tsi", "MEASUREMENT_EXTEND", "index_bound", {5, 32, MAPPED}, false, false},
    {"tsi", "MEASUREMENT_EXTEND", "size_bound", {1, 65, MAPPED}, false, false},
    {"tsi", "MEASUREMENT_EXTEND", "addr_bound", {1, 32, OUTSIDE - 31}, false, false},
    {"tsi", "ATTESTATION_TOKEN_INIT", "addr_bound", {OUTSIDE - 63}, false, false},
    {"tsi", "ATTESTATION_TOKEN_CONTINUE", "offset_bound", {MAPPED, 4096, 0}, true, false},
    {"tsi", "ATTESTATION_TOKEN_CONTINUE", "size_overflow", {MAPPED, 1, MANY}, true, false},
    {"tsi", "ATTESTATION_TOKEN_CONTINUE", "size_bound", {MAPPED, 1, 4096}, true, false},
    {"tsi", "ATTESTATION_TOKEN_CONTINUE", "addr_bound", {OUTSIDE, 0, 64}, true, false},
    {"tsi", "ATTESTATION_TOKEN_CONTINUE", "addr_bound", {MANY - 63, 0, 64}, true, false},
    {"tsi", "ATTESTATION_TOKEN_CONTINUE", "addr_bound", {MANY - 62, 0, 64}, true, false},
    {"tsi", "ATTESTATION_TOKEN_CONTINUE", "state", {MAPPED, 0, 4096}, false, false},
    {"tsi", "ATTESTATION_TOKEN_CONTINUE", "unknown", {MAPPED, 0, 4096}, true, true},
    {"tsi", "DEVICE_CERT", "size_bound", {MAPPED, 64}, false, false},
    {"tsi", "DEVICE_CERT", "addr_bound", {OUTSIDE - 64, 4096}, false, false},
    {"tsi", "SEALING_KEY", "alg_supp", {1, MAPPED, 64, MAPPED}, false, false},
    {"tsi", "SEALING_KEY", "alg_supp", {MANY, MAPPED, 0, MAPPED}, false, false},
    {"tsi", "SEALING_KEY", "len_valid", {0, MAPPED, 1, MAPPED}, false, false},
    {"tsi", "SEALING_KEY", "len_valid", {0, MAPPED, 65, MAPPED}, false, false},
    {"tsi", "SEALING_KEY", "param_bound", {0, OUTSIDE - 63, 64, MAPPED}, false, false},
    {"tsi", "SEALING_KEY", "param_bound", {0, MANY - 62, 64, MAPPED}, false, false},
    {"tsi", "SEALING_KEY", "key_bound", {0, MAPPED, 64, OUTSIDE - 31}, false, false},
    {"tsi", "SEALING_KEY", "key_bound", {0, 0, 0, MANY - 30}, false, false},
    {"tsi", "SEC_MEM_UNMAP", "supported", {MAPPED, 4096}, false, false},
    {"tsi", "MIGVM_GET_ATTR", "supported", {0}, false, false},
    {"tsi", "MIGVM_SET_SLOT", "supported", {0}, false, false},
    {"tsi", "MIGVM_PEEK_BINDINGRD", "supported", {0}, false, false},
    {"tsi", "CHECKSUM_INIT", "supported", {0}, false, false},
    {"tsi", "CHECKSUM_LOOP", "supported", {0}, false, false},
    {"tsi", "DATA_KEY_GEN", "supported", {MAPPED}, false, false},
    {"tsi", "DATA_KEY_ENC", "supported", {MAPPED, MAPPED}, false, false},

    {"psci", "CPU_ON", "entry", {1, OUTSIDE, 0}, false, false},
    {"psci", "CPU_ON", "mpidr", {5, MAPPED, 0}, false, false},
    {"psci", "CPU_ON", "mpidr", {UINT64_C(1) << 32, MAPPED, 0}, false, false},
    {"psci", "CPU_ON", "runnable", {0, MAPPED, 0}, false, false},
    {"psci", "AFFINITY_INFO", "target_bound", {1, 1}, false, false},
    {"psci", "AFFINITY_INFO", "target_match", {5, 0}, false, false},
    {"psci", "FEATURES", "func_not_ok", {0x84000005}, false, false},
    {"psci", "FEATURES", "func_not_ok", {0xC4000190}, false, false},
};
enum { STIMULI = sizeof stimuli / sizeof *stimuli };

static const struct vcca_interface *interface_named(const char *name)
{
  return strcmp(name, "rsi") == 0 ? vcca_rsi() : strcmp(name, "tsi") == 0 ? vcca_tsi() : vcca_psci();
}

/* The status a command's conditions column gives for a condition, "" when it does not name it. */
static void status_of(const struct vcca_command *command, const char *condition, char status[64])
{
  vcca_span name, value;
  const char *list = command->conditions;
  status[0] = '\0';
  while (vcca_word_next(&list, '=', &name, &value))
    if (vcca_span_is(name, condition))
      snprintf(status, 64, "%.*s", (int)value.n, (const char *)value.p);
}

static bool met(const char *interface, const char *command, vcca_span condition)
{
  for (size_t i = 0; i < STIMULI; i++)
    if (strcmp(stimuli[i].interface, interface) == 0 && strcmp(stimuli[i].command, command) == 0 &&
        vcca_span_is(condition, stimuli[i].condition))
      return true;
  return false;
}

static void every_condition_of_the_tables_has_a_stimulus(void **state)
{
  (void)state;
  const struct vcca_interface *interfaces[] = {vcca_rsi(), vcca_tsi(), vcca_psci()};
  unsigned missing = 0;
  for (size_t i = 0; i < 3; i++)
    for (size_t j = 0; j < interfaces[i]->command_count; j++) {
      const struct vcca_command *command = &interfaces[i]->commands[j];
      const char *list = command->conditions;
      vcca_span name, value;
      assert_string_equal(command->order, ""); /* the specification orders none of these interfaces' conditions */
      while (vcca_word_next(&list, '=', &name, &value))
        if (!met(interfaces[i]->name, command->name, name)) {
          print_error("no stimulus for %s %s %.*s\n", interfaces[i]->name, command->name, (int)name.n,
                      (const char *)name.p);
          missing++;
        }
    }
  print_message("%u conditions and 0 ordered pairs without a test\n", missing);
  assert_int_equal(missing, 0);
}

/* --- One stimulus ----------------------------------------------------------------------------------------- */

/* The realm's program: perhaps starts a token; then makes the call between two looks at the machine. */
struct probe {
  const struct stimulus *stimulus;
  uint64_t fid;
  unsigned step;
  struct vcca_bytes before;
  struct vcca_cpu cpu_before;
  uint64_t result;
  bool same;
};

static void probe(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  struct probe *p = ctx;
  (void)rec;
  event->kind = VCCA_REALM_SMC;
  if (p->step == 0 && p->stimulus->attesting) {
    memset(cpu->x, 0, sizeof cpu->x);
    cpu->x[0] = UINT64_C(0xC4000194);
    cpu->x[1] = MAPPED;
    p->step = 1;
  } else if (p->step < 2) {
    for (unsigned i = 0; i < 31; i++)
      cpu->x[i] = UINT64_C(0xabcd000000000000) + i;
    cpu->x[0] = p->fid;
    memcpy(cpu->x + 1, p->stimulus->x, sizeof p->stimulus->x);
    p->cpu_before = *cpu;
    assert_true(vcca_machine_save(m, &p->before, NULL));
    p->step = 2;
  } else {
    struct vcca_cpu after = *cpu;
    p->result = cpu->x[0];
    *cpu = p->cpu_before;
    p->same = vcca_machine_same(m, vcca_span_of(p->before.p, p->before.n));
    *cpu = after;
    event->kind = VCCA_REALM_IRQ;
    p->step = 3;
  }
}

/* A status's name without its interface's prefix, as conditions have it. */
static const char *short_name(const struct vcca_interface *interface, uint64_t status)
{
  const char *name = vcca_interface_status(interface, status);
  assert_non_null(name);
  name = strchr(name, '_') + 1;
  return strncmp(name, "ERROR_", 6) == 0 ? name + 6 : name;
}

static void check_stimulus(enum vcca_family family, const struct stimulus *s)
{
  const struct vcca_interface *interface = interface_named(s->interface);
  const struct vcca_command *command = vcca_command_named(interface, vcca_span_str(s->command));
  assert_non_null(command);
  struct world w;
  struct probe p = {.stimulus = s, .fid = command->fid};
  char wanted[64];
  status_of(command, s->condition, wanted);
  world_open(&w, family);
  if (s->broken)
    w.gi->platform_size = sizeof w.gi->platform; /* together with a realm token more than the longest token */
  vcca_machine_set_program(w.m, probe, &p);
  host_enter(&w, 0);
  if (p.step != 3 || strcmp(w.refused, s->condition) != 0 || strcmp(short_name(interface, p.result), wanted) != 0 ||
      !p.same)
    fail_msg("%s %s %s=%s: refused by '%s', status %llx, machine %s", s->interface, s->command, s->condition, wanted,
             w.refused, (unsigned long long)p.result, p.same ? "unchanged" : "changed");
  vcca_bytes_free(&p.before);
  world_close(&w);
}

static void check_interface(const char *interface, enum vcca_family family)
{
  for (size_t i = 0; i < STIMULI; i++)
    if (strcmp(stimuli[i].interface, interface) == 0)
      check_stimulus(family, &stimuli[i]);
}

static void refused_rsi_calls_change_registers_only(void **state)
{
  (void)state;
  check_interface("rsi", VCCA_FAMILY_ARM_1_0);
}

static void refused_tsi_calls_change_registers_only(void **state)
{
  (void)state;
  check_interface("tsi", VCCA_FAMILY_VIRTCCA_P521);
}

static void refused_psci_calls_change_registers_only_under_rmi(void **state)
{
  (void)state;
  check_interface("psci", VCCA_FAMILY_ARM_1_0);
}

static void refused_psci_calls_change_registers_only_under_tmi(void **state)
{
  (void)state;
  check_interface("psci", VCCA_FAMILY_VIRTCCA_P521);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_condition_of_the_tables_has_a_stimulus),
      cmocka_unit_test(refused_rsi_calls_change_registers_only),
      cmocka_unit_test(refused_tsi_calls_change_registers_only),
      cmocka_unit_test(refused_psci_calls_change_registers_only_under_rmi),
      cmocka_unit_test(refused_psci_calls_change_registers_only_under_tmi),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
