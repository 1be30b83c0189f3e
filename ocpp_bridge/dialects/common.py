"""What is the same in every version, both ways: answers, meter values, limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from core import clock
from ocpp_bridge.dialects import words
from ocpp_bridge.dialects.base import NO_FACTS, Facts, Hearing, Request
from ocpp_bridge.dialects.values import instant, stamp, whole_seconds
from ocpp_bridge.frames import Payload
from stations import command_kinds as kinds
from stations.facts import Decision, ReadingTaken
from stations.metering import RawSample, Words, plain, readings

# --- inward ------------------------------------------------------------------------------------


def nothing(message: object, at: datetime) -> Facts:
    return NO_FACTS


def thanks(message: object, answers: Sequence[Any], hearing: Hearing) -> Payload:
    return {}


def tell_time(message: object, answers: Sequence[Any], hearing: Hearing) -> Payload:
    return {"currentTime": stamp(hearing.at)}


def answer_boot(message: object, answers: Sequence[str], hearing: Hearing) -> Payload:
    return {
        "status": words.REGISTRATION[answers[0]],
        "currentTime": stamp(hearing.at),
        "interval": hearing.interval_s,
    }


def answer_vendor(message: object, answers: Sequence[Any], hearing: Hearing) -> Payload:
    """DataTransfer: what the vendor's own handler said, if there is one."""
    return hearing.brought or {"status": "UnknownVendorId"}


def answer_yes_or_no(message: object, answers: Sequence[Any], hearing: Hearing) -> Payload:
    """The errand brought True when it could do what was asked."""
    return {"status": "Accepted" if hearing.brought else "Rejected"}


def token_answer(decision: Decision, *, expiry: str) -> Payload:
    """The status of a token, and until when it holds, under this version's name for it."""
    info: Payload = {"status": words.DECISION[decision.status]}
    if decision.valid_until is not None:
        info[expiry] = stamp(decision.valid_until)
    return info


class Sampling(NamedTuple):
    """How a version writes a sample: its words alone, and whole."""

    words: Callable[[Any], Words]
    whole: Callable[[Any], RawSample]


def read_meter(
    values: Iterable[Mapping[str, Any]], sampling: Sampling, at: datetime, **named: Any
) -> tuple[ReadingTaken, ...]:
    """The readings of a list of MeterValue; `named` tells whose they are."""
    words, taken = sampling.words, list[ReadingTaken]()
    for value in values:
        samples = value["sampledValue"]
        taken_at = instant(value["timestamp"]) or at
        simple = plain([(sample["value"], words(sample)) for sample in samples])
        if simple is not None:
            taken.append(ReadingTaken(taken_at=taken_at, context=simple[0], **named, **simple[1]))
        else:
            taken += readings(map(sampling.whole, samples), taken_at=taken_at, **named)
    return tuple(taken)


# --- outward -----------------------------------------------------------------------------------


def given(**members: Any) -> Payload:
    """The members that have a value: an optional one is left out, never null (2.0.1 part 4, 4.1.5)."""
    return {name: value for name, value in members.items() if value is not None}


def verbatim(command: kinds.Verbatim) -> Request:
    return Request(command.action, command.payload)


def cancel_reservation(command: kinds.CancelReservation) -> Request:
    return Request("CancelReservation", {"reservationId": command.reservation_number})


def constant_limit(limit_a: int | None, limit_w: int | None, phases: int | None = None) -> Payload:
    """A schedule of one period; amperes are per phase."""
    period: Payload = {"startPeriod": 0, "limit": limit_w if limit_a is None else limit_a}
    if phases is not None:
        period["numberPhases"] = phases
    return {"chargingRateUnit": "W" if limit_a is None else "A", "chargingSchedulePeriod": [period]}


def limit_schedule(command: kinds.SetPowerLimit) -> Payload:
    """The schedule of one limit. One that ends, or is for the station, has to start at an instant."""
    limits = constant_limit(command.limit_a, command.limit_w, command.phases)
    if is_dated(command):
        limits["startSchedule"] = stamp(clock.now())
    if command.duration_s is not None:
        limits["duration"] = command.duration_s
    return limits


def limit_profile(command: kinds.SetPowerLimit, purposes: Mapping[str, str]) -> Payload:
    """The profile around it, without its id and its schedule, which each version writes its way."""
    return {
        "stackLevel": command.stack_level,
        "chargingProfilePurpose": purposes[command.purpose],
        "chargingProfileKind": "Absolute" if is_dated(command) else "Relative",
    }


def is_dated(command: kinds.SetPowerLimit) -> bool:
    return command.duration_s is not None or command.purpose == "station"


def profile(command: kinds.SetProfile, purposes: Mapping[str, str]) -> Payload:
    """A whole profile, without its id and its schedule, which each version writes its way."""
    return {
        "stackLevel": command.stack_level,
        "chargingProfilePurpose": purposes[command.purpose],
        "chargingProfileKind": words.PROFILE_KIND[command.kind],
        **given(
            recurrencyKind=words.RECURRENCY[command.recurrency] if command.recurrency else None,
            validFrom=whole_seconds(command.valid_from) or None,
            validTo=whole_seconds(command.valid_until) or None,
        ),
    }


def schedule(command: kinds.SetProfile) -> Payload:
    periods = [
        given(startPeriod=step["start_s"], limit=step["limit"], numberPhases=step.get("phases"))
        for step in command.periods
    ]
    return {
        "chargingRateUnit": command.unit,
        "chargingSchedulePeriod": periods,
        **given(
            startSchedule=whole_seconds(command.start_at) or None,
            duration=command.duration_s,
            minChargingRate=command.min_rate,
        ),
    }


def limit_place(command: kinds.SetPowerLimit | kinds.SetProfile) -> int:
    return 0 if command.purpose == "station" else command.evse_number


START_PROFILE: Final = {
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
}
"""A limit that travels with a remote start."""


def has_limit(command: kinds.StartSession) -> bool:
    return command.limit_a is not None or command.limit_w is not None
