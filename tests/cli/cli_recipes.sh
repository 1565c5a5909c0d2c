#!/usr/bin/env bash
# Recipes of a few words that would make tokens of terabytes, or take hours: they end within a second, in little memory, and the error names
# the step.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1
complain() { printf '%s\n' "$*"; bad=1; }
"$vcca" token mint --family arm-1.0 --out t.cbor || complain "cannot mint"
times() { local i; for ((i = 0; i < $1; i++)); do printf '%s' "$2"; done; }
apply() { # exit code, text on stderr, recipe
  local message; message=$(timeout 20 "$vcca" token mutate t.cbor --recipe "$3" --out out 2>&1); local code=$?
  [[ $code -eq $1 ]] || complain "${3:0:80}: exit $code, not $1: ${message:0:300}"
  grep -qF -- "$2" <<<"$message" || complain "${3:0:80}: no '$2' in: ${message:0:300}"
}
apply 2 "step 1 (set realm 00*4294967295): BYTES of more than 1048576" "set realm 00*4294967295"
apply 0 "" "set realm *4294967295"
apply 2 "step 2 (raw 00*1048576+00): BYTES of more than" "leaf realm; raw 00*1048576+00"
apply 2 "BYTES of more than" "set realm b:00*1048573"
apply 0 "" "set realm b:00*520000"
apply 0 "" "set realm $(times 100 b:)00"
[[ $(stat -c %s out) -gt 100 ]] || complain "a hundred byte strings are not there"
[[ $("$vcca" token show -o diag out 2>/dev/null | wc -l) -gt 0 ]] || complain "they are not shown"
apply 0 "" "set realm $(times 30000 b:)00"
apply 0 "" "$(times 200 'wrap realm;')"
apply 2 "step 257 (" "$(times 300 'wrap realm;')"
apply 2 "(again realm 65537): 65537 times: at most 65536" "again realm 65537"
apply 2 "becomes too large" "again realm 65536"
apply 2 "step 3 (again realm 20000): the token becomes too large" "again realm; again realm; again realm 20000"
apply 2 "step " "$(times 60 'copy realm/44238 realm; copy realm/44236 realm;')"
apply 2 "step 1 (set realm 0g): character 2: 'g' is no" "set realm 0g"
apply 2 "(nothing realm): no step nothing" " nothing realm"
# a token that is nested already
python3 -c '
n = b"\x00"
for i in range(60000):
    k = len(n)
    n = (bytes([0x40 | k]) if k < 24 else b"\x58" + bytes([k]) if k < 256 else b"\x59" + k.to_bytes(2, "big") if k < 65536 else b"\x5a" + k.to_bytes(4, "big")) + n
open("deep.cbor", "wb").write(n)' 2>/dev/null &&
  { timeout 20 "$vcca" token mutate deep.cbor --seed 1 --count 20 --out . >/dev/null 2>&1; [[ $? -le 3 ]]; } || complain "deep.cbor: exit $?"
exit $bad
