/* The work that people wait for, each beside what bounds it or what was done before: one table, in one run.
 *
 *   bench_waits [-o json] [--rounds N] [--only NAME] [VCCA [VECTORS]]
 *
 * VCCA is the program (default ./vcca), VECTORS the folder of golden evidence (default ../../vectors): run it in the
 * release build's folder. Work and baseline take turns; N, default 5, is how often. As text it prints medians, the
 * spread from the first to the third quartile, and the median of the ratios. As JSON it prints every timing, in
 * nanoseconds: bench_compare reads two such files.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <cbor.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "rooms/crypto.h"
#include "rooms/hash.h"
#include "rooms/json.h"
#include "rooms/measurement.h"
#include "vcca/explain.h"
#include "vcca/hsm.h"
#include "vcca/rmm.h"
#include "vcca/verifier.h"

extern char **environ;

enum { MIB = 1 << 20, KERNEL = 64 * MIB, LOOP_LEAST = 1 };
static const double loop_seconds = 0.05;
static const char *vcca = "./vcca", *vectors = "../../vectors";
static char folder[] = "vcca-bench-waits-XXXXXX";

static void give_up(const char *what, const struct vcca_error *err)
{
  char text[800];
  fprintf(stderr, "bench_waits: %s: %s\n", what, err ? vcca_error_text(err, text, sizeof text) : "failed");
  exit(3);
}

/* Seconds of one of many. */
static double each(void (*work)(void))
{
  double start = now(), t = 0;
  unsigned long n = 0;
  do {
    work();
    n++;
    t = now() - start;
  } while (t < loop_seconds || n < LOOP_LEAST);
  return t / (double)n;
}

/* Seconds of a program that must end with 0; its output goes nowhere. */
static double process(const char *const argv[])
{
  enum { ARGS = 8 };
  static char text[ARGS][512]; /* posix_spawn takes no constants */
  char *own[ARGS + 1] = {NULL};
  posix_spawn_file_actions_t actions;
  pid_t pid;
  int status = -1;
  for (size_t i = 0; i < ARGS && argv[i]; i++) {
    snprintf(text[i], sizeof text[i], "%s", argv[i]);
    own[i] = text[i];
  }
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  double start = now();
  if (posix_spawnp(&pid, own[0], &actions, NULL, own, environ) != 0 || waitpid(pid, &status, 0) < 0 || status != 0)
    give_up(argv[0], NULL);
  posix_spawn_file_actions_destroy(&actions);
  return now() - start;
}

/* --- rim explain -------------------------------------------------------------------------------------------- */

static uint8_t *kernel;
static struct vcca_plan plan;
static uint64_t explained; /* measurements of the last search */

static void make_kernel(void)
{
  static struct vcca_bytes dtb;
  struct vcca_error err;
  if (kernel)
    return;
  kernel = malloc(KERNEL);
  if (!kernel)
    give_up("memory", NULL);
  uint64_t x = 1;
  for (size_t i = 0; i < KERNEL; i += 8) { /* xorshift64 (Marsaglia 2003) */
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    vcca_put_le64(kernel + i, x);
  }
  memset(kernel, 0, 64); /* an Image header (Documentation/arch/arm64/booting.rst) */
  vcca_put_le64(kernel + 16, KERNEL);
  vcca_put_le32(kernel + 56, UINT32_C(0x644d5241)); /* "ARM\x64" */
  struct vcca_vm vm = {.profile = "virtcca", .vcpus = 4, .kernel = vcca_span_of(kernel, KERNEL)};
  if (!vcca_plan_with_dtb(&vm, NULL, &plan, &dtb, &err))
    give_up("plan", &err);
}

/* The search's time for each of its measurements, on one thread, so that the baseline is one chain on one
 * thread. */
