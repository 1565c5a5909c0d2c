#!/usr/bin/env bash
# A new row touches few files: the existing rows that CONTRIBUTING.md names are in the files that it lists, in no other, and these are not more
# than it permits.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "${VCCA_SOURCE:?}" || exit 1
rooms="$(sed -n 's/^vcca_room(\([a-z]*\).*/\1/p' CMakeLists.txt) cli include"
declare -A limit=([check]=4 ["VMM model"]=4 [claim]=3 [mutation]=1 [verb]=2)
bad=0 seen=0
while IFS='|' read -r _ new most row files _; do
  new=$(xargs <<<"$new") most=$(xargs <<<"$most") row=$(tr -d '` ' <<<"$row") files=$(tr -d '`' <<<"$files" | xargs -n1 | sort)
  seen=$((seen + 1))
  [[ $most == "${limit[$new]:-}" ]] || { echo "CONTRIBUTING.md: $new: at most ${limit[$new]:-?} files, not $most"; bad=1; }
  (($(wc -l <<<"$files") <= most)) || { echo "CONTRIBUTING.md: $new: more than $most files"; bad=1; }
  case $new in
  check) name="(CHECK_|check_|CHECK\()$row\b" ;;
  mutation) name="\"$row\"" ;;
  claim) name="\b(has_)?$row\b" ;;
  verb) name="\b(verb_)?$row\b" ;;
  *) name="\b$row\b" ;;
  esac
  found=$(grep -lErs "$name" --include=*.[ch] --include=*.def $rooms | sort)
  [[ $found == "$files" ]] || { echo "CONTRIBUTING.md: $new $row: the table (<) and the source (>) differ:"; diff <(echo "$files") <(echo "$found") | grep '^[<>]'; bad=1; }
done < <(sed -n '/^## Where a new row goes/,/^## Commits/p' CONTRIBUTING.md | grep -E '^\| [^n-].* \| [0-9]')
((seen == ${#limit[@]})) || { echo "CONTRIBUTING.md: $seen rows of the table, not ${#limit[@]}"; bad=1; }
exit $bad
