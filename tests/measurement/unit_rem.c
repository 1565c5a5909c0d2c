/* The REMs. The expected values were computed with Python's hashlib from the formulas of the specifications
 * (B3.42 of 1.0-rel0, B3.110 of 2.0-bet1); deployed monitors produce the plain ones.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "vcca/measurement.h"
#include "rooms/span.h"

/* One register, extended with the first 0, 5, 32, 33 and 64 bytes of (7i+1) & 255, one after the other. */
static const struct {
  enum vcca_hash_alg alg;
  enum vcca_rem_rule rule;
  size_t size;
  const char *rem;
} rows[] = {
    {VCCA_SHA256, VCCA_REM_PLAIN, 0, "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"},
    {VCCA_SHA256, VCCA_REM_PLAIN, 5, "174a00f3071e6945bf6326b1dc785d34a5cc0e0bf195ecfec32dfb5e96c2da02"},
    {VCCA_SHA256, VCCA_REM_PLAIN, 32, "a8fadcebec09b14f5eb1f4444a17d8216024f91894c7e62767d91aa8ba9c898c"},
    {VCCA_SHA256, VCCA_REM_PLAIN, 33, "ddde993aa19fe6e593351868a758afd72a26d583982ec1c0f7e4e1d76629b53a"},
    {VCCA_SHA256, VCCA_REM_PLAIN, 64, "ddf33d819fcd0086235c16144e21f4bc9aa3017f045977ef0f78f631f1bdf163"},
    {VCCA_SHA256, VCCA_REM_PADDED_VALUE, 0, "2ea9ab9198d1638007400cd2c3bef1cc745b864b76011a0e1bc52180ac6452d4"},
    {VCCA_SHA256, VCCA_REM_PADDED_VALUE, 5, "cd5db1afd1d19aeb089a4341ef3c78e1b63b577c5db422b4e1a88549ca650b03"},
    {VCCA_SHA256, VCCA_REM_PADDED_VALUE, 32, "23c395d5ac72994698f93f01990096ab8e47e9f58a606154ae231f4293757e83"},
    {VCCA_SHA256, VCCA_REM_PADDED_VALUE, 33, "bac494799060977f7048ab1e04e5000893b3b734fbaa388048c9e693ffcaeca8"},
    {VCCA_SHA256, VCCA_REM_PADDED_VALUE, 64, "52bccce00966285a16158c5a5c5e7c3b6fe3c535e732a2074b6482253b61d240"},
    {VCCA_SHA512, VCCA_REM_PLAIN, 0,
     "7be9fda48f4179e611c698a73cff09faf72869431efee6eaad14de0cb44bbf66503f752b7a8eb17083355f3ce6eb7d2806f236b25af96a24e"
     "22b887405c20081"},
    {VCCA_SHA512, VCCA_REM_PLAIN, 5,
     "f810b9c0bafa671337b0170182e20ca511a03fa2eb1790684ed832283c57ae087c680360c94d04801e540e5d3e1cd660607687f9411a791e4"
     "32829aead648683"},
    {VCCA_SHA512, VCCA_REM_PLAIN, 32,
     "7e6fd86307a047ee050fa9ded61053b197db2f91bb57586ee84d533ed7eb462e785c4ce39934f97cb05ab7ec1e4a30cfc292bc541d4c8240a"
     "b79b75fd6a87ff9"},
    {VCCA_SHA512, VCCA_REM_PLAIN, 33,
     "2e4312d8b75dca557c914a27d9dd04adb56faa6f2ccf5d53bad39c43d1561b6251c419a13aa008f96c40038d8d3a53876a75ec5c371752e53"
     "e7045ed821fd4b5"},
    {VCCA_SHA512, VCCA_REM_PLAIN, 64,
     "e9658edca5352bf703e885991644c0b60a8f8ae5529742fa9992e3b5573128817d7ed826af35b736faee297f84fb93723ca847ea157650b0e"
     "f69aee988c22a8d"},
    {VCCA_SHA512, VCCA_REM_PADDED_VALUE, 0,
     "ab942f526272e456ed68a979f50202905ca903a141ed98443567b11ef0bf25a552d639051a01be58558122c58e3de07d749ee59ded36acf0c"
     "55cd91924d6ba11"},
    {VCCA_SHA512, VCCA_REM_PADDED_VALUE, 5,
     "12d3eff03832efeda526ab9c9aa44953b56b48f8bad75b6e7af59bcaf16b5274f033ea14f688a56dd136108d3dba4303b4ae1975a775275f2"
     "f2fda0f8eadd9f2"},
    {VCCA_SHA512, VCCA_REM_PADDED_VALUE, 32,
     "ed78d8bd02200b72505be5670852f34c4306fadb082977d326b59c1d377b45d131c3be34435d5776f0408618072fccfcf20f5030a348dd619"
     "35293614d8bffc5"},
    {VCCA_SHA512, VCCA_REM_PADDED_VALUE, 33,
     "ce3e81f48111bfd4c44ee530eae52e2b2e466c5855c8372e746803fcd2a879bc58edee0ded153a5f4a1f258b7c324ef150fe23e86c84a6fcd"
     "d1da6e819b0607b"},
    {VCCA_SHA512, VCCA_REM_PADDED_VALUE, 64,
     "a29c7c27ad2ef3b6a368a1e88c7e0c9226ed50d002909e09b3b70bd51e96057b227f928f9050dc1841613a672c11af5b10f09f4cc485f89d6"
     "876be43fed744a8"},
    {VCCA_SHA384, VCCA_REM_PLAIN, 0,
     "8f0d145c0368ad6b70be22e41c400eea91b971d96ba220fec9fae25a58dffdaaf72dbe8f6783d55128c9df4efaf6f8a7"},
    {VCCA_SHA384, VCCA_REM_PLAIN, 5,
     "17657a5d713aad861c73e37f813232565e0c312b416941ec48c4149b9611c205bed1e4652b6d9816bd1d9403c95eaf7f"},
    {VCCA_SHA384, VCCA_REM_PLAIN, 32,
     "f718bbfbfd068cdb2fba61d590c7e1bc5b45fce6c43f93d1b674662aced7f95a4f3f63f460642d3f0a22e061ed6ab6a2"},
    {VCCA_SHA384, VCCA_REM_PLAIN, 33,
     "ebdb6fb8fcfec489fd37e40e113d26585b2af1f25d3475fdf50424e403594b07f3c10b3045d73aebb130a1940beff015"},
    {VCCA_SHA384, VCCA_REM_PLAIN, 64,
     "42173c0bc02164e7ea6c44b8605bf70520c6aaeab817ec07915a48d929cff966a6d409f5224c15a72a533f4a3f79246d"},
    {VCCA_SHA384, VCCA_REM_PADDED_VALUE, 0,
     "3e0cbf3aee0e3aa70415beae1bd12dd7db821efa446440f12132edffce76f635e53526a111491e75ee8e27b9700eec20"},
    {VCCA_SHA384, VCCA_REM_PADDED_VALUE, 5,
     "19199d418a1f008482f58bf35a722b4d8db56b09a9425266d49f676558450d90fd9d12c1913fee4edf68f34fff5817a0"},
    {VCCA_SHA384, VCCA_REM_PADDED_VALUE, 32,
     "06183557336d46bd40bd360589a8c79bf0dae9cd340bbddef9f0a716bb76fe156ce7abc163a6ae73af1b94e471743f7d"},
    {VCCA_SHA384, VCCA_REM_PADDED_VALUE, 33,
     "7e0ba6e8ac0ca481fcb23350e6f93b1614df6d450789f0256b9eab1257465e09426e5f1f087e792b0bb45539803a9457"},
    {VCCA_SHA384, VCCA_REM_PADDED_VALUE, 64,
     "4507b4127487bfe58fcfebd64fc718ce7e9618649752a9436e9a8bf1d32828226e43beeb976b882bac39a83d48bebcfb"},
    {VCCA_SHA256, VCCA_REM_PADDED, 0, "38723a2e5e8a17aa7950dc008209944e898f69a7bd10a23c839d341e935fd5ca"},
    {VCCA_SHA256, VCCA_REM_PADDED, 5, "ea7b5ef953aadb95d6fb143d0a37af44aee594c418502fbce73d98ce8795f85b"},
    {VCCA_SHA256, VCCA_REM_PADDED, 32, "1d1dffbf9316128882eb7c530cca940d21025eb29a130bae3b1a828e0f3bb70c"},
    {VCCA_SHA256, VCCA_REM_PADDED, 33, "f7bdb4a20d6281b1628f8e307d5a4c0fc31707024135748a576b76fd7a171ce5"},
    {VCCA_SHA256, VCCA_REM_PADDED, 64, "a6da5573fe26c476f4e5abf5286a3c851887236cddbafa21df32256123e8d659"},
    {VCCA_SHA384, VCCA_REM_PADDED, 0,
     "f809b88323411f24a6f152e5e9d9d1b5466b77e0f3c7550f8b242c31b6e7b99bcb45bdecb6124bc23283db3b9fc4f5b3"},
    {VCCA_SHA384, VCCA_REM_PADDED, 5,
     "aac8101e48cb9e154456f7a029dcd67b065c3b8a6aea892aca8d0139fcb34aaa6a98b74dfc9af12430f3217c246c29c1"},
    {VCCA_SHA384, VCCA_REM_PADDED, 32,
     "c23f60713ecca9bfd6a1ab3b07260329226adae637a3bf3ff8e2a7729da62b8126ee429cf7e239c1f61c1a29ee820923"},
    {VCCA_SHA384, VCCA_REM_PADDED, 33,
     "743b9c66cae5adc1d2ed0fd392fe7b84a6a3c0e39f209abb355702f87e4800795661df0e9531f3b654e0c87629cc7667"},
    {VCCA_SHA384, VCCA_REM_PADDED, 64,
     "e71555a66cf17e34aae5b4bc639b1f149b5cfee7fc20c69630b7f3f6f65c64ffc46b07b75978b45902c485a2d3964f9b"},
    {VCCA_SHA512, VCCA_REM_PADDED, 0,
     "ab942f526272e456ed68a979f50202905ca903a141ed98443567b11ef0bf25a552d639051a01be58558122c58e3de07d749ee59ded36acf0c"
     "55cd91924d6ba11"},
    {VCCA_SHA512, VCCA_REM_PADDED, 5,
     "12d3eff03832efeda526ab9c9aa44953b56b48f8bad75b6e7af59bcaf16b5274f033ea14f688a56dd136108d3dba4303b4ae1975a775275f2"
     "f2fda0f8eadd9f2"},
    {VCCA_SHA512, VCCA_REM_PADDED, 32,
     "ed78d8bd02200b72505be5670852f34c4306fadb082977d326b59c1d377b45d131c3be34435d5776f0408618072fccfcf20f5030a348dd619"
     "35293614d8bffc5"},
    {VCCA_SHA512, VCCA_REM_PADDED, 33,
     "ce3e81f48111bfd4c44ee530eae52e2b2e466c5855c8372e746803fcd2a879bc58edee0ded153a5f4a1f258b7c324ef150fe23e86c84a6fcd"
     "d1da6e819b0607b"},
    {VCCA_SHA512, VCCA_REM_PADDED, 64,
     "a29c7c27ad2ef3b6a368a1e88c7e0c9226ed50d002909e09b3b70bd51e96057b227f928f9050dc1841613a672c11af5b10f09f4cc485f89d6"
     "876be43fed744a8"},
};

