#!/usr/bin/env bash
# QEMU's words beside a real QEMU: what it takes, vcca takes, and makes the same RAM and CPUs of it; what it refuses, vcca refuses.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
for tool in qemu-system-aarch64 fdtget; do
  command -v $tool >/dev/null || { echo "SKIPPED: no $tool"; exit 77; }
done
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1
printf 'num_bps = 6\nnum_wps = 4\n' >host.toml

told() { # FILE: RAM's base and size, number of CPUs
  printf '%s %s' "$(fdtget -t x "$1" /memory@40000000 reg)" "$(fdtget -l "$1" /cpus | grep -c '^cpu@')"
}
compare() { # words...
  rm -f theirs.dtb ours.dtb
  timeout 20 qemu-system-aarch64 -display none -nic none -M virt,gic-version=3,dumpdtb=theirs.dtb "$@" >theirs.txt 2>&1
  "$vcca" measure qemu --host host.toml --output-dtb ours.dtb -- -nic none -M virt,gic-version=3 "$@" >ours.txt 2>&1
  if [[ ! -e theirs.dtb || ! -e ours.dtb ]]; then
    [[ ! -e theirs.dtb && ! -e ours.dtb ]] || { printf 'only one takes %s: %s / %s\n' "$*" "$(head -2 theirs.txt)" "$(tail -2 ours.txt)"; bad=1; }
  elif [[ $(told theirs.dtb) != "$(told ours.dtb)" ]]; then
    printf '%s: %s there, %s here\n' "$*" "$(told theirs.dtb)" "$(told ours.dtb)"; bad=1
  fi
  count=$((count + 1))
}
count=0
for m in 512 1G 1g 1.5G 1.50g 12.75M 1.3G 1.00001G 0.7G 1.G 100M 300000k 5000B 0 0x40 0x4000000a 1.5 0.5 .5G 1e3 1GiB -1G 1.5B 0x1.8G 1,slots=0 512,size=1G \
  size=1g 1g,maxmem=2g 1G,slots=2 1G,maxmem=1G 1G,maxmem=2048,slots=1 1G,maxmem=4G,slots=2 1G,maxmem=1G,slots=2 1g,slots=300,maxmem=2g 1G,frob=1 1G,1G ' 1G' +1G 1,; do
  compare -m "$m"
done
for s in 1 2 0x4 +2 010 4,sockets=2 4,dies=1 4,dies=2 cores=2,maxcpus=8 2,maxcpus=4 4,maxcpus=2 3,sockets=2,maxcpus=8,threads=2 5,cores=2 2,3 2K 1.5 600 512,sockets=512,cores=512 \
  cpus=3 sockets=2,cores=2 threads=2 4,frob=1; do
  compare -smp "$s"
done
for o in rng-random,id=a id=a,qom-type=rng-random qom-type=rng-random,id=a '{"qom-type":"rng-random","id":"a"}' "{'qom-type':'rng-random','id':'a'}" \
  '{"id":"a","qom-type":"rng-random"}' '{"qom-type":"rng-random","id":"a"} x' '{"qom-type":"rng-random","id":"a",}' '{"qom-type":"rng-random","id":"a","id":"b"}' \
  '{"qom-type":"rng-random"' rng-random rng-random,id=1x id=a; do
  compare -object "$o"
done
compare -object rng-random,id=a -object rng-random,id=a
compare -object rng-random,id=r -M confidential-guest-support=r
compare -M confidential-guest-support=r
for w in -frob --frob -m=1G -S --S -nodefaults; do
  compare "$w"
done
compare -M its
compare -M noits
compare -M frob=1
compare -M smp.cpus=3
compare -M memory.size=1G
compare -m 2G -M memory.size=1G
compare -M memory.size=1G -m 2G
compare -m 1G -M memory.max-size=4G,memory.slots=2
for o in memory-backend-ram,id=b,size=1G memory-backend-ram,id=b,size=2G memory-backend-ram,id=b '{"qom-type":"memory-backend-ram","id":"b","size":1073741824}' rng-random,id=b; do
  compare -object "$o" -M memory-backend=b -m 1G
  compare -object "$o" -M memory-backend=/objects/b -m 1G
  compare -object "$o" -M memory-backend=b
done
compare -M memory-backend=b -m 1G
compare -M virt-7.2
compare -M virt-7
compare --smp 2 --m 1G
compare -device '{"driver":"virtio-rng-pci","id":"x"}'
compare -device '{"driver":"virtio-rng-pci"'
[[ $count -gt 90 ]] || { echo "$count comparisons only"; bad=1; }
echo "$count command lines beside $(qemu-system-aarch64 --version | head -1)"
exit $bad
