/* How fast a RIM is computed, and in how much memory, in one run on one machine: engines, the serial chain, whole VMs, against a plain hash
 * of the same file.
 *
 *   bench_rim [MIB]     size of the kernel that is made for it; default 1024
 *
 * Each figure is the best of a few runs, since the machine may have other work. Times of whole VMs are from opening the file
 * to the RIM. The file is read through once before, so it comes from the page cache for everyone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "vcca/boot.h"
#include "rooms/file.h"
#include "rooms/page_cache.h"
#include "rooms/hash.h"

enum { RUNS = 7, BUFFER = 16 << 20, FIRMWARE = 2 << 20 };

static const char *path;       /* the kernel file */
static size_t size;            /* its bytes */
static uint8_t buffer[BUFFER]; /* the file's first bytes */

/* Seconds of the fastest of RUNS runs. */
static double fastest(void (*run)(void *ctx), void *ctx)
{
  double best = 0;
  for (int i = 0; i < RUNS; i++) {
    double start = now();
    run(ctx);
    double t = now() - start;
    best = i == 0 || t < best ? t : best;
  }
  return best;
}

static void give_up(const char *what, const struct vcca_error *err)
{
  char text[800];
  fprintf(stderr, "bench_rim: %s: %s\n", what, vcca_error_text(err, text, sizeof text));
  if (path)
    unlink(path);
  exit(0);
}

/* --- The kernel file ------------------------------------------------------------------------------------ */

/* An arm64 Image header (Documentation/arch/arm64/booting.rst), then xorshift64 noise (Marsaglia 2003): no
 * page is zero, no two are the same. */
static void make_kernel(size_t mib)
{
  static char name[] = "vcca-bench-rim-XXXXXX";
  int fd = mkstemp(name);
  path = fd < 0 ? NULL : name;
  FILE *f = fd < 0 ? NULL : fdopen(fd, "wb");
  uint64_t x = 0x76636361;
  size = mib << 20;
  for (size_t done = 0; f && done < size; done += BUFFER) {
    for (size_t i = 0; i < BUFFER; i += 8) {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
      vcca_put_le64(buffer + i, x);
    }
    if (done == 0) {
      memset(buffer, 0, 64);
      vcca_put_le64(buffer + 16, size);
      memcpy(buffer + 56, "ARM\x64", 4);
    }
    if (fwrite(buffer, 1, size - done < BUFFER ? size - done : BUFFER, f) == 0)
      break;
  }
  if (!f || fclose(f) != 0) {
    perror("bench_rim: cannot write its kernel here");
    if (path)
      unlink(path);
    exit(0);
  }
}

/* --- What others need for the same bytes ---------------------------------------------------------------- */

/* The program that hashes files, as a user would run it; the time includes its start. */
static void run_openssl(void *ctx)
{
  extern char **environ;
  char *const words[] = {strdup("openssl"), strdup("dgst"), strdup(ctx), strdup(path), NULL};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  pid_t pid;
  int status;
  if (posix_spawnp(&pid, "openssl", &actions, NULL, words, environ) == 0)
    waitpid(pid, &status, 0);
  posix_spawn_file_actions_destroy(&actions);
  for (size_t i = 0; i < 4; i++)
    free(words[i]);
}

/* One stream over the mapped file, by the fastest engine for streams; in a process of its own, for its
 * memory is as large as the file. */
static void run_stream(void *ctx)
{
  enum vcca_hash_alg alg = *(enum vcca_hash_alg *)ctx;
  pid_t pid = fork();
  if (pid == 0) {
    struct vcca_mapping m = {.forgotten = 0};
    uint8_t digest[VCCA_HASH_MAX];
    if (vcca_file_map(path, size, &m, NULL))
      vcca_hash(alg, m.bytes, digest);
    _exit(0);
  }
  int status;
  if (pid > 0)
    waitpid(pid, &status, 0);
}

/* --- Pages, the chain, VMs ------------------------------------------------------------------------------ */

static void run_pages(void *ctx)
{
  static uint8_t digests[BUFFER / VCCA_PAGE * VCCA_HASH_MAX];
  vcca_hash_pages(*(enum vcca_hash_alg *)ctx, buffer, BUFFER / VCCA_PAGE, digests);
}

