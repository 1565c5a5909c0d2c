#!/usr/bin/env bash
# Files: nothing is written over what is read, nor twice, however it is spelled; what is written is there whole or not at all, keeps the mode
# and the links that it had, and leaves nothing beside it.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1
export TMPDIR=$dir/tmp; mkdir tmp
complain() { printf '%s\n' "$*"; bad=1; }
expect() { # exit code, text on stderr, words...
  local want=$1 text=$2; shift 2
  local message; message=$(timeout 20 "$vcca" "$@" 2>&1 >/dev/null </dev/null); local code=$?
  [[ $code -eq $want ]] || complain "vcca $*: exit $code, not $want: $message"
  grep -qF -- "$text" <<<"$message" || complain "vcca $*: no '$text' in: $message"
}

"$vcca" token mint --family arm-1.0 --out t.cbor && "$vcca" hsm cert cpak --device p384 --out cpak.pem || complain "cannot mint"
"$vcca" hsm new --chain p384 --out device.yaml
cp device.yaml key.pem; cp t.cbor before.cbor; ln t.cbor hard.cbor; ln -s t.cbor soft.cbor; ln -s .. tmp/up; mkfifo pipe
{ head -c 16 /dev/zero; printf '\0\020'; head -c 38 /dev/zero; printf 'ARMd'; head -c 4036 /dev/zero; } >Image
cp Image Image.before
cat >scenario.yaml <<'END'
vcca: 1
name: reads a file
profile: arm-rmm-1.0
device: p384
vars: {token: {file: t.cbor}}
steps:
  - token: $token
    as: copy
END
printf 'vcca: 1\nprofile: virtcca\nkernel: Image\nmatrix: {vcpus: [1]}\n' >plan.yaml
printf 'vcca: 1\nrules: arm-rmm-1.0\noperations: []\n' >ops.yaml

# one file under two names, in every verb that writes
expect 2 "--ear key.pem: that is the file of --ear-key: name another" token verify t.cbor --cpak cpak.pem --ear key.pem --ear-key key.pem
for other in ./t.cbor "$dir/t.cbor" hard.cbor soft.cbor tmp/up/t.cbor; do
  expect 2 "that is the file of FILE (t.cbor)" token verify t.cbor --cpak cpak.pem --ear "$other"
  expect 2 "that is the file of FILE (t.cbor)" token mutate t.cbor --seed 1 --out "$other"
  expect 2 "that is the file of --trace ($other)" run scenario.yaml --trace "$other" --junit t.cbor
  expect 2 "that is the file of --device (t.cbor)" token mint --device t.cbor --out "$other"
  expect 2 "that is the file of --device (t.cbor)" hsm cert root --device t.cbor --out "$other"
done
mkdir made; cp t.cbor made/seed-7.cbor; cp t.cbor made/corim-realm.cbor; ln -s ../t.cbor made/seed-9.cbor
expect 2 "that is the file of FILE" token mutate made/seed-7.cbor --seed 1 --count 20 --out made
expect 2 "that is the file of FILE" token mutate t.cbor --seed 1 --count 20 --out ./made
expect 0 "" token mutate t.cbor --seed 100 --count 3 --out .
[[ ! -e made/seed-1.cbor ]] || complain "token mutate wrote before it refused"
for name in $("$vcca" golden endorse t.cbor --cpak cpak.pem --out tmp 2>/dev/null); do
  cp t.cbor made/"$(basename "$name")"
  expect 2 "that is the file of TOKEN" golden endorse made/"$(basename "$name")" --cpak cpak.pem --out tmp/up/made
