"""The table for people and the figures for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bench.ocpp import verdict
from bench.ocpp.verdict import Bar, Killed, Round, Window

HEAD = f"{'':>5} {'':>6} {'server':<8} {'messages':>10} {'per CPU-s':>10} {'µs CPU':>8} {'PostgreSQL µs':>14}"


def row(version: str, stations: int, name: str, window: Window) -> str:
    """One line: messages, messages per CPU-second, and CPU per message of the server and PostgreSQL."""
    count = window.messages or 1
    server_us, postgres_us = (1e6 * s / count for s in (window.server_cpu_s, window.postgres_cpu_s))
    figures = f"{window.messages:>10,} {window.per_cpu_s:>10,.0f} {server_us:>8.1f} {postgres_us:>14.1f}"
    return f"{version:>5} {stations:>6,} {name:<8} {figures}"


def table(rounds: Sequence[Round], bars: Sequence[Bar]) -> str:
    lines = ["", "Medians of the rounds' own ratios"]
    for found in verdict.medians(rounds):
        lines.append(
            f"{found.version:>5} {found.stations:>6,} stations: {found.of_floor:.1%} of the floor,"
            f" {found.times_control:.1f} × the control,"
            f" with PostgreSQL {found.together_of_floor:.1%} of the floor"
        )
    return "\n".join([*lines, "", *map(line, bars)])


def line(bar: Bar) -> str:
    """`holds` or `FAILS`, what was measured, and the bar."""
    wanted = f"at least {bar.at_least:g}" if bar.at_least is not None else f"at most {bar.at_most:g}"
    return f"{'holds' if bar.holds else 'FAILS'}  {bar.name}: {bar.measured:,.4g} ({wanted})"


def document(rounds: Sequence[Round], killed: Sequence[Killed], bars: Sequence[Bar]) -> dict[str, Any]:
    """Everything, for `--json`."""
    return {
        "bench": "ocpp",
        "rounds": [_round(r) for r in rounds],
        "medians": [asdict(found) for found in verdict.medians(rounds)],
        "kill": [asdict(one) for one in killed],
        "bars": [asdict(bar) | {"holds": bar.holds} for bar in bars],
        "holds": all(bar.holds for bar in bars),
    }


def _round(one: Round) -> dict[str, Any]:
    names = ("floor", "control", "bridge")
    windows: dict[str, Window] = {name: getattr(one, name) for name in names}
    return {"version": one.version, "stations": one.stations} | {
        name: _window(window) for name, window in windows.items()
    }


def _window(window: Window) -> dict[str, Any]:
    return asdict(window) | {
        "per_cpu_s": round(window.per_cpu_s, 1),
        "together_per_cpu_s": round(window.together_per_cpu_s, 1),
    }
