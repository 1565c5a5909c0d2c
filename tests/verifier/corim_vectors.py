#!/usr/bin/env python3
"""Writes corim_vectors.h: CoRIMs encoded by the cbor2 package after draft-ietf-rats-corim-10 (CDDL) and
draft-ydb-rats-cca-endorsements-04, good ones and ones with one thing wrong. Not used by the build.
  python3 -m venv v && v/bin/pip install cbor2 cryptography && v/bin/python corim_vectors.py > corim_vectors.h
SPDX-License-Identifier: Apache-2.0"""
import hashlib
from cbor2 import CBORTag as Tag, dumps
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

PLATFORM, REALM = "tag:arm.com,2025:cca_platform#1.0.0", "tag:arm.com,2025:cca_realm#1.0.0"
IMPLEMENTATION, INSTANCE = b"\x11" * 32, b"\x01" + b"\x22" * 32
RIM, REMS, RPV = b"\x71" * 48, [bytes([0x80 + i]) * 48 for i in range(4)], b"\x90" * 64
PEM = (ec.derive_private_key(0x5eed, ec.SECP256R1()).public_key()
       .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode())


def corim(profile, *comids, **more):
    body = {0: "TEST", 1: [Tag(506, dumps(c)) for c in comids]}
    if profile:
        body[3] = profile if isinstance(profile, Tag) else Tag(32, profile)
    body.update(more.get("more", {}))
    return dumps(Tag(501, body))


def comid(triples):
    return {1: {0: b"\x33" * 16, 1: 0}, 2: [{0: "TEST", 2: [0]}], 4: triples}


def env(class_id, instance=None):
    return {0: {0: Tag(560, class_id)}} | ({1: Tag(550, instance)} if instance else {})


def component(**change):
    value = {2: [[1, b"\xa1" * 32]], 13: [Tag(560, b"\x51" * 32)], 11: "BL", 0: {0: "1.2.3"}}
    value.update(change.get("value", {}))
    return {0: "cca.software-component", 1: {k: v for k, v in value.items() if v is not None}} | change.get("more", {})


OTHER = {0: "cca.software-component", 1: {2: [["sha-384", b"\xb2" * 48], ["sha-256", b"\xb3" * 32]], 13: [Tag(560, b"\x52" * 48)]}}
CONFIG = {0: "cca.platform-config", 1: {4: Tag(560, b"\xcf\xf0"), 5: b"\xff\xf0"}}
MASKED = {0: "cca.platform-config", 1: {4: Tag(563, [b"\xcf\xf0", b"\xff\xf0"])}}


def digest(key, value, alg=7):
    return {0: key, 1: {2: [[alg, value]]}}


def platform(measurements, environment=None):
    return {0: [[environment or env(IMPLEMENTATION), measurements]]}


def realm(measurements, environment=None):
    return {0: [[environment or env(RIM), measurements]]}


def key(environment=None, keys=None, *more):
    return {3: [[environment or env(IMPLEMENTATION, INSTANCE), keys or [Tag(554, PEM)], *more]]}


REALM_ALL = [digest("cca.rim", RIM)] + [digest("cca.rem%d" % i, r) for i, r in enumerate(REMS)] + [{0: "cca.rpv", 1: {4: Tag(560, RPV)}}]
good = {
    "platform": corim(PLATFORM, comid(platform([component(), OTHER, CONFIG]))),
    "platform_masked": corim(PLATFORM, comid(platform([{1: component()[1], 0: "cca.software-component"}, MASKED]))),
    "platform_releases": corim(PLATFORM, comid(platform([component()])), comid(platform([OTHER, CONFIG]))),
    "anchor": corim(PLATFORM, comid(key())),
    "realm": corim(REALM, comid(realm(REALM_ALL))),
    "realm_rim_only": corim(REALM, comid(realm([digest("cca.rim", RIM)])), more={4: {1: Tag(1, 1798761600)}}),
}


def written(measurements):
    """What an endorser writes of a realm: every identifier is a UUID version 8 of the digest of the triples."""
    triples = realm(measurements)
    d = bytearray(hashlib.sha256(dumps(triples)).digest()[:16])
    d[6], d[8] = d[6] & 0x0f | 0x80, d[8] & 0x3f | 0x80
    return dumps(Tag(501, {0: "vcca-" + d.hex(), 1: [Tag(506, dumps({1: {0: bytes(d)}, 4: triples}))], 3: Tag(32, REALM)}))


