#!/usr/bin/env bash
# golden run is fair and actionable: what the command line does not take is not asked, a verifier that looks at nothing earns nothing, a base that is not
# accepted stops the run, faults are shown with all that they are made of, any number of jobs gives the same matrix, and nothing is left behind.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} source=${VCCA_SOURCE:?} bad=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
command -v python3 >/dev/null || { echo "no python3: what golden run prints for machines is not looked at"; exit 77; }
mkdir "$work/tmp" && export TMPDIR=$work/tmp
complain() { printf '%s\n' "$*"; bad=1; }
code() { # exit code, text in stdout or stderr, words...
  local want=$1 text=$2; shift 2
  "$@" >"$work/out" 2>&1 </dev/null; local got=$?
  [[ $got -eq $want ]] || complain "$*: exit $got, not $want: $(tail -n 3 "$work/out")"
  [[ -z $text ]] || grep -qE -- "$text" "$work/out" || complain "$*: no '$text' in: $(tail -n 12 "$work/out")"
}
also() { grep -qE -- "$1" "$work/out" || complain "no '$1' in: $(tail -n 12 "$work/out")"; }
never() { grep -qE -- "$1" "$work/out" && complain "'$1' in: $(grep -E -- "$1" "$work/out")"; }
run() { "$vcca" golden run "$@"; }
count() { sed -n "s/^ *\([0-9]*\) $1 .*/\1/p" "$work/out"; }
verify="$vcca token verify"

# A verifier with a fault: it accepts what `vcca token verify` refuses with this text in its output.
cat >"$work/faulty" <<'SH'
#!/bin/sh
out=$($VCCA token verify "$@" 2>&1) || code=$?
printf '%s\n' "$out"
case $out in *"$FAULT"*) exit 0 ;; esac
exit ${code:-0}
SH
chmod +x "$work/faulty"
export VCCA=$vcca FAULT=none-yet

# --- What is asked: derived from the placeholders ---------------------------------------------------------------------------------------
code 0 '^ +0 wrongly-accepted' run --family virtcca-p521 -- $verify @@ --cpak @CPAK@
also '^ +0 wrongly-refused'
[[ $(count not-asked) -gt 80 ]] || complain "only $(count not-asked) cases are not asked of a verifier that takes a key alone"
also '^not asked: .* for want of @EVENTLOG@$'
code 3 '^ +2 not-asked' run --family arm-1.0 --id E01,X05 -a -- $verify @@ --cpak @CPAK@ --challenge @CHALLENGE@
also '^not-asked .* X05 .* - '
code 0 '^ +2 right' run --family arm-1.0 --id E01,X05 -- $verify @@ --cpak @CPAK@ --cert @CERT@ --chain @ROOT@ --chain @SUB@ --eventlog @EVENTLOG@
# certificates alone are as good as a key: a case that has only the CPAK has the base's certificates instead
code 0 '^ +1 not-asked' run --family arm-1.0 --id X05,C09cp,X01 -- $verify @@ --cert @CERT@ --chain @ROOT@ --chain @SUB@
also '^ +2 right'
also '^not asked: 1 for want of @AT@$'
# a verifier that has its key in another way
code 0 '^ +1 right' run --family arm-1.0 --id B07a --knows CPAK -- $verify --cpak "$source/vectors/arm-1.0/cpak.pem" @@
code 2 'knows NOTHING: the name of a placeholder' run --knows NOTHING -- $verify @@

