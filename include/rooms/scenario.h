/* Beside vcca/scenario.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_SCENARIO_H
#define ROOMS_SCENARIO_H

#include "vcca/scenario.h"

/* A call as members of a JSON object, as traces have them: interface, command (fid, when unknown), args,
 * status, refused, out. */
void vcca_trace_members(struct vcca_json *j, const struct vcca_trace *trace);

#endif
