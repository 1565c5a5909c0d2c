/* A peer of vcca serve and vcca attest that shares no code with them: a client and a server of the virtCCA SDK's session, written from the
 * protocol's description alone, with a CBOR reader and writer of its own and OpenSSL for the rest. It reads an answer as the samples do, with
 * one read.
 *
 *   peer client PORT ROOT SUB RIM [-c CHALLENGE] [-l] [-f IMAGES.json] [-k KEY]      exit 0 accepted, 1 rejected, 3 no session
 *   peer server rsa|p521 FOLDER [-l] [-k KEYFILE] [-x FAULT]                         exit 0 accepted, 1 rejected, 3 no session
 *
 * The server makes its CA, device certificate and token itself, writes the CA certificates under the SDK's names, the RIM (rim.txt), and with -l
 * image_reference_measurement.json into FOLDER, and prints its port.
 *
 * Long because it shares code with nothing: CBOR, COSE, certificates and both sides are here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

enum { ACCEPTED, REJECTED, BROKEN = 3 };
enum { ROOM = 1 << 16, HASH = 32, CHALLENGE = 64, COORDINATE = 66, REMS = 4 };

static void broken(const char *why)
{
  fprintf(stderr, "peer: %s\n", why);
  exit(BROKEN);
}

static int reject(const char *why)
{
  printf("rejected: %s\n", why);
  return REJECTED;
}

struct bytes {
  uint8_t p[ROOM];
  size_t n;
};

static void put(struct bytes *b, const void *p, size_t n)
{
  if (n > sizeof b->p - b->n)
    broken("no room");
  memcpy(b->p + b->n, p, n);
  b->n += n;
}

static void sha256(const void *a, size_t an, const void *b, size_t bn, uint8_t out[HASH])
{
  EVP_MD_CTX *c = EVP_MD_CTX_new();
  if (!c || EVP_DigestInit_ex(c, EVP_sha256(), NULL) != 1 || EVP_DigestUpdate(c, a, an) != 1 ||
      EVP_DigestUpdate(c, b, bn) != 1 || EVP_DigestFinal_ex(c, out, NULL) != 1)
    broken("no hash");
  EVP_MD_CTX_free(c);
}

static size_t read_file(const char *path, uint8_t *out, size_t cap)
{
  FILE *f = fopen(path, "rb");
  if (!f)
    broken(path);
  size_t n = fread(out, 1, cap, f);
  fclose(f);
  return n;
}

static void write_file(const char *folder, const char *name, const void *p, size_t n)
{
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *f = fopen(path, "wb");
  if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0)
    broken(path);
}

static void hex(const uint8_t *p, size_t n, char *out)
{
  for (size_t i = 0; i < n; i++)
    snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static size_t unhex(const char *text, uint8_t *out, size_t cap)
{
  size_t n = strlen(text) / 2;
  for (size_t i = 0; i < n && i < cap; i++) {
    char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};
    out[i] = (uint8_t)strtoul(pair, NULL, 16);
  }
  return n < cap ? n : cap;
}

/* --- CBOR ------------------------------------------------------------------------------------------------ */

static void head(struct bytes *b, unsigned major, uint64_t v)
{
  uint8_t h[5] = {(uint8_t)(major << 5)};
  size_t n = v < 24 ? 0 : v < 256 ? 1 : v < 65536 ? 2 : 4;
  h[0] = (uint8_t)(h[0] | (v < 24 ? v : n == 1 ? 24 : n == 2 ? 25 : 26));
  for (size_t i = 0; i < n; i++)
    h[1 + i] = (uint8_t)(v >> (8 * (n - 1 - i)));
  put(b, h, 1 + n);
}

static void bstr(struct bytes *b, const void *p, size_t n)
{
  head(b, 2, n);
  put(b, p, n);
}

static void tstr(struct bytes *b, const char *text)
{
  head(b, 3, strlen(text));
  put(b, text, strlen(text));
}

struct cursor {
  const uint8_t *p;
  size_t n;
  bool bad;
};

