/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert_pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rooms/der.h"
#include "crypto/name.h"
#include "crypto/pem.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/span.h"

enum { DIRECTORY_NAME = 0xa4 };

static vcca_span raw(const mbedtls_x509_buf *b)
{
  return vcca_span_of(b->p, b->len);
}

static void node_free(struct node *node)
{
  if (node == NULL)
    return;
  vcca_cert_close(&node->cert);
  free(node->names);
  free(node);
}

void bundle_free(struct bundle *b)
{
  for (size_t i = 0; i < b->count; i++)
    node_free(b->nodes[i]);
  *b = (struct bundle){.count = 0};
}

/* Puts both names in their form. */
static bool name_node(struct node *node, struct vcca_error *err)
{
  vcca_span subject = raw(&node->cert.crt.subject_raw), issuer = raw(&node->cert.crt.issuer_raw);
  size_t cap = VCCA_NAME_FORM_MAX * (subject.n + issuer.n);
  node->names = malloc(cap + 1);
  if (node->names == NULL)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the names of a certificate");
  vcca_sink forms = vcca_sink_of(node->names, cap);
  if (!vcca_name_form(subject, &forms))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the certificate's subject is no name as RFC 5280 has it");
  size_t n = forms.n;
  if (!vcca_name_form(issuer, &forms))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the certificate's issuer is no name as RFC 5280 has it");
  node->subject = vcca_span_of(node->names, n);
  node->issuer = vcca_span_of(node->names + n, forms.n - n);
  node->self_issued = vcca_span_eq(node->subject, node->issuer);
  return true;
}

/* NULL with err->fault VCCA_FAULT_MEMORY when there is none. */
static struct node *node_new(vcca_span der, struct vcca_error *err)
{
  struct node *node = calloc(1, sizeof *node);
  if (node == NULL) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a certificate");
    return NULL;
  }
  if (vcca_cert_open(&node->cert, der, err) && name_node(node, err))
    return node;
  node_free(node);
  return NULL;
}

/* The file has this node, which may have been there before. */
static void note_in_file(struct bundle *b, struct node *node, bool before)
{
  for (size_t i = 0; i < b->file_count; i++)
    if (b->file[i] == node->index)
      return;
  b->file[b->file_count++] = node->index;
  if (before && node->leaf && node->cert.ext.ca)
    node->given_as_ca = true;
}

static bool add_node(struct bundle *b, struct node *node, struct vcca_error *err)
{
  for (size_t i = 0; i < b->count; i++)
    if (vcca_span_eq(raw(&node->cert.crt.raw), raw(&b->nodes[i]->cert.crt.raw))) {
      node_free(node);
      note_in_file(b, b->nodes[i], true);
      return true;
    }
  if (b->count == VCCA_CHAIN_CERTS) {
    node_free(node);
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "more than %d certificates", VCCA_CHAIN_CERTS);
  }
  node->index = b->count;
  b->nodes[b->count++] = node;
  note_in_file(b, node, false);
  return true;
}

/* How people are told of one: "intermediate certificate 2", "intermediate certificate 2 (the 3rd in its
 * file)" by number. */
struct place {
  const char *what;
  size_t number, in_file;
};

static void unreadable(struct bundle *b, const struct place *place, const struct vcca_error *err)
{
  char number[24] = "", in_file[48] = "";
  if (b->unreadable++ > 0)
    return;
  if (place->number > 0)
    snprintf(number, sizeof number, " %zu", place->number);
  if (place->in_file > 1)
    snprintf(in_file, sizeof in_file, ", number %zu in the file,", place->in_file);
  snprintf(b->first_unreadable, sizeof b->first_unreadable, "%s%s%s is unreadable: %.120s", place->what, number,
           in_file, err->text);
}

static bool add_der(struct bundle *b, vcca_span der, const struct place *place, struct vcca_error *err)
{
  struct vcca_error why = {0};
  struct node *node = node_new(der, &why);
  if (node != NULL)
    return add_node(b, node, err);
  if (why.fault == VCCA_FAULT_MEMORY)
    return vcca_fail(err, why.fault, "%s", why.text);
  unreadable(b, place, &why);
  return true;
}

static bool add_block(struct bundle *b, const struct vcca_pem_block *block, const struct place *place,
                      struct vcca_error *err)
{
  uint8_t room[VCCA_CERT_MAX];
  vcca_sink der = VCCA_SINK(room);
  struct vcca_error why = {0};
  if (vcca_pem_decode(block, &der, &why)) {
    if (vcca_cert_is_der(vcca_sink_span(&der)))
      return add_der(b, vcca_sink_span(&der), place, err);
    vcca_fail(&why, VCCA_FAULT_MALFORMED, "not a certificate in DER");
  }
  unreadable(b, place, &why);
  return true;
}

/* "X509 CERTIFICATE" is its old name. A "TRUSTED CERTIFICATE" has bytes of OpenSSL's behind it, and is
 * unreadable for them. */
static bool is_certificate(vcca_span label)
{
  return vcca_span_is(label, "CERTIFICATE") || vcca_span_is(label, "X509 CERTIFICATE") ||
         vcca_span_is(label, "TRUSTED CERTIFICATE");
}

bool bundle_add(struct bundle *b, vcca_span der_or_pem, const char *what, size_t number, struct vcca_error *err)
{
  struct place place = {what, number, 0};
  struct vcca_error why = {0};
  struct vcca_pem_block block, other = {.label = {NULL, 0}};
  b->file_count = 0;
  if (vcca_cert_is_der(der_or_pem))
    return add_der(b, der_or_pem, &place, err);
  for (size_t at = 0; vcca_pem_next(der_or_pem, &at, &block);) {
    if (!is_certificate(block.label)) {
      other = block;
      continue;
    }
    place.in_file++;
    if (!add_block(b, &block, &place, err))
      return false;
  }
  if (place.in_file > 0)
    return true;
  if (other.label.p != NULL)
    vcca_fail(&why, VCCA_FAULT_MALFORMED, "no -----BEGIN CERTIFICATE----- in the text, but -----BEGIN %.*s-----",
              (int)vcca_span_sub(other.label, 0, 40).n, (const char *)other.label.p);
  else
    vcca_fail(&why, VCCA_FAULT_MALFORMED, "not a certificate in DER, and no -----BEGIN CERTIFICATE----- in it");
  unreadable(b, &place, &why);
  return true;
}

vcca_key *bundle_key(const struct node *node, struct vcca_error *err)
{
  return vcca_key_from_spki(raw(&node->cert.crt.pk_raw), err);
}

bool bundle_names_issuer(vcca_span general_names, const struct node *node)
{
  uint8_t tag, room[VCCA_CERT_MAX * VCCA_NAME_FORM_MAX];
  vcca_span name;
  while (vcca_der_take(&general_names, &tag, &name)) {
    vcca_sink form = VCCA_SINK(room);
    if (tag == DIRECTORY_NAME)
      return vcca_name_form(name, &form) && vcca_span_eq(vcca_sink_span(&form), node->issuer);
  }
  return true;
}
