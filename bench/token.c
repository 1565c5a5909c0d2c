/* How fast tokens are read, minted and verified, in one run on one machine, beside what they cannot be
 * faster than: libcbor's cbor_load of the same bytes, and the signatures alone, by the same library.
 *
 * libcbor 0.8 knows no one-byte tag 18, and sees a token's inner parts as byte strings: it is given the
 * collection, then both COSE_Sign1s without their tag, then both protected headers and claims. Each figure
 * is the best of a few runs, which take turns, since the machine may have other work. The linker puts a
 * counter between vcca and malloc (CMakeLists.txt).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <cbor.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "vcca/hsm.h"
#include "vcca/verifier.h"
#include "rooms/crypto.h"

enum { RUNS = 5 };
static const double run_seconds = 0.2;

/* --- Counting allocations -------------------------------------------------------------------------------- */

static unsigned long allocations;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
  allocations++;
  return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
  allocations++;
  return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
  allocations++;
  return __real_realloc(p, n);
}

/* --- Timing ---------------------------------------------------------------------------------------------- */

static void give_up(const char *what, const struct vcca_error *err)
{
  char text[800];
  fprintf(stderr, "bench_token: %s: %s\n", what, err ? vcca_error_text(err, text, sizeof text) : "failed");
  exit(1);
}

/* How often a second something can be done. */
static double rate(bool (*work)(void *ctx), void *ctx, const char *what)
{
  unsigned long n = 0, batch = 1;
  double start = now_of_process(), t = 0;
  while (t < run_seconds) {
    for (unsigned long i = 0; i < batch; i++)
      if (!work(ctx))
        give_up(what, NULL);
    n += batch;
    t = now_of_process() - start;
    if (t < run_seconds / 16)
      batch *= 2;
  }
  return (double)n / t;
}

static void keep_best(double *best, double value)
{
  *best = value > *best ? value : *best;
}

/* --- A device, a token of its ------------------------------------------------------------------------------ */

struct subject {
  enum vcca_family family;
  vcca_hsm *hsm;
  uint8_t rak[VCCA_SPKI_MAX], instance_id[VCCA_UEID_SIZE], token[VCCA_TOKEN_MAX], signature[VCCA_SIG_MAX];
  size_t token_size, signature_size;
  struct vcca_realm_claims claims;
  struct vcca_token decoded;
  struct vcca_verdict verdict;
};

static const uint8_t digest[32] = {1}, challenge[64] = {2};

static enum vcca_chain_kind chain_of(enum vcca_family family)
{
  enum vcca_key_type key = vcca_family(family)->key;
  return key == VCCA_KEY_RSA ? VCCA_CHAIN_RSA : key == VCCA_KEY_P521 ? VCCA_CHAIN_P521 : VCCA_CHAIN_P384;
}

/* The realm token signed anew; the platform token is the device's, signed once. */
static bool mint(void *ctx)
{
  struct subject *s = ctx;
  uint8_t room[VCCA_TOKEN_MAX];
  vcca_sink realm = VCCA_SINK(room), token = VCCA_SINK(s->token);
  vcca_span platform;
  bool ok = vcca_hsm_platform_token(s->hsm, s->family, &platform, NULL) &&
            vcca_token_realm(s->family, &s->claims, vcca_hsm_rak(s->hsm), &realm, NULL) &&
            vcca_token_collect(s->family, platform, vcca_sink_span(&realm), &token, NULL);
  s->token_size = token.n;
  return ok;
}

static bool decode(void *ctx)
{
  struct subject *s = ctx;
  return vcca_token_decode(vcca_span_of(s->token, s->token_size), &s->decoded, NULL);
}

static bool verify(void *ctx)
{
  struct subject *s = ctx;
  struct vcca_evidence e = {.token = vcca_span_of(s->token, s->token_size), .cpak = vcca_hsm_cpak(s->hsm)};
  e.challenge = VCCA_SPAN(challenge);
  e.rim = VCCA_SPAN(digest);
  vcca_verify_evidence(&e, &s->verdict);
  return s->verdict.accepted;
}

/* The two signatures alone, of and over the realm token's bytes. */
static bool sign_alone(void *ctx)
{
  struct subject *s = ctx;
  const vcca_key *rak = vcca_hsm_rak(s->hsm);
  vcca_sink out = VCCA_SINK(s->signature);
  bool ok = vcca_sign(rak, vcca_sig_of(rak), s->decoded.realm_sign1.payload, &out, NULL);
  s->signature_size = out.n;
  return ok;
}

static bool verify_alone(void *ctx)
{
  struct subject *s = ctx;
  const vcca_key *rak = vcca_hsm_rak(s->hsm);
  return vcca_verify(rak, vcca_sig_of(rak), s->decoded.realm_sign1.payload,
                     vcca_span_of(s->signature, s->signature_size));
}

