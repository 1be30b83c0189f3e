"""Bad days: each misbehaviour does what its name says, and the good messages still arrive."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from simulator.stations.spec import SpecError, StationSpec
from tests.simulator.fakes import NOON, Conversation, ac_spec, car


@pytest.fixture
def talk():
    return Conversation(ac_spec())


def test_a_repeated_message_leaves_twice_with_one_id(talk):
    talk.station.mischief.repeat("StartTransaction")
    talk.plug_in().tap().after(1)
    starts = [
        message_id
        for message_id, action in zip(talk.central.ids, talk.central.actions(), strict=True)
        if action == "StartTransaction"
    ]
    assert len(starts) == 2
    assert len(set(starts)) == 1
    assert talk.station.cabinet.evse(1).transaction.number == 101


def test_a_broken_message_does_not_fit_the_schema(talk):
    talk.station.mischief.break_schema("StatusNotification")
    talk.plug_in()
    assert talk.central.faults


def test_a_late_queue_may_come_in_the_wrong_order():
    for seed in range(6):
        talk = Conversation(ac_spec(), seed=seed)
        talk.station.mischief.go_offline(talk.now, 600)
        talk.after(1).plug_in().tap().after(300).unplug().after(1)
        talk.station.mischief.reorder_backlog(talk.now)
        talk.after(700)
        kinds = [item for item in talk.central.actions() if item.endswith("Transaction")]
        assert sorted(kinds) == ["StartTransaction", "StopTransaction"]
        if kinds[0] == "StopTransaction":
            return
    raise AssertionError("six seeds and never out of order")


def test_a_station_that_vanishes_after_a_message_sends_it_again(talk):
    talk.station.mischief.vanish_after("StartTransaction")
    talk.plug_in().tap().after(60)
    starts = talk.central.of("StartTransaction")
    assert len(starts) == 2
    assert starts[0] == starts[1]


def test_a_station_may_vanish_when_called(talk):
    talk.station.mischief.vanish_on("GetConfiguration")
    talk.line.deliver('[2,"v","GetConfiguration",{}]', talk.now)
    assert talk.central.replies == {}
    talk.after(5)
    assert len(talk.call("GetConfiguration")["configurationKey"]) > 20


def test_a_broken_clock_is_wrong_and_does_not_listen(talk):
    talk.station.mischief.drift(talk.now, skew_s=-86_400, ppm=1000)
    talk.after(3600).plug_in().tap()
    stamp = datetime.fromisoformat(talk.central.of("StartTransaction")[0]["timestamp"])
    expected = NOON + timedelta(seconds=3600 - 86_400 + 3.6)
    assert abs(stamp - expected) < timedelta(seconds=0.1)


def test_who_never_unplugs_stays(talk):
    talk.station.mischief.never_unplug(1)
    talk.plug_in(vehicle=car(soc=99)).tap().after(3600)
    talk.station.leave(1, talk.now)
    assert talk.after(60).central.statuses()[-1] == "SuspendedEV"


def test_silence_is_waited_for_and_then_tried_again(talk):
    talk.central.answers["StartTransaction"] = None
    talk.plug_in().tap().after(20)
    assert len(talk.central.of("StartTransaction")) == 1
    del talk.central.answers["StartTransaction"]
    talk.after(120)
    assert len(set(talk.central.ids)) == len(talk.central.ids) - 1
    assert talk.station.cabinet.evse(1).transaction.number is not None


def test_only_one_call_is_in_flight(talk):
    talk.central.answers["StatusNotification"] = None
    talk.plug_in().tap().after(10)
    assert talk.central.actions()[-1] == "StatusNotification"
    assert talk.central.of("Authorize") == []


def test_a_late_answer_to_a_forgotten_call_is_ignored(talk):
    assert talk.station.receive('[3,"long ago",{"status":"Accepted"}]', talk.now) == []
    assert talk.station.receive("{nonsense", talk.now) == []
    assert talk.station.notes[-1].kind == "error"


def test_mischief_can_be_written_in_the_town_file():
    script = [
        {"kind": "repeat", "action": "BootNotification"},
        {"kind": "offline", "after_s": 60, "for_s": 120},
        {"kind": "fault", "after_s": 300, "evse": 2, "code": "HighTemperature"},
    ]
    spec = StationSpec.from_json(
        {"identity": "X", "evses": [{"number": 1}, {"number": 2}], "mischief": script}
    )
    talk = Conversation(spec).after(30)
    assert talk.central.actions().count("BootNotification") == 2
    talk.after(60)
    assert not talk.station.link.is_up
    talk.after(300)
    assert talk.station.link.is_up
    last = talk.central.of("StatusNotification")[-1]
    assert (last["connectorId"], last["errorCode"]) == (2, "HighTemperature")


@pytest.mark.parametrize(
    "bad",
    [
        {"identity": "X", "version": "9"},
        {"identity": "X", "evses": [{"number": 2}]},
        {"identity": "X", "evses": [{"number": 1, "phases": 2}]},
    ],
)
def test_a_station_that_cannot_exist_is_refused(bad):
    with pytest.raises(SpecError):
        StationSpec.from_json(bad)


def test_frames_are_compact_json_arrays(talk):
    talk.station.plug_in(1, car(), talk.now)
    frame = talk.station.advance(talk.now)[0]
    assert json.loads(frame)[2] == "StatusNotification"
    assert ": " not in frame


def test_start_points_are_of_2_0_1_only():
    with pytest.raises(SpecError):
        StationSpec(identity="X", version="1.6", settings={"tx_start_points": ["EVConnected"]})
