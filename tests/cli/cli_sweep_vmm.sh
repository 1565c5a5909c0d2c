#!/usr/bin/env bash
# vcca measure sweep with VMM models: each row is what the one command `vcca measure MODEL ... -- WORDS` says, for every model; what is wrong
# with a plan's words is told with its place before anything is computed.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1
complain() { printf '%s\n' "$*"; bad=1; }
command -v python3 >/dev/null || { echo "SKIPPED: no python3"; exit 77; }

# an arm64 Image of 16 KiB, text_offset 0 or 12 KiB; images that do not end at a page
image() { head -c 8 /dev/zero; printf "$1"'\0\0\0\0\0\0'; printf '\0\200\0\0\0\0\0\0'; head -c 32 /dev/zero; printf 'ARM\x64'; head -c 16324 /dev/zero | tr '\0' "$2"; }
image '\0\0' x >Image
image '\0\60' y >other
gzip -9nk other # which QEMU alone unpacks
head -c 9001 /dev/zero | tr '\0' 'i' >initrd
head -c 70001 /dev/zero | tr '\0' 'f' >firmware
printf 'ipa_bits = 52\nnum_bps = 16\nnum_wps = 16\npmu_num_ctrs = 8\nsve_vl = 512\npmu = true\nlpa2 = true\n' >hardware.toml
printf 'num_bps = 1\n' >bad.toml
printf 'lpa2 = false\nnum_bps = 4\n' >kvm.toml

cat >qemu.yaml <<'YAML'
vcca: 1
profile: qemu
args: qemu-system-aarch64 -M virt,confidential-guest-support=rme0 -object rme-guest,id=rme0 -cpu host -append "root=/dev/vda 'rw'" -kernel /host/Image
matrix:
  kernel: [Image, other.gz]
  host: [hardware.toml, [hardware.toml, kvm.toml]]
  args: [none, "-cpu host,sve=off,pmu=on -object rme-guest,measurement-log=on", [-append, quiet, -smp, "2,threads=2"]]
  initrd: [none, initrd]
  vcpus: [none, 6]
  ram: [512M, 300G, 1]
YAML
cat >firmware.yaml <<'YAML'
vcca: 1
profile: qemu
host: hardware.toml
ram: 1G
matrix:
  firmware: [firmware, none]
  kernel: [none, Image]
  hash: [none, sha256, sha-384, sha512]
  rmm: [none, 1.0, 2.0]
  hash-algo: [none, sha256]
YAML
cat >handed.yaml <<'YAML'
vcca: 1
profile: qemu
host: hardware.toml
firmware: firmware
matrix:
  kernel: [none, Image, other.gz]
  initrd: [none, initrd]
  append: [none, quiet, quiet splash]
  hash: [sha256, sha512]
YAML
cat >caps.yaml <<'YAML'
vcca: 1
profile: kvmtool
kernel: Image
args: [-c, "2", -m, 512M, --pmu]
lpa2: true
matrix:
  num-bps: [none, 6, 16]
  num-wps: [4]
  sve-vl: [0, 256]
  pmu: [none, true, false]
  pmu-num-ctrs: [none, 4]
  ipa-bits: [none, 34, 48]
YAML
for model in kvmtool kvmtool-linaro kvmtool-arm; do
  cat >$model.yaml <<YAML
