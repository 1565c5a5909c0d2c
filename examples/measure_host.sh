#!/usr/bin/env bash
# Gathers on a live machine what `vcca measure qemu|kvmtool|cloud-hypervisor` wants to know: the host file, a running VM's own words, and its
# device tree. It reads and copies, and starts nothing.
#
#   examples/measure_host.sh [-h] [-r ROOT] [-l KERNEL-LOG] [-p PID] [-o FOLDER]
#
# On the host: FOLDER/host.toml from the kernel's log, and FOLDER/words of the VM with that PID (or of the only one), one word a line; the
# device tree that those words name (-dtb, --dtb) as FOLDER/vm.dtb.
# In the VM: FOLDER/vm.dtb is /sys/firmware/fdt, the tree that the kernel was given. (Firmware and Linux change some of theirs: Linux clears
# kaslr-seed and rng-seed. A dump of the VMM is the better source.)
#
# -l: the kernel log as a file, such as the output of dmesg. -r: another root than /, such as a copy of /proc, /sys and /var/log. Exit code: 0, 1 when the number of breakpoints or watchpoints is not in
# the log, 2 for a wrong option.
#
# SPDX-License-Identifier: Apache-2.0
set -u
root='' log='' pid='' out=.
usage() { sed -n '2,/^# the log, 2/s/^# \{0,1\}//p' "$0"; }
[[ ${1-} == --help ]] && { usage; exit 0; }
while getopts hr:l:p:o: option; do
  case $option in
    r) root=${OPTARG%/} ;;
    l) log=$OPTARG ;;
    p) pid=$OPTARG ;;
    o) out=$OPTARG ;;
    h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
say() { printf 'measure_host: %s\n' "$*" >&2; }
mkdir -p "$out" || exit 2

# the kernel's log, from where it is
kernel_log() {
  if [[ -n $log ]]; then cat "$log"; return; fi
  local file
  for file in "$root"/var/log/dmesg "$root"/var/log/kern.log "$root"/var/log/messages; do
    [[ -r $file && -s $file ]] && { cat "$file"; return; }
  done
  [[ -n $root ]] || dmesg 2>/dev/null || journalctl -kb 2>/dev/null
}

# The least of what is said, as CPUs may differ. Of the PMU's counters the cycle counter, bit 31, is not one that a realm is given by number.
host_file() {
  kernel_log | awk -v features="$(grep -m1 '^Features' "$root/proc/cpuinfo" 2>/dev/null)" '
    function low(name, value) { if (!(name in least) || value < least[name]) least[name] = value }
    function after(word,  i) { for (i = 1; i < NF; i++) if ($i == word) return $(i + 1); return "" }
    function before(word,  i) { for (i = 2; i <= NF; i++) if ($i == word) return $(i - 1); return "" }
    function bits(hex,  i, n) { for (i = 1; i <= length(hex); i++) n += substr("0112122312232334", index("0123456789abcdef", substr(hex, i, 1)), 1); return n }
    /hw-breakpoint: found/ { low("num_bps", before("breakpoint") + 0); low("num_wps", before("watchpoint") + 0) }
    /IPA Size Limit:/ { low("ipa_bits", after("Limit:") + 0) }
    /SVE: maximum available vector length/ { low("sve_vl", 8 * after("length")) }
    /hw perfevents: enabled with armv8/ {
      if (match($0, /\([0-9a-f,]*\) counters/)) {
        n = split(substr($0, RSTART + 1, RLENGTH - 11), words, ",")
        low("pmu_num_ctrs", bits(words[n]) - (length(words[n]) == 8 && substr(words[n], 1, 1) ~ /[89abcdef]/))
      } else low("pmu_num_ctrs", before("counters") - 1)
    }
    END {
      print "# what the kernel of this host says it has; the monitor or the hypervisor may leave less (RMI features, KVM): give more files then"
      split("ipa_bits num_bps num_wps sve_vl pmu_num_ctrs", order, " ")
      if (!("sve_vl" in least) && features != "" && features !~ / sve( |$)/) least["sve_vl"] = 0
      for (i = 1; i <= 5; i++) if (order[i] in least) print order[i] " = " least[order[i]]; else print "# " order[i] " is not in the log"
      if ("pmu_num_ctrs" in least) print "pmu = true"
      if ("ipa_bits" in least) print "lpa2 = " (least["ipa_bits"] > 48 ? "true" : "false")
      exit !("num_bps" in least && "num_wps" in least)
    }'
}

# A process whose program is a VMM.
is_vmm() { # PID
  local -a words=()
  mapfile -d '' -t words <"$root/proc/$1/cmdline" 2>/dev/null || return 1
  [[ ${#words[@]} -gt 0 && ${words[0]##*/} =~ ^(qemu|lkvm|kvmtool|cloud-hypervisor) ]]
}
find_vm() {
  local dir found=()
  for dir in "$root"/proc/[0-9]*; do
    [[ -r $dir/cmdline ]] && is_vmm "${dir##*/}" && found+=("${dir##*/}")
  done
  case ${#found[@]} in
    0) return 1 ;;
    1) pid=${found[0]} ;;
    *) say "several VMs run: say which with -p: ${found[*]}"; return 1 ;;
  esac
}

# The file that the word behind -dtb names, as the VMM saw it.
copy_tree() { # words...
  local i file=
  for ((i = 1; i < $#; i++)); do
    case ${!i} in
      -dtb | --dtb) file=${*:i+1:1} ;;
      --dtb=*) file=${!i#*=} ;;
    esac
  done
  [[ -n $file ]] || { say "the VMM makes the device tree itself: have it dumped (QEMU: -machine dumpdtb=FILE, kvmtool: --dump-dtb FILE)"; return; }
  [[ $file == /* ]] && file=$root/proc/$pid/root$file || file=$root/proc/$pid/cwd/$file
  cp -- "$file" "$out/vm.dtb" && say "device tree: $out/vm.dtb, which the VM was given"
}

status=0
host_file >"$out/host.toml" || { status=1; say "the kernel's log does not say how many breakpoints and watchpoints there are (it says so when it starts): $out/host.toml lacks them"; }
say "host file: $out/host.toml"
if [[ -n $pid ]] || find_vm; then
  mapfile -d '' -t words <"$root/proc/$pid/cmdline" || exit 2
  printf '%s\n' "${words[@]}" >"$out/words"
  say "words of process $pid: $out/words"
  copy_tree "${words[@]}"
elif [[ -r $root/sys/firmware/fdt ]]; then
  cp -- "$root/sys/firmware/fdt" "$out/vm.dtb" && say "no VM runs here: $out/vm.dtb is the device tree of this machine, for when it is the VM"
fi
exit $status