static void open_subject(enum vcca_family family, struct subject *s)
{
  struct vcca_device device;
  struct vcca_error err = {0};
  *s = (struct subject){.family = family};
  vcca_device_default(chain_of(family), &device);
  s->hsm = vcca_hsm_open(&device, &err);
  vcca_sink rak = VCCA_SINK(s->rak);
  if (s->hsm == NULL || !vcca_rak_encode(family, vcca_hsm_rak(s->hsm), &rak, &err))
    give_up("device", &err);
  s->claims = (struct vcca_realm_claims){
      .challenge = VCCA_SPAN(challenge),
      .rpv = VCCA_SPAN(challenge),
      .public_key = vcca_sink_span(&rak),
      .hash_alg = VCCA_SPAN_LIT("sha-256"),
      .public_key_hash_alg = VCCA_SPAN_LIT("sha-256"),
      .rim = VCCA_SPAN(digest),
      .rem = {VCCA_SPAN(digest), VCCA_SPAN(digest), VCCA_SPAN(digest), VCCA_SPAN(digest)},
  };
  vcca_realm_profile_claims(family, 0, s->instance_id, &s->claims);
  if (!mint(s) || !decode(s))
    give_up("token", NULL);
}

/* --- Reading --------------------------------------------------------------------------------------------- */

static bool load(vcca_span bytes)
{
  struct cbor_load_result result;
  cbor_item_t *item = cbor_load(bytes.p, bytes.n, &result);
  bool ok = item != NULL && result.read == bytes.n;
  if (item)
    cbor_decref(&item);
  return ok;
}

static bool load_part(const struct vcca_sign1_parts *part)
{
  return load(vcca_span_sub(part->whole, 1, part->whole.n)) && load(part->protected_header) && load(part->claims);
}

static bool load_all(void *ctx)
{
  const struct subject *s = ctx;
  return load(s->decoded.bytes) && load_part(&s->decoded.platform_sign1) && load_part(&s->decoded.realm_sign1);
}

static bool load_outside(void *ctx)
{
  const struct subject *s = ctx;
  return load(s->decoded.bytes);
}

static void reading(void)
{
  static struct subject s;
  double ours = 0, all = 0, outside = 0;
  open_subject(VCCA_FAMILY_ARM_1_0, &s);
  unsigned long before = allocations;
  (void)decode(&s);
  unsigned long needed = allocations - before;
  for (int i = 0; i < RUNS; i++) {
    keep_best(&ours, rate(decode, &s, "decoding"));
    keep_best(&all, rate(load_all, &s, "cbor_load"));
    keep_best(&outside, rate(load_outside, &s, "cbor_load"));
  }
  printf("reading a token of %zu bytes (arm-1.0, %zu components)\n", s.token_size, s.decoded.platform.component_count);
  printf("  %-52s %9.0f tokens/s, %lu allocations\n", "vcca_token_decode: structure, claims, sizes", ours, needed);
  printf("  %-52s %9.0f tokens/s\n", "libcbor cbor_load, all seven levels", all);
  printf("  %-52s %9.0f tokens/s\n", "libcbor cbor_load, the collection alone", outside);
  fflush(stdout);
  vcca_hsm_close(s.hsm);
}

/* --- Minting and verifying ------------------------------------------------------------------------------- */

static void family_rates(enum vcca_family family)
{
  static struct subject s;
  double minted = 0, verified = 0, signing = 0, verifying = 0;
  open_subject(family, &s);
  for (int i = 0; i < RUNS; i++) {
    keep_best(&signing, rate(sign_alone, &s, "signing"));
    keep_best(&minted, rate(mint, &s, "minting"));
    keep_best(&verifying, rate(verify_alone, &s, "verifying a signature"));
    keep_best(&verified, rate(verify, &s, "verifying"));
  }
  double signatures = s.decoded.has_platform ? 2 : 1;
  printf("%-14s %5zu %10.0f %10.0f %7.2f %10.0f %10.0f %7.2f\n", vcca_family(family)->name, s.token_size, minted,
         signing, minted / signing, verified, verifying / signatures, verified * signatures / verifying);
  fflush(stdout);
  vcca_hsm_close(s.hsm);
}

int main(void)
{
  reading();
  printf("\nper second, and as a share of what the signatures alone allow (one to mint, one or two to verify)\n");
  printf("%-14s %5s %10s %10s %7s %10s %10s %7s\n", "family", "bytes", "minted", "signatures", "share", "verified",
         "signatures", "share");
  for (enum vcca_family family = 0; family < VCCA_FAMILIES; family++)
    family_rates(family);
  return 0;
}
