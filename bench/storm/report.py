"""The table for people and the figures for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from bench.ocpp.report import line
from bench.ocpp.verdict import Bar
from bench.storm import verdict
from bench.storm.crowd import Scene
from bench.storm.verdict import Round

HEAD: Final = (
    f"{'':<7} {'server':<7} {'accepted':>9} {'ms CPU':>7} {'PostgreSQL ms':>14}"
    f" {'all in s':>9} {'p50 ms':>8} {'p99 ms':>8}"
)


def row(server: str, scene: Scene) -> str:
    """One line: CPU per station of the server and PostgreSQL, and how long until accepted."""
    postgres_ms = 1000 * scene.postgres_cpu_s / (scene.accepted or 1)
    return (
        f"{scene.name:<7} {server:<7} {scene.accepted:>9,} {verdict.cpu_ms(scene):>7.2f} {postgres_ms:>14.2f}"
        f" {scene.wall_s:>9.2f} {scene.p50_ms:>8,.0f} {scene.p99_ms:>8,.0f}"
    )


def table(rounds: Sequence[Round], bars: Sequence[Bar]) -> str:
    medians = [f"{name}: {verdict.times_floor(rounds, name):.1f} × the floor" for name in verdict.SCENES]
    return "\n".join(["", f"CPU per station, medians: {', '.join(medians)}", "", *map(line, bars)])


def document(rounds: Sequence[Round], bars: Sequence[Bar]) -> dict[str, Any]:
    """Everything, for `--json`."""
    return {
        "bench": "storm",
        "rounds": [asdict(one) for one in rounds],
        "medians": {name: {"times_floor": verdict.times_floor(rounds, name)} for name in verdict.SCENES},
        "bars": [asdict(bar) | {"holds": bar.holds} for bar in bars],
        "holds": all(bar.holds for bar in bars),
    }
