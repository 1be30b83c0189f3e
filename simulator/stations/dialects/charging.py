"""Charging profiles and remote starts, as both versions do them once their words are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulator.stations import keeping
from simulator.stations.cabinet import Cabinet
from simulator.stations.clock import parse_instant
from simulator.stations.evse import Evse, Permit
from simulator.stations.profiles import Limit, Period, Profile, Purpose, Unit
from simulator.stations.spec import NOMINAL_V
from simulator.stations.supply import DC_BUS_V, ceiling_w, equal_share_w, offer_to
from simulator.stations.words import RegistrationState, Token, Trigger, Verdict

if TYPE_CHECKING:
    from simulator.stations.station import Station


class Refused(ValueError):
    """The station does not take this; the text says why."""


def read_profile(
    data: dict[str, Any], schedule: dict[str, Any], *, profile_id: int, purpose: Purpose, evse: int
) -> Profile:
    """The members both versions share. Instants may have any offset."""
    return Profile(
        profile_id=profile_id,
        stack_level=data["stackLevel"],
        purpose=purpose,
        kind=data["chargingProfileKind"],
        evse=evse,
        periods=tuple(
            sorted((_period(item, schedule) for item in schedule["chargingSchedulePeriod"]), key=_start)
        ),
        transaction_id=str(data.get("transactionId") or ""),
        recurrency=data.get("recurrencyKind", ""),
        valid_from=_instant(data.get("validFrom")),
        valid_to=_instant(data.get("validTo")),
        starts_at=_instant(schedule.get("startSchedule")),
        duration_s=schedule.get("duration"),
    )


def _start(period: Period) -> int:
    return period.start_s


def _period(item: dict[str, Any], schedule: dict[str, Any]) -> Period:
    limit = Limit(float(item["limit"]), schedule["chargingRateUnit"], item.get("numberPhases"))
    return Period(item["startPeriod"], limit)


def _instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None


def rate_units(station: Station) -> tuple[Unit, ...]:
    """Direct current is limited in watts; alternating current in either."""
    return ("W",) if station.spec.is_dc else ("A", "W")


def check(station: Station, profile: Profile) -> None:
    """What any station checks before it takes a profile. Raises Refused."""
    settings, store = station.settings, station.cabinet.profiles
    if not 0 <= profile.stack_level <= settings.max_stack_level:
        raise Refused("stack level")
    if not profile.periods or len(profile.periods) > settings.max_periods or profile.periods[0].start_s != 0:
        raise Refused("periods")
    if any(period.limit.unit not in rate_units(station) for period in profile.periods):
        raise Refused("rate unit")
    others = [item for item in store.installed if item.profile_id != profile.profile_id]
    if len(others) >= settings.max_profiles and all(item.slot() != profile.slot() for item in others):
        raise Refused("too many profiles")


def install(station: Station, profile: Profile, at: datetime) -> None:
    """Take a profile and obey it at once. Raises Refused."""
    check(station, profile)
    if profile.purpose == "max" and profile.evse != 0:
        raise Refused("a ceiling is for the whole station")
    if profile.evse and profile.evse not in station.cabinet.evses:
        raise Refused("no such EVSE")
    if profile.purpose == "session":
        _check_session(station.cabinet, profile)
    station.cabinet.profiles.install(replace(profile, installed_at=at))
    station.cabinet.review(at)


def _check_session(cabinet: Cabinet, profile: Profile) -> None:
    transaction = cabinet.evses[profile.evse].transaction if profile.evse else None
    if transaction is None:
        raise Refused("no transaction")
    ours = {transaction.transaction_id, str(transaction.number)}
    if profile.transaction_id and profile.transaction_id not in ours:
        raise Refused("another transaction")


def clear(station: Station, at: datetime, **criteria: Any) -> bool:
    """Whether anything was removed. `criteria` as in ProfileStore.clear."""
    removed = station.cabinet.profiles.clear(**criteria)
    station.cabinet.review(at)
    return removed > 0


def composite(
    cabinet: Cabinet, number: int, at: datetime, duration_s: int, unit: Unit
) -> list[tuple[int, float]]:
    """(second, limit) pairs that this EVSE (0: the station) will follow from `at`."""
    steps: list[tuple[int, float]] = []
    end, moment = at + timedelta(seconds=duration_s), at
    evse = cabinet.evses.get(number)
    began_at = evse.transaction.started_at if evse and evse.transaction else at
    while moment < end:
        value = round(_ceiling(cabinet, evse, moment, unit), 1)
        if not steps or steps[-1][1] != value:
            steps.append((int((moment - at).total_seconds()), value))
        moment = cabinet.profiles.next_change(moment, began_at) or end
    return steps


def _ceiling(cabinet: Cabinet, evse: Evse | None, at: datetime, unit: Unit) -> float:
    ceiling = ceiling_w(cabinet.spec, cabinet.profiles.station_limit(at))
    if evse is None:
        own_w = float(sum(item.max_power_w for item in cabinet.spec.evses))
        watts = own_w if ceiling is None else min(own_w, ceiling)
        per_ampere = DC_BUS_V if cabinet.spec.is_dc else NOMINAL_V * 3
        return watts if unit == "W" else watts / per_ampere
    share_w = equal_share_w(ceiling, cabinet.evses.values())
    offer = offer_to(evse, profiles=cabinet.profiles, share_w=share_w, at=at)
    if unit == "W":
        return offer.max_w
    return offer.max_a if offer.current == "AC" else offer.max_w / DC_BUS_V


def remote_start(
    station: Station,
    number: int | None,
    token: Token,
    at: datetime,
    *,
    group: str = "",
    remote_start_id: int | None = None,
    profile: Profile | None = None,
) -> Evse | None:
    """The EVSE that will charge, or None when refused. A missing car is awaited for a while."""
    evse = _place(station.cabinet, number)
    if evse is None or station.registration is not RegistrationState.ACCEPTED:
        return None
    if keeping.refuses(evse, token, group):
        return None
    if profile is not None:
        profile = replace(profile, evse=evse.number, installed_at=at)
    permit = Permit(token=token, group=group, remote_start_id=remote_start_id, profile=profile)
    if evse.vehicle is None:
        station.note("awaiting", at, evse.number, token.uid)
    if station.settings.authorize_remote_starts:
        _start_when_authorized(station, evse, permit, at)
    else:
        station.cabinet.permit(evse.number, permit, Trigger.REMOTE_START, at)
    return evse


def _start_when_authorized(station: Station, evse: Evse, permit: Permit, at: datetime) -> None:
    def then(verdict: Verdict, answered_at: datetime) -> None:
        if verdict.is_accepted and not keeping.refuses(evse, permit.token, verdict.group):
            permit.group = verdict.group or permit.group
            station.cabinet.permit(evse.number, permit, Trigger.REMOTE_START, answered_at)

    station.authorize(permit.token, evse, at, then)


def _place(cabinet: Cabinet, number: int | None) -> Evse | None:
    """The named EVSE; without a name one where a car waits, else a free one."""
    if number:
        return cabinet.evses.get(number)
    usable = [item for item in cabinet.evses.values() if not item.is_blocked and item.permit is None]
    waiting = [item for item in usable if item.vehicle is not None]
    free = [item for item in usable if item.vehicle is None and item.reservation is None]
    return next(iter([*waiting, *free]), None)