static uint64_t next(struct cursor *c, unsigned major)
{
  uint64_t v = c->n ? c->p[0] & 31 : 31;
  size_t extra = v < 24 ? 0 : v < 28 ? (size_t)1 << (v - 24) : 99;
  if (c->bad || c->n == 0 || c->p[0] >> 5 != major || extra > c->n - 1) {
    c->bad = true;
    return 0;
  }
  if (extra > 0)
    v = 0;
  for (size_t i = 0; i < extra; i++)
    v = v << 8 | c->p[1 + i];
  c->p += 1 + extra;
  c->n -= 1 + extra;
  return v;
}

static struct cursor string(struct cursor *c, unsigned major)
{
  uint64_t n = next(c, major);
  struct cursor s = {c->p, (size_t)n, c->bad || n > c->n};
  c->bad = s.bad;
  if (s.bad)
    s.n = 0;
  c->p += s.n;
  c->n -= s.n;
  return s;
}

/* --- COSE_Sign1 ------------------------------------------------------------------------------------------ */

/* Sig_structure (RFC 9052, 4.4), without external data. */
static void to_be_signed(struct cursor protected, struct cursor payload, struct bytes *out)
{
  out->n = 0;
  head(out, 4, 4);
  tstr(out, "Signature1");
  bstr(out, protected.p, protected.n);
  bstr(out, "", 0);
  bstr(out, payload.p, payload.n);
}

static bool pss(EVP_PKEY_CTX *c)
{
  return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) > 0 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) > 0;
}

/* COSE has r and s one after the other, OpenSSL has them in DER. */
static size_t ecdsa_der(struct cursor raw, uint8_t *der)
{
  ECDSA_SIG *s = ECDSA_SIG_new();
  uint8_t *end = der;
  if (!s || raw.n != 2 * COORDINATE ||
      ECDSA_SIG_set0(s, BN_bin2bn(raw.p, COORDINATE, NULL), BN_bin2bn(raw.p + COORDINATE, COORDINATE, NULL)) != 1)
    return 0;
  int n = i2d_ECDSA_SIG(s, &end);
  ECDSA_SIG_free(s);
  return n > 0 ? (size_t)n : 0;
}

static bool verify(EVP_PKEY *key, struct cursor protected, struct cursor payload, struct cursor signature)
{
  static struct bytes message;
  uint8_t der[256];
  struct cursor map = protected;
  bool rsa = EVP_PKEY_base_id(key) == EVP_PKEY_RSA;
  if (next(&map, 5) != 1 || next(&map, 0) != 1)
    return false;
  uint64_t alg = next(&map, 1);
  if (map.bad || alg != (rsa ? 36 : 35)) /* PS256 -37, ES512 -36 */
    return false;
  to_be_signed(protected, payload, &message);
  size_t n = rsa ? 0 : ecdsa_der(signature, der);
  EVP_MD_CTX *c = EVP_MD_CTX_new();
  EVP_PKEY_CTX *k = NULL;
  bool ok = c && EVP_DigestVerifyInit(c, &k, rsa ? EVP_sha256() : EVP_sha512(), NULL, key) == 1 && (!rsa || pss(k)) &&
            EVP_DigestVerify(c, rsa ? signature.p : der, rsa ? signature.n : n, message.p, message.n) == 1;
  EVP_MD_CTX_free(c);
  return ok;
}

static void sign(EVP_PKEY *key, const struct bytes *payload, struct bytes *out)
{
  static struct bytes message;
  uint8_t protected[5] = {0xa1, 0x01, 0x38}, der[600], raw[2 * COORDINATE];
  bool rsa = EVP_PKEY_base_id(key) == EVP_PKEY_RSA;
  size_t n = sizeof der;
  protected[3] = rsa ? 36 : 35;
  to_be_signed((struct cursor){protected, 4, false}, (struct cursor){payload->p, payload->n, false}, &message);
  EVP_MD_CTX *c = EVP_MD_CTX_new();
  EVP_PKEY_CTX *k = NULL;
  if (!c || EVP_DigestSignInit(c, &k, rsa ? EVP_sha256() : EVP_sha512(), NULL, key) != 1 || (rsa && !pss(k)) ||
      EVP_DigestSign(c, der, &n, message.p, message.n) != 1)
    broken("cannot sign");
  EVP_MD_CTX_free(c);
  head(out, 6, 18);
  head(out, 4, 4);
  bstr(out, protected, 4);
  head(out, 5, 0);
  bstr(out, payload->p, payload->n);
  if (rsa) {
    bstr(out, der, n);
    return;
  }
  const uint8_t *at = der;
  ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &at, (long)n);
  if (!s || BN_bn2binpad(ECDSA_SIG_get0_r(s), raw, COORDINATE) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(s), raw + COORDINATE, COORDINATE) < 0)
    broken("no signature");
  ECDSA_SIG_free(s);
  bstr(out, raw, sizeof raw);
}

