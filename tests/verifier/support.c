/* Evidence made on the spot, of any family, with everything a relying party may ask for; tests then spoil
 * one thing.
 *
 * The keys are TEST keys: EC keys from seeds, RSA keys from primes that openssl found. They guard nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/hash.h"
#include "rooms/crypto.h"
#include "rooms/eventlog.h"
#include "rooms/hex.h"
#include "rooms/span.h"

static const char rsa_p[] = "fdb2ce73bdb2fb1b0acd229b7e4b7ee575482fa4d76a6d7b7992d6e923470b6087cfbf98359dc5ee5d7c37c2c5"
                            "b19126a16e9412d3dcf293872900c5f3b86b57"
                            "871b1928294e5032868832cf3f8bd690ded6f4f097221ed986eabbdadb9172833b67514bd4fe0c21d36187d558"
                            "8f42b629774f6890efd3c377c2216f863b260a"
                            "bd6a7231dad7dd3539056818ae7ec647bff2f03a22be2825257a6316fdcf2c2eeeacd29e83dae320d8e17dd195"
                            "e8efe52f6bb7ba74815f3a84bb1d1c604d74c4"
                            "136cd4c3b3ad8f02075fd6d8d0cd10f851393742c91faa6ca6ea3733efbf1218bcb2ef65ad7009742d5003f3e2"
                            "f17c83c8ebe58616905a9017fb044001c39d63";
static const char rsa_q[] = "c10799935995729db5d99c30689335def16720e279c72992b4e8c7ab59d4a888dab1e88cbba1b3a43b895fa68f"
                            "7140174c0238aaf7aa022bd471a160a524ac6b"
                            "23c9da6bf0098c33768eaae8ac7f10b79e758857f7f1981faafb4ebb0190477f8a37049b0737e5bb2607eceeb6"
                            "e8231330d758780d8be44b2da86ed7c35616e4"
                            "123eb2a6a64247942a52bab29d29b0a1db5f5f5d0f23a79ad636d554921bc1017ee28c2480039947df3e9e2113"
                            "298193ac03ff7b95fa6ce2eb7d0b47c2916f6a"
                            "de2244549cc47ea01005600f41e2778d24e8274cc1567ce3a0744f0551ad7414b9260d9f3d91af2726baf80be1"
                            "d66ace2f5294b1b9af796b970dbd3a471e6423";
static const char rsa_other_q[] = "c80f8432d29e51f1693c21bf78e60e0fe2c0a7327435fd8b4429470794190fd7bab52cec296a00ed7cf2"
                                  "2f73615d6d0eeeb8b201f39de0cecab4cc24b52529cb"
                                  "5b272508879d014f20abae964aae7e8bcc57ea6ad9080ae088b88d4974228e2ddb66bfe34558d9472252"
                                  "ed375f8cf8a6029f20601a3c23a0d159f90d113628b0"
                                  "ad98bab10710f976bb00d2a855fe23ccfa0aae4e12fedc5341fbf9a5ec29bef3f09d6d767c1b26923804"
                                  "f60d222ca7f844e6bdf43bc9007ddef4d1866eb2aa03"
                                  "5629fec5a43ec201ae57f34024f8a7b5d8fb436d8c41f1d6eeb731d97672ed114d777d0f1aa850daa739"
                                  "fb679147aa7555151c51fc4464fa8a2f3da60f76d871";

static vcca_key *rsa_key(const char *q_hex)
{
  uint8_t p_room[256], q_room[256];
  vcca_sink p = VCCA_SINK(p_room), q = VCCA_SINK(q_room);
  struct vcca_error err = {0};
  check_ok(vcca_hex_read(vcca_span_str(rsa_p), &p, &err) && vcca_hex_read(vcca_span_str(q_hex), &q, &err), &err,
           "primes");
  vcca_key *key = vcca_key_from_primes(vcca_sink_span(&p), vcca_sink_span(&q), &err);
  check_ok(key != NULL, &err, "RSA key");
  return key;
}

static vcca_key *ec_key(enum vcca_key_type type, const char *info)
{
  struct vcca_error err = {0};
  vcca_key *key = vcca_key_from_seed(type, vcca_span_str("TEST verifier"), vcca_span_str(info), &err);
  check_ok(key != NULL, &err, info);
  return key;
}

static vcca_key *family_key(enum vcca_family family, const char *info)
{
  enum vcca_key_type type = vcca_family(family)->key;
  if (type != VCCA_KEY_RSA)
    return ec_key(type, info);
  return rsa_key(strcmp(info, "other") == 0 ? rsa_other_q : rsa_q);
}

/* --- Certificates ---------------------------------------------------------------------------------------- */

