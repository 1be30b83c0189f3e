"""A meter that signs, for tests."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from stations.signatures import CURVES

_HASHES = {"secp384r1": hashes.SHA384(), "brainpool384r1": hashes.SHA384()}


class SignedMeter:
    """Its `record` is OCMF over the readings (reason, time or None for "as before", kWh)."""

    def __init__(self, curve: str = "secp256r1", serial: str = "M1") -> None:
        self.key = ec.generate_private_key(CURVES[curve]())
        self.curve, self.serial = curve, serial
        self._hash = _HASHES.get(curve, hashes.SHA256())

    @property
    def der(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def key_hex(self) -> str:
        return self.der.hex()

    @property
    def algorithm(self) -> str:
        return f"ECDSA-{self.curve}-{self._hash.name.upper()}"

    def record(self, readings: Sequence[tuple[str, str | None, str]], **more: str) -> str:
        rows = []
        for reason, at, kwh in readings:
            row = {"TX": reason, "RV": float(kwh), "RI": "1-b:1.8.0", "RU": "kWh", "ST": "G", **more}
            rows.append(row if at is None else {"TM": at, **row})
        return self.sign({"FV": "1.0", "MS": self.serial, "RD": rows})

    def sign(self, payload: dict, algorithm: str = "") -> str:
        return self.sign_text(json.dumps(payload), algorithm)

    def sign_text(self, text: str, algorithm: str = "") -> str:
        signature = self.key.sign(text.encode(), ec.ECDSA(self._hash))
        tail = json.dumps({"SA": algorithm or self.algorithm, "SD": signature.hex()})
        return f"OCMF|{text}|{tail}"