static double explain(void)
{
  static struct vcca_rim_explanation e;
  struct vcca_error err;
  struct vcca_rim rim;
  make_kernel();
  struct vcca_plan planted = plan;
  planted.params.num_bps += 3;
  planted.params.flags |= VCCA_REALM_LPA2;
  vcca_plan_measure(&planted, NULL, NULL, NULL, NULL, &rim);
  const struct vcca_explain_options one_thread = {.threads = 1};
  double start = now();
  if (!vcca_rim_explain(&plan, vcca_rim_digest(&rim), &one_thread, &e, &err))
    give_up("explain", &err);
  if (e.count == 0)
    give_up("the pair was not found", NULL);
  explained = e.tried;
  return (now() - start) / (double)e.tried;
}

static double chain(void)
{
  static const uint8_t digest[VCCA_HASH_MAX] = {1};
  struct vcca_rim rim;
  const struct vcca_realm_params params = {.hash_alg = VCCA_SHA256};
  vcca_rim_create(&rim, VCCA_RULES_VIRTCCA, &params);
  double start = now();
  for (uint64_t ipa = 0; ipa < KERNEL; ipa += VCCA_PAGE)
    (void)vcca_rim_data(&rim, ipa, digest);
  return now() - start;
}

/* --- Devices and tokens --------------------------------------------------------------------------------- */

static void start_device(bool known)
{
  struct vcca_device device;
  struct vcca_error err;
  vcca_device_default(VCCA_CHAIN_RSA, &device);
  if (!known) {
    device.huk[0] ^= 1;
    device.rsa_size = 0;
  }
  vcca_hsm *hsm = vcca_hsm_open(&device, &err);
  if (!hsm)
    give_up("device", &err);
  vcca_hsm_close(hsm);
}

static double rsa_device(void)
{
  double start = now();
  start_device(true);
  return now() - start;
}

static double rsa_device_searched(void)
{
  double start = now();
  start_device(false);
  return now() - start;
}

static double golden_make(void)
{
  char suite[64];
  snprintf(suite, sizeof suite, "%s/suite", folder);
  double t = process((const char *const[]){vcca, "golden", "make", suite, NULL});
  (void)process((const char *const[]){"rm", "-r", suite, NULL});
  return t;
}

static struct {
  vcca_hsm *hsm;
  uint8_t bytes[VCCA_TOKEN_MAX];
  size_t n;
  struct vcca_token decoded;
  struct vcca_verdict verdict;
} token;

/* A golden token and the device that it came from. */
static void read_token(void)
{
  char path[512];
  struct vcca_device device;
  struct vcca_error err;
  if (token.n)
    return;
  snprintf(path, sizeof path, "%s/arm-1.0/base.cbor", vectors);
  FILE *f = fopen(path, "rb");
  token.n = f ? fread(token.bytes, 1, sizeof token.bytes, f) : 0;
  if (f)
    fclose(f);
  vcca_device_default(VCCA_CHAIN_P384, &device);
  token.hsm = vcca_hsm_open(&device, &err);
  if (!token.n || !token.hsm || !vcca_token_decode(vcca_span_of(token.bytes, token.n), &token.decoded, &err))
    give_up(path, NULL);
}

static void verify_once(void)
{
  const struct vcca_evidence e = {.token = vcca_span_of(token.bytes, token.n), .cpak = vcca_hsm_cpak(token.hsm)};
  vcca_verify_evidence(&e, &token.verdict);
  if (!token.verdict.accepted)
    give_up("the golden token is not accepted", NULL);
}

static double verify(void)
{
  read_token();
  return each(verify_once);
}

static double verify_by_psa(void)
{
  struct vcca_error err;
  read_token();
  if (!vcca_signature_engine_use("psa", &err))
    give_up("engine psa", &err);
  double t = each(verify_once);
  if (!vcca_signature_engine_use(NULL, &err))
    give_up("engines", &err);
  return t;
}

static double verify_process(void)
{
  char file[512], cpak[512];
  snprintf(file, sizeof file, "%s/arm-1.0/base.cbor", vectors);
  snprintf(cpak, sizeof cpak, "%s/arm-1.0/cpak.pem", vectors);
  return process((const char *const[]){vcca, "token", "verify", "--cpak", cpak, file, NULL});
}

