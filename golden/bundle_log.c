/* A small measured boot: its event log as firmware writes it into a CCEL area (TCG PC Client Platform
 * Firmware Profile 9.2), the REMs it leads to, and the reference values it answers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "golden/bundle.h"
#include "rooms/eventlog.h"
#include "rooms/hash.h"
#include "rooms/json.h"
#include "rooms/span.h"

enum { LOG_MAX = 4096, JSON_MAX = 8192, STORE_MAX = 16384 };

static const struct {
  uint32_t reg, type;
  vcca_span data;
  const char *hashed; /* NULL: the data */
} events[LOG_EVENTS] = {
    {1, 0x80000007, {(const uint8_t *)"TEST firmware begins", 20}, NULL},         /* EV_EFI_ACTION */
    {1, 0x00000004, {(const uint8_t *)"\0\0\0\0", 4}, NULL},                      /* EV_SEPARATOR */
    {2, 0x80000003, {(const uint8_t *)"TEST image load event", 21}, "TEST grub"}, /* EV_EFI_BOOT_SERVICES_APPLICATION */
    {3,
     0x0000000d,
     {(const uint8_t *)"(hd0,gpt1)/efi/test/grub.cfg", 29},
     "TEST grub.cfg"}, /* EV_IPL, as GRUB does it */
    {3, 0x0000000d, {(const uint8_t *)"grub_cmd: linux /vmlinuz-1 quiet", 33}, "linux /vmlinuz-1 quiet"},
    {3, 0x0000000d, {(const uint8_t *)"/vmlinuz-1", 11}, "TEST kernel"},
    {3, 0x0000000d, {(const uint8_t *)"kernel_cmdline: /vmlinuz-1 quiet", 33}, "/vmlinuz-1 quiet"},
    {3, 0x0000000d, {(const uint8_t *)"grub_cmd: initrd /initramfs-1", 30}, "initrd /initramfs-1"},
    {3, 0x0000000d, {(const uint8_t *)"/initramfs-1", 13}, "TEST initramfs"},
};

static void put_u16(vcca_sink *out, uint16_t v)
{
  vcca_sink_u8(out, (uint8_t)v);
  vcca_sink_u8(out, (uint8_t)(v >> 8));
}

static void put_u32(vcca_sink *out, uint32_t v)
{
  uint8_t room[4];
  vcca_put_le32(room, v);
  vcca_sink_put(out, VCCA_SPAN(room));
}

/* TCG_PCR_EVENT with TCG_EfiSpecIDEvent. */
static void put_header(const enum vcca_hash_alg *algs, size_t n, vcca_sink *out)
{
  put_u32(out, 1);
  put_u32(out, VCCA_EV_NO_ACTION);
  vcca_sink_fill(out, 0, 20);
  put_u32(out, (uint32_t)(16 + 4 + 4 + 4 + 4 * n + 1));
  vcca_sink_put(out, vcca_span_of("Spec ID Event03", 16));
  put_u32(out, 0);
  vcca_sink_put(out, VCCA_SPAN_LIT("\0\2\0\2"));
  put_u32(out, (uint32_t)n);
  for (size_t i = 0; i < n; i++) {
    put_u16(out, vcca_tcg_alg(algs[i]));
    put_u16(out, (uint16_t)vcca_hash_size(algs[i]));
  }
  vcca_sink_u8(out, 0);
}

