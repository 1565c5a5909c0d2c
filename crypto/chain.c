/* Certification paths (RFC 5280, 6). The path is looked for here, one link at a time, and mbedTLS judges
 * the signature of each link: left to itself it would let the system clock choose between issuers, compare
 * names by their bytes, and trust a leaf because it is listed among the roots.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert_pool.h"
#include "crypto/constraints.h"
#include "rooms/der.h"
#include "crypto/key.h"
#include "rooms/time.h"
#include "rooms/error.h"
#include "rooms/crypto.h"

static const mbedtls_x509_crt_profile profile = {
    MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    0xfffffff, /* any kind of key of those below */
    MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1),
    VCCA_RSA_BITS_MIN,
};

/* What a hostile set of certificates may cost: comparisons of names, of which a signature counts as many. */
enum { WORK = 1 << 20, WORK_SIGNATURE = 128 };

enum signature { UNKNOWN, GOOD, FORGED, NOT_ACCEPTED };

/* A search: the nodes on the path so far, leaf first, and why the furthest attempt failed. */
struct search {
  struct bundle *b;
  const char *at;
  uint8_t *signatures; /* enum signature, of child * count + parent */
  struct node *path[VCCA_CHAIN_DEPTH];
  size_t work;
  struct vcca_chain_report *out;
  size_t reason_depth;
  bool issuer_missing; /* the reason is that no certificate has the name */
};

/* Notes why a link failed; the reason that stays is the one furthest up the path, and there the last.
 * Returns false. */
static bool refuse(struct search *s, size_t depth, const char *fmt, const char *a, const char *b)
{
  if (depth >= s->reason_depth) {
    size_t cap = sizeof s->out->reason;
    int n = snprintf(s->out->reason, cap, "\"%.100s\" %s", a, fmt);
    if (b[0] != '\0' && n > 0 && (size_t)n < cap)
      snprintf(s->out->reason + n, cap - (size_t)n, " \"%.100s\"", b);
    s->reason_depth = depth;
    s->issuer_missing = false;
  }
  return false;
}

/* Both ends of the period count (RFC 5280, 4.1.2.5). */
static bool in_time(struct search *s, const struct node *node, size_t depth)
{
  const struct vcca_cert_info *info = &node->cert.info;
  if (s->at && strcmp(s->at, info->not_before) < 0)
    return refuse(s, depth, "is not valid yet: it begins on", info->subject, info->not_before);
  if (s->at && strcmp(s->at, info->not_after) > 0)
    return refuse(s, depth, "has expired: it ended on", info->subject, info->not_after);
  return true;
}

/* What a certificate asks of whoever uses it. */
static bool understood(struct search *s, const struct node *node, size_t depth)
{
  const struct vcca_extensions *ext = &node->cert.ext;
  const char *subject = node->cert.info.subject;
  if (ext->not_understood[0] != '\0')
    return refuse(s, depth, "has a critical extension that is not understood here:", subject, ext->not_understood);
  if (ext->purposes_critical && !ext->any_purpose)
    return refuse(s, depth,
                  "is only for other purposes: its critical extended key usage names none that attestation has",
                  subject, "");
  if (ext->explicit_policy)
    return refuse(s, depth, "requires a certificate policy of its path, which is not checked here", subject, "");
  return true;
}

/* By the identifiers that the child has of its issuer's key (4.2.1.1) and the parent of its own (4.2.1.2),
 * could it be the parent's? The name of the issuer's issuer is one of several forms, of which a directory
 * name is compared. */
static bool identified(const struct node *child, const struct node *parent)
{
  const struct vcca_extensions *of_child = &child->cert.ext, *of_parent = &parent->cert.ext;
  if (of_child->authority_key_id.p != NULL && of_parent->subject_key_id.p != NULL &&
      !vcca_span_eq(of_child->authority_key_id, of_parent->subject_key_id))
    return false;
  if (of_child->authority_serial.p != NULL &&
      !vcca_span_eq(of_child->authority_serial, vcca_span_of(parent->cert.crt.serial.p, parent->cert.crt.serial.len)))
    return false;
  return of_child->authority_issuer.p == NULL || bundle_names_issuer(of_child->authority_issuer, parent);
}

/* An INTEGER as n bytes, big-endian. */
static bool take_number(vcca_span *in, uint8_t *out, size_t n)
{
  vcca_span number;
  if (!vcca_der_take_uint(in, &number) || number.n > n)
    return false;
  memset(out, 0, n - number.n);
  memcpy(out + n - number.n, number.p, number.n);
  return true;
}

