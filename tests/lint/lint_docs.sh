#!/usr/bin/env bash
# What is generated from the tables is up to date, and every command the README names exists.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "${VCCA_SOURCE:?}" || exit 1
bad=0
for page in commands tables cli; do
  bash docs/generate "$page" "${VCCA:?}" | cmp -s - "docs/$page.md" || { echo "docs/$page.md is out of date: docs/generate $page $VCCA > docs/$page.md"; bad=1; }
done
names=$("$VCCA" --help | sed -n 's/^  \([a-z]\+\( [a-z]\+\)\?\)  *.*/\1/p')
while read -r line; do
  words=$(awk '{print $2}' <<<"$line")
  grep -qE "^$words( |$)" <<<"$names" || { echo "README.md: no such command: $line"; bad=1; }
done < <(sed -n '/^```/,/^```/p' README.md | grep -oE '^(build/[a-z]+/)?vcca [a-z]+.*')
while read -r script; do
  [[ -x $script ]] || { echo "README.md: no such script: $script"; bad=1; }
done < <(sed -n '/^```/,/^```/p' README.md | grep -oE '^\./[a-z.]+')
while read -r link; do
  [[ -e $link ]] || { echo "README.md: no such page: $link"; bad=1; }
done < <(grep -oE '\]\([^)#:]+\)' README.md | sed 's/](//; s/)//')
exit $bad
