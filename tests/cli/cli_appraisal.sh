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

# nothing to go by: a note, a field, and a no when it is asked for
key=(--cpak "$dir/cpak.pem") challenge=$("$vcca" token show "$dir/t" -o json | grep -m1 -oE '"challenge": "[0-9a-f]{128}"' | grep -oE '[0-9a-f]{128}')
store=("${key[@]}" --rv-store "$dir/rv-store.json")
says 0 "note: without a challenge" token verify "$dir/t" "${key[@]}"
lacks() { # what not_checked lists, words...
  local want=$1 text; shift
  text=$("$vcca" "$@" -o json | tr -d ' \n')
  [[ $text == *"\"not_checked\":[$want]"* ]] || complain "$*: not_checked is not [$want]: $text"
}
lacks '"freshness","realm","platform"' token verify "$dir/t" "${key[@]}"
says 1 "policy +fail +strict, and nothing was given to check by: freshness \(--challenge\), realm .*, platform " token verify --strict "$dir/t" "${key[@]}"
says 1 "nothing was given to check by: freshness \(--challenge\)$" token verify --strict "$dir/t" "${store[@]}"
says 0 "policy +pass +strict" token verify --strict "$dir/t" "${store[@]}" --challenge "$challenge"
lacks '' token verify --strict "$dir/t" "${store[@]}" --challenge "$challenge"
lacks '"freshness"' token verify --strict "$dir/t" "${store[@]}"
says 1 "dates \(--at\)$" token verify --strict "$dir/t" "${corims[@]}" --challenge "$challenge"
says 0 "policy +pass +strict" token verify --strict "$dir/t" "${corims[@]}" --challenge "$challenge" --at 20260101000000Z
says 1 "the check freshness must pass, and is not-run; rim is not-run" token verify "$dir/t" "${store[@]}" --require freshness --require rim,realm-signature
says 0 "verdict: accepted" token verify "$dir/t" "${store[@]}" --challenge "$challenge" --require freshness,realm-reference
says 2 "no check that can be required is called 'rims'" token verify "$dir/t" "${key[@]}" --require rims
echo '{policy: lax, require: [structure]}' >"$dir/policy"
says 1 "freshness \(--challenge\)" token verify --strict "$dir/t" "${store[@]}" --policy "$dir/policy"
says 0 "policy +pass +lax, strict" token verify --strict "$dir/t" "${store[@]}" --policy "$dir/policy" --challenge "$challenge"
says 2 "is not read without --ear" token verify "$dir/t" --now 5
for at in garbage 20260230000000Z 20250229000000Z 20261301000000Z 20260101240000Z 20161231235960Z 20260101000000+0100 260101000000Z; do
  says 2 "the time \"" token verify "$dir/t" "${corims[@]}" --at "$at"
  says 2 "--at is not read without" token verify "$dir/t" "${store[@]}" --at "$at"
done
echo '{"platform": [], "realm": []}' >"$dir/empty"
says 1 "platform-reference +fail +no reference value" token verify "$dir/t" "${key[@]}" --rv-store "$dir/empty"
sed 's/"platform"/"platforms"/' "$dir/empty" >"$dir/misspelled"
says 3 "\"platforms\" is not known here" token verify "$dir/t" "${key[@]}" --rv-store "$dir/misspelled"
echo '{policy: p, lifecycle: [secured]}' >"$dir/policy"
says 0 "verdict: accepted" token verify "$dir/t" "${key[@]}" --policy "$dir/policy"
echo '{policy: p, lifecycle: [0x2000]}' >"$dir/policy"
says 1 "lifecycle +fail .* is not among those the policy allows" token verify "$dir/t" "${key[@]}" --policy "$dir/policy" --any-lifecycle
exit $bad
