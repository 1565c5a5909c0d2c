#!/usr/bin/env bash
# Whichever engine hashes, the RIM is the same; an engine that is not there is refused.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }

# 3 MiB and a bit: noise with zero pages in it, behind an arm64 Image header
"$vcca" table rmi >"$dir/text"
{ head -c 16 /dev/zero; printf '\0\0\100\0\0\0\0\0'; head -c 32 /dev/zero; printf 'ARM\x64'; head -c 4 /dev/zero
  for ((i = 0; i < 200; i++)); do cat "$dir/text"; head -c 9000 /dev/zero; done; } >"$dir/long"
head -c 3145800 "$dir/long" >"$dir/Image"
[[ $(stat -c %s "$dir/Image") -eq 3145800 ]] || complain "the image is short"

list=$("$vcca" measure --engine list) || complain "--engine list: exit $?"
grep -qE '^psa +available ' <<<"$list" || complain "no psa in: $list"
for hash in sha-256 sha-512; do
  want=
  while read -r name available _; do
    rim=$("$vcca" measure arm --kernel "$dir/Image" --hash $hash --engine "$name" 2>"$dir/err"); code=$?
    if [[ $available != available ]]; then
      echo "SKIPPED: the engine $name is not available"
      [[ $code -eq 3 ]] && grep -q "'$name' is not available" "$dir/err" || complain "--engine $name: exit $code: $(<"$dir/err")"
      continue
    fi
    [[ $code -eq 0 && $rim == "RIM: "* ]] || complain "--engine $name: exit $code: $(<"$dir/err")"
    [[ -z $want || $rim == "$want" ]] || complain "$hash by $name: $rim, not $want"
    want=$rim
  done <<<"$list"
  piped=$("$vcca" measure arm --kernel - --hash $hash <"$dir/Image" 2>/dev/null)
  [[ $piped == "$want" ]] || complain "$hash of a pipe: $piped, not $want"
done
"$vcca" measure arm --kernel "$dir/Image" --engine nothing 2>"$dir/err"; code=$?
[[ $code -eq 2 ]] && grep -q "there are ipsec-mb, openssl, psa" "$dir/err" || complain "--engine nothing: exit $code: $(<"$dir/err")"
exit $bad
