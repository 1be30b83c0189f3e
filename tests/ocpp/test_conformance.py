"""The conformance card: what a charger says it can, did, and where it strays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core import clock
from ocpp_bridge.conformance import QUIRKS, card_of, explained
from ocpp_bridge.models import Frame, QuirkSeen
from ocpp_bridge.quirks import QUIRKS as KNOWN_QUIRKS
from stations.command_kinds import Reset, Unlock
from stations.services import commands
from stations.services.device import store_variables
from tests.factories import MembershipFactory

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_noon():
    with clock.at(NOW):
        yield


def tell(station, *rows) -> None:
    names = ("component", "variable", "value")
    store_variables(station_id=station.pk, variables=[dict(zip(names, row, strict=True)) for row in rows])


def features(station) -> dict[str, bool | None]:
    return {feature.name: feature.has for feature in card_of(station).features}


def test_a_16_station_tells_its_profiles(network):
    station = network.add("OLD", ocpp_version="1.6")
    assert set(features(station).values()) == {None}
    tell(station, ("", "SupportedFeatureProfiles", "Core, Reservation,Special"), ("", "MessageTimeout", "30"))
    found = features(station)
    assert (found["Core"], found["Reservation"], found["SmartCharging"]) == (True, True, False)
    assert found["Special"] is True
    assert card_of(station).figures == [("MessageTimeout", "30")]


def test_a_2x_station_tells_its_blocks(network):
    station = network.add("NEW", ocpp_version="2.0.1")
    tell(
        station,
        ("ReservationCtrlr", "Available", "true"),
        ("ReservationCtrlr", "Enabled", "false"),
        ("SmartChargingCtrlr", "Enabled", "True"),
    )
    found = features(station)
    assert (found["ReservationCtrlr"], found["SmartChargingCtrlr"]) == (False, True)
    assert found["DisplayMessageCtrlr"] is None


def answer(station, kind, outcome, word) -> None:
    command = commands.request(station=station, kind=kind)
    commands.claim_next(station_id=station.pk, connection_no=0)
    if outcome:
        commands.record_answer(command_id=command.pk, outcome=outcome, word=word)
    else:
        commands.record_timeout(command_id=command.pk)


def test_what_it_was_asked_is_counted_and_what_it_does_not_know_is_marked(station):
    answer(station, Reset(), "accepted", "Accepted")
    answer(station, Reset(), None, "")
    answer(station, Unlock(evse_number=1), "accepted", "Unlocked")
    answer(station, Unlock(evse_number=1), "failed", "NotImplemented")
    asked = {one.kind: one for one in card_of(station).asked}
    assert (asked["reset"].accepted, asked["reset"].unanswered, asked["reset"].is_unknown) == (1, 1, False)
    assert (asked["unlock"].failed, asked["unlock"].word, asked["unlock"].is_unknown) == (
        1, "NotImplemented", True,
    )  # fmt: skip


def test_what_it_sends_is_counted_with_its_errors(station):
    for n, answer in enumerate(('[3,"1",{}]', '[4,"2","FormationViolation","",{}]')):
        Frame.objects.create(
            station=station, at=NOW - timedelta(minutes=n), direction="in", message_id=str(n),
            action="StatusNotification", body='[2,"x","StatusNotification",{}]', answer=answer,
        )  # fmt: skip
    Frame.objects.create(station=station, at=NOW, direction="in", message_id="9", body='[3,"9",{}]')
    card = card_of(station)
    assert [(one.action, one.count, one.errors) for one in card.sent] == [("StatusNotification", 2, 1)]
    assert [talk.message_id for talk in card.errors] == ["1"]


def test_every_known_quirk_is_explained():
    assert {quirk.name for quirk in KNOWN_QUIRKS if not str(explained(quirk.name)).strip()} == set()
    assert len(QUIRKS) >= 8


def test_a_member_sees_the_card_and_a_stranger_does_not(client, network, station):
    QuirkSeen.objects.create(station=station, name="number_as_text", count=3, last_at=NOW)
    client.force_login(MembershipFactory(organization=network.organization).user)
    page = client.get(f"/operate/chargers/{station.identity}/conformance/").content.decode()
    assert "Sends numbers as text" in page
    assert "3 times" in page
    client.force_login(MembershipFactory().user)
    assert client.get(f"/operate/chargers/{station.identity}/conformance/").status_code == 404


def test_the_card_needs_few_queries(station, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        card_of(station)
