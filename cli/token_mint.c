/* vcca token mint: one token from a device and measurements, without booting a VM.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "cli/words.h"
#include "cli/device_option.h"
#include "vcca/hex.h"
#include "rooms/error.h"
#include "rooms/files.h"

static const struct option options[] = {
    {"family", 'F', "NAME", false, "token family, see vcca table profiles; default the device's own"},
    OPTION_DEVICE,
    {"challenge", 0, "HEX", false, "up to 64 bytes, zero-padded; default zeros"},
    {"rim", 0, "HEX", false, "RIM, 32, 48 or 64 bytes; default zeros"},
    {"rem", 0, "HEX", true, "REM 0, then 1, 2, 3; default zeros"},
    {"rpv", 0, "HEX", false, "realm personalization value, up to 64 bytes, zero-padded"},
    {"hash", 0, "sha-256|sha-384|sha-512", false, "measurement algorithm; default by the RIM's length, else sha-256"},
    {"out", 0, "FILE", WRITES, "where the token goes; default standard output"},
    OPTION_END,
};

/* The values the claims point to. */
struct job {
  uint8_t challenge[64], rpv[64], rim[64], rem[VCCA_TOKEN_REMS][64], rak[VCCA_SPKI_MAX], token[VCCA_TOKEN_MAX],
      inner[VCCA_TOKEN_MAX];
  uint8_t instance_id[VCCA_UEID_SIZE];
  struct vcca_realm_claims claims;
};

static bool read_hash(const struct args *a, struct job *job, struct vcca_error *err)
{
  const char *name = args_get(a, "hash");
  vcca_sink rim = VCCA_SINK(job->rim);
  if (!args_hex(a, "rim", &rim, err))
    return false;
  enum vcca_hash_alg alg = VCCA_SHA256;
  for (int i = 0; i < VCCA_HASH_ALGS; i++)
    if (rim.n == vcca_hash_size((enum vcca_hash_alg)i))
      alg = (enum vcca_hash_alg)i;
  if (name && !vcca_hash_named(vcca_span_str(name), &alg))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--hash %s: sha-256, sha-384 or sha-512", name);
  size_t n = vcca_hash_size(alg);
  if (rim.n != 0 && rim.n != n)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--rim has %zu bytes where %s has %zu", rim.n, vcca_hash_name(alg), n);
  job->claims.hash_alg = vcca_span_str(vcca_hash_name(alg));
  job->claims.rim = vcca_span_of(job->rim, n);
  if (args_nth(a, "rem", VCCA_TOKEN_REMS))
    return vcca_fail(err, VCCA_FAULT_USAGE, "more than %d --rem: a token has REM 0 to 3", VCCA_TOKEN_REMS);
  for (unsigned i = 0; i < VCCA_TOKEN_REMS; i++) {
    const char *hex = args_nth(a, "rem", i);
    vcca_sink rem = vcca_sink_of(job->rem[i], n);
    struct vcca_error why;
    if (hex && (!vcca_hex_read(vcca_span_str(hex), &rem, &why) || rem.n != n))
      return vcca_fail(err, VCCA_FAULT_USAGE, "--rem (number %u): %zu bytes of hexadecimal", i, n);
    job->claims.rem[i] = vcca_span_of(job->rem[i], n);
  }
  return true;
}

static bool mint(const struct args *a, struct job *job, vcca_hsm *hsm, struct vcca_error *err)
{
  enum vcca_family family = vcca_hsm_family(hsm);
  const char *name = args_get(a, "family");
  if (name && !family_said(name, &family, err))
    return false;
  vcca_sink challenge = VCCA_SINK(job->challenge), rpv = VCCA_SINK(job->rpv), rak = VCCA_SINK(job->rak);
  vcca_sink inner = VCCA_SINK(job->inner), token = VCCA_SINK(job->token);
  vcca_span platform = {0};
  if (!args_hex(a, "challenge", &challenge, err) || !args_hex(a, "rpv", &rpv, err) || !read_hash(a, job, err) ||
      !vcca_rak_encode(family, vcca_hsm_rak(hsm), &rak, err))
    return false;
  job->claims.challenge = VCCA_SPAN(job->challenge);
  job->claims.rpv = VCCA_SPAN(job->rpv);
  job->claims.public_key = vcca_sink_span(&rak);
  job->claims.public_key_hash_alg = VCCA_SPAN_LIT("sha-256");
  vcca_realm_profile_claims(family, 0, job->instance_id, &job->claims);
  return vcca_hsm_platform_token(hsm, family, &platform, err) &&
         vcca_token_realm(family, &job->claims, vcca_hsm_rak(hsm), &inner, err) &&
         vcca_token_collect(family, platform, vcca_sink_span(&inner), &token, err) &&
         vcca_files_write(a->files, args_has(a, "out") ? args_get(a, "out") : "-", vcca_sink_span(&token), err);
}

/* The kind of device that speaks a family, when none was named. */
static enum vcca_chain_kind kind_for(const struct args *a)
{
  enum vcca_family family = VCCA_FAMILY_VIRTCCA_P521;
  const char *name = args_get(a, "family");
  if (name && vcca_family_named(vcca_span_str(name), &family))
    switch (vcca_family(family)->key) {
    case VCCA_KEY_RSA:
      return VCCA_CHAIN_RSA;
    case VCCA_KEY_P256:
    case VCCA_KEY_P384:
      return VCCA_CHAIN_P384;
    case VCCA_KEY_P521:
      break;
    }
  return VCCA_CHAIN_P521;
}

static enum vcca_exit run(const struct args *a)
{
  struct job job = {0};
  struct vcca_error err;
  vcca_hsm *hsm = device_open(a, kind_for(a), &err);
  bool ok = hsm && mint(a, &job, hsm, &err);
  vcca_hsm_close(hsm);
  return ok ? VCCA_EXIT_YES : fail(a, &err);
}

const struct verb verb_token_mint = {
    "token mint",
    "",
    0,
    0,
    "one token from a device, measurements and a challenge",
    "Mints a token of the given family: the platform part as the device's HSM makes it, the realm part with the "
    "measurements given, signed by the "
    "device's RAK. The same words give the same bytes. To have the measurements come from a VM that was booted, use "
    "`vcca run`.",
    "vcca token mint --family arm-1.0 --rim 4cd6... --challenge 0011 --out token.cbor\n"
    "vcca token mint --family virtcca-p521 --device device.yaml | vcca token show -",
    options,
    run,
};