void certify(struct made *m, enum cert which, const vcca_key *subject, const vcca_key *issuer)
{
  static const uint8_t serials[][1] = {{1}, {2}, {3}, {4}};
  static const struct vcca_cert_spec specs[] = {
      [ROOT] = {.subject_cn = "TEST root", .issuer_cn = "TEST root", .ca = true, .path_len = -1, .key_usage = 0x04},
      [SUB] = {.subject_cn = "TEST sub", .issuer_cn = "TEST root", .ca = true, .path_len = 0, .key_usage = 0x04},
      [DEVICE] = {.subject_cn = "TEST device", .issuer_cn = "TEST sub", .key_usage = 0x80},
      [OTHER_ROOT] =
          {.subject_cn = "TEST root", .issuer_cn = "TEST root", .ca = true, .path_len = -1, .key_usage = 0x04},
  };
  struct vcca_cert_spec spec = specs[which];
  struct vcca_error err = {0};
  vcca_sink der = VCCA_SINK(m->certs[which]);
  spec.serial = VCCA_SPAN(serials[which]);
  spec.not_before = "20250101000000Z";
  spec.not_after = "20450101000000Z";
  check_ok(vcca_cert_write(&spec, subject, issuer, &der, &err), &err, spec.subject_cn);
  m->cert_size[which] = der.n;
}

/* --- The event log --------------------------------------------------------------------------------------- */

static void put_u32(vcca_sink *out, uint32_t v)
{
  uint8_t bytes[4];
  vcca_put_le32(bytes, v);
  vcca_sink_put(out, VCCA_SPAN(bytes));
}

void log_bytes(struct made *m, uint32_t reg, uint32_t type, const uint8_t digest[32], vcca_span data)
{
  put_u32(&m->log, reg);
  put_u32(&m->log, type);
  put_u32(&m->log, 1);
  vcca_sink_put(&m->log, VCCA_SPAN_LIT("\x0b\x00"));
  vcca_sink_put(&m->log, vcca_span_of(digest, 32));
  put_u32(&m->log, (uint32_t)data.n);
  vcca_sink_put(&m->log, data);
  if (type != VCCA_EV_NO_ACTION && reg >= 1 && reg <= VCCA_TOKEN_REMS) {
    const vcca_span parts[] = {VCCA_SPAN(m->rem[reg - 1]), vcca_span_of(digest, 32)};
    vcca_hash_parts(VCCA_SHA256, parts, 2, m->rem[reg - 1]);
  }
}

void log_event(struct made *m, uint32_t reg, uint32_t type, const uint8_t digest[32], const char *data)
{
  log_bytes(m, reg, type, digest, vcca_span_str(data));
}

void log_hashed(struct made *m, uint32_t reg, uint32_t type, const char *data, const char *hashed)
{
  uint8_t digest[32];
  vcca_hash(VCCA_SHA256, vcca_span_str(hashed), digest);
  log_event(m, reg, type, digest, data);
}

void begin_log(struct made *m)
{
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    memset(m->rem[i], 0, sizeof m->rem[i]);
  m->log = VCCA_SINK(m->log_room);
  put_u32(&m->log, 1);
  put_u32(&m->log, VCCA_EV_NO_ACTION);
  vcca_sink_fill(&m->log, 0, 20);
  put_u32(&m->log, 33);
  vcca_sink_put(&m->log, VCCA_SPAN_LIT("Spec ID Event03\0"
                                       "\0\0\0\0"
                                       "\0\2\0\2"
                                       "\1\0\0\0"
                                       "\x0b\0\x20\0"
                                       "\0"));
}

