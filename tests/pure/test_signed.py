"""Signed values in all the wrappings that stations use, and the file for the transparency software."""

from __future__ import annotations

import base64
import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.signed import Signed, Value, read_signed, readable, transparency_file
from tests.meters import SignedMeter


@pytest.fixture(scope="module")
def record():
    return SignedMeter().record([("B", "2026-11-20T12:00:00,000+0000 S", "1.0")])


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def wrappings(record: str):
    told = {"signedMeterData": b64(record), "signingMethod": "", "encodingMethod": "OCMF", "publicKey": ""}
    bare = {**told, "signedMeterData": record}
    return [record, b64(record), record.encode().hex(), json.dumps(told), told, bare, b64(json.dumps(told))]


def test_a_record_is_found_in_every_wrapping(record):
    for value in wrappings(record):
        signed = read_signed({"context": "Transaction.End", "measurand": "", "value": value})
        assert (signed.body, signed.format, signed.context) == (record, "OCMF", "Transaction.End")
        assert readable(signed)


@pytest.mark.parametrize("prefix", ["", "oca:base16:asn1:"])
def test_the_key_that_a_station_tells_is_unwrapped(record, prefix):
    told = {"signedMeterData": record, "encodingMethod": "OCMF", "publicKey": b64(prefix + "3059AB")}
    assert read_signed({"value": told}).public_key == "3059AB"


def test_what_is_not_understood_is_kept_as_it_came():
    told = {"signedMeterData": "aGVsbG8=", "encodingMethod": "DLMS Message", "publicKey": ""}
    assert read_signed({"value": told}) == Signed(body="aGVsbG8=", format="raw")
    known = {**told, "encodingMethod": "EDL"}
    assert read_signed({"value": known}) == Signed(body="aGVsbG8=", format="EDL_40_P", encoding="base64")
    assert read_signed({"value": "12.5"}).format == "raw"


KEYS = st.sampled_from(["signedMeterData", "encodingMethod", "publicKey", "x"])
ANYTHING = st.recursive(
    st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(KEYS, inner), max_leaves=5
)


@given(ANYTHING)
def test_no_value_breaks_the_reader(value):
    assert isinstance(read_signed({"value": value}).body, str)


def test_records_of_any_length_are_kept_whole():
    text = "OCMF|" + "9" * 200_000 + "|{}"
    assert read_signed({"value": b64(text)}).body == text


def test_the_file_has_the_key_before_the_data_and_the_record_unchanged(record):
    ours = Signed(body=record + " <&>", format="OCMF", context="Transaction.Begin")
    text = transparency_file([Value(signed=ours, key_hex="3059"), Value(signed=ours)], transaction_id=12)
    root = ElementTree.fromstring(text)  # noqa: S314 - our own text
    first, second = root
    assert [child.tag for child in first] == ["publicKey", "signedData"]
    assert first.attrib == {"transactionId": "12", "context": "Transaction.Begin"}
    assert first.find("signedData").text == record + " <&>"
    assert first.find("signedData").attrib == {"format": "OCMF", "encoding": "plain", "transactionId": "12"}
    assert first.find("publicKey").attrib == {"encoding": "hex"}
    assert [child.tag for child in second] == ["signedData"]
