/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/support.h"

#include "check.h"
#include "rooms/crypto.h"

const uint8_t secret_bytes[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                  16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

const char *const rsa_p =
    "d9c5ffb3c1e9ba22723778f3ef37fa9d7ed2a9217fe08569d13e61ce178c01beaeae0b6cff417eb0a040881852558a9a"
    "6a0bef00677679774f83451b8e9386439d70783a1d1644adfd82c17f9b12a1c680a9a1b13b78aca0a9aff29bbba19d8c"
    "1f0d7332cd42e96eb468f503f80ca30f7dc6cfb6cf105ef8e7bfa178f1ce6811";
const char *const rsa_q =
    "c28a30ab8a1949ebd531ac7f1c2439f5c853ac8a66dbfb2ee52697d90418f54e82abd67b3d8bcdbe46988a32804f7676"
    "65fd8a8dc1bcbda4cfed307725668fdd863ec19986badb63e16b1f14ecc10100c495b94a464e38c71720f47841d71588"
    "c866f71aee5cf4bf1718570b6aad35fabd664b9b946849867ae8c00cd4e89be9";

vcca_span unhex(const char *text)
{
  static uint8_t buffers[16][1100];
  static size_t next;
  struct vcca_error err = {0};
  vcca_sink sink = VCCA_SINK(buffers[next++ % 16]);
  check_ok(vcca_hex_read(vcca_span_str(text), &sink, &err), &err, "hex in a test");
  return vcca_sink_span(&sink);
}

vcca_key *seeded(enum vcca_key_type type, const char *info)
{
  struct vcca_error err = {0};
  vcca_key *key = vcca_key_from_seed(type, SECRET, vcca_span_str(info), &err);
  check_ok(key != NULL, &err, "key from seed");
  return key;
}

bool next_signing_engine(size_t *i, struct vcca_engine_info *info)
{
  struct vcca_error err = {0};
  while (vcca_signature_engine_at((*i)++, info))
    if (info->available) {
      check_ok(vcca_signature_engine_use(info->name, &err), &err, info->name);
      return true;
    }
  check_ok(vcca_signature_engine_use(NULL, &err), &err, "the fastest");
  return false;
}