/* SubjectPublicKeyInfo of a P-521 point, as far as the point. */
static const uint8_t p521_head[] = {0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                                    0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00};
enum { POINT = 1 + 2 * COORDINATE };

static EVP_PKEY *claimed_key(struct cursor claim)
{
  uint8_t spki[sizeof p521_head + POINT];
  const uint8_t *at = claim.p;
  if (claim.n == POINT) {
    memcpy(spki, p521_head, sizeof p521_head);
    memcpy(spki + sizeof p521_head, claim.p, POINT);
    at = spki;
  }
  return d2i_PUBKEY(NULL, &at, (long)(claim.n == POINT ? sizeof spki : claim.n));
}

/* --- Client ---------------------------------------------------------------------------------------------- */

struct client {
  int socket;
  uint8_t challenge[CHALLENGE], rim[64];
  size_t rim_size;
  X509 *root, *sub;
  const char *images, *key;
  bool log;
  struct bytes cert, token, table, events;
};

static X509 *read_pem(const char *path)
{
  FILE *f = fopen(path, "rb");
  X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
  if (!x)
    broken(path);
  fclose(f);
  return x;
}

static void send_number(int fd, uint32_t number, const void *more, size_t n)
{
  uint8_t message[4 + 4096] = {(uint8_t)number, (uint8_t)(number >> 8)};
  memcpy(message + 4, more, n);
  if (send(fd, message, 4 + n, MSG_NOSIGNAL) != (ssize_t)(4 + n))
    broken("cannot send");
}

/* As the samples: whatever one read gives. */
static void one_read(int fd, struct bytes *out)
{
  ssize_t n = recv(fd, out->p, 4096, 0);
  if (n <= 0)
    broken("the server closed the session");
  out->n = (size_t)n;
}

static void collect(struct client *c)
{
  send_number(c->socket, 0x1001, "", 0);
  one_read(c->socket, &c->cert);
  send_number(c->socket, 0x1002, c->challenge, CHALLENGE);
  one_read(c->socket, &c->token);
  if (!c->log)
    return;
  uint8_t size[8];
  send_number(c->socket, 0x1003, "", 0);
  one_read(c->socket, &c->table);
  send_number(c->socket, 0x1004, "", 0);
  if (recv(c->socket, size, sizeof size, MSG_WAITALL) != sizeof size)
    broken("no size of the log");
  c->events.n = (size_t)size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16;
  if (c->events.n > ROOM || recv(c->socket, c->events.p, c->events.n, MSG_WAITALL) != (ssize_t)c->events.n)
    broken("no log");
}

struct claims {
  struct cursor challenge, key, key_hash, rim, rem[REMS];
};

static bool read_claims(struct cursor in, struct claims *out)
{
  uint64_t n = next(&in, 5);
  for (uint64_t i = 0; i < n && !in.bad; i++) {
    uint64_t label = next(&in, 0);
    if (label == 10)
      out->challenge = string(&in, 2);
    else if (label == 44237)
      out->key = string(&in, 2);
    else if (label == 44236 || label == 44240)
      (void)string(&in, 3);
    else if (label == 44238)
      out->rim = string(&in, 2);
    else if (label == 44235)
      (void)string(&in, 2);
    else if (label == 44239 && next(&in, 4) == REMS)
      for (size_t r = 0; r < REMS; r++)
        out->rem[r] = string(&in, 2);
    else
      return false;
  }
  return !in.bad && in.n == 0 && n == 7;
}

static bool read_sign1(struct cursor in, struct cursor *protected, struct cursor *payload, struct cursor *signature)
{
  bool ok = next(&in, 6) == 18 && next(&in, 4) == 4;
  *protected = string(&in, 2);
  ok = ok && next(&in, 5) == 0;
  *payload = string(&in, 2);
  *signature = string(&in, 2);
  return ok && !in.bad && in.n == 0;
}

