#!/usr/bin/env bash
# Files of a room stand on each other without circles: no file needs a function or a table of a file that needs one of its own (nm over the
# objects), and no header includes itself through others. The circles that are meant to be are listed here, each with its reason.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "${VCCA_SOURCE:?}" || exit 1
objects=("${VCCA_BUILD:?}"/CMakeFiles/*.dir/*/*.c.o)
[[ -e ${objects[0]} ]] || { echo "no objects in $VCCA_BUILD"; exit 77; }

# room and files: counted as one file
meant='
boot  host host_rmi host_tmi   a host, and its steps for each of the two ABIs
rmm   realm rec                a realm counts and measures its RECs, a REC belongs to a realm
cli   help verbs completion    help is one of the verbs that it lists
guest running inject           an injection moves the running VM, which keeps the injections
'

graph=$(mktemp) && trap 'rm -f "$graph"' EXIT
nm -A "${objects[@]}" | awk -v meant="$meant" '
  BEGIN {
    n = split(meant, lines, "\n")
    for (i = 1; i <= n; i++) {
      m = split(lines[i], word, " ")
      for (k = 2; k <= m; k++) { # words of the reason are in no room
        if ((getline line < (word[1] "/" word[k] ".c")) < 0) break
        same[word[1] "/" word[k]] = word[1] "/" word[2]
      }
    }
  }
  {
    split($1, part, ":"); k = split(part[1], folder, "/"); file = folder[k - 1] "/" substr(folder[k], 1, length(folder[k]) - 4)
    type = $(NF - 1); symbol = $NF
    if (type == "U") needs[file, symbol] = 1
    else if (type ~ /^[TDBRVWC]$/) home[symbol, folder[k - 1]] = file
  }
  function one(file) { return file in same ? same[file] : file }
  END {
    for (pair in needs) {
      split(pair, p, SUBSEP); split(p[1], at, "/"); to = home[p[2], at[1]]
      if (to != "" && one(p[1]) != one(to)) print one(p[1]) ".c", one(to) ".c"
    }
  }' | while read -r from to; do [[ -e $from && -e $to ]] && echo "$from $to"; done | sort -u >"$graph" # objects may outlive their sources
[[ -s $graph ]] || { echo "no symbols were read"; exit 1; }
grep -E '^#include "[a-z_]+/' */*.h include/*/*.h | sed -E 's#^include/##; s/^([^:]*):#include "([^"]*)".*/\1 \2/' >>"$graph"
loops=$(tsort "$graph" 2>&1 >/dev/null) && [[ -z $loops ]] && { echo "no circles between files but the ones that are meant to be"; exit 0; }
sed 's/^tsort: //; s/-: input contains a loop:/a circle:/; s/.*input contains a loop:/a circle (put what both call into a file below them):/' <<<"$loops"
exit 1
