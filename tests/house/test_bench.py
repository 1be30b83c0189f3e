"""The bench of the charger path: its bars, its exit status, its load, and a small run of the floor."""

from __future__ import annotations

import json
import os
from itertools import islice
from types import SimpleNamespace

import pytest

from bench import __main__ as bench
from bench.ocpp import command, cpu, loading, names, servers, wire
from bench.ocpp.mix import Charger, WrongAnswer, day
from bench.ocpp.servers import CannotRun
from bench.ocpp.verdict import Killed, Round, Window, judge, ratios
from ocpp_bridge import schemas

ANSWER = {"status": "Accepted", "idTagInfo": {"status": "Accepted"}, "transactionId": 7}
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
    assert failing(rounds) == [f"of the floor at {stations:,} stations"]


def test_less_than_twelve_controls_fails():
    assert failing([planted(200, control_us=599)]) == ["times the control at 200 stations"]


def test_postgres_counts_at_a_thousand_stations_and_not_at_two_hundred():
    assert failing([planted(200, postgres_us=40)]) == []
    assert failing([planted(1000, postgres_us=40)]) == [
        "bridge and PostgreSQL together of the floor at 1,000 stations"
    ]


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
    assert "of the floor at 200 stations" in failing([dead])


def test_the_command_prints_writes_and_exits_by_its_bars(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "_run", lambda options: ([planted(200, bridge_us=90)], KILLED))
    status = bench.main(["ocpp", "--json", str(tmp_path / "figures.json")])
    assert status == 1
    assert "FAILS  of the floor at 200 stations" in capsys.readouterr().out
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


@pytest.mark.parametrize("wrong", [["--stations", "0"], ["--rounds", "99"], ["--seconds", "3600"]])
def test_the_bench_is_bounded(wrong):
    with pytest.raises(SystemExit):
        bench.main(["ocpp", *wrong])


def story(length: int = 16):
    return day(Charger(names.tag(3), 1000, lambda: 1_800_000_000.123, length, length))


def test_every_message_of_the_mix_is_valid_ocpp():
    calls, messages = story(), []
    spoken = next(calls)
    for _ in range(80):
        messages.append(spoken)
        spoken = calls.send(ANSWER)
    for action, payload in messages:
        judge_of = schemas.request("1.6", action.decode())
        assert judge_of.is_valid(json.loads(payload)), (action, payload)


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


def test_a_small_load_on_the_floor_is_all_results():
    ground = SimpleNamespace(environment=dict(os.environ), postmaster=os.getpid())
    server = servers.floor(ground)
    try:
        found = loading.measure(server, ground, stations=5, seconds=1, warm_up_s=0)
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
    }
