#!/usr/bin/env bash
# Tokens of other producers on the command line: what specifications permit is accepted with a remark, demands refuse it, and text is read as
# the bytes it stands for. The tokens are the golden suite's own, changed by recipes and signed again.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} s=${VCCA_SOURCE:?}/vectors bad=0
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }
verdict() { # exit code, pattern, words...
  local want=$1 pattern=$2; shift 2
  local text; text=$("$vcca" token verify "$@" 2>&1); local code=$?
  [[ $code -eq $want ]] || complain "token verify $*: exit $code, not $want: $text"
  grep -qE -- "$pattern" <<<"$text" || complain "token verify $*: no '$pattern' in: $text"
}
arm=$s/arm-1.0/base.cbor key=(--cpak "$s/arm-1.0/cpak.pem")


# Permitted: accepted, with the remark and its place; refused by a demand, which says so.
v=$s/arm-1.0
verdict 0 "remark: non-shortest \(token byte [0-9]+, /44241" "$v/structure/S17a-label-long-form.cbor" "${key[@]}"
verdict 3 "structure +fail .*shortest form.*; --refuse or a policy refuses non-shortest" "$v/structure/S17a-label-long-form.cbor" "${key[@]}" --refuse non-shortest
verdict 0 "family +pass +of none: unlike arm-1.0.*the signatures decide" "$v/realm/R13d-key-p256.cbor" "${key[@]}"
verdict 0 "remark: no-family: " "$v/realm/R13d-key-p256.cbor" "${key[@]}"
verdict 1 "family +fail +of no family: unlike arm-1.0, the nearest asked for" "$v/realm/R13d-key-p256.cbor" "${key[@]}" --family arm-1.0,arm-cmw
verdict 1 "family +fail +of no family" "$v/realm/R13d-key-p256.cbor" "${key[@]}" --refuse no-family
verdict 0 "family +pass +arm-1.0" "$arm" "${key[@]}" --family arm-cmw,arm-1.0
verdict 1 "family +fail +of the family arm-1.0, which is not asked for" "$arm" "${key[@]}" --family arm-cmw
verdict 0 "remark: algorithm-curve: " "$v/cose/C09ar-alg-of-other-curve-realm.cbor" "${key[@]}"
verdict 0 "remark: hash-names \(token byte [0-9]+, /44234/payload/2402\)" "$v/platform/P11c-hash-name-sha1.cbor" "${key[@]}"
"$vcca" token verify "$v/accept/V03ar-unknown-claim-realm.cbor" "${key[@]}" -o json | tr -d ' \n' |
  grep -q '"remarks":\[{"remark":"unknown-claims","permitted":true,.*"count":1,"offset":[0-9]*,"path":"/44241/payload/999"}\]' || complain "no remark in JSON"
printf 'policy: one\nfamily: [arm-cmw]\n' >"$dir/family"
printf 'policy: plain\nrefuse: [unknown-claims]\n' >"$dir/refuse"
verdict 1 "family +fail" "$arm" "${key[@]}" --policy "$dir/family"
verdict 1 "family +fail" "$arm" "${key[@]}" --policy "$dir/family" --family arm-1.0
verdict 3 "the profile has no claim 999" "$v/accept/V03ar-unknown-claim-realm.cbor" "${key[@]}" --policy "$dir/refuse"
verdict 3 "the profile has no claim 999" "$v/accept/V03ar-unknown-claim-realm.cbor" "${key[@]}" --policy "$dir/refuse" --lenient unknown-claims
printf 'policy: odd\nfamily: [arm-9]\n' >"$dir/odd"
verdict 3 "2:.*the name of a family was expected" "$arm" "${key[@]}" --policy "$dir/odd"
verdict 2 "no family is called 'arm-9'" "$arm" "${key[@]}" --family arm-9
verdict 2 "both name non-shortest" "$arm" "${key[@]}" --refuse non-shortest --lenient non-shortest
# Not permitted: refused, and the leniency that would lift it is named.
verdict 3 "--lenient der-signature takes it" "$v/cose/C20ar-der-signature-realm.cbor" "${key[@]}"
verdict 3 "--lenient indefinite-length takes it" "$v/structure/S15-map-indefinite.cbor" "${key[@]}"
"$vcca" token verify "$v/realm/R21a-rim-twice.cbor" "${key[@]}" 2>&1 | grep -q -- "--lenient" && complain "a duplicate is offered a leniency"

# Text in place of bytes.
od -An -v -tx1 "$arm" >"$dir/hex"
tr -d ' \n' <"$dir/hex" | tr a-f A-F | sed 's/^/0x/' >"$dir/HEX"
base64 <"$arm" >"$dir/b64"
base64 -w0 <"$arm" | tr '+/' '-_' | tr -d = >"$dir/b64url"
{ echo "-----BEGIN CCA TOKEN-----"; cat "$dir/b64"; echo "-----END CCA TOKEN-----"; } >"$dir/pem"
printf '{"cca-token": "%s"}' "$(cat "$dir/b64url")" >"$dir/json"
printf '["application/eat+cwt", "%s"]' "$(cat "$dir/b64url")" >"$dir/cmw"
printf '{"tee": "cca", "evidence": "{\\"token\\": [%s]}"}' "$(od -An -v -tu1 "$arm" | tr -s ' \n' ',' | sed 's/^,//; s/,$//')" >"$dir/evidence"
for form in hex HEX b64 b64url pem json cmw evidence; do
  verdict 0 "$(stat -c %s "$arm") bytes (it stands for|is in it)" "$dir/$form" "${key[@]}"
  cmp -s <("$vcca" token show "$arm") <("$vcca" token show "$dir/$form" 2>/dev/null) || complain "token show of $form differs"
done
echo 'not a token at all!' >"$dir/words"
verdict 3 "is not binary: text that is neither hexadecimal, base64, PEM nor JSON" "$dir/words" "${key[@]}"
printf '{"cca-platform-token": {}, "cca-realm-delegated-token": {}}' >"$dir/claims"
verdict 3 "JSON without a member that could hold it" "$dir/claims" "${key[@]}"
log=$s/arm-1.0/eventlog.log
base64 <"$log" >"$dir/log"
cmp -s <("$vcca" eventlog replay "$log") <("$vcca" eventlog replay "$dir/log" 2>/dev/null) || complain "eventlog replay of base64 differs"

# what is mutated may be text, too
base64 "$v/base.cbor" >"$dir/mutate.txt"
"$vcca" token mutate "$v/base.cbor" --seed 1 --out "$dir/from-bytes" 2>/dev/null && "$vcca" token mutate "$dir/mutate.txt" --seed 1 --out "$dir/from-text" 2>/dev/null &&
  cmp "$dir/from-bytes" "$dir/from-text" || complain "token mutate reads base64 as something else"
exit $bad
