/* The attestation interface of the virtCCA SDK, for programs that are compiled against its header and
 * linked with libvccaattestation: the same names, types, values and limits. This library asks the CVM of a
 * scenario, under TEST keys, where the SDK's asks /dev/tsi; docs/guest-software.md tells how it is told
 * which.
 *
 * Each function returns TSI_SUCCESS or a value of enum TSI_ERROR. The reason of a failure is on stderr.
 * Source: virtCCA SDK, attestation/sdk.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_ATTESTATION_H
#define VCCA_ATTESTATION_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TSI_SUCCESS 0

enum TSI_ERROR {
  NULL_INPUT = 0x00010001, /* a pointer is NULL */
  INVALID_PARAM,           /* a challenge of more than 64 bytes */
  INSUFFICIENT_BUFFER_LEN, /* the buffer is too small; the size that is needed is not told */
  NO_DEVICE_FILE,          /* no function returns it */
  TSI_ERROR,               /* the monitor or the driver failed */
};

/* fd is a descriptor, which is of no other use. */
typedef struct {
  int fd;
} tsi_ctx;

/* Opens the CVM. NULL on failure. Free it with tsi_free_ctx. Contexts of a process share a CVM, and threads
 * may use one at a time. */
tsi_ctx *tsi_new_ctx(void);
/* NULL is allowed. */
void tsi_free_ctx(tsi_ctx *ctx);

/* The version of TSI. */
int get_version(tsi_ctx *ctx, int *major, int *minor);
/* A token for a challenge of up to 64 bytes, which is padded with zeros. *token_len is the buffer's size, and
 * becomes the token's. */
int get_attestation_token(tsi_ctx *ctx, unsigned char *challenge, size_t challenge_len, unsigned char *token,
                          size_t *token_len);
/* The device certificate: DER of RSA devices, PEM of others. *dev_cert_len as *token_len. */
int get_dev_cert(tsi_ctx *ctx, unsigned char *dev_cert, size_t *dev_cert_len);

#ifdef __cplusplus
}
#endif
#endif
