#!/usr/bin/env bash
# Programs in vcca exec reach a virtCCA guest's devices, dynamic ones by a library, static ones and all others by a supervisor of their system calls:
# the evidence is the monitor's own and verifies, each way to fail has the driver's errno value, also for many at once, and the CCEL files are there.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0 build=${VCCA_BUILD:?} vectors=${VCCA_VECTORS:-none}/virtcca
scenarios=${VCCA_SOURCE:?}/scenarios
cvm=$scenarios/attest-virtcca-p521.yaml rsa=$scenarios/attest-virtcca-rsa.yaml arm=$scenarios/attest-arm-1.0.yaml
grep -q '^CMAKE_CROSSCOMPILING_EMULATOR:[A-Z]*=.' "$build/CMakeCache.txt" && { echo "SKIPPED: emulated programs are not supervised"; exit 77; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cd "$dir" || exit 1
complain() { printf '%s\n' "$*"; bad=1; }
challenge=$(seq 1 64 | xargs printf '%02x')

"$vcca" exec --devices seccomp "$cvm" -- true 2>says
code=$?
supervisor=yes
if [[ $code -eq 3 ]] && grep -q 'cannot be supervised' says; then supervisor=no; fi
static=$build/tests/devices_static
[[ -x $static ]] || static=
ways=("dynamic preload")
if [[ $supervisor == yes ]]; then
  ways+=("dynamic seccomp")
  [[ -n $static ]] && ways+=("static seccomp" "static auto")
fi
for way in "${ways[@]}" "dynamic auto"; do
  read -r kind devices <<<"$way"
  mkdir "$kind.$devices"
  for what in "evidence $dir/$kind.$devices" errnos "together 16"; do
    # shellcheck disable=SC2086 # two words
    timeout 60 "$vcca" exec --until vm --devices "$devices" "$cvm" -- "$build/tests/devices_$kind" $what <says >out 2>&1 ||
      complain "$way: $what: exit $?: $(cat out)"
  done
done

# the same token that the VM gives a client of its control socket; our verifier takes it under the test roots
"$vcca" vm start --until vm --detach "$cvm" 2>/dev/null && "$vcca" vm ask "{\"op\": \"token\", \"challenge\": \"$challenge\"}" -o json >asked
"$vcca" vm stop
sed 's/.*"token":"\([0-9a-f]*\)".*/\1/' asked | tr -d '\n' >want
for way in */token; do
  [[ $(od -An -v -tx1 "$way" | tr -d ' \n') == "$(cat want)" ]] || complain "$way is not the VM's own token"
  cmp -s "${way%/token}/cert" dynamic.preload/cert || complain "$way: another certificate"
  [[ $(cat "${way%/token}/version") == 1.0 ]] || complain "$way: version $(cat "${way%/token}/version")"
done
"$vcca" hsm cert root -d p521 >root.pem; "$vcca" hsm cert sub -d p521 >sub.pem
"$vcca" token verify dynamic.preload/token --cert dynamic.preload/cert --chain root.pem --chain sub.pem --challenge "$challenge" >verdict 2>&1
for check in chain platform-signature realm-signature binding freshness; do
  grep -qE "^ *$check +pass" verdict || complain "verify: $check: $(cat verdict)"
done
mkdir rsa
"$vcca" exec --until vm "$rsa" -- "$build/tests/devices_dynamic" evidence "$dir/rsa" || complain "RSA: exit $?"
"$vcca" hsm cert root -d rsa >root.pem; "$vcca" hsm cert sub -d rsa >sub.pem
"$vcca" token verify rsa/token --cert rsa/cert --chain root.pem --chain sub.pem --challenge "$challenge" >verdict 2>&1 || complain "RSA: $(cat verdict)"

# which way is taken; a program with a note of Go's linker counts as one that makes its own system calls
program() { "$vcca" exec "$@" 2>&1; }
[[ $(program "$cvm" -- sh -c 'echo "$LD_PRELOAD"') == */libvcca-preload.so ]] || complain "a dynamic program has no library"
printf '#!/bin/sh\necho "$LD_PRELOAD"\n' >script; chmod +x script
[[ $(program "$cvm" -- ./script) == */libvcca-preload.so ]] || complain "a script has no library"
[[ $(LD_PRELOAD=/none.so program "$cvm" -- sh -c 'echo "$LD_PRELOAD"' | grep -v 'cannot be preloaded') == */libvcca-preload.so:/none.so ]] || complain "LD_PRELOAD is lost"
[[ -z $(program --devices seccomp "$cvm" -- sh -c 'echo "$LD_PRELOAD"') ]] || complain "seccomp has the library, too"
program "$arm" -- sh -c '[ ! -e /dev/tsi ] && [ -z "$LD_PRELOAD" ]' || complain "an Arm guest has virtCCA's devices"
printf 'int main(void) { return 0; }\n__asm__(".section .note.go.buildid,\\"a\\",@note\\n.long 4,8,4\\n.asciz \\"Go\\\\0\\"\\n.quad 0");\n' >go.c
cc=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
if "$cc" -o go go.c 2>compiler; then
  program --devices preload "$cvm" -- ./go >out; [[ $? -eq 2 || $? -eq 3 ]] && grep -q 'no library can serve' out || complain "a program of Go's: $(cat out)"
else
  complain "go.c: $(cat compiler)"
fi
program --devices both "$cvm" -- true >out; [[ $? -eq 2 ]] && grep -q 'auto, preload or seccomp' out || complain "--devices both: $(cat out)"
[[ -z $static ]] || program --devices preload "$cvm" -- "$static" errnos >out
[[ -z $static ]] || grep -q 'no library can serve.*use --devices seccomp' out || complain "preload of a static program: $(cat out)"
program "$cvm" -- /no/such/program >/dev/null; [[ $? -eq 127 ]] || complain "no program: $?"

# a shell, and what it starts; Python
program --until vm "$cvm" -- sh -c 'test -c /dev/tsi && test -c /dev/imagekey && ! test -e /sys/firmware/acpi/tables/CCEL' || complain "a shell does not see them"
python='import fcntl, os, sys
fd = os.open("/dev/tsi", os.O_RDWR)
print(fcntl.ioctl(fd, 0x80085400, bytes(8)).hex(), os.path.exists("/dev/sealingkey"))'
for devices in preload $([[ $supervisor == yes ]] && echo seccomp); do
  [[ $(program --devices $devices "$cvm" -- python3 -c "$python") == "0100000000000000 True" ]] || complain "Python by $devices"
done
if [[ $supervisor == yes ]]; then
  if [[ -n $static ]]; then
    mkdir below && program --until vm --devices seccomp "$cvm" -- sh -c "'$static' evidence below" || complain "a static program that a shell starts"
    cmp -s below/token static.seccomp/token || complain "its token"
  fi
  program --devices seccomp "$cvm" -- "$vcca" exec --devices seccomp "$cvm" -- true >out; [[ $? -eq 3 ]] && grep -q 'do not nest' out || complain "nested: $(cat out)"
  program --devices seccomp "$cvm" -- "$vcca" exec --devices preload "$cvm" -- "$build/tests/devices_dynamic" errnos </dev/null >out || complain "nested with a library: $(cat out)"
fi

# a monitor that fails, is slow, and a program that is killed while it waits
for devices in preload $([[ $supervisor == yes ]] && echo seccomp); do
  program --until vm --vm vm.sock --devices $devices "$cvm" -- python3 -c '
import errno, fcntl, os, signal, subprocess, sys, time
vcca = sys.argv[1]
def vm(*words): subprocess.run([vcca, "vm", *words, "--vm", os.environ["VCCA_VM"]], check=True, stdout=subprocess.DEVNULL, env={})
def result(number, size):
    fd = os.open("/dev/tsi", os.O_RDWR)
    try: return fcntl.ioctl(fd, number, bytearray(size))
    except OSError as e: return e.errno
    finally: os.close(fd)
vm("inject", "status", "-c", "ATTESTATION_TOKEN_INIT", "--status", "ERROR_INPUT")
assert result(0xE0485401, 8264) == errno.EIO
vm("inject", "status", "-c", "DEVICE_CERT", "--status", "ERROR_INPUT")
assert result(0x90085402, 4104) == errno.EIO
assert result(0x90085402, 4104) == 0
vm("inject", "delay", "-c", "ATTESTATION_TOKEN_INIT", "--milliseconds", "60000")
children = []
for i in range(3):
    pid = os.fork()
    if pid == 0: os._exit(0 if result(0xE0485401, 8264) == 0 else 1)
    children.append(pid)
time.sleep(0.3)
os.kill(children[0], signal.SIGKILL)
assert os.waitpid(children[0], 0)[1] == signal.SIGKILL
open("/etc/hostname", "rb").close() # others go on
vm("inject", "none")
for pid in children[1:]: assert os.waitpid(pid, 0)[1] == 0
' "$vcca" >out || complain "a failing monitor, $devices: $(cat out)"
done

# firmware's log: the files of a real machine, and its events in the REMs of the token
if [[ -d $vectors ]]; then
  mkdir log
  program --until vm --eventlog "$vectors/ccel_data.bin" "$cvm" -- "$build/tests/devices_dynamic" evidence log || complain "with a log"
  cmp -s log/log "$vectors/ccel_data.bin" || complain "the log is another"
  [[ $(head -c 4 log/table) == CCEL && $(stat -c %s log/table) -eq 56 ]] || complain "the table"
  "$vcca" hsm cert cpak -d p521 >cpak.pem
  "$vcca" token verify log/token --cpak cpak.pem --eventlog log/log --challenge "$challenge" >verdict 2>&1
  grep -qE '^ *eventlog +pass' verdict || complain "log and token: $(cat verdict)"
  for devices in preload $([[ $supervisor == yes ]] && echo seccomp); do
    program --until vm --devices $devices --eventlog "$vectors/ccel_data.bin" "$cvm" -- sh -ec '
      cat /sys/firmware/acpi/tables/data/CCEL; test -f /sys/firmware/acpi/tables/CCEL; ! : 2>/dev/null >>/sys/firmware/acpi/tables/CCEL' >log/cat
    cmp -s log/cat "$vectors/ccel_data.bin" || complain "cat of the log, $devices"
  done
  head -c 5000 "$vectors/ccel_data.bin" >cut
  program --until vm --eventlog cut "$cvm" -- true >out; [[ $? -eq 3 ]] && grep -q 'cut: byte' out || complain "a cut log: $(cat out)"
  program --eventlog "$vectors/ccel_data.bin" "$arm" -- true >out; [[ $? -eq 2 ]] || complain "a log for Arm: $(cat out)"
  program --ccel-table cut "$cvm" -- true >out; [[ $? -eq 2 ]] || complain "a table alone: $(cat out)"
fi

# without root's rights
if [[ $EUID -eq 0 ]] && command -v setpriv >/dev/null; then
  nobody() { HOME=/ setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"; }
  mkdir -m 777 nobody
  if nobody test -r "$cvm" && nobody test -x "$vcca" && nobody unshare -Ur true 2>/dev/null; then
    for way in "${ways[@]}"; do
      read -r kind devices <<<"$way"
      nobody "$vcca" exec --until vm --devices "$devices" --vm nobody/vm.sock "$cvm" -- "$build/tests/devices_$kind" together 2 </dev/null >out 2>&1 ||
        complain "nobody: $way: $(cat out)"
    done
  fi
fi

# where a sandbox forbids supervision, and a process's own memory by another way than its pointers
if [[ $(uname -m) == x86_64 ]]; then
  cat >sandbox.py <<'PY'
import ctypes, os, struct, sys
code = [(0x20, 0, 0, 0)]
for number in sys.argv[1].split(","):
    code += [(0x15, 0, 1, int(number)), (0x06, 0, 0, 0x00050000 | 38)] # ENOSYS
code += [(0x06, 0, 0, 0x7FFF0000)]
bpf = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
filter = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(bpf)))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, filter, 0, 0) == 0
os.execv(sys.argv[2], sys.argv[2:])
PY
  python3 sandbox.py 317 "$vcca" exec --devices seccomp "$cvm" -- true 2>out
  [[ $? -eq 3 ]] && grep -q 'cannot be supervised: Function not implemented; this takes Linux 5.14' out || complain "without seccomp: $(cat out)"
  mkdir sandbox
  python3 sandbox.py 317,310,311 "$vcca" exec --until vm "$cvm" -- "$build/tests/devices_dynamic" evidence sandbox || complain "in a sandbox: $?"
  cmp -s sandbox/token dynamic.preload/token || complain "in a sandbox: another token"
fi

# a vcca without its library
mkdir alone && cp "$vcca" alone/vcca
if [[ $supervisor == yes ]]; then
  [[ -z $(alone/vcca exec "$cvm" -- sh -c 'test -c /dev/tsi; echo "$LD_PRELOAD"') ]] || complain "a vcca without its library finds one"
fi
alone/vcca exec --devices preload "$cvm" -- true 2>out; [[ $? -eq 3 ]] && grep -q 'libvcca-preload.so is neither' out || complain "no library: $(cat out)"
exit $bad