done
measure=(measure virtcca -k Image -c 1)
expect 2 "--output-refs ./x: that is the file of --output-corim (x)" "${measure[@]}" --output-corim x --output-refs ./x
expect 2 "--trace $dir/x: that is the file of --output-dtb (x)" "${measure[@]}" --output-dtb x --trace "$dir/x"
ln -s x dangling
expect 2 "is the file of --output-dtb" "${measure[@]}" --output-dtb x --trace dangling
expect 2 "is the file of --image" measure log pipe --image Image --trace ./Image
expect 2 "is the file of FILE" measure ops ops.yaml --trace ./ops.yaml
expect 2 "is the file of a word behind --" measure qemu -k Image --output-dtb t.cbor -- -kernel k -drive if=pflash,file=./t.cbor
expect 2 "is the file of SCENARIO" run scenario.yaml --trace ./scenario.yaml
expect 2 "is the file of --trace" run scenario.yaml --trace x --save copy.rim=./x
expect 2 "--save is for one scenario" run scenario.yaml scenario.yaml --save copy.rim=x
expect 2 "writes nothing" rim diff "virtcca -k Image -c 1 --output-dtb Image" "virtcca -k Image -c 1"

"$vcca" run scenario.yaml --save copy.rim=rim --trace trace >/dev/null && [[ $(stat -c %s rim) == 32 ]] || complain "--save does not save"
# an input that only another file names
for option in --trace --junit "--save copy.rim"; do
  [[ $option == --save* ]] && words=(--save copy.rim=hard.cbor) || words=("$option" hard.cbor)
  message=$("$vcca" run scenario.yaml "${words[@]}" 2>&1); code=$?
  [[ $code -eq 2 ]] && grep -qE "scenario.yaml:[0-9]+:.*is the file of ${option% *}" <<<"$message" || complain "run ${words[*]}: $code: $message"
done
message=$("$vcca" measure sweep plan.yaml 2>&1 >>Image); [[ $? -ge 2 ]] && grep -q "is the file of standard output" <<<"$message" || complain "sweep: $message"
message=$("$vcca" token show t.cbor 2>&1 >>t.cbor); [[ $? -eq 2 ]] && grep -q "is the file of FILE" <<<"$message" || complain "show: $message"

# standard input and pipes have one reader, standard output one writer
expect 2 "standard input is read already (FILE)" token verify - --eventlog /dev/stdin
expect 2 "standard input is read already" token verify /dev/fd/0 --cpak -
expect 2 "standard input is read already (A)" rim diff - /proc/self/fd/0
expect 2 "standard input is read already (--kernel)" rim diff "arm -k - -c 1" "arm -k /dev/stdin -c 1"
expect 2 "this pipe is read already (FILE)" token verify pipe --cpak ./pipe
expect 2 "stdout has the verdict" token verify t.cbor --ear /dev/stdout
expect 2 "stdout has the RIM" "${measure[@]}" --output-corim /dev/fd/1
expect 2 "is the file of --trace" run scenario.yaml --trace - --junit /dev/stdout
expect 2 "stdout has the report" run scenario.yaml --trace - -o json
cmp -s t.cbor before.cbor && cmp -s Image Image.before && [[ ! -e x && -L soft.cbor && -L dangling ]] || complain "a refused command wrote"

# links lead on, modes stay, secrets are their owner's, hard links part
mint=(token mint --family arm-1.0 --rim "$(printf '%064d' 7)")
"$vcca" "${mint[@]}" --out good.cbor
printf old >t1; chmod 640 t1; ln -s t1 l1; ln -s l1 l2
"$vcca" "${mint[@]}" --out l2
[[ -L l2 && -L l1 && ! -L t1 && $(stat -c %a t1) == 640 ]] && cmp -s t1 good.cbor || complain "links or modes are lost"
"$vcca" "${mint[@]}" --out dangling && [[ -L dangling ]] && cmp -s x good.cbor || complain "a link to nothing is not followed"
ln -s loop loop; expect 3 "loop: cannot create: Too many levels" "${mint[@]}" --out loop
[[ $(stat -c %a device.yaml) == 600 ]] || complain "secrets are readable for others"
(umask 027; "$vcca" "${mint[@]}" --out new; [[ $(stat -c %a new) == 640 ]]) || complain "the umask is not kept"
ln -s "$dir/t.cbor" new2.part; "$vcca" "${mint[@]}" --out new2 && [[ -L new2.part ]] && cmp -s t.cbor before.cbor || complain "PATH.part was followed"
long=$(printf 'n%.0s' {1..255}); "$vcca" "${mint[@]}" --out "$long" && cmp -s "$long" good.cbor || complain "the longest name is too long"

