#!/usr/bin/env bash
# Verifiers under golden run: ours in every form of the command that README, help and documents show, with nothing wrongly accepted or refused; the
# example in Python, right as it is, and with three faults planted, which are found by name in under two minutes.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} source=${VCCA_SOURCE:?} slowness=${VCCA_SLOWNESS:-1} bad=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/tmp" "$work/bin" && export TMPDIR=$work/tmp
complain() { printf '%s\n' "$*"; bad=1; }
command -v python3 >/dev/null || { echo "no python3: the verifiers in Python are not run"; exit 77; }

# --- Ours, as the documents have it ------------------------------------------------------------------------------------------------------
# my-verifier is ours under its own names of options; with --serve it is the Python of docs/golden.md, which asks ours for each line.
ln -s "$vcca" "$work/bin/vcca"
sed -n '/^```python$/,/^```$/p' "$source/docs/golden.md" | sed '1d;$d' >"$work/bin/serve.py"
[[ $(wc -l <"$work/bin/serve.py") -le 20 ]] || complain "the example of docs/golden.md is longer than 20 lines"
cat >"$work/bin/my-verifier" <<'SH'
#!/bin/bash
[[ ${1:-} == --serve ]] && exec python3 "$(dirname "$0")/serve-ours.py"
words=()
for word; do
  case $word in --key) word=--cpak ;; --nonce) word=--challenge ;; esac
  words+=("$word")
done
exec vcca token verify "${words[@]}"
SH
chmod +x "$work/bin/my-verifier"
sed 's/\["vcca", "token", "verify", \*argv\]/["my-verifier", *argv]/' "$work/bin/serve.py" >"$work/bin/serve-ours.py"
cmp -s "$work/bin/serve.py" "$work/bin/serve-ours.py" && complain "the example of docs/golden.md does not ask vcca token verify"
cp "$work/bin/my-verifier" "$work/my-verifier"
cp "$work/bin/serve-ours.py" "$work/my-verifier.py"
ln -s bin/serve-ours.py "$work/serve-ours.py"
export PATH=$work/bin:$PATH
mapfile -t forms < <(
  { grep -hE '^(vcca|    vcca|    \$ vcca) golden run' "$source/README.md" "$source/docs/golden.md"
    "$vcca" golden run --help | grep -E '^ *vcca golden run'; } | sed -E 's/^ *(\$ )?//; s/ *#.*//' | sort -u)
[[ ${#forms[@]} -ge 8 ]] || complain "only ${#forms[@]} forms are shown"
cd "$work" || exit 1
for form in "${forms[@]}"; do
  rm -rf faults
  [[ $form == *"--known known"* && ! -e known ]] && : >known
  bash -c "$form" >"$work/out" 2>"$work/err"; got=$?
  [[ $got -eq 0 || $form == *'| grep'* ]] || complain "$form: exit $got: $(grep -E '^[a-z-]+ +[a-z]+-' "$work/out" | head -n 5) $(tail -n 3 "$work/err")"
  grep -qE '^(wrongly|crashed|timed-out|no-answer)|<(failure|error) ' "$work/out" && complain "$form: $(grep -E '^(wrongly|crashed)|<(failure|error) ' "$work/out" | head -n 5)"
  rm -rf "$work"/tmp/vcca-golden-*
done
printf '%s forms\n' "${#forms[@]}"

# --- The example, right and with faults ---------------------------------------------------------------------------------------------------
example=$source/examples/verifier.py
words=(--key @JWK@ --nonce @CHALLENGE@ @@)
timeout $((300 * slowness)) "$vcca" golden run --family arm-1.0 --timeout $((60 * slowness)) --serve -- python3 "$example" --serve -- "${words[@]}" >"$work/out" 2>&1 ||
  complain "examples/verifier.py has faults: $(grep -E '^[a-z-]+ +arm-' "$work/out")"
[[ $(sed -n 's/^ *\([0-9]*\) right .*/\1/p' "$work/out") -gt 300 ]] || complain "examples/verifier.py was hardly asked: $(tail -n 20 "$work/out")"

# What the three faults let through, by the table: the invalid cases whose flags are about them.
flags=WrongBinding,SplicedTokens,StaleChallenge,LifecycleState
"$vcca" golden list --family arm-1.0 --flag "$flags" | awk '$5 == "invalid" {print $1}' | sort >"$work/planted"
begin=$SECONDS
timeout $((300 * slowness)) "$vcca" golden run --family arm-1.0 --timeout $((60 * slowness)) --serve -- python3 "$example" --serve --without binding --without nonce --without lifecycle -- \
  "${words[@]}" >"$work/out" 2>&1
[[ $? -eq 1 ]] || complain "three faults are not told: $(tail -n 3 "$work/out")"
[[ $((SECONDS - begin)) -lt $((120 * slowness)) ]] || complain "the suite took $((SECONDS - begin)) seconds"
sed -n 's/^wrongly-accepted arm-1.0 *\([^ ]*\) .*/\1/p' "$work/out" | sort >"$work/found"
diff "$work/planted" "$work/found" >"$work/diff" || complain "planted (<) is not what is found (>): $(grep '^[<>]' "$work/diff")"
for flag in ${flags//,/ }; do
  grep -qE "^ +[0-9]+ of [0-9]+ +$flag " "$work/out" || complain "no fault under $flag: $(grep -E '^ +[0-9]+ of ' "$work/out")"
done
grep -qE '^(wrongly-refused|crashed|timed-out|no-answer) ' "$work/out" && complain "other faults: $(grep -E '^(wrongly-r|crashed|timed|no-)' "$work/out")"

# A process per case says the same of those cases.
"$vcca" golden run --family arm-1.0 --timeout $((60 * slowness)) --layer binding -- python3 "$example" --without binding "${words[@]}" >"$work/out" 2>&1
sed -n 's/^wrongly-accepted arm-1.0 *\([^ ]*\) .*/\1/p' "$work/out" | sort >"$work/once"
"$vcca" golden run --family arm-1.0 --timeout $((60 * slowness)) --layer binding --serve -- python3 "$example" --serve --without binding -- "${words[@]}" >"$work/out" 2>&1
sed -n 's/^wrongly-accepted arm-1.0 *\([^ ]*\) .*/\1/p' "$work/out" | sort | cmp -s - "$work/once" || complain "--serve finds other faults than a process per case"
[[ -s $work/once ]] || complain "a process per case finds nothing"
exit $bad