# --- Verifiers that look at nothing -----------------------------------------------------------------------------------------------------
code 1 'arm-1.0: the base, which is sound, is not accepted: nothing else was asked' run --family arm-1.0 -- false @@
never '^ +[1-9][0-9]* right'
code 1 'the command takes no key|The command takes no key' run --family arm-1.0 -- $verify @@
also '^  \| verdict: rejected'
code 1 '^ +0 right' run --family arm-1.0 -- true @@
[[ $(count unearned) -gt 30 && $(count wrongly-accepted) -gt 300 ]] || complain "true(1) is not seen through: $(tail -n 14 "$work/out")"
code 2 'the command has no @@' run --family arm-1.0 -- true
code 2 'the command has no @@' run --family arm-1.0 -- $verify --cpak @CPAK@
code 2 'no placeholder @NOTHING@' run --family arm-1.0 -- true @@ @NOTHING@
code 2 'the verifier cannot be started: /nonexistent/verifier: No such file' run --family arm-1.0 -- /nonexistent/verifier @@
code 2 'cannot be started: .*: Permission denied' run --family arm-1.0 -- "$source/README.md" @@
code 1 '^crashed .* V00 .* SIGSEGV' run --family arm-1.0 -- sh -c 'kill -SEGV $$' @@
code 1 '^timed-out .* V00 ' run --family arm-1.0 --timeout 1 -- sh -c 'sleep 30' @@
code 1 '^timed-out .* V00 ' run --family arm-1.0 --timeout 1 -- sh -c 'while :; do echo x; done' @@
code 1 '^no-answer .* V00 .* exit 9' run --family arm-1.0 -- sh -c 'exit 9' @@
code 3 '^ +4 unsupported' run --family arm-legacy --id V00,S01,V02r,R20a -- sh -c 'exit 77' @@
also 'no case was answered'

# --- Answers ----------------------------------------------------------------------------------------------------------------------------
base=$source/vectors/arm-1.0/base.cbor
on() { printf 'if cmp -s "$0" %s; then exit 0; fi; %s' "'$base'" "$1"; } # the base is accepted, anything else answered so
some=(--family arm-1.0 --id S01,S22d,R15)
code 1 '^crashed .* S01 .* SIGABRT' run "${some[@]}" -- sh -c "$(on 'kill -ABRT $$')" @@
code 1 '^crashed .* S01 .* SIGSEGV' run "${some[@]}" -- sh -c "$(on 'exit 139')" @@
code 1 '^no-answer .* S01 .* exit 101' run "${some[@]}" -- sh -c "$(on 'exit 101')" @@
code 0 '^ +3 right' run "${some[@]}" --reject 101 -- sh -c "$(on 'exit 101')" @@
code 0 '^ +3 right' run "${some[@]}" -- sh -c "$(on 'exit 1')" @@
code 0 '^ +1 refused-early' run "${some[@]}" -- sh -c "$(on 'echo stage: collection; exit 5')" @@
code 1 '^refused-early .* R15' run "${some[@]}" --early fail -- sh -c "$(on 'echo stage: collection; exit 1')" @@
code 0 '^uncaught: 3 ' run "${some[@]}" -- sh -c "$(on 'echo "Traceback (most recent call last):"; exit 1')" @@
code 1 '^crashed .* S01 .* uncaught' run "${some[@]}" --strict -- sh -c "$(on 'echo "Traceback (most recent call last):"; exit 1')" @@

