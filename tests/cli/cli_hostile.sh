#!/usr/bin/env bash
# What nobody would give to vcca measure, rim diff and rim explain in good faith: it ends soon, in little memory, with an exit code of the
# tool's own and words that name the place.
# SPDX-License-Identifier: Apache-2.0
set -u
command -v python3 >/dev/null || { echo "SKIPPED: no python3"; exit 77; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir" && exec python3 - "${VCCA:?}" <<'END'
import gzip, json, os, re, resource, struct, subprocess, sys, threading, zlib

VCCA = sys.argv[1].encode()
SANITIZED = b"__asan_init" in open(sys.argv[1], "rb").read()
CPU, MIB = 60 * int(os.environ.get("VCCA_SLOWNESS", "1")), 2000 if SANITIZED else 100
bad = []

def run(*words, code, says="", output=None):
    words = [w if isinstance(w, bytes) else w.encode() for w in words]
    p = subprocess.Popen([VCCA, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU)))
    err = []
    reader = threading.Thread(target=lambda: err.append(p.stderr.read()))
    reader.start()
    out = p.stdout.read()
    reader.join()
    _, status, usage = os.wait4(p.pid, 0)
    got = p.returncode = os.waitstatus_to_exitcode(status)
    text = (out + err[0]).decode(errors="replace")
    what = " ".join(w[:60].decode(errors="replace") for w in words)
    if got != code:
        bad.append(f"vcca {what}: exit {got}, not {code}: {text[-300:]}")
    if not re.search(says, text):
        bad.append(f"vcca {what}: no '{says}' in: {text[-300:]}")
    if usage.ru_maxrss > MIB * 1024:
        bad.append(f"vcca {what}: {usage.ru_maxrss // 1024} MiB of memory")
    if output:
        output(out)

def put(name, content):
    with open(name, "wb") as f:
        f.write(content)
    return name

def holes(name, head, size):
    put(name, head)
    os.truncate(name, size)
    return name

def image(image_size=0x10000, text_offset=0, n=4096):
    return struct.pack("<QQQQ", 0, text_offset, image_size, 10).ljust(56, b"\0") + b"ARM\x64" + b"\0" * (n - 60)

put("kernel", image())
put("other", image(0x20000))
caps = ["--num-bps", "6", "--num-wps", "4"]

# Files that are not what they seem
run("measure", "arm", "-k", holes("tera", image(), 1 << 40), code=3, says="tera: larger than")
run("measure", "arm", "-k", "kernel", "--dtb", "tera", code=3, says="tera: larger than")
run("measure", "arm", "-k", "kernel", "--dtb", "/dev/zero", code=3, says="/dev/zero: larger than the 16777216")
run("measure", "log", "/dev/zero", code=3, says="/dev/zero: larger")
run("measure", "ops", "/dev/zero", code=3, says="/dev/zero: larger")
run("measure", "qemu", "--host", "/dev/zero", "--", code=3, says="/dev/zero: larger")
run("rim", "diff", "tera", "tera", code=3, says="tera: larger")
for verb in (["measure", "arm", "-k"], ["measure", "arm", "-k", "kernel", "--dtb"], ["measure", "log"], ["measure", "ops"]):
    run(*verb, ".", code=3, says="irectory")
    run(*verb, "no-such-file", code=3, says="no-such-file")
    run(*verb, "/dev/null", code=3, says=".")
run("rim", "diff", ".", "kernel", code=3, says="irectory")
holes("sparse", image(64 << 20), 64 << 20)
run("measure", "arm", "-k", "sparse", code=0, says="RIM: ")

# A pipe has one reader
os.mkfifo("pipe")
writer = subprocess.Popen(["cp", "kernel", "pipe"])
run("measure", "arm", "-k", "pipe", code=0, says="RIM: ")
if writer.wait() != 0:
    bad.append("the writer of a pipe was cut off")

# An image that shrinks: the trace goes into a pipe that is not read until it has
holes("shrinks", image(512 << 20), 512 << 20)
os.mkfifo("trace")
def shrink():
    with open("trace", "rb") as trace:
        trace.read(1)
        os.truncate("shrinks", 4096)
        while trace.read(1 << 20):
            pass
shrinker = threading.Thread(target=shrink)
shrinker.start()
run("measure", "arm", "-k", "shrinks", "--trace", "trace", code=3, says="became shorter")
shrinker.join()

