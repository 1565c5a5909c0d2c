#!/usr/bin/env bash
# vcca measure sweep: rows are what vcca measure says, shards together are the whole, an interrupted run is resumed, but not rows of images
# that have changed; both formats.
# SPDX-License-Identifier: Apache-2.0
set -u
command -v python3 >/dev/null || { echo "SKIPPED: no python3"; exit 77; }
vcca=${VCCA:?} bad=0
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1
complain() { printf '%s\n' "$*"; bad=1; }
sweep() { "$vcca" measure sweep "$@" 2>stderr; }
same() { cmp -s "$1" "$2" || complain "$3: $1 and $2 differ"; }
refused() { # exit code, pattern, words...
  local want=$1 pattern=$2; shift 2
  sweep "$@" >out; local code=$?
  [[ $code -eq $want ]] || complain "sweep $*: exit $code, not $want"
  grep -qE -- "$pattern" stderr || complain "sweep $*: no '$pattern' in: $(cat stderr)"
}

# an arm64 Image of 16 KiB (booting.rst: image_size at byte 16, magic at 56)
{ head -c 16 /dev/zero; printf '\0\100\0\0\0\0\0\0'; head -c 32 /dev/zero; printf 'ARM\x64'; head -c 16324 /dev/zero | tr '\0' 'x'; } >Image
gzip -9n <Image >"Image, packed.gz"
printf 'initrd' >initrd
cat >plan.yaml <<'YAML'
vcca: 1
profile: virtcca
append: console=ttyAMA0 "quoted"
matrix:
  kernel: [Image, "Image, packed.gz"]
  hash: [sha-256, sha-512]
  sve: [0, 256]
  vcpus: [0, 1, 4]
  initrd: [none, initrd]
YAML
sweep plan.yaml >whole.jsonl || complain "plan.yaml: exit $?: $(cat stderr)"
sweep plan.yaml -o csv >whole.csv || complain "plan.yaml as CSV: exit $?"
[[ $(wc -l <whole.jsonl) -eq 48 && $(wc -l <whole.csv) -eq 49 ]] || complain "not 48 rows"

# rows against vcca measure, row by row as Python reads them
python3 - "$vcca" <<'PYTHON' || complain "rows are not what vcca measure says"
import csv, json, subprocess, sys
rows = [json.loads(line) for line in open("whole.jsonl")]
table = list(csv.DictReader(open("whole.csv", newline="")))
assert [r["id"] for r in rows] == list(range(48)) == [int(r["id"]) for r in table]
for row, line in zip(rows, table):
    assert line["rim"] == row["rim"] and line["error"] == "" and line["profile"] == row["profile"], line
    assert all(line[k] == ("none" if v is None else str(v)) for k, v in row["options"].items()), line
    words = [w for k, v in row["options"].items() if v is not None for w in ("--" + k, str(v))]
    out = subprocess.run([sys.argv[1], "measure", row["profile"], *words], capture_output=True, text=True).stdout
    assert out == "RIM: " + row["rim"] + "\n", (words, out)
PYTHON

# a plan's files are named from its folder, or in full
mkdir folder; cp Image folder/its
for kernel in its "$dir/Image" ../Image; do
  printf 'vcca: 1\nprofile: arm\nkernel: %s\nmatrix: {vcpus: [1]}\n' "$kernel" >folder/names.yaml
  sweep folder/names.yaml || complain "$kernel: $(cat stderr)"
done | grep -o '"rim":"[0-9a-f]*"' | uniq -c | grep -q '^ *3 ' || complain "the same kernel by three names: not the same RIM"

for format in jsonl csv; do
  for k in 1 2 3 4 5; do sweep plan.yaml -o $format --shard $k/5 >shard.$k.$format || complain "shard $k: exit $?"; done
  sweep plan.yaml -o $format $(printf -- '--resume shard.%d.'$format' ' 1 2 3 4 5) >merged.$format || complain "merging $format: $(cat stderr)"
  same whole.$format merged.$format "merged shards"
  head -c 1500 whole.$format >part.$format # in the middle of a row
  sweep plan.yaml -o $format --resume part.$format >resumed.$format || complain "resuming $format: $(cat stderr)"
  same whole.$format resumed.$format "resumed"
done
sort -t: -k2n shard.?.jsonl >sorted.jsonl
{ printf '%s' "$(head -c 1500 whole.jsonl)"; echo; cat shard.[1-4].jsonl; } | grep -h '"rim":"[0-9a-f]*"}$' | sweep plan.yaml --resume - >piped.jsonl ||
  complain "resuming standard input: $(cat stderr)"
same whole.jsonl piped.jsonl "rows from standard input"
same whole.jsonl sorted.jsonl "sorted shards"

# a row that is there is not computed: a RIM of zeros stays
sed '3s/"rim":"[0-9a-f]*/&#/; 3s/[0-9a-f]*#/0000000000000000000000000000000000000000000000000000000000000000/' whole.jsonl >zeros.jsonl
head -3 zeros.jsonl | sweep plan.yaml --resume /dev/stdin >resumed.jsonl || complain "resuming a pipe: $(cat stderr)"
same zeros.jsonl resumed.jsonl "rows that were there"
sweep plan.yaml --resume absent.jsonl >resumed.jsonl || complain "a file that is not there yet: $(cat stderr)"
same whole.jsonl resumed.jsonl "a file that is not there yet"

