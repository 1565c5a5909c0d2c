#!/usr/bin/env bash
# Templates of VMs with an IOMMU, or with room for more RAM, beside a real QEMU: phandles behind the GIC's move with CPUs and ITS; a template
# without the IOMMU that the words name, or with one that they do not, is refused. CPUs' own name apart, trees must be the same, node by node.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
for tool in qemu-system-aarch64 dtc; do
  command -v $tool >/dev/null || { echo "SKIPPED: no $tool"; exit 77; }
done
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1
printf 'num_bps = 6\nnum_wps = 4\npmu = true\npmu_num_ctrs = 6\n' >host.toml
machine=(-M "virt,gic-version=3" -cpu max)

dump() { # FILE words...
  qemu-system-aarch64 -display none -nodefaults "${machine[@]}" -M "dtb-randomness=off,dumpdtb=$1" "${@:2}" 2>/dev/null
  [[ -e $1 ]]
}
text() { dtc -q -I dtb -O dts "$1" | sed 's/compatible = "arm,cortex-a57"/compatible = "arm,arm-v8"/'; }
edit() { # "template's words" "words"
  rm -f ./*.dtb
  # shellcheck disable=SC2086
  dump template.dtb $1 && dump theirs.dtb $2 || { echo "QEMU dumps nothing for $1, $2"; bad=1; }
  # shellcheck disable=SC2086
  "$vcca" measure qemu --host host.toml --dtb-template template.dtb --output-dtb ours.dtb -- "${machine[@]}" $2 >out 2>&1
}
equal() {
  edit "$1" "$2" || { echo "$1, $2: $(cat out)"; bad=1; return; }
  diff <(text theirs.dtb) <(text ours.dtb) >diff || { echo "$1, $2: trees differ: $(head -4 diff)"; bad=1; }
}
refused() {
  ! edit "$1" "$2" || { echo "$1, $2: taken"; bad=1; }
  grep -q "$3" out || { echo "$1, $2: no '$3' in: $(cat out)"; bad=1; }
}
equal "-M iommu=smmuv3" "-M iommu=smmuv3 -smp 2"
equal "-M iommu=smmuv3 -smp 4" "-M iommu=smmuv3,its=off -smp 3"
equal "-device virtio-iommu-pci" "-device virtio-iommu-pci -smp 7"
equal "-device virtio-iommu-pci -smp 6" "-device virtio-iommu-pci -smp 2 -M its=off"
equal "-device virtio-iommu-pci -smp 6 -M its=off" "-device virtio-iommu-pci -smp 1 -M its=off"
equal "-smp 1" "-m 1G,maxmem=4G -smp 2" # room for more RAM is a NUMA node, slots or not
equal "-m 1G,slots=1,maxmem=3G" "-m 1G -smp 2"
refused "-smp 1" "-M iommu=smmuv3" "without the SMMU"
refused "-M iommu=smmuv3" "-smp 1" "with the SMMU"
refused "-smp 2" "-device virtio-iommu-pci" "without a virtio-iommu"
refused "-device virtio-iommu-pci" "-smp 2" "with a virtio-iommu"
exit $bad