static X509 *device_cert(const struct bytes *b)
{
  const uint8_t *at = b->p;
  BIO *bio = BIO_new_mem_buf(b->p, (int)b->n);
  X509 *x = b->p[0] == 0x30 ? d2i_X509(NULL, &at, (long)b->n) : PEM_read_bio_X509(bio, NULL, NULL, NULL);
  BIO_free(bio);
  return x;
}

static bool chain_leads(const struct client *c, X509 *leaf)
{
  X509_STORE *store = X509_STORE_new();
  X509_STORE_CTX *x = X509_STORE_CTX_new();
  STACK_OF(X509) *subs = sk_X509_new_null();
  bool ok = store && x && subs && X509_STORE_add_cert(store, c->root) == 1 && sk_X509_push(subs, c->sub) > 0 &&
            X509_STORE_set_flags(store, X509_V_FLAG_NO_CHECK_TIME) == 1 &&
            X509_STORE_CTX_init(x, store, leaf, subs) == 1 && X509_verify_cert(x) == 1;
  X509_STORE_CTX_free(x);
  X509_STORE_free(store);
  sk_X509_free(subs);
  return ok;
}

static uint32_t le32(const uint8_t *p)
{
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Replays the log; grub receives the digest of the first EFI application. False when it cannot be read. */
static bool replay(const struct bytes *log, uint8_t rem[REMS][HASH], uint8_t grub[HASH])
{
  size_t at = log->n < 32 ? log->n : 32 + le32(log->p + 28);
  bool seen = false;
  memset(rem, 0, REMS * HASH);
  while (at + 50 <= log->n && !(le32(log->p + at) == UINT32_MAX && le32(log->p + at + 4) == UINT32_MAX)) {
    uint32_t reg = le32(log->p + at), type = le32(log->p + at + 4), size = le32(log->p + at + 46);
    const uint8_t *digest = log->p + at + 14;
    if (le32(log->p + at + 8) != 1 || size > log->n - at - 50)
      return false;
    if (reg >= 1 && reg <= REMS && type != 3)
      sha256(rem[reg - 1], HASH, digest, HASH, rem[reg - 1]);
    if (type == 0x80000003 && !seen)
      memcpy(grub, digest, HASH);
    seen = seen || type == 0x80000003;
    at += 50 + size;
  }
  return at > 32;
}

static int judge_log(const struct client *c, const struct claims *claims)
{
  uint8_t rem[REMS][HASH], grub[HASH] = {0};
  char text[2 * HASH + 1], json[ROOM] = "";
  if (c->table.n < 56 || memcmp(c->table.p, "CCEL", 4) != 0)
    return reject("CCEL table");
  if (!replay(&c->events, rem, grub))
    return reject("log");
  for (size_t i = 0; i < REMS; i++)
    if (claims->rem[i].n != HASH || memcmp(claims->rem[i].p, rem[i], HASH) != 0)
      return reject("REM");
  hex(grub, HASH, text);
  if (c->images)
    json[read_file(c->images, (uint8_t *)json, sizeof json - 1)] = '\0';
  return c->images && !strstr(json, text) ? reject("grub") : ACCEPTED;
}

static int judge(const struct client *c)
{
  struct cursor in = {c->token.p, c->token.n, false}, cvm = {NULL, 0, true}, platform = cvm, protected, payload,
                signature;
  struct claims claims = {.key = {NULL, 0, false}};
  uint8_t hash[HASH], *spki = NULL;
  if (next(&in, 6) != 399)
    return reject("tag");
  for (uint64_t i = next(&in, 5); i > 0 && !in.bad; i--)
    if (next(&in, 0) == 44234)
      platform = string(&in, 2);
    else
      cvm = string(&in, 2);
  if (in.bad || in.n > 0 || !read_sign1(cvm, &protected, &payload, &signature))
    return reject("structure");
  struct cursor inside = payload, map = string(&inside, 2);
  if (!read_claims(map, &claims))
    return reject("claims");
  X509 *leaf = device_cert(&c->cert);
  if (!leaf || !chain_leads(c, leaf))
    return reject("chain");
  EVP_PKEY *rak = claimed_key(claims.key), *device = X509_get_pubkey(leaf);
  if (!rak || !verify(rak, protected, payload, signature))
    return reject("CVM signature");
  if (platform.n > 0) {
    sha256(claims.key.p, claims.key.n, "", 0, hash);
    if (!read_sign1(platform, &protected, &payload, &signature) || !verify(device, protected, payload, signature))
      return reject("platform signature");
    if (!memmem(payload.p, payload.n, hash, HASH))
      return reject("binding");
  } else {
    int n = i2d_PUBKEY(device, &spki);
    if (n < 0 || (size_t)n != claims.key.n || memcmp(spki, claims.key.p, claims.key.n) != 0)
      return reject("key");
  }
  OPENSSL_free(spki);
  EVP_PKEY_free(rak);
  EVP_PKEY_free(device);
  X509_free(leaf);
  if (claims.challenge.n != CHALLENGE || memcmp(claims.challenge.p, c->challenge, CHALLENGE) != 0)
    return reject("challenge");
  if (claims.rim.n != c->rim_size || memcmp(claims.rim.p, c->rim, c->rim_size) != 0)
    return reject("RIM");
  return c->log ? judge_log(c, &claims) : ACCEPTED;
}

static int client(int argc, char **argv)
{
  static struct client c;
  uint8_t key[4096];
  struct sockaddr_in a = {.sin_family = AF_INET,
                          .sin_port = htons((uint16_t)strtoul(argv[0], NULL, 10)),
                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  c.root = read_pem(argv[1]);
  c.sub = read_pem(argv[2]);
  c.rim_size = unhex(argv[3], c.rim, sizeof c.rim);
  RAND_bytes(c.challenge, CHALLENGE);
  for (int i = 4; i < argc; i++)
    if (strcmp(argv[i], "-l") == 0)
      c.log = true;
    else if (strcmp(argv[i], "-c") == 0)
      unhex(argv[++i], c.challenge, CHALLENGE);
    else if (strcmp(argv[i], "-f") == 0)
      c.images = argv[++i];
    else if (strcmp(argv[i], "-k") == 0)
      c.key = argv[++i];
  c.socket = socket(AF_INET, SOCK_STREAM, 0);
  if (c.socket < 0 || connect(c.socket, (struct sockaddr *)&a, sizeof a) != 0)
    broken("cannot connect");
  collect(&c);
  int verdict = judge(&c);
  send_number(c.socket, verdict == ACCEPTED ? 0x1005 : 0x1006, "", 0);
  if (verdict == ACCEPTED && c.key)
    send_number(c.socket, 0x1008, key, read_file(c.key, key, sizeof key));
  else if (verdict == ACCEPTED)
    send_number(c.socket, 0x1007, "", 0);
  close(c.socket);
  X509_free(c.root);
  X509_free(c.sub);
  return verdict;
}

/* --- Server ---------------------------------------------------------------------------------------------- */

struct server {
  EVP_PKEY *device, *rak;
  const char *fault, *key, *folder;
  bool log;
  uint8_t rim[HASH], rem[REMS][HASH];
  struct bytes cert, token, table, events;
};

static bool fault(const struct server *s, const char *name)
{
  return s->fault && strcmp(s->fault, name) == 0;
}

static EVP_PKEY *new_key(bool rsa, int bits)
{
  EVP_PKEY *key = rsa ? EVP_RSA_gen((unsigned)bits) : EVP_EC_gen("P-521");
  if (!key)
    broken("no key");
  return key;
}

/* RSA keys take seconds to make: one is made for all servers of a test. */
static EVP_PKEY *device_key(bool rsa)
{
  static const char path[] = "device_key.pem";
  FILE *f = rsa ? fopen(path, "rb") : NULL;
  EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : new_key(rsa, 4096);
  if (f)
    fclose(f);
  else if (rsa && (f = fopen(path, "wb")) != NULL) {
    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
  }
  return key;
}

static X509 *new_cert(const char *name, const char *issuer, EVP_PKEY *key, EVP_PKEY *signer, bool ca)
{
  X509 *x = X509_new();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), ca ? 1 : 7);
  X509_gmtime_adj(X509_getm_notBefore(x), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x), 86400);
  X509_set_pubkey(x, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1, 0);
  X509_NAME *from = X509_NAME_new();
  X509_NAME_add_entry_by_txt(from, "CN", MBSTRING_ASC, (const uint8_t *)issuer, -1, -1, 0);
  X509_set_issuer_name(x, from);
  X509_NAME_free(from);
  const char *values[2] = {ca ? "critical,CA:TRUE" : NULL,
                           ca ? "critical,keyCertSign,cRLSign" : "digitalSignature,nonRepudiation"};
  const int kinds[2] = {NID_basic_constraints, NID_key_usage};
  for (size_t i = 0; i < 2; i++) {
    X509_EXTENSION *e = values[i] ? X509V3_EXT_conf_nid(NULL, NULL, kinds[i], values[i]) : NULL;
    if (e)
      X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
  }
  if (X509_sign(x, signer, EVP_PKEY_base_id(signer) == EVP_PKEY_RSA ? EVP_sha256() : EVP_sha512()) == 0)
    broken("cannot sign a certificate");
  return x;
}