WRITTEN = [digest("cca.rim", RIM, "sha-384")] + [digest("cca.rem%d" % i, r, "sha-384") for i, r in enumerate(REMS)]
good["written_whole"] = written(WRITTEN + [{0: "cca.rpv", 1: {4: Tag(560, RPV)}}])
good["written_rim_only"] = written(WRITTEN[:1])
good["written_rim_rem2_rpv"] = written([WRITTEN[0], WRITTEN[3], {0: "cca.rpv", 1: {4: Tag(560, RPV)}}])
whole = good["platform"]
p = lambda *m, **k: corim(PLATFORM, comid(platform(list(m), **k)))
r = lambda *m, **k: corim(REALM, comid(realm(list(m), **k)))
bad = [
    (b"", ""),
    (whole[:-1], ""),
    (whole + b"\0", "1 byte too many"),
    (dumps(Tag(18, [b"", {}, b"", b""])), "is tag 501, not 18 (a signed one"),
    (dumps({0: "TEST"}), "map where tag is wanted"),
    (dumps(Tag(501, [])), "CoRIM: array where map is wanted"),
    (dumps(Tag(501, {1: [], 0: "x", 3: Tag(32, PLATFORM)})), "tags must not be empty"),
    (corim(None, comid(platform([component()]))), "profile (3) is missing"),
    (corim("tag:arm.com,2025:psa#1.0.0", comid(platform([component()]))), "neither"),
    (corim(Tag(111, b"\x2a"), comid(platform([component()]))), "profile must be tag 32, not 111"),
    (corim(PLATFORM, comid(platform([component()])), more={7: 1}), "CoRIM: key 7 has no meaning"),
    (dumps(Tag(501, {0: "x", 1: [Tag(505, b"\xa0")], 3: Tag(32, PLATFORM)})), "must be tag 506, not 505"),
    (dumps(Tag(501, {0: "x", 1: [Tag(506, b"\xa2\x01\x00\x01\x00")], 3: Tag(32, PLATFORM)})), "byte"),
    (corim(PLATFORM, {1: {1: 0}, 4: platform([component()])}), "its identity (1)"),
    (corim(PLATFORM, {1: {0: b"x"}, 4: platform([component()])}), "text or a UUID"),
    (corim(PLATFORM, {1: {0: "x", 2: 0}, 4: platform([component()])}), "identity: key 2 has no meaning"),
    (corim(PLATFORM, {1: {0: "x"}}), "its triples (4) are missing"),
    (corim(PLATFORM, {1: {0: "x"}, 4: platform([component()]), 5: 0}), "CoMID: key 5 has no meaning"),
    (corim(PLATFORM, comid({1: [[env(IMPLEMENTATION), [component()]]]})), "triples: key 1 has no meaning"),
    (corim(PLATFORM, comid({0: []})), "reference triples must not be empty"),
    (corim(PLATFORM, comid({0: [[env(IMPLEMENTATION)]]})), "must have 2 elements, this one has 1"),
    (p(component(), environment={1: Tag(550, INSTANCE)}), "the class id (implementation id) is missing"),
    (p(component(), environment=env(IMPLEMENTATION, INSTANCE)), "not of one instance"),
    (p(component(), environment=env(IMPLEMENTATION[1:])), "has 32 bytes, this one 31"),
    (p(component(), environment={0: {0: Tag(37, b"\x11" * 16)}}), "class id must be tag 560, not 37"),
    (p(component(), environment={0: {0: Tag(560, IMPLEMENTATION), 3: 1}}), "class: key 3 has no meaning"),
    (p(component(), environment=env(IMPLEMENTATION) | {2: b""}), "environment: key 2 has no meaning"),
    (p(CONFIG), "no \\\"cca.software-component\\\""),
    (p(component(), CONFIG, CONFIG), "a second"),
    (p(component(), {0: "cca.platform-config", 1: {4: Tag(560, b"\1\2"), 5: b"\xff"}}), "a mask of 1 bytes over a value of 2"),
    (p(component(), {0: "cca.platform-config", 1: {4: Tag(563, [b"\1", b"\1"]), 5: b"\xff"}}), "a mask of its own and one beside it"),
    (p(component(), {0: "cca.platform-config", 1: {5: b"\xff"}}), "a value is missing"),
    (p(component(), {0: "cca.platform-config", 1: {4: b"\xff"}}), "raw value: byte string where tag is wanted"),
    (p(component(), digest("cca.rim", RIM)), "is \\\"cca.software-component\\\" or"),
    (p(component(), {1: {2: [[1, b"\xa1" * 32]]}}), "the key (mkey) is missing"),
    (p(component(), {0: "cca.software-component"}), "the values are missing"),
    (p(component(), {0: 1, 1: {}}), "mkey: unsigned integer where text string is wanted"),
    (p(component(more={2: [Tag(560, b"x")]})), "measurement: key 2 has no meaning"),
    (p(component(value={1: Tag(552, 3)})), "measurement value: key 1 has no meaning"),
    (p(component(value={0: {0: "1", 1: 16384}})), "version: key 1 has no meaning"),
    (p(component(value={2: None})), "a value is missing"),
    (p(component(value={13: None})), "a value is missing"),
    (p(component(value={4: Tag(560, b"x")})), "a value that has no meaning there"),
    (p(component(value={2: []})), "digests must not be empty"),
    (p(component(value={2: [[1, b"\xa1" * 31]]})), "a sha-256 digest has 32 bytes, this one 31"),
    (p(component(value={2: [[2, b"\xa1" * 16]]})), "must be sha-256 (1), sha-384 (7) or sha-512 (8)"),
    (p(component(value={2: [[1, b"\xa1" * 32], ["sha-256", b"\xa2" * 32]]})), "two of sha-256"),
    (p(component(value={13: [Tag(560, b"\x51" * 20)]})), "signer id: 32, 48 or 64 bytes, not 20"),
    (p(component(value={13: [Tag(560, b"\x51" * 32)] * 2})), "there must be one key"),
    (p(component(value={13: [Tag(554, PEM)]})), "signer id must be tag 560, not 554"),
    (corim(PLATFORM, comid(key(env(IMPLEMENTATION)))), "the instance is missing"),
    (corim(PLATFORM, comid(key(env(IMPLEMENTATION, b"\x02" * 33)))), "the first 01"),
    (corim(PLATFORM, comid(key(None, [Tag(554, PEM)] * 2))), "there must be one"),
    (corim(PLATFORM, comid(key(None, [Tag(555, PEM)]))), "must be tag 554, not 555"),
    (corim(PLATFORM, comid(key(None, [Tag(554, PEM[:60])]))), "verification key: "),
    (corim(PLATFORM, comid(key(None, None, {0: "x"}))), "must have 2 elements, this one has 3"),
    (corim(REALM, comid(key())), "has no verification keys"),
    (r(*REALM_ALL[1:]), "no \\\"cca.rim\\\""),
    (r(*REALM_ALL, environment=env(RIM[:47] + b"\0")), "is not the class id"),
    (r(*REALM_ALL, environment=env(RIM[:16])), "a RIM has 32, 48 or 64 bytes, this one 16"),
    (r(*REALM_ALL, REALM_ALL[1]), "a second \\\"cca.rem0\\\""),
    (r(*REALM_ALL, digest("cca.rem4", RIM)), "\\\"cca.rem0\\\" to \\\"cca.rem3\\\""),
    (r(REALM_ALL[0], {0: "cca.rpv", 1: {4: Tag(560, RPV + b"x")}}), "at most 64 bytes and no mask"),
    (r(REALM_ALL[0], {0: "cca.rpv", 1: {2: [[7, RIM]]}}), "a value is missing"),
    (r({0: "cca.rim", 1: {2: [[7, RIM], [1, b"\0" * 32]]}}), "one digest, not 2"),
    (corim(REALM, comid(realm(REALM_ALL)), more={4: {1: 1798761600}}), "time of validity"),
    (corim(REALM, comid(realm(REALM_ALL)), more={4: {1: Tag(1, 1767225599)}}), "no longer valid at 20260101000000Z"),
    (corim(REALM, comid(realm(REALM_ALL)), more={4: {0: Tag(1, 1767225601), 1: Tag(1, 1798761600)}}), "not yet valid at 20260101000000Z"),
]
print("/* Generated by corim_vectors.py with another encoder (python cbor2); do not edit.\n *\n * SPDX-License-Identifier: Apache-2.0 */")
print("/* clang-format off */")
for name, data in good.items():
    print('static const char %s_corim[] =' % name)
    text = data.hex()
    print("\n".join('    "%s"' % text[i:i + 128] for i in range(0, len(text), 128)) + ";")
print("static const struct {\n  const char *hex, *reason;\n} bad_corims[] = {")
for data, reason in bad:
    text = data.hex()
    print("    {" + "\n     ".join('"%s"' % text[i:i + 128] for i in range(0, max(len(text), 1), 128)) + ',\n     "%s"},' % reason)
print("};\n/* clang-format on */")
