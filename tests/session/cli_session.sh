#!/usr/bin/env bash
# Sessions of vcca serve and vcca attest, with each other and with a peer that shares no code with them (tests/session/peer.c): both kinds of device,
# with and without an event log and a key; and what each refuses.
# SPDX-License-Identifier: Apache-2.0
set -u
work=$(mktemp -d) && cd "$work" || exit 1
trap 'jobs -p | xargs -r kill 2>/dev/null; rm -rf "$work"' EXIT
vcca=${VCCA:?} source=${VCCA_SOURCE:?} peer=${VCCA_BUILD:?}/tests/session_peer bad=0 server=0
[[ -x $peer ]] || { echo "SKIPPED: there is no libcrypto for the peer"; exit 77; }
complain() { echo "$*"; bad=1; }
expect() { # what is expected, what it is, of what
  [[ $1 == "$2" ]] || complain "$3: expected $1, got $2"
}
# Starts a server and waits for the port that it prints.
start() {
  : >listening
  "$@" >listening 2>server.err &
  server=$!
  for _ in $(seq 600); do
    port=$(grep -oE '[0-9]+$' listening | head -1)
    [[ -n $port ]] && return
    kill -0 "$server" 2>/dev/null || { complain "$* did not start: $(cat server.err)"; return; }
    sleep 0.05
  done
}
ended() { # with which code
  wait "$server"
  expect "$1" $? "$2"
}

# the page names every message, step and end
for name in $(sed -nE 's/^(MESSAGE\(\w+, 0x\w+|END\(\w+|STEP\(\w+), "([a-z-]+)".*/\2/p' "$source"/include/rooms/{messages,session_ends,session_steps}.def); do
  grep -q "^| *\(0x[0-9a-f]* | \)\?$name[ :|]" "$source/docs/session.md" || complain "docs/session.md does not name $name"
done

head -c 32 /dev/zero | tr '\0' k >key
images=folder/image_reference_measurement.json
for kind in rsa p521; do
  # our client, their server
  for how in "" "-l" "-l -k got"; do
    mkdir -p folder && rm -f got
    # shellcheck disable=SC2086
    start "$peer" server $kind folder $how
    ours=(--port "$port" --rim "$(cat folder/rim.txt)" --certs folder)
    [[ $how == *-l* ]] && ours+=(--image-ref "$images")
    [[ $how == *-k* ]] && ours+=(--fde-key key)
    "$vcca" attest "${ours[@]}" >out 2>err
    expect 0 $? "attest to a peer's $kind server $how: $(cat out err)"
    ended 0 "a peer's $kind server $how"
    [[ $how != *-k* ]] || cmp -s key got || complain "$kind: the key did not come as it was sent"
  done

  # our server, their client
  prefix=; [[ $kind == p521 ]] && prefix=eccp521_
  mkdir -p "ca.$kind"
  "$vcca" hsm cert root -d $kind >"ca.$kind/${prefix}root_cert.pem"
  "$vcca" hsm cert sub -d $kind >"ca.$kind/${prefix}sub_cert.pem"
  "$vcca" run --save vm.rim=rim.bin "$source/scenarios/attest-virtcca-$kind.yaml" >/dev/null
  rim=$(od -An -v -tx1 rim.bin | tr -d ' \n')
  rm -f got && touch got && chmod 644 got
  start "$vcca" serve --port 0 --once --fde-key got "$source/scenarios/attest-virtcca-$kind.yaml"
  "$peer" client "$port" "ca.$kind/${prefix}root_cert.pem" "ca.$kind/${prefix}sub_cert.pem" "$rim" -k key >out 2>err
  expect 0 $? "a peer's client to serve, $kind: $(cat out err)"
  ended 0 "serve --once, $kind"
  cmp -s key got || complain "$kind: serve has not written the key that was sent"
  expect 600 "$(stat -c %a got)" "the key's mode, $kind"
done

