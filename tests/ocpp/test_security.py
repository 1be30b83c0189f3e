"""Passwords that change over OCPP, and profiles that rise (2.0.1 A00, A01, A05)."""

from __future__ import annotations

import pytest

from accounts.models import AuditEntry
from ocpp_bridge import handshake
from ocpp_bridge.handshake import Admission, Refusal
from ocpp_bridge.models import Frame
from ocpp_bridge.replay import Conversation
from stations.models import ChargingStation, StationCommand
from stations.services import onboarding, security
from tests.ocpp.knocking import caller, may_enter, password_in, settle
from tests.ocpp.talk import call


def variable_result(status: str) -> dict:
    named = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    return {"setVariableResult": [{"attributeStatus": status, **named}]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("version", "accepted", "refused"),
    [
        ("1.6", {"status": "Accepted"}, {"status": "Rejected"}),
        (
            "2.0.1",
            variable_result("Accepted"),
            variable_result("Rejected"),
        ),
    ],
    ids=["1.6", "2.0.1"],
)
def test_a_new_password_holds_once_the_station_has_taken_it(network, station, version, accepted, refused):
    old = network.passwords["CP-1"]
    security.change_password(station=station)
    asked = settle(Conversation(station, version=version), refused)
    assert may_enter(old)
    assert not may_enter(password_in(asked))
    security.change_password(station=station)
    asked = settle(Conversation(station, version=version), accepted)
    assert may_enter(password_in(asked))
    assert not may_enter(old)


@pytest.mark.django_db
def test_while_no_answer_came_both_passwords_hold_until_the_station_shows_which(network, station):
    old = network.passwords["CP-1"]
    security.change_password(station=station)
    command = StationCommand.objects.get()
    new = security.derive_password(station_id=station.pk, nonce=command.params["secret_nonce"])
    assert may_enter(old)
    assert may_enter(new)
    assert not may_enter(old)


@pytest.mark.django_db
def test_no_password_is_written_down(network, station):
    conversation = Conversation(station, version="1.6")
    security.change_password(station=station)
    password = password_in(settle(conversation, {"status": "Accepted"}))
    conversation.exchange(call("Heartbeat", {}))
    written = [str(row) for row in StationCommand.objects.values_list("params", "sent", "answer")]
    written += Frame.objects.values_list("body", flat=True)
    written += [str(row) for row in AuditEntry.objects.values_list("changes", flat=True)]
    assert len(password) == 32
    assert not [text for text in written if password in text]
    assert StationCommand.objects.get().params["secret_nonce"] == ""


@pytest.mark.django_db
def test_a_password_that_was_overtaken_by_a_newer_one_is_not_sent(station):
    conversation = Conversation(station, version="1.6")
    first = security.change_password(station=station)
    security.change_password(station=station)
    settle(conversation, {"status": "Accepted"})
    first.refresh_from_db()
    assert first.status == "failed"


# --- profiles (A00, A05) -------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("profile", "is_encrypted", "reason"),
    [
        (1, False, None),
        (1, True, None),
        (2, False, "not_encrypted"),
        (2, True, None),
        (3, True, "no_certificate"),
    ],
)
def test_less_than_the_stations_profile_is_refused(network, station, profile, is_encrypted, reason):
    ChargingStation.objects.update(security_profile=profile)
    answer = handshake.admit(caller(password=network.passwords["CP-1"], is_encrypted=is_encrypted))
    assert (answer.reason if isinstance(answer, Refusal) else None) == reason


@pytest.mark.django_db
def test_no_password_at_all_needs_profile_0_and_the_networks_leave(network, station):
    ChargingStation.objects.update(security_profile=0)
    answer = handshake.admit(caller())
    assert isinstance(answer, Refusal)
    assert answer.reason == "unsecured"
    onboarding.set_policy(organization=network.organization, strangers="refuse", allows_unsecured=True)
    assert isinstance(handshake.admit(caller()), Admission)
    ChargingStation.objects.update(security_profile=1)
    assert handshake.admit(caller()).reason == "no_password"


@pytest.mark.django_db
def test_a_profile_rises_with_the_connection_and_never_falls(network, station):
    password = network.passwords["CP-1"]
    security.upgrade_profile(station=station, profile=2)
    assert isinstance(handshake.admit(caller(password=password)), Admission)
    assert isinstance(handshake.admit(caller(password=password, is_encrypted=True)), Admission)
    assert handshake.admit(caller(password=password)).reason == "not_encrypted"
    station.refresh_from_db()
    for lower in (0, 1, 2, 4):
        with pytest.raises(security.NoDowngrade):
            security.upgrade_profile(station=station, profile=lower)