# --- Faults are shown with all that they are made of --------------------------------------------------------------------------------------
export FAULT='verdict: rejected (binding)'
words=("$work/faulty" @@ --cpak @CPAK@ --challenge @CHALLENGE@)
faulty=(--family arm-1.0 --layer 'r*,binding,!structure')
code 1 '^wrongly-accepted arm-1.0 +B[0-9a-z]+ ' run "${faulty[@]}" --keep "$work/kept" -- "${words[@]}"
also '^  effect    the RAK is not endorsed by the platform$'
also '^ +[0-9]+ of [0-9]+ +WrongBinding +the RAK is not endorsed by the platform$'
id=$(sed -n 's/^wrongly-accepted arm-1.0 *\([^ ]*\) .*/\1/p' "$work/out" | head -1)
cmp -s "$work/kept/arm-1.0/$id/token.cbor" "$source"/vectors/arm-1.0/*/"$id"-*.cbor || complain "--keep did not keep the token of $id"
grep -q 'verdict: rejected (binding)' "$work/kept/arm-1.0/$id/output" || complain "--keep did not keep the output of $id"
(cd / && sh "$work/kept/arm-1.0/$id/run") >/dev/null 2>&1 || complain "the kept script does not accept as the verifier did"
run --family arm-1.0 --id "$id" --keep "$work/kept2" -- "${words[@]}" >/dev/null 2>&1
run --family arm-1.0 --id "$id" --keep "$work/kept2" -- $verify @@ --cpak @CPAK@ >/dev/null 2>&1
[[ ! -e $work/kept2/arm-1.0/$id ]] || complain "--keep leaves what was a fault before"
[[ ! -e $work/kept/arm-1.0/R15 ]] || complain "--keep kept what is right"
for style in text json junit; do
  code 1 'the RAK is not endorsed by the platform' run --family arm-1.0 --show "$id" -o $style -- "${words[@]}"
  also "verdict: rejected .binding."
  token=$(grep -oE "$work/tmp/[^ \"<]*/$id/token.cbor" "$work/out" | head -1)
  cmp -s "$token" "$work/kept/arm-1.0/$id/token.cbor" || complain "--show -o $style does not leave the token where it says"
  rm -rf "$work"/tmp/vcca-golden-*
done
code 1 '<failure type="wrongly-accepted"' run "${faulty[@]}" -o junit -- "${words[@]}"
code 1 '^  again     sh .*/V00/run$' run --family arm-1.0 --show V00 -- sh -c 'echo no; exit 1' @@
[[ -e $(sed -n 's/^  again     sh //p' "$work/out") ]] || complain "--show of a base that is refused leaves no script"
rm -rf "$work"/tmp/vcca-golden-*

# --- Known faults -------------------------------------------------------------------------------------------------------------------------
run "${faulty[@]}" -- "${words[@]}" 2>&1 | grep '^wrongly-accepted' >"$work/known"
code 0 '^known: [1-9]' run "${faulty[@]}" --known "$work/known" -- "${words[@]}"
sed -i 1d "$work/known"
code 1 "^wrongly-accepted .* $id " run "${faulty[@]}" --known "$work/known" -- "${words[@]}"
echo 'crashed arm-1.0 R15 # gone' >>"$work/known"
code 1 ':[0-9]+: arm-1.0 R15 is not crashed any more' run "${faulty[@]}" --known "$work/known" -- "${words[@]}"
echo 'broken arm-1.0 R15' >"$work/known"
code 3 "known:1:1?.*'broken' is no judgement" run "${faulty[@]}" --known "$work/known" -- "${words[@]}"

# --- Filters ------------------------------------------------------------------------------------------------------------------------------
code 1 '^2 cases' run --family 'arm-*,!arm-1.0,!arm-cmw,!arm-mixed,!arm-legacy' --id S01 -- true @@
code 1 '^7 cases' run --family arm-1.0 --id 'S02*' -- true @@
code 1 '^6 cases' run --family arm-1.0 --id 'S02*' --id '!S02a' -- true @@
code 1 '^1 case$' run --family arm-1.0 --layer structure --stage cbor --flag Truncated --id '*-last-*' -- true @@
code 2 '[-]-id is empty' run --id '' -- true @@
code 2 "no mutation 'S99'" run --id S99 -- true @@
code 2 "no layer 'cosy'; did you mean cose\?" run --layer cosy -- true @@
code 2 "no stage 'sign'" run --stage sign -- true @@
code 2 "no family 'arm'" run --family arm -- true @@
code 2 'no case was chosen' run --layer cose --id S01 -- true @@

# --- Any number of jobs gives the same ----------------------------------------------------------------------------------------------------
for style in text json junit; do
  for jobs in 1 5; do
    run "${faulty[@]}" --id '!R2*' -a -o $style --jobs $jobs -- "${words[@]}" >"$work/$jobs.$style" 2>/dev/null
  done
  cmp -s "$work/1.$style" "$work/5.$style" || complain "-o $style of five jobs is not that of one"