/* The algorithm of ecdsa-with-SHA256, -SHA384, -SHA512 (RFC 5758, 3.2). */
static bool ecdsa_algorithm(vcca_span identifier, enum vcca_sig_alg *alg)
{
  static const uint8_t oid[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03};
  static const enum vcca_sig_alg algs[] = {VCCA_ES256, VCCA_ES384, VCCA_ES512}; /* the last arc is 2, 3, 4 */
  if (identifier.n != sizeof oid + 1 || memcmp(identifier.p, oid, sizeof oid) != 0 || identifier.p[sizeof oid] < 2 ||
      identifier.p[sizeof oid] > 4)
    return false;
  *alg = algs[identifier.p[sizeof oid] - 2];
  return true;
}

static bool ecdsa_good(vcca_span certificate, const vcca_key *key)
{
  vcca_span body, rest, tbs, identifier, signature, numbers;
  enum vcca_sig_alg alg;
  uint8_t both[2 * VCCA_SCALAR_MAX];
  size_t n = vcca_key_bytes(key);
  if (!vcca_der_take_tag(&certificate, VCCA_DER_SEQUENCE, &body))
    return false;
  rest = body;
  if (!vcca_der_take_tag(&rest, VCCA_DER_SEQUENCE, &tbs))
    return false;
  tbs = vcca_span_sub(body, 0, body.n - rest.n);
  return vcca_der_take_tag(&rest, VCCA_DER_SEQUENCE, &identifier) && ecdsa_algorithm(identifier, &alg) &&
         vcca_der_take_bits(&rest, &signature) && vcca_der_take_tag(&signature, VCCA_DER_SEQUENCE, &numbers) &&
         take_number(&numbers, both, n) && take_number(&numbers, both + n, n) &&
         vcca_verify(key, alg, tbs, vcca_span_of(both, 2 * n));
}

/* Whether the signature engine finds an ECDSA signature good, both certificates having keys that the
 * profile accepts. Whatever it does not find good, mbedTLS judges. */
static bool good_by_engine(const struct node *child, const struct node *parent)
{
  vcca_key *key = bundle_key(parent, NULL), *certified = bundle_key(child, NULL);
  bool good = key && certified && vcca_key_type(key) != VCCA_KEY_RSA &&
              ecdsa_good(vcca_span_of(child->cert.crt.raw.p, child->cert.crt.raw.len), key);
  vcca_key_free(key);
  vcca_key_free(certified);
  return good;
}

/* Whether the child's signature is good by the parent's key. To mbedTLS the parent goes by the very name
 * that the child has for it; and never as the same certificate, which it would trust unseen. The date is
 * our caller's business: what mbedTLS reads off the clock is put aside. */
static enum signature judge_signature(struct node *child, const struct node *parent)
{
  mbedtls_x509_crt issuer = parent->cert.crt;
  uint32_t flags = 0;
  issuer.subject = child->cert.crt.issuer;
  issuer.raw.len = 0;
  issuer.next = NULL;
  mbedtls_x509_crt_verify_with_profile(&child->cert.crt, &issuer, NULL, &profile, NULL, &flags, NULL, NULL);
  flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
  uint32_t weak = flags & (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY);
  return flags != weak ? FORGED : weak != 0 ? NOT_ACCEPTED : GOOD;
}

static bool signed_by(struct search *s, struct node *child, const struct node *parent, size_t depth)
{
  uint8_t *known = &s->signatures[child->index * s->b->count + parent->index];
  const char *subject = child->cert.info.subject, *issuer = parent->cert.info.subject;
  if (*known == UNKNOWN) {
    s->work -= s->work < WORK_SIGNATURE ? s->work : WORK_SIGNATURE;
    *known = (uint8_t)(good_by_engine(child, parent) ? GOOD : judge_signature(child, parent));
  }
  if (*known == NOT_ACCEPTED)
    return refuse(s, depth, "or its issuer uses a hash or key that is not accepted here; the issuer is", subject,
                  issuer);
  return *known == GOOD ? true : refuse(s, depth, "has a signature that is not good by the key of", subject, issuer);
}

/* A root of before version 3 has no extensions; that it is a CA is what trusting it says (6.1.4, k). */
static bool is_ca(const struct node *node)
{
  return node->cert.ext.ca || (node->anchor && node->self_issued && node->cert.crt.version < 3);
}

/* The names of all certificates below the parent, but for those that a CA issued to itself (4.2.1.10). */
static bool names_allowed(struct search *s, const struct node *parent, size_t depth)
{
  for (size_t i = 0; i <= depth; i++) {
    if (i > 0 && s->path[i]->self_issued)
      continue;
    const char *why = vcca_names_refused(&parent->cert, &s->path[i]->cert, &s->work);
    if (why != NULL)
      return refuse(s, depth, why, parent->cert.info.subject, s->path[i]->cert.info.subject);
  }
  return true;
}

