"""The bench of the charger path: its bars, its exit status, its load, and a small run of the floor."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from dataclasses import replace
from itertools import islice
from types import SimpleNamespace

import pytest

from bench import __main__ as bench
from bench.ocpp import command, cpu, loading, names, servers, wire
from bench.ocpp.mix import Charger, WrongAnswer
from bench.ocpp.servers import CannotRun
from bench.ocpp.verdict import Killed, Round, Window, judge, ratios
from bench.ocpp.versions import VERSIONS
from ocpp_bridge import schemas

ACCEPTED = {"status": "Accepted"}
ANSWER = {"status": "Accepted", "idTagInfo": ACCEPTED, "idTokenInfo": ACCEPTED, "transactionId": 7}
KILLED = [Killed(acknowledged=5_000, missing=0)]


def window(per_message_us: float, postgres_us: float = 0.0, failures: int = 0) -> Window:
    count = 100_000
    return Window(count, count * per_message_us / 1e6, count * postgres_us / 1e6, failures)


def planted(
    stations: int, *, bridge_us: float = 50, postgres_us: float = 10, control_us: float = 800
) -> Round:
    return Round(stations, window(25), window(control_us), window(bridge_us, postgres_us))


def failing(rounds, killed=KILLED) -> list[str]:
    return [bar.name for bar in judge(rounds, killed) if not bar.holds]


def test_good_figures_hold_every_bar():
    bars = judge([planted(200), planted(1000)], KILLED)
    assert all(bar.holds for bar in bars)
    assert command.exit_status(bars) == 0


@pytest.mark.parametrize("stations", [200, 1000])
def test_less_than_forty_percent_of_the_floor_fails(stations):
    rounds = [planted(200), planted(1000), planted(stations, bridge_us=63), planted(stations, bridge_us=63)]
    assert failing(rounds) == [f"of the floor at {stations:,} stations of 1.6"]


def test_less_than_twelve_controls_fails():
    assert failing([planted(200, control_us=599)]) == ["times the control at 200 stations of 1.6"]


def test_postgres_counts_at_a_thousand_stations_and_not_at_two_hundred():
    assert failing([planted(200, postgres_us=40)]) == []
    assert failing([planted(1000, postgres_us=40)]) == [
        "bridge and PostgreSQL together of the floor at 1,000 stations of 1.6"
    ]


def test_versions_are_judged_apart():
    good, bad = planted(200), replace(planted(200, bridge_us=64), version="2.0.1")
    assert failing([good, bad]) == ["of the floor at 200 stations of 2.0.1"]


def test_the_goal_is_half_of_the_floor_and_is_judged_only_when_asked():
    rounds = [planted(1000, bridge_us=52)]
    assert failing(rounds) == []
    judged = judge(rounds, KILLED, with_goal=True)
    assert [bar.name for bar in judged if not bar.holds] == ["goal: of the floor at 1,000 stations of 1.6"]
    assert all(bar.holds for bar in judge([planted(1000)], KILLED, with_goal=True))


def test_the_goal_is_judged_where_a_batch_is_full():
    judged = judge([planted(200, bridge_us=52)], KILLED, with_goal=True)
    assert all(bar.holds for bar in judged)
    assert not [bar for bar in judged if bar.name.startswith("goal")]


def test_the_goal_measures_both_versions_unless_one_is_named(monkeypatch):
    asked = []

    def remember(options):
        asked.append(options.version)
        return [planted(200)], KILLED

    monkeypatch.setattr(command, "_run", remember)
    for words in ([], ["--goal"], ["--goal", "--version", "2.0.1"]):
        bench.main(["ocpp", *words])
    assert asked == [["1.6"], ["1.6", "2.0.1"], ["2.0.1"]]


def test_one_missing_acknowledgment_fails():
    bars = judge([planted(200)], [*KILLED, Killed(acknowledged=5_000, missing=1)])
    assert command.exit_status(bars) == 1
    assert failing([planted(200)], [Killed(acknowledged=5_000, missing=1)]) == ["of these missing"]


def test_a_kill_that_proves_nothing_fails():
    assert failing([planted(200)], [Killed(acknowledged=3, missing=0)]) == [
        "acknowledged starts and stops under kill -9"
    ]


def test_an_error_instead_of_a_result_fails():
    wrong = Round(200, window(25), window(800), window(50, failures=1))
    assert failing([wrong]) == ["answers that were no results"]


def test_the_median_of_the_rounds_own_ratios_counts():
    found = ratios([planted(200, bridge_us=us) for us in (100, 50, 25)])
    assert found.of_floor == 0.5
    assert found.times_control == 16


def test_a_server_that_answered_nothing_holds_no_bar():
    dead = Round(200, window(25), window(800), Window(0, 0.0))
    assert "of the floor at 200 stations of 1.6" in failing([dead])


def test_the_command_prints_writes_and_exits_by_its_bars(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "_run", lambda options: ([planted(200, bridge_us=90)], KILLED))
    status = bench.main(["ocpp", "--json", str(tmp_path / "figures.json")])
    assert status == 1
    assert "FAILS  of the floor at 200 stations of 1.6" in capsys.readouterr().out
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["holds"] is False
    assert figures["rounds"][0]["floor"]["per_cpu_s"] == 40_000
    assert figures["medians"][0]["times_control"] == pytest.approx(800 / 90)


def test_what_cannot_be_measured_is_neither_yes_nor_no(monkeypatch, capsys):
    def fail(options):
        raise CannotRun("the bridge did not start")

    monkeypatch.setattr(command, "_run", fail)
    assert bench.main(["ocpp"]) == 2
    assert "the bridge did not start" in capsys.readouterr().err
    assert bench.main(["unknown"]) == 2


@pytest.mark.parametrize(
    "wrong", [["--stations", "0"], ["--rounds", "99"], ["--seconds", "3600"], ["--version", "1.5"]]
)
def test_the_bench_is_bounded(wrong):
    with pytest.raises(SystemExit):
        bench.main(["ocpp", *wrong])


CHARGER = Charger(names.tag(3), 1000, lambda: 1_800_000_000.123)


def story(version: str = "1.6"):
    return VERSIONS[version].day(CHARGER)


def told(calls, count: int) -> list[tuple[str, dict]]:
    """The first calls of a story whose every call is answered well."""
    spoken = next(calls)
    said = [spoken]
    with contextlib.suppress(StopIteration):
        while len(said) < count:
            said.append(calls.send(ANSWER))
    return [(action.decode(), json.loads(payload)) for action, payload in said]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_message_of_the_mix_is_valid_ocpp(version):
    spoken = VERSIONS[version]
    opening = told(spoken.opening(CHARGER, spoken.three_places), 99)
    assert [action for action, _ in opening] == ["BootNotification", *["StatusNotification"] * 3]
    for action, payload in [*told(story(version), 80), *told(spoken.charging(CHARGER), 80), *opening]:
        assert schemas.request(version, action).is_valid(payload), (action, payload)


def test_the_mix_is_mostly_meter_values_heartbeats_and_statuses():
    calls, counts = story(), {}
    spoken = next(calls)
    for _ in range(3 + 30 * 10):
        counts[spoken[0]] = counts.get(spoken[0], 0) + 1
        spoken = calls.send(ANSWER)
    assert counts[b"MeterValues"] == 160
    assert counts[b"Heartbeat"] == 60
    assert counts[b"StatusNotification"] == 52
    assert counts[b"StartTransaction"] == counts[b"StopTransaction"] == counts[b"Authorize"] == 10


def test_the_mix_of_201_says_the_same_day_in_transaction_events():
    said = told(story("2.0.1"), 3 + 30 * 10)
    kinds = Counter(payload.get("eventType", action) for action, payload in said)
    assert kinds["Heartbeat"] == 60
    assert kinds["StatusNotification"] == 2 + 20
    assert kinds["Started"] == kinds["Ended"] == kinds["Authorize"] == 10
    events = [payload for action, payload in said if action == "TransactionEvent"]
    measured = [e for e in events if e["triggerReason"] == "MeterValuePeriodic"]
    assert len(measured) == 160
    assert all(len(e["meterValue"][0]["sampledValue"]) == 6 for e in measured)
    assert sum(e["triggerReason"] == "ChargingStateChanged" for e in events) == 30


def test_the_events_of_a_transaction_are_numbered_without_a_gap():
    events = [payload for action, payload in told(story("2.0.1"), 33) if action == "TransactionEvent"]
    assert [event["seqNo"] for event in events] == list(range(21))
    assert len({event["transactionInfo"]["transactionId"] for event in events}) == 1


def test_a_charger_does_not_take_a_refusal_for_an_answer():
    calls = story()
    next(calls)
    for _ in islice(range(10), 4):
        calls.send(ANSWER)
    with pytest.raises(WrongAnswer):
        calls.send({"idTagInfo": {"status": "Invalid"}})


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_frames_of_every_size_are_read_as_they_were_sent(size):
    heard: list[bytes] = []
    socket = wire.Socket(b"", lambda socket: None, heard.append, lambda why: None)
    socket.is_open = True
    masked = wire.encode(b"x" * size)
    unmasked = bytes((masked[0], masked[1] & 0x7F)) + masked[2 : len(masked) - size - 4] + b"x" * size
    socket.data_received(unmasked[:1])
    socket.data_received(unmasked[1:] + unmasked)
    assert heard == [b"x" * size] * 2


def test_cpu_time_is_counted_in_seconds():
    before = cpu.used_s(os.getpid())
    sum(number * number for number in range(2_000_000))
    assert 0 < cpu.used_s(os.getpid()) - before < 30
    assert cpu.family_used_s(os.getpid()) >= before


@pytest.mark.parametrize("version", command.MEASURED)
def test_a_small_load_on_the_floor_is_all_results(version):
    ground = SimpleNamespace(environment=dict(os.environ), postmaster=os.getpid())
    server = servers.floor(ground)
    try:
        found = loading.measure(server, ground, stations=5, seconds=1, warm_up_s=0, version=version)
    finally:
        server.stop()
    assert found.window.failures == 0, found.details["complaints"]
    assert found.window.messages > 100
    assert set(found.details["actions"]) <= {
        "BootNotification",
        "Heartbeat",
        "StatusNotification",
        "Authorize",
        "StartTransaction",
        "MeterValues",
        "StopTransaction",
        "TransactionEvent",
    }
