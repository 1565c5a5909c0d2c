/* A program of the SDK's users: it gets version, token and certificate of a CVM, as the samples do, and writes them to
 * a folder. Its limits and error codes are the SDK's; threads and forks may ask, too.
 *
 *   DIR [HEX-BYTE]   challenge: 64 times this byte, 1 to 64 without
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <attestation.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int bad;
#define CHECK(cond)                             \
  do {                                          \
    if (!(cond)) {                              \
      printf("line %d: %s\n", __LINE__, #cond); \
      bad = 1;                                  \
    }                                           \
  } while (0)

static unsigned char challenge[64];

static void save(const char *folder, const char *name, const void *bytes, size_t n)
{
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *f = fopen(path, "wb");
  CHECK(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
}

static void limits(tsi_ctx *ctx, size_t token_size, size_t cert_size)
{
  unsigned char room[4096];
  size_t n = sizeof room;
  int number;
  CHECK(NULL_INPUT == 0x00010001 && INVALID_PARAM == 0x00010002 && INSUFFICIENT_BUFFER_LEN == 0x00010003);
  CHECK(NO_DEVICE_FILE == 0x00010004 && TSI_ERROR == 0x00010005 && TSI_SUCCESS == 0);
  CHECK(get_version(NULL, &number, &number) == NULL_INPUT && get_version(ctx, NULL, &number) == NULL_INPUT);
  CHECK(get_version(ctx, &number, NULL) == NULL_INPUT);
  CHECK(get_attestation_token(NULL, challenge, 64, room, &n) == NULL_INPUT);
  CHECK(get_attestation_token(ctx, NULL, 64, room, &n) == NULL_INPUT);
  CHECK(get_attestation_token(ctx, challenge, 64, NULL, &n) == NULL_INPUT);
  CHECK(get_attestation_token(ctx, challenge, 64, room, NULL) == NULL_INPUT);
  CHECK(get_attestation_token(ctx, challenge, 65, room, &n) == INVALID_PARAM && n == sizeof room);
  n = token_size - 1;
  CHECK(get_attestation_token(ctx, challenge, 64, room, &n) == INSUFFICIENT_BUFFER_LEN && n == token_size - 1);
  n = token_size;
  CHECK(get_attestation_token(ctx, challenge, 64, room, &n) == TSI_SUCCESS && n == token_size);
  n = sizeof room;
  CHECK(get_attestation_token(ctx, challenge, 0, room, &n) == TSI_SUCCESS && n > 64);
  CHECK(get_dev_cert(NULL, room, &n) == NULL_INPUT && get_dev_cert(ctx, NULL, &n) == NULL_INPUT);
  CHECK(get_dev_cert(ctx, room, NULL) == NULL_INPUT);
  n = cert_size - 1;
  CHECK(get_dev_cert(ctx, room, &n) == INSUFFICIENT_BUFFER_LEN);
  tsi_free_ctx(NULL);
}

struct asker {
  pthread_t thread;
  unsigned char byte;
  int ok;
};

/* A context of its own, since one is for a thread at a time. */
static void *ask(void *arg)
{
  struct asker *a = arg;
  unsigned char token[4096], own[64];
  size_t n = sizeof token;
  memset(own, a->byte, sizeof own);
  tsi_ctx *ctx = tsi_new_ctx();
  a->ok = ctx && get_attestation_token(ctx, own, sizeof own, token, &n) == TSI_SUCCESS &&
          memmem(token, n, own, sizeof own) != NULL;
  tsi_free_ctx(ctx);
  return NULL;
}

static void together(void)
{
  enum { THREADS = 8 };
  struct asker askers[THREADS];
  for (unsigned i = 0; i < THREADS; i++) {
    askers[i] = (struct asker){.byte = (unsigned char)(0x40 + i)};
    CHECK(pthread_create(&askers[i].thread, NULL, ask, &askers[i]) == 0);
  }
  for (unsigned i = 0; i < THREADS; i++) {
    pthread_join(askers[i].thread, NULL);
    CHECK(askers[i].ok);
  }
}

int main(int argc, char **argv)
{
  unsigned char token[4096], again[4096], cert[4096];
  size_t token_size = sizeof token, again_size = sizeof again, cert_size = sizeof cert;
  int major = 0, minor = 7, status = 1;
  char text[32];
  for (unsigned i = 0; i < sizeof challenge; i++)
    challenge[i] = (unsigned char)(argc > 2 ? strtoul(argv[2], NULL, 16) : i + 1);
  tsi_ctx *ctx = tsi_new_ctx(), *other = tsi_new_ctx();
  if (argc < 2 || !ctx || !other)
    return 3;
  CHECK(ctx->fd >= 0 && get_version(ctx, &major, &minor) == TSI_SUCCESS);
  CHECK(get_attestation_token(ctx, challenge, sizeof challenge, token, &token_size) == TSI_SUCCESS);
  CHECK(get_dev_cert(ctx, cert, &cert_size) == TSI_SUCCESS);
  snprintf(text, sizeof text, "%d.%d\n", major, minor);
  save(argv[1], "version", text, strlen(text));
  save(argv[1], "token", token, token_size);
  save(argv[1], "cert", cert, cert_size);
  limits(other, token_size, cert_size);
  together();
  tsi_free_ctx(other);
  pid_t pid = fork(); /* the child's CVM is the same */
  if (pid == 0) {
    CHECK(get_attestation_token(ctx, challenge, sizeof challenge, again, &again_size) == TSI_SUCCESS);
    CHECK(again_size == token_size && memcmp(again, token, token_size) == 0);
    tsi_free_ctx(ctx);
    fflush(stdout);
    _exit(bad);
  }
  CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
  tsi_free_ctx(ctx);
  return bad;
}