static void each_extension_hashes_the_register_and_the_value(void **state)
{
  (void)state;
  uint8_t value[64], rem[VCCA_MEASUREMENT_SIZE] = {0};
  for (size_t i = 0; i < sizeof value; i++)
    value[i] = (uint8_t)(7 * i + 1);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (rows[i].size == 0)
      memset(rem, 0, sizeof rem);
    vcca_rem_extend(rows[i].alg, rows[i].rule, rem, vcca_span_of(value, rows[i].size));
    check_hex(vcca_span_of(rem, vcca_hash_size(rows[i].alg)), rows[i].rem, "REM");
    assert_true(vcca_span_zero(vcca_span_sub(VCCA_SPAN(rem), vcca_hash_size(rows[i].alg), sizeof rem)));
  }
}

static void only_the_digest_part_of_the_old_register_counts(void **state)
{
  (void)state;
  uint8_t clean[VCCA_MEASUREMENT_SIZE] = {0}, dirty[VCCA_MEASUREMENT_SIZE] = {0};
  memset(dirty + 32, 0xa5, 32);
  vcca_rem_extend(VCCA_SHA256, VCCA_REM_PLAIN, clean, VCCA_SPAN_LIT("value"));
  vcca_rem_extend(VCCA_SHA256, VCCA_REM_PLAIN, dirty, VCCA_SPAN_LIT("value"));
  assert_memory_equal(clean, dirty, sizeof clean);
}

