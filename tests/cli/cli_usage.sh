#!/usr/bin/env bash
# Every command explains itself; a wrong question is answered with 2, the reason and where to read on.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }

names=$("$vcca" --help | sed -n 's/^  \([a-z]\+\( [a-z]\+\)\?\)  *.*/\1/p')
[[ $(wc -l <<<"$names") -ge 12 ]] || complain "--help lists too few commands: $names"
while read -r name; do
  text=$("$vcca" $name --help) || complain "$name --help: exit $?"
  grep -q "^Usage: vcca $name" <<<"$text" || complain "$name --help does not start with its usage"
  grep -q "^Examples:" <<<"$text" || complain "$name --help has no example"
  message=$("$vcca" $name --no-such-option 2>&1 >/dev/null); code=$?
  [[ $code -eq 2 ]] || complain "$name --no-such-option: exit $code, not 2"
  grep -q -- "--help" <<<"$message" || complain "$name --no-such-option: no hint: $message"
done <<<"$names"

expect() { # exit code, text on stderr, words...
  local want=$1 text=$2; shift 2
  local message; message=$("$vcca" "$@" 2>&1 >/dev/null </dev/null); local code=$?
  [[ $code -eq $want ]] || complain "vcca $*: exit $code, not $want: $message"
  grep -qF -- "$text" <<<"$message" || complain "vcca $*: no '$text' in: $message"
}
expect 2 "did you mean 'measure'" mesure
expect 2 "token verify" token
expect 2 "rim explain" rim nothing
expect 2 "did you mean 'rim diff'" rim dif
for words in "rim --help" "help rim"; do
  "$vcca" $words 2>/dev/null | grep -q "rim explain" || complain "vcca $words names no commands"
done
"$vcca" measure --help | grep -q "measure sweep" || complain "measure --help does not lead to sweeps"
expect 2 "did you mean --kernel" measure virtcca --kernal x
expect 2 "wants FILE" token show
expect 2 "one operand too many" token show a b
expect 2 "no profile 'qemux'" measure qemux
expect 2 "--vcpus" measure virtcca --kernel /dev/null --vcpus ten
expect 2 "--chain and --cert go together" token verify /dev/null --chain /dev/null
expect 2 "--at is not read without --chain, --cert or --corim" token verify /dev/null --at 20300101000000Z
expect 2 "--image-ref is not read without --eventlog" token verify /dev/null --image-ref /dev/null
expect 2 "--now is not read without --ear" token verify /dev/null --now 1
expect 2 "--cpak is not read beside --ta-store: leave one out" token verify /dev/null --cpak x --ta-store y
expect 2 "--count is not read without --seed" token mutate --family arm-1.0 --mutation R15 --count 3
expect 2 "--mutation is not read beside FILE" token mutate x --family arm-1.0 --mutation R15
expect 2 "--recipe is not read beside --seed" token mutate x --recipe y --seed 1
expect 2 "--out is not read beside" token mutate --family arm-1.0 --mutation list --out x
expect 2 "more than 4 --rem" token mint --rem 00 --rem 00 --rem 00 --rem 00 --rem 00
expect 2 "--name: at most" hsm new --name "$(printf 'n%.0s' {1..200})"
expect 2 "--kernel is not read beside --engine list" measure --engine list --kernel x
expect 2 "is not read beside --list" rim explain --list --kernel x
expect 2 "one of --man" help --man --md
expect 2 "changes what the family" golden list --family arm-1.0 --mutation S08b
expect 2 "not a hexadecimal digit" token verify /dev/null --rim xyz
expect 2 "given twice" token verify /dev/null --rim 00 --rim 11
expect 2 "text or json" hsm show -o yaml
expect 2 "no table" table nothing
expect 2 "did you mean DATA_CREATE?" table rmi DATACREATE
for name in RMI_REC_CREATE rmi_rec_create Rec_Create; do
  [[ $("$vcca" table rmi "$name" 2>&1) == "$("$vcca" table rmi REC_CREATE)" ]] || complain "vcca table rmi $name is not REC_CREATE's page"
done
expect 2 "rmi has no command 'TMI_VERSION'" table rmi TMI_VERSION
expect 2 "no option --nonce (the other program's own words go behind --)" golden run my-verifier --nonce @CHALLENGE@ @@
expect 2 "(the other program's own words go behind --)" measure qemu -M virt -kernel Image
"$vcca" table --nosuch 2>&1 | grep -q 'behind --' && complain "vcca table takes no other program's words"
expect 2 "did you mean arm-1.0?: there are virtcca-rsa, virtcca-p521, " token mint --family arm1.0
expect 2 "arm-rmm-2.0 or arm-draft-04" token mutate --family arm --mutation all --out "$dir/all"
expect 2 "did you mean flip-realm-claim?" token mutate --family arm-1.0 --mutation flip-realm-clam
expect 2 "--device p385: rsa, p521, p384, or the file" hsm show --device p385
expect 3 "p385.yaml: cannot open" hsm show --device p385.yaml
head -c 4096 "$0" >"$dir/text"
expect 0 "the kernel has no arm64 Image header: it is loaded at + 0x80000" measure arm --kernel "$dir/text"
expect 1 "" rim explain arm --kernel "$dir/text" --depth 1 --rim "$(printf '%064d' 0)"
expect 2 "claims has no pages" table claims challenge
"$vcca" table rmi data_create >"$dir/page"
grep -q '^  rd_state *RMI_ERROR_INPUT *The granule at rd is not a realm descriptor' "$dir/page" && grep -q '^  rd_bound,rd_state < realm_state$' "$dir/page" ||
  complain "the page of DATA_CREATE: $(cat "$dir/page")"