/* Whether parent, whose name is that of the issuer of the path's last certificate, may have issued that and
 * did. */
static bool issued(struct search *s, size_t depth, const struct node *parent)
{
  struct node *child = s->path[depth];
  const char *subject = child->cert.info.subject, *issuer = parent->cert.info.subject;
  size_t between = 0; /* CAs that count against a path length: those that other CAs issued (4.2.1.9) */
  for (size_t i = 1; i <= depth; i++)
    between += !s->path[i]->self_issued;
  if (!is_ca(parent))
    return refuse(s, depth, "is not a CA, yet the issuer of", issuer, subject);
  if (mbedtls_x509_crt_check_key_usage(&parent->cert.crt, MBEDTLS_X509_KU_KEY_CERT_SIGN) != 0)
    return refuse(s, depth, "may not sign certificates by its key usage, yet is the issuer of", issuer, subject);
  if (parent->cert.ext.path_len >= 0 && between > (size_t)parent->cert.ext.path_len)
    return refuse(s, depth, "allows fewer CAs below it than there are: its path length excludes", issuer, subject);
  if (!understood(s, parent, depth) || !in_time(s, parent, depth) || !names_allowed(s, parent, depth) ||
      !signed_by(s, child, parent, depth))
    return false;
  return identified(child, parent)
             ? true
             : refuse(s, depth, "has other identifiers than those that name the issuer of", issuer, subject);
}

/* Looks for a way on from the last certificate of the path, depth first, roots before others. A certificate
 * is on a path once (6.1). */
static bool climb(struct search *s, size_t depth)
{
  const struct node *child = s->path[depth];
  bool named = false;
  for (size_t i = 0, count = s->b->count; i < 2 * count && s->work > 0; i++) {
    bool roots = i < count;
    struct node *parent = s->b->nodes[roots ? i : i - count];
    s->work--;
    if (parent->anchor != roots || parent->leaf || !vcca_span_eq(child->issuer, parent->subject))
      continue;
    named = true;
    if (parent->on_path || !issued(s, depth, parent))
      continue;
    if (parent->anchor)
      return true;
    if (depth + 1 == VCCA_CHAIN_DEPTH) {
      refuse(s, depth, "is too far from a root: a path has at most 32 certificates", child->cert.info.subject, "");
      continue;
    }
    s->path[depth + 1] = parent;
    parent->on_path = true;
    bool found = climb(s, depth + 1);
    parent->on_path = false;
    if (found)
      return true;
  }
  if (!named) {
    refuse(s, depth, "has an issuer that is not among the certificates given:", child->cert.info.subject,
           child->cert.info.issuer);
    s->issuer_missing = s->issuer_missing || s->reason_depth == depth;
  } else if (s->out->reason[0] == '\0') {
    refuse(s, depth, "is on a circle of certificates that issued each other, which leads to no root",
           child->cert.info.subject, "");
  }
  return false;
}

/* Whether the leaf is a CA that was given, by its bytes or by its key: a CA's certificate that was renewed
 * is still the CA's. */
static bool is_given_ca(const struct bundle *b, const struct node *leaf)
{
  vcca_key *key = bundle_key(leaf, NULL);
  bool given = leaf->anchor || leaf->given_as_ca;
  for (size_t i = 0; i < b->count && !given; i++) {
    const struct node *other = b->nodes[i];
    if (other == leaf || !(other->anchor || other->cert.ext.ca))
      continue;
    vcca_key *of_ca = bundle_key(other, NULL);
    given = key != NULL && of_ca != NULL && vcca_key_same(key, of_ca);
    vcca_key_free(of_ca);
  }
  vcca_key_free(key);
  return given;
}

static enum vcca_chain_outcome judge(struct search *s, struct node *leaf)
{
  const char *subject = leaf->cert.info.subject;
  s->path[0] = leaf;
  if (is_given_ca(s->b, leaf)) {
    refuse(
        s, 0,
        "is itself one of the CA certificates given, or has the key of one: it is not a certificate issued under them",
        subject, "");
    return VCCA_CHAIN_BAD;
  }
  if (!in_time(s, leaf, 0) || !understood(s, leaf, 0))
    return VCCA_CHAIN_BAD;
  if (climb(s, 0)) {
    s->out->reason[0] = '\0';
    return VCCA_CHAIN_GOOD;
  }
  if (s->work == 0)
    snprintf(s->out->reason, sizeof s->out->reason,
             "\"%.100s\": given up, for the certificates allow too many paths to try", subject);
  return s->issuer_missing && s->b->unreadable > 0 ? VCCA_CHAIN_UNREADABLE : VCCA_CHAIN_BAD;
}

