/* The SDK's five functions, by the ioctls that the SDK makes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "attestation/attestation.h"
#include "attestation/cvm.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__GNUC__)
#define EXPORTED __attribute__((visibility("default")))
#else
#define EXPORTED
#endif

/* The structures of the driver's ioctls (virtCCA SDK, tsi.h). */
enum { CHALLENGE_MAX = 64, TOKEN_MAX = 8192, CERT_MAX = 4096 };
struct version {
  int32_t major, minor;
};
struct token {
  uint8_t challenge[CHALLENGE_MAX];
  uint8_t bytes[TOKEN_MAX];
  uint64_t size;
};
struct cert {
  uint64_t size;
  uint8_t bytes[CERT_MAX];
};

static int call(enum driver_call number, void *argument, const char *what)
{
  int64_t result = cvm_ioctl(number, argument);
  if (result == 0)
    return TSI_SUCCESS;
  fprintf(stderr, "libvccaattestation: %s: %s\n", what, result < 0 ? strerror((int)-result) : "the monitor refused");
  return TSI_ERROR;
}

static int give(const uint8_t *bytes, uint64_t n, unsigned char *out, size_t *size)
{
  if (*size < n)
    return INSUFFICIENT_BUFFER_LEN;
  memcpy(out, bytes, (size_t)n);
  *size = (size_t)n;
  return TSI_SUCCESS;
}

EXPORTED tsi_ctx *tsi_new_ctx(void)
{
  struct vcca_error err = {0};
  char text[700];
  tsi_ctx *ctx = malloc(sizeof *ctx);
  if (!ctx || !cvm_join(&err)) {
    fprintf(stderr, "libvccaattestation: %s\n", ctx ? vcca_error_text(&err, text, sizeof text) : "no memory");
    free(ctx);
    return NULL;
  }
  ctx->fd = driver_open_device(DRIVER_TSI, O_CLOEXEC);
  return ctx;
}

EXPORTED void tsi_free_ctx(tsi_ctx *ctx)
{
  if (!ctx)
    return;
  if (ctx->fd >= 0)
    close(ctx->fd);
  cvm_leave();
  free(ctx);
}

EXPORTED int get_version(tsi_ctx *ctx, int *major, int *minor)
{
  struct version version = {0};
  if (!ctx || !major || !minor)
    return NULL_INPUT;
  int result = call(DRIVER_CALL_TSI_VERSION, &version, "version");
  if (result == TSI_SUCCESS) {
    *major = version.major;
    *minor = version.minor;
  }
  return result;
}

EXPORTED int get_attestation_token(tsi_ctx *ctx, unsigned char *challenge, size_t challenge_len, unsigned char *token,
                                   size_t *token_len)
{
  struct token made = {0};
  if (!ctx || !challenge || !token || !token_len)
    return NULL_INPUT;
  if (challenge_len > CHALLENGE_MAX)
    return INVALID_PARAM;
  memcpy(made.challenge, challenge, challenge_len);
  int result = call(DRIVER_CALL_ATTESTATION_TOKEN, &made, "attestation token");
  return result == TSI_SUCCESS ? give(made.bytes, made.size, token, token_len) : result;
}

EXPORTED int get_dev_cert(tsi_ctx *ctx, unsigned char *dev_cert, size_t *dev_cert_len)
{
  struct cert made = {0};
  if (!ctx || !dev_cert || !dev_cert_len)
    return NULL_INPUT;
  int result = call(DRIVER_CALL_DEVICE_CERT, &made, "device certificate");
  return result == TSI_SUCCESS ? give(made.bytes, made.size, dev_cert, dev_cert_len) : result;
}
