#!/usr/bin/env bash
# A malformed input to any reader: exit 3, and an error that names the file and the place in it.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1
complain() { printf '%s\n' "$*"; bad=1; }

"$vcca" token mint --family arm-1.0 --out good.cbor && "$vcca" hsm cert cpak --device p384 --out cpak.pem || complain "cannot mint"
: >empty
head -c 300 good.cbor >short.cbor
{ cat good.cbor; printf 'x'; } >long.cbor
printf '\x9a\xff\xff\xff\xff' >bomb.cbor
head -c 200 /dev/zero | tr '\0' '\201' >deep.cbor
printf 'vcca: 1\nname: x\nprofile: virtcca\nstepz: []\n' >key.yaml
printf 'vcca: 1\n\tname: x\n' >tab.yaml
printf '&a [*a]\n' >alias.yaml
printf '{"kty": "EC", "crv": "P-384", "x": "!!"}' >key.json
head -c 4096 /dev/zero >zeros
printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' >bad.pem
printf '\xd0\x0d\xfe\xed\xff\xff\xff\xff' >bad.dtb

expect3() { # pattern on stdout or stderr, words...
  local pattern=$1; shift
  local message; message=$("$vcca" "$@" 2>&1 </dev/null); local code=$?
  [[ $code -eq 3 ]] || complain "vcca $*: exit $code, not 3: $message"
  grep -qE -- "$pattern" <<<"$message" || complain "vcca $*: no place ($pattern) in: $message"
}
for file in empty short.cbor long.cbor bomb.cbor deep.cbor zeros; do
  expect3 "$file: byte [0-9]+" token show "$file"
  expect3 "$file: byte [0-9]+" token show -o diag "$file"
  expect3 "structure +fail.*byte [0-9]+" token verify "$file" --cpak cpak.pem
done
for file in empty zeros short.cbor; do
  expect3 "$file: byte [0-9]+" eventlog show "$file"
  expect3 "$file: byte [0-9]+" eventlog replay "$file"
done
for file in key.yaml tab.yaml alias.yaml; do
  expect3 "$file:[0-9]+:[0-9]+" run "$file"
  expect3 "$file:[0-9]+:[0-9]+" measure ops "$file"
  expect3 "$file:[0-9]+:[0-9]+" hsm show --device "$file"
done
expect3 "empty" run empty
expect3 "kernel" measure virtcca --kernel empty --vcpus 1
expect3 "kernel" measure virtcca --kernel zeros --vcpus 1
expect3 "bad.dtb|device tree|dtb" measure virtcca --firmware zeros --dtb empty --vcpus 1
expect3 "key.json" token verify good.cbor --cpak key.json
expect3 "empty" token verify good.cbor --cpak empty
expect3 "key.json" token verify good.cbor --ta-store key.json
expect3 "chain +fail" token verify good.cbor --chain bad.pem --cert bad.pem
expect3 "eventlog +fail.*byte" token verify good.cbor --cpak cpak.pem --eventlog zeros
expect3 "platform-reference +fail" token verify good.cbor --cpak cpak.pem --platform-ref key.yaml
expect3 "no-such-file" token show no-such-file
expect3 "no-such-file" golden check no-such-file
expect3 "/dev/full" token mint --out /dev/full
expect3 "cannot write" run --trace /dev/full "${VCCA_SOURCE:?}/scenarios/attest-arm-1.0.yaml"
expect3 "no-such-file" measure virtcca --kernel no-such-file
exit $bad