done

# --- Machines -----------------------------------------------------------------------------------------------------------------------------
schema() { python3 "$source/tests/cli/support_schema.py" "$@" >"$work/schema" 2>&1 || complain "$1: $(tail -n 1 "$work/schema")"; }
schema "$source/golden/run.schema.json" "$work/1.json"
run --family arm-1.0 --show S01,E01 -o json -- true @@ >"$work/show.json"; schema "$source/golden/run.schema.json" "$work/show.json"
run --family arm-1.0 -o json -- false @@ >"$work/stop.json" 2>/dev/null; schema "$source/golden/run.schema.json" "$work/stop.json"
"$vcca" golden list -o json >"$work/list.json"; schema "$source/golden/list.schema.json" "$work/list.json"
run --family arm-1.0 --id 'V0*,S01,E01' -a --keep "$work/x" -o junit -- sh -c 'printf "a<b&\"\001\377\n"; exit 1' @@ >"$work/stop.xml" 2>/dev/null
for file in "$work/1.junit" "$work/stop.xml"; do
  python3 - "$file" <<'PY' || complain "$file is no JUnit"
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
assert root.tag == "testsuites" and len(root) > 0
for suite in root:
  cases = suite.findall("testcase")
  assert suite.tag == "testsuite" and suite.get("name") and int(suite.get("tests")) == len(cases) == len(suite) > 0
  for kind, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
      assert int(suite.get(kind)) == sum(case.find(element) is not None for case in cases), kind
  assert all(case.get("classname") and case.get("name") for case in cases)
PY
done
rm -rf "$work"/tmp/vcca-golden-*

# --- Nothing is left --------------------------------------------------------------------------------------------------------------------
alive() { kill -0 "$1" 2>/dev/null && ! grep -q ') Z ' "/proc/$1/stat" 2>/dev/null; } # one that nobody waits for has ended
left() { # what happened
  local pid
  for pid in $(cat "$work/pids" 2>/dev/null); do
    for _ in $(seq 25); do
      alive "$pid" || break
      sleep 0.2
    done
    alive "$pid" && { complain "$1: process $pid goes on"; kill -9 "$pid"; }
  done
  [[ -z $(ls -A "$work/tmp") ]] || complain "$1: $(ls "$work/tmp") is left"
  rm -f "$work/pids"
}
printf '#!/bin/sh\n# a verifier with children\nsleep 300 &\necho $! $$ >>%s\nwhile :; do sleep 1; done\n' "'$work/pids'" >"$work/sleeper" && chmod +x "$work/sleeper"
for signal in TERM HUP QUIT INT; do
  # a background job of a script ignores SIGINT and SIGQUIT, and so would what it starts
  python3 -c 'import os, signal, sys
for s in signal.SIGINT, signal.SIGQUIT: signal.signal(s, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$vcca" golden run --family arm-1.0 --jobs 2 -- "$work/sleeper" @@ >/dev/null 2>&1 & pid=$!
  for _ in $(seq 100); do [[ -s $work/pids ]] && break; sleep 0.1; done
  [[ -s $work/pids ]] || complain "the verifier was not started"
  kill -$signal $pid
  wait $pid 2>/dev/null; got=$?
  [[ $got -eq $((128 + $(kill -l $signal))) ]] || complain "SIG$signal: exit $got"
  left "SIG$signal"
done
run --family arm-1.0 -a -- sh -c 'exit 0' @@ 2>/dev/null | head -n 1 >/dev/null
left SIGPIPE
code 0 '' run --family arm-1.0 --id R15 -- sh -c "sleep 300 >/dev/null 2>&1 & echo \$! >>'$work/pids'; $(on 'exit 1')" @@ # a child that stays
left "a verifier's own children"
exit $bad
