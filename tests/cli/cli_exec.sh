#!/usr/bin/env bash
# Programs in vcca exec find configfs-tsm where guests find it, with Linux's errno values, many at once, and whatever they do to it; the token is the one
# that the scenario's own guest gets, and verifies; nothing stays mounted, also when the server is killed.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
here=$(cd "$(dirname "$0")" && pwd)
arm=${VCCA_SOURCE:?}/scenarios/attest-arm-1.0.yaml cvm=$VCCA_SOURCE/scenarios/attest-virtcca-p521.yaml
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
complain() { printf '%s\n' "$*"; bad=1; }
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1 # whose memory is bounded is not the sanitizer
mounts() { grep -c vcca /proc/self/mounts; }

"$vcca" exec "$arm" -- true 2>says
code=$?
if [[ $code -eq 3 ]] && grep -qE 'FUSE|fuse|namespace|mounted' says; then echo "SKIPPED: $(cat says)"; exit 77; fi
[[ $code -eq 0 ]] || complain "exec true: $code: $(cat says)"
before=$(mounts)

# exit codes, signals, words, the environment
says() { # code, command...
  local want=$1; shift
  "$vcca" exec "$arm" -- "$@" >out 2>err
  local code=$?
  [[ $code -eq $want ]] || complain "exec -- $*: exit $code, not $want: $(cat err)"
}
says 7 sh -c 'exit 7'
says 127 /no/such/program
says 126 /dev/null
says 137 sh -c 'kill -9 $$'
says 0 sh -c '[ "$1" = "a b" ] && [ -S "$VCCA_VM" ]' sh 'a b'
says 0 sh -c 'grep -q . /sys/kernel/notes || [ -e /sys/kernel/mm ]' # the rest of /sys/kernel is in sight
says 1 sh -c 'mkdir /sys/kernel/config/tsm/other 2>/dev/null'
"$vcca" exec "$arm" true 2>err; [[ $? -eq 2 ]] && grep -q -- '-- and the program' err || complain "without --: $(cat err)"
"$vcca" exec no.yaml -- true 2>err; [[ $? -eq 3 ]] || complain "no scenario: $(cat err)"
"$vcca" exec "$cvm" -- mkdir /sys/kernel/config/tsm/report/r 2>err
[[ $? -eq 1 ]] && grep -q 'No such device or address' err || complain "a virtCCA guest has a provider: $(cat err)"

# the shell's token is the guest's own, and our verifier takes it
challenge=$(printf 'a challenge that nobody could have foreseen' | openssl dgst -sha512 -r | cut -d' ' -f1)
"$vcca" run --save token.bytes=own --save device.cpak=cpak "$arm" >/dev/null || complain "vcca run"
printf '%s' "$challenge" | "$(command -v python3)" -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' >inblob
says 0 sh -ec 'cd /sys/kernel/config/tsm/report; mkdir r; dd if="$1/inblob" of=r/inblob bs=64 2>/dev/null; cat r/outblob >"$1/token"; rmdir r' sh "$dir"
cmp -s own token || complain "the token of outblob is not the one that the scenario's guest gets"
"$vcca" token verify token --challenge "$challenge" >verdict 2>&1
grep -q 'freshness *pass' verdict || complain "verify: $(cat verdict)"

# errno values; many processes; hostile ones
for what in errnos "together 64" "hostile 1000"; do
  # shellcheck disable=SC2086 # two words
  "$vcca" exec "$arm" -- python3 "$here/support_tsm.py" $what >out 2>&1 || complain "$what: $(cat out)"
done

# a second terminal
"$vcca" exec --until vm --vm vm.sock "$arm" -- sh -ec '
  cd /sys/kernel/config/tsm/report; mkdir r; head -c 64 /dev/zero >r/inblob
  "$1" vm inject incomplete --times 3 --vm "$VCCA_VM" >/dev/null; cat r/outblob >"$2/one"
  "$1" vm inject status -c ATTESTATION_TOKEN_CONTINUE --status ERROR_STATE --vm "$VCCA_VM" >/dev/null
  echo 0 >r/privlevel; ! cat r/outblob 2>"$2/enxio"
  "$1" vm extend --value 00ff --vm "$VCCA_VM" >/dev/null; cat r/outblob >"$2/two"' sh "$vcca" "$dir" || complain "a second terminal"
grep -q 'No such device or address' enxio || complain "an RSI error: $(cat enxio)"
cmp -s one two && complain "an extended REM changes no token"
[[ ! -e vm.sock ]] || complain "the socket stays"

# a folder of the user's choice; the server is killed, or stopped
if [[ $EUID -eq 0 ]] || command -v fusermount3 >/dev/null; then
  mkdir report
  for how in kill stop; do
    "$vcca" vm start "$arm" --tsm report --detach 2>err || complain "vm start: $(cat err)"
    mkdir report/r && cp inblob report/r/inblob && cp report/r/outblob three && cmp -s own three || complain "a token of a folder ($how)"
    if [[ $how == kill ]]; then
      pid=$("$vcca" vm state -o json | sed 's/.*"pid":\([0-9]*\).*/\1/')
      kill -9 "$pid"
    else
      "$vcca" vm stop
    fi
    for _ in $(seq 100); do [[ $(mounts) -eq $before && -z $(ls report 2>&1) ]] && break; sleep 0.05; done
    [[ -z $(ls report 2>&1) ]] || complain "after $how: $(ls report 2>&1)"
  done
  "$vcca" vm start "$arm" --tsm nowhere 2>err; [[ $? -eq 2 ]] || complain "--tsm nowhere: $(cat err)"
  "$vcca" vm start "$arm" --tsm inblob 2>err; [[ $? -eq 2 ]] && grep -q 'no folder' err || complain "--tsm FILE: $(cat err)"
fi
[[ $(mounts) -eq $before ]] || complain "$(grep vcca /proc/self/mounts) stays mounted"
exit $bad
