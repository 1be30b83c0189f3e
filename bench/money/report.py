"""The table for people and the figures for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.money.verdict import Injected
from bench.ocpp.report import line
from bench.ocpp.verdict import Bar


@dataclass(frozen=True)
class Outcome:
    """One run: how long it took, what was done to it, and what was found."""

    sessions: int
    charging_s: float
    sweep_s: float
    injected: Injected
    bars: Sequence[Bar]


def table(outcome: Outcome) -> str:
    injected = outcome.injected
    parts = [
        *_counts(f"faults in {injected.writes:,} writes of the provider", injected.faults),
        *_counts("kill -9", injected.died | {"from outside, at any moment": injected.killed_from_outside}),
        *_counts("webhooks", injected.webhooks),
        f"{outcome.sessions:,} charges in {outcome.charging_s:,.0f} s"
        f" ({outcome.sessions / outcome.charging_s:,.1f} a second), the sweep {outcome.sweep_s:,.0f} s",
        "",
        *map(line, outcome.bars),
    ]
    return "\n".join(parts)


def _counts(title: str, counts: Mapping[str, int]) -> list[str]:
    rows = [f"{count:>8,}  {name}" for name, count in sorted(counts.items())]
    return [f"{title}: {sum(counts.values()):,}", *rows, ""]


def document(outcome: Outcome) -> dict[str, Any]:
    """Everything, for `--json`."""
    bars = [asdict(bar) | {"holds": bar.holds} for bar in outcome.bars]
    return {
        "bench": "money",
        "sessions": outcome.sessions,
        "charging_s": round(outcome.charging_s, 1),
        "sweep_s": round(outcome.sweep_s, 1),
        "injected": asdict(outcome.injected),
        "bars": bars,
        "holds": all(bar.holds for bar in outcome.bars),
    }