# what is no file
"$vcca" "${mint[@]}" --out /dev/stdout | cmp -s - good.cbor || complain "/dev/stdout"
{ printf head; "$vcca" "${mint[@]}" --out /dev/stdout; printf tail; } >stream
cmp -s stream <(printf head; cat good.cbor; printf tail) || complain "/dev/stdout, a file, does not go on where it was"
"$vcca" "${mint[@]}" --out /dev/fd/7 7>seven && cmp -s seven good.cbor || complain "/dev/fd/7"
"$vcca" "${mint[@]}" --out >(cat >through) && sleep 0.3 && cmp -s through good.cbor || complain "a pipe"
"$vcca" "${mint[@]}" --out /dev/null && [[ -c /dev/null ]] || complain "/dev/null"
expect 3 "/dev/full: cannot write" "${mint[@]}" --out /dev/full
expect 3 "made: cannot create: Is a directory" "${mint[@]}" --out made
expect 3 "new3/: cannot create" "${mint[@]}" --out new3/
expect 3 "cannot create: No such file or directory" "${mint[@]}" --out ""
expect 3 "none/x: cannot create: No such file or directory" "${mint[@]}" --out none/x

# every file option at once, and as often as it may be given
echo '{policy: mine, require: [freshness]}' >policy
all=(--cert cpak.pem --eventlog cpak.pem --image-ref cpak.pem --platform-ref cpak.pem --rv-store cpak.pem --policy policy --cpak cpak.pem)
for _ in 1 2 3 4 5 6 7 8; do all+=(--chain cpak.pem --corim cpak.pem --corim cpak.pem); done
expect 3 "t.cbor: " token verify t.cbor "${all[@]}" --ear verdict --ear-key t.cbor
expect 2 "more than 16 --corim" token verify t.cbor "${all[@]}" --corim cpak.pem
for _ in {1..40}; do all+=(--require structure); done
expect 2 "more than 64 options" token verify t.cbor "${all[@]}"

# an interrupt, and a disk that is full, leave the old file whole and nothing beside it
printf old >trace
mkfifo slow; before=$(ls -A | sort)
for signal in INT TERM HUP PIPE; do
  env --default-signal=INT timeout --foreground -k 1 20 "$vcca" measure virtcca -k slow --dtb Image --trace trace >/dev/null 2>&1 & pid=$!
  exec 8>slow; sleep 0.2
  [[ $(ls -A | wc -l) -gt $(wc -l <<<"$before") ]] || complain "no trace is on its way"
  kill -$signal "$(pgrep -P $pid)"; wait $pid; exec 8>&-
done 2>/dev/null
[[ $(ls -A | sort) == "$before" && $(cat trace) == old ]] || complain "an interrupt leaves something: $(diff <(echo "$before") <(ls -A | sort))"
if [[ $(id -u) == 0 ]] && mkdir full && mount -t tmpfs -o size=16k none full 2>/dev/null; then
  printf old >full/t; head -c 12k /dev/zero >full/rest
  expect 3 "full/t: cannot write: No space left on device" hsm new --out full/t
  [[ $(cat full/t) == old && $(ls -A full | wc -l) == 2 ]] || complain "a full disk leaves something"
  umount full
else
  echo "no small file system here: a full disk is not tried"
fi
[[ -z $(ls -A tmp | grep -v '\.\(cbor\|json\)$\|^up$') ]] || complain "TMPDIR is not empty: $(ls -A tmp)"
exit $bad
