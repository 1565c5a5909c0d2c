#!/usr/bin/env bash
# Inputs that others found, each with the value that is right: every set of the cases beside the third-party vectors. Skipped where there are none.
# SPDX-License-Identifier: Apache-2.0
set -u
cases=${VCCA_VECTORS:?}/../cases bad=0 sets=0
[[ -x $cases/run ]] || { echo "SKIPPED: no cases beside the vectors ($cases)"; exit 77; }
for set in "$cases"/*/cases.tsv; do
  [[ -e $set ]] || continue
  name=$(basename "$(dirname "$set")") sets=$((sets + 1))
  echo "$name:"
  VCCA=${VCCA:?} timeout 500 "$cases/run" "$name" || bad=1
done
[[ $sets -gt 0 ]] || { echo "SKIPPED: no set of cases in $cases"; exit 77; }
exit $bad
