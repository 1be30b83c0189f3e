"""Many callers at once: each gets its own answer, for the price of one, and none spoils another's."""

from __future__ import annotations

import asyncio

import pytest
from django import db
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import DomainEvent
from ocpp_bridge import handshake
from ocpp_bridge.admissions import AT_ONCE, Admissions
from ocpp_bridge.handshake import Admission
from ocpp_bridge.models import FailedHandshake, LastReply
from stations.models import ChargingStation
from stations.services import onboarding
from tests.ocpp.knocking import caller, stranger


def crowd_of(network, count: int, start: int = 0) -> list:
    names = [f"CROWD-{number}" for number in range(start, start + count)]
    for name in names:
        network.add(name, evses=1)
    return [caller(name, network.passwords[name]) for name in names]


@pytest.mark.django_db
def test_each_of_a_crowd_gets_its_own_answer(network, station):
    onboarding_password = onboarding.set_policy(organization=network.organization, strangers="hold")
    good = caller(password=network.passwords["CP-1"])
    crowd = [
        caller("NOBODY", "x" * 16),
        good._replace(organization="northwind"),
        stranger("NEW-1", onboarding_password),
        *crowd_of(network, 2),
    ]
    crowd[4] = crowd[4]._replace(password=b"wrong")
    nobody, first, held, second, wrong = handshake.admit_together(crowd)
    assert (nobody.reason, wrong.reason) == ("unknown_identity", "wrong_password")
    assert [one.identity for one in (first, held, second)] == ["CP-1", "NEW-1", "CROWD-0"]
    assert held.registration == "pending"
    assert set(FailedHandshake.objects.values_list("identity", flat=True)) == {"NOBODY", "CROWD-1"}
    connected = ChargingStation.objects.filter(is_connected=True).values_list("identity", flat=True)
    assert set(connected) == {"CP-1", "NEW-1", "CROWD-0"}


@pytest.mark.django_db
def test_a_station_of_another_network_is_unknown_on_this_ones_address(network, station):
    elsewhere = caller(password=network.passwords["CP-1"], organization="southwind")
    assert handshake.admit(elsewhere).reason == "unknown_network"
    assert not ChargingStation.objects.get().is_connected


@pytest.mark.django_db
def test_a_crowd_costs_as_many_queries_as_one(network):
    crowd = crowd_of(network, 12)
    with CaptureQueriesContext(
        connection,
    ) as for_one:
        handshake.admit_together(crowd[:1])
    with CaptureQueriesContext(connection) as for_eleven:
        handshake.admit_together(crowd[1:])
    assert len(for_eleven) == len(for_one) < 8
    assert DomainEvent.objects.filter(type="stations.StationConnected").count() == 12


@pytest.mark.django_db
def test_what_was_answered_last_comes_back_to_the_right_station(network):
    crowd = crowd_of(network, 3)
    for one in ChargingStation.objects.all():
        LastReply.objects.create(station=one, message_id=one.identity, reply="[]", digest=b"d")
    for admission in handshake.admit_together(crowd):
        assert admission.last.message_id == admission.identity


# --- gathering -----------------------------------------------------------------------------


@pytest.fixture
def looked_at(monkeypatch) -> list[list[str]]:
    """The identities of each crowd that the handshake was asked about; who is BAD breaks it."""
    crowds: list[list[str]] = []

    def admit_together(callers):
        crowds.append([one.identity for one in callers])
        if "BAD" in crowds[-1]:
            raise ValueError("nobody thought of this")
        if "AWAY" in crowds[-1]:
            raise db.OperationalError("the server has gone")
        return [
            Admission(1, one.identity, len(crowds), "accepted", handshake.DIALECTS[0], None)
            for one in callers
        ]

    monkeypatch.setattr(handshake, "admit_together", admit_together)
    return crowds


async def all_at_once(*names: str) -> list:
    admissions = Admissions()
    calls = (admissions.admit(caller(name)) for name in names)
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_who_calls_in_the_same_moment_is_looked_at_together(looked_at):
    names = [f"CP-{number}" for number in range(AT_ONCE + 50)]
    answers = await all_at_once(*names)
    assert [answer.identity for answer in answers] == names
    assert [len(crowd) for crowd in looked_at] == [AT_ONCE, 50]


async def test_an_identity_that_calls_twice_is_admitted_twice_and_the_later_call_later(looked_at):
    first, other, second = await all_at_once("CP-1", "CP-2", "CP-1")
    assert looked_at == [["CP-1", "CP-2"], ["CP-1"]]
    assert first.connection_no < second.connection_no
    assert other.connection_no == first.connection_no


async def test_one_who_cannot_be_judged_keeps_nobody_out(looked_at):
    first, bad, last = await all_at_once("CP-1", "BAD", "CP-2")
    assert (first.identity, last.identity) == ("CP-1", "CP-2")
    assert isinstance(bad, ValueError)


async def test_a_database_that_is_away_is_asked_once_for_all(looked_at):
    answers = await all_at_once("CP-1", "AWAY", "CP-2")
    assert [type(answer) for answer in answers] == [db.OperationalError] * 3
    assert len(looked_at) == 1


async def test_who_hangs_up_while_waiting_is_left_out(looked_at):
    admissions = Admissions()
    gone = asyncio.create_task(admissions.admit(caller("GONE")))
    await asyncio.sleep(0)
    gone.cancel()
    answer = await admissions.admit(caller("CP-1"))
    assert answer.identity == "CP-1"
    assert ["GONE"] not in looked_at
