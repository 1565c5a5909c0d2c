#!/usr/bin/env bash
# A program may use any name that does not begin with vcca_: one that defines the fifty most tempting, and every private name of the rooms,
# links with the archive and with the shared library; the library calls its own functions, makes golden evidence and verifies it.
# SPDX-License-Identifier: Apache-2.0
set -u
build=${VCCA_BUILD:?} bad=0
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
[[ -z $(cached VCCA_SANITIZE) ]] || { echo "SKIPPED: a build with sanitizers is not for installing"; exit 77; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }
cc=$(cached CMAKE_C_COMPILER)
cmake --install "$build" --prefix "$dir/prefix" >"$dir/log" 2>&1 || { cat "$dir/log"; echo "cmake --install failed"; exit 1; }
pc=$(dirname "$(find "$dir/prefix" -name vcca.pc)") lib=$(dirname "$(find "$dir/prefix" -name libvcca.a)")

tempting="text_put text_line store load sink_put span hash hash_pages sha256 hmac hkdf log error fail warn table parse parse_line token token_decode
verify verify_token sign key key_free cert chain claims cbor_next cbor_read cbor_put cbor_skip json json_put yaml yaml_read policy run step
machine machine_new granule granule_find realm realm_create rec rec_run rtt rtt_walk rmi tmi smc guest host plan image measure rim rem args usage"
private=$(nm -g --defined-only "$build"/rooms/lib*.a | awk 'NF == 3 { print $3 }' | grep -vE '^(vcca_.*|tsi_(new|free)_ctx|get_(version|attestation_token|dev_cert))$' | sort -u)
names=$(tr -s ' \n' '\n\n' <<<"$tempting $private" | sort -u)
[[ $(wc -w <<<"$tempting") -ge 50 && $(wc -w <<<"$private") -ge 100 ]] || complain "too few names: the rooms' archives in $build/rooms have $(wc -w <<<"$private")"

{ # each says its name and ends the program, so that a call that was meant for the library is seen
  echo '#include <stdio.h>'
  echo '#include <stdlib.h>'
  for name in $names; do
    echo "void $name(void); void $name(void) { fputs(\"the program's $name was called\\n\", stderr); abort(); }"
  done
} >"$dir/names.c"
cat >"$dir/main.c" <<'C'
#include <stdio.h>
#include <vcca/golden.h>
int main(void)
{
  struct vcca_error err = {0};
  struct vcca_verdict verdict;
  struct vcca_golden_case c = {0};
  char text[600];
  vcca_golden *golden = vcca_golden_open(VCCA_FAMILY_VIRTCCA_P521, &err);
  if (!golden || !vcca_golden_make(golden, NULL, &c, &err)) {
    fprintf(stderr, "%s\n", vcca_error_text(&err, text, sizeof text));
    return 1;
  }
  vcca_verify_evidence(&c.evidence, &verdict);
  printf("%zu bytes %s\n", c.evidence.token.n, verdict.accepted ? "accepted" : "refused");
  vcca_golden_case_free(&c);
  vcca_golden_close(golden);
  return 0;
}
C
"$cc" -fno-builtin -c -o "$dir/names.o" "$dir/names.c" >"$dir/log" 2>&1 || { cat "$dir/log"; echo "the names do not compile"; exit 1; }
cat >"$dir/sdk.c" <<'C'
#include <attestation.h>
#include <stdio.h>
int main(void)
{
  static unsigned char challenge[64], token[4096];
  size_t n = sizeof token;
  tsi_ctx *ctx = tsi_new_ctx();
  int result = ctx ? get_attestation_token(ctx, challenge, sizeof challenge, token, &n) : -1;
  printf("%zu bytes %s\n", n, result == TSI_SUCCESS ? "accepted" : "refused");
  tsi_free_ctx(ctx);
  return result == TSI_SUCCESS ? 0 : 1;
}
C
export VCCA_SCENARIO=${VCCA_SOURCE:?}/scenarios/attest-virtcca-p521.yaml
for kind in static shared; do
  options=(); [[ $kind == static ]] && options=(--static)
  flags=$(PKG_CONFIG_PATH="$pc" pkg-config "${options[@]}" --cflags --libs vcca)
  [[ $kind == static ]] && flags=${flags/-lvcca /-l:libvcca.a }
  "$cc" -o "$dir/$kind" "$dir/main.c" "$dir/names.o" $flags >"$dir/log" 2>&1 || { head -n 20 "$dir/log"; complain "$kind: does not link with a program that uses these names"; continue; }
  text=$(LD_LIBRARY_PATH=$lib "$dir/$kind" 2>&1) || complain "$kind: exit $?"
  grep -qE '^[1-9][0-9]{3} bytes accepted$' <<<"$text" || complain "$kind: $text"
  # the SDK's library, alone and beside ours
  flags=$(PKG_CONFIG_PATH="$pc" pkg-config "${options[@]}" --cflags --libs vccaattestation vcca)
  [[ $kind == static ]] && flags=${flags/-lvccaattestation /-l:libvccaattestation.a } && flags=${flags/-lvcca /-l:libvcca.a }
  "$cc" -o "$dir/sdk-$kind" "$dir/sdk.c" "$dir/names.o" $flags >"$dir/log" 2>&1 || { head -n 20 "$dir/log"; complain "libvccaattestation, $kind: does not link with a program that uses these names"; continue; }
  text=$(LD_LIBRARY_PATH=$lib "$dir/sdk-$kind" 2>&1) || complain "libvccaattestation, $kind: exit $?"
  grep -qE '^[1-9][0-9]{3} bytes accepted$' <<<"$text" || complain "libvccaattestation, $kind: $text"
done
echo "$(wc -l <<<"$names") names"
exit $bad
