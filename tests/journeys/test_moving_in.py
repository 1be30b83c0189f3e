"""A network comes over: its stations keep the address, name and password of the other system, and charge."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditEntry
from ocpp_bridge import aliases
from ocpp_bridge.models import FailedHandshake
from ocpp_bridge.selectors_moving import Board
from simulator.stations import EvseSpec, HandshakeRefused, StationSpec
from stations.models import Arrival, ChargingSession, ChargingStation
from stations.services import foreign_addresses, imports
from tests.factories import MembershipFactory
from tests.journeys.walking import charger_at
from tests.ocpp.doors import uvicorn_door, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
STEVE = "/steve/websocket/CentralSystemService"
BOXES = (
    "charge_box_id;dials as;description;location_latitude;location_longitude;stalls;password\n"
    "NEW-1;EVB-P1;Gate;55,6417;12,0853;Type2 22;{password}\n"
)
TAGS = "id_tag;max_active_transaction_count;note\nPOOL-CAR;1;Pool car\n"
PASSWORD = "as it was in the old system"


@pytest.fixture
def member():
    aliases.book.forget()
    return MembershipFactory(
        user__name="Elin Vik", organization__name="Nordlys", organization__slug="nordlys"
    )


def bring(member, kind: str, text: str) -> None:
    batch = imports.take_in(
        organization=member.organization, kind=kind, name=f"{kind}.csv", data=text.encode(), actor=member.user
    )
    imports.confirm(batch=batch, actor=member.user)
    imports.run_open()


def spec(version: Any) -> StationSpec:
    return StationSpec(
        identity="EVB-P1",
        version=version,
        password=PASSWORD,
        evses=(EvseSpec(number=1, register_wh=41_000),),
        settings={"sample_interval_s": 1},
    )


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize("password", [PASSWORD, ""], ids=["imported", "first seen"])
def test_a_station_that_nobody_touched_arrives_and_charges(member, version, password):
    bring(member, "stations", BOXES.format(password=password))
    bring(member, "tokens", TAGS)
    foreign_addresses.add_path(
        organization=member.organization, text=f"{STEVE}/{{identity}}", actor=member.user
    )
    assert Board(member.user).count().expected == 1
    with uvicorn_door() as port:
        old_host = f"ws://127.0.0.1:{port}{STEVE}"
        if not password:
            with pytest.raises(HandshakeRefused), charger_at(old_host, spec(version)):
                pass
            assert FailedHandshake.objects.get().reason == "password_not_known"
            assert Board(member.user).count().failing == 1
            day = Arrival.objects.get().expected_at.date()
            foreign_addresses.keep_first_passwords(
                organization=member.organization, until=day, actor=member.user
            )
        with charger_at(old_host, spec(version)) as charger:
            charger.plug_in()
            charger._wait_for(charger.station.tap("POOL-CAR", 1))
            charger.wait_until(lambda station: station.energy_wh(1) > 0)
            wait_until(lambda: ChargingSession.objects.filter(status="active").exists(), 20)
            charger.unplug()
            wait_until(lambda: ChargingSession.objects.filter(ended_at__isnull=False).exists(), 20)
    session = ChargingSession.objects.get()
    assert (session.station.identity, session.id_token.label) == ("NEW-1", "Pool car")
    arrival = Arrival.objects.get()
    assert (arrival.ocpp_version, arrival.dialed) == (version, f"{STEVE}/EVB-P1")
    assert arrival.showed == ("password" if password else "first_seen")
    assert Board(member.user).count().arrived == 1
    kept = AuditEntry.objects.filter(action="station.keep_first_password")
    assert kept.count() == (0 if password else 1)
    assert ChargingStation.objects.get().secret_hash
