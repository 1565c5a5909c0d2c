/* Beside vcca/crypto.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_CRYPTO_H
#define ROOMS_CRYPTO_H

#include "vcca/crypto.h"

/* HMAC; out as for vcca_hash. RFC 2104. */
void vcca_hmac(enum vcca_hash_alg alg, vcca_span key, vcca_span data, uint8_t *out);

/* HKDF (RFC 5869), filling out->cap bytes from out->p (out->n becomes cap). At most 255 digests. */
VCCA_MUST_USE bool vcca_hkdf(enum vcca_hash_alg alg, vcca_span secret, vcca_span salt, vcca_span info, vcca_sink *out,
                             struct vcca_error *err);

/* NIST SP 800-108 r1 counter mode with AES-256-CMAC and the K(0) countermeasure, as the RSE's CC3XX does it:
 *   K(0) = CMAC(key, label || 00 || context || L)
 *   K(i) = CMAC(key, BE32(i) || label || 00 || context || L || K(0)),   L = BE32(bits)
 * key is 32 bytes; fills out->cap bytes. */
VCCA_MUST_USE bool vcca_kdf_cmac(vcca_span key, vcca_span label, vcca_span context, vcca_sink *out,
                                 struct vcca_error *err);

/* EC key pair from a secret: HKDF-SHA256(secret, no salt, info) is read as a stream of candidates of
 * ceil(bits/8) bytes, the excess top bits cleared; the first k < n-1 gives d = k + 1 (PSA Crypto API 1.1,
 * output of keys on Weierstrass curves). RSA: a 4096-bit key whose primes are searched from the
 * same kind of stream, e = 65537 (takes seconds). NULL on failure. */
vcca_key *vcca_key_from_seed(enum vcca_key_type type, vcca_span secret, vcca_span info, struct vcca_error *err);

/* RSA key pair from its primes, big-endian, e = 65537. */
vcca_key *vcca_key_from_primes(vcca_span p, vcca_span q, struct vcca_error *err);
/* The same without the test for primes, which takes most of the time: for primes that a test of ours has
 * searched again from their seed. */
vcca_key *vcca_key_from_known_primes(vcca_span p, vcca_span q, struct vcca_error *err);

/* Public key from PEM "PUBLIC KEY" text. */
vcca_key *vcca_key_from_pem(vcca_span pem, struct vcca_error *err);
/* EC key pair from PEM "PRIVATE KEY" (PKCS #8) or "EC PRIVATE KEY" (SEC 1) text, unencrypted. A public key
 * in it must be its own. */
vcca_key *vcca_key_from_private_pem(vcca_span pem, struct vcca_error *err);

/* What kind of key; whether it holds the private half. */
enum vcca_key_type vcca_key_type(const vcca_key *key);
bool vcca_key_is_pair(const vcca_key *key);
/* Modulus or field size in bits: 256, 384, 521, 4096. */
size_t vcca_key_bits(const vcca_key *key);
/* "P-256", "P-384", "P-521", "RSA". */
const char *vcca_key_type_name(enum vcca_key_type type);
bool vcca_key_type_named(vcca_span name, enum vcca_key_type *type);

/* The primes of an RSA key pair, each half the modulus long. */
VCCA_MUST_USE bool vcca_key_primes(const vcca_key *key, vcca_sink *p, vcca_sink *q);
/* Same public key. */
bool vcca_key_same(const vcca_key *a, const vcca_key *b);

/* COSE algorithm numbers (RFC 9053, RFC 8230; ESP*, which name their curve: RFC 9864). */
enum vcca_sig_alg {
  VCCA_ES256 = -7,
  VCCA_ES384 = -35,
  VCCA_ES512 = -36,
  VCCA_PS256 = -37,
  VCCA_PS384 = -38,
  VCCA_PS512 = -39,
  VCCA_ESP256 = -9,
  VCCA_ESP384 = -51,
  VCCA_ESP512 = -52
};

/* "ES384"; NULL when it is none of these. */
const char *vcca_sig_name(int64_t alg);
/* Whether the number is one of these algorithms and belongs to this kind of key (ES* and ESP* by curve,
 * PS* RSA). */
bool vcca_sig_fits(int64_t alg, const vcca_key *key);
/* Whether it is one of these and can be used with the key at all: an ES* with any curve (RFC 9053 2.1), an
 * ESP* with its own, a PS* with RSA. */
bool vcca_sig_usable(int64_t alg, const vcca_key *key);
/* The natural algorithm of a key: ES256, ES384, ES512 by curve, PS256 for RSA. */
enum vcca_sig_alg vcca_sig_of(const vcca_key *key);

/* Signs message (hashed with the algorithm's hash). ECDSA is deterministic (RFC 6979), r || s. RSA-PSS
 * (RFC 8017) takes its salt, one digest long, from HKDF over the private key and the message hash:
 * reproducible, and as good a salt as any to a verifier. */
