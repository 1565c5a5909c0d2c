#!/usr/bin/env bash
# What is installed can be used: a program built against the CMake package and one built with pkg-config, for the whole house and for the
# verifier alone; and the tree can be moved after it was installed. Examples: cli_examples.sh.
# SPDX-License-Identifier: Apache-2.0
set -u
build=${VCCA_BUILD:?} bad=0
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
[[ -z $(cached VCCA_SANITIZE) ]] || { echo "SKIPPED: a build with sanitizers is not for installing"; exit 77; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }
cc=$(cached CMAKE_C_COMPILER)

cmake --install "$build" --prefix "$dir/first" >"$dir/log" 2>&1 || { cat "$dir/log"; echo "cmake --install failed"; exit 1; }
mv "$dir/first" "$dir/prefix"
pc=$(dirname "$(find "$dir/prefix" -name vcca.pc)")

cat >"$dir/vcca.c" <<'C'
#include <stdio.h>
#include <vcca/boot.h>
#include <vcca/scenario.h>
int main(void)
{
  struct vcca_engine_info info;
  for (size_t i = 0; vcca_engine_at(i, &info); i++)
    printf("%s %d\n", info.name, info.available);
  struct vcca_dtb_spec spec = {.ram_base = 0x40000000, .ram_size = 1 << 20, .vcpus = 1};
  struct vcca_bytes dtb = {0};
  struct vcca_measured measured;
  bool made = vcca_dtb_make(&spec, &dtb, NULL);
  bool empty = vcca_ops_measure(VCCA_SPAN_LIT(""), ".", NULL, NULL, NULL, &measured, NULL);
  vcca_bytes_free(&dtb);
  return made && !empty ? 0 : 1;
}
C
cat >"$dir/verifier.c" <<'C'
#include <stdio.h>
#include <vcca/verifier.h>
int main(void)
{
  uint8_t digest[VCCA_HASH_MAX];
  vcca_hash(VCCA_SHA256, VCCA_SPAN_LIT("abc"), digest);
  printf("%s %02x\n", vcca_check_name((enum vcca_check)0), digest[0]);
  struct vcca_policy policy;
  bool read = vcca_policy_read(vcca_span_str("policy: p\nrequire: [rim]\n"), &policy, NULL);
  return read && policy.required[VCCA_CHECK_RIM] ? 0 : 1;
}
C
cat >"$dir/CMakeLists.txt" <<'C'
cmake_minimum_required(VERSION 3.21)
project(consumer LANGUAGES C)
find_package(vcca REQUIRED)
add_executable(cmake_vcca vcca.c)
target_link_libraries(cmake_vcca PRIVATE vcca::vcca)
add_executable(cmake_verifier verifier.c)
target_link_libraries(cmake_verifier PRIVATE vcca::verifier)
C

cmake -G "$(cached CMAKE_GENERATOR)" -S "$dir" -B "$dir/build" -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$dir/prefix" >"$dir/log" 2>&1 &&
  cmake --build "$dir/build" >>"$dir/log" 2>&1 || { cat "$dir/log"; complain "the CMake package does not work"; }
for what in vcca verifier; do
  package=vcca; [[ $what == verifier ]] && package=vcca-verifier
  flags=$(PKG_CONFIG_PATH="$pc" pkg-config --cflags --libs "$package") || complain "pkg-config $package failed"
  "$cc" -o "$dir/build/pkgconfig_$what" "$dir/$what.c" $flags >"$dir/log" 2>&1 || { cat "$dir/log"; complain "pkg-config $package does not work"; }
done

for how in cmake pkgconfig; do
  text=$("$dir/build/${how}_vcca") || complain "${how}_vcca: exit $?"
  grep -qx "psa 1" <<<"$text" || complain "${how}_vcca: no psa engine: $text"
  text=$("$dir/build/${how}_verifier") || complain "${how}_verifier: exit $?"
  grep -q " ba$" <<<"$text" || complain "${how}_verifier: SHA-256 of abc does not begin with ba: $text"
done
"$dir/prefix/bin/vcca" --help >/dev/null || complain "the installed tool does not run"
exit $bad
