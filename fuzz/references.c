/* Any bytes as what a verifier is given besides the token: keys, trust anchor stores, reference stores,
 * CoRIMs, the SDK's files. The first byte says as which. Readers end, say why they refuse, and leave
 * nothing behind.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "verifier/endorsed.h"
#include "verifier/readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
  if (!holds)
    abort();
}

static void must_say_why(bool read, const struct vcca_error *err)
{
  must(read || (err->fault != VCCA_FAULT_NONE && err->text[0] != '\0' && strchr(err->text, '\n') == NULL));
}

/* Claims that a good reference would agree with in part. */
static struct vcca_platform_claims claims(void)
{
  static const uint8_t ones[64] = {1};
  struct vcca_platform_claims p = {
      .implementation_id = vcca_span_of(ones, 32), .instance_id = vcca_span_of(ones, 33), .component_count = 1};
  p.components[0] = (struct vcca_component){.measurement = vcca_span_of(ones, 32), .signer_id = vcca_span_of(ones, 32)};
  return p;
}

static void as_endorsements(vcca_span bytes, bool corim)
{
  struct endorsed e = {0};
  struct vcca_error err = {0};
  struct platform_comparison platform;
  struct vcca_platform_claims p = claims();
  struct vcca_realm_claims realm = {.rim = p.components[0].measurement};
  struct vcca_finding f;
  bool read = corim ? corim_read(bytes, "20260101000000Z", 0, &e, &err) : rv_store_read(bytes, &e, &err);
  must_say_why(read, &err);
  must(!corim || read || err.has_offset || err.fault == VCCA_FAULT_MEMORY);
  compare_platform(&e, &p, &platform);
  compare_realm(&e, &realm, &f);
  endorsed_free(&e);
}

static void as_key(vcca_span bytes, vcca_key *(*read)(vcca_span, struct vcca_error *))
{
  struct vcca_error err = {0};
  vcca_key *key = read(bytes, &err);
  must_say_why(key != NULL, &err);
  vcca_key_free(key);
}

static void as_anchor_store(vcca_span bytes)
{
  struct vcca_error err = {0};
  const struct vcca_platform_claims platform = claims();
  vcca_key *key = vcca_anchor_find(bytes, &platform, &err);
  must_say_why(key != NULL, &err);
  vcca_key_free(key);
}

static void as_images(vcca_span bytes)
{
  struct image_reference reference;
  struct vcca_error err = {0};
  bool read = image_reference_read(bytes, &reference, &err);
  must_say_why(read, &err);
  image_reference_free(&reference);
}

static void as_components(vcca_span bytes)
{
  struct vcca_platform_claims p = claims();
  struct vcca_finding f = {0};
  check_components(bytes, &p, &f);
  must(f.outcome != VCCA_NOT_RUN && f.reason[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  vcca_span bytes = vcca_span_of(data + 1, size - 1);
  switch (data[0] % 7) {
  case 0:
    as_endorsements(bytes, true);
    break;
  case 1:
    as_endorsements(bytes, false);
    break;
  case 2:
    as_key(bytes, vcca_anchor_read);
    break;
  case 3:
    as_key(bytes, vcca_signer_read);
    break;
  case 4:
    as_anchor_store(bytes);
    break;
  case 5:
    as_images(bytes);
    break;
  default:
    as_components(bytes);
  }
  return 0;
}
