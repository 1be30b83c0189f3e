"""The bench of the storm: its bars, its exit status, and a small crowd before the floor."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import orjson
import pytest

from bench import __main__ as bench
from bench.ocpp import servers
from bench.ocpp.servers import CannotRun
from bench.storm import command
from bench.storm.crowd import Scene
from bench.storm.scenes import play
from bench.storm.verdict import Books, Round, Run, judge
from bench.storm.visitor import ORDER, Visitor

STATIONS = 2_000


def scene(name: str, cpu_ms: float, accepted: int = STATIONS) -> Scene:
    cpu_s = accepted * cpu_ms / 1000
    return Scene(name, STATIONS, accepted, 0, 2.0, 900.0, 1_900.0, cpu_s, 0.4, {})


def run(cpu_ms: float, books: Books | None = None, **changed) -> Run:
    scenes = {name: scene(name, cpu_ms) for name in ("cold", "return")} | changed
    return Run(scenes, STATIONS, books)


def planted(bridge: Run | None = None) -> Round:
    return Round(run(0.4), bridge or run(0.9, Books(STATIONS, STATIONS)))


def failing(one: Round) -> list[str]:
    return [bar.name for bar in judge([one]) if not bar.holds]


def test_good_figures_hold_every_bar():
    assert failing(planted()) == []


def test_one_station_that_stays_outside_fails():
    books = Books(STATIONS, STATIONS)
    for name in ("cold", "return"):
        lonely = run(0.9, books, **{name: scene(name, 0.9, accepted=STATIONS - 1)})
        assert failing(planted(lonely)) == [f"{name}: stations not accepted"]


def test_more_than_twice_the_prototype_fails():
    assert failing(planted(run(1.4, Books(STATIONS, STATIONS)))) == [
        "cold: times the floor's CPU",
        "return: times the floor's CPU",
    ]


@pytest.mark.parametrize(
    ("books", "what"),
    [(Books(STATIONS - 1, STATIONS), "connected"), (Books(STATIONS, STATIONS - 1), "charging")],
)
def test_the_books_must_know_every_station(books, what):
    assert failing(planted(run(0.9, books))) == [f"return: stations not {what} by the books"]


def test_a_charge_that_did_not_go_on_fails():
    silent = replace(run(0.9, Books(STATIONS, STATIONS)), charging=STATIONS - 1)
    assert failing(planted(silent)) == ["return: charges that did not go on"]


def test_the_command_prints_writes_and_exits_by_its_bars(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "_run", lambda options: [planted(run(1.4, Books(STATIONS, STATIONS)))])
    assert bench.main(["storm", "--json", str(tmp_path / "figures.json")]) == 1
    assert "FAILS  cold: times the floor's CPU" in capsys.readouterr().out
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["holds"] is False
    assert figures["medians"]["cold"]["times_floor"] == pytest.approx(3.5)


def test_what_cannot_be_measured_is_neither_yes_nor_no(monkeypatch, capsys):
    def fail(options):
        raise CannotRun("the crowd fell")

    monkeypatch.setattr(command, "_run", fail)
    assert bench.main(["storm"]) == 2
    assert "the crowd fell" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--stations", "0"], ["--stations", "99999"], ["--rounds", "99"]])
def test_the_bench_is_bounded(wrong):
    with pytest.raises(SystemExit):
        bench.main(["storm", *wrong])


def test_a_small_crowd_comes_charges_and_comes_back():
    ground = SimpleNamespace(environment=dict(os.environ), postmaster=os.getpid())
    seen: list[Scene] = []
    found = play(ground, servers.floor, stations=6, seen=seen.append, kept=False)
    assert [(one.name, one.accepted, one.complaints) for one in seen] == [("cold", 6, {}), ("return", 6, {})]
    assert found.charging == 6
    assert all(0 < one.p50_ms <= one.p99_ms <= 1000 * one.wall_s for one in seen)


class Line:
    """A socket that keeps what is said."""

    def __init__(self) -> None:
        self.said: list[list] = []

    def send(self, text: bytes) -> None:
        self.said.append(orjson.loads(text))


def hear(visitor: Visitor, line: Line) -> None:
    """Answer what was said last, as a server that agrees to everything."""
    good = {"status": "Accepted"}
    answer = {**good, "idTagInfo": good, "idTokenInfo": good, "transactionId": 7}
    visitor._heard(orjson.dumps([3, line.said[-1][1], answer]))


async def test_what_a_lost_server_did_not_answer_is_said_again_under_its_old_id():
    visitor, line = Visitor(0, 9, Counter()), Line()
    visitor._socket = line
    visitor.is_served = True
    visitor.charge()
    hear(visitor, line)
    unanswered = line.said[-1]
    visitor._lost(visitor._turn, "killed")
    assert visitor.is_outside
    assert visitor.complaints == {}
    visitor._socket = again = Line()
    visitor._opened(again)
    for _ in range(4):
        hear(visitor, again)
    visitor.charge()
    assert [said[2] for said in again.said[:4]] == ["BootNotification", *["StatusNotification"] * 3]
    assert again.said[-1] == unanswered


def test_the_crowd_is_of_all_versions():
    assert [Visitor(number, 9, Counter()).version.subprotocol for number in range(3)] == [
        f"ocpp{version}" for version in ORDER
    ]
    assert len(set(ORDER)) == 3
