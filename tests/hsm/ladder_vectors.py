#!/usr/bin/env python3
"""The public keys and sealing secrets of the built-in EC devices, computed apart from vcca: CMAC, HKDF and EC from Python's `cryptography`,
the SP 800-108 KDF, the CBOR and the rejection sampling written out here. unit_ladder.c holds the output.

SPDX-License-Identifier: Apache-2.0"""

from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

VIRTCCA = [("bsbc", ""), ("esbc", "21.23.0"), ("hsm", "21.23.0"), ("imu", "21.23.0"), ("ipu", "21.23.0"),
           ("tf_bl2", "21.23.0"), ("tee", "1.6"), ("uefi", "21.23.0"), ("imf_ap", "21.23.0")]
ARM = [(name, "") for name in ("RSE_BL1_2 RSE_BL2 RSE_S AP_BL1 AP_BL2 SCP_BL1 SCP_BL2 AP_BL31 RMM HW_CONFIG FW_CONFIG "
                               "TB_FW_CONFIG SOC_FW_CONFIG").split()]
CURVES = {
    "p384": (ec.SECP384R1(), 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973),
    "p521": (ec.SECP521R1(), 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409),
}


def test(*words):
    return sha256(" ".join(["TEST", *[w for w in words if w]]).encode()).digest()


def kdf(key, label, context):
    def cmac(data):
        c = CMAC(AES(key))
        c.update(data)
        return c.finalize()

    fixed = label.encode() + b"\0" + b"\0" + context + (256).to_bytes(4, "big")  # the label's own NUL, the separator
    k0 = cmac(fixed)
    return b"".join(cmac(i.to_bytes(4, "big") + fixed + k0) for i in (1, 2))


def head(major, n):
    return bytes([major << 5 | n]) if n < 24 else bytes([major << 5 | 24, n])


def text(s):
    return head(3, len(s)) + s.encode()


def data(b):
    return head(2, len(b)) + b


def records(chain, signer):
    out = head(4, len(chain))
    for name, version in chain:
        value = sha256(bytes(32) + test(name, version)).digest()
        out += head(5, 5) + b"\5" + data(signer) + b"\4" + text(version) + b"\1" + text(name) + b"\6" + text("sha-256") + b"\2" + data(value)
    return out


def ec_point(curve, seed, info):
    group, order = CURVES[curve]
    size = (group.key_size + 7) // 8
    extract = HMAC(bytes(32), hashes.SHA256())
    extract.update(seed)
    stream = HKDFExpand(hashes.SHA256(), 255 * 32, info).derive(extract.finalize())
    for at in range(0, len(stream) - size, size):
        k = int.from_bytes(stream[at:at + size], "big") & ((1 << group.key_size) - 1)
        if k < order - 1:
            return ec.derive_private_key(k + 1, group).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    raise ValueError("no candidate")


for device, curve, chain, signer, bl1_2 in (("arm-p384", "p384", ARM, test("signer"), test("RSE_BL1_2")),
                                            ("virtcca-p521", "p521", VIRTCCA, b"", test("esbc", "21.23.0"))):
    state = sha256((0x2222aa55).to_bytes(4, "little") + (0x3003).to_bytes(4, "little") + bytes(4) + bl1_2).digest()
    cpak = ec_point(curve, kdf(test("HUK", device), "BL1_CPAK_SEED_DERIVATION", b""), b"")
    rak = ec_point(curve, kdf(test("GUK", device), "BL1_DAK_SEED_DERIVATION", state), records(chain, signer))
    print(device, "instance", (b"\1" + sha256(cpak).digest()).hex())
    print(device, "cpak", cpak.hex())
    print(device, "rak", rak.hex())
    print(device, "sealing", kdf(test("HUK", device), "VCCA_TEST_SEALING_SECRET_DERIVATION", b"").hex())
