#!/usr/bin/env bash
# The same words give the same bytes: tokens of every family, certificates, device images, traces.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }
twice() {
  "$vcca" "$@" >"$dir/1" || complain "vcca $*: exit $?"
  "$vcca" "$@" >"$dir/2"
  [[ -s $dir/1 ]] && cmp -s "$dir/1" "$dir/2" || complain "vcca $*: two runs differ"
}
for family in virtcca-rsa virtcca-p521 arm-legacy arm-1.0; do
  twice token mint --family $family --challenge 00ff --rim "$(printf '%064d' 7)"
done
for device in rsa p521 p384; do
  for what in root sub device cpak rak; do twice hsm cert $what --device $device; done
  twice hsm show --device $device -o json
  twice hsm new --chain $device
done
twice hsm new --chain p521 --seed another
for scenario in "${VCCA_SOURCE:?}"/scenarios/*.yaml; do
  twice run "$scenario" --trace "$dir/trace"
  mv "$dir/trace" "$dir/first"
  "$vcca" run --trace - "$scenario" >"$dir/trace" 2>/dev/null && cmp -s "$dir/first" "$dir/trace" || complain "$scenario: two traces differ"
done
exit $bad
