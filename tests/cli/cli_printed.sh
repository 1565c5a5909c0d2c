#!/usr/bin/env bash
# What is printed can be looked at: characters that turn or hide the text around them, and bytes that are no UTF-8, are shown as what they are,
# in text, errors, JSON, XML and traces; files of such names work.
# SPDX-License-Identifier: Apache-2.0
set -u
command -v python3 >/dev/null || exit 77
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir" && exec python3 - "${VCCA:?}" <<'END'
import json, os, struct, subprocess, sys, unicodedata
import xml.dom.minidom

VCCA = os.fsencode(sys.argv[1])
bad = []
NAMES = {b"rlo\xe2\x80\xaeobc.cbor": "rlo\\u{202e}obc.cbor", b"zw\xe2\x80\x8bj": "zw\\u{200b}j", b"c1\xc2\x9b31m": "c1\\u{9b}31m", b"esc\x1b[31m": "esc\\x1b[31m",
         b"byte\xff\xfe": "byte\\xff\\xfe", b"line\nvcca: all is well": "line\\x0avcca: all is well", b"tag\xf3\xa0\x81\xa1": "tag\\u{e0061}", b"iso\xe2\x81\xa6": "iso\\u{2066}",
         b"bom\xef\xbb\xbf": "bom\\u{feff}", b"del\x7f": "del\\x7f", b"half\xed\xa0\x80": "half\\xed\\xa0\\x80", b"short\xe2\x80": "short\\xe2\\x80", "schön 文件".encode(): "schön 文件"}

def look(what, out):
    """Valid UTF-8, every character of which is seen."""
    try:
        text = out.decode()
    except UnicodeDecodeError as e:
        bad.append(f"{what}: {e}")
        return out.decode(errors="replace")
    for c in text:
        if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs"):
            bad.append(f"{what}: U+{ord(c):04X} is printed")
            break
    return text

def run(*words, code, says=None):
    words = [w if isinstance(w, bytes) else w.encode() for w in words]
    p = subprocess.run([VCCA, *words], stdin=subprocess.DEVNULL, capture_output=True)
    what = repr(b" ".join(words))
    if p.returncode != code:
        bad.append(f"{what}: exit {p.returncode}, not {code}: {p.stderr[-200:]}")
    text = look(what, p.stdout) + look(what, p.stderr)
    if says and says not in text:
        bad.append(f"{what}: no {says!r} in {text[-300:]!r}")
    return p.stdout

def put(name, content):
    with open(name, "wb") as f:
        f.write(content)
    return name

image = struct.pack("<QQQQ", 0, 0, 0x10000, 10).ljust(56, b"\0") + b"ARM\x64" + b"\0" * 4036
scenario = b"vcca: 1\nname: n\nprofile: arm-rmm-1.0\ndevice: p384\nsteps:\n  - token: 00\n"
for name, shown in NAMES.items():
    run("token", "mint", "--family", "arm-1.0", "--out", name, code=0)
    run("token", "show", name, code=0)
    json.loads(run("token", "show", name, "-o", "json", code=0))
    run("token", "verify", name, code=1)
    run("token", "show", b"none-" + name, code=3, says="none-" + shown)
    run("token", name, code=2, says=shown)
    run("token", "show", b"--" + name, code=2, says=shown)
    run("token", "show", name, name, code=2, says=shown)
    run("token", "verify", name, "--ear", name, code=2, says="--ear " + shown)
    run("token", "verify", name, "--rim", name, code=2)
    run("eventlog", "show", name, code=3, says=shown + ": byte")
    run("measure", name, code=2, says=shown)
    run("measure", "arm", "-k", put(b"k" + name, image), "-c", "1", "--trace", b"t" + name, code=0)
    run("measure", "arm", "-k", b"k" + name, "-c", "1", "--dtb", name, code=3, says=shown)
    run("measure", "qemu", "-k", b"k" + name, "--num-bps", "6", "--num-wps", "4", "--", "-m", "512M", "-kernel", name, b"-no" + name, code=2, says="-no" + shown)
    run("measure", "arm", "-k", b"k" + name, "-c", "1", "--output-rv-store", b"s" + name, code=0, says="s" + shown)
    run("rim", "diff", b"t" + name, b"t" + name, code=0, says="t" + shown)
    json.loads(run("rim", "diff", b"t" + name, b"t" + name, "-o", "json", code=0))
    put(b"y" + name, scenario)
    json.loads(run("run", b"y" + name, "--trace", b"r" + name, "--junit", b"x" + name, "-o", "json", code=1))
    run("run", b"y" + name, code=1, says="y" + shown)
    look("a trace", open(b"r" + name, "rb").read())
    look("XML", open(b"x" + name, "rb").read())
    xml.dom.minidom.parse(open(b"x" + name, "rb"))
    run("golden", "endorse", name, "--out", b"none-" + name, code=3, says="none-" + shown)
    os.mkdir(b"d" + name)
    run("golden", "endorse", name, "--out", b"d" + name, code=0, says="d" + shown)
    run("golden", "check", b"none-" + name, code=3, says="none-" + shown)
    run("golden", "make", b"d" + name, code=2, says="d" + shown)
    run("hsm", "show", "--device", name, code=3, says=shown)
    run("table", name, code=2, says=shown)
    run("help", name, code=2, says=shown)
# what is no name: texts in tokens, devices and plans
for text in ("\u202e", "\u200b", "\x9b", "\u2028", "\U000e0061"):
    run("token", "mutate", "--family", "arm-1.0", "--recipe", f"set platform/2399[0]/1 t:a{text}", "--out", "t", code=0)
    run("token", "show", "t", code=0, says="a\\u")
    if "a" + text not in json.dumps(json.loads(run("token", "show", "t", "-o", "json", code=0)), ensure_ascii=False):
        bad.append(f"JSON loses {text!r}")
    run("token", "show", "t", "-o", "diag", code=0)
    run("token", "verify", "t", code=1)
    put("sweep.yaml", f'profile: arm\nvcca: 1\nkernel: k\nmatrix: {{append: ["a\u00ad{text}"]}}\n'.encode())
    put("k", image)
    for form in ("csv", "jsonl"):
        p = subprocess.run([VCCA, "measure", "sweep", "sweep.yaml", "-o", form], capture_output=True)
        look("sweep", p.stdout + p.stderr)
        if p.returncode == 0:
            put("rows", p.stdout)
            again = subprocess.run([VCCA, "measure", "sweep", "sweep.yaml", "-o", form, "--resume", "rows"], capture_output=True)
            if again.stdout != p.stdout or again.stderr:
                bad.append(f"sweep -o {form} does not resume {text!r}: {again.stderr}")
for line in bad[:40]:
    print(line)
sys.exit(bool(bad))
END
