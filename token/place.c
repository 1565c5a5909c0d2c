/* SPDX-License-Identifier: Apache-2.0 */
#include "token/place.h"

#include "token/family.h"
#include "rooms/crypto.h"
#include "rooms/cbor.h"

enum { TAG_SIGN1 = 18, TAG_COLLECTION = 399, LABEL_COMPONENTS = 2399, LABEL_RAK = 44237 };

/* --- Names --- */

struct name {
  int64_t number;
  const char *text;
};

static const char *look_up(const struct name *names, size_t n, int64_t number)
{
  for (size_t i = 0; i < n; i++)
    if (names[i].number == number)
      return names[i].text;
  return NULL;
}
#define LOOK_UP(names, number) look_up((names), sizeof(names) / sizeof *(names), (number))

const char *place_label_name(enum place map, int64_t label)
{
  static const struct name header[] = {{1, "alg"}, {2, "crit"},     {3, "content type"},
                                       {4, "kid"}, {33, "x5chain"}, {34, "x5t"}};
  static const struct name cose_key[] = {{1, "kty"},  {2, "kid"}, {3, "alg"}, {4, "key_ops"},
                                         {-1, "crv"}, {-2, "x"},  {-3, "y"},  {-4, "d"}};
  return map == HEADER ? LOOK_UP(header, label) : map == RAK ? LOOK_UP(cose_key, label) : NULL;
}

bool place_is_claim(enum place map, int64_t label)
{
  enum { FIRST_CLAIM = 10 };
  return map != HEADER && map != RAK && (map == COMPONENT || label >= FIRST_CLAIM);
}

const char *place_value_name(enum place map, int64_t label, const struct vcca_cbor_item *value)
{
  static const struct name curves[] = {{1, "P-256"}, {2, "P-384"}, {3, "P-521"}};
  int64_t v = value->value > INT64_MAX ? INT64_MAX : (int64_t)value->value;
  v = value->kind == VCCA_CBOR_NINT ? -1 - v : v;
  if (value->kind != VCCA_CBOR_UINT && value->kind != VCCA_CBOR_NINT)
    return NULL;
  if (map == HEADER && label == 1)
    return vcca_sig_name(v);
  return map == RAK && label == -1 ? LOOK_UP(curves, v) : NULL;
}

const char *place_tag_name(uint64_t tag)
{
  static const struct name tags[] = {{2, "bignum"},
                                     {3, "negative bignum"},
                                     {17, "COSE_Mac0"},
                                     {TAG_SIGN1, "COSE_Sign1"},
                                     {24, "embedded CBOR"},
                                     {61, "CWT"},
                                     {98, "COSE_Sign"},
                                     {TAG_COLLECTION, "CCA token collection"},
                                     {FAMILY_CMW, "CCA token collection, CMW"},
                                     {55799, "CBOR"}};
  return tag > INT64_MAX ? NULL : LOOK_UP(tags, (int64_t)tag);
}

const char *place_element_name(enum place array, uint64_t i)
{
  static const char *const names[] = {"protected", "unprotected", "payload", "signature"};
  return array == SIGN1 && i < sizeof names / sizeof *names ? names[i] : NULL;
}

/* --- Places --- */

enum place place_in_tag(uint64_t tag)
{
  return tag == TAG_SIGN1 ? SIGN1 : tag == TAG_COLLECTION || tag == FAMILY_CMW ? COLLECTION : ANYWHERE;
}

enum place place_in_array(enum place array, uint64_t i)
{
  static const enum place sign1[] = {HEADER, HEADER, PAYLOAD, SIGNATURE};
  if (array == SIGN1)
    return i < sizeof sign1 / sizeof *sign1 ? sign1[i] : ANYWHERE;
  if (array == COMPONENTS)
    return COMPONENT;
  return array == MEMBER && i == 1 ? MEMBER : ANYWHERE; /* CMW: [type, bytes] */
}

enum place place_in_map(enum place map, int64_t label)
{
  if (map == COLLECTION)
    return label == LABEL_PLATFORM || label == LABEL_REALM ? MEMBER : ANYWHERE;
  if (map == CLAIMS || map == ANYWHERE)
    return label == LABEL_COMPONENTS ? COMPONENTS : label == LABEL_RAK ? RAK : ANYWHERE;
  return ANYWHERE;
}

enum place place_in_bytes(enum place bytes)
{
  return bytes == MEMBER ? SIGN1 : bytes;
}

enum place place_of_map(enum place place)
{
  return place == PAYLOAD ? CLAIMS : place;
}

bool place_descends(enum place place, vcca_span bytes, unsigned levels)
{
  enum { ARRAY = 4, TAG = 6, LEVELS = 8 };
  if (levels >= LEVELS || bytes.n == 0 || place == SIGNATURE)
    return false;
  if (place == MEMBER || place == HEADER || place == PAYLOAD)
    return true;
  unsigned major = bytes.p[0] >> 5;
  return bytes.n > 2 && major >= ARRAY && major <= TAG && vcca_cbor_check(bytes, NULL);
}
