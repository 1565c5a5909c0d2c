/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/crypto.h"
#include "rooms/token.h"

/* The primes of a 4096-bit TEST key, made for these tests alone. */
static const char prime_p[] =
    "f9e9ed53a0b21875d96a9e3de9986bce27f2b2e8b1e18cc169222c89e0168ce7d3fe68a609e21a68e994c583308c066a"
    "4a512d7f34bed9ca8906d2eee1bf852726eb3f2051690d459674c29e63a3e1a90b2f9822400338fc5025ae7256ace275"
    "22ae7b8040053f7117ae7c4644ec87757a19b22139369f370d1a5a16bf47bfd79493331ed25ef0e93a8ac7a0538f5f0e"
    "99088e96cf2d9085f3ca6987119583a2179cf6ea1eac03743f152ee5f7ce925f2e676c4a9ff876e165982890b0ba12f2"
    "ecd183994b2a2dee53c86a449656f030c4e5301d28be95dc2e2f5b63930dcb2a4cbe081f896ad6a54edf2c62e0facfe4"
    "1a7a32e2b5a259f3e9466a767c8ea6c9";
static const char prime_q[] =
    "f1dc878c16c24213b2f4b716ff850a288b27b7cf3eb0850964dc89d3ed88f174f875120a59a4a437b2ebc54c07a60e66"
    "edc780738a6d65ab472ecfec1dd00b244169da611a106cc96bcb41eb8cbf2ac0b9a06d0f37ac87a65889d45716481462"
    "bb0140ec8a4c3869354fd31ab727585c154c71b16ff85166ff62603b22c780200880872b89acd88a95781c813c76e03c"
    "9f7a428d05ba6e9a48d653705da1a60626e4ea9fff9be9ab8300a9c203861ffdf3d63d10097975095ee02bbf57d1b2ca"
    "bb7cd901651db94d3c0195b6498b87cc143f21de22340651e44cc3c96053b317e7d053c5c45edc04362fa30ee2683689"
    "1458804bdc7e5dd82918362fb72c6773";

static vcca_key *rsa_key(struct vcca_error *err)
{
  uint8_t p_buf[256], q_buf[256];
  vcca_sink p = VCCA_SINK(p_buf), q = VCCA_SINK(q_buf);
  if (!vcca_hex_read(vcca_span_str(prime_p), &p, err) || !vcca_hex_read(vcca_span_str(prime_q), &q, err))
    return NULL;
  return vcca_key_from_primes(vcca_sink_span(&p), vcca_sink_span(&q), err);
}

/* Keys live as long as the test program and are freed at its end. */
static struct {
  enum vcca_key_type type;
  const char *role;
  vcca_key *key;
} keys[8];

static void free_keys(void)
{
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    vcca_key_free(keys[i].key);
}

const vcca_key *test_key(enum vcca_key_type type, const char *role)
{
  static const uint8_t secret[32] = "TEST secret of the token tests";
  struct vcca_error err = {0};
  size_t i = 0;
  for (; i < sizeof keys / sizeof *keys && keys[i].key; i++)
    if (keys[i].type == type && (type == VCCA_KEY_RSA || strcmp(keys[i].role, role) == 0))
      return keys[i].key;
  assert_true(i < sizeof keys / sizeof *keys);
  if (i == 0)
    atexit(free_keys);
  keys[i].type = type;
  keys[i].role = role;
  keys[i].key =
      type == VCCA_KEY_RSA ? rsa_key(&err) : vcca_key_from_seed(type, VCCA_SPAN(secret), vcca_span_str(role), &err);
  check_ok(keys[i].key != NULL, &err, "test key");
  return keys[i].key;
}

static const uint8_t pattern[64] = {
    0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
    0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf,
    0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf,
    0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf,
};
static const uint8_t ueid[33] = {1, 2, 3};
static const uint8_t countersigners[1 + 34 + 34] = {
    0x82, 0x58, 0x20, [35] = 0x58, 0x20, 1}; /* an array of two digests */

static vcca_span some(size_t n)
{
  return vcca_span_of(pattern, n);
}

