#!/usr/bin/env bash
# libvccaattestation as it is installed: programs that are compiled against its header link with it, static and shared, and get evidence of the CVM that
# the environment, a file, or vcca exec names; its exported names are the SDK's five functions.
# SPDX-License-Identifier: Apache-2.0
set -u
build=${VCCA_BUILD:?} vcca=${VCCA:?} bad=0 here=$(cd "$(dirname "$0")/.." && pwd)
scenarios=${VCCA_SOURCE:?}/scenarios
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
[[ -z $(cached VCCA_SANITIZE) ]] || { echo "SKIPPED: a build with sanitizers is not for installing"; exit 77; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }
cc=$(cached CMAKE_C_COMPILER)
cmake --install "$build" --prefix "$dir/prefix" >"$dir/log" 2>&1 || { cat "$dir/log"; echo "cmake --install failed"; exit 1; }
pc=$(dirname "$(find "$dir/prefix" -name vccaattestation.pc)") lib=$(dirname "$(find "$dir/prefix" -name libvccaattestation.a)")
cd "$dir" || exit 1
unset VCCA_SCENARIO VCCA_UNTIL VCCA_DEVICE VCCA_ATTESTATION VCCA_VM

five=$(printf '%s\n' get_attestation_token get_dev_cert get_version tsi_free_ctx tsi_new_ctx)
[[ $(nm -D --defined-only "$lib/libvccaattestation.so.1" | awk '{ print $3 }' | sort) == "$five" ]] || complain "libvccaattestation.so.1 exports other names"
[[ $(nm -g --defined-only "$lib/libvccaattestation.a" | awk 'NF == 3 { print $3 }' | sort) == "$five" ]] || complain "libvccaattestation.a exports other names"
readelf -d "$lib/libvccaattestation.so" | grep -q 'SONAME.*\[libvccaattestation\.so\.1\]' || complain "the soname"

for kind in static shared; do
  options=(); [[ $kind == static ]] && options=(--static)
  flags=$(PKG_CONFIG_PATH="$pc" pkg-config "${options[@]}" --cflags --libs vccaattestation)
  [[ $kind == static ]] && flags=${flags/-lvccaattestation /-l:libvccaattestation.a }
  # shellcheck disable=SC2086 # words
  "$cc" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -o "$kind" "$here/attestation/support_program.c" $flags -pthread >log 2>&1 || { cat log; complain "$kind: does not link"; }
done
readelf -d static | grep -q 'libvccaattestation' && complain "the static program needs the shared library"
readelf -d shared | grep -q 'NEEDED.*libvccaattestation\.so\.1' || complain "the shared program does not need the soname"
export LD_LIBRARY_PATH=$lib

# by the CMake package
cat >CMakeLists.txt <<C
cmake_minimum_required(VERSION 3.21)
project(consumer LANGUAGES C)
find_package(vcca REQUIRED COMPONENTS vccaattestation)
foreach(kind static shared)
  add_executable(cmake-\${kind} $here/attestation/support_program.c)
  target_compile_definitions(cmake-\${kind} PRIVATE _GNU_SOURCE)
  target_link_libraries(cmake-\${kind} PRIVATE vcca::vccaattestation-\${kind})
endforeach()
C
if cmake -S . -B cmake -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$dir/prefix" >log 2>&1 && cmake --build cmake >>log 2>&1; then
  mkdir cmake.static cmake.shared
  for kind in static shared; do
    VCCA_SCENARIO=$scenarios/attest-virtcca-p521.yaml VCCA_UNTIL=vm "cmake/cmake-$kind" cmake.$kind >out 2>&1 || complain "CMake, $kind: $(cat out)"
  done
  cmp -s cmake.static/token cmake.shared/token || complain "the two kinds get different tokens"
else
  cat log; complain "the CMake package does not work"
fi

# the installed tool finds its library, also after the tree was moved
mv prefix moved
found=$(moved/bin/vcca exec "$scenarios/attest-virtcca-p521.yaml" -- sh -c 'echo "$LD_PRELOAD"')
[[ $(realpath "$found") == "$dir"/moved/*/vcca/libvcca-preload.so ]] || complain "the installed vcca uses the library '$found'"
mv moved prefix

# a CVM of this process, by the environment
for kind in static shared; do
  for family in p521 rsa; do
    mkdir "$kind.$family"
    VCCA_SCENARIO=$scenarios/attest-virtcca-$family.yaml VCCA_UNTIL=vm "./$kind" "$kind.$family" >out 2>&1 || complain "$kind $family: exit $?: $(cat out)"
    "$vcca" hsm cert root -d $family >root.pem; "$vcca" hsm cert sub -d $family >sub.pem
    "$vcca" token verify "$kind.$family/token" --cert "$kind.$family/cert" --chain root.pem --chain sub.pem \
      --challenge "$(seq 1 64 | xargs printf '%02x')" >verdict 2>&1
    for check in chain realm-signature freshness; do
      grep -qE "^ *$check +pass" verdict || complain "$kind $family: $check: $(cat verdict)"
    done
    [[ $(cat "$kind.$family/version") == 1.0 ]] || complain "$kind $family: version $(cat "$kind.$family/version")"
  done
done

# by a file, whose paths are relative to it, with a device of its own
"$vcca" hsm new --help >/dev/null
"$vcca" hsm new --seed 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff --chain p521 --out device.yaml >out 2>&1 || complain "a device: $(cat out)"
cp "$scenarios/attest-virtcca-p521.yaml" cvm.yaml
printf 'scenario: cvm.yaml\nuntil: vm\ndevice: device.yaml\n' >attestation.yaml
mkdir file below
(cd below && VCCA_ATTESTATION=../attestation.yaml ../shared ../file) >out 2>&1 || complain "a file: exit $?: $(cat out)"
cmp -s file/cert shared.p521/cert && complain "the device image changes no certificate"
"$vcca" hsm cert device -d device.yaml --out device.pem && cmp -s <(openssl x509 -in device.pem -outform DER) <(openssl x509 -in file/cert -outform DER) ||
  complain "the certificate is not the device's"

# within vcca exec, the VM's own
mkdir vm
"$vcca" exec --until vm "$scenarios/attest-virtcca-p521.yaml" -- ./shared vm >out 2>&1 || complain "in vcca exec: $(cat out)"
cmp -s vm/token shared.p521/token || complain "in vcca exec: another token"

# what goes wrong is told
says() { # text, environment...
  local text=$1; shift
  env "$@" ./shared below >out 2>&1
  [[ $? -eq 3 ]] && grep -q -- "$text" out || complain "$*: $(cat out)"
}
[[ -e /etc/vcca/attestation.yaml ]] || says 'which CVM? Set VCCA_SCENARIO' A=b
says 'no.yaml: .*No such file' VCCA_SCENARIO=no.yaml
says 'boots an Arm CCA realm' VCCA_SCENARIO="$scenarios/attest-arm-1.0.yaml"
says 'device.yaml.*family' VCCA_SCENARIO="$scenarios/attest-virtcca-rsa.yaml" VCCA_UNTIL=vm VCCA_DEVICE=device.yaml
says 'none.yaml: .*No such file' VCCA_ATTESTATION=none.yaml
printf 'scenario: cvm.yaml\nutnil: vm\n' >wrong.yaml
says 'wrong.yaml:2:1: .*utnil' VCCA_ATTESTATION=wrong.yaml
printf 'until: vm\n' >wrong.yaml
says 'wrong.yaml: no scenario is named' VCCA_ATTESTATION=wrong.yaml
says 'no CVM answers at gone.sock' VCCA_VM=gone.sock
exit $bad