static void make_log(struct made *m)
{
  begin_log(m);
  log_hashed(m, 1, 0x80000007, "setup", "setup");
  log_hashed(m, 2, 0x80000003, "image load event", "the boot loader");
  log_hashed(m, 3, 0xd, "(hd0,gpt1)/efi/test/grub.cfg", "the configuration");
  log_hashed(m, 3, 0xd, "grub_cmd: linux /vmlinuz-1 quiet", "linux /vmlinuz-1 quiet");
  log_hashed(m, 3, 0xd, "/vmlinuz-1", "the kernel");
  log_hashed(m, 3, 0xd, "kernel_cmdline: /vmlinuz-1 quiet", "/vmlinuz-1 quiet");
  log_hashed(m, 3, 0xd, "grub_cmd: initrd /initramfs-1.img", "initrd /initramfs-1.img");
  log_hashed(m, 3, 0xd, "/initramfs-1.img", "the initramfs");
}

const char *hex_of(char *room, const char *hashed)
{
  uint8_t digest[32];
  vcca_hash(VCCA_SHA256, vcca_span_str(hashed), digest);
  return vcca_hex_text(VCCA_SPAN(digest), room, 65);
}

void make_image_reference(struct made *m, const char *grub, const char *config, const char *kernel,
                          const char *initramfs)
{
  char a[65], b[65], c[65], d[65], e[65], f[65];
  snprintf(m->image_reference, sizeof m->image_reference,
           "{\"grub\": \"%s\", \"grub.cfg\": \"%s\", \"hash_alg\": \"sha-256\",\n"
           " \"kernels\": [{\"version\": \"0\", \"kernel\": \"%s\", \"initramfs\": \"%s\"},\n"
           "  {\"version\": \"1\", \"kernel\": \"%s\", \"initramfs\": \"%s\"}]}\n",
           hex_of(a, grub), hex_of(b, config), hex_of(c, "an older kernel"), hex_of(d, "the initramfs"),
           hex_of(e, kernel), hex_of(f, initramfs));
}

void make_platform_reference(struct made *m, const char *name, const char *version, const char *measured)
{
  char a[65], b[65], c[65];
  snprintf(m->platform_reference, sizeof m->platform_reference,
           "{\"measure_value\": [\n"
           " {\"firware_name\": \"unused\", \"measurement\": \"%s\", \"firware_version\": \"9\", \"hash_algorithm\": "
           "\"sha-256\"},\n"
           " {\"firware_name\": \"%s\", \"measurement\": \"%s\", \"firware_version\": \"%s\", \"hash_algorithm\": "
           "\"sha-256\"},\n"
           " {\"firware_name\": \"tee\", \"measurement\": \"%s\", \"firware_version\": \"1.6\", \"hash_algorithm\": "
           "\"sha-256\"}]}\n",
           hex_of(a, "unused"), name, hex_of(b, measured), version, hex_of(c, "tee"));
}

static void put(vcca_sink *out, const char *before, vcca_span bytes)
{
  vcca_sink_str(out, before);
  vcca_hex_put(out, bytes);
}

