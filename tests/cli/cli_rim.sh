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
cp a.jsonl 'a - b.jsonl'
same 0 'They are the same' rim diff 'a - b.jsonl' a.jsonl
same 1 '"difference": "only in B"' rim diff a.jsonl 'virtcca -k Image --dtb vm.dtb -c 3 --sve 256' -o json
same 0 'an SVE vector length of 256 bits   \[--sve 256\]' rim explain virtcca -k Image --dtb vm.dtb -c 2 --rim "$rim"
same 0 'The configuration as it is leads to this RIM' rim explain virtcca -k Image --dtb vm.dtb -c 2 --sve 256 --rim "$rim"
same 0 '"hypothesis": "sve"' rim explain virtcca -k Image --dtb vm.dtb -c 2 --rim "$rim" -o json
same 1 'Nothing that was tried' rim explain virtcca -k Image.new --dtb vm.dtb -c 2 --depth 1 --rim "$rim"
same 0 '^sve ' rim explain --list

head -c 150 a.jsonl >short.jsonl
same 3 'short.jsonl:2:32: this string has no end' rim diff a.jsonl short.jsonl
same 3 'no steps' rim diff /dev/null a.jsonl
same 3 'absent.jsonl' rim diff absent.jsonl a.jsonl
same 2 'wants --rim' rim explain virtcca -k Image
same 2 '32, 48 or 64 bytes' rim explain virtcca -k Image --dtb vm.dtb --rim 00
same 2 'lays no VM out' rim explain ops x.yaml --rim "$rim"
same 2 'wants A B' rim diff a.jsonl
exit $bad
