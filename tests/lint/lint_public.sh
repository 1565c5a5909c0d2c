#!/usr/bin/env bash
# Every function of the public headers, and of the headers between rooms, is documented: a comment stands in its paragraph.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "${VCCA_SOURCE:?}" || exit 1
awk '
  FNR == 1 { commented = 0; inside = 0 }
  /^$/ { if (!inside) commented = 0 }
  /\/\*/ { commented = 1; inside = 1 }
  /\*\// { inside = 0 }
  !inside && /^[a-zA-Z].*[ *]vcca_[a-z0-9_]+\(/ && !/^(typedef|#)/ {
    functions++
    if (!commented) { print FILENAME ":" FNR ": undocumented: " $0; bad++ }
  }
  END { print functions " functions, " bad + 0 " undocumented"; exit bad > 0 || functions == 0 }
' include/vcca/*.h include/rooms/*.h
