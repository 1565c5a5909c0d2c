#!/usr/bin/env bash
# What is installed can be used: programs for the whole house, the verifier and the monitor alone, by the CMake package and by pkg-config, with
# the shared libraries and with the archives, after the tree was moved. The monitor needs mbedTLS and libc, and no other library.
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
pc=$(dirname "$(find "$dir/prefix" -name vcca.pc)") lib=$(dirname "$(find "$dir/prefix" -name libvcca.a)")

# every header is complete by itself and together with the others, in C and in C++
{ for header in "$dir"/prefix/include/vcca/*.h; do echo "#include <vcca/$(basename "$header")>"; done; echo 'int main(void) { return 0; }'; } >"$dir/all.c"
for header in "$dir"/prefix/include/vcca/*.h; do
  printf '#include <vcca/%s>\nint main(void) { return 0; }\n' "$(basename "$header")" >"$dir/alone.c"
  "$cc" -std=c99 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$dir/prefix/include" "$dir/alone.c" || complain "$(basename "$header") does not compile alone"
done
if command -v c++ >/dev/null; then
  c++ -x c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$dir/prefix/include" "$dir/all.c" || complain "the headers are no C++"
fi
"$cc" -std=c99 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$dir/prefix/include" "$dir/all.c" || complain "the headers do not go together"

cat >"$dir/vcca.c" <<'C'
#include <stdio.h>
#include <vcca/boot.h>
#include <vcca/hash.h>
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
  return 0;
}
C
cat >"$dir/rmm.c" <<'C'
#include <stdio.h>
#include <vcca/rmm.h>
int main(void)
{
  const struct vcca_machine_config config = {.abi = VCCA_ABI_RMI, .regions = {{.base = 0x80000000, .size = 1 << 20, .delegable = true}}, .region_count = 1};
  uint64_t x[VCCA_SMC_REGS] = {0xC4000150, 0x10000}; /* RMI_VERSION */
  uint8_t digest[VCCA_HASH_MAX];
  vcca_machine *m = vcca_machine_new(&config, NULL);
  if (!m)
    return 1;
  vcca_smc(m, x);
  vcca_machine_free(m);
  vcca_hash(VCCA_SHA256, VCCA_SPAN_LIT("abc"), digest);
  printf("RMI %llx, abc %02x\n", (unsigned long long)x[1], digest[0]);
  return 0;
}
C
cat >"$dir/CMakeLists.txt" <<'C'
cmake_minimum_required(VERSION 3.21)
project(consumer LANGUAGES C)
find_package(vcca REQUIRED COMPONENTS ${WANT})
foreach(name ${WANT})
  foreach(how "" -static -shared)
    if(how STREQUAL "" OR how STREQUAL KIND)
      add_executable(${name}${how} ${name}.c)
      target_link_libraries(${name}${how} PRIVATE vcca::${name}${how})
    endif()
  endforeach()
endforeach()
C

# says_right FILE WHAT: runs the program and looks at what it prints
says_right() {
  local text
  text=$(LD_LIBRARY_PATH=$lib "$1") || complain "${1#"$dir"/}: exit $?"
  case $2 in
    vcca) grep -qx "psa 1" <<<"$text" ;;
    *) grep -q " ba$" <<<"$text" ;; # SHA-256 of abc, FIPS 180-4
  esac || complain "${1#"$dir"/}: prints $text"
}
# needs FILE: the libraries it names, without their versions
needs() { readelf -d "$1" | sed -n 's/.*NEEDED.*\[\(.*\)\.so.*/\1/p' | sort | tr '\n' ' '; }

for kind in static shared; do
  shared=OFF; [[ $kind == shared ]] && shared=ON
  here=$dir/cmake-$kind
  cmake -G "$(cached CMAKE_GENERATOR)" -S "$dir" -B "$here" -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$dir/prefix" -DBUILD_SHARED_LIBS=$shared \
    -DKIND=-$kind -DWANT="vcca;verifier;rmm" >"$dir/log" 2>&1 && cmake --build "$here" >>"$dir/log" 2>&1 || { cat "$dir/log"; complain "the CMake package does not work ($kind)"; continue; }
  for what in vcca verifier rmm; do
    for how in "" -$kind; do
      says_right "$here/$what$how" $what
      [[ $(needs "$here/$what$how") == *libvcca* ]] && is=shared || is=static
      [[ $is == "$kind" ]] || complain "vcca::$what$how is $is with BUILD_SHARED_LIBS=$shared"
    done
  done
  [[ $(needs "$here/rmm") =~ ^(libc libmbedcrypto|libc libtfpsacrypto|libc libvcca-rmm|libvcca-rmm libc|libc)\ $ ]] || complain "the monitor ($kind) needs $(needs "$here/rmm")"
done
[[ $(needs "$lib/libvcca-rmm.so") =~ ^libc\ lib(mbedcrypto|tfpsacrypto)\ $ ]] || complain "libvcca-rmm.so needs $(needs "$lib/libvcca-rmm.so")"

mkdir "$dir/none" # where pkg-config finds nothing, a monitor still builds, and an archive of the whole house says what is missing
for want in rmm vcca; do
  PKG_CONFIG_LIBDIR=$dir/none cmake -S "$dir" -B "$dir/none-$want" -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$dir/prefix" -DKIND=-static -DWANT=$want \
    >"$dir/log" 2>&1; status=$?
  case $want in
    rmm) [[ $status -eq 0 ]] || { cat "$dir/log"; complain "the monitor's component wants more than it needs"; } ;;
    vcca) [[ $status -ne 0 ]] && tr -s '\n ' ' ' <"$dir/log" | grep -q 'needs libcbor' || { cat "$dir/log"; complain "the CMake package does not say which library is missing"; } ;;
  esac
done

for what in vcca verifier rmm; do
  package=vcca; [[ $what == vcca ]] || package=vcca-$what
  for kind in static shared; do
    options=(); [[ $kind == static ]] && options=(--static)
    flags=$(PKG_CONFIG_PATH="$pc" pkg-config "${options[@]}" --cflags --libs "$package") || complain "pkg-config $package failed"
    [[ $kind == static ]] && flags=${flags//-l$package /-l:lib$package.a } # or the linker would take the shared one, which is there too
    "$cc" -o "$dir/pkgconfig_$what-$kind" "$dir/$what.c" $flags >"$dir/log" 2>&1 || { cat "$dir/log"; complain "pkg-config ${options[*]} $package does not work"; continue; }
    says_right "$dir/pkgconfig_$what-$kind" $what
    [[ $(needs "$dir/pkgconfig_$what-$kind") == *libvcca* ]] && is=shared || is=static
    [[ $is == "$kind" ]] || complain "pkg-config ${options[*]} $package links the $is library"
  done
done
# what a program that links the shared library directly needs is that library
[[ $(needs "$dir/pkgconfig_vcca-shared") =~ ^libc\ libvcca\ $ ]] || complain "a program of libvcca.so needs $(needs "$dir/pkgconfig_vcca-shared")"

# two archives in one program have each function once
"$cc" -o "$dir/both" -I"$dir/prefix/include" "$dir/rmm.c" "$lib/libvcca-rmm.a" "$lib/libvcca-verifier.a" "$lib/libvcca.a" \
  $(PKG_CONFIG_PATH="$pc" pkg-config --static --libs vcca | sed 's/-lvcca //') >"$dir/log" 2>&1 || { cat "$dir/log"; complain "several archives do not link together"; }
says_right "$dir/both" rmm

"$dir/prefix/bin/vcca" --help >/dev/null || complain "the installed tool does not run"
exit $bad
