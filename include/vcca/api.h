/* VCCA_API marks the functions that the libraries export. A function without it is invisible outside its library.
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
