"""OCMF records: read, and their signatures checked on every curve."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from stations import ocmf, signatures
from tests.meters import SignedMeter

CURVES = ("secp256r1", "secp256k1", "secp384r1", "brainpool256r1", "brainpool384r1")


@pytest.fixture(scope="module")
def meter():
    return SignedMeter()


def test_a_record_tells_its_registers_times_and_flags(meter):
    text = meter.record([("B", "2026-11-20T12:00:00,000+0100 S", "1.234"), ("E", None, "11.5")])
    record = ocmf.read_record(text)
    begin, end = record.readings
    assert (begin.energy_wh, end.energy_wh) == (Decimal(1234), Decimal(11500))
    assert begin.taken_at == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert (begin.time_status, begin.reason, begin.state, begin.error_flags) == ("S", "B", "G", "")
    assert record.meter_serial == meter.serial


def test_a_field_left_out_repeats_the_one_before_but_flags_do_not(meter):
    payload = {
        "RD": [
            {"TM": "2026-11-20T12:00:00,000+0000 I", "TX": "B", "RV": 1, "RU": "kWh", "ST": "G", "EF": "Et"},
            {"RV": 2, "TX": "E"},
        ]
    }
    first, second = ocmf.read_record(meter.sign(payload)).readings
    assert first.error_flags == "Et"
    assert (second.error_flags, second.time_status, second.energy_wh) == ("", "I", Decimal(2000))


@pytest.mark.parametrize(
    ("code", "unit", "wh"),
    [
        ("1-0:1.8.0*198", "kWh", 5000),
        ("01-00:B2.08.00*FF", "Wh", 5),
        ("01-00:98.08.00.FF", "kWh", 5000),
        ("", "kWh", 5000),
        ("1-0:2.8.0", "kWh", None),
        ("1-0:1.8.0", "Ohm", None),
    ],
)
def test_only_import_registers_are_energy(meter, code, unit, wh):
    payload = {"RD": [{"RV": 5, "RI": code, "RU": unit}]}
    [reading] = ocmf.read_record(meter.sign(payload)).readings
    assert reading.energy_wh == (None if wh is None else Decimal(wh))


@pytest.mark.parametrize(
    "text",
    ["", "OCMF", "OCMF|{}", "OCMF|{}|", "OCMF|[]|{}", "OCMF|{}|{\"SD\":\"xyz\"}", "AP;0;3;X", "OCMF|{|{}"],
)  # fmt: skip
def test_what_is_no_record_is_said_to_be_none(text):
    with pytest.raises(ocmf.NotOcmf):
        ocmf.read_record(text)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text):
    try:
        ocmf.read_record("OCMF|" + text)
    except ocmf.NotOcmf:
        return


@given(st.text(max_size=60))
def test_no_time_breaks_the_reader(text):
    at, status = ocmf.read_time(text)
    assert status in ("", "U", "I", "R", "S")
    assert at is None or at.tzinfo is not None


@pytest.mark.parametrize("curve", CURVES)
def test_a_signature_fits_only_its_own_text_and_key(curve):
    meter = SignedMeter(curve=curve)
    record = ocmf.read_record(meter.record([("B", "2026-11-20T12:00:00,000+0000 S", "1.0")]))
    asked = {"signature": record.signature, "algorithm": record.algorithm}
    assert signatures.verify(signed=record.signed.encode(), public_key=meter.key_hex, **asked)
    changed = record.signed.replace("1.0", "9.0").encode()
    assert not signatures.verify(signed=changed, public_key=meter.key_hex, **asked)
    other = SignedMeter(curve=curve)
    assert not signatures.verify(signed=record.signed.encode(), public_key=other.key_hex, **asked)


def test_a_key_is_read_in_every_form_it_comes_in(meter):
    der = meter.der
    point = meter.key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    pem = meter.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    forms = [der.hex(), der.hex(":").upper(), base64.b64encode(der).decode(), pem.decode()]
    forms += [point.hex(), point[1:].hex()]
    read = {signatures.read_key(form, curve=ec.SECP256R1).public_numbers() for form in forms}
    assert read == {meter.key.public_key().public_numbers()}


@pytest.mark.parametrize("text", ["", "hello!", "00", base64.b64encode(b"no key").decode()])
def test_what_is_no_key_is_said_to_be_none(text):
    with pytest.raises(signatures.UnreadableKey):
        signatures.read_key(text, curve=ec.SECP256R1)


def test_a_bare_signature_of_two_numbers_is_read_too(meter):
    der = meter.key.sign(b"text", ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(der)
    bare = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    asked = {"algorithm": "ECDSA-secp256r1-SHA256", "public_key": meter.key_hex}
    assert signatures.verify(signed=b"text", signature=bare, **asked)


@pytest.mark.parametrize(
    "algorithm", ["", "RSA-2048-SHA256", "ECDSA-secp192k1-SHA256", "ECDSA-secp256r1-MD5"]
)
def test_a_scheme_that_we_cannot_check_is_said_so(meter, algorithm):
    with pytest.raises(signatures.UnknownAlgorithm):
        signatures.verify(signed=b"", signature=b"", algorithm=algorithm, public_key=meter.key_hex)


def test_the_signature_of_another_curve_does_not_fit(meter):
    record = ocmf.read_record(meter.sign({"RD": []}, algorithm="ECDSA-secp256k1-SHA256"))
    fits = signatures.verify(
        signed=record.signed.encode(),
        signature=record.signature,
        algorithm=record.algorithm,
        public_key=meter.key_hex,
    )
    assert not fits


def test_a_payload_is_signed_as_it_was_written(meter):
    """Spaces and order are part of what was signed: nothing is written anew before the check."""
    text = meter.sign_text('{ "RD" : [ ] ,"MS":"x|y"}')
    record = ocmf.read_record(text)
    assert record.meter_serial == "x|y"
    assert json.loads(record.signed) == {"RD": [], "MS": "x|y"}