/* Of a SHA-256 REM the three rules give three values: what the draft hashes is neither what monitors do nor
 * only the value's padding. */
static void the_rules_say_what_an_extension_hashes(void **state)
{
  (void)state;
  static const struct {
    enum vcca_rules_id rules;
    enum vcca_rem_rule rem, zero_padded;
  } rules[] = {
      {VCCA_RULES_ARM_1_0, VCCA_REM_PLAIN, VCCA_REM_PADDED_VALUE},
      {VCCA_RULES_ARM_2_0, VCCA_REM_PLAIN, VCCA_REM_PADDED},
      {VCCA_RULES_ARM_2_0_BET1, VCCA_REM_PADDED, VCCA_REM_PADDED},
      {VCCA_RULES_VIRTCCA, VCCA_REM_PLAIN, VCCA_REM_PADDED_VALUE},
  };
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    assert_int_equal(vcca_rim_rules(rules[i].rules)->rem, rules[i].rem);
    assert_int_equal(vcca_rim_rules(rules[i].rules)->rem_zero_padded, rules[i].zero_padded);
  }
}

static void padding_changes_nothing_for_a_full_value(void **state)
{
  (void)state;
  uint8_t value[64] = {1, 2, 3}, plain[VCCA_MEASUREMENT_SIZE] = {0}, padded[VCCA_MEASUREMENT_SIZE] = {0};
  vcca_rem_extend(VCCA_SHA512, VCCA_REM_PLAIN, plain, VCCA_SPAN(value));
  vcca_rem_extend(VCCA_SHA512, VCCA_REM_PADDED, padded, VCCA_SPAN(value));
  assert_memory_equal(plain, padded, sizeof plain);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_extension_hashes_the_register_and_the_value),
      cmocka_unit_test(only_the_digest_part_of_the_old_register_counts),
      cmocka_unit_test(the_rules_say_what_an_extension_hashes),
      cmocka_unit_test(padding_changes_nothing_for_a_full_value),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
