"""Stations that nobody announced: refused, or held until somebody adopts them."""

from __future__ import annotations

import json
import threading

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from ocpp_bridge import handshake
from ocpp_bridge.handshake import Admission
from ocpp_bridge.models import FailedHandshake
from ocpp_bridge.replay import Conversation
from payments.models import TariffAssignment
from payments.services.tariffs import create_tariff
from stations.models import ChargingStation, DoorPolicy, HeldStation, StationTemplate
from stations.services import onboarding
from tests.ocpp.doors import uvicorn_door, wait_until
from tests.ocpp.knocking import BOOT_16, caller, knock, password_in, settle, stranger
from tests.ocpp.talk import call


@pytest.fixture
def onboarding_password(network) -> str:
    return onboarding.set_policy(organization=network.organization, strangers="hold")


@pytest.mark.django_db
def test_strangers_are_refused_unless_the_network_holds_them(network):
    assert handshake.admit(stranger(password="x" * 16)).reason == "unknown_identity"
    assert handshake.admit(stranger(organization="nowhere")).reason == "unknown_network"
    assert handshake.admit(stranger(organization="")).reason == "unknown_identity"
    assert FailedHandshake.objects.filter(organization=network.organization).count() == 1


@pytest.mark.django_db
def test_who_does_not_know_the_onboarding_password_leaves_no_station_behind(network, onboarding_password):
    assert handshake.admit(stranger()).reason == "no_password"
    assert handshake.admit(stranger(password="wrong")).reason == "wrong_password"
    assert not ChargingStation.objects.exists()
    assert set(FailedHandshake.objects.values_list("organization__slug", flat=True)) == {"northwind"}


@pytest.mark.django_db
def test_a_held_station_boots_is_configured_starts_nothing_and_is_adopted(network, onboarding_password):
    admission = handshake.admit(stranger(password=onboarding_password))
    assert isinstance(admission, Admission)
    assert admission.registration == "pending"
    station = ChargingStation.objects.get(identity="NEW-1")
    talk = Conversation(station, version="1.6")
    (reply,) = talk.exchange(call("BootNotification", BOOT_16))
    assert json.loads(reply)[2]["status"] == "Pending"
    station.refresh_from_db()
    assert (station.vendor, station.serial) == ("Maker", "SN-1")
    tariff = create_tariff(
        organization=network.organization,
        name="Day",
        elements=[{"price_components": [{"type": "ENERGY", "price": "0.50", "step_size": 1}]}],
    )
    template = StationTemplate.objects.create(
        organization=network.organization, name="AC", evse_count=3, max_power_w=11_000, tariff_id=tariff.pk
    )
    onboarding.adopt(station=station, location=network.location, template=template)
    assert settle(talk, {"status": "Accepted"})["requestedMessage"] == "BootNotification"
    (reply,) = talk.exchange(call("BootNotification", BOOT_16))
    assert json.loads(reply)[2]["status"] == "Accepted"
    own = password_in(settle(talk, {"status": "Accepted"}))
    assert own != onboarding_password
    assert isinstance(handshake.admit(caller("NEW-1", own)), Admission)
    assert handshake.admit(caller("NEW-1", onboarding_password)).reason == "wrong_password"
    station.refresh_from_db()
    assert station.location == network.location
    assert list(station.evses.values_list("number", "max_power_w")) == [(1, 11_000), (2, 11_000), (3, 11_000)]
    assert TariffAssignment.objects.filter(evse__station=station, tariff=tariff).count() == 3


@pytest.mark.django_db
def test_a_rejected_station_is_turned_away_until_it_may_wait_again(network, onboarding_password):
    handshake.admit(stranger(password=onboarding_password))
    station = ChargingStation.objects.get()
    onboarding.reject(station=station)
    assert handshake.admit(stranger(password=onboarding_password)).reason == "rejected"
    onboarding.reconsider(station=station)
    assert isinstance(handshake.admit(stranger(password=onboarding_password)), Admission)
    onboarding.adopt(station=station, location=network.location)
    with pytest.raises(onboarding.NotWaiting):
        onboarding.reject(station=station)


@pytest.mark.django_db
def test_a_station_of_another_network_is_a_stranger_here(network, station, onboarding_password):
    from tests.factories import OrganizationFactory

    other = OrganizationFactory(slug="elsewhere")
    password = onboarding.set_policy(organization=other, strangers="hold")
    answer = handshake.admit(stranger("CP-1", password, organization="elsewhere"))
    assert answer.reason == "unknown_identity"
    assert isinstance(handshake.admit(stranger("CP-1", network.passwords["CP-1"])), Admission)


@pytest.mark.django_db
def test_the_waiting_room_is_bounded(network, onboarding_password, monkeypatch):
    monkeypatch.setattr(onboarding, "WAITING_AT_MOST", 2)
    for n in range(2):
        assert isinstance(handshake.admit(stranger(f"NEW-{n}", onboarding_password)), Admission)
    full = handshake.admit(stranger("NEW-9", onboarding_password))
    assert (full.reason, full.status) == ("waiting_room_full", 503)
    assert ChargingStation.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_storm_of_strangers_is_held_once_each(network, onboarding_password):
    identities = [f"NEW-{n}" for n in range(6)]
    plugs: list = []
    with uvicorn_door() as port:
        threads = [
            threading.Thread(target=knock, args=(port, name, onboarding_password, plugs))
            for name in identities * 3
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        wait_until(lambda: HeldStation.objects.count() == 6)
        for line in plugs:
            line.close()
    assert len(plugs) == 18
    assert ChargingStation.objects.count() == 6
    assert set(HeldStation.objects.values_list("state", flat=True)) == {"waiting"}
    assert DoorPolicy.objects.get().strangers == "hold"


@pytest.mark.django_db(transaction=True)
def test_over_a_socket_a_held_station_hears_pending_and_a_stranger_404(network, onboarding_password):
    with uvicorn_door() as port:
        lines: list = []
        knock(port, "NEW-1", onboarding_password, lines)
        lines[0].send(call("BootNotification", BOOT_16))
        assert json.loads(lines[0].recv(10))[2]["status"] == "Pending"
        lines[0].send(call("Heartbeat", {}))
        assert json.loads(lines[0].recv(10))[2] == "SecurityError"
        with pytest.raises(InvalidStatus) as refusal:
            connect(f"ws://127.0.0.1:{port}/ocpp/nowhere/NEW-1", subprotocols=["ocpp1.6"])
        assert refusal.value.response.status_code == 404
        onboarding.reject(station=ChargingStation.objects.get())
        with pytest.raises(ConnectionClosed):
            lines[0].recv(15)
