#!/usr/bin/env bash
# bench_compare tells a change from noise, and says what is wrong with a file that is no result.
# SPDX-License-Identifier: Apache-2.0
set -u
work=$(mktemp -d) && cd "$work" || exit 1
trap 'rm -rf "$work"' EXIT
compare=$VCCA_BUILD/bench_compare
failures=0

# result NAME NS BASELINE_NS: a result with one row
result() {
  printf '{"schema": "vcca-bench-1", "cpu": "x", "cpus": 2, "rows": [{"name": "row", "what": "w", "ns": [%s], "baseline_ns": [%s]}]}' "$2" "$3" >"$1"
}

# want STATUS PATTERN FILE...
want() {
  local status=$1 pattern=$2 got
  shift 2
  "$compare" "$@" >out 2>&1
  got=$?
  if [[ $got -ne $status ]] || ! grep -qE -- "$pattern" out; then
    echo "bench_compare $*: $got, wanted $status and '$pattern':"
    cat out
    failures=1
  fi
}

result base.json '100, 101, 102, 103, 104' '50, 50, 50, 50, 50'
result slower.json '150, 151, 152, 153, 154' '50, 50, 50, 50, 50'
result noisy.json '90, 100, 130, 160, 170' '50, 50, 50, 50, 50'
result machine.json '200, 202, 204, 206, 208' '100, 100, 100, 100, 100'
result bare.json '100, 101, 102, 103, 104' ''
want 0 'row .* 1\.00  within the noise' base.json base.json
want 1 'row .* 2\.0400 +3\.0400 of baseline +1\.49  slower' base.json slower.json
want 0 'row .*  faster' slower.json base.json
want 0 'row .*  within the noise' base.json noisy.json
want 0 'row .* 1\.00  within the noise' base.json machine.json # a machine of half the speed
want 0 'row +cannot be compared' base.json bare.json
want 0 'row .* ms .* within the noise' bare.json bare.json
printf '{"schema": "vcca-bench-1",\n "rows": [}' >broken.json
want 3 'broken\.json:2:' base.json broken.json
printf '{"schema": "vcca-run-1", "rows": []}' >other.json
want 3 'other\.json: not a result' other.json base.json
want 3 'none\.json' base.json none.json
want 2 'usage' base.json
exit $failures
