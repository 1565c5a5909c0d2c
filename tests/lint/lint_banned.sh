#!/usr/bin/env bash
# No call that is unsafe or that reads a clock, a random source or the environment; no cryptography outside its room; no
# suppressed warning; nothing left to do.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "${VCCA_SOURCE:?}" || exit 1
bad=0
code=$(git ls-files 2>/dev/null -- '*.c' '*.h' '*.def'; [[ -e .git ]] || find . -name build -prune -o \( -name '*.c' -o -name '*.h' -o -name '*.def' \) -print)
rooms=$(grep -vE '^(\./)?(tests|bench|fuzz|docs)/' <<<"$code")
forbid() { # description, pattern, files
  local found
  found=$(xargs grep -nE "$2" <<<"$3" 2>/dev/null) || return 0
  printf '%s:\n%s\n' "$1" "$found"
  bad=1
}
forbid "banned call" '(^|[^_[:alnum:]."])(strcpy|strcat|strncat|sprintf|vsprintf|strtok|atoi|atol|atoll|strtoul?|rand|srand|random|gets|scanf|sscanf|time|clock|clock_gettime|gettimeofday|localtime|gmtime|getrandom|getenv|system|popen|alloca|setlocale)\(' "$(grep -vE '^(\./)?(base/temp|session/world|cli/progress|guest/program_devices|preload/preload|attestation/cvm)\.c$' <<<"$rooms")" # names of temporary files; limits of time and challenges of sessions; forecasts on stderr; the environment of the program that vcca exec starts
forbid "cryptography outside crypto/" '\b(psa|mbedtls)_[a-z]' "$(grep -vE '^(\./)?crypto/' <<<"$rooms")"
# Commands reach files by include/rooms/files.h, which knows what is read and written; other rooms by file.h. A cache and the folders of other programs
# have rooms of their own.
forbid "a file past the command's list" '(^|[^_[:alnum:]."])(vcca_(file_(read|write|map)|output_open)|fopen|freopen|open|openat|creat|rename|mkstemp|tmpfile)\(' "$(grep -E '^(\./)?(cli|scenario|yaml|boot)/' <<<"$rooms")"
forbid "a file opened outside base/" '(^|[^_[:alnum:]."])(fopen|freopen|creat|rename|mkstemp|tmpfile)\(' "$(grep -vE '^(\./)?(base/|crypto/page_cache\.c$)' <<<"$rooms")"
forbid "printed as it is (use vcca_print of rooms/text.h)" '(^|[^_[:alnum:]."])(printf|fprintf|vprintf|vfprintf|dprintf)\(' "$(grep -E '^(\./)?(cli|scenario|explain)/' <<<"$rooms" | grep -vE 'cli/(help|wrap|table|progress|completion)\.c$')" # which print tables of ours
forbid "suppressed warning" 'NOLINT|cppcheck-suppress|coverity\[|#pragma|-Wno-' "$code"
forbid "a test that skips without showing it (check_skip, check_run of tests/check.h)" '\bskip\(\)' "$(grep -E '^(\./)?tests/' <<<"$code" | grep -v check.h)"
skips=$(grep -E '^(\./)?tests/' <<<"$code" | grep -v check.h | xargs grep -lE '\bcheck_(skip|vector)\(')
forbid "a test that skips without showing it (check_run)" 'return cmocka_run_group_tests' "$skips"
forbid "left to do" 'TODO|FIXME|\bXXX\b|HACK' "$code"
exit $bad
