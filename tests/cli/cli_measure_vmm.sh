#!/usr/bin/env bash
# vcca measure with VMM models: host files and the options over them, logs there and back, every step as JSON, and errors that name the place
# or the option.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
[[ -x $vcca ]] || { echo "no $vcca"; exit 1; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1
complain() { printf '%s\n' "$*"; bad=1; }
rim() { "$vcca" measure "$@" 2>/dev/null | sed -n 's/^RIM: //p'; }
same() { [[ -n $1 && $1 == "$2" ]] || complain "$3: $1 is not $2"; }
differ() { [[ -n $1 && -n $2 && $1 != "$2" ]] || complain "$3: both are $1"; }
expect() { # exit code, text on stderr, words...
  local want=$1 text=$2 message code; shift 2
  message=$("$vcca" "$@" 2>&1 >/dev/null </dev/null); code=$?
  [[ $code -eq $want ]] || complain "vcca $*: exit $code, not $want: $message"
  grep -qF -- "$text" <<<"$message" || complain "vcca $*: no '$text' in: $message"
}

head -c 8192 /dev/zero >Image
printf '\0\0\1' | dd of=Image bs=1 seek=16 conv=notrunc status=none
printf 'ARMd' | dd of=Image bs=1 seek=56 conv=notrunc status=none
printf 'a small initrd' >initrd
printf 'ipa_bits = 52\nnum_bps = 16\nnum_wps = 16\npmu_num_ctrs = 8\nsve_vl = 512\npmu = true\nlpa2 = true\n' >hardware.toml
printf '# what the hypervisor leaves\nlpa2 = false\nnum_bps = 4\n' >kvm.toml
printf 'num_bps = 6\nnum_wps = 6\n' >small.toml
VM=(-- -m 512M -kernel Image -initrd initrd)
Q=(qemu -k Image -i initrd --host hardware.toml)

# files lower, whatever their order; options override; what is overridden away does not matter
same "$(rim "${Q[@]}" --host kvm.toml "${VM[@]}")" "$(rim qemu -k Image -i initrd --host kvm.toml --host hardware.toml "${VM[@]}")" "order of files"
differ "$(rim "${Q[@]}" "${VM[@]}")" "$(rim "${Q[@]}" --host kvm.toml "${VM[@]}")" "a second file"
same "$(rim "${Q[@]}" --host kvm.toml --num-bps 16 --lpa2 true "${VM[@]}")" "$(rim "${Q[@]}" "${VM[@]}")" "options over files"
for option in --ipa-bits=40 --num-bps=3 --num-wps=3 --sve-vl=128 --pmu-num-ctrs=1 --pmu=false --lpa2=false --hash-algo=sha256; do
  differ "$(rim "${Q[@]}" "${VM[@]}")" "$(rim "${Q[@]}" "$option" "${VM[@]}")" "$option"
done
differ "$(rim "${Q[@]}" "${VM[@]}")" "$(rim "${Q[@]}" --rmm 2.0 --hash-algo sha512 "${VM[@]}")" "--rmm 2.0"
same "$(rim "${Q[@]}" --hash-algo sha256 "${VM[@]}" -object rme-guest,measurement-algorithm=sha512)" "$(rim "${Q[@]}" --hash-algo sha256 "${VM[@]}")" "--hash-algo"
gzip -k Image
same "$(rim qemu -k Image.gz -i initrd --host small.toml "${VM[@]}")" "$(rim qemu -k Image -i initrd --host small.toml "${VM[@]}")" "a compressed kernel"

# a log, there and back, for every model
check_log() { # model, words...
  local want got
  want=$(rim "$1" -k Image -i initrd --host small.toml --output-dtb vm.dtb --output-log vm.log -- "${@:2}")
  got=$(rim log vm.log --image Image --image initrd --image vm.dtb)
  same "$got" "$want" "the log of $1"
}
check_log qemu -m 512M -kernel Image -initrd initrd -object rme-guest,measurement-log=on
check_log kvmtool -c 2 -m 256M -k Image -i initrd --measurement-log
check_log kvmtool-linaro -c 2 -m 256M -k Image
check_log cloud-hypervisor --cpus boot=2 --kernel Image --initramfs initrd

# the tree that is written is the one that was measured, and the same every time
check_tree() { # model, words...
  local want
  want=$(rim "$1" -k Image -i initrd --host small.toml --output-dtb one.dtb -- "${@:2}")
  same "$(rim "$1" -k Image -i initrd --host small.toml --dtb one.dtb --output-dtb two.dtb -- "${@:2}")" "$want" "the tree of $1, given"
  cmp -s one.dtb two.dtb || complain "the tree of $1 is not written as it was given"
  same "$(rim "$1" -k Image -i initrd --host small.toml --output-dtb two.dtb -- "${@:2}")" "$want" "the tree of $1, again"
  cmp -s one.dtb two.dtb || complain "the tree of $1 changes"
}
check_tree qemu -m 512M -smp 4 -kernel Image -initrd initrd -append quiet
check_tree kvmtool -c 4 -m 256M -k Image -i initrd
check_tree kvmtool-arm -c 1 -m 6G -k Image
check_tree cloud-hypervisor --cpus boot=2 --kernel Image --initramfs initrd

# a VMM's version goes into its log, as long as a commit's name
"$vcca" measure qemu -k Image -i initrd --host small.toml --output-log v.log --output-dtb vm.dtb --vmm-version 0123456789012345678901234567890123456789 "${VM[@]}" >/dev/null 2>&1
"$vcca" measure log v.log --image Image --image initrd --image vm.dtb -o json 2>/dev/null | grep -q '"vmm_version": "0123456789012345678901234567890123456789"' ||
  complain "a log without its VMM's version"
expect 2 "40 bytes" measure qemu --host small.toml --output-log v.log --vmm-version 01234567890123456789012345678901234567890
expect 2 "--output-log" measure qemu --host small.toml --vmm-version 9.1

# what firmware is handed goes into REM0
printf 'firmware' >fw
rem=$("$vcca" measure qemu --host small.toml -f fw -k Image -i initrd -- -bios fw -kernel Image -initrd initrd -append quiet 2>/dev/null | sed -n 's/^REM0: //p')
[[ ${#rem} -eq 128 && $rem != 0000* ]] || complain "no REM0 with firmware: $rem"
expect 0 "no REM0: firmware computes it from the initrd, which is not given" measure qemu --host small.toml -f fw -k Image -- -bios fw -kernel Image -initrd initrd
"$vcca" measure qemu --host small.toml -f fw -- -bios fw 2>/dev/null | grep REM0 && complain "a REM0 of nothing"

# RAM of cloud-hypervisor on both sides of its hole: RIPAS, memory nodes, the PCI window and the initrd, from the constants of layout.rs
cat >split.py <<'PY'
import json, struct, sys
RAM_START, RESERVED_START, RAM_64BIT_START, PCI_HIGH_BASE = 0x40000000, 0xfc000000, 0x100000000, 0x200000000
MIB, GIB = 1 << 20, 1 << 30
size = int(sys.argv[1]) * MIB
low = min(size, RESERVED_START - RAM_START)
ram = [(RAM_START, low)] + ([(RAM_64BIT_START, size - low)] if size > low else [])

def blocks(base, size):
    while size:
        b = next(b for b in (512 * GIB, GIB, 2 * MIB, 4096) if base % b == 0 and b <= size)
        yield base, base + b
        base, size = base + b, size - b

dump = json.load(open("split.json"))
ripas = [(int(o["base"], 16), int(o["top"], 16)) for o in dump["operations"] if o["kind"] == "ripas"]
assert ripas == [r for region in ram for r in blocks(*region)], ripas
data = [int(o["ipa"], 16) for o in dump["operations"] if o["kind"] == "data"]
initrd = sum(ram[-1]) - 4096
assert data[-1] == initrd, hex(data[-1])

dtb = open("split.dtb", "rb").read()
_, _, at, names = struct.unpack(">4I", dtb[:16])
nodes, path = [], []
while True:
    token, = struct.unpack_from(">I", dtb, at)
    at += 4
    if token == 1:
        name = dtb[at:dtb.index(b"\0", at)].decode()
        at += len(name) // 4 * 4 + 4
        path.append((name, {}))
        nodes.append(path[-1])
    elif token == 2:
        path.pop()
    elif token == 3:
        n, name = struct.unpack_from(">2I", dtb, at)
        path[-1][1][dtb[names + name:dtb.index(b"\0", names + name)].decode()] = dtb[at + 8:at + 8 + n]
        at += 8 + (n + 3) // 4 * 4
    elif token == 9:
        break
memory = [(name, p) for name, p in nodes if name.startswith("memory@")]
assert memory == [("memory@%x" % base, {"device_type": b"memory\0", "reg": struct.pack(">2Q", base, n)}) for base, n in ram], memory
chosen = dict(nodes)["chosen"]
assert chosen["linux,initrd-start"] == struct.pack(">Q", initrd), chosen
# create_mmio_allocators, one segment, in units of 4 GiB from the end of RAM to the platform's 1 MiB; fdt.rs: not below PCI_HIGH_BASE
start = max(sum(ram[-1]), RAM_64BIT_START)
length = ((1 << 46) - (1 << 16) - MIB - start) // (4 * GIB) * (4 * GIB)
window = (start, length) if start >= PCI_HIGH_BASE else (PCI_HIGH_BASE, length - (PCI_HIGH_BASE - start))
ranges = dict(nodes)["pcie@30000000"]["ranges"]
assert struct.unpack(">I3Q", ranges[-28:]) == (0x3000000, window[0], window[0], window[1]), ranges[-28:].hex()
PY
split() { # MiB of RAM, options...
  "$vcca" measure cloud-hypervisor --host small.toml -k Image -i initrd --output-dtb split.dtb --steps -o json "${@:2}" -- \
    --memory "size=$1M" --kernel Image --initramfs initrd >split.json 2>split.err || complain "$1 MiB: $(cat split.err)"
  [[ $(grep -c 'begins at 4 GiB' split.err) -eq $(($1 > 3008)) ]] || complain "$1 MiB: $(cat split.err)"
  python3 split.py "$1" || complain "$1 MiB of cloud-hypervisor's RAM $*"
}
if command -v python3 >/dev/null; then
  for mib in 3008 3010 4096 16384; do
    split $mib
    cp split.dtb split.$mib.dtb
  done
  split 16384 --dtb-template split.3008.dtb # a node more, and one less
  split 3010 --dtb-template split.16384.dtb
fi
check_log cloud-hypervisor --memory size=16G --kernel Image --initramfs initrd
check_tree cloud-hypervisor --memory size=16G --kernel Image --initramfs initrd

# every step as JSON: as many as are counted, the last is the RIM
"$vcca" measure "${Q[@]}" --steps -o json "${VM[@]}" >steps.json 2>/dev/null
if command -v python3 >/dev/null; then
  python3 - <<'PY' || complain "the JSON of every step is wrong"
import json
d = json.load(open("steps.json"))
assert len(d["operations"]) == d["steps"] > 256 and d["operations"][-1]["rim"] == d["rim"] and d["operations"][0]["kind"] == "create"
PY
fi

printf 'num_bps = 6\nnum_wps = 1\n' >bad.toml
expect 3 "bad.toml:2:11" measure qemu --host bad.toml
printf 'x' >bad.log
expect 3 "bad.log: byte" measure log bad.log
head -c 300 vm.log >short.log
expect 3 "short.log: byte" measure log short.log
expect 3 "--image" measure log vm.log
expect 3 "dtb" measure qemu --host small.toml --dtb-template initrd
head -c 40 Image.gz >short.gz
expect 3 "short.gz: byte" measure qemu --host small.toml -k short.gz -- -kernel Image
expect 2 "--num-bps" measure qemu
expect 2 "--num-wps 1: a number of 2 to 64" measure qemu --host small.toml --num-wps 1
expect 2 "--sve-vl 200" measure qemu --host small.toml --sve-vl 200
expect 2 "--ipa-bits 53" measure qemu --host small.toml --ipa-bits 53
expect 2 "--hash-algo md5" measure qemu --host small.toml --hash-algo md5
expect 2 "--kernel" measure qemu --host small.toml -- -kernel Image
expect 2 "no option '--frob'" measure kvmtool --host small.toml -- -c 1 -m 512M --frob
expect 2 "behind --" measure qemu --vcpus 2
expect 2 "behind --" measure qemu stray
expect 2 "is not for virtcca" measure virtcca --kernel Image --rmm 2.0
expect 2 "1.0, 2.0 or 2.0-bet1" measure qemu --host small.toml --rmm 3.0
expect 2 "starts realms from a kernel" measure cloud-hypervisor --host small.toml -- --firmware x
expect 2 "kernel only" measure kata --kernel Image --initrd initrd --vcpus 1
head -c 3M /dev/zero >large
expect 2 "do not fit into RAM from 4 GiB on" measure cloud-hypervisor --host small.toml -k Image -i large -- --memory size=3010M --kernel Image --initramfs large
expect 2 "46 address bits" measure cloud-hypervisor --host small.toml -k Image -- --memory size=65536G --kernel Image
expect 0 "-device smmuv3 is treated as a device on a bus" measure qemu --host small.toml -- -device smmuv3

# vectors that every host with SVE may have, which is not said: those of a host whose longest it is
for bits in 128 256 512 1024 2048; do
  host=(--num-bps 6 --num-wps 4 --ipa-bits 48 -k Image)
  same "$(rim qemu "${host[@]}" -- -M virt -cpu host,sve$bits=on -kernel Image)" \
    "$(rim qemu "${host[@]}" --sve-vl $bits -- -M virt -cpu host -kernel Image)" "sve$bits"
done
expect 2 "not every host has it" measure qemu "${host[@]}" -- -M virt -cpu host,sve384=on -kernel Image
exit $bad
