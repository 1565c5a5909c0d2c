#!/usr/bin/env bash
# Every example builds and runs against what is installed: with the pkg-config package that its first comment names and nothing else, with
# the archives and, where there are some, with the shared libraries. So does the smallest bench of docs/embedding.md.
# SPDX-License-Identifier: Apache-2.0
set -u
build=${VCCA_BUILD:?} source=${VCCA_SOURCE:?} bad=0
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
[[ -z $(cached VCCA_SANITIZE) ]] || { echo "SKIPPED: a build with sanitizers is not for installing"; exit 77; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }
cc=$(cached CMAKE_C_COMPILER)

cmake --install "$build" --prefix "$dir/static" >"$dir/log" 2>&1 || { cat "$dir/log"; echo "cmake --install failed"; exit 1; }
kinds=static
if [[ -n $(find "$dir/static" -name 'libvcca*.so') ]]; then
  cp -a "$dir/static" "$dir/shared"
  find "$dir/static" -name 'libvcca*.so*' -delete
  find "$dir/shared" -name 'libvcca*.a' -delete
  kinds='static shared'
fi

mkdir "$dir/from"
cp "$source"/examples/*.c "$dir/from"
{ echo '/* cc smallest.c $(pkg-config --cflags --libs vcca-rmm) */'; awk '/^```/ {if (on && text ~ /int main/) {printf "%s", text; exit} on = /^```c$/; text = ""; next} on {text = text $0 "\n"}' "$source/docs/embedding.md"; } >"$dir/from/smallest.c"

# build_and_run KIND FILE
build_and_run() {
  local name package libraries flags text
  name=$(basename "$2" .c)
  package=$(sed -n 's/.*pkg-config --cflags --libs \([a-z-]*\)).*/\1/p' "$2" | head -n 1)
  [[ -n $package ]] || { complain "$name.c: its first comment names no pkg-config package"; return; }
  libraries=$(dirname "$(find "$dir/$1" -name "$package.pc")")
  flags=$(PKG_CONFIG_PATH=$libraries pkg-config $([[ $1 == static ]] && echo --static) --cflags --libs "$package") ||
    { complain "$1: pkg-config $package failed"; return; }
  "$cc" -std=c11 -Wall -Wextra -Werror -o "$dir/$1/$name" "$2" $flags >"$dir/log" 2>&1 || { cat "$dir/log"; complain "$1: $name.c does not build"; return; }
  text=$(LD_LIBRARY_PATH=$(dirname "$libraries") "$dir/$1/$name") || complain "$1: $name: exit $?"
  [[ -n $text ]] || complain "$1: $name says nothing"
  if [[ $name == smallest && $text != 'GRANULE_DELEGATE: RMI_SUCCESS' ]]; then
    complain "$1: docs/embedding.md says what its smallest bench prints; it prints: $text"
  fi
}
for kind in $kinds; do
  for file in "$dir"/from/*.c; do
    build_and_run "$kind" "$file"
  done
done
exit $bad
