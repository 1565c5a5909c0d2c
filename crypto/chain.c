/* Certification paths (RFC 5280, 6). The path is looked for here, one link at a time, and mbedTLS judges the signature of
 * each link: left to itself it would let the system clock choose between issuers, and trust a leaf because it is
 * listed among the roots.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "crypto/key.h"

static const mbedtls_x509_crt_profile profile = {
    MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    0xfffffff, /* any kind of key of those below */
    MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1),
    VCCA_RSA_BITS_MIN,
};

struct node {
  struct vcca_cert cert;
  unsigned depth; /* of an intermediate: how many CAs lead from the leaf to it, itself included */
  bool reached;
};

/* The leaf, then the intermediates, then the roots. */
struct chain {
  struct node *nodes;
  size_t intermediates, roots, opened;
  size_t *queue; /* nodes reached and not yet expanded */
  const char *at;
  char *reason;
  size_t reason_cap;
  unsigned reason_depth;
};

static vcca_span raw(const mbedtls_x509_buf *b)
{
  return vcca_span_of(b->p, b->len);
}

/* Notes why a link failed; the reason that stays is the one furthest up the path. Returns false. */
static bool refuse(struct chain *c, unsigned depth, const char *fmt, const char *a, const char *b)
{
  if (depth >= c->reason_depth) {
    int n = snprintf(c->reason, c->reason_cap, "\"%s\" %s", a, fmt);
    if (b[0] != '\0' && n > 0 && (size_t)n < c->reason_cap)
      snprintf(c->reason + n, c->reason_cap - (size_t)n, " \"%s\"", b);
    c->reason_depth = depth;
  }
  return false;
}

/* Both ends of the period count (RFC 5280, 4.1.2.5). */
static bool in_time(struct chain *c, const struct node *node, unsigned depth)
{
  const struct vcca_cert_info *info = &node->cert.info;
  if (c->at && strcmp(c->at, info->not_before) < 0)
    return refuse(c, depth, "is not valid yet: it begins on", info->subject, info->not_before);
  if (c->at && strcmp(c->at, info->not_after) > 0)
    return refuse(c, depth, "has expired: it ended on", info->subject, info->not_after);
  return true;
}

/* Whether parent, whose name is that of child's issuer, may have issued it and did. The date is our caller's business,
 * so what mbedTLS reads off the clock is put aside. */
static bool issued(struct chain *c, struct node *child, struct node *parent)
{
  const char *subject = child->cert.info.subject, *issuer = parent->cert.info.subject;
  if (!parent->cert.info.ca)
    return refuse(c, child->depth, "is not a CA, yet the issuer of", issuer, subject);
  if (mbedtls_x509_crt_check_key_usage(&parent->cert.crt, MBEDTLS_X509_KU_KEY_CERT_SIGN) != 0)
    return refuse(c, child->depth, "may not sign certificates by its key usage, yet is the issuer of", issuer, subject);
  if (parent->cert.path_len >= 0 && child->depth > (unsigned)parent->cert.path_len)
    return refuse(c, child->depth, "allows fewer CAs below it than there are: its path length excludes", issuer, subject);
  if (!in_time(c, parent, child->depth))
    return false;
  uint32_t flags = 0;
  mbedtls_x509_crt_verify_with_profile(&child->cert.crt, &parent->cert.crt, NULL, &profile, NULL, &flags, NULL, NULL);
  flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
  if (flags & (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY))
    return refuse(c, child->depth, "or its issuer uses a hash or key that is not accepted here; the issuer is", subject, issuer);
  return flags == 0 ? true : refuse(c, child->depth, "has a signature that is not good by the key of", subject, issuer);
}

static bool named_issuer(const struct node *child, const struct node *parent)
{
  return vcca_span_eq(raw(&child->cert.crt.issuer_raw), raw(&parent->cert.crt.subject_raw));
}

/* Breadth first: each intermediate is reached once, over the shortest path, so the work is bounded by the number of
 * pairs whatever names a hostile set of certificates repeats. */