static void run_chain(void *ctx)
{
  struct vcca_rim rim = {.rules = VCCA_RULES_VIRTCCA, .hash_alg = *(enum vcca_hash_alg *)ctx};
  for (uint64_t at = 0; at < size; at += VCCA_PAGE)
    vcca_rim_data(&rim, at, buffer + at / VCCA_PAGE % (BUFFER - VCCA_HASH_MAX));
}

/* The last run's result, to see that all agree. */
static struct vcca_rim measured;
static const char *cache; /* the folder for digests; NULL: none */

static void forget(void *ctx, uint64_t done, uint64_t total)
{
  (void)total;
  vcca_file_forget(ctx, (size_t)done);
}

static void measure(struct vcca_vm *vm, struct vcca_mapping *mapping)
{
  struct vcca_dtb_spec spec = {.ram_base = 0x40000000, .ram_size = (uint64_t)4 << 30, .vcpus = 1};
  struct vcca_bytes dtb = {0};
  static struct vcca_plan plan;
  struct vcca_error err;
  vm->vcpus = 1;
  vm->ram_size = spec.ram_size;
  if (!vcca_dtb_make(&spec, &dtb, &err))
    give_up("device tree", &err);
  vm->dtb = vcca_bytes_span(&dtb);
  if (!vcca_plan_vm(vm, &plan, &err))
    give_up("plan", &err);
  struct vcca_page_digests known = {.at = NULL};
  for (size_t i = 0; cache && i < plan.segment_count; i++)
    if (plan.segments[i].content.p == mapping->bytes.p) {
      if (!vcca_page_cache_get(cache, mapping, vm->hash_alg, &known, &err))
        give_up("cache", &err);
      plan.segments[i].digests = known.at;
    }
  vcca_plan_measure(&plan, NULL, NULL, forget, mapping, &measured);
  vcca_file_unmap(&known.file);
  vcca_bytes_free(&dtb);
}

static void run_kernel(void *ctx)
{
  struct vcca_mapping m = {.forgotten = 0};
  struct vcca_error err;
  if (!vcca_file_map(path, size, &m, &err))
    give_up("map", &err);
  struct vcca_vm vm = {.profile = "arm", .kernel = m.bytes, .hash_alg = *(enum vcca_hash_alg *)ctx};
  measure(&vm, &m);
  vcca_file_unmap(&m);
}

static void run_firmware(void *ctx)
{
  struct vcca_mapping m = {.forgotten = 0};
  struct vcca_vm vm = {
      .profile = "virtcca", .firmware = vcca_span_of(buffer, FIRMWARE), .hash_alg = *(enum vcca_hash_alg *)ctx};
  measure(&vm, &m);
}

/* --- The tables ----------------------------------------------------------------------------------------- */

static const enum vcca_hash_alg algs[] = {VCCA_SHA256, VCCA_SHA512};
enum { ALGS = sizeof algs / sizeof *algs, THREADS = 2 };
static const char *const dgst_options[ALGS] = {"-sha256", "-sha512"};
static double rate[ALGS][THREADS]; /* MB/s of the best engine on so many threads */

/* Others at work on the machine make every figure worse; with n running tasks on as many CPUs it is quiet. */
static void print_load(const char *when)
{
  char line[80] = "unknown";
  FILE *f = fopen("/proc/loadavg", "r");
  if (f && fgets(line, sizeof line, f))
    line[strcspn(line, "\n")] = 0;
  if (f)
    fclose(f);
  printf("load %s: %s\n", when, line);
}

/* MiB at the most, of a process that does nothing else; the buffer is among them. */
static void print_memory(const char *what, void (*run)(void *ctx), enum vcca_hash_alg alg)
{
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    struct rusage usage;
    run(&alg);
    if (getrusage(RUSAGE_SELF, &usage) == 0)
      printf("  %-48s %4ld MiB\n", what, usage.ru_maxrss / 1024);
    fflush(stdout);
    _exit(0);
  }
  int status;
  if (pid > 0)
    waitpid(pid, &status, 0);
}

static void table_of_memory(void)
{
  printf("\npeak memory, %d MiB of it the benchmark's own buffer\n", BUFFER >> 20);
  print_memory("a realm, sha-256", run_kernel, VCCA_SHA256);
  print_memory("a realm, sha-512", run_kernel, VCCA_SHA512);
  print_memory("virtCCA firmware boot, sha-256", run_firmware, VCCA_SHA256);
  print_memory("virtCCA firmware boot, sha-512", run_firmware, VCCA_SHA512);
}