static void platform_claims(enum vcca_family family, const struct vcca_family_spec *spec, struct sample *s)
{
  static const char *const names[] = {"BL", "RMM"};
  bool virtcca = spec->wraps == 2;
  s->platform = (struct vcca_platform_claims){
      .profile = vcca_span_str(spec->platform_profile),
      .implementation_id = some(32),
      .instance_id = VCCA_SPAN(ueid),
      .config = virtcca ? VCCA_SPAN_LIT("") : some(4),
      .lifecycle = 0x3003,
      .has_lifecycle = true,
      .component_count = 2,
      .has_components = true,
      .verification_service = VCCA_SPAN_LIT("https://verifier.example/"),
      .hash_alg = VCCA_SPAN_LIT("sha-256"),
  };
  vcca_token_bind(family, &s->platform, VCCA_SPAN(s->binding));
  vcca_platform_profile_claims(family, &s->platform);
  bool later = s->platform.has_client_id; /* and so of a profile since 2024 */
  for (size_t i = 0; i < 2; i++)
    s->platform.components[i] = (struct vcca_component){
        .type = vcca_span_str(names[i]),
        .measurement = some(32),
        .version = VCCA_SPAN_LIT("1.0"),
        .signer_id = virtcca ? VCCA_SPAN_LIT("") : some(48),
        .hash_alg = VCCA_SPAN_LIT("sha-256"),
        .live_activation = later,
        .has_live_activation = later,
        .countersigners = later ? VCCA_SPAN(countersigners) : vcca_span_of(NULL, 0),
    };
}

void sample_claims(enum vcca_family family, struct sample *out)
{
  const struct vcca_family_spec *spec = vcca_family(family);
  struct vcca_error err = {0};
  memset(out, 0, sizeof *out);
  vcca_sink rak = VCCA_SINK(out->rak);
  check_ok(vcca_rak_encode(family, test_key(spec->key, "RAK"), &rak, &err), &err, "RAK");
  vcca_hash(VCCA_SHA256, vcca_sink_span(&rak), out->binding);
  out->realm = (struct vcca_realm_claims){
      .challenge = some(64),
      .rpv = some(64),
      .public_key = vcca_sink_span(&rak),
      .hash_alg = VCCA_SPAN_LIT("sha-256"),
      .public_key_hash_alg = VCCA_SPAN_LIT("sha-256"),
      .rim = some(32),
      .rem = {some(32), some(32), some(32), some(32)},
  };
  vcca_realm_profile_claims(family, 7, out->instance_id, &out->realm);
  if (out->realm.instance_id.p) { /* a profile since 2024 */
    out->realm.lfa_policy = 1;
    out->realm.has_lfa_policy = true;
    out->realm.devices_hash = some(32);
  }
  if (spec->platform_profile)
    platform_claims(family, spec, out);
}

void make_token(enum vcca_family family, const struct sample *sample, struct made *out)
{
  const struct vcca_family_spec *spec = vcca_family(family);
  struct vcca_error err = {0};
  uint8_t platform_buf[VCCA_TOKEN_MAX], realm_buf[VCCA_TOKEN_MAX];
  vcca_sink platform = VCCA_SINK(platform_buf), realm = VCCA_SINK(realm_buf), token = VCCA_SINK(out->bytes);
  if (spec->platform_profile)
    check_ok(vcca_token_platform(family, &sample->platform, test_key(spec->key, "CPAK"), &platform, &err), &err,
             "platform token");
  check_ok(vcca_token_realm(family, &sample->realm, test_key(spec->key, "RAK"), &realm, &err), &err, "realm token");
  vcca_span part = spec->platform_profile ? vcca_sink_span(&platform) : vcca_span_of(NULL, 0);
  check_ok(vcca_token_collect(family, part, vcca_sink_span(&realm), &token, &err), &err, "collection");
  out->span = vcca_sink_span(&token);
}

void make_token_around(enum vcca_family family, vcca_span platform, vcca_span realm, struct made *out)
{
  vcca_sink token = VCCA_SINK(out->bytes);
  struct vcca_error err = {0};
  check_ok(vcca_token_collect(family, platform, realm, &token, &err), &err, "collection");
  out->span = vcca_sink_span(&token);
}

void make_token_of(enum vcca_family family, vcca_span platform_payload, vcca_span realm_payload, struct made *out)
{
  const struct vcca_family_spec *spec = vcca_family(family);
  struct vcca_error err = {0};
  uint8_t platform_buf[VCCA_TOKEN_MAX], realm_buf[VCCA_TOKEN_MAX];
  vcca_sink platform = VCCA_SINK(platform_buf), realm = VCCA_SINK(realm_buf);
  if (platform_payload.p)
    check_ok(vcca_sign1(test_key(spec->key, "CPAK"), platform_payload, &platform, &err), &err, "platform token");
  check_ok(vcca_sign1(test_key(spec->key, "RAK"), realm_payload, &realm, &err), &err, "realm token");
  make_token_around(family, platform_payload.p ? vcca_sink_span(&platform) : vcca_span_of(NULL, 0),
                    vcca_sink_span(&realm), out);
}

void must_decode(vcca_span bytes, struct vcca_token *out)
{
  struct vcca_error err = {0};
  check_ok(vcca_token_decode(bytes, out, &err), &err, "token");
}
