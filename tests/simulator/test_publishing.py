"""A simulated local controller: it publishes firmware, and tells each step (2.x L03, L04)."""

from __future__ import annotations

import hashlib

import pytest

from tests.simulator.fakes import Conversation, ac_spec

URL = "https://files/out/token/wallwerk-5.0.1.bin"
IMAGE = b"an image " * 1000
CHECKSUM = hashlib.md5(IMAGE, usedforsecurity=False).hexdigest()


@pytest.fixture(params=["2.0.1", "2.1"])
def talk(request):
    talk = Conversation(ac_spec(request.param))
    talk.web.files[URL] = IMAGE
    return talk


def ask(talk, *, url=URL, checksum=CHECKSUM, **more):
    return talk.call("PublishFirmware", location=url, checksum=checksum, requestId=7, **more)["status"]


def told(talk):
    assert talk.central.faults == []
    return talk.central.of("PublishFirmwareStatusNotification")


def words(talk):
    return [payload["status"] for payload in told(talk)]


def unpublish(talk, checksum=CHECKSUM):
    return talk.call("UnpublishFirmware", checksum=checksum)["status"]


def trigger(talk):
    talk.call("TriggerMessage", requestedMessage="PublishFirmwareStatusNotification")
    talk.after(1)
    return words(talk)[-1]


def test_it_is_fetched_verified_and_offered_by_every_protocol(talk):
    assert ask(talk, checksum=CHECKSUM.upper()) == "Accepted"
    talk.after(5)
    assert words(talk) == ["Downloading", "Downloaded", "ChecksumVerified", "Published"]
    last = told(talk)[-1]
    assert last["requestId"] == 7
    assert [place.partition(":")[0] for place in last["location"]] == ["http", "https", "ftp"]


def test_a_wrong_checksum_is_told_and_nothing_is_offered(talk):
    ask(talk, checksum="0" * 32)
    talk.after(5)
    assert words(talk)[-1] == "InvalidChecksum"
    assert unpublish(talk, "0" * 32) == "NoFirmware"


def test_what_cannot_be_fetched_is_tried_as_often_as_was_asked(talk):
    ask(talk, url="https://files/out/gone", retries=2, retryInterval=10)
    talk.after(60)
    assert words(talk) == ["Downloading"] * 3 + ["DownloadFailed"]


def test_it_is_taken_back_once_and_not_while_one_is_fetched(talk):
    ask(talk)
    assert (unpublish(talk), ask(talk)) == ("DownloadOngoing", "Rejected")
    talk.after(5)
    assert (unpublish(talk), unpublish(talk)) == ("Unpublished", "NoFirmware")


def test_a_trigger_brings_the_last_word_and_idle_when_all_is_done(talk):
    assert trigger(talk) == "Idle"
    ask(talk, checksum="0" * 32)
    talk.after(5)
    assert trigger(talk) == "InvalidChecksum"
    ask(talk)
    talk.after(5)
    assert trigger(talk) == "Idle"