VCCA_MUST_USE bool vcca_sign(const vcca_key *key, enum vcca_sig_alg alg, vcca_span message, vcca_sink *signature,
                             struct vcca_error *err);
/* Whether the signature is good; RSA-PSS accepts any salt length. As RFC 9053 (2.1) has it, an ES* goes
 * with any curve: whether it is the curve's own is vcca_sig_fits' question. */
bool vcca_verify(const vcca_key *key, enum vcca_sig_alg alg, vcca_span message, vcca_span signature);

/* Signature engines: which library signs, verifies and computes public keys, for the whole process; as
 * hashing engines (vcca/hash.h), with the same result whichever it is. The i-th, fastest first; false
 * beyond the last. */
bool vcca_signature_engine_at(size_t i, struct vcca_engine_info *out);
/* From now on use this one; NULL: the fastest. An unknown name and an engine that is not available are
 * refused. */
VCCA_MUST_USE bool vcca_signature_engine_use(const char *name, struct vcca_error *err);

/* What a certificate is made of. Times are "YYYYMMDDHHMMSSZ". Signed with ecdsa-with-SHA256/384/512 by
 * curve, or sha256WithRSAEncryption. */
struct vcca_cert_spec {
  const char *subject_cn;
  const char *issuer_cn;
  const char *organization; /* O= of both names; NULL: none */
  vcca_span serial;         /* 1..20 bytes, big-endian, positive */
  const char *not_before;
  const char *not_after;
  bool ca;            /* basicConstraints CA:TRUE; no basicConstraints otherwise */
  int path_len;       /* for a CA; -1: no limit */
  unsigned key_usage; /* bits as in RFC 5280 4.2.1.3, digitalSignature = 0x80, keyCertSign = 0x04, cRLSign = 0x02 */
};
enum { VCCA_CERT_MAX = 4096 };

/* Writes the DER certificate of subject's public key, signed by issuer (a key pair). */
VCCA_MUST_USE bool vcca_cert_write(const struct vcca_cert_spec *spec, const vcca_key *subject, const vcca_key *issuer,
                                   vcca_sink *der, struct vcca_error *err);

/* What is read of one certificate; the texts are copies. */
struct vcca_cert_info {
  char subject[256];
  char issuer[256];
  char serial[64];     /* hex */
  char not_before[16]; /* "YYYYMMDDHHMMSSZ" */
  char not_after[16];
  bool ca;
  bool may_sign; /* data: keyUsage is absent or has digitalSignature */
};

/* DER or PEM (with one CERTIFICATE in it) as DER in out; what is read below has at most VCCA_CERT_MAX
 * bytes. */
VCCA_MUST_USE bool vcca_cert_der(vcca_span der_or_pem, vcca_sink *out, struct vcca_error *err);
VCCA_MUST_USE bool vcca_cert_read(vcca_span der_or_pem, struct vcca_cert_info *out, struct vcca_error *err);
/* The certified public key, NULL on failure. */
vcca_key *vcca_cert_key(vcca_span der_or_pem, struct vcca_error *err);

enum { VCCA_CHAIN_CERTS = 256, VCCA_CHAIN_DEPTH = 32 };

/* Who is to lead to whom. Each file is a certificate in DER, or PEM with any number of them in any order;
 * other text, and other PEM blocks, are passed over. One that cannot be read matters only when it is
 * needed. At most VCCA_CHAIN_CERTS certificates, VCCA_CHAIN_DEPTH in a path. */
struct vcca_chain {
  vcca_span leaf; /* of several certificates the first that is no CA, or else the first; the others are intermediates */
  const vcca_span *intermediates;
  size_t intermediate_count;
  /* What is trusted. Of several certificates in a file those that are signed by themselves, or else the
   * first; the others are intermediates. */
  const vcca_span *roots;
  size_t root_count;
  const char *at; /* "YYYYMMDDHHMMSSZ": the dates must include it. NULL: dates are not looked at */
};

enum vcca_chain_outcome { VCCA_CHAIN_GOOD, VCCA_CHAIN_BAD, VCCA_CHAIN_UNREADABLE };

struct vcca_chain_report {
  char reason[240];           /* one line: why the outcome is not GOOD */
  char remark[240];           /* one line: what was passed over; "" for nothing */
  struct vcca_cert_info leaf; /* when GOOD */
  vcca_key *key;              /* likewise: the leaf's, the caller's to free; else NULL */
};
/* Whether the leaf leads to a root by signatures, names (7.1), key identifiers, CA flags, path lengths,
 * key usage and name constraints. Every path is tried, whatever the order of the certificates. UNREADABLE:
 * it may be that one which cannot be read was needed. */
enum vcca_chain_outcome vcca_chain_verify(const struct vcca_chain *chain, struct vcca_chain_report *out);

/* PEM text of DER under the given label ("CERTIFICATE", "PUBLIC KEY"), lines of 64. */
void vcca_pem_put(const char *label, vcca_span der, vcca_sink *out);

#endif
