#!/usr/bin/env bash
# An image costs the same memory however large it is and however it comes: raw, gzip-compressed, through a pipe, as initrd. Its RIM too is the
# same. The images are all but a little zeros: files with holes.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
dir=$(mktemp -d -p /var/tmp 2>/dev/null || mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1
complain() { printf '%s\n' "$*"; bad=1; }
python3 -c 'import resource' 2>/dev/null || { echo "SKIPPED: no python3 to tell the memory of a program"; exit 77; }

# an arm64 Image of $2 MiB, a page in every MiB not of zeros
image() {
  { head -c 16 /dev/zero; printf '\0\0\100\0\0\0\0\0'; head -c 32 /dev/zero; printf 'ARM\x64'; } >"$1"
  truncate -s "${2}M" "$1"
  for ((i = 1; i < $2; i++)); do printf 'page %d' "$i" | dd of="$1" bs=1M seek="$i" conv=notrunc status=none; done
}
# runs a command; its stdout, then a line with the most memory it had, in KiB
cat >peak.py <<'P'
import resource, subprocess, sys
out = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=sys.stderr).stdout.decode()
print(out, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, sep="")
P
image small 8; image large 200; gzip -1 -k large

rims=
check() { # most MiB above a small image's, words...
  local most=$1; shift
  local said; mapfile -t said < <(python3 peak.py "$vcca" "$@" 2>err)
  [[ ${said[0]} == "RIM: "* ]] || { complain "vcca $*: ${said[*]} $(<err)"; return; }
  rims+=${said[0]}$'\n'
  ((said[-1] <= base + most * 1024)) || complain "vcca $*: $((said[-1] / 1024)) MiB, $((base / 1024)) MiB for a small image"
}
mapfile -t first < <(python3 peak.py "$vcca" measure arm --kernel small --ram 2G 2>err)
base=${first[-1]}
check 48 measure arm --kernel large --ram 2G
check 48 measure arm --kernel large.gz --ram 2G
check 48 measure arm --kernel - --ram 2G <large
check 48 measure arm --kernel - --ram 2G < <(cat large)
[[ $(sort -u <<<"${rims%$'\n'}" | wc -l) -eq 1 ]] || complain "not one RIM: $rims"
check 48 measure arm --kernel small --initrd large --ram 2G
exit $bad
