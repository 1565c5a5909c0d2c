#!/usr/bin/env bash
# The tool accepts the evidence of a real machine and three published Arm tokens, and refuses them when something is changed.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} v=${VCCA_VECTORS:?} bad=0
[[ -d $v ]] || { echo "SKIPPED: the third-party vectors $v are not there"; exit 77; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }
verdict() { # exit code, pattern, words...
  local want=$1 pattern=$2; shift 2
  local text; text=$("$vcca" token verify "$@" 2>&1); local code=$?
  [[ $code -eq $want ]] || complain "token verify $*: exit $code, not $want: $text"
  grep -qE -- "$pattern" <<<"$text" || complain "token verify $*: no '$pattern' in: $text"
}
k=$v/virtcca a=$v/arm
real=("$k/token_rsa.cbor" --chain "$k/root_cert.pem" --chain "$k/sub_cert.pem" --cert "$k/dev_cert.der")
verdict 0 "verdict: accepted" "${real[@]}"
verdict 0 "image-reference +pass" "${real[@]}" --eventlog "$k/ccel_data.bin" --image-ref "$k/image_reference_measurement.json" \
  --rim b23d801b7a7d00e53dc636f918237a62f8a30df39f46db9af7cd213713a041d8
# What the references cannot name: listed, no more than 3, refused when strict, tolerated by digest.
log=(--eventlog "$k/ccel_data.bin" --image-ref "$k/image_reference_measurement.json" --rim b23d801b7a7d00e53dc636f918237a62f8a30df39f46db9af7cd213713a041d8
  --challenge "$("$vcca" token show "$k/token_rsa.cbor" -o json | grep -m1 -oE '"challenge": "[0-9a-f]{128}"' | grep -oE '[0-9a-f]{128}')" --at 20260101000000Z)
verdict 0 "unexplained by references: 35 events, the first at log byte 570" "${real[@]}" "${log[@]}" --ear "$dir/ear"
grep -q '"executables": 3' "$dir/ear" || complain "executables: $(cat "$dir/ear")"
verdict 1 "policy +fail +35 events of the log are not explained" "${real[@]}" "${log[@]}" --strict
{ printf 'policy: pinned\nunexplained:\n'
  "$vcca" token verify "${real[@]}" "${log[@]}" -o json | sed -n '/"unexplained"/,/\]/s/.*"digest": "\([0-9a-f]*\)".*/  - \1/p'; } >"$dir/policy"
verdict 0 "policy +pass +pinned, strict" "${real[@]}" "${log[@]}" --strict --policy "$dir/policy" --ear "$dir/ear"
grep -q '"executables": 2' "$dir/ear" || complain "executables: $(cat "$dir/ear")"
sed -i '$d' "$dir/policy"
verdict 1 "policy +fail +1 events of the log are not explained" "${real[@]}" "${log[@]}" --policy "$dir/policy"
verdict 1 "rim +fail" "${real[@]}" --rim b23d801b7a7d00e53dc636f918237a62f8a30df39f46db9af7cd213713a041d9
verdict 1 "freshness +fail" "${real[@]}" --challenge 00
verdict 1 "chain +fail" "$k/token_rsa.cbor" --chain "$k/eccp521_root_cert.pem" --chain "$k/eccp521_sub_cert.pem" --cert "$k/dev_cert.der"
verdict 1 "verdict: rejected" "$k/token_rsa.cbor"

# single-byte changes through the tool (the whole set is corpus.evidence)
for at in 0 8 60 200 720 760 1000 1430; do
  cp "$k/token_rsa.cbor" "$dir/t"
  byte=$(xxd -s $at -l 1 -p "$dir/t" 2>/dev/null || od -An -tx1 -j $at -N 1 "$dir/t" | tr -d ' ')
  printf "\\x$(printf %02x $((0x$byte ^ 1)))" | dd of="$dir/t" bs=1 seek=$at conv=notrunc status=none
  text=$("$vcca" token verify "$dir/t" "${real[@]:1}" 2>&1); code=$?
  [[ $code -eq 1 || $code -eq 3 ]] || complain "byte $at changed: exit $code"
  grep -qE "^[a-z0-9-]+ +fail" <<<"$text" || complain "byte $at changed: no failed check: $text"
done

verdict 0 "verdict: accepted" "$a/legacy-token-01.cbor" --cpak "$a/legacy-token-01.cpak.json"
verdict 0 "verdict: accepted" "$a/example-token.cbor" --cpak "$a/example-token.cpak.json"
verdict 0 "verdict: accepted" "$a/tf-rmm-token.cbor" --cpak "$a/tf-rmm-token.cpak.pem"
"$vcca" hsm cert cpak --device p384 --out "$dir/other.pem"
verdict 1 "platform-signature +fail" "$a/example-token.cbor" --cpak "$dir/other.pem"
exit $bad
