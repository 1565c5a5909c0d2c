#!/usr/bin/env bash
# Templates that dtc wrote: edited for another VM they are what dtc writes for that VM, names that share tails included. Skipped without dtc.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0 n=0
[[ -x $vcca ]] || { echo "no $vcca"; exit 1; }
command -v dtc >/dev/null || { echo "skipped: no dtc"; exit 77; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1

head -c 8192 /dev/zero >Image
printf '\0\0\1' | dd of=Image bs=1 seek=16 conv=notrunc status=none
printf 'ARMd' | dd of=Image bs=1 seek=56 conv=notrunc status=none
head -c 5000 /dev/zero >initrd

tree() { # FILE CPUS MIB INITRD APPEND: "serial-number" and "ranges-reg" end as other names do
  local i initrd= method=
  (($2 > 1)) && method='enable-method = "psci";'
  [[ $4 == initrd ]] && initrd='linux,initrd-end = <0 0x48001388>; linux,initrd-start = <0 0x48000000>;'
  {
    echo '/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; ranges-reg = "x"; serial-number = "abc";'
    echo "chosen { $initrd bootargs = \"$5\"; stdout-path = \"/serial\"; };"
    echo "memory@40000000 { device_type = \"memory\"; reg = <0 0x40000000 0 $(($3 << 20))>; };"
    echo 'cpus { #address-cells = <1>; #size-cells = <0>;'
    for ((i = 0; i < $2; i++)); do
      echo "cpu@$i { device_type = \"cpu\"; reg = <$i>; $method compatible = \"arm,arm-v8\"; };"
    done
    echo '}; soc { number = "y"; }; };'
  } | dtc -q -I dts -O dtb -o "$1" - || exit 1
}
same() { # CPUS MIB INITRD APPEND of the template, then of the VM
  local words=(-m "$6M" -smp "$5" -kernel Image -append "$8")
  [[ $7 == initrd ]] && words+=(-initrd initrd)
  n=$((n + 1))
  tree from.dtb "$1" "$2" "$3" "$4"; tree to.dtb "$5" "$6" "$7" "$8"
  "$vcca" measure qemu --num-bps 6 --num-wps 4 -k Image -i initrd --dtb-template from.dtb --output-dtb ours.dtb -- "${words[@]}" >/dev/null 2>err ||
    { cat err; bad=1; }
  cmp ours.dtb to.dtb || { echo "$*"; bad=1; }
}
same 1 512 none a 1 512 none a
same 2 512 none a 5 1024 initrd "quiet splash"
same 5 1024 initrd abc 1 512 none x
same 1 512 initrd abc 8 2048 initrd abcdef

# seeds stay as they are, which is said
echo '/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; chosen { rng-seed = <1 2>; }; };' | dtc -q -I dts -O dtb -o from.dtb -
"$vcca" measure qemu --num-bps 6 --num-wps 4 -k Image --dtb-template from.dtb -- -m 512M -kernel Image 2>&1 >/dev/null | grep -q 'random seeds' ||
  { echo "nothing said about seeds"; bad=1; }
[[ $n -eq 4 ]] || bad=1
exit $bad
