#!/usr/bin/env bash
# vcca rim: a trace and its configuration are the same; what was changed is named, by trace and by value; exit codes.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1
complain() { printf '%s\n' "$*"; bad=1; }

# an arm64 Image of 16 KiB (booting.rst: image_size at byte 16, magic at 56), and one whose image_size is 4 KiB more
kernel() { # the second byte of image_size, in octal
  head -c 16 /dev/zero; printf "\\0\\$1\\0\\0\\0\\0\\0\\0"; head -c 32 /dev/zero; printf 'ARM\x64'; head -c 16324 /dev/zero | tr '\0' 'x'
}
kernel 100 >Image
kernel 120 >Image.new
same() { # exit code, pattern, words...
  local want=$1 pattern=$2; shift 2
  local text; text=$("$vcca" "$@" 2>&1 </dev/null); local code=$?
  [[ $code -eq $want ]] || complain "vcca $*: exit $code, not $want: $text"
  grep -qE -- "$pattern" <<<"$text" || complain "vcca $*: no '$pattern' in: $text"
}

rim=$("$vcca" measure virtcca -k Image -c 2 --sve 256 --output-dtb vm.dtb --trace a.jsonl 2>/dev/null | sed -n 's/^RIM: //p')
same 0 'They are the same' rim diff a.jsonl 'virtcca -k Image --dtb vm.dtb -c 2 --sve 256'
same 1 'image_size: 0x4000 in A, 0x5000 in B' rim diff 'virtcca -k Image --dtb vm.dtb -c 2' 'virtcca -k "Image.new" --dtb vm.dtb -c 2'
same 1 'only in B +data +0x040204000-0x040205000 +1  kernel \+ 0x4000' rim diff a.jsonl 'virtcca -k Image.new --dtb vm.dtb -c 2 --sve 256'
gzip -k Image.new
same 1 'byte 0x11 of Image.new.gz, decompressed' rim diff 'virtcca -k Image --dtb vm.dtb -c 2' 'virtcca -k Image.new.gz --dtb vm.dtb -c 2'
same 1 'sve_vl: 2 in A, 4 \(512 bits\) in B' rim diff a.jsonl 'virtcca -k Image --dtb vm.dtb -c 2 --sve 512'
same 1 '/chosen/bootargs: only in B: "quiet"' rim diff 'virtcca -k Image --dtb vm.dtb -c 2' 'virtcca -k Image --append quiet -c 2'
same 1 '/chosen/bootargs: only in A: "a"' rim diff 'arm -k Image -c 3 --append a' 'arm -k Image -c 5 --ram 1G'
[[ $(grep -vc '^{.*}$' a.jsonl) -eq 0 ]] || complain "a line of a trace is no object: $(grep -v '^{.*}$' a.jsonl | head -1)"
# behind half of RAM, at most 128 MiB: QEMU's hw/arm/boot.c; what the vCPU starts with differs, and in what
same 1 'x0: 0x44200000 in A, 0x48200000 in B' rim diff 'arm -k Image -i vm.dtb -c 1 --ram 128M' 'arm -k Image -i vm.dtb -c 1 --ram 512M'
same 1 'x0: 0x48200000 in A, 0x48000000 in B' rim diff 'arm -k Image -i vm.dtb -c 1 --ram 256M' 'arm -k Image -i vm.dtb -c 1 --ram 252M'
cp a.jsonl 'a - b.jsonl'
same 0 'They are the same' rim diff 'a - b.jsonl' a.jsonl
same 1 '"difference": "only in B"' rim diff a.jsonl 'virtcca -k Image --dtb vm.dtb -c 3 --sve 256' -o json
same 0 'an SVE vector length of 256 bits   \[--sve 256\]' rim explain virtcca -k Image --dtb vm.dtb -c 2 --rim "$rim"
same 0 'The configuration as it is leads to this RIM' rim explain virtcca -k Image --dtb vm.dtb -c 2 --sve 256 --rim "$rim"
same 0 '"hypothesis": "sve"' rim explain virtcca -k Image --dtb vm.dtb -c 2 --rim "$rim" -o json
same 1 'Nothing that was tried' rim explain virtcca -k Image.new --dtb vm.dtb -c 2 --depth 1 --rim "$rim"
same 0 '^sve ' rim explain --list

