#!/usr/bin/env bash
# examples/measure_host.sh over made-up /proc, /sys and logs: what it gathers is what vcca measure takes, and gives the RIM of the same words by hand.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} script=${VCCA_SOURCE:?}/examples/measure_host.sh bad=0
command -v awk >/dev/null || { echo "SKIPPED: no awk"; exit 77; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1
complain() { printf '%s\n' "$*"; bad=1; }
same() { [[ $1 == "$2" ]] || complain "$3: '$1' is not '$2'"; }

mkdir -p root/proc/1 root/proc/77/cwd root/proc/77/root/var root/sys/firmware root/var/log
printf 'init\0' >root/proc/1/cmdline
printf 'processor\t: 0\nFeatures\t: fp asimd sve sha512\n' >root/proc/cpuinfo
cat >root/var/log/dmesg <<'LOG'
[    0.000000] Booting Linux on physical CPU 0x0000000000 [0x410fd0f0]
[    0.003312] SVE: maximum available vector length 64 bytes per vector
[    0.091847] hw-breakpoint: found 6 breakpoint and 4 watchpoint registers.
[    0.210001] hw perfevents: enabled with armv8_pmuv3_0 PMU driver, 9 counters available
[    0.210005] hw perfevents: enabled with armv8_pmuv3_1 PMU driver, 7 (0,8000003f) counters available
[    0.310001] kvm [1]: IPA Size Limit: 48 bits
LOG
head -c 8192 /dev/zero >Image
printf '\0\0\1' | dd of=Image bs=1 seek=16 conv=notrunc status=none
printf 'ARMd' | dd of=Image bs=1 seek=56 conv=notrunc status=none
vm=(/usr/bin/qemu-system-aarch64 -M virt,confidential-guest-support=rme0 -object '{"qom-type":"rme-guest","id":"rme0"}' -cpu host -m 1.5G
  -kernel /srv/Image -append 'a b' -dtb vm.dtb)
printf '%s\0' "${vm[@]}" >root/proc/77/cmdline
"$vcca" measure qemu --num-bps 6 --num-wps 4 -k Image --output-dtb root/proc/77/cwd/vm.dtb -- "${vm[@]}" >/dev/null 2>&1 || complain "no tree to begin with"

"$script" -r root -o got 2>talk || complain "exit $?: $(cat talk)"
same "$(grep -v '^#' got/host.toml)" $'ipa_bits = 48\nnum_bps = 6\nnum_wps = 4\nsve_vl = 512\npmu_num_ctrs = 6\npmu = true\nlpa2 = false' "the host file"
mapfile -t words <got/words
same "${words[*]}" "${vm[*]}" "the words"
cmp -s got/vm.dtb root/proc/77/cwd/vm.dtb || complain "not the VM's device tree"
want=$("$vcca" measure qemu --ipa-bits 48 --num-bps 6 --num-wps 4 --sve-vl 512 --pmu true --pmu-num-ctrs 6 --lpa2 false -k Image --dtb root/proc/77/cwd/vm.dtb -- "${vm[@]}" 2>/dev/null)
same "$("$vcca" measure qemu --host got/host.toml -k Image --dtb got/vm.dtb -- "${words[@]}" 2>&1)" "$want" "the RIM of what was gathered"
[[ $want == RIM:* ]] || complain "no RIM: $want"

# as libvirt's log has it: the environment in front of the program. Without a program, such a word is none of the environment
same "$("$vcca" measure qemu --host got/host.toml -k Image --dtb got/vm.dtb -- LC_ALL=C PATH=/usr/bin HOME=/var/lib "${words[@]}" 2>&1)" "$want" "libvirt's words"
same "$("$vcca" measure qemu --host got/host.toml -k Image --dtb got/vm.dtb -- env A_1=x "${words[@]}" 2>&1)" "$want" "words behind env"
"$vcca" measure qemu --host got/host.toml -k Image --dtb got/vm.dtb -- A=C "${words[@]:1}" 2>&1 | grep -q "'A=C' is not an option" || complain "a word that is no environment"
for help in -h --help; do "$script" $help | grep -q -- '-l KERNEL-LOG' || complain "$help: no usage"; done

# an absolute path, of the process's own root; two VMs; the VM itself; a log that says nothing
printf 'tree' >root/proc/77/root/var/x.dtb
printf '%s\0' lkvm run --realm --dtb=/var/x.dtb -c 1 >root/proc/77/cmdline
"$script" -r root -o abs -p 77 2>/dev/null; same "$(cat abs/vm.dtb)" tree "a tree below the process's root"
mkdir root/proc/78; cp root/proc/77/cmdline root/proc/78/
"$script" -r root -o two 2>talk; grep -q 'several VMs run: say which with -p: 77 78' talk || complain "two VMs: $(cat talk)"
[[ ! -e two/words ]] || complain "two VMs, and words of one"
rm -r root/proc/7?; printf 'fdt' >root/sys/firmware/fdt; : >empty
"$script" -r root -o vm -l empty 2>talk; same $? 1 "a log without breakpoints"
grep -q 'does not say how many breakpoints' talk || complain "a log without breakpoints: $(cat talk)"
grep -q '^# num_bps is not in the log' vm/host.toml || complain "num_bps: $(cat vm/host.toml)"
same "$(cat vm/vm.dtb)" fdt "the VM's own tree"
"$script" -x 2>/dev/null; same $? 2 "an option that is none"

# what stops at a number that is not known says how to read it
"$vcca" measure qemu -k Image -- -M virt -kernel Image 2>&1 | grep -q "num_bps is unknown.*hw-breakpoint" || complain "num_bps: no word on where it is read"
exit $bad
