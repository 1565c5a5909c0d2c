#!/usr/bin/env bash
# The tree looks as clang-format 14 with .clang-format leaves it.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "${VCCA_SOURCE:?}" || exit 1
clang-format --version 2>/dev/null | grep -q 'version 14\.' || { echo "SKIPPED: no clang-format of LLVM 14"; exit 77; }
find . -name build -prune -o \( -name '*.c' -o -name '*.h' \) -print | xargs clang-format --dry-run --Werror
