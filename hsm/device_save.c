/* Device images: writing them, every part spelled out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "rooms/hex.h"
#include "rooms/hsm.h"
#include "rooms/span.h"

/* A YAML double-quoted text. Whatever is not printable ASCII is written by code point, since YAML admits
 * not all of Unicode as it is; bytes that are no UTF-8 become U+FFFD. */
static void put_quoted(vcca_sink *out, const char *text)
{
  const unsigned char *p = (const unsigned char *)text;
  vcca_sink_u8(out, '"');
  while (*p) {
    unsigned extra = *p < 0x80 ? 0 : *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
    uint32_t code = extra == 0 ? *p : *p & (0x3fu >> extra);
    bool good = *p < 0x80 || (*p >= 0xc2 && *p < 0xf5);
    p++;
    for (unsigned i = 0; good && i < extra; i++) {
      good = (*p & 0xc0) == 0x80;
      if (good)
        code = code << 6 | (*p++ & 0x3fu);
    }
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    good = good && code >= least[extra] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    char escape[16];
    snprintf(escape, sizeof escape, "\\U%08" PRIX32, good ? code : 0xfffdu);
    if (good && code >= 0x20 && code < 0x7f && code != '"' && code != '\\')
      vcca_sink_u8(out, (uint8_t)code);
    else
      vcca_sink_str(out, escape);
  }
  vcca_sink_u8(out, '"');
}

static void put_text(vcca_sink *out, const char *key, const char *text)
{
  vcca_sink_str(out, key);
  vcca_sink_str(out, ": ");
  put_quoted(out, text);
  vcca_sink_u8(out, '\n');
}

static void put_hex(vcca_sink *out, const char *key, vcca_span bytes)
{
  vcca_sink_str(out, key);
  vcca_sink_str(out, ": \"");
  vcca_hex_put(out, bytes);
  vcca_sink_str(out, "\"\n");
}

static void put_word(vcca_sink *out, const char *key, const char *word)
{
  vcca_sink_str(out, key);
  vcca_sink_str(out, ": ");
  vcca_sink_str(out, word);
  vcca_sink_u8(out, '\n');
}

static void put_component(vcca_sink *out, const struct vcca_device_component *c)
{
  char number[24];
  put_text(out, "  - name", c->name);
  put_text(out, "    version", c->version);
  snprintf(number, sizeof number, "%u", c->record);
  put_word(out, "    record", number);
  put_word(out, "    extended", c->extended ? "true" : "false");
  put_word(out, "    open", c->open ? "true" : "false");
  put_hex(out, "    digest", vcca_span_of(c->digest, c->digest_size));
  put_hex(out, "    signer_id", vcca_span_of(c->signer_id, c->signer_id_size));
}

void vcca_device_save(const struct vcca_device *device, vcca_sink *yaml)
{
  char number[24];
  put_word(yaml, "vcca-device", "1");
  put_text(yaml, "name", device->name);
  put_word(yaml, "chain", vcca_chain_kind_name(device->chain));
  put_hex(yaml, "huk", VCCA_SPAN(device->huk));
  put_hex(yaml, "guk", VCCA_SPAN(device->guk));
  snprintf(number, sizeof number, "0x%04" PRIx32, device->lifecycle);
  put_word(yaml, "lifecycle", number);
  put_hex(yaml, "implementation_id", VCCA_SPAN(device->implementation_id));
  put_hex(yaml, "instance_id", VCCA_SPAN(device->instance_id));
  put_hex(yaml, "config", vcca_span_of(device->config, device->config_size));
  put_text(yaml, "verification_service", device->verification_service);
  put_text(yaml, "profile", device->profile);
  put_hex(yaml, "bl1_2_hash", VCCA_SPAN(device->bl1_2_hash));
  if (device->rsa_size > 0) {
    vcca_sink_str(yaml, "rsa:\n");
    put_hex(yaml, "  p", vcca_span_of(device->rsa_p, device->rsa_size));
    put_hex(yaml, "  q", vcca_span_of(device->rsa_q, device->rsa_size));
  }
  vcca_sink_str(yaml, device->component_count > 0 ? "components:\n" : "components: []\n");
  for (size_t i = 0; i < device->component_count; i++)
    put_component(yaml, &device->components[i]);
}
