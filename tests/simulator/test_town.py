"""The town: its file, its plan of a day, and the whole day played in virtual time."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.stations import snapshot
from simulator.stations.demand import plan_day
from simulator.stations.fleet import Fleet, FleetPlan, write_state
from simulator.stations.scenarios import SCENARIOS, present_now, sped_up
from simulator.stations.station import Station
from simulator.stations.town import arrange_conditions, build_stations, load_town
from simulator.stations.virtual import VirtualStation, play
from simulator.stations.visits import schedule_visit
from tests.simulator.fakes import NOON, Central, Conversation, ac_spec, car, dc_spec

TOWN = load_town()
MONDAY = date(2026, 11, 23)


class PlayedDay:
    """Every station of the town against its own central system, for some hours."""

    def __init__(self, seed=1, hours=24):
        start = datetime(2026, 11, 23, tzinfo=TOWN.zone).astimezone(UTC)
        self.until = start + timedelta(hours=hours)
        self.stations = build_stations(TOWN, now=start, seed=seed)
        self.centrals = {name: Central(item.spec.version) for name, item in self.stations.items()}
        self.lines = {
            name: VirtualStation(item, self.centrals[name].exchange) for name, item in self.stations.items()
        }
        self.app_starts = []
        for arrival in plan_day(TOWN, MONDAY, seed):
            schedule_visit(self.stations[arrival.identity], arrival, on_app_start=self.press_start)
        for name, station in self.stations.items():
            arrange_conditions(station, TOWN.conditions_of(name), until=self.until)

    def press_start(self, arrival, at):
        self.app_starts.append(arrival)

    @contextmanager
    def clock(self, now):
        yield
        while self.app_starts:
            arrival = self.app_starts.pop()
            self.lines[arrival.identity].deliver(self.remote_start(arrival), now)

    def remote_start(self, arrival):
        message_id, tag = f"start {arrival.at.isoformat()}"[:36], arrival.driver.tag
        if self.stations[arrival.identity].spec.version == "1.6":
            payload = {"connectorId": arrival.evse, "idTag": tag}
            return json.dumps([2, message_id, "RemoteStartTransaction", payload])
        token = {"idToken": tag, "type": "Central"}
        payload = {"evseId": arrival.evse, "idToken": token, "remoteStartId": 1}
        return json.dumps([2, message_id, "RequestStartTransaction", payload])

    def play(self):
        play(self.lines.values(), self.until, at=self.clock)
        return self

    def finished(self):
        return [
            transaction
            for station in self.stations.values()
            for evse in station.cabinet.evses.values()
            for transaction in evse.past
        ]


@pytest.fixture(scope="module")
def day():
    return PlayedDay().play()


def test_the_town_is_what_the_demo_promises():
    assert len(TOWN.sites) == 8
    assert sum(len(list(site.evses())) for site in TOWN.sites) == 39
    assert {spec.version for spec in TOWN.stations()} == {"1.6", "2.0.1"}
    identities = [spec.identity for spec in TOWN.stations()]
    assert len(set(identities)) == len(identities)
    assert all(16 <= len(spec.password) <= 40 for spec in TOWN.stations())
    assert len({driver.tag for driver in TOWN.drivers}) == len(TOWN.drivers)
    assert all(len(driver.tag) <= 20 for driver in TOWN.drivers)
    assert {condition.kind for name in identities for condition in TOWN.conditions_of(name)} == {
        "offline",
        "fault",
    }


def test_every_message_of_a_whole_day_fits_its_schema(day):
    assert [fault for central in day.centrals.values() for fault in central.faults] == []
    said = Counter(action for central in day.centrals.values() for action in central.actions())
    assert said["TransactionEvent"] > 1000
    assert said["StartTransaction"] >= said["StopTransaction"] > 10


def test_a_day_has_sessions_of_believable_size(day):
    energies_wh = [item.meter_end_wh - item.meter_start_wh for item in day.finished()]
    assert 80 < len(energies_wh) < 300
    assert all(0 <= energy < 90_000 for energy in energies_wh)
    assert 10_000 < sum(energies_wh) / len(energies_wh) < 50_000


def test_drivers_with_the_app_charge_as_well(day):
    tokens = Counter(item.token.kind for item in day.finished())
    assert tokens["Central"] > 15
    assert tokens["ISO14443"] > 15


def test_registers_never_fall_and_sessions_of_one_evse_never_overlap(day):
    for station in day.stations.values():
        for evse in station.cabinet.evses.values():
            wh, ended_at = float(evse.spec.register_wh), station.born_at
            for item in evse.past:
                assert item.meter_start_wh >= int(wh)
                assert item.started_at >= ended_at
                wh, ended_at = item.meter_end_wh, item.ended_at


def test_the_days_troubles_are_there_at_its_end(day):
    assert not day.stations["RIVERBANK-1"].link.is_up
    assert day.stations["HARBOUR-3"].cabinet.evse(2).fault == "GroundFailure"


def test_the_same_seed_plays_the_same_day():
    first, second = PlayedDay(seed=5, hours=9).play(), PlayedDay(seed=5, hours=9).play()
    for name, central in first.centrals.items():
        assert central.said == second.centrals[name].said
        assert central.ids == second.centrals[name].ids


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), offset=st.integers(0, 400))
def test_a_plan_never_puts_two_cars_in_one_place_or_one_driver_in_two(seed, offset):
    plan = plan_day(TOWN, MONDAY + timedelta(days=offset), seed)
    assert plan == sorted(plan, key=lambda arrival: arrival.at)
    for key in (lambda item: (item.identity, item.evse), lambda item: item.driver.key):
        last: dict[object, datetime] = {}
        for arrival in plan:
            assert last.get(key(arrival), arrival.at) <= arrival.at
            last[key(arrival)] = arrival.departs_at


def test_a_plan_is_of_its_seed():
    assert plan_day(TOWN, MONDAY, 1) == plan_day(TOWN, MONDAY, 1)
    assert plan_day(TOWN, MONDAY, 1) != plan_day(TOWN, MONDAY, 2)


def test_a_day_with_a_clock_change_is_planned_like_any_other():
    plan = plan_day(TOWN, date(2026, 10, 25), 1)
    assert {item.at.astimezone(TOWN.zone).date() for item in plan} == {date(2026, 10, 25)}


def test_the_evening_rush_begins_now_and_hurries_when_told():
    now = datetime(2026, 11, 23, 5, tzinfo=UTC)
    rush = SCENARIOS["evening_rush"](TOWN, now, 7)
    later = [item for item in rush if item.at > now]
    assert len(later) > 20
    assert max(item.at for item in later) < now + timedelta(hours=5)
    hurried = sped_up([present_now(item, now) for item in rush], now, 10)
    assert max(item.at for item in hurried) < now + timedelta(minutes=30)
    assert min(item.at for item in hurried) == now


@pytest.mark.parametrize("spec", [ac_spec(), dc_spec()], ids=["1.6", "2.0.1"])
def test_a_revived_station_goes_on_with_its_session(spec):
    talk = Conversation(spec).plug_in().tap().after(600)
    talk.station.line_down(talk.now)
    kept = json.loads(json.dumps(snapshot.take(talk.station, talk.now)))
    later = Conversation.__new__(Conversation)
    later.central, later.now, later._calls = Central(spec.version), talk.now + timedelta(seconds=30), 0
    later.station = Station(spec, now=later.now)
    snapshot.restore(later.station, kept, later.now)
    later.line = VirtualStation(later.station, later.central.exchange)
    before = talk.station.cabinet.evse(1)
    after = later.after(120).station.cabinet.evse(1)
    assert "BootNotification" not in later.central.actions()
    assert after.transaction.transaction_id == before.transaction.transaction_id
    assert after.transaction.number == before.transaction.number
    assert after.register_wh > before.register_wh
    later.unplug()
    assert later.central.faults == []
    assert later.station.cabinet.evse(1).past[-1].meter_end_wh > before.register_wh


def test_messages_not_yet_acknowledged_survive_in_the_snapshot():
    talk = Conversation(ac_spec()).plug_in().tap().after(60)
    talk.station.mischief.go_offline(talk.now)
    talk.after(1).unplug().after(1)
    kept = snapshot.take(talk.station, talk.now)
    assert [item["action"] for item in kept["backlog"]] == ["StopTransaction"]
    assert kept["backlog"][0]["payload"]["transactionId"] == 101


async def test_a_fleet_has_the_town_and_plain_stations_when_asked_for_more(tmp_path):
    plan = FleetPlan(url="ws://127.0.0.1:1/ocpp", count=30, password="x" * 20, scenario="evening_rush")
    fleet = Fleet(TOWN, plan)
    assert len(fleet.shells) == 30
    assert "SIM-0007" in fleet.shells
    assert fleet.shells["SIM-0007"].core.password == "x" * 20
    assert fleet.summary().startswith("0 of 30 stations connected")


def test_a_condition_in_the_past_begins_at_once():
    station = Station(TOWN.stations()[0], now=NOON)
    arrange_conditions(station, TOWN.conditions_of("RIVERBANK-1"), until=NOON)
    station.advance(NOON)
    assert not station.wants_line


def coupled(station, lines):
    """A station in virtual time, opposite a central system that says yes."""
    identity = station.spec.identity
    exchange = Central(station.spec.version).exchange
    return VirtualStation(station, exchange, on_line=lambda is_up, now: lines.append((identity, is_up)))


def running_at(stations):
    return {
        (name, evse.number)
        for name, station in stations.items()
        for evse, _ in station.cabinet.transactions()
    }


def test_a_played_past_is_carried_into_the_live_town(tmp_path):
    until = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
    stations = build_stations(TOWN, now=until - timedelta(hours=4), seed=3)
    lines = []
    for arrival in plan_day(TOWN, until.date(), 3):
        if until - timedelta(hours=4) <= arrival.at < until:
            schedule_visit(stations[arrival.identity], arrival)
    for identity, station in stations.items():
        arrange_conditions(station, TOWN.conditions_of(identity), until=until)
    assert play([coupled(station, lines) for station in stations.values()], until) > 1000
    running = running_at(stations)
    for station in stations.values():
        station.line_down(until)
    write_state(tmp_path / "town.json", [snapshot.take(station, until) for station in stations.values()])
    assert running
    assert ("RIVERBANK-1", False) in lines
    revived = Fleet(TOWN, FleetPlan(url="ws://127.0.0.1:1/ocpp", seed=3, state=tmp_path / "town.json"))
    assert running == running_at({name: shell.core for name, shell in revived.shells.items()})


async def test_a_car_that_no_plan_knows_leaves_by_itself(tmp_path):
    spec = TOWN.stations()[0]
    station = Station(spec, now=NOON)
    station.plug_in(1, car(), NOON)
    write_state(tmp_path / "one.json", [snapshot.take(station, NOON)])
    plan = FleetPlan(
        url="ws://127.0.0.1:1/ocpp", scenario="quiet", state=tmp_path / "one.json", has_conditions=False
    )
    core = Fleet(TOWN, plan).shells[spec.identity].core
    assert core.cabinet.evse(1).vehicle is not None
    core.advance(datetime.now(UTC) + timedelta(hours=2))
    assert core.cabinet.evse(1).vehicle is None