# Headers
for size, offset in ((2**64 - 1, 2**64 - 4096), (1 << 48, 0), (1, 2**64 - 4096), (1 << 63, 1 << 63)):
    put("header", image(size, offset))
    for words in (["virtcca"], ["arm"], ["arm", "--ram", str(1 << 48)]):
        run("measure", *words, "-k", "header", "--vcpus", "1", code=2 if size == 1 << 48 else 3, says="kernel|ram|s2sz")
    for vmm in ("qemu", "kvmtool", "kvmtool-arm"):
        run("measure", vmm, *caps, "-k", "header", "--", "-m", "512M", *(["-c", "1", "-k"] if "kvm" in vmm else ["-kernel"]), "k",
            code=2 if size == 1 << 48 else 3, says="kernel|RAM")
put("header", image(0, 2**64 - 4096)) # an image_size of 0: the offset means nothing
run("measure", "virtcca", "-k", "header", "--vcpus", "1", code=3, says="image_size is 0")
run("measure", "arm", "-k", "header", "--vcpus", "1", code=0, says="RIM: ")
run("measure", "qemu", *caps, "-k", "header", "--", "-m", "512M", "-kernel", "k", code=0, says="loads it at . 0x80000")
put("header", image(1 << 38))
run("measure", "arm", "-k", "header", "--vcpus", "1", code=0, says="RIM: ")
run("rim", "explain", "arm", "-k", "header", "--vcpus", "1", "--depth", "1", "--rim", "0" * 64, code=1, says="Nothing that was tried")

# Compressed
packed = gzip.compress(image() + bytes(range(256)) * 40, mtime=0)
put("good.gz", packed)
for name, content in {"two.gz": packed * 2, "junk.gz": packed + b"junk"}.items():
    run("measure", "arm", "-k", put(name, content), code=0, says="RIM: ")
for name, content in {"cut.gz": packed[:-9], "crc.gz": packed[:-8] + b"\0" * 8, "head.gz": b"\x1f\x8b"}.items():
    run("measure", "arm", "-k", put(name, content), code=3, says=name + ": byte [0-9]+")
bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
put("bomb.gz", bomb.compress(image(128 << 20)) + b"".join(bomb.compress(b"\0" * (1 << 20)) for _ in range(100)) + bomb.flush())
run("measure", "arm", "-k", "bomb.gz", code=0, says="RIM: ")

# Numbers
for n in ("1000000000", "99999999999999999999", "-1", "", "0x", "1e3"):
    run("measure", "arm", "-k", "kernel", "--vcpus", n, code=2, says="--vcpus")
for n in ("281474976710656", "18446744073709551615", "-4096", "4097"):
    run("measure", "arm", "-k", "kernel", "--ram", n, code=2, says="ram|s2sz")
run("measure", "arm", "-k", "kernel", "--ram", "8191G", "--s2sz", "44", code=0, says="RIM: ")
run("measure", "qemu", *caps, "-k", "kernel", "--", "-m", "256T", "-kernel", "k", code=2, says="LPA2")
run("measure", "qemu", *caps, "--lpa2", "true", "-k", "kernel", "--", "-m", "256T", "-smp", "512", "-kernel", "k", code=0, says="RIM: ")
run("measure", "qemu", *caps, "--lpa2", "true", "-k", "kernel", "--", "-m", "281474976706560B", "-kernel", "k", code=0, says="RIM: ")
run("measure", "kvmtool", *caps, "-k", "kernel", "--", "-m", "64T", "-c", "512", "-k", "k", code=0, says="RIM: ")
for words in (["-m", "257T"], ["-m", "1P"], ["-m", "99999999999999999999"], ["-m", "1G,maxmem=1M"], ["-m", "1G,slots=257"], ["-smp", "1000000000"],
              ["-smp", "sockets=512,cores=512,threads=512,clusters=512"], ["-smp", "0"], ["-cpu", "host,sve4096=on"], ["-cpu", "host,num-breakpoints=65"],
              ["-object", "rme-guest,personalization-value=" + "A" * 100000]):
    run("measure", "qemu", *caps, "-k", "kernel", "--", *words, "-kernel", "k", code=2, says=words[0])
run("measure", "qemu", *caps, "--", *["-append", "x"] * 300, code=2, says="too many")
run("measure", "qemu", *caps, "-k", "kernel", "--", "-m", "512M", "-kernel", "k", "-append", "x" * 100000, code=0, says="RIM: ")
for rim in ("", "0", "zz", "00" * 31, "00" * 65, "00" * 50000):
    run("rim", "explain", "arm", "-k", "kernel", "--rim", rim, code=2, says="RIM|--rim")

# Host files
for name, content in {"nul": b"num_bps = 6\0\n", "long": b"num_bps" * 1000000, "twice": b"pmu = true\npmu = true", "table": b"[a]", "quote": b'hash_algo = "Rmi'}.items():
    run("measure", "qemu", "--host", put(name, content), "--", code=3, says=name + ":[12]:[0-9]+")

