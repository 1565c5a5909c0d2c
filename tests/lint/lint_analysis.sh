#!/usr/bin/env bash
# clang-tidy and cppcheck find nothing. Of LLVM 14 and what comes with it: other releases warn of other things.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "${VCCA_SOURCE:?}" || exit 1
clang-tidy --version 2>/dev/null | grep -q 'version 14\.' || { echo "SKIPPED: no clang-tidy of LLVM 14"; exit 77; }
command -v cppcheck >/dev/null || { echo "SKIPPED: no cppcheck"; exit 77; }
[[ -e ${VCCA_BUILD:?}/compile_commands.json ]] || { echo "SKIPPED: no compile_commands.json (configure with a preset)"; exit 77; }
rooms="$(sed -n 's/^vcca_room(\([a-z]*\).*/\1/p' CMakeLists.txt) cli"
sources=$(for room in $rooms; do ls "$room"/*.c; done)
status=0
# clang-tidy reports nothing of headers that the filter omits.
filter=$(sed -n "s/^HeaderFilterRegex: '\(.*\)'$/\1/p" .clang-tidy)
for folder in include/vcca include/rooms $rooms; do
  grep -qE "$filter" <<<"/$folder/name.h" || { echo ".clang-tidy: HeaderFilterRegex omits $folder: add it"; status=1; }
done
# One file at a time: of several, clang-tidy 14 takes every va_list after the first file for uninitialized.
xargs -P 2 -n 1 clang-tidy --quiet -p "$VCCA_BUILD" <<<"$sources" 2>/dev/null || status=1
cppcheck -q -j 2 --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
  -I include -I "$VCCA_BUILD/include" -I . --suppress='*:*/usr/include/*' $sources || status=1
exit $status
