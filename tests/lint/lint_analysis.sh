#!/usr/bin/env bash
# clang-tidy and cppcheck find nothing.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "${VCCA_SOURCE:?}" || exit 1
command -v clang-tidy-14 >/dev/null && command -v cppcheck >/dev/null || { echo "SKIPPED: no clang-tidy-14 or no cppcheck"; exit 77; }
[[ -e ${VCCA_BUILD:?}/compile_commands.json ]] || { echo "SKIPPED: no compile_commands.json (configure with a preset)"; exit 77; }
sources=$(for room in $(sed -n 's/^vcca_room(\([a-z]*\).*/\1/p' CMakeLists.txt) cli; do ls "$room"/*.c; done)
status=0
# One file at a time: of several, clang-tidy 14 takes every va_list after the first file for uninitialized.
xargs -P 2 -n 1 clang-tidy-14 --quiet -p "$VCCA_BUILD" <<<"$sources" 2>/dev/null || status=1
cppcheck -q -j 2 --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
  -I include -I "$VCCA_BUILD/include" -I . --suppress='*:*/usr/include/*' $sources || status=1
exit $status