/* Written out by hand, not by vcca_endorse. */
void make_reference_store(struct made *m, vcca_span rim)
{
  vcca_sink out = vcca_sink_of(m->reference_store, sizeof m->reference_store - 1);
  vcca_sink_str(&out, "{\"platform\": [");
  if (vcca_family(m->family)->platform_profile != NULL) {
    put(&out, "{\"implementation-id\": \"", m->platform.implementation_id);
    put(&out, "\", \"platform-configuration\": \"", m->platform.config);
    vcca_sink_str(&out, "\", \"sw-components\": [");
    for (size_t i = 0; i < m->platform.component_count; i++) {
      put(&out, i == 0 ? "{\"measurement-value\": \"" : ",\n {\"measurement-value\": \"",
          m->platform.components[i].measurement);
      put(&out, "\", \"signer-id\": \"", m->platform.components[i].signer_id);
      vcca_sink_str(&out, i == 0 ? "\", \"version\": \"21.23.0\"}" : "\"}");
    }
    vcca_sink_str(&out, "]}");
  }
  put(&out, "],\n \"realm\": [{\"rak-hash-algorithm\": \"sha-256\", \"initial-measurement\": \"", rim);
  put(&out, "\", \"personalization-value\": \"", m->realm.rpv);
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    put(&out, i == 0 ? "\", \"extensible-measurements\": [\"" : "\", \"", m->realm.rem[i]);
  vcca_sink_str(&out, "\"]}]}\n");
  assert_true(vcca_sink_ok(&out));
  m->reference_store[out.n] = '\0';
  m->evidence.reference_store = vcca_span_str(m->reference_store);
}

/* --- The token ------------------------------------------------------------------------------------------- */

static void make_claims(struct made *m)
{
  const struct vcca_family_spec *family = vcca_family(m->family);
  memset(m->challenge, 0x5a, 32);
  memset(m->rpv, 0x0f, sizeof m->rpv);
  vcca_hash(VCCA_SHA256, vcca_span_str("rim"), m->rim);
  vcca_hash(VCCA_SHA256, vcca_span_str("uefi"), m->measured[0]);
  vcca_hash(VCCA_SHA256, vcca_span_str("tee"), m->measured[1]);
  memset(m->instance_id, 1, sizeof m->instance_id);

  struct vcca_realm_claims *realm = &m->realm;
  realm->challenge = VCCA_SPAN(m->challenge);
  realm->rpv = VCCA_SPAN(m->rpv);
  realm->hash_alg = realm->public_key_hash_alg = VCCA_SPAN_LIT("sha-256");
  realm->rim = VCCA_SPAN(m->rim);
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    realm->rem[i] = VCCA_SPAN(m->rem[i]);
  vcca_realm_profile_claims(m->family, 0, m->realm_instance_id, realm);

  struct vcca_platform_claims *platform = &m->platform;
  platform->profile = vcca_span_str(family->platform_profile ? family->platform_profile : "");
  platform->implementation_id = VCCA_SPAN(m->measured[0]);
  platform->instance_id = VCCA_SPAN(m->instance_id);
  platform->config = VCCA_SPAN_LIT("\xcf\xcf");
  platform->lifecycle = 0x3003;
  platform->has_lifecycle = platform->has_components = true;
  platform->hash_alg = VCCA_SPAN_LIT("sha-256");
  vcca_platform_profile_claims(m->family, platform);
  platform->component_count = 2;
  platform->components[0] = (struct vcca_component){.type = VCCA_SPAN_LIT("uefi"),
                                                    .measurement = VCCA_SPAN(m->measured[0]),
                                                    .version = VCCA_SPAN_LIT("21.23.0"),
                                                    .signer_id = VCCA_SPAN(m->rim)};
  platform->components[1] = (struct vcca_component){.type = VCCA_SPAN_LIT("tee"),
                                                    .measurement = VCCA_SPAN(m->measured[1]),
                                                    .version = VCCA_SPAN_LIT("1.6"),
                                                    .signer_id = VCCA_SPAN(m->rim)};
}

void make_keys(struct made *m, enum vcca_family family)
{
  bool one = vcca_family(family)->platform_profile == NULL;
  *m = (struct made){.family = family};
  m->cpak = family_key(family, "cpak");
  m->rak = one ? m->cpak : family_key(family, "rak");
  m->other = family_key(family, "other");
  m->root = ec_key(VCCA_KEY_P384, "root");
  m->sub = ec_key(VCCA_KEY_P384, "sub");
  certify(m, ROOT, m->root, m->root);
  certify(m, SUB, m->sub, m->root);
  certify(m, DEVICE, m->cpak, m->sub);
  certify(m, OTHER_ROOT, m->sub, m->sub);
}