static double version_process(void)
{
  return process((const char *const[]){vcca, "--version", NULL});
}

static void decode_once(void)
{
  if (!vcca_token_decode(vcca_span_of(token.bytes, token.n), &token.decoded, NULL))
    give_up("decode", NULL);
}

static double decode(void)
{
  read_token();
  return each(decode_once);
}

static void load(vcca_span bytes)
{
  struct cbor_load_result result;
  cbor_item_t *item = cbor_load(bytes.p, bytes.n, &result);
  if (!item)
    give_up("cbor_load", NULL);
  cbor_decref(&item);
}

/* A token's inner parts are byte strings to libcbor, and its release 0.8 knows no one-byte tag 18. */
static void load_once(void)
{
  const struct vcca_sign1_parts *parts[] = {&token.decoded.platform_sign1, &token.decoded.realm_sign1};
  load(token.decoded.bytes);
  for (size_t i = 0; i < 2; i++) {
    load(vcca_span_sub(parts[i]->whole, 1, parts[i]->whole.n));
    load(parts[i]->protected_header);
    load(parts[i]->claims);
  }
}

static double decode_by_libcbor(void)
{
  read_token();
  return each(load_once);
}

/* --- Realms --------------------------------------------------------------------------------------------- */

static double boot_by_calls(void)
{
  struct vcca_error err;
  struct vcca_booted booted;
  make_kernel();
  struct vcca_plan lent = plan;
  lent.lasting = true;
  struct vcca_machine_config config = {.abi = VCCA_ABI_TMI, .rules = plan.rules};
  vcca_host_regions(&plan, &config);
  double start = now();
  vcca_machine *m = vcca_machine_new(&config, &err);
  vcca_host *host = m ? vcca_host_new(m, &err) : NULL;
  if (!host || !vcca_host_boot(host, &lent, NULL, NULL, &booted, &err))
    give_up("boot", &err);
  vcca_host_free(host);
  vcca_machine_free(m);
  return now() - start;
}

static double offline(void)
{
  struct vcca_rim rim;
  make_kernel();
  double start = now();
  vcca_plan_measure(&plan, NULL, NULL, NULL, NULL, &rim);
  return now() - start;
}

static const char *kernel_file(void)
{
  static char path[64];
  if (path[0])
    return path;
  make_kernel();
  snprintf(path, sizeof path, "%s/Image", folder);
  FILE *f = fopen(path, "wb");
  if (!f || fwrite(kernel, KERNEL, 1, f) != 1 || fclose(f) != 0)
    give_up(path, NULL);
  return path;
}

static double measure_process(void)
{
  return process((const char *const[]){vcca, "measure", "virtcca", "-k", kernel_file(), NULL});
}

static double dgst_process(void)
{
  return process((const char *const[]){"openssl", "dgst", "-sha256", kernel_file(), NULL});
}

/* --- The table ------------------------------------------------------------------------------------------ */

