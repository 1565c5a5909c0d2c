#!/usr/bin/env bash
# vcca evidence in every format: token verify takes what it writes with what belongs to it, a faulty one fails at its check,
# and Python reads the same bytes by the formats' own rules.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=$VCCA_BUILD/vcca
source=$VCCA_SOURCE
work=$(mktemp -d) && cd "$work" || exit 1
trap 'rm -rf "$work"' EXIT
failures=0
complain() {
  echo "$*"
  failures=1
}
nonce=$(printf '5a%.0s' {1..64})
vectors=$source/vectors/virtcca-p521

# trusted FORMAT: how a relying party trusts its evidence
trusted() {
  case $1 in
    trustee-cca | ratsd | cmw-*) echo --cpak "$source/vectors/arm-1.0/cpak.pem" ;;
    *) echo --chain "$vectors/root.der" --chain "$vectors/sub.der" ;;
  esac
}

for format in trustee-cca ratsd cmw-json cmw-cbor secgear gta trustee-virtcca; do
  case $format in
    trustee-cca | ratsd | cmw-*) from=("$source/scenarios/attest-arm-1.0.yaml") ;;
    *) from=("$source/scenarios/boot-virtcca-firmware.yaml" --eventlog "$vectors/eventlog.log") ;;
  esac
  "$vcca" evidence $format --challenge $nonce "${from[@]}" --out $format >out 2>err || complain "$format: $(cat err)"
  # shellcheck disable=SC2046
  "$vcca" token verify $(trusted $format) --challenge $nonce $format >out 2>err || complain "$format: $(tail -1 out; cat err)"
  # shellcheck disable=SC2046
  "$vcca" token verify $(trusted $format) --challenge 00 $format >out 2>err
  [[ $? -eq 1 ]] && grep -q 'rejected (freshness)' out || complain "$format, another challenge: $(tail -1 out)"
  # a pipe, and standard output
  "$vcca" evidence $format --challenge $nonce "${from[@]}" 2>/dev/null | "$vcca" token show - >out 2>err || complain "$format, a pipe: $(cat err)"
  [[ $format == secgear || $format == gta || $format == trustee-virtcca ]] || continue
  # shellcheck disable=SC2046
  "$vcca" token verify $(trusted $format) --challenge $nonce -o json $format 2>/dev/null | grep -A1 '"check": "eventlog"' | grep -q pass ||
    complain "$format: the log in it was not checked"
  # shellcheck disable=SC2046
  "$vcca" token verify $(trusted $format) --cert "$source/vectors/virtcca-rsa/device.der" --challenge $nonce $format >out 2>err
  [[ $? -eq 1 ]] && grep -q 'not used: an option gives another' err || complain "$format: --cert does not take the certificate's place"
done

# by the formats' own rules
python3 - "$vcca" "$source" <<'PY' || failures=1
import base64, json, sys
def b64u(s): return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))
token = bytes(json.load(open("trustee-cca"))["token"])
assert token[:3] == b"\xd9\x01\x8f", token[:3]
envelope = json.load(open("ratsd"))
assert envelope["eat_profile"] == "tag:github.com,2024:veraison/ratsd"
assert b64u(envelope["eat_nonce"]) == b"\x5a" * 64
cmw = json.loads(b64u(envelope["cmw"]))
assert cmw.pop("__cmwc_t") == "tag:github.com,2025:veraison/ratsd/cmw"
(kind, value), = cmw.values()
report = json.loads(b64u(value))
assert kind == "application/vnd.veraison.tsm-report+json" and report["provider"] == "arm_cca_guest"
assert b64u(report["outblob"])[:3] == b"\xd9\x01\x8f"
record = json.load(open("cmw-json"))
assert record[0].startswith("application/eat-collection") and b64u(record[1])[:3] == b"\xd9\x01\x8f" and record[2] == 4
raw = open("cmw-cbor", "rb").read()
assert raw[0] == 0x83 and raw[-1] == 4
for name in "secgear", "gta":
    outer = json.load(open(name))
    assert outer["tee"] == "virtcca"
    inner = json.loads(outer["evidence"])
    assert bytes(inner["evidence"])[:3] == b"\xd9\x01\x8f" and b"BEGIN CERTIFICATE" in bytes(inner["dev_cert"])
    assert inner["ima_log"] is None
    log = open(sys.argv[2] + "/vectors/virtcca-p521/eventlog.log", "rb").read()
    if name == "gta":
        assert bytes(inner["uefi_log"]["ccel_data"]) == log and bytes(inner["uefi_log"]["ccel_table"])[:4] == b"CCEL"
    else:
        assert bytes(inner["event_log"]) == log
PY

# what is missing, or has no place, is said
refused() {
  local pattern=$1
  shift
  "$vcca" evidence "$@" >out 2>err
  [[ $? -eq 2 ]] && grep -q -- "$pattern" err || complain "evidence $*: $(cat err)"
}
refused "no format 'x'" x --token "$vectors/base.cbor"
refused 'wants a FORMAT' gta
refused 'wants a FORMAT' gta --token "$vectors/base.cbor" "$source/scenarios/attest-virtcca-p521.yaml"
refused 'certificate belongs to it' secgear --token "$vectors/base.cbor"
refused 'no place for a certificate' cmw-json --token "$vectors/base.cbor" --cert "$vectors/device.der"
refused 'challenge, which is missing' ratsd --token "$source/vectors/arm-1.0/base.cbor"
refused 'give one (--challenge HEX)' trustee-cca "$source/scenarios/attest-arm-1.0.yaml"
refused 'for the other kind' trustee-cca --challenge 00 "$source/scenarios/attest-virtcca-p521.yaml"
cp "$source/vectors/arm-1.0/base.cbor" same
refused "that is the file of --token" cmw-cbor --token same --out same
"$vcca" evidence --list -o json | python3 -c 'import json, sys; assert len(json.load(sys.stdin)["formats"]) == 7' || complain "--list"
exit $failures