# what is printed to be run is run, and leads to the RIM; words are quoted
printed() { # the words of a VM that was started, then --- and those that it is said to have been started with
  local was=() said=() side=was word
  for word; do
    if [[ $word == --- ]]; then side=said; elif [[ $side == was ]]; then was+=("$word"); else said+=("$word"); fi
  done
  local rim; rim=$("$vcca" measure "${was[@]}" 2>/dev/null | sed -n 's/^RIM: //p')
  local text; text=$("$vcca" rim explain "${said[0]}" --rim "$rim" --output text --output-dtb not.dtb "${said[@]:1}" 2>/dev/null </dev/null)
  local line found=0
  while read -r line; do
    found=1
    [[ $line != *not.dtb* ]] || complain "what is printed to be run writes files: $line"
    local again; again=$(eval "${line/#vcca/\"\$vcca\"}" 2>/dev/null | sed -n 's/^RIM: //p')
    [[ -n $rim && $again == "$rim" ]] || complain "explain ${said[*]}: not $rim but '$again': $line"
  done < <(sed -n 's/^  *\(vcca measure .*\)/\1/p' <<<"$text")
  [[ $found -eq 1 ]] || complain "no command line for ${said[*]}, which was ${was[*]}: $text"
}
vm=(virtcca -k Image --append "it's \$HOME \\ \"x\" ")
printed "${vm[@]}" -c 2 --sve 256 --- "${vm[@]}" -c 2
printed "${vm[@]}" -c 3 --sve 256 --- "${vm[@]}" -c 2 --sve=128
printed "${vm[@]}" -c 2 --- virtcca-2025 "${vm[@]:1}" -c 2
printed "${vm[@]}" -c 2 --hash sha-512 --- "${vm[@]}" -c 2 --hash sha-256
printed "${vm[@]}" -c 2 --- "${vm[@]}" -c 2 -i vm.dtb
printed virtcca -k Image -c 2 --- "${vm[@]}" -c 2
printed arm -k Image -c 2 --ram 1G --- arm -k Image -c 2
host=(--ipa-bits 48 --num-bps 6 --num-wps 4 --sve-vl 256 --pmu true --pmu-num-ctrs 6 -k Image)
q=(-M virt -cpu host -kernel Image -append "a 'b'")
printed qemu "${host[@]}" -- "${q[@]}" -smp 3 -m 1G --- qemu "${host[@]}" -- "${q[@]}" -smp 2,sockets=1,cores=2 -m 1G
printed qemu "${host[@]}" -- "${q[@]}" -smp 2 -m 512M --- qemu "${host[@]}" --rmm 1.0 -- "${q[@]}" -smp 2 -m 1G
printed qemu "${host[@]}" -- "${q[@]}" -smp 2 -m 1G -M its=off --- qemu "${host[@]}" -- "${q[@]}" -smp 2 -m 1G
printed qemu "${host[@]}" -- "${q[@]:0:6}" -smp 2 -m 1G --- qemu "${host[@]}" -- "${q[@]}" -smp 2 -m 1G
printed qemu -k Image --num-bps 2 --num-wps 4 -- "${q[@]}" --- qemu -k Image --num-bps=4 --num-wps=4 -- "${q[@]}"
printed qemu "${host[@]}" --rmm 2.0 -- "${q[@]}" -smp 2 -m 1G --- qemu "${host[@]}" --hash-algo sha512 -- "${q[@]}" -smp 2 -m 1G
printed kvmtool-arm "${host[@]}" -- --realm -k Image -c 2 -m 256 --- kvmtool "${host[@]}" -i vm.dtb -- --realm -k Image -c2 -m256 --initrd=vm.dtb
printed kvmtool "${host[@]}" -- --realm -k Image -c 2 -m 512 --- kvmtool "${host[@]}" -- --realm -k Image --cpus=2 --mem 512 --pmu
printed kvmtool "${host[@]}" -- --realm -k Image -c 1 -m 512 --- kvmtool "${host[@]}" -- --realm -k Image -c 1 -m 512 -p quiet
printed cloud-hypervisor "${host[@]}" -- --kernel Image --memory size=1G --- cloud-hypervisor "${host[@]}" -- --kernel Image --memory size=1G --cmdline quiet
narrow=("${host[@]/256/128}") few=("${host[@]}"); few[11]=4
printed qemu "${narrow[@]}" -- "${q[@]}" --- qemu "${host[@]}" -- "${q[@]}"
printed qemu "${few[@]}" -- "${q[@]}" --- qemu "${host[@]}" -- "${q[@]}"
printed cloud-hypervisor "${host[@]}" -- --kernel Image --cpus boot=2 --memory size=1G --- \
  cloud-hypervisor "${host[@]}" -- --kernel Image --cpus boot=1 --memory size=1G
same 0 '"command": "vcca measure virtcca --kernel Image --dtb vm.dtb --vcpus 2 --sve 256"' rim explain virtcca -k Image --dtb vm.dtb -c 2 --rim "$rim" -o json

# what calls did, and what is predicted: the realm, and the call that made the step that differs
scenarios=${VCCA_SOURCE:?}/scenarios
same 0 '^pass' run "$scenarios/boot-arm-realm.yaml" --trace arm.jsonl --save kernel=kernel.arm
same 0 'They are the same' rim diff arm.jsonl 'arm -k kernel.arm -c 2'
"$vcca" measure arm -k kernel.arm -c 2 --output-dtb arm.dtb >/dev/null 2>&1
same 0 'realm 1 of the run, RD 0x' rim diff 'arm.jsonl#1' arm.jsonl
same 1 'A: made by call 8, RTT_INIT_RIPAS' rim diff arm.jsonl 'arm -k kernel.arm --dtb arm.dtb -c 2 --ram 1G'