static const struct row {
  const char *name, *what, *than;
  double (*work)(void), (*baseline)(void); /* NULL: it has none */
} rows[] = {
    {"explain", "rim explain, two deviations, 64 MiB: a measurement", "its chain alone", explain, chain},
    {"rsa-device", "start of an RSA-4096 TEST device", "its primes searched", rsa_device, rsa_device_searched},
    {"golden-make", "vcca golden make, all families", "", golden_make, NULL},
    {"verify", "verify a P-384 token", "the same by mbedTLS", verify, verify_by_psa},
    {"verify-process", "vcca token verify, whole process", "vcca --version", verify_process, version_process},
    {"boot", "boot of 64 MiB by TMI calls", "measured offline", boot_by_calls, offline},
    {"decode", "token decode", "libcbor's cbor_load", decode, decode_by_libcbor},
    {"measure", "vcca measure, 64 MiB, whole process", "openssl dgst", measure_process, dgst_process},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void run_row(const struct row *row, size_t rounds, struct series *work, struct series *baseline)
{
  *work = *baseline = (struct series){.n = 0};
  for (size_t i = 0; i < rounds; i++) {
    work->at[work->n++] = row->work();
    if (row->baseline)
      baseline->at[baseline->n++] = row->baseline();
  }
}

static void print_row(const struct row *row, const struct series *work, const struct series *baseline)
{
  printf("%-52s %10.3f ms  %9.3f to %9.3f", row->what, quantile(work, 0.5) * 1e3, quantile(work, 0.25) * 1e3,
         quantile(work, 0.75) * 1e3);
  if (row->baseline) {
    struct series r = ratios(work, baseline);
    printf("  %7.3f of %s (%.3f ms)", quantile(&r, 0.5), row->than, quantile(baseline, 0.5) * 1e3);
  }
  printf("\n");
  fflush(stdout);
}

static void json_series(struct vcca_json *j, const char *key, const struct series *s)
{
  vcca_json_open(j, key, '[');
  for (size_t i = 0; i < s->n; i++)
    vcca_json_int(j, NULL, (int64_t)(s->at[i] * 1e9));
  vcca_json_close(j);
}

static void json_row(struct vcca_json *j, const struct row *row, const struct series *work,
                     const struct series *baseline)
{
  vcca_json_open(j, NULL, '{');
  vcca_json_str(j, "name", row->name);
  vcca_json_str(j, "what", row->what);
  json_series(j, "ns", work);
  if (row->baseline) {
    vcca_json_str(j, "than", row->than);
    json_series(j, "baseline_ns", baseline);
  }
  vcca_json_close(j);
}

static void json_machine(struct vcca_json *j)
{
  char line[256] = "", *model = NULL;
  FILE *f = fopen("/proc/cpuinfo", "r");
  while (f && !model && fgets(line, sizeof line, f))
    if (strncmp(line, "model name", 10) == 0 && (model = strstr(line, ": ")) != NULL)
      model[strcspn(model, "\n")] = '\0';
  if (f)
    fclose(f);
  vcca_json_str(j, "cpu", model ? model + 2 : "unknown");
  vcca_json_int(j, "cpus", sysconf(_SC_NPROCESSORS_ONLN));
}

static int usage(void)
{
  fprintf(stderr, "usage: bench_waits [-o json] [--rounds 1..%d] [--only NAME] [VCCA [VECTORS]]\n", SERIES_MAX);
  return 2;
}

int main(int argc, char **argv)
{
  size_t rounds = 5;
  const char *only = NULL;
  bool json = false;
  int i = 1;
  for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
    if (strcmp(argv[i], "-o") == 0 && strcmp(argv[i + 1], "json") == 0)
      json = true;
    else if (strcmp(argv[i], "--rounds") == 0)
      rounds = strtoul(argv[i + 1], NULL, 10);
    else if (strcmp(argv[i], "--only") == 0)
      only = argv[i + 1];
    else
      return usage();
  }
  if (i < argc && argv[i][0] != '-')
    vcca = argv[i++];
  if (i < argc)
    vectors = argv[i++];
  if (i < argc || rounds == 0 || rounds > SERIES_MAX)
    return usage();
  if (!mkdtemp(folder))
    give_up(folder, NULL);
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  if (json) {
    vcca_json_open(&j, NULL, '{');
    vcca_json_str(&j, "schema", "vcca-bench-1");
    json_machine(&j);
    vcca_json_open(&j, "rows", '[');
  }
  size_t run = 0;
  for (size_t k = 0; k < ROWS; k++) {
    struct series work, baseline;
    if (only && strcmp(rows[k].name, only) != 0)
      continue;
    run_row(&rows[k], rounds, &work, &baseline);
    run++;
    if (json)
      json_row(&j, &rows[k], &work, &baseline);
    else
      print_row(&rows[k], &work, &baseline);
  }
  for (unsigned level = 0; json && level < 2; level++)
    vcca_json_close(&j);
  (void)process((const char *const[]){"rm", "-r", folder, NULL});
  if (run == 0)
    fprintf(stderr, "bench_waits: no row is named '%s'\n", only);
  return run > 0 ? 0 : 2;
}