# what their client refuses of ours: another RIM, another root
start "$vcca" serve --port 0 "$source/scenarios/attest-virtcca-p521.yaml"
"$peer" client "$port" ca.p521/eccp521_root_cert.pem ca.p521/eccp521_sub_cert.pem 00 >out
expect 1 $? "another RIM: $(cat out)"
"$peer" client "$port" ca.rsa/root_cert.pem ca.rsa/sub_cert.pem "$rim" >out
expect 1 $? "another root: $(cat out)"
# what the server refuses: a key that it did not ask for; and the session with itself goes well
"$vcca" attest --port "$port" --rim "$rim" --certs ca.p521 --any-lifecycle --fde-key key >out 2>err
expect 3 $? "a key that nobody takes"
grep -q 'lost' err || complain "a key that nobody takes: $(cat err)"
"$vcca" attest --port "$port" --rim "$rim" --certs ca.p521 --any-lifecycle -o json >out 2>err
expect 0 $? "attest to serve: $(cat out err)"
"$vcca" attest --port "$port" --dump --save . >out 2>err
expect 3 $? "a dump of a VM without an event log"
kill -TERM "$server"
ended 0 "SIGTERM"
expect "rejected rejected key-refused accepted no-evidence" "$(sed -n 's/^session [0-9]*  [^ ]*  [0-9]* messages  \([a-z-]*\).*/\1/p' listening | xargs)" "the server's log"

# what our client refuses of theirs; the step that fails is the first of the verdict
while read -r fault code step; do
  start "$peer" server p521 folder -l -k got -x "$fault"
  rm -f got
  "$vcca" attest --port "$port" --rim "$(cat folder/rim.txt)" --certs folder --image-ref "$images" --fde-key key >out 2>err
  expect "$code" $? "$fault: $(cat out err)"
  grep -qE "rejected at $step\$|\[$step" out err || complain "$fault does not fail at $step: $(cat out err)"
  ended "$code" "the peer's server with $fault"
  [[ ! -e got ]] || complain "$fault: the key was released"
done <<'FAULTS'
stale-challenge 1 challenge
wrong-rim 1 rim
bad-signature 1 signatures
unbound 1 signatures
other-root 1 signatures
wrong-log 1 event-log
truncated 3 closed-early
surplus 3 malformed-answer
huge-log 3 answer-too-large
FAULTS

# a test root is none of production's
vectors=${VCCA_VECTORS:-}/virtcca
if [[ -e $vectors/root_cert.pem ]]; then
  for kind in rsa p521; do
    start "$vcca" serve --port 0 --once "$source/scenarios/attest-virtcca-$kind.yaml"
    "$vcca" attest --port "$port" --any-rim --any-lifecycle --certs "$vectors" >out 2>err
    expect 1 $? "a production root, $kind: $(cat out err)"
    grep -q 'rejected at signatures' out || complain "a production root, $kind: $(cat out)"
    ended 1 "serve --once that was rejected, $kind"
  done
  # evidence of a real machine, replayed: accepted under its challenge, refused under a fresh one
  start "$vcca" serve --port 0 --token "$vectors/token_rsa.cbor" --cert "$vectors/dev_cert.der" --eventlog "$vectors/ccel_data.bin"
  challenge=$("$vcca" token show "$vectors/token_rsa.cbor" | awk '/challenge/ { print $NF; getline; print $NF; exit }' | tr -d '\n')
  rim=b23d801b7a7d00e53dc636f918237a62f8a30df39f46db9af7cd213713a041d8
  real=(--port "$port" --rim $rim --certs "$vectors" --image-ref "$vectors/image_reference_measurement.json")
  "$vcca" attest "${real[@]}" --challenge "$challenge" >out 2>err
  expect 0 $? "real evidence under its challenge: $(cat out err)"
  "$vcca" attest "${real[@]}" >out 2>err
  expect 1 $? "real evidence under a fresh challenge"
  grep -q 'rejected at challenge' out || complain "real evidence under a fresh challenge: $(cat out err)"
  kill -TERM "$server"
  ended 0 "serve of real evidence"
else
  echo "SKIPPED: real evidence: the third-party vectors are not there"
  [[ $bad -eq 0 ]] && exit 77
fi
exit $bad
