"""Faults on request: a seeded misfortune for every call and every webhook, and single planned ones."""

from __future__ import annotations

import fnmatch
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from simulator.stripe.errors import InvalidRequest

CALL_FAULTS: Final = (
    "drop_before",  # the connection dies before anything happened
    "error_before",  # 500, nothing happened, the 500 is the key's stored answer
    "error_after",  # 500 although it happened, the 500 is the key's stored answer
    "drop_after",  # it happened, the answer is stored, the connection dies
    "rate_limit",  # 429, nothing happened, nothing stored
)
WEBHOOK_FAULTS: Final = ("webhook_drop", "webhook_duplicate", "webhook_shuffle")
RATES: Final = (*CALL_FAULTS, *WEBHOOK_FAULTS, "delay")
SETTINGS: Final = ("seed", "only", "delay_s", "next", *RATES)


@dataclass
class Planned:
    """A fault for the next `times` calls whose `METHOD path` matches the pattern."""

    match: str
    fault: str
    times: int = 1
    delay_s: float = 0.0


@dataclass
class Faults:
    """What to break, and what has been broken so far (`counts`)."""

    rates: dict[str, float] = field(default_factory=dict)
    only: str = "*"
    delay_s: tuple[float, float] = (0.05, 0.3)
    planned: list[Planned] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    random: Random = field(default_factory=lambda: Random(0))
    webhook_random: Random = field(default_factory=lambda: Random(1))

    def for_call(self, method: str, path: str) -> tuple[str | None, float]:
        """The fault for this call, if any, and seconds to wait first."""
        name = f"{method} {path}"
        if (plan := self._plan(name)) is not None:
            self._count(plan.fault)
            return (None if plan.fault == "delay" else plan.fault), plan.delay_s
        if not fnmatch.fnmatchcase(name, self.only):
            return None, 0.0
        return self._count(self._draw(self.random, CALL_FAULTS)), self._wait()

    def for_webhook(self) -> str | None:
        return self._count(self._draw(self.webhook_random, WEBHOOK_FAULTS))

    def _plan(self, name: str) -> Planned | None:
        for plan in self.planned:
            if fnmatch.fnmatchcase(name, plan.match):
                plan.times -= 1
                self.planned = [left for left in self.planned if left.times > 0]
                return plan
        return None

    def _draw(self, source: Random, names: tuple[str, ...]) -> str | None:
        drawn, below = source.random(), 0.0
        for name in names:
            below += self.rates.get(name, 0.0)
            if drawn < below:
                return name
        return None

    def _wait(self) -> float:
        if self.random.random() >= self.rates.get("delay", 0.0):
            return 0.0
        self.counts["delay"] += 1
        return self.random.uniform(*self.delay_s)

    def _count(self, fault: str | None) -> str | None:
        if fault:
            self.counts[fault] += 1
        return fault

    def as_document(self) -> dict[str, Any]:
        planned = [vars(plan) for plan in self.planned]
        return {"rates": self.rates, "only": self.only, "next": planned, "counts": dict(self.counts)}


def from_document(given: dict[str, Any]) -> Faults:
    """`{"seed": 7, "drop_after": 0.05, "only": "POST *", "next": [{"match": …, "fault": …}]}`.

    Raises InvalidRequest for names or numbers that mean nothing here.
    """
    for name in given:
        if name not in SETTINGS:
            raise InvalidRequest(f"Unknown fault setting: {name}", param=name)
    rates = {name: float(given[name]) for name in RATES if name in given}
    if any(not 0 <= rate <= 1 for rate in rates.values()):
        raise InvalidRequest("Rates lie between 0 and 1.")
    low, high = given.get("delay_s", (0.05, 0.3))
    return Faults(
        rates=rates,
        only=given.get("only", "*"),
        delay_s=(float(low), float(high)),
        planned=[_planned(plan) for plan in given.get("next", [])],
        random=Random(f"calls {given.get('seed', 0)}"),
        webhook_random=Random(f"webhooks {given.get('seed', 0)}"),
    )


def _planned(given: dict[str, Any]) -> Planned:
    if given.get("fault") not in (*CALL_FAULTS, "delay") or "match" not in given:
        raise InvalidRequest("A planned fault has a `match` and a known `fault`.", param="next")
    return Planned(given["match"], given["fault"], int(given.get("times", 1)), float(given.get("delay_s", 0)))
