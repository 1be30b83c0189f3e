"""A day without network, and power that fails: what was charged is told late, once, and paid right."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async

from simulator.stations import CATALOG, FastClock, LiveStation, Vehicle
from simulator.stations.clock import utc_now
from stations.command_kinds import Reset
from stations.models import ChargingSession
from stations.services import commands, local_lists
from tests.journeys.network import Network, demand_agreement, eventually, paid

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
VERSIONS = ["1.6", "2.0.1"]
HOUR = 3600
RATE = 1200
"""A day is told in 72 seconds; it ends about now."""


@pytest.fixture
async def network(worker):
    return await sync_to_async(Network)()


def car(soc_percent: float = 20) -> Vehicle:
    return Vehicle(spec=CATALOG["Rapid AC"], soc_percent=soc_percent)


def sessions_paid(count: int) -> list[ChargingSession] | None:
    sessions = list(ChargingSession.objects.order_by("started_at"))
    return sessions if len(sessions) == count and all(paid(session) for session in sessions) else None


def keep_list(network: Network, identity: str) -> None:
    station = network.station(identity)
    local_lists.turn_on(station=station, actor=network.owner)
    local_lists.send_again(station=station, actor=network.owner)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_day_without_network_is_told_late_and_paid_right(version, bridge_url, network):
    quiet = {"sample_interval_s": 900, "allow_offline_unknown": False}
    spec = await sync_to_async(network.add)("DAY-1", version, settings=quiet)
    for uid, email in (("AAAA0001", "mia@example.org"), ("AAAA0002", "sam@example.org")):
        await sync_to_async(network.card)(uid, email=email)
    began = utc_now() - timedelta(days=1)
    async with LiveStation(bridge_url, spec, clock=FastClock(began, RATE)) as station:
        await sync_to_async(keep_list)(network, "DAY-1")
        await station.until(lambda it: len(it.core.tokens) == 2)
        await station.plug_in(1, car())
        await station.tap("AAAA0001", 1)
        await station.until(lambda it: it.energy_wh(1) > 2_000)

        await station.act(lambda core, now: core.mischief.go_offline(now, 3 * HOUR))
        await station.until(lambda it: not it.is_connected)
        await station.plug_in(2, car())
        await station.tap("STRANGER", 2)
        assert station.transaction(2) is None, "whom the list does not know may not charge"
        await station.tap("AAAA0002", 2)
        await station.until(lambda it: it.energy_wh(2) > 4_000)
        assert not station.is_connected
        for stall in (1, 2):
            await station.unplug(stall)
        away_until = station.core.now
        metered = [station.energy_wh(stall) for stall in (1, 2)]

        await station.until(lambda it: it.is_connected, 60)
        await station.until_settled()
        sessions = await eventually(lambda: sessions_paid(2), "both are paid")
    for session, energy_wh in zip(sessions, metered, strict=True):
        await sync_to_async(demand_agreement)(session, energy_wh)
        assert session.ended_at <= away_until, "it ended when it ended, and not when we heard of it"
    assert {session.token_uid for session in sessions} == {"AAAA0001", "AAAA0002"}


def reset(network: Network, identity: str) -> None:
    commands.request(station=network.station(identity), kind=Reset(is_hard=True))


@pytest.mark.parametrize("cause", ["the mains", "the operator"])
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_reboot_ends_a_session_where_its_meter_stood(version, cause, bridge_url, network):
    spec = await sync_to_async(network.add)("BOOT-1", version, settings={"sample_interval_s": 2})
    await sync_to_async(network.card)("AAAA0001", email="mia@example.org")
    async with LiveStation(bridge_url, spec, speed=60) as station:
        await station.plug_in(1, car())
        await station.tap("AAAA0001", 1)
        await station.until(lambda it: it.energy_wh(1) > 500)
        if cause == "the mains":
            await station.act(lambda core, now: core.mischief.lose_power(now, 2))
        else:
            await sync_to_async(reset)(network, "BOOT-1")
        await station.until_said("BootNotification", 2)
        await station.until_settled()
        metered_wh = station.energy_wh(1)
        (session,) = await eventually(lambda: sessions_paid(1), "it is paid")
        assert station.transaction(1) is None
    await sync_to_async(demand_agreement)(session, metered_wh)