same 0 '^pass' run "$scenarios/boot-virtcca-direct.yaml" --trace virtcca.jsonl --save kernel=kernel.v --save initrd=initrd.v
same 0 'They are the same' rim diff virtcca.jsonl 'virtcca -k kernel.v -i initrd.v -c 2 --append console=ttyAMA0'
same 1 'A: made by call 1, CVM_CREATE \(line 12 of the scenario\)' rim diff virtcca.jsonl \
  'virtcca -k kernel.v -i initrd.v -c 2 --append console=ttyAMA0 --sve 256'

same 0 '^pass' run "$scenarios/realm-by-hand.yaml" --trace hand.jsonl
sed -e 's/ramp: 3, step: 7/ramp: 4, step: 7/' -e '/rim:/d; /rem0:/d; /three pages/d; /extends as well/d' "$scenarios/realm-by-hand.yaml" >otherwise.yaml
same 0 '^pass' run otherwise.yaml --trace otherwise.jsonl
same 1 'step 7: data 0x1000: content differs' rim diff hand.jsonl otherwise.jsonl
same 1 'A: made by call 14, DATA_CREATE \(line 32 of the scenario\)' rim diff hand.jsonl otherwise.jsonl
same 1 '9 steps are the same' rim diff hand.jsonl otherwise.jsonl
same 1 '"command": "DATA_CREATE"' rim diff hand.jsonl otherwise.jsonl -o json
grep -v '"REC_CREATE"' hand.jsonl >norec.jsonl
same 1 'it would be behind call 16, DATA_CREATE' rim diff norec.jsonl hand.jsonl

# what lays no VM out is a side, too: operations, and a host's log
cat >ops.yaml <<'YAML'
profile: arm-rmm-1.0
operations:
  - create: {s2sz: 40, num_bps: 1, num_wps: 1}
  - rec: {pc: 0x80000, gprs: [0x1111], flags: 1}
YAML
sed 's/0x1111/0x1112/' ops.yaml >ops2.yaml
"$vcca" measure ops ops.yaml --trace ops.jsonl >/dev/null
same 0 'They are the same' rim diff ops.jsonl 'ops ops.yaml'
same 1 '^1 step is the same' rim diff 'ops ops2.yaml' ops.jsonl
sed 's/pc:/pq:/' ops.yaml >bad.yaml
same 3 'bad.yaml:4:11: unknown key "pq" in rec' rim diff ops.jsonl 'ops bad.yaml'
same 2 'ops wants a FILE of operations' rim diff ops.jsonl 'ops '
"$vcca" measure kvmtool --num-bps 6 --num-wps 4 -k kernel.arm --output-log vm.log --output-dtb log.dtb --trace log.jsonl -- --realm -c 2 -m 512M -k kernel.arm >/dev/null 2>&1
same 0 'They are the same' rim diff log.jsonl 'log vm.log --image kernel.arm --image log.dtb'

cat hand.jsonl otherwise.jsonl arm.jsonl >three.jsonl
same 2 '3 realms: write FILE#NUMBER of #1 \(RD 0x88000000, made by call 3, 10 steps\), #2 .*, #3' rim diff three.jsonl hand.jsonl
same 0 'They are the same' rim diff 'three.jsonl#2' otherwise.jsonl
same 0 'They are the same' rim diff three.jsonl#"$(sed -n 's/.*"rd":"\(0x[0-9a-f]*\)","kind":"create".*/\1/p' arm.jsonl)" arm.jsonl
same 2 '2 realms' rim diff 'three.jsonl#0x88000000' arm.jsonl
same 2 'no realm #4' rim diff 'three.jsonl#4' arm.jsonl
same 2 'there are no realms to choose from' rim diff 'a.jsonl#1' a.jsonl
same 2 'by its number or by its RD' rim diff 'three.jsonl#x' a.jsonl
grep -v '^{"call"' hand.jsonl >calls.jsonl
same 3 'no call of this run extended a RIM' rim diff calls.jsonl a.jsonl
same 3 'no create step of this realm' rim diff <(grep -v '"create"' hand.jsonl) a.jsonl
same 3 'steps of a run and others in one trace' rim diff <(cat a.jsonl hand.jsonl) a.jsonl

head -c 150 a.jsonl >short.jsonl
same 3 'short.jsonl:2:37: the trace ends within this line: the 1 step in front of it can be compared \(head -n 1\)' rim diff a.jsonl short.jsonl
head -n 1 short.jsonl >whole.jsonl
same 1 'B ends before A does. As far as it goes, it is the same' rim diff a.jsonl whole.jsonl
same 3 'no steps' rim diff /dev/null a.jsonl
same 3 'absent.jsonl' rim diff absent.jsonl a.jsonl
same 2 'wants --rim' rim explain virtcca -k Image
same 2 '32, 48 or 64 bytes' rim explain virtcca -k Image --dtb vm.dtb --rim 00
same 2 'lays no VM out' rim explain ops x.yaml --rim "$rim"
same 2 'wants A B' rim diff a.jsonl
exit $bad