# a row of what an image was before is computed again, whatever wrote it; another name or time of the same content changes nothing
for format in jsonl csv; do
  printf 'initrd' >initrd
  sweep plan.yaml -o $format >whole.$format
  touch -d '2001-01-01' initrd
  sweep plan.yaml -o $format --resume whole.$format >resumed.$format || complain "the same content: $(cat stderr)"
  grep -q 'computed again' stderr && complain "the same content at another time: $(cat stderr)"
  printf 'initrD' >initrd
  sweep plan.yaml -o $format >new.$format
  cmp -s new.$format whole.$format && complain "another initrd, the same rows"
  sweep plan.yaml -o $format --resume whole.$format >resumed.$format || complain "another initrd: $(cat stderr)"
  same new.$format resumed.$format "an initrd that changed"
  grep -q '24 rows were made of other inputs' stderr || complain "not half of the rows again: $(cat stderr)"
  sed 's/none, initrd/none, same/' plan.yaml >renamed.yaml; cp initrd same
  sweep renamed.yaml -o $format >renamed.$format
  cmp -s <(sed 's/,same,/,initrd,/; s/"initrd":"same"/"initrd":"initrd"/' renamed.$format) new.$format || complain "another name: other inputs or RIMs"
done
printf 'initrd' >initrd
sweep plan.yaml >whole.jsonl

# what docs/measure.md says about clusters, as it stands there
block() { awk -v start="$1" '/^```/ { inside = !inside; text = ""; next } inside { text = text $0 "\n"; if (index($0, start) == 1) found = 1 }
  !inside && found { exit } { if (found) kept = text } END { printf "%s", kept }' "${VCCA_SOURCE:?}/docs/measure.md"; }
mkdir bin farm; ln -s "$vcca" bin/vcca
tasks() { # a Slurm array, one task after the other; the second was stopped in the middle of a row, and starts again
  for k in 1 2 3; do
    SLURM_ARRAY_TASK_ID=$k SLURM_ARRAY_TASK_COUNT=3 SLURM_CPUS_PER_TASK=1 bash slurm.sh 2>/dev/null || complain "task $k: exit $?"
    [[ $k -ne 2 ]] || { mv rims.2.0.jsonl all; head -c 2000 all >rims.2.0.jsonl
      SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=3 SLURM_CPUS_PER_TASK=1 SLURM_RESTART_COUNT=1 bash slurm.sh 2>/dev/null; cmp all rims.2.1.jsonl || complain "task 2 again"; }
  done
}
cp plan.yaml Image initrd "Image, packed.gz" farm
( cd farm; PATH=$dir/bin:$PATH; bad=0
  block '#!/bin/bash' >slurm.sh; block '# GNU parallel' >parallel.sh; block 'grep -h' >merge.sh
  grep -q SBATCH slurm.sh && grep -q ::: parallel.sh && grep -q resume merge.sh || complain "no examples in docs/measure.md"
  tasks
  head -1 merge.sh | bash 2>/dev/null; same rims.jsonl ../whole.jsonl "a Slurm array, merged"
  rm rims.*
  if command -v parallel >/dev/null; then
    bash parallel.sh 2>/dev/null </dev/null; same rims.jsonl ../whole.jsonl "GNU parallel, merged"
    rm rims.jsonl; tail -1 merge.sh | bash; same rims.jsonl ../whole.jsonl "GNU parallel, sorted"
  fi
  exit $bad ) || bad=1

refused 3 'part.csv:1:1: ' plan.yaml --resume part.csv
refused 3 'zeros.jsonl:3:1: .*another RIM' plan.yaml --resume whole.jsonl --resume zeros.jsonl
sed 's/sve: .*/sve: [0, 512]/' plan.yaml >other.yaml
refused 3 'whole.jsonl:7:1: .*other options' other.yaml --resume whole.jsonl
refused 2 'K from 1 to N' plan.yaml --shard 0/4
refused 2 'K from 1 to N' plan.yaml --shard 5/4
refused 2 'K from 1 to N' plan.yaml --shard 5
refused 2 'jsonl or csv' plan.yaml -o text
refused 3 'absent.yaml' absent.yaml
printf 'vcca: 1\nprofile: arm\nmatrix:\n  kernel: [Image, Absent]\n' >files.yaml
refused 3 'files.yaml:4:19: .*Absent' files.yaml

# what cannot be planned is a row, in its place, and computed again when it is resumed
printf 'vcca: 1\nprofile: arm\nkernel: Image\nmatrix:\n  ram: [4K, 1G]\n  vcpus: [1, 2]\n' >errors.yaml
for format in jsonl csv; do
  sweep errors.yaml -o $format >errors.$format; [[ $? -eq 1 ]] || complain "a row without a RIM: the exit code is not 1"
  [[ $(grep -c 'ram_size' errors.$format) -eq 2 ]] || complain "not two errors in $(cat errors.$format)"
  sweep errors.yaml -o $format --resume errors.$format >again.$format; [[ $? -eq 1 ]] || complain "resumed errors: the exit code is not 1"
  same errors.$format again.$format "resumed errors"
done
exit $bad
