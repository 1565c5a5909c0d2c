#!/usr/bin/env bash
# Every option of every command, alone and with others (every third pair, VCCA_WALK=all: every pair): an exit code of the tool's own, a reason for each that is not 0, and no file
# that is named and not read.
# SPDX-License-Identifier: Apache-2.0
set -u
command -v python3 >/dev/null || exit 77
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir" && exec python3 - "${VCCA:?}" <<'END'
import os, re, struct, subprocess, sys, itertools
from concurrent.futures import ThreadPoolExecutor

VCCA = sys.argv[1]
bad = []

def call(words):
    p = subprocess.run([VCCA, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    what = " ".join(words)
    if p.returncode not in (0, 1, 2, 3):
        bad.append(f"vcca {what}: exit {p.returncode}: {p.stderr[-300:]}")
    if p.returncode > 0 and not p.stderr + p.stdout:
        bad.append(f"vcca {what}: exit {p.returncode} without a reason")
    return p.returncode, (p.stderr + p.stdout).decode(errors="replace")

def put(name, content):
    with open(name, "wb") as f:
        f.write(content)
    return name

put("Image", struct.pack("<QQQQ", 0, 0, 0x10000, 10).ljust(56, b"\0") + b"ARM\x64" + b"\0" * 4036)
put("empty", b"")
put("ops.yaml", b"vcca: 1\nrules: arm-rmm-1.0\nsteps: []\n")
put("plan.yaml", b"vcca: 1\nprofile: arm\nkernel: Image\nmatrix: {vcpus: [1]}\n")
put("s.yaml", b"vcca: 1\nname: n\nprofile: arm-rmm-1.0\ndevice: p384\nvars: {a: 1}\nsteps:\n  - poweron: {device: p384}\n    as: d\n")
os.mkdir("folder")
for words in ("token mint --family arm-1.0 --out t", "hsm cert cpak --device p384 --out cpak", "hsm cert root --out root", "hsm new --out device",
              "measure arm -k Image -c 1 --output-dtb dtb", "measure arm -k Image -c 1 --trace trace"):
    if call(words.split())[0] != 0:
        bad.append(f"vcca {words} fails")
BASES = {"token show": "t", "token verify": "t", "token mint": "", "token mutate": "--family arm-1.0 --seed 1", "golden endorse": "t --out folder",
         "golden list": "", "hsm show": "", "hsm cert": "root", "hsm new": "", "eventlog show": "t", "eventlog replay": "t", "run": "s.yaml",
         "rim diff": "trace trace", "rim explain": "arm -k Image -c 1 --rim " + "00" * 32 + " --depth 1", "measure sweep": "plan.yaml",
         "measure": "arm -k Image -c 1", "table": "rmi", "help": "", "golden check": "folder", "golden make": "folder", "golden bless": "folder"}
MORE = {"measure": ["virtcca -f Image -c 1", "qemu -k Image --num-bps 6 --num-wps 4 -- -m 512M -kernel k", "ops ops.yaml", "log t", "--engine list"],
        "rim explain": ["--list"]}
VALUES = {"N": "1", "HEX": "00" * 32, "BOOL": "true", "SIZE": "1G", "BITS": "128", "FILE": "t", "KEY": "cpak", "CERT": "root", "DIR": "folder", "PATH": "out", "TEXT": "text",
          "NAME=VALUE": "a=2", "NAME=FILE": "d.rak=out", "TIME": "20300101000000Z", "UNIXTIME": "1", "STEPS": "leaf realm", "K/N": "1/1", "SECONDS": "1", "CODE": "2"}
WRITES = ("out", "ear", "trace", "junit", "output-dtb", "output-log", "output-corim", "output-rv-store", "output-refs", "save")
NAMES = {"mutation": "R15", "family": "arm-1.0", "engine": "psa", "lenient": "der-signature", "require": "structure", "seed": "7"}
MISSING = ("resume",) # may be

def options(verb):
    text = subprocess.run([VCCA, *verb.split(), "--help"], capture_output=True, text=True).stdout
    for letter, name, arg in re.findall(r"^ +(?:-(\w), )?--([a-z][a-z0-9-]*) ?(\S*)", text.split("Examples:")[0], re.M):
        yield name, arg if re.search(rf"--{name} {re.escape(arg)}( |$)", text, re.M) and (arg.isupper() or "|" in arg or "=" in arg) else ""

def value(name, arg, number=0):
    if name in NAMES:
        return NAMES[name]
    if name == "seed" or not arg:
        return ""
    first = arg.split("|")[0]
    if name in WRITES and first == "FILE":
        return f"o{number}-{name}"
    return VALUES.get(first) or (first if first.islower() or first[0].isdigit() else "x")

def words(name, arg, number, given=None):
    return [f"--{name}"] + ([given or value(name, arg, number)] if arg else [])

def reads(name, arg):
    return re.search(r"(^|\|)(FILE|KEY|CERT)$", arg) and name not in WRITES

def insert(base, more):
    base = base.split()
    at = base.index("--") if "--" in base else len(base)
    return base[:at] + more + base[at:]

jobs = []
def later(f, *args):
    jobs.append((f, args))

def one(verb, base, name, arg):
    call([*verb.split(), *insert(base, words(name, arg, 1))])
    if reads(name, arg):
        for file in ("nowhere", "folder", "empty"):
            code, said = call([*verb.split(), *insert(base, words(name, arg, 1, file))])
            if file != "empty" and code < 2 and not (name in MISSING and file == "nowhere"):
                bad.append(f"vcca {verb} {base} --{name} {file}: exit {code}: it is not read")
            if code == 3 and file not in said and "--" + name not in said and file != "empty":
                bad.append(f"vcca {verb} {base} --{name} {file}: does not name the file: {said}")

def two(verb, base, a, b, number):
    call([*verb.split(), *insert(base, words(*a, number) + words(*b, number))])
    for x, y in ((a, b), (b, a)):
        if reads(*x) and x[0] not in MISSING and f"--{x[0]}" not in base:
            code, said = call([*verb.split(), *insert(base, words(*x, number, "nowhere") + words(*y, number))])
            if code < 2:
                bad.append(f"vcca {verb} {base} --{x[0]} nowhere --{y[0]}: exit {code}: it is not read")

number = 0
for verb, first in BASES.items():
    for base in [first] + MORE.get(verb, []):
        all_ = list(dict(options(verb)).items())
        for name, arg in all_:
            later(one, verb, base, name, arg)
        pairs = list(itertools.combinations(all_, 2))
        for a, b in pairs if base == first else pairs[::7]:
            number += 1
            if os.environ.get("VCCA_WALK") == "all" or number % (9 if verb == "rim explain" else 3) == 0:
                later(two, verb, base, a, b, number)
        for file in ("nowhere", "folder", "empty"):
            if base.split()[:1] in (["t"], ["s.yaml"], ["plan.yaml"]):
                code, said = call([*verb.split(), file, *base.split()[1:]])
                if code not in (1, 3) or (file not in said and file != "empty"):
                    bad.append(f"vcca {verb} {file}: exit {code}: {said}")
with ThreadPoolExecutor(2) as pool:
    for done in [pool.submit(f, *args) for f, args in jobs]:
        done.result()
print(f"{number} pairs, {len(jobs)} tried")
for line in bad[:60]:
    print(line)
sys.exit(bool(bad))
END
