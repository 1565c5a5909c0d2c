#!/usr/bin/env bash
# A family of the committed suite is what this version makes (cli.golden_snapshot: all are); changing it takes a second step; mutations are the same
# every time. Driving verifiers: cli.golden_run.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} source=${VCCA_SOURCE:?} bad=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }
code() { # exit code, text in stdout or stderr, words...
  local want=$1 text=$2; shift 2
  "$@" >"$work/out" 2>&1 </dev/null; local got=$?
  [[ $got -eq $want ]] || complain "$*: exit $got, not $want: $(tail -n 3 "$work/out")"
  [[ -z $text ]] || grep -qE -- "$text" "$work/out" || complain "$*: no '$text' in: $(tail -n 12 "$work/out")"
}

# the snapshot
code 0 ' 0 different, 0 that do not' "$vcca" golden check --family virtcca-p521 "$source/vectors"
code 2 'is there already' "$vcca" golden make "$work"
code 3 '^vcca golden check: .*: not a golden suite: it has no arm-1.0.json; did you mean .*/vectors\?$' "$vcca" golden check --family arm-1.0 "$source"
[[ $(wc -l <"$work/out") -eq 1 ]] || complain "golden check of a wrong folder says more than a line"
code 3 'did you mean .*/\.\.\?$' "$vcca" golden check "$source/vectors/arm-1.0"
code 3 'not a golden suite' "$vcca" golden bless --yes "$work"
code 3 'not a folder' "$vcca" golden check "$source/README.md"
mkdir "$work/copy" && cp -r "$source"/vectors/{schema.json,arm-1.0,arm-1.0.json,virtcca-rsa,virtcca-rsa.json} "$work/copy" && chmod -R u+w "$work/copy"
printf x >>"$work/copy/arm-1.0/base.cbor"
printf x >"$work/copy/arm-1.0/stranger.cbor"
code 1 '^arm-1.0/base.cbor$' "$vcca" golden bless --family arm-1.0 "$work/copy"
code 0 '^0 files would change, 0 to be' "$vcca" golden bless --family virtcca-rsa "$work/copy"
code 2 "no family" "$vcca" golden check --family nobody "$work/copy"
cmp -s "$work/copy/arm-1.0/base.cbor" "$source/vectors/arm-1.0/base.cbor" && complain "bless wrote without --yes"
code 0 '1 files written, 1 to be removed' "$vcca" golden bless --yes --family arm-1.0 "$work/copy"
rm "$work/copy/arm-1.0/stranger.cbor"
cmp -s "$work/copy/arm-1.0/base.cbor" "$source/vectors/arm-1.0/base.cbor" || complain "bless --yes did not write"

# the list
code 0 '^R15 .*structure' "$vcca" golden list --family arm-1.0
grep -q 'R12a' "$work/out" && complain "a mutation of raw points is listed for COSE_Keys"
code 0 'add realm/44237! 23' "$vcca" golden list --mutation R15
code 0 '^E01 ' "$vcca" golden list --layer eventlog --flag 'LogHeader,!LogLength'
grep -q '^E05 ' "$work/out" && complain "a flag that was not asked for is listed"
code 2 "did you mean LogHeader" "$vcca" golden list --flag LogHeadr
[[ $("$vcca" golden list | wc -l) -ge 150 ]] || complain "fewer than 150 mutations"

# single mutations
code 0 '' "$vcca" token mutate --family arm-1.0 --mutation R15 --out "$work/r15.cbor"
cmp -s "$work/r15.cbor" "$source"/vectors/arm-1.0/realm/R15-*.cbor || complain "token mutate R15 is not the suite's"
code 0 '' "$vcca" token mutate "$source/vectors/arm-1.0/base.cbor" --recipe 'again realm/44238' --out "$work/twice.cbor"
code 3 'is there twice' "$vcca" token show "$work/twice.cbor"
mkdir "$work/a" "$work/b"
code 0 '' "$vcca" token mutate "$source/vectors/arm-1.0/base.cbor" --seed 7 --count 50 --out "$work/a"
code 0 '' "$vcca" token mutate "$source/vectors/arm-1.0/base.cbor" --seed 7 --count 50 --out "$work/b"
diff -r "$work/a" "$work/b" >/dev/null || complain "the same seeds give other tokens"
[[ $(sha256sum "$work"/a/* | cut -d' ' -f1 | sort -u | wc -l) -ge 45 ]] || complain "different seeds give the same tokens"
code 0 '' "$vcca" token mutate --family arm-legacy --seed 7 --out "$work/signed.cbor"
code 2 'one of --mutation' "$vcca" token mutate --family arm-1.0
code 2 'does not have' "$vcca" token mutate --family arm-1.0 --mutation R12a
exit $bad