vcca_span bundle_log(struct arena *arena, const enum vcca_hash_alg *algs, size_t n, uint8_t (*rem)[VCCA_HASH_MAX])
{
  vcca_sink out = arena_sink(arena, LOG_MAX);
  put_header(algs, n, &out);
  for (size_t i = 0; i < LOG_EVENTS; i++) {
    vcca_span hashed = events[i].hashed ? vcca_span_str(events[i].hashed) : events[i].data;
    put_u32(&out, events[i].reg);
    put_u32(&out, events[i].type);
    put_u32(&out, (uint32_t)n);
    for (size_t a = 0; a < n; a++) {
      uint8_t digest[VCCA_HASH_MAX];
      size_t size = vcca_hash_size(algs[a]);
      vcca_hash(algs[a], hashed, digest);
      put_u16(&out, vcca_tcg_alg(algs[a]));
      vcca_sink_put(&out, vcca_span_of(digest, size));
      if (rem && a == 0) {
        uint8_t *r = rem[events[i].reg - 1];
        const vcca_span parts[] = {vcca_span_of(r, size), vcca_span_of(digest, size)};
        vcca_hash_parts(algs[a], parts, 2, r);
      }
    }
    put_u32(&out, (uint32_t)events[i].data.n);
    vcca_sink_put(&out, events[i].data);
  }
  return vcca_sink_span(&out);
}

/* --- Reference values, in the forms of the virtCCA SDK ---------------------------------------------------- */

/* The digest of "TEST NAME", or of something else under that name. */
static void put_image(struct vcca_json *j, const char *name, vcca_span another)
{
  uint8_t digest[VCCA_HASH_MAX];
  const vcca_span parts[] = {VCCA_SPAN_LIT("TEST "),
                             vcca_span_is(another, name) ? VCCA_SPAN_LIT("another ") : vcca_span_of("", 0),
                             vcca_span_str(name)};
  vcca_hash_parts(VCCA_SHA256, parts, 3, digest);
  vcca_json_hex(j, name, vcca_span_of(digest, 32));
}

vcca_span bundle_image_reference(struct arena *arena, vcca_span another)
{
  vcca_sink out = arena_sink(arena, JSON_MAX);
  struct vcca_json j = vcca_json_into(&out, VCCA_JSON_PRETTY);
  vcca_json_open(&j, NULL, '{');
  put_image(&j, "grub", another);
  put_image(&j, "grub.cfg", another);
  vcca_json_open(&j, "kernels", '[');
  vcca_json_open(&j, NULL, '{');
  vcca_json_str(&j, "version", "1");
  put_image(&j, "kernel", another);
  put_image(&j, "initramfs", another);
  vcca_json_close(&j);
  vcca_json_close(&j);
  vcca_json_str(&j, "hash_alg", "sha-256");
  vcca_json_close(&j);
  return vcca_sink_span(&out);
}

vcca_span bundle_platform_reference(struct arena *arena, const vcca_hsm *hsm, enum vcca_family family)
{
  vcca_sink out = arena_sink(arena, JSON_MAX);
  struct vcca_json j = vcca_json_into(&out, VCCA_JSON_PRETTY);
  struct vcca_platform_claims claims;
  vcca_hsm_platform_claims(hsm, family, vcca_span_of(NULL, 0), &claims);
  vcca_json_open(&j, NULL, '{');
  vcca_json_open(&j, "measure_value", '[');
  for (size_t i = 0; i < claims.component_count; i++) {
    vcca_json_open(&j, NULL, '{');
    vcca_json_text(&j, "firware_name", claims.components[i].type); /* the SDK's own spelling */
    vcca_json_hex(&j, "measurement", claims.components[i].measurement);
    vcca_json_text(&j, "firware_version", claims.components[i].version);
    vcca_json_text(&j, "hash_algorithm", claims.components[i].hash_alg);
    vcca_json_close(&j);
  }
  vcca_json_close(&j);
  vcca_json_close(&j);
  return vcca_sink_span(&out);
}

/* --- And in the form of rust-ccatoken --------------------------------------------------------------------- */

bool bundle_reference_store(struct arena *arena, vcca_span token, vcca_span *out, struct vcca_error *err)
{
  struct vcca_token *good = arena_get(arena, sizeof *good);
  vcca_sink store = arena_sink(arena, STORE_MAX);
  if (!good || !vcca_token_decode(token, good, err) ||
      !vcca_endorse(VCCA_ENDORSE_REFERENCE_STORE, &(struct vcca_good){.token = good}, &store, err))
    return false;
  *out = vcca_sink_span(&store);
  return true;
}
