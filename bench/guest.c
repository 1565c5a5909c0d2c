/* What a report costs that guest software asks for: minted in-process, by RSI calls on a running VM, and through the file system of configfs-tsm.
 *
 *   bench_guest SCENARIO [FOLDER]     of an Arm CCA machine; a folder to mount on, default one in /tmp. Needs /dev/fuse and the right to mount
 *
 * All sign the same number of realm tokens over new challenges. Through the file system a report is mkdir, a write to inblob, a read of outblob, rmdir. The
 * three take turns, in rounds; each figure is the median over all rounds, since the machine may have other work.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/bench.h"
#include "rooms/guest.h"
#include "rooms/hsm.h"
#include "rooms/token.h"
#include "vcca/guest.h"

enum { ROUNDS = 400, WAYS = 3 };
#define LIMIT 1.5

static void give_up(const char *what, const struct vcca_error *err)
{
  char text[800];
  fprintf(stderr, "bench_guest: %s%s%s\n", what, err ? ": " : "", err ? vcca_error_text(err, text, sizeof text) : "");
  exit(1);
}

static const char *folder;
static vcca_running *vm;
static vcca_hsm *hsm;

/* --- In-process: what `vcca token mint` does ------------------------------------------------------------ */

static size_t mint(const uint8_t challenge[64])
{
  static const uint8_t zeros[64];
  uint8_t rak[VCCA_SPKI_MAX], inner[VCCA_TOKEN_MAX], token[VCCA_TOKEN_MAX], instance[VCCA_UEID_SIZE];
  vcca_sink key = VCCA_SINK(rak), realm = VCCA_SINK(inner), out = VCCA_SINK(token);
  enum vcca_family family = vcca_running_family(vm);
  struct vcca_error err;
  vcca_span platform;
  if (!vcca_rak_encode(family, vcca_hsm_rak(hsm), &key, &err))
    give_up("mint", &err);
  struct vcca_realm_claims claims = {
      .challenge = vcca_span_of(challenge, 64),
      .rpv = VCCA_SPAN(zeros),
      .public_key = vcca_sink_span(&key),
      .hash_alg = VCCA_SPAN_LIT("sha-256"),
      .public_key_hash_alg = VCCA_SPAN_LIT("sha-256"),
      .rim = vcca_span_of(zeros, 32),
  };
  for (unsigned i = 0; i < VCCA_TOKEN_REMS; i++)
    claims.rem[i] = vcca_span_of(zeros, 32);
  vcca_realm_profile_claims(family, 0, instance, &claims);
  if (!vcca_hsm_platform_token(hsm, family, &platform, &err) ||
      !vcca_token_realm(family, &claims, vcca_hsm_rak(hsm), &realm, &err) ||
      !vcca_token_collect(family, platform, vcca_sink_span(&realm), &out, &err))
    give_up("mint", &err);
  return out.n;
}

/* --- By calls ------------------------------------------------------------------------------------------- */

static size_t call(const uint8_t challenge[64])
{
  uint8_t token[VCCA_TOKEN_MAX];
  vcca_sink out = VCCA_SINK(token);
  struct vcca_error err;
  uint64_t status;
  if (!vcca_running_token(vm, vcca_span_of(challenge, 64), &out, NULL, &status, &err))
    give_up("calls", &err);
  return out.n;
}

/* --- Through the file system ---------------------------------------------------------------------------- */

static size_t read_report(const uint8_t challenge[64])
{
  char dir[4200], path[4300];
  uint8_t token[2 * VCCA_TOKEN_MAX];
  snprintf(dir, sizeof dir, "%s/r", folder);
  snprintf(path, sizeof path, "%s/inblob", dir);
  if (mkdir(dir, 0755) != 0)
    give_up("mkdir", NULL);
  int in = open(path, O_WRONLY);
  if (in < 0 || write(in, challenge, 64) != 64 || close(in) != 0)
    give_up("inblob", NULL);
  snprintf(path, sizeof path, "%s/outblob", dir);
  int out = open(path, O_RDONLY);
  size_t n = 0;
  ssize_t got;
  while ((got = read(out, token + n, sizeof token - n)) > 0)
    n += (size_t)got;
  if (out < 0 || got < 0 || close(out) != 0 || rmdir(dir) != 0)
    give_up("outblob", NULL);
  return n;
}

static int by_size(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
  static const struct {
    const char *name;
    size_t (*report)(const uint8_t challenge[64]);
  } ways[WAYS] = {{"minted in-process", mint}, {"by calls", call}, {"through the file system", read_report}};
  static double seconds[WAYS][ROUNDS];
  char made[] = "/tmp/vcca-bench-XXXXXX";
  struct vcca_error err = {0};
  size_t size[WAYS] = {0};
  if (argc < 2)
    give_up("bench_guest SCENARIO [FOLDER]", NULL);
  folder = argc > 2 ? argv[2] : mkdtemp(made);
  vm = vcca_running_start(argv[1], NULL, &err);
  hsm = vm ? vcca_hsm_open(vcca_running_device(vm), &err) : NULL;
  vcca_tsm *tsm = hsm ? vcca_tsm_mount(vm, folder, &err) : NULL;
  if (!tsm)
    give_up(argv[1], &err);
  for (unsigned r = 0; r < ROUNDS; r++)
    for (unsigned w = 0; w < WAYS; w++) {
      uint8_t challenge[64] = {(uint8_t)w, (uint8_t)r, (uint8_t)(r >> 8)};
      double start = now();
      size[w] = ways[w].report(challenge);
      seconds[w][r] = now() - start;
    }
  vcca_tsm_unmount(tsm);
  vcca_hsm_close(hsm);
  vcca_running_stop(vm);
  if (argc <= 2)
    rmdir(folder);
  for (unsigned w = 0; w < WAYS; w++)
    qsort(seconds[w], ROUNDS, sizeof **seconds, by_size);
  double base = seconds[0][ROUNDS / 2], last = seconds[WAYS - 1][ROUNDS / 2];
  for (unsigned w = 0; w < WAYS; w++)
    printf("%-24s %5zu bytes  median %7.1f us  95%% %7.1f us  %.2f times\n", ways[w].name, size[w],
           seconds[w][ROUNDS / 2] * 1e6, seconds[w][ROUNDS * 95 / 100] * 1e6, seconds[w][ROUNDS / 2] / base);
  return last <= LIMIT * base ? 0 : 1;
}