vcca: 1
profile: $model
host: [hardware.toml, kvm.toml]
append: quiet splash
hash: sha512
matrix:
  kernel: [Image, other, none]
  firmware: [none, firmware]
  initrd: [none, initrd]
  vcpus: [1, 3]
  ram: [512M]
  args: [none, --measurement-log --realm-pv it\'s, --irqchip gicv3]
YAML
done
cat >cloud-hypervisor.yaml <<'YAML'
vcca: 1
profile: cloud-hypervisor
host: hardware.toml
args: --serial off
matrix:
  kernel: [Image, other]
  initrd: [none, initrd]
  vcpus: [1, 5]
  ram: [512M, 3G]
  append: [none, console=hvc0]
  hash: [none, sha-256]
YAML
# a dump to edit, and trees as they are
"$vcca" measure qemu --host hardware.toml -k Image --output-dtb vm.dtb -- -kernel Image -m 1G -smp 4 >/dev/null 2>&1 || complain "no device tree"
printf 'vcca: 1\nprofile: qemu\nhost: hardware.toml\nkernel: Image\nmatrix:\n  dtb: [none, vm.dtb]\n  dtb-template: [none, vm.dtb]\n  vcpus: [1, 2]\n' >trees.yaml

cat >check.py <<'PYTHON'
import json, subprocess, sys
# how each VMM is told, as its manual has it
QEMU = {"kernel": ["-kernel", ""], "initrd": ["-initrd", ""], "firmware": ["-bios", ""], "append": ["-append", ""], "vcpus": ["-smp", ""],
        "ram": ["-m", ""], "hash": ["-object", "rme-guest,id=x,measurement-algorithm="]}
LKVM = {"kernel": ["-k", ""], "initrd": ["-i", ""], "firmware": ["-f", ""], "append": ["-p", ""], "vcpus": ["-c", ""], "ram": ["-m", ""],
        "hash": ["--measurement-algo", ""]}
CLOUD = {"kernel": ["--kernel", ""], "initrd": ["--initramfs", ""], "append": ["--cmdline", ""], "vcpus": ["--cpus", "boot="],
         "ram": ["--memory", "size="], "hash": ["--platform", "measurement_algo="]}
VMMS = {"qemu": QEMU, "kvmtool": LKVM, "kvmtool-linaro": LKVM, "kvmtool-arm": LKVM, "cloud-hypervisor": CLOUD}
FILES = ("kernel", "initrd", "firmware")

def text(key, value, unit="B"):
    return str(value).lower() if isinstance(value, bool) else f"{value}{unit}" if key == "ram" else str(value)

rims = errors = 0
made_of, rems = set(), set()
for line in open(sys.argv[2]):
    row = json.loads(line)
    options = {k: v for k, v in row["options"].items() if v is not None}
    words = options.pop("args", [])
    ours = [w for path in options.pop("host", []) for w in ("--host", path)]
    for key, value in options.items():
        told = VMMS[row["profile"]].get(key)
        words = words + [told[0], told[1] + text(key, value, "" if row["profile"] == "cloud-hypervisor" else "B")] if told else words
        ours += ["--" + key, text(key, value)] if key in FILES or not told else []
    command = [sys.argv[1], "measure", row["profile"], *ours, "--", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    if "rim" in row:
        assert done.stdout.startswith("RIM: " + row["rim"] + "\n"), (command, row, done)
        assert [l[6:] for l in done.stdout.splitlines() if l.startswith("REM0: ")] == [row[m] for m in ("rem0",) if m in row], (command, row, done)
        rems.add(row.get("rem0"))
        rims += 1
    else:
        assert done.returncode != 0 and row["error"] in done.stderr, (command, row, done)
        errors += 1
    made_of.add(row["inputs"])
print(sys.argv[2], rims, errors, len(rems))
assert rims >= int(sys.argv[3]) and errors >= int(sys.argv[4]) and len(made_of) == rims + errors and len(rems) >= int(sys.argv[5])
PYTHON
check() { # plan, least RIMs, least errors, least REM0s (none is one)
  "$vcca" measure sweep $1.yaml >$1.jsonl 2>stderr
  [[ $? -eq $(($3 > 0)) ]] || complain "$1.yaml: $(cat stderr)"
  python3 check.py "$vcca" $1.jsonl $2 $3 ${4:-1} || complain "$1: rows are not what vcca measure says"
}
check qemu 96 48
check firmware 64 8
check handed 26 10 25
for format in jsonl csv; do # resumed, the kernels' REM0 included
  "$vcca" measure sweep handed.yaml -o $format >whole.$format 2>/dev/null
  grep -v '[07],"\?profile\|[07],qemu' whole.$format >part.$format
  "$vcca" measure sweep handed.yaml -o $format --resume part.$format 2>/dev/null | cmp -s - whole.$format || complain "resumed with REM0: $format"
  sed "$(printf 's/%s/%064d/' "$(tail -1 part.$format | grep -o '[0-9a-f]\{64\}' | head -1)" 0)" part.$format >other.$format
  "$vcca" measure sweep handed.yaml -o $format --resume part.$format --resume other.$format 2>&1 >/dev/null | grep -q 'another RIM or REM0' ||
    complain "another value is resumed: $format"
done
check caps 20 20
check kvmtool 32 16
check kvmtool-linaro 32 16
check kvmtool-arm 32 16
check cloud-hypervisor 32 0
check trees 6 2

# rows of other words are no rows of this plan, not even where only a last letter differs, or where a word ends
for words in '-append quiet' '-append quies' '-append quie' '-append a -S' '-append a-S'; do
  printf '%s\n' 'vcca: 1' 'profile: qemu' 'host: hardware.toml' "args: -M virt -kernel Image $words" 'matrix: {vcpus: [1]}' >words.yaml
  "$vcca" measure sweep words.yaml 2>/dev/null
done | grep -o '"inputs":"[^"]*"' | sort -u >inputs
[[ $(wc -l <inputs) -eq 5 ]] || complain "other words, the same inputs"

# remarks are made once
"$vcca" measure sweep qemu.yaml >/dev/null 2>stderr
sort stderr | uniq -d | grep . && complain "a remark was made twice"

# the fuzzer's seeds are plans
cp hardware.toml host.toml
for seed in "${VCCA_SOURCE:?}"/fuzz/corpus/sweep/*; do
  cp "$seed" seed.yaml
  "$vcca" measure sweep seed.yaml --shard 1/7 >out 2>stderr; code=$?
  [[ $code -le 1 && -s out ]] || complain "$seed: exit $code: $(cat stderr)"
done

# wrong words have a place
wrong() { # text, pattern, lines of the plan...
  local pattern=$1; shift
  printf '%s\n' 'vcca: 1' "$@" >wrong.yaml
  "$vcca" measure sweep wrong.yaml >out 2>stderr; local code=$?
  [[ $code -eq 3 && ! -s out ]] || complain "$*: exit $code"
  grep -qE -- "^vcca measure sweep: wrong.yaml:$pattern" stderr || complain "$*: no '$pattern' in: $(cat stderr)"
}
wrong "4:16: lkvm has no option '--frob'" 'profile: kvmtool' 'matrix:' '  args: [none, --frob]'
wrong '3:7: --cpus needs a value' 'profile: kvmtool' 'args: --mem 512M --cpus' 'matrix: {vcpus: [1]}'
wrong '4:10: .*-smp' 'profile: qemu' 'matrix:' '  args: [-smp 4000]'
wrong '3:21: .*--firmware Image: cloud-hypervisor starts realms from a kernel' 'profile: cloud-hypervisor' 'matrix: {firmware: [Image]}'
wrong '3:7: bad.toml:1:11: num_bps' 'profile: qemu' 'host: bad.toml' 'matrix: {vcpus: [1]}'
wrong '3:20: --num-wps 1: a number of 2 to 64' 'profile: qemu' 'matrix: {num-wps: [1]}'
wrong '3:21: rmm 3.0: 1.0, 2.0 or 2.0-bet1' 'profile: qemu' 'matrix: {rmm: [1.0, 3.0]}'
wrong '3:10: "s2sz" is not for qemu: use ipa-bits' 'profile: qemu' 'matrix: {s2sz: [40]}'
wrong '3:10: "args" is not for virtcca: only VMM models' 'profile: virtcca' 'matrix: {args: [-m 1G]}'
wrong '3:7: a quote is open' 'profile: qemu' "args: -append 'a b" 'matrix: {vcpus: [1]}'
exit $bad
