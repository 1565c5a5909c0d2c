#!/usr/bin/env python3
"""A relying party's verifier for Arm CCA tokens (RMM 1.0), small enough to read: what `vcca golden run` is for.

  vcca golden run --family arm-1.0 -- python3 examples/verifier.py --key @JWK@ --nonce @CHALLENGE@ @@
  vcca golden run --family arm-1.0 --serve -- python3 examples/verifier.py --serve -- --key @JWK@ --nonce @CHALLENGE@ @@

Exit 0 accepts, 1 refuses and says where: "stage: NAME". --without CHECK leaves one out, to see the suite find it: duplicates, lifecycle, binding,
realm-signature, nonce ... Nothing but Python's own library is used, so it is slow, and it is no verifier to trust: nothing in it takes the same time
for all keys, and reference values are not looked at.
"""
# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import json
import sys

# Curves y^2 = x^3 - 3x + b: prime, b, order, generator (FIPS 186-4). COSE: curve, algorithm and its hash.
P384 = (
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    (
        0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
        0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    ),
)
ES384, SIZE = -35, 48
PLATFORM, REALM, TOKEN_TAG, SIGN1_TAG = 44234, 44241, 399, 18
HASHES = {"sha-256": hashlib.sha256, "sha-384": hashlib.sha384, "sha-512": hashlib.sha512}
DEPTH = 32

without = set()


class Refused(Exception):
    """stage and reason"""


def need(check, stage, truth, reason):
    if not truth and check not in without:
        raise Refused(stage, reason)


# --- CBOR (RFC 8949): definite lengths, one item, nothing behind it ----------------------------------------------------------------------


class Tagged:
    def __init__(self, tag, value):
        self.tag, self.value = tag, value


class Pairs(list):
    """A map as it was sent."""


def frozen(value):
    return (type(value).__name__, value) if isinstance(value, (int, str, bytes, bool)) else (type(value).__name__, repr(value))


class Reader:
    def __init__(self, data, stage):
        self.data, self.at, self.stage = data, 0, stage
        self.labels = stage != "cbor"  # COSE's maps have labels; of claims that are not known anything may be the key

    def fail(self, reason):
        raise Refused(self.stage, f"{reason} at byte {self.at}")

    def take(self, n):
        if n > len(self.data) - self.at:
            self.fail("the item ends early")
        self.at += n
        return self.data[self.at - n : self.at]

    def argument(self, info):
        if info < 24:
            return info
        if info > 27:
            self.fail("an indefinite length, or reserved")
        return int.from_bytes(self.take(1 << (info - 24)), "big")

    def item(self, depth=0):
        if depth > DEPTH:
            self.fail("nested too deep")
        head = self.take(1)[0]
        major, info = head >> 5, head & 31
        n = self.argument(info)
        if major == 0:
            return n
        if major == 1:
            return -1 - n
        if major in (2, 3):
            text = self.take(n)
            try:
                return text.decode() if major == 3 else text
            except UnicodeDecodeError:
                self.fail("text that is not UTF-8")
        if major == 4:
            if n > len(self.data) - self.at:
                self.fail("more elements than bytes")
            return [self.item(depth + 1) for _ in range(n)]
        if major == 5:
            if 2 * n > len(self.data) - self.at:
                self.fail("more pairs than bytes")
            pairs = Pairs((self.item(depth + 1), self.item(depth + 1)) for _ in range(n))
            keys = [frozen(key) for key, _ in pairs]
            if any(type(key) not in (int, str) for key, _ in pairs) and self.labels:
                self.fail("a label that is neither a number nor text")
            if len(set(keys)) != len(keys) and "duplicates" not in without:
                self.fail("a key twice")
            return pairs
        if major == 6:
            return Tagged(n, self.item(depth + 1))
        if info == 24 and n < 32:
            self.fail("a simple value that has another form")
        return {20: False, 21: True, 22: None}.get(n, Tagged("simple", head))


def decode(data, stage="cbor"):
    reader = Reader(data, stage)
    value = reader.item()
    need("trailing", stage, reader.at == len(data), f"{len(data) - reader.at} bytes too many")
    return value


def lookup(pairs, key, default=None):
    for k, value in pairs:
        if type(k) is type(key) and k == key:
            return value
    return default


def encode(value):
    """Of Sig_structure: arrays of text and byte strings."""

    def head(major, n):
        width = 0 if n < 24 else 1 if n < 1 << 8 else 2 if n < 1 << 16 else 4
        return bytes([major << 5 | n]) if width == 0 else bytes([major << 5 | {1: 24, 2: 25, 4: 26}[width]]) + n.to_bytes(width, "big")

    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    data = value.encode() if isinstance(value, str) else value
    return head(3 if isinstance(value, str) else 2, len(data)) + data


