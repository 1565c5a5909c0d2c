#!/usr/bin/env bash
# A thousand clients at once, ten hostile kinds and good ones among them: vcca serve answers the good ones, tells how each
# session ended, keeps its memory bounded, and ends when it is told to.
# SPDX-License-Identifier: Apache-2.0
set -u
work=$(mktemp -d) && cd "$work" || exit 1
trap 'jobs -p | xargs -r kill 2>/dev/null; rm -rf "$work"' EXIT
vcca=${VCCA:?} source=${VCCA_SOURCE:?} bad=0 port='' count=1000
complain() { echo "$*"; bad=1; }
ulimit -n 4096 2>/dev/null || { echo "SKIPPED: not enough files can be open"; exit 77; }

"$vcca" serve "$source/scenarios/attest-virtcca-p521.yaml" --port 0 --idle 1 --limit 30 --connections 256 >listening 2>server.err &
server=$!
for _ in $(seq 600); do
  port=$(grep -oE '[0-9]+$' listening | head -1)
  [[ -n $port ]] && break
  sleep 0.05
done
[[ -n $port ]] || { complain "it did not start: $(cat server.err)"; exit 1; }
before=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/$server/status)
python3 "$source/tests/session/support_hostile.py" "$port" $server $count >hostile || complain "a good client was not answered: $(cat hostile)"
peak=$(grep -oE 'peak:[0-9]+' hostile | cut -d: -f2)
cat hostile
# 256 sessions of at most 4 KiB, each with its answer, and what a sanitizer keeps
[[ ${peak:-0} -gt 0 && $peak -lt $((before + 64000)) || -n ${ASAN_OPTIONS:-} ]] || complain "memory: $before KiB before, $peak KiB at most"
# it is healthy: one more session
python3 "$source/tests/session/support_hostile.py" "$port" $server 11 >/dev/null || complain "afterwards a good client is not answered"
kill -TERM $server
wait $server
[[ $? -eq 0 ]] || complain "the server did not end well: $(cat server.err)"
sessions=$(grep -c '^session ' listening)
[[ $sessions -ge $count ]] || complain "$sessions sessions are told, of $count"
for end in unknown-message out-of-order too-many-requests closed-early idle no-verdict accepted; do
  grep -q " $end" listening || complain "no session ended as $end"
done
exit $bad
