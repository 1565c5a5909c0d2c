#!/usr/bin/env bash
# ./run --offline does the main job, and a second run leaves the same bytes: tokens, certificates, traces, device trees.
# SPDX-License-Identifier: Apache-2.0
set -u
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "${VCCA_SOURCE:?}" || exit 1
OUT=$dir/one VCCA=${VCCA:?} ./run --offline >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
grep -q '^verdict: rejected (rim)$' "$dir/log" || { echo "the tampered kernel was not refused at rim"; exit 1; }
[[ $(grep -c '^verdict: accepted$' "$dir/log") -eq 3 ]] || { echo "not three verdicts of accepted"; exit 1; }
OUT=$dir/two VCCA=$VCCA ./run --offline >/dev/null 2>&1 || exit 1
diff -r "$dir/one" "$dir/two" && echo "the same bytes twice"
