#!/usr/bin/env bash
# No source file is over 500 lines unless its head comment says why ("Long because ...").
# SPDX-License-Identifier: Apache-2.0
set -u
cd "${VCCA_SOURCE:?}" || exit 1
bad=0
while read -r lines file; do
  [[ $file == total || $lines -le 500 ]] && continue
  head -n 15 "$file" | tr -s '\n *' ' ' | grep -q "Long because" || { echo "$file: $lines lines; split it, or say in its head comment: Long because ..."; bad=1; }
done < <(find . -name build -prune -o \( -name '*.c' -o -name '*.h' \) -print | xargs wc -l)
exit $bad