static bool search(struct chain *c)
{
  size_t head = 0, tail = 0, first_root = 1 + c->intermediates;
  c->queue[tail++] = 0;
  c->nodes[0].reached = true;
  while (head < tail) {
    struct node *child = &c->nodes[c->queue[head++]];
    bool known = false;
    for (size_t i = first_root; i < first_root + c->roots; i++)
      if (named_issuer(child, &c->nodes[i])) {
        known = true;
        if (issued(c, child, &c->nodes[i]))
          return true;
      }
    for (size_t i = 1; i < first_root; i++) {
      struct node *parent = &c->nodes[i];
      if (!named_issuer(child, parent))
        continue;
      known = true;
      if (!parent->reached && issued(c, child, parent)) {
        parent->reached = true;
        parent->depth = child->depth + 1;
        c->queue[tail++] = i;
      }
    }
    if (!known)
      refuse(c, child->depth, "has an issuer that is not among the certificates given:", child->cert.info.subject, child->cert.info.issuer);
  }
  return false;
}

static bool open_all(struct chain *c, vcca_span leaf, const vcca_span *intermediates, const vcca_span *roots)
{
  for (size_t i = 0; i < 1 + c->intermediates + c->roots; i++) {
    struct vcca_error err;
    size_t root = i - 1 - c->intermediates;
    bool is_root = i > c->intermediates;
    vcca_span bytes = i == 0 ? leaf : is_root ? roots[root] : intermediates[i - 1];
    c->opened = i + 1;
    if (vcca_cert_open(&c->nodes[i].cert, bytes, &err))
      continue;
    if (i == 0)
      snprintf(c->reason, c->reason_cap, "the certificate is unreadable: %s", err.text);
    else
      snprintf(c->reason, c->reason_cap, "%s certificate %zu is unreadable: %s", is_root ? "root" : "intermediate", is_root ? root + 1 : i, err.text);
    return false;
  }
  return true;
}

static enum vcca_chain_outcome judge(struct chain *c)
{
  struct node *leaf = &c->nodes[0];
  for (size_t i = 1; i < 1 + c->intermediates + c->roots; i++)
    if (vcca_span_eq(raw(&leaf->cert.crt.raw), raw(&c->nodes[i].cert.crt.raw))) {
      refuse(c, 0, "is itself one of the CA certificates given, not a certificate issued under them", leaf->cert.info.subject, "");
      return VCCA_CHAIN_BAD;
    }
  if (!in_time(c, leaf, 0) || !search(c))
    return VCCA_CHAIN_BAD;
  snprintf(c->reason, c->reason_cap, "%s", "");
  return VCCA_CHAIN_GOOD;
}

enum vcca_chain_outcome vcca_chain_verify(vcca_span leaf, const vcca_span *intermediates, size_t intermediate_count, const vcca_span *roots,
                                          size_t root_count, const char *at, char *reason, size_t reason_cap)
{
  size_t n = intermediate_count < SIZE_MAX / 4 && root_count < SIZE_MAX / 4 ? 1 + intermediate_count + root_count : SIZE_MAX;
  struct chain c = {.nodes = calloc(n, sizeof *c.nodes),
                    .queue = calloc(n, sizeof *c.queue),
                    .intermediates = intermediate_count,
                    .roots = root_count,
                    .at = at,
                    .reason = reason,
                    .reason_cap = reason_cap};
  enum vcca_chain_outcome outcome = VCCA_CHAIN_UNREADABLE;
  if (!c.nodes || !c.queue)
    snprintf(reason, reason_cap, "no memory for %zu certificates", n);
  else if (at && !vcca_cert_time(at))
    snprintf(reason, reason_cap, "the time \"%.32s\" is not written as YYYYMMDDHHMMSSZ", at);
  else if (open_all(&c, leaf, intermediates, roots))
    outcome = judge(&c);
  for (size_t i = 0; i < c.opened; i++)
    vcca_cert_close(&c.nodes[i].cert);
  free(c.nodes);
  free(c.queue);
  return outcome;
}
