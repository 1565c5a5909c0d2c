#!/usr/bin/env bash
# Event logs made here, byte by byte: what vcca eventlog show and replay say of them, against hashlib's values.
# SPDX-License-Identifier: Apache-2.0
set -u
command -v python3 >/dev/null || exit 77
cd "$(mktemp -d)" || exit 1
trap 'rm -rf "$PWD"' EXIT
exec python3 - "${VCCA:?}" <<'PYTHON'
import hashlib, json, struct, subprocess, sys
vcca = sys.argv[1]
SIZES = {"sha-1": (4, 20), "sha-256": (0xb, 32), "sha-384": (0xc, 48), "sha-512": (0xd, 64)}
h = lambda alg, data: hashlib.new(alg.replace("-", ""), data).digest()

def log(name, header, algs, events):
    spec = b"Spec ID Event03\0" + struct.pack("<IBBBBI", 0, 0, 2, 0, 2, len(algs)) + b"".join(struct.pack("<HH", *SIZES[a]) for a in algs) + b"\0"
    out = struct.pack("<II20sI", header, 3, b"", len(spec)) + spec
    for reg, kind, data, hashed in events:
        out += struct.pack("<III", reg, kind, len(algs))
        for a in algs:
            out += struct.pack("<H", SIZES[a][0]) + (bytes(SIZES[a][1]) if kind == 3 else h(a, hashed))
        out += struct.pack("<I", len(data)) + data
    open(name, "wb").write(out)

def run(*words):
    done = subprocess.run([vcca, "eventlog", *words], capture_output=True, text=True)
    assert done.returncode == 0, (words, done)
    return done.stdout

def extend(alg, start, *datas):
    value = start
    for d in datas:
        value = h(alg, value + h(alg, d))
    return value

# Every locality, in every bank: PCR 0 and no other register.
for alg in ("sha-256", "sha-384", "sha-512"):
    for locality in range(5):
        log("l", 0, ["sha-1", "sha-256", "sha-384", "sha-512"],
            [(7, 8, b"v", b"v"), (0, 3, b"StartupLocality\0" + bytes([locality]), b""), (0, 8, b"v", b"v")])
        n = SIZES[alg][1]
        text, j = run("replay", "-a", alg, "l"), json.loads(run("replay", "-a", alg, "-o", "json", "l"))
        pcr0 = extend(alg, bytes(n - 1) + bytes([locality]), b"v").hex()
        assert f"PCR0   {pcr0}  1 events, from startup locality {locality}" in text, text
        assert j["registers"] == {"0": pcr0, "7": extend(alg, bytes(n), b"v").hex()}, j
        assert j["startup_locality"] == locality and j["register_names"] == {"0": "PCR0", "7": "PCR7"}, j
log("l", 0, ["sha-256"], [(0, 0x80000010, b"HCRTM", b"crtm"), (0, 8, b"v", b"v")])
assert extend("sha-256", bytes(31) + b"\4", b"crtm", b"v").hex() in run("replay", "l")

# A realm's log: REM 0 to 3, from zero whatever it says.
log("l", 1, ["sha-256"], [(0, 3, b"StartupLocality\0\3", b""), (1, 4, bytes(4), bytes(4)), (4, 7, b"x", b"y"), (3, 0xd, b"grub_cmd a b\0", b"a b\0")])
shown, j = run("show", "l"), json.loads(run("show", "-o", "json", "l"))
assert "mr 1   REM0" in shown and "mr 4   REM3" in shown and "agrees     grub_cmd a b" in shown, shown
assert [e["register_name"] for e in j["events"]] == ["RIM", "REM0", "REM3", "REM2"], j
assert "startup_locality" not in json.loads(run("replay", "-o", "json", "l"))
assert f"REM0   {extend('sha-256', bytes(32), bytes(4)).hex()}" in run("replay", "l")

# A log that is cut short is a realm's still, whoever's header it has.
for header in (0, 1):
    log("l", header, ["sha-256"], [(1, 4, bytes(4), bytes(4)), (3, 0xd, b"grub_cmd a b\0", b"a b\0")])
    open("cut", "wb").write(open("l", "rb").read()[:-3])
    done = subprocess.run([vcca, "eventlog", "show", "cut"], capture_output=True, text=True)
    assert done.returncode == 3 and "mr 1   REM0" in done.stdout and "PCR" not in done.stdout, done

# A token that the log does not explain: the first REM with both values, the others by name.
log("l", 1, ["sha-256"], [(r, 4, bytes(4), bytes(4)) for r in (1, 2, 3)])
good, zero = extend("sha-256", bytes(32), bytes(4)).hex(), bytes(32).hex()
subprocess.run([vcca, "hsm", "cert", "cpak", "--device", "p384", "--out", "cpak.pem"], check=True)
for rems, says in (((good, good, good), "eventlog             pass     3 events"),
                   ((good, zero, good), f"REM 1 of the token is {zero}\n"),
                   ((good, zero, zero), f"REM 1 of the token is {zero}; different as well: REM 2\n"),
                   ((zero, zero, good, good), f"REM 0 of the token is {zero}; different as well: REM 1, REM 3\n")):
    subprocess.run([vcca, "token", "mint", "-F", "arm-1.0", "--out", "t", *[w for r in rems for w in ("--rem", r)]], check=True)
    done = subprocess.run([vcca, "token", "verify", "t", "--cpak", "cpak.pem", "--eventlog", "l"], capture_output=True, text=True)
    assert says in done.stdout, (rems, done)

# GRUB's texts, in both ways; a digest is found among several.
for data, hashed, word in ((b"grub_cmd: a", b"a", "agrees"), (b"grub_cmd: a\0", b"a", "agrees"), (b"grub_cmd a\0", b"a\0", "agrees"), (b"grub_cmd a\0", b"b\0", "DISAGREES"),
                           (b"grub_kernel_cmdline /k x\0", b"/k x\0", "agrees"), (b"kernel_cmdline: /k x\0", b"/k x", "agrees"), (b"/k\0", b"kernel", "opaque"),
                           ("\x2elinux\0".encode("utf-16-le"), b".linux\0", "agrees"), (b"grub_linuxefi Kernel\0", b"kernel", "opaque")):
    log("l", 1, ["sha-1", "sha-384"], [(3, 0xd, data, hashed)])
    assert f" {word} " in run("show", "l"), (data, run("show", "l"))
PYTHON
