/* base64url without padding (RFC 4648 section 5), as JWK and JWT have it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_BASE64URL_H
#define VERIFIER_BASE64URL_H

#include "vcca/span.h"

void base64url_put(vcca_sink *out, vcca_span bytes);
/* Strictly: no other characters, no length that cannot be, no bits left over. */
bool base64url_read(vcca_span text, vcca_sink *out);

#endif