static void pem_of(X509 *x, struct bytes *out)
{
  BIO *bio = BIO_new(BIO_s_mem());
  char *text;
  PEM_write_bio_X509(bio, x);
  long n = BIO_get_mem_data(bio, &text);
  out->n = 0;
  put(out, text, (size_t)n);
  BIO_free(bio);
}

static void make_chain(struct server *s, bool rsa)
{
  static struct bytes pem;
  EVP_PKEY *root = new_key(rsa, 2048), *sub = new_key(rsa, 2048);
  X509 *r = new_cert("TEST peer root", "TEST peer root", root, root, true),
       *u = new_cert("TEST peer sub", "TEST peer root", sub, root, true);
  X509 *d = new_cert("TEST peer device", "TEST peer sub", s->device, fault(s, "other-root") ? s->device : sub, false);
  pem_of(r, &pem);
  write_file(s->folder, rsa ? "root_cert.pem" : "eccp521_root_cert.pem", pem.p, pem.n);
  pem_of(u, &pem);
  write_file(s->folder, rsa ? "sub_cert.pem" : "eccp521_sub_cert.pem", pem.p, pem.n);
  pem_of(d, &s->cert);
  while (s->cert.n > 0 && s->cert.p[s->cert.n - 1] == '\n')
    s->cert.n--;
  if (rsa) {
    uint8_t *end = s->cert.p;
    s->cert.n = (size_t)i2d_X509(d, &end);
  }
  X509_free(r);
  X509_free(u);
  X509_free(d);
  EVP_PKEY_free(root);
  EVP_PKEY_free(sub);
}