# --- ECDSA on P-384 ----------------------------------------------------------------------------------------------------------------------


def add(a, b):
    p = P384[0]
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % p == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, p)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, p)
    x = (slope * slope - a[0] - b[0]) % p
    return x, (slope * (a[0] - x) - a[1]) % p


def on_curve(point):
    p, b = P384[:2]
    return max(point) < p and (point[1] ** 2 - point[0] ** 3 + 3 * point[0] - b) % p == 0


def ecdsa(point, digest, signature):
    _, _, n, g = P384
    r, s = int.from_bytes(signature[:SIZE], "big"), int.from_bytes(signature[SIZE:], "big")
    if not (0 < r < n and 0 < s < n):
        return False
    w = pow(s, -1, n)
    u, v = int.from_bytes(digest, "big") * w % n, r * w % n
    both, sum_ = add(g, point), None
    for bit in range(n.bit_length() - 1, -1, -1):
        sum_ = add(sum_, sum_)
        sum_ = add(sum_, (None, g, point, both)[(u >> bit & 1) | (v >> bit & 1) << 1])
    return sum_ is not None and sum_[0] % n == r


# --- COSE_Sign1 (RFC 9052) ---------------------------------------------------------------------------------------------------------------


class Sign1:
    def __init__(self, data, who):
        self.who, item = who, decode(data)
        need("sign1", "cose", isinstance(item, Tagged) and item.tag == SIGN1_TAG, "no COSE_Sign1")
        parts = item.value
        need("sign1", "cose", isinstance(parts, list) and not isinstance(parts, Pairs) and len(parts) == 4, "not an array of four")
        self.protected, unprotected, self.payload, self.signature = parts
        need("sign1", "cose", isinstance(self.protected, bytes) and isinstance(unprotected, Pairs), "headers of other types")
        need("sign1", "cose", isinstance(self.payload, bytes) and self.payload, "no payload")
        need("sign1", "cose", isinstance(self.signature, bytes) and len(self.signature) == 2 * SIZE, "a signature of another size")
        header = decode(self.protected, "cose") if self.protected else Pairs()
        need("sign1", "cose", isinstance(header, Pairs), "the protected header is no map")
        need("alg", "cose", lookup(header, 1) == ES384, "not ES384")
        keys = [frozen(key) for key, _ in header + list(unprotected)]
        need("alg", "cose", len(keys) == len(set(keys)), "a header parameter in both headers")
        need("crit", "cose", lookup(header, 2) is None and lookup(unprotected, 2) is None, "critical parameters that are not understood")
        self.claims = decode(self.payload)
        need("sign1", "claims", isinstance(self.claims, Pairs), "the claims are no map")
        need("claims", "claims", all(type(label) in (int, str) for label, _ in self.claims), "a label that is neither a number nor text")

    def claim(self, label, kind, sizes=None, optional=False):
        value = lookup(self.claims, label)
        if value is None and optional and all(key != label for key, _ in self.claims):
            return None
        need("claims", "claims", type(value) is kind, f"{self.who}: claim {label} is missing or of another type")
        need("claims", "claims", sizes is None or len(value) in sizes, f"{self.who}: claim {label} has another size")
        return value

    def verify(self, check, point):
        tbs = encode(["Signature1", self.protected, b"", self.payload])
        need(check, "sig", ecdsa(point, hashlib.sha384(tbs).digest(), self.signature), f"the signature of the {self.who} token")


def cose_key(data):
    key = decode(data, "claims")
    need("key", "claims", isinstance(key, Pairs), "the RAK is no COSE_Key")
    need("key", "claims", lookup(key, 1) == 2 and lookup(key, -1) == 2, "the RAK is no key on P-384")
    need("key", "claims", all(label != -4 for label, _ in key), "the RAK's private key")
    need("key", "claims", lookup(key, 3) in (None, ES384), "the RAK is for another algorithm")
    uses = lookup(key, 4, [2])
    need("key", "claims", type(uses) is list and 2 in uses, "the RAK is not for verifying")
    x, y = lookup(key, -2), lookup(key, -3)
    need("key", "claims", all(isinstance(c, bytes) and len(c) == SIZE for c in (x, y)), "the RAK's coordinates")
    point = int.from_bytes(x, "big"), int.from_bytes(y, "big")
    need("key", "claims", on_curve(point), "the RAK is no point of its curve")
    return point


# --- The token (Arm RMM specification 1.0, A7.2) -----------------------------------------------------------------------------------------