# Device trees
def tree(structure, names=b"", reserved=0):
    reserved = struct.pack(">QQ", 0, 4096) * reserved + b"\0" * 16
    at = 40 + len(reserved)
    end = at + len(structure)
    return struct.pack(">10I", 0xd00dfeed, end + len(names), at, end, 40, 17, 16, 0, len(names), len(structure)) + reserved + structure + names
begin, end, last = b"\0\0\0\1", b"\0\0\0\2", b"\0\0\0\x09"
node = begin + b"a\0\0\0"
run("measure", "qemu", *caps, "-k", "kernel", "--dtb-template", put("rsv", tree(node[:4] + b"\0" * 4 + end + last, reserved=100000)), "--", "-m", "512",
    "-kernel", "k", code=0, says="RIM: ")
hostile = {"nodes": tree(begin + b"\0" * 4 + (node + end) * 100000 + end + last), "deep": tree(node * 80000 + end * 80000 + last),
           "names": tree(begin + b"\0" * 4 + struct.pack(">III", 3, 0, 0) * 80000 + end + last, b"a" * (1 << 20) + b"\0"),
           "total": b"\xd0\x0d\xfe\xed\xff\xff\xff\xff" + b"\0" * 60, "large": tree(begin + b"\0" * 4 + end + last + b"\0" * (3 << 20))}
for name, content in hostile.items():
    run("measure", "qemu", *caps, "-k", "kernel", "--dtb-template", put(name, content), "--", "-m", "512", "-kernel", "k", code=3,
        says="dtb-template|device tree")

# A host's log
run("measure", "kvmtool", *caps, "-k", "kernel", "--output-log", "log", "--output-dtb", "dtb", "--", "-m", "512M", "-c", "2", "-k", "k", "--measurement-log",
    code=0)
log = open("log", "rb").read()
names = ["--image", "kernel", "--image", "dtb"]
run("measure", "log", "log", *names, code=0, says="RIM: ")
def claim(old, new, says):
    if old not in log:
        bad.append(f"the log has no {old.hex()}")
    run("measure", "log", put("claim", log.replace(old, new)), *names, code=3, says="claim: byte [0-9]+.*" + says)
u64 = lambda *v: struct.pack(f"<{len(v)}Q", *v)
claim(u64(0x80000000, 512 << 20), u64(0x80000000, 1 << 60), "INIT_RIPAS")
claim(u64(0x80000000, 4096), u64(0x80000000, 1 << 60), "has 1152921504606846976 bytes")
claim(u64(0x80000000, 4096), u64(1 << 60, 4096), "address bits")
claim(u64(0x8fff0000, 64 << 10), u64(0x8fff0000, 1 << 24 | 4096), "expected granules, at most 16 MiB")
for n in range(0, 160, 7): # up to the realm's parameters; behind them a log may end after any event
    run("measure", "log", put("part", log[:n]), *names, code=3, says="part: byte")
run("measure", "log", put("part", log[:-1]), *names, code=3, says="part: byte")

# Traces
zero = "00" * 32
step = lambda kind, **more: json.dumps({"kind": kind, **more, "rim": zero}) + "\n"
create = step("create", flags="0x0")
lines = {"empty": "", "blank": "\n" * (8 << 20), "list": "[[[[", "nest": '{"a":' * 100000, "number": create + step("data", ipa="0x1" + "0" * 16, flags="0x0"),
         "gap": create + '{"step":18446744073709551615,' + step("data", ipa="0x0", flags="0x0")[1:], "word": '{"kind":"' + "a" * 1000000,
         "nul": create + "\0", "second": create * 2, "short": create + step("data", ipa="0x0", flags="0x0").replace(zero, "00"), "odd": step("create", flags="0x0", ipa="1")}
for name, content in lines.items():
    run("rim", "diff", put(name, content.encode()), "empty", code=3, says=name + ":|no steps")
many = 50000
put("up", (create + "".join(step("data", ipa=hex(4096 * i), flags="0x0") for i in range(many))).encode())
put("down", (create + "".join(step("data", ipa=hex(4096 * i * 7919 % (4096 * many)), flags="0x0") for i in range(many))).encode())
run("rim", "diff", "up", "down", code=1, says="First difference")
name = put(b"\xff\x1b[31m\"\n", open("up", "rb").read())
run("rim", "diff", "-o", "json", name, "down", code=1, output=json.loads)

for line in bad:
    print(line)
sys.exit(bool(bad))
END
