#!/usr/bin/env bash
# Endorse a token, verify it with nothing but the endorsements, and get a result; a policy that does not hold is a no.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }
says() { # exit code, pattern, words...
  local want=$1 pattern=$2; shift 2
  local text; text=$("$vcca" "$@" 2>&1); local code=$?
  [[ $code -eq $want ]] || complain "$*: exit $code, not $want: $text"
  grep -qE -- "$pattern" <<<"$text" || complain "$*: no '$pattern' in: $text"
}
"$vcca" token mint --family arm-1.0 --device p384 --out "$dir/t" || complain "no token"
"$vcca" hsm cert cpak --device p384 --out "$dir/cpak.pem" || complain "no key"
says 0 "corim-realm.cbor" golden endorse "$dir/t" --cpak "$dir/cpak.pem" --out "$dir"
corims=(--corim "$dir/corim-cpak.cbor" --corim "$dir/corim-platform.cbor" --corim "$dir/corim-realm.cbor")
says 0 "verdict: accepted" token verify "$dir/t" "${corims[@]}"
says 0 "realm-reference +pass" token verify "$dir/t" --ta-store "$dir/ta-store.json" --rv-store "$dir/rv-store.json" --ear "$dir/ear"
grep -q '"executables": 2' "$dir/ear" && ! grep -q '"iat"' "$dir/ear" || complain "the result: $(cat "$dir/ear")"
says 3 "endorsements +fail +CoRIM 0: byte" token verify "$dir/t" --cpak "$dir/cpak.pem" --corim "$dir/rv-store.json"
says 1 "no trust anchor" token verify "$dir/t" --corim "$dir/corim-realm.cbor"

echo '{policy: mine, require: [freshness]}' >"$dir/policy"
says 1 "policy +fail +the check freshness must pass" token verify "$dir/t" "${corims[@]}" --policy "$dir/policy" --ear "$dir/ear" --now 5 --ear-profile ietf
grep -q '"ear_status": "contraindicated"' "$dir/ear" && grep -q '"iat": 5' "$dir/ear" && grep -q '"mine"' "$dir/ear" || complain "the result: $(cat "$dir/ear")"
echo '{policy: mine, requires: []}' >"$dir/policy"
says 3 'did you mean "require"' token verify "$dir/t" "${corims[@]}" --policy "$dir/policy"
says 2 "go with --ear" token verify "$dir/t" --now 5
exit $bad
