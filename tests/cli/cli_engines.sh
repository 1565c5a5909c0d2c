#!/usr/bin/env bash
# Whichever engine hashes, and whether digests are computed or kept in a cache, the RIM is the same; an engine that is not there is refused.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }

# 3 MiB and a bit: noise with zero pages in it, behind an arm64 Image header
"$vcca" table rmi -o json >"$dir/text"
{ head -c 16 /dev/zero; printf '\0\0\100\0\0\0\0\0'; head -c 32 /dev/zero; printf 'ARM\x64'; head -c 4 /dev/zero
  for ((i = 0; i < 200; i++)); do cat "$dir/text"; head -c 9000 /dev/zero; done; } >"$dir/long"
head -c 3145800 "$dir/long" >"$dir/Image"
[[ $(stat -c %s "$dir/Image") -eq 3145800 ]] || complain "the image is short"

list=$("$vcca" measure --engine list) || complain "--engine list: exit $?"
for kind in hashing signatures; do
  grep -qE "^$kind +psa +available " <<<"$list" || complain "no psa for $kind in: $list"
done
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
  done < <(sed -n 's|^hashing *||p' <<<"$list")
  piped=$("$vcca" measure arm --kernel - --hash $hash <"$dir/Image" 2>/dev/null)
  [[ $piped == "$want" ]] || complain "$hash of a pipe: $piped, not $want"
done
"$vcca" measure arm --kernel "$dir/Image" --engine nothing 2>"$dir/err"; code=$?
[[ $code -eq 2 ]] && grep -q "there are sha-ni, ipsec-mb, openssl, psa" "$dir/err" || complain "--engine nothing: exit $code: $(<"$dir/err")"

# the cache: the same RIM, by an entry that is made once; not for an image that just changed; only in a folder of one's own
touch -d '1 hour ago' "$dir/Image"; sleep 2.2
for hash in sha-256 sha-512; do
  want=$("$vcca" measure arm --kernel "$dir/Image" --hash $hash 2>/dev/null)
  for run in first second third; do
    rim=$("$vcca" measure arm --kernel "$dir/Image" --hash $hash --cache "$dir/cache" --steps 2>/dev/null | tail -n 1)
    [[ $rim == "$want" ]] || complain "$hash, $run with a cache: $rim, not $want"
    entries=$(ls -i "$dir/cache" | grep $hash)
    [[ $run == first || $entries == "$before" ]] || complain "the $run run did not use the entry: $entries, $before"
    before=$entries
  done
  "$vcca" rim explain arm --kernel "$dir/Image" --hash $hash --cache "$dir/cache" --rim "${want#RIM: }" 2>&1 | grep -q "as it is" || complain "explain"
done
printf 'x' | dd of="$dir/Image" bs=1 seek=100000 conv=notrunc status=none
want=$("$vcca" measure arm --kernel "$dir/Image" 2>/dev/null)
rim=$("$vcca" measure arm --kernel "$dir/Image" --cache "$dir/cache" 2>"$dir/err")
[[ $rim == "$want" ]] || complain "a changed image: $rim, not $want"
grep -q "no cache for the kernel: the image changed just now" "$dir/err" || complain "a changed image: $(<"$dir/err")"
chmod go+w "$dir/cache"
"$vcca" measure arm --kernel "$dir/Image" --cache "$dir/cache" >/dev/null 2>"$dir/err"; code=$?
[[ $code -eq 3 ]] && grep -q "cache: .*nobody else" "$dir/err" || complain "a folder for all: exit $code: $(<"$dir/err")"
exit $bad
