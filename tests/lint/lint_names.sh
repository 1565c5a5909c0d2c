#!/usr/bin/env bash
# What the libraries make visible is what the public headers mark VCCA_API: a shared library exports all functions of a header or none, and
# libvcca.so those of every header; an archive defines the same, and every other external symbol of it begins with vcca__. Public is what users
# need: there are at most as many functions as stated here.
# SPDX-License-Identifier: Apache-2.0
set -u
export LC_ALL=C
build=${VCCA_BUILD:?} bad=0
cd "${VCCA_SOURCE:?}" || exit 1
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }

for header in include/vcca/*.h; do
  while IFS= read -r line; do
    complain "${header#include/}: declares a function without VCCA_API: $line"
  done < <(grep -E '^[a-zA-Z][^=;{]*[ *]vcca_[a-z0-9_]+\(' "$header" | grep -vE '^(typedef|static|VCCA_API)')
  grep -oE '^VCCA_API [^(]*[ *]vcca_[a-z0-9_]+\(' "$header" | grep -oE 'vcca_[a-z0-9_]+\($' | tr -d '(' | sed "s|^|$(basename "$header") |"
done | tee "$dir/out" | grep -E '^[a-z_]+\.h vcca_[a-z0-9_]+$' | sort >"$dir/declared"
grep -v -E '^[a-z_]+\.h vcca_[a-z0-9_]+$' "$dir/out" && bad=1
cut -d ' ' -f 2 "$dir/declared" | sort >"$dir/names"
[[ -s $dir/names ]] || complain "no public header declares a function"
uniq -d "$dir/names" | sed 's/$/ is declared twice/' | grep . && bad=1

compiler_made='^(__odr_asan|__start_|__stop_|__sancov|__llvm_|__covrec_|asan\.|__asan_|__gcov)' # by sanitizers and for coverage
for library in vcca vcca-verifier vcca-rmm; do
  for file in "$build/lib$library.so" "$build/lib$library.a"; do
    [[ -e $file ]] || { complain "$file is not there"; continue; }
    if [[ $file == *.so ]]; then
      nm -D --defined-only "$file" | awk '$2 != "A" { print $3 }' | sed 's/@.*//'
    else
      nm -g --defined-only "$file" | awk 'NF == 3 { print $3 }' | grep -v '^vcca__'
    fi | grep -vE "$compiler_made" | sort -u >"$dir/visible"
    comm -13 "$dir/names" "$dir/visible" | sed "s|^|$(basename "$file"): visible, but no public header declares it: |" | grep . && bad=1
    # the headers of the library are those of which it has a function
    join -1 2 -2 1 <(sort -k 2 "$dir/declared") "$dir/visible" | cut -d ' ' -f 2 | sort -u >"$dir/headers"
    [[ $library == vcca ]] && cut -d ' ' -f 1 "$dir/declared" | sort -u >"$dir/headers"
    comm -23 <(join "$dir/declared" "$dir/headers" | cut -d ' ' -f 2 | sort) "$dir/visible" |
      sed "s|^|$(basename "$file"): not defined, though a header of the library declares it: |" | grep . && bad=1
    [[ -s $dir/visible ]] || complain "$file makes nothing visible"
    # and what they include is there too
    while read -r header; do
      grep -oE '^#include "vcca/[a-z_]+\.h"' "include/vcca/$header" | sed 's|.*/||; s|"||'
    done <"$dir/headers" | sort -u | grep -Fxf <(cut -d ' ' -f 1 "$dir/declared") | comm -23 - "$dir/headers" |
      sed "s|^|$(basename "$file"): its headers include one whose functions it does not have: |" | grep . && bad=1
  done
  readelf -d "$build/lib$library.so" | grep -q "SONAME.*\[lib$library\.so\.[0-9]*\]" || complain "lib$library.so has no soname with a version"
done
# the SDK's library has the five functions of its header, and no other
grep -oE '^(int|void|tsi_ctx) \*?[a-z_]+\(' attestation/attestation.h | grep -oE '[a-z_]+\(' | tr -d '(' | sort >"$dir/sdk"
for file in "$build/libvccaattestation.so" "$build/libvccaattestation.a"; do
  nm $([[ $file == *.so ]] && echo -D || echo -g) --defined-only "$file" | awk 'NF == 3 { print $3 }' | grep -vE "$compiler_made" | sort | cmp -s - "$dir/sdk" ||
    complain "$file does not make visible the functions of its header alone"
done
[[ $(wc -l <"$dir/sdk") -eq 5 ]] || complain "attestation/attestation.h declares other functions than the SDK's five"
others=$(readelf -d "$build/libvcca-rmm.so" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -vE '^(libmbedcrypto|libtfpsacrypto|libc|libpthread|libasan.*|libubsan.*|ld-linux.*)\.so')
[[ -z $others || -n $(sed -n 's/^VCCA_SANITIZE:[A-Z]*=//p' "$build/CMakeCache.txt") ]] || complain "libvcca-rmm.so needs more than mbedTLS and libc:" $others
most=200
[[ $(wc -l <"$dir/names") -le $most ]] || complain "more than $most public functions: declare what only rooms and the tool use in include/rooms/, or merge some"
echo "$(wc -l <"$dir/names") public functions, at most $most"
exit $bad
