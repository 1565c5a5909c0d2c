/* VCCA_API marks the functions that the libraries export. A function without it is invisible outside its
 * library.
 *
 * What holds for all of them, unless a comment says otherwise:
 *
 * - A function that returns bool returns false when it fails. One that makes an object returns NULL then.
 *   Both fill *err with the reason (vcca/error.h); err may be NULL.
 * - Each object has one function that frees it: ..._free, ..._close or ..._stop. All of these accept NULL,
 *   and a struct that is all zero.
 * - Bytes are passed as spans and sinks (vcca/span.h). A span in a result points into what it was made from,
 *   so keep that as long as the result. A sink is filled to its capacity: vcca_sink_ok tells whether all
 *   fitted.
 * - A const char * result is a string of the library that lives as long as the program. Indexes start at 0;
 *   sizes and offsets are in bytes; an index after the last gives NULL or false.
 * - Results do not depend on a clock or a random source: the same arguments give the same result.
 * - No object has a lock: one thread at a time may use it. Functions that use keys (minting, verifying, an
 *   HSM, a guest's token) run in one thread at a time in the whole process, because PSA in mbedTLS 2.28 has
 *   no locks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_API_H
#define VCCA_API_H

#if defined(__GNUC__)
#define VCCA_API __attribute__((visibility("default")))
#else
#define VCCA_API
#endif

#endif
