#!/usr/bin/env bash
# What vcca measure writes for verifiers: a token with the measured RIM is affirmed by it, one with another RIM is not, for every kind of
# profile; what is not known is not said; a run that fails writes nothing.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
[[ -x $vcca ]] || { echo "no $vcca"; exit 1; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1
complain() { printf '%s\n' "$*"; bad=1; }
head -c 8192 /dev/zero >Image
printf '\0\0\1' | dd of=Image bs=1 seek=16 conv=notrunc status=none
printf 'ARMd' | dd of=Image bs=1 seek=56 conv=notrunc status=none
for device in p384 p521 rsa; do "$vcca" hsm cert cpak --device $device --out $device.pem || complain "no $device key"; done

rim="" rems=()
measure() { # words of vcca measure: both files, the RIM, the REMs
  local text
  rm -f corim store
  text=$("$vcca" measure --output-corim corim --output-rv-store store "$@" 2>err) || complain "measure $*: $(cat err)"
  rim=$(sed -n 's/^RIM: //p' <<<"$text"); rems=(); for r in $(sed -n 's/^REM[0-3]: //p' <<<"$text"); do rems+=(--rem "$r"); done
  [[ -n $rim && -s corim && -s store && ! -e corim.part && ! -e store.part ]] || complain "measure $*: no RIM or no file"
}
verify() { # exit code, executables of the realm, "" for any, pattern, reference option and file, words of vcca token mint
  local want=$1 executables=$2 pattern=$3 reference=("$4" "$5") text code; shift 5
  "$vcca" token mint --family "$family" --device "$device" --out token "$@" || complain "no token: $*"
  text=$("$vcca" token verify token --cpak "$device.pem" "${reference[@]}" --ear ear 2>&1); code=$?
  [[ $code -eq $want ]] || complain "${reference[*]}, token $*: exit $code, not $want: $text"
  grep -qE -- "$pattern" <<<"$text" || complain "${reference[*]}, token $*: no '$pattern' in: $text"
  sed -n '/"CCA_REALM"/,$p' ear | grep -q "\"executables\": ${executables:-.*},\?$" || complain "${reference[*]}, token $*: not executables $executables: $(cat ear)"
}
other() { tr 0123456789abcdef 1032547698badcfe <<<"$1"; }
# A token like this one is affirmed by each file, one with another RIM by neither.
check() { # executables by the CoRIM, words of vcca token mint
  local executables=$1; shift
  verify 0 "$executables" 'realm-reference +pass' --corim corim --rim "$rim" "$@"
  verify 0 2 'realm-reference +pass' --rv-store store --rim "$rim" "$@"
  for reference in "--corim corim" "--rv-store store"; do
    verify 1 33 'realm-reference +fail +no reference value has the RIM' $reference --rim "$(other "$rim")" "$@"
  done
}

family=arm-1.0 device=p384
FF=$(printf 'ff%.0s' {1..32}) PV=AAECAw== # 00010203
measure arm --kernel Image; check 3
grep -q 'store says zero for REMs' err && grep -q 'store says zero for the personalization value' err || complain "no note of zeros: $(cat err)"
verify 0 3 'realm-reference +pass' --corim corim --rim "$rim" --rpv 01 --rem "$FF"
verify 1 96 'realm-reference +fail +personalization' --rv-store store --rim "$rim" --rpv 01
verify 1 96 'realm-reference +fail +REM 0' --rv-store store --rim "$rim" --rem "$FF"
measure arm --kernel Image --rpv 0102; check 3 --rpv 0102
verify 1 96 'realm-reference +fail +personalization' --corim corim --rim "$rim"
measure arm --kernel Image --rem0 "$FF"; check 3 --rem "$FF"
verify 1 96 'realm-reference +fail +REM 0' --corim corim --rim "$rim"
measure arm --kernel Image --rem0 "$FF" --rem1 "$FF" --rem2 "$FF" --rem3 "$FF"; check 2 --rem "$FF" --rem "$FF" --rem "$FF" --rem "$FF"
measure arm --kernel Image --hash sha-512; check 3 --hash sha-512

HOST=(--num-bps 6 --num-wps 4 -k Image)
measure qemu "${HOST[@]}" --ipa-bits 48 -- -M virt,confidential-guest-support=r -object rme-guest,id=r,measurement-algorithm=sha256,personalization-value=$PV -m 512M -kernel Image
check 3 --rpv 00010203
verify 1 96 'realm-reference +fail +personalization' --corim corim --rim "$rim"
grep -q 'says zero for the personalization' err && complain "the VMM said the personalization value: $(cat err)"
measure kvmtool "${HOST[@]}" --output-log log -- --realm -c 2 -m 256M -k Image --measurement-algo sha256; check 3
verify 1 96 'realm-reference +fail +personalization' --corim corim --rim "$rim" --rpv 01 # kvmtool would have been told
measure cloud-hypervisor "${HOST[@]}" --rmm 2.0 -- --cpus boot=1 --memory size=512M --kernel Image; family=arm-rmm-2.0; check 3; family=arm-1.0
measure kvmtool "${HOST[@]}" --output-dtb dtb --output-log log -- --realm -c 2 -m 256M -k Image --measurement-log
want=$rim; measure log log --image Image --image dtb; [[ $rim == "$want" ]] || complain "the log's RIM: $rim, not $want"
check 3 --rpv ""
verify 0 3 'realm-reference +pass' --corim corim --rim "$rim" --rpv 01 # a log does not say
printf 'profile: arm-rmm-1.0\noperations:\n  - create: {s2sz: 40, num_bps: 5, num_wps: 3, hash: sha-256}\n' >ops
measure ops ops; check 3
printf '  - extend: {index: 2, value: "00ff"}\n' >>ops; measure ops ops
[[ ${#rems[@]} -eq 8 ]] || complain "REMs of operations: ${rems[*]}"
check 2 "${rems[@]}"
verify 1 96 'realm-reference +fail +REM 1' --corim corim --rim "$rim"

family=virtcca-p521 device=p521
for profile in virtcca virtcca-2025 kata; do
  measure $profile --kernel Image --vcpus 2; check 3
  "$vcca" measure $profile --kernel Image --vcpus 2 --output-refs refs >/dev/null 2>&1 || complain "no refs of $profile"
  printf '{\n  "refs": "{\\"vcca.cvm.rim\\":\\"%s\\"}"\n}\n' "$rim" | cmp - refs || complain "refs of $profile: $(cat refs)"
done
grep -q 'openEuler' err || complain "no word on what is defined for virtCCA: $(cat err)"
family=virtcca-rsa device=rsa; measure virtcca --kernel Image --vcpus 1 --hash sha-512; check 3

# what is read back is written again as it was
"$vcca" token mint --family arm-1.0 --device p384 --rim "$rim" --out token
measure virtcca --kernel Image --vcpus 1 --hash sha-512 --rpv 00 --rem0 "${rim//?/0}" --rem1 "${rim//?/0}" --rem2 "${rim//?/0}" --rem3 "${rim//?/0}"
mkdir out; "$vcca" golden endorse token --out out >/dev/null 2>&1
cmp corim out/corim-realm.cbor || complain "the CoRIM of the token is another than that of the measurement"

# nothing is written by a run that fails, and what was there stays
refuse() { # exit code, text on stderr, words...
  local want=$1 text=$2 message code; shift 2
  message=$("$vcca" measure "$@" 2>&1 >stdout </dev/null); code=$?
  [[ $code -eq $want ]] || complain "$*: exit $code, not $want: $message"
  grep -qF -- "$text" <<<"$message" || complain "$*: no '$text' in: $message"
  [[ ! -s stdout && $(cat kept) == before && -z $(compgen -G 'new*') && -z $(compgen -G '*.part') ]] || complain "$*: something was written: $(ls)"
}
echo before >kept
ALL=(--output-corim new.cbor --output-rv-store kept)
refuse 2 "is for VMs on virtCCA" arm --kernel Image "${ALL[@]}" --output-refs new.refs
refuse 2 "stdout has the RIM" arm --kernel Image --output-corim - --output-rv-store kept
refuse 2 "--rem3: 1 bytes, but REMs of this VM have 32" arm --kernel Image "${ALL[@]}" --rem3 00
refuse 2 "--rpv" arm --kernel Image "${ALL[@]}" --rpv "$FF$FF$FF"
refuse 2 "--rem1: " arm --kernel Image "${ALL[@]}" --rem1 0x
refuse 2 "--rem1 goes with --output-corim or" arm --kernel Image --rem1 "$FF"
refuse 2 "--rpv goes with --output-corim or" virtcca --kernel Image --rpv 00 --output-refs new.refs
refuse 2 "the REMs were measured here" ops ops "${ALL[@]}" --rem1 "$FF"
refuse 2 "say it in the VMM's own words" qemu "${HOST[@]}" "${ALL[@]}" --rpv 00 -- -m 512M -kernel Image
refuse 3 "no-such-image" arm --kernel no-such-image "${ALL[@]}"
refuse 3 "no-such-folder" arm --kernel Image --output-corim no-such-folder/x
refuse 3 "out: " arm --kernel Image --output-corim out
exit $bad