/* Of several certificates those that their own keys signed are the roots; of one, or without such, the
 * first. A self-signature's hash may be one that is not accepted, for trust does not rest on it. */
static void choose_roots(struct bundle *b)
{
  bool any = false;
  for (size_t i = 0; i < b->file_count && b->file_count > 1; i++) {
    struct node *node = b->nodes[b->file[i]];
    if (node->self_issued && identified(node, node) && judge_signature(node, node) != FORGED)
      node->anchor = any = true;
  }
  if (!any && b->file_count > 0)
    b->nodes[b->file[0]]->anchor = true;
}

/* The leaf's node, NULL when there is none. */
static struct node *choose_leaf(const struct bundle *b)
{
  struct node *leaf = b->file_count > 0 ? b->nodes[b->file[0]] : NULL;
  for (size_t i = b->file_count; i-- > 0;)
    if (!b->nodes[b->file[i]]->cert.ext.ca)
      leaf = b->nodes[b->file[i]];
  return leaf;
}

static bool open_all(struct bundle *b, const struct vcca_chain *chain, struct node **leaf, struct vcca_error *err)
{
  if (!bundle_add(b, chain->leaf, "certificate", 0, err))
    return false;
  *leaf = choose_leaf(b);
  if (*leaf == NULL)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the certificate is unreadable: %s", b->first_unreadable);
  (*leaf)->leaf = true;
  for (size_t i = 0; i < chain->intermediate_count; i++)
    if (!bundle_add(b, chain->intermediates[i], "intermediate certificate", i + 1, err))
      return false;
  for (size_t i = 0; i < chain->root_count; i++) {
    if (!bundle_add(b, chain->roots[i], "root certificate", i + 1, err))
      return false;
    choose_roots(b);
  }
  return true;
}

/* What is worth saying beside the outcome. */
static void remark(const struct bundle *b, const struct node *leaf, enum vcca_chain_outcome outcome,
                   struct vcca_chain_report *out)
{
  size_t n = 0;
  if (b->unreadable > 0) {
    int wrote = snprintf(out->remark, sizeof out->remark, "%zu of the certificates could not be read%s (%.120s)",
                         b->unreadable, outcome == VCCA_CHAIN_GOOD ? " and were not needed" : "", b->first_unreadable);
    n = wrote > 0 && (size_t)wrote < sizeof out->remark ? (size_t)wrote : sizeof out->remark - 1;
  }
  if (leaf->cert.ext.purposes && !leaf->cert.ext.any_purpose && outcome == VCCA_CHAIN_GOOD)
    snprintf(out->remark + n, sizeof out->remark - n, "%sits extended key usage names other purposes",
             n > 0 ? "; " : "");
}

static enum vcca_chain_outcome verify(struct search *s, const struct vcca_chain *chain, struct vcca_error *err)
{
  int64_t seconds;
  struct node *leaf;
  if ((chain->at && !vcca_time_read(chain->at, &seconds, err)) || !open_all(s->b, chain, &leaf, err))
    return VCCA_CHAIN_UNREADABLE;
  s->signatures = calloc(s->b->count, s->b->count);
  if (s->signatures == NULL) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu certificates", s->b->count);
    return VCCA_CHAIN_UNREADABLE;
  }
  enum vcca_chain_outcome outcome = judge(s, leaf);
  if (outcome == VCCA_CHAIN_GOOD) {
    s->out->leaf = leaf->cert.info;
    s->out->key = bundle_key(leaf, err);
    if (s->out->key == NULL)
      return VCCA_CHAIN_UNREADABLE;
  }
  remark(s->b, leaf, outcome, s->out);
  return outcome;
}

enum vcca_chain_outcome vcca_chain_verify(const struct vcca_chain *chain, struct vcca_chain_report *out)
{
  struct bundle bundle = {0};
  struct search s = {.b = &bundle, .at = chain->at, .work = WORK, .out = out};
  struct vcca_error err = {0};
  *out = (struct vcca_chain_report){.key = NULL};
  enum vcca_chain_outcome outcome = verify(&s, chain, &err);
  if (outcome != VCCA_CHAIN_GOOD && out->reason[0] == '\0')
    snprintf(out->reason, sizeof out->reason, "%.239s", err.text);
  free(s.signatures);
  bundle_free(&bundle);
  return outcome;
}