/* The realm again with digests that were kept: the chain and the check of what was kept. */
static void row_of_cache(enum vcca_hash_alg alg, double chain)
{
  char name[] = "vcca-bench-cache-XXXXXX";
  struct vcca_mapping m = {.forgotten = 0};
  struct vcca_page_digests kept = {.at = NULL};
  struct vcca_error err;
  char command[64];
  if (!mkdtemp(name))
    return;
  if (vcca_file_map(path, size, &m, &err) && vcca_page_cache_get(name, &m, alg, &kept, &err)) {
    vcca_file_unmap(&kept.file);
    cache = name;
    double t = fastest(run_kernel, &alg);
    cache = NULL;
    printf("  the same with digests that were kept         %8.3f                               %.2f of the chain\n", t,
           t / chain);
  }
  vcca_file_unmap(&m);
  snprintf(command, sizeof command, "rm -r %s", name);
  if (system(command) != 0)
    perror("bench_rim: cannot remove its cache");
}

static void table_of_engines(void)
{
  printf("\npages of 4 KiB in memory, MB/s      sha-256: 1 thread  2 threads   sha-512: 1 thread  2 threads\n");
  for (size_t i = 0; i < vcca_engine_count(); i++) {
    struct vcca_engine_info info;
    if (!vcca_engine_at(i, &info) || !info.available || !vcca_engine_use(info.name, NULL)) {
      printf("  %-32s %s\n", info.name, info.why_not ? info.why_not : "cannot be chosen");
      continue;
    }
    printf("  %-40s", info.name);
    for (size_t a = 0; a < ALGS; a++)
      for (unsigned t = 0; t < THREADS; t++) {
        enum vcca_hash_alg alg = algs[a];
        vcca_engine_threads(t + 1);
        double mbs = (double)BUFFER * 1e-6 / fastest(run_pages, &alg);
        rate[a][t] = mbs > rate[a][t] ? mbs : rate[a][t];
        printf("%*.0f", t ? 11 : a ? 20 : 12, mbs);
      }
    printf("\n");
  }
  if (!vcca_engine_use(NULL, NULL))
    printf("  no engine can be chosen\n");
}

static void table_of_times(size_t a)
{
  enum vcca_hash_alg alg = algs[a];
  double mb = (double)size * 1e-6;
  printf("\n%s, kernel of %zu MiB                          seconds     MB/s   of dgst  of stream\n",
         vcca_hash_name(alg), size >> 20);
  char *option = strdup(dgst_options[a]);
  double dgst = fastest(run_openssl, option), stream = fastest(run_stream, &alg);
  free(option);
  printf("  openssl dgst %s FILE                      %8.3f %8.0f\n", dgst_options[a], dgst, mb / dgst);
  printf("  one stream over the mapped file              %8.3f %8.0f\n", stream, mb / stream);
  double chain = fastest(run_chain, &alg);
  printf("  the serial chain alone, %5.0f ns per granule  %8.3f\n", chain / ((double)size / (double)VCCA_PAGE) * 1e9,
         chain);

  double kernel = 0;
  for (unsigned t = 1; t <= THREADS; t++) {
    vcca_engine_threads(t);
    kernel = fastest(run_kernel, &alg);
    double sum = chain + mb / rate[a][t - 1];
    printf("  a realm, %u thread%s                       %8.3f %8.0f  %7.3f  %7.3f   %.2f of chain + batch (%.3f)\n", t,
           t > 1 ? "s" : " ", kernel, mb / kernel, kernel / dgst, kernel / stream, kernel / sum, sum);
  }
  vcca_engine_threads(0);
  row_of_cache(alg, chain);
  double firmware = fastest(run_firmware, &alg);
  printf(
      "  virtCCA firmware boot, 128 MiB of a 2 MiB file      %8.4f                               %.3f of the realm\n",
      firmware, firmware / kernel);
}

int main(int argc, char **argv)
{
  size_t mib = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 1024;
  if (argc > 2 || mib < 16 || mib > 1024) {
    fprintf(stderr, "usage: bench_rim [16..1024]\n");
    return 0;
  }
  printf("%ld CPUs; each figure is the best of %d\n", sysconf(_SC_NPROCESSORS_ONLN), RUNS);
  print_load("before");
  make_kernel(mib);
  table_of_engines();
  for (size_t a = 0; a < ALGS; a++)
    table_of_times(a);
  table_of_memory();
  unlink(path);
  print_load("after");
  return 0;
}
