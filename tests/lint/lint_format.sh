#!/usr/bin/env bash
# The tree looks as clang-format 14 with .clang-format leaves it.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "${VCCA_SOURCE:?}" || exit 1
command -v clang-format-14 >/dev/null || { echo "SKIPPED: no clang-format-14"; exit 77; }
find . -name build -prune -o \( -name '*.c' -o -name '*.h' \) -print | xargs clang-format-14 --dry-run --Werror
