"""What is wrong with a story that a station tells, and how bad it is. Pure; the clock is an argument.

A station is a witness, not a suspect: nothing is refused. A *soft* problem leaves the figures usable
and asks somebody to look before they are billed. A *hard* one says that a figure is missing or
contradicts itself, so that releasing it means billing what somebody has to decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from stations import ocmf
from stations.facts import SessionBegan, SessionFinished
from stations.metering import judge_step

CLOCK_TOLERANCE: Final = timedelta(minutes=1)
OLDEST_BELIEVED: Final = timedelta(days=30)
SIGNED_TOLERANCE_WH: Final = 10
"""OCPP tells whole watt-hours, a signed register often ten of them."""

HARD: Final = frozenset(
    {
        "no_meter_start",
        "no_meter_end",
        "begin_zero",
        "energy_implausible",
        "register_backwards",
        "register_restarted",
        "unit_suspect",
        "no_start",
        "signature_invalid",
        "signed_energy_differs",
        "meter_error",
    }
)
SOFT: Final = frozenset(
    {
        "register_jump",
        "reading_above_end",
        "seq_gap",
        "clock_ahead",
        "clock_behind",
        "ended_before_start",
        "interrupted",
        "start_after_abandon",
        "stop_without_number",
        "token_blocked",
        "token_expired",
        "token_invalid",
        "token_concurrent",
        "unsigned",
        "signature_unchecked",
        "signed_end_missing",
        "clock_unsynchronized",
    }
)
PROBLEMS: Final = HARD | SOFT
"""Every word that `review_reasons` may hold; `stations.words.PROBLEMS` says them to people."""


def is_hard(problems: Iterable[str]) -> bool:
    """Is a figure missing or in contradiction? What nobody knows counts as soft."""
    return any(problem in HARD for problem in problems)


# --- the beginning and the end ---------------------------------------------------------------------


def judge_start(
    fact: SessionBegan, *, now: datetime, decision: str, was_abandoned: bool, is_late: bool
) -> list[str]:
    """Doubts about a start. `is_late`: a newer session runs at its EVSE already."""
    doubts = {
        f"token_{decision}": decision != "accepted",
        "clock_ahead": fact.started_at > now + CLOCK_TOLERANCE,
        "clock_behind": fact.started_at < now - OLDEST_BELIEVED,
        "start_after_abandon": was_abandoned,
        "interrupted": is_late,
    }
    return [flag for flag, is_doubtful in doubts.items() if is_doubtful]


def judge_finish(
    fact: SessionFinished, *, now: datetime, started_at: datetime, counted_to_wh: int | None
) -> list[str]:
    """Doubts about a stop; `counted_to_wh` is where the register stood by the last reading."""
    flags = []
    if fact.ended_at > now + CLOCK_TOLERANCE:
        flags.append("clock_ahead")
    if fact.ended_at < started_at - CLOCK_TOLERANCE:
        flags.append("ended_before_start")
    end_wh = fact.meter_end_wh
    if counted_to_wh is not None and end_wh is not None and end_wh < counted_to_wh:
        flags += judge_step(counted_to_wh, end_wh, timedelta(0), None)
    return flags


# --- a register that restarts ------------------------------------------------------------------------


_A_YEAR: Final = timedelta(days=365)
"""Here only falls are of interest, and a fall needs no time."""


def counted_wh(registers: Sequence[int]) -> int:
    """The energy that these register values, in order of time, tell of.

    A meter that was exchanged or lost its memory begins again: what it shows then has been counted
    since. Rounding backwards by a little is none.
    """
    return sum(_step(before, after) for before, after in pairwise(registers))


def falls(registers: Sequence[int]) -> frozenset[str]:
    """Problems of register values, in order of time, that fall where they should rise."""
    steps = [(before, after) for before, after in pairwise(registers) if after < before]
    return frozenset(flag for before, after in steps for flag in judge_step(before, after, _A_YEAR, None))


def _step(before_wh: int, after_wh: int) -> int:
    restarted = "register_restarted" in judge_step(before_wh, after_wh, _A_YEAR, None)
    return after_wh if restarted else max(0, after_wh - before_wh)


# --- signed values -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A signed record: what it says, and whether its signature fits (None: nobody can tell)."""

    readings: tuple[ocmf.Reading, ...]
    is_valid: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a session's signed values prove. `verdict`: proven, refuted, unproven, unsigned."""

    verdict: str
    energy_wh: int | None = None
    is_clock_synchronized: bool | None = None
    problems: tuple[str, ...] = ()


def judge_signed(values: Sequence[Checked], *, billed_wh: int) -> Finding:
    """Weigh a session's records against the energy that would be billed."""
    if not values:
        return Finding(verdict="unsigned", problems=("unsigned",))
    if any(value.is_valid is False for value in values):
        return Finding(verdict="refuted", problems=("signature_invalid",))
    ends = _ends(values)
    if ends is None:
        return Finding(verdict=_verdict(values), problems=("signed_end_missing", *_unchecked(values)))
    return _weigh(values, *ends, billed_wh)


def _weigh(values: Sequence[Checked], begin: ocmf.Reading, end: ocmf.Reading, billed_wh: int) -> Finding:
    energy_wh = round((end.energy_wh or Decimal(0)) - (begin.energy_wh or Decimal(0)))
    doubts = {
        "meter_error": any(not one.is_good or "E" in one.error_flags for one in (begin, end)),
        "signed_energy_differs": abs(energy_wh - billed_wh) > SIGNED_TOLERANCE_WH,
    }
    return Finding(
        verdict=_verdict(values),
        energy_wh=energy_wh,
        is_clock_synchronized=all(_is_synchronized(one) for one in (begin, end)),
        problems=(*_unchecked(values), *(flag for flag, is_doubtful in doubts.items() if is_doubtful)),
    )


def _is_synchronized(reading: ocmf.Reading) -> bool:
    return reading.time_status == ocmf.SYNCHRONIZED and "t" not in reading.error_flags


def _verdict(values: Sequence[Checked]) -> str:
    return "proven" if all(value.is_valid for value in values) else "unproven"


def _unchecked(values: Sequence[Checked]) -> tuple[str, ...]:
    return () if _verdict(values) == "proven" else ("signature_unchecked",)


def _ends(values: Sequence[Checked]) -> tuple[ocmf.Reading, ocmf.Reading] | None:
    """The signed registers at the begin and at the end: as marked, else the first and the last."""
    registers = [one for value in values for one in value.readings if one.energy_wh is not None]
    ordered = sorted(registers, key=lambda one: (one.taken_at is not None, one.taken_at or 0))
    begins = [one for one in ordered if one.reason in ocmf.BEGINNINGS]
    ends = [one for one in ordered if one.reason in ocmf.ENDINGS]
    if not ordered:
        return None
    begin, end = (begins or ordered)[0], (ends or ordered)[-1]
    return None if begin is end else (begin, end)