for interface in rmi tmi rsi tsi psci; do
  while read -r command _; do "$vcca" table $interface "$command" >/dev/null || complain "no page of $interface $command"; done < <("$vcca" table $interface | tail -n +2)
done
if command -v script >/dev/null; then # a list on a terminal keeps to its width
  for t in rmi tmi profiles states checks claims; do
    script -qec "stty cols 90; '$vcca' table $t 2>&1" /dev/null </dev/null | tr -d '\r' >"$dir/list"
    [[ -s $dir/list && $(awk '{ if (length > most) most = length } END { print most }' "$dir/list") -le 90 ]] || complain "the list $t is wider than the terminal"
  done
fi
[[ $("$vcca" --version) =~ ^vcca\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || complain "--version"
"$vcca" help --completion | bash -n || complain "the completion is not bash"
completes() { # words typed, a word that is offered, one that is not
  (eval "$("$vcca" help --completion)"; COMP_WORDS=($1 ""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); cd "$dir" && _vcca
   [[ " ${COMPREPLY[*]} " == *" $2 "* && " ${COMPREPLY[*]} " != *" $3 "* ]] || { echo "after '$1' is offered: ${COMPREPLY[*]}"; exit 1; }) || bad=1
}
completes "vcca" token verify
completes "vcca token" verify rim
completes "vcca measure" sweep --challenge
completes "vcca measure" qemu sweep.yaml
completes "vcca token verify" --challenge --kernel
completes "vcca token verify t --lenient" cose-key-parameters --challenge
completes "vcca golden run --family" virtcca-p521 --jobs
completes "vcca table" rmi DATA_CREATE
completes "vcca table rmi" DATA_CREATE rsi
completes "vcca token show t -o" diag csv
completes "vcca token mint --family" arm-1.0 FILE
if command -v mandoc >/dev/null; then "$vcca" help --man | mandoc -T lint -W error >&2 || complain "the man page is not roff"; fi

# what is read is not written over, what is written has a file of its own, and stdin and stdout have one use
{ head -c 16 /dev/zero; printf '\0\020'; head -c 38 /dev/zero; printf 'ARMd'; head -c 4036 /dev/zero; } >"$dir/Image"
cp "$dir/Image" "$dir/before"
measure=(measure virtcca -k "$dir/Image" -c 1)
expect 2 "is the file of --kernel" "${measure[@]}" --trace "$dir/Image"
expect 2 "is the file of --kernel" "${measure[@]}" --output-dtb "$dir/./Image"
expect 2 "is the file of --output-dtb" "${measure[@]}" --output-dtb "$dir/same" --trace "$dir/same"
expect 2 "is the file of --output-corim" "${measure[@]}" --output-corim "$dir/same" --output-refs "$dir/same"
expect 2 "--output-dtb -: stdout has the RIM" "${measure[@]}" --output-dtb -
expect 2 "leave --steps out" "${measure[@]}" --trace - --steps
expect 2 "standard input is read already" measure virtcca -k - --dtb - -c 1
expect 0 "" "${measure[@]}" --output-dtb /dev/null --trace /dev/null
expect 2 "is the file of --kernel" rim explain virtcca -k "$dir/Image" -c 1 --output-dtb "$dir/Image" --rim 00
"$vcca" "${measure[@]}" --output-dtb "$dir/dtb" >/dev/null 2>&1
expect 2 "--append is not read beside --dtb" "${measure[@]}" --append quiet --dtb "$dir/dtb"
head -c 4096 "$0" >"$dir/text"
expect 3 "$dir/text (kernel): byte 56" measure virtcca -k "$dir/text" -c 1
expect 3 "$dir/text (dtb): byte 0" "${measure[@]}" --dtb "$dir/text"
expect 2 "'c' is one operand too many" rim diff a b c
expect 2 "close the quote" rim diff "virtcca -k 'Image" "virtcca -k Image"
expect 2 "neither a trace nor a configuration" rim diff "" x
expect 3 "cannot create" "${measure[@]}" --trace "$dir/same" --output-corim "$dir/none/corim"
[[ $("$vcca" "${measure[@]}" --trace - 2>/dev/null | grep -vc '^{"step":') == 0 ]] || complain "--trace - is not the trace alone"
[[ ! -e $dir/same && ! -e $dir/same.part ]] && cmp "$dir/Image" "$dir/before" || complain "a refused command wrote"
"$vcca" table rmi >/dev/full 2>/dev/null; [[ $? -eq 3 ]] || complain "a full disk goes unnoticed"
exit $bad
