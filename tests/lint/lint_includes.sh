#!/usr/bin/env bash
# Every room includes only what its vcca_room() row in CMakeLists.txt names: public headers (vcca/), headers between rooms (rooms/), and no other
# room's own headers. Public headers include only public headers. Each outside library has one room; no two rooms
# have a file of the same name.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "${VCCA_SOURCE:?}" || exit 1
bad=0
complain() { printf '%s\n' "$1"; bad=$((bad + 1)); }

declare -A room_of=([span]=base [error]=base [hex]=base [file]=base [files]=base [json]=base [text]=base [interface]=base [version]=base [time]=base
  [api]=base [grow]=base [hash]=crypto [crypto]=crypto [page_cache]=crypto [measurement]=measurement [eventlog]=measurement [account]=measurement [cbor]=token [token]=token [leniencies]=token
  [hsm]=hsm [rmm]=rmm [verifier]=verifier [armor]=verifier [wrapped]=verifier [checks]=verifier [tsi]=tsi [boot]=boot [vmm]=boot [sweep]=boot [scenario]=scenario [guest]=guest
  [yaml_tree]=yaml [yaml_value]=yaml [yaml_pool]=yaml [der]=crypto [device_read]=hsm [chain_kind]=hsm [test_ca]=hsm [guest_side]=rmm [require]=rmm
  [command_rows]=rmm [stage2]=boot [leniency]=token [explain]=explain [golden]=golden [driver]=driver [session]=session [messages]=session [session_ends]=session [session_steps]=session [stages]=golden [judgements]=golden)
for header in include/vcca/* include/rooms/*; do
  name=$(basename "${header%.*}")
  [[ -n ${room_of[$name]:-} ]] || complain "$header: no room owns it (add it to tests/lint/lint_includes.sh)"
done

grep -nE '^#include "' include/vcca/* | grep -v '"vcca/' && complain "a public header includes what is not installed"

# rooms and what they may use, from the build itself
declare -A may=()
while read -r name rest; do may[$name]=" $name $rest "; done < <(
  sed -n 's/^vcca_room(\([a-z]*\) *\(.*\))$/\1 \2/p' CMakeLists.txt | sed 's/LIBRARIES.*//')
may[cli]=" cli ${!may[*]} "

declare -A owner=(["psa/"]=crypto/ ["mbedtls/"]=crypto/ ["openssl/"]=crypto/ ["intel-ipsec-mb.h"]=crypto/engine_ipsec_mb.c ["cbor.h"]=token/cbor_write.c ["jansson.h"]=verifier/ ["yaml.h"]=yaml/tree.c ["libfdt.h"]=boot/ ["zlib.h"]=boot/gunzip.c ["fuse3/"]=guest/tsm_fuse.c)

for room in "${!may[@]}"; do
  for file in "$room"/*.c "$room"/*.h "$room"/*.def; do
    [[ -e $file ]] || continue
    while IFS=: read -r line include; do
      case $include in
        \"vcca/* | \"rooms/*)
          name=${include#*/}; name=${name%\"}; name=${name%.*}
          of=${room_of[$name]:-nobody}
          [[ ${may[$room]} == *" $of "* ]] || complain "$file:$line: $room may not include ${include//\"/} ($of)" ;;
        \"*/*)
          of=${include#\"}; of=${of%%/*}
          [[ ${may[$room]} == *" $of "* ]] || complain "$file:$line: $room may not include $include"
          [[ $of == "$room" ]] || complain "$file:$line: ${include//\"/} is $of's own: use what is public (vcca/...) or for rooms (rooms/...)" ;;
        \<*)
          for library in "${!owner[@]}"; do
            [[ $include == "<$library"* && $file != "${owner[$library]}"* ]] && complain "$file:$line: $include belongs to ${owner[$library]}"
          done ;;
      esac
    done < <(grep -nE '^#include' "$file" | sed -E 's/^([0-9]+):#include +/\1:/')
  done
done
# a file's name is in one room only, so that it says what is in the file
while read -r name rooms; do
  [[ $rooms == *" "* ]] && complain "$name.c or $name.h is in several rooms ($rooms): name what is different"
done < <(for room in "${!may[@]}"; do
  for file in "$room"/*.[ch]; do [[ -e $file ]] && file=${file##*/} && echo "${file%.*} $room"; done
done | sort -u | awk '{ rooms[$1] = rooms[$1] " " $2 } END { for (name in rooms) print name rooms[name] }')

[[ $bad -eq 0 ]] || { echo "$bad includes out of place"; exit 1; }
echo "every include is in its place"