void free_keys(struct made *m)
{
  if (m->rak != m->cpak)
    vcca_key_free(m->rak);
  vcca_key_free(m->cpak);
  vcca_key_free(m->other);
  vcca_key_free(m->root);
  vcca_key_free(m->sub);
}

void make_plan(struct made *m)
{
  m->platform = (struct vcca_platform_claims){0};
  m->realm = (struct vcca_realm_claims){0};
  memset(m->rem, 0, sizeof m->rem);
  make_log(m);
  make_image_reference(m, "the boot loader", "the configuration", "the kernel", "the initramfs");
  make_platform_reference(m, "uefi", "21.23.0", "uefi");
  make_claims(m);
  m->named = m->realm_signer = m->rak;
  m->platform_signer = m->cpak;
  m->realm_family = m->family;
}

static void mint(struct made *m)
{
  struct vcca_error err = {0};
  uint8_t platform_room[VCCA_TOKEN_MAX], realm_room[VCCA_TOKEN_MAX], key_room[VCCA_SPKI_MAX], hash[VCCA_HASH_MAX];
  vcca_sink platform = VCCA_SINK(platform_room), realm = VCCA_SINK(realm_room), key = VCCA_SINK(key_room),
            token = VCCA_SINK(m->token);
  check_ok(vcca_rak_encode(m->realm_family, m->named, &key, &err), &err, "claim 44237");
  m->realm.public_key = vcca_sink_span(&key);
  check_ok(vcca_token_realm(m->realm_family, &m->realm, m->realm_signer, &realm, &err), &err, "realm token");
  if (vcca_family(m->family)->platform_profile != NULL) {
    vcca_hash(VCCA_SHA256, m->realm.public_key, hash);
    vcca_span given = m->platform.challenge;
    vcca_token_bind(m->family, &m->platform, given.p ? given : vcca_span_of(hash, 32));
    check_ok(vcca_token_platform(m->family, &m->platform, m->platform_signer, &platform, &err), &err, "platform token");
  }
  check_ok(vcca_token_collect(m->family, platform.n > 0 ? vcca_sink_span(&platform) : vcca_span_of(NULL, 0),
                              vcca_sink_span(&realm), &token, &err),
           &err, "token");
  m->token_size = token.n;
  m->realm.public_key = m->platform.challenge = m->platform.workload_binding =
      vcca_span_of(NULL, 0); /* they lived here */
}

void make_evidence(struct made *m)
{
  mint(m);
  m->policy =
      (struct vcca_policy){.name = "TEST policy", .required = {[VCCA_CHECK_FRESHNESS] = true, [VCCA_CHECK_RIM] = true}};
  struct vcca_evidence *e = &m->evidence;
  *e = (struct vcca_evidence){.token = vcca_span_of(m->token, m->token_size)};
  e->device_cert = vcca_span_of(m->certs[DEVICE], m->cert_size[DEVICE]);
  e->intermediates[0] = vcca_span_of(m->certs[SUB], m->cert_size[SUB]);
  e->roots[0] = vcca_span_of(m->certs[ROOT], m->cert_size[ROOT]);
  e->intermediate_count = e->root_count = 1;
  e->at = "20260101000000Z";
  e->challenge = vcca_span_of(m->challenge, 32); /* the rest is its padding */
  e->rim = VCCA_SPAN(m->rim);
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    e->rem[i] = VCCA_SPAN(m->rem[i]);
  e->rpv = VCCA_SPAN(m->rpv);
  e->eventlog = vcca_sink_span(&m->log);
  e->image_reference = vcca_span_str(m->image_reference);
  make_reference_store(m, m->realm.rim);
  e->policy = &m->policy;
  if (vcca_family(m->family)->platform_profile != NULL)
    e->platform_reference = vcca_span_str(m->platform_reference);
}