static void put32(struct bytes *b, uint32_t v)
{
  uint8_t le[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
  put(b, le, 4);
}

static void event(struct server *s, uint32_t reg, uint32_t type, const char *data, const char *measured)
{
  uint8_t digest[HASH];
  sha256(measured, strlen(measured), "", 0, digest);
  put32(&s->events, reg);
  put32(&s->events, type);
  put32(&s->events, 1);
  put(&s->events, "\x0b", 2);
  put(&s->events, digest, HASH);
  put32(&s->events, (uint32_t)strlen(data) + 1);
  put(&s->events, data, strlen(data) + 1);
  sha256(s->rem[reg - 1], HASH, digest, HASH, s->rem[reg - 1]);
}

static void make_log(struct server *s)
{
  static const char *const names[] = {"grub", "grub.cfg", "kernel", "initramfs"};
  static const uint8_t spec[33] = "Spec ID Event03\0\0\0\0\0\0\2\0\2\1\0\0\0\x0b\0\x20\0";
  char text[4][2 * HASH + 1], json[1024];
  put32(&s->events, 1);
  put32(&s->events, 3);
  put(&s->events, (uint8_t[20]){0}, 20);
  put32(&s->events, sizeof spec);
  put(&s->events, spec, sizeof spec);
  event(s, 2, 0x80000003, "image", names[0]);
  event(s, 3, 0xd, "(hd0)/grub.cfg", names[1]);
  event(s, 3, 0xd, "grub_cmd: linux /vmlinuz-1 quiet", "linux /vmlinuz-1 quiet");
  event(s, 3, 0xd, "/vmlinuz-1", names[2]);
  event(s, 3, 0xd, "kernel_cmdline: /vmlinuz-1 quiet", "/vmlinuz-1 quiet");
  event(s, 3, 0xd, "grub_cmd: initrd /initramfs-1", "initrd /initramfs-1");
  event(s, 3, 0xd, "/initramfs-1", names[3]);
  for (size_t i = 0; i < 4; i++) {
    uint8_t digest[HASH];
    sha256(names[i], strlen(names[i]), "", 0, digest);
    hex(digest, HASH, text[i]);
  }
  int n = snprintf(
      json, sizeof json,
      "{\"grub\":\"%s\",\"grub.cfg\":\"%s\",\"kernels\":[{\"version\":\"1\",\"kernel\":\"%s\",\"initramfs\":\"%s\"}],"
      "\"hash_alg\":\"sha-256\"}",
      text[0], text[1], text[2], text[3]);
  write_file(s->folder, "image_reference_measurement.json", json, (size_t)n);
  memset(s->events.p + s->events.n, 0xff, 4096); /* the rest of the area */
  s->events.n += 4096;
  put(&s->table, "CCEL\x38\0\0\0", 8);
  put(&s->table, (uint8_t[48]){0}, 48);
  if (fault(s, "wrong-log"))
    s->events.p[65 + 14] ^= 1;
}

static void platform_token(const struct server *s, const uint8_t *rak, size_t rak_size, struct bytes *out)
{
  static struct bytes claims;
  uint8_t hash[HASH], id[33] = {1};
  sha256(rak, rak_size, "", 0, hash);
  hash[0] ^= fault(s, "unbound");
  claims.n = 0;
  head(&claims, 5, 8);
  head(&claims, 0, 265), tstr(&claims, "");
  head(&claims, 0, 10), bstr(&claims, hash, HASH);
  head(&claims, 0, 2396), bstr(&claims, hash, HASH);
  head(&claims, 0, 256), bstr(&claims, id, sizeof id);
  head(&claims, 0, 2401), bstr(&claims, "", 0);
  head(&claims, 0, 2395), head(&claims, 0, 0x3003);
  head(&claims, 0, 2399), head(&claims, 4, 1);
  head(&claims, 5, 5);
  head(&claims, 0, 1), tstr(&claims, "tee");
  head(&claims, 0, 2), bstr(&claims, hash, HASH);
  head(&claims, 0, 4), tstr(&claims, "1.6");
  head(&claims, 0, 5), bstr(&claims, "", 0);
  head(&claims, 0, 6), tstr(&claims, "sha-256");
  head(&claims, 0, 2402), tstr(&claims, "sha-256");
  out->n = 0;
  sign(s->device, &claims, out);
}

static void make_token(struct server *s, const uint8_t challenge[CHALLENGE])
{
  static struct bytes claims, wrapped, part;
  uint8_t key[600], *end = key, zero[CHALLENGE] = {0};
  bool rsa = EVP_PKEY_base_id(s->rak) == EVP_PKEY_RSA;
  size_t n = (size_t)i2d_PUBKEY(s->rak, &end);
  const uint8_t *claim = rsa ? key : key + n - POINT;
  size_t claim_size = rsa ? n : POINT;
  claims.n = wrapped.n = s->token.n = part.n = 0;
  head(&claims, 5, 7);
  head(&claims, 0, 10), bstr(&claims, fault(s, "stale-challenge") ? zero : challenge, CHALLENGE);
  head(&claims, 0, 44235), bstr(&claims, zero, 64);
  head(&claims, 0, 44237), bstr(&claims, claim, claim_size);
  head(&claims, 0, 44236), tstr(&claims, "sha-256");
  head(&claims, 0, 44240), tstr(&claims, "sha-256");
  head(&claims, 0, 44238), bstr(&claims, fault(s, "wrong-rim") ? zero : s->rim, HASH);
  head(&claims, 0, 44239), head(&claims, 4, REMS);
  for (size_t i = 0; i < REMS; i++)
    bstr(&claims, s->rem[i], HASH);
  bstr(&wrapped, claims.p, claims.n);
  head(&s->token, 6, 399);
  head(&s->token, 5, rsa ? 1 : 2);
  if (!rsa) {
    platform_token(s, claim, claim_size, &part);
    head(&s->token, 0, 44234), bstr(&s->token, part.p, part.n);
    part.n = 0;
  }
  sign(s->rak, &wrapped, &part);
  part.p[part.n - 1] ^= fault(s, "bad-signature");
  head(&s->token, 0, 44241), bstr(&s->token, part.p, part.n);
  if (fault(s, "surplus"))
    put(&s->token, "surplus", 7);
}

static void answer(int fd, const struct bytes *b, size_t n)
{
  for (size_t at = 0; at < n;) { /* in pieces, as a network may cut it */
    size_t piece = n - at > 700 ? 700 : n - at;
    if (send(fd, b->p + at, piece, MSG_NOSIGNAL) != (ssize_t)piece)
      broken("the client is gone");
    at += piece;
    if (at < n && n < 5000)
      usleep(2000);
  }
}

static int session(struct server *s, int fd)
{
  uint8_t number[4], more[4096], size[8] = {0};
  int verdict = BROKEN;
  while (recv(fd, number, 4, MSG_WAITALL) == 4)
    switch (le32(number)) {
    case 0x1001:
      answer(fd, &s->cert, s->cert.n);
      break;
    case 0x1002:
      if (recv(fd, more, CHALLENGE, MSG_WAITALL) != CHALLENGE)
        return BROKEN;
      make_token(s, more);
      answer(fd, &s->token, fault(s, "truncated") ? s->token.n / 2 : s->token.n);
      if (fault(s, "truncated"))
        return BROKEN;
      break;
    case 0x1003:
      answer(fd, &s->table, s->table.n);
      break;
    case 0x1004:
      size[0] = (uint8_t)s->events.n, size[1] = (uint8_t)(s->events.n >> 8), size[2] = fault(s, "huge-log") ? 0xff : 0;
      if (send(fd, size, 8, MSG_NOSIGNAL) != 8)
        return BROKEN;
      answer(fd, &s->events, s->events.n);
      break;
    case 0x1005:
      verdict = ACCEPTED;
      break;
    case 0x1006:
      return REJECTED;
    case 0x1007:
      return verdict;
    case 0x1008: {
      ssize_t n = recv(fd, more, sizeof more, 0);
      if (n <= 0 || !s->key)
        return BROKEN;
      write_file(".", s->key, more, (size_t)n);
      return verdict;
    }
    default:
      return BROKEN;
    }
  return BROKEN;
}

static int server(int argc, char **argv)
{
  static struct server s;
  bool rsa = strcmp(argv[0], "rsa") == 0;
  char text[2 * HASH + 1];
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof a;
  s.folder = argv[1];
  for (int i = 2; i < argc; i++)
    if (strcmp(argv[i], "-l") == 0)
      s.log = true;
    else if (strcmp(argv[i], "-k") == 0)
      s.key = argv[++i];
    else if (strcmp(argv[i], "-x") == 0)
      s.fault = argv[++i];
  s.device = device_key(rsa);
  s.rak = rsa ? s.device : new_key(false, 0);
  make_chain(&s, rsa);
  sha256("TEST peer VM", 12, "", 0, s.rim);
  hex(s.rim, HASH, text);
  write_file(s.folder, "rim.txt", text, 2 * HASH);
  if (s.log)
    make_log(&s);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&a, n) != 0 || listen(listener, 5) != 0 ||
      getsockname(listener, (struct sockaddr *)&a, &n) != 0)
    broken("cannot listen");
  printf("%u\n", ntohs(a.sin_port));
  fflush(stdout);
  int fd = accept(listener, NULL, NULL);
  int verdict = fd < 0 ? BROKEN : session(&s, fd);
  close(fd);
  close(listener);
  return verdict;
}

int main(int argc, char **argv)
{
  alarm(60);
  if (argc > 5 && strcmp(argv[1], "client") == 0)
    return client(argc - 2, argv + 2);
  if (argc > 3 && strcmp(argv[1], "server") == 0)
    return server(argc - 2, argv + 2);
  broken("peer client|server ...");
}