def read_platform(token):
    need("claims", "claims", token.claim(265, str) == "tag:arm.com,2023:cca_platform#1.0.0", "platform: another profile")
    token.claim(10, bytes, (32, 48, 64))
    token.claim(2396, bytes, (32,))
    instance = token.claim(256, bytes, (33,))
    need("claims", "claims", instance[0] == 1, "platform: another kind of instance id")
    token.claim(2401, bytes)
    token.claim(2402, str)
    token.claim(2400, str, optional=True)
    lifecycle = token.claim(2395, int)
    need("claims", "claims", 0 <= lifecycle < 1 << 16, "platform: the lifecycle is no 16 bits")
    components = token.claim(2399, list)
    need("claims", "claims", components, "platform: no components")
    for component in components:
        need("claims", "claims", isinstance(component, Pairs), "platform: a component is no map")
        for label, kind in ((1, str), (4, str), (6, str)):
            need("claims", "claims", isinstance(lookup(component, label, kind()), kind), "platform: a component's text")
        for label in (2, 5):
            value = lookup(component, label)
            need("claims", "claims", isinstance(value, bytes) and len(value) in (32, 48, 64), "platform: a component's measurement or signer")
    need("lifecycle", "policy", 0x3000 <= lifecycle <= 0x30FF, f"lifecycle {lifecycle:#x} is not secured")


def read_realm(token):
    need("claims", "claims", token.claim(265, str) == "tag:arm.com,2023:realm#1.0.0", "realm: another profile")
    challenge = token.claim(10, bytes, (64,))
    token.claim(44235, bytes, (64,))
    need("claims", "claims", token.claim(44236, str) in HASHES, "realm: another hash")
    token.claim(44238, bytes, (32, 48, 64))
    rems = token.claim(44239, list)
    need("claims", "claims", len(rems) == 4 and all(isinstance(rem, bytes) and len(rem) in (32, 48, 64) for rem in rems), "realm: REMs")
    key_hash = token.claim(44240, str)
    need("claims", "claims", key_hash in HASHES, "realm: another hash of the RAK")
    rak = token.claim(44237, bytes)
    return challenge, rak, HASHES.get(key_hash, hashlib.sha256)


def verify(token, cpak, nonce):
    outer = decode(token)
    need("tag", "collection", isinstance(outer, Tagged) and outer.tag == TOKEN_TAG, "no CCA token")
    members = outer.value
    need("shape", "collection", isinstance(members, Pairs) and len(members) == 2, "no map of two")
    for label in (PLATFORM, REALM):
        need("shape", "collection", isinstance(lookup(members, label), bytes), f"no member {label}")
    platform, realm = Sign1(lookup(members, PLATFORM), "platform"), Sign1(lookup(members, REALM), "realm")
    read_platform(platform)
    challenge, rak, key_hash = read_realm(realm)
    point = cose_key(rak)
    platform.verify("platform-signature", cpak)
    realm.verify("realm-signature", point)
    need("binding", "binding", platform.claim(10, bytes) == key_hash(rak).digest(), "the platform token is bound to another key")
    need("nonce", "policy", nonce is None or challenge == nonce.ljust(64, b"\0"), "the challenge is not the one that was sent")


# --- Command line ------------------------------------------------------------------------------------------------------------------------


def read_jwk(path):
    with open(path) as file:
        jwk = json.load(file)
    number = lambda text: int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
    return number(jwk["x"]), number(jwk["y"])


def answer(argv):
    """(0 accepts or 1 refuses, why)"""
    cpak = nonce = token = None
    words = iter(argv)
    for word in words:
        if word == "--key":
            cpak = read_jwk(next(words))
        elif word == "--nonce":
            nonce = bytes.fromhex(next(words))
        elif word == "--without":
            without.add(next(words))
        else:
            with open(word, "rb") as file:
                token = file.read()
    if token is None or cpak is None:
        sys.exit("usage: verifier.py [--serve] [--without CHECK]... --key JWK [--nonce HEX] TOKEN")
    try:
        verify(token, cpak, nonce)
    except Refused as refused:
        return 1, "stage: {} ({})".format(*refused.args)
    return 0, "accepted"


def main(argv):
    if "--serve" not in argv:
        code, why = answer(argv)
        print(why)
        return code
    for flag, name in zip(argv, argv[1:]):
        if flag == "--without":
            without.add(name)
    for line in sys.stdin:
        case = json.loads(line)
        code, why = answer(case["argv"])
        print(case["case"], "accepted" if code == 0 else "refused " + why.removeprefix("stage: "), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
