"""Which tariff holds where, and what a charge costs: preview, live and final by one function."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from core import clock
from payments.models import KeptStall, Tariff
from payments.rating import ocpi
from payments.rating.bill import Bill, joined
from payments.rating.engine import rate
from payments.rating.facts import Period, SessionFacts, Use
from payments.rating.reserving import rate_reservation
from payments.rating.tariff import Dimension, PriceComponent
from payments.rating.tariff import Tariff as RatedTariff
from payments.selectors import session_facts
from payments.selectors.occasions import kept_of
from payments.selectors.prices import PUBLIC, Asked, Payer, assignments_for
from stations.models import ChargingSession, Evse


def tariff_for(evse: Evse, at: datetime | None = None, payer: Payer = PUBLIC) -> Tariff | None:
    """The tariff in force for a charge at an instant (see `selectors.prices`). None: free of charge."""
    return tariffs_for([evse.pk], at or clock.now(), payer).get(evse.pk)


def tariffs_for(evse_ids: Collection[int], at: datetime, payer: Payer = PUBLIC) -> dict[int, Tariff]:
    """The tariffs in force for many EVSEs, by EVSE id, in two queries (three for somebody in particular)."""
    found = assignments_for([(pk, payer) for pk in evse_ids], at)
    return {pk: one.tariff for (pk, _payer), one in found.items() if one.tariff is not None}


def free_among(asked: Collection[Asked], at: datetime) -> set[Asked]:
    """The charges that cost nothing. An unknown place costs something."""
    found = assignments_for(asked, at)
    return {one for one in asked if one not in found or is_free(found[one].tariff)}


def driver_as_payer(driver: User | None) -> Payer:
    return Payer(user_id=driver.pk) if driver is not None else PUBLIC


def payer_of(session: ChargingSession) -> Payer:
    return Payer(session.driver_id, session.id_token_id)


def as_ocpi(tariff: Tariff) -> dict[str, Any]:
    """The row as OCPI JSON (amounts as strings), our extension included."""
    return ocpi.to_ocpi(as_rated(tariff))


def as_rated(tariff: Tariff) -> RatedTariff:
    """The row as the rating engine reads it. Raises InvalidTariff."""
    organization = tariff.organization
    return ocpi.from_ocpi(
        {
            "id": str(tariff.public_id),
            "country_code": organization.country_code,
            "party_id": organization.party_id,
            "currency": tariff.currency,
            "tax_included": tariff.tax_included,
            "elements": tariff.elements,
            "min_price": tariff.min_price,
            "max_price": tariff.max_price,
            "x_idle_grace_s": tariff.idle_grace_minutes * 60,
            "last_updated": tariff.created_at.isoformat(),
        }
    )


def free_of_charge(*, currency: str, country_code: str = "", party_id: str = "") -> RatedTariff:
    """What holds where no tariff is assigned (OCPI's own way of saying "free")."""
    free = {"type": "FLAT", "price": "0", "step_size": 1}
    return ocpi.from_ocpi(
        {
            "id": "free",
            "country_code": country_code,
            "party_id": party_id,
            "currency": currency,
            "tax_included": "N/A",
            "elements": [{"price_components": [free]}],
        }
    )


def is_free(tariff: Tariff | None) -> bool:
    """No component of charging costs anything, and there is no minimum. Of reservations: `reserving`."""
    if tariff is None:
        return True
    rated = as_rated(tariff)
    return rated.min_price is None and not any(component.price for component in _of_charging(rated))


def prices_time(tariff: Tariff) -> bool:
    """Does any component charge for a duration?"""
    times = (Dimension.TIME, Dimension.PARKING_TIME)
    return any(part.price and part.type in times for part in _of_charging(as_rated(tariff)))


def _of_charging(tariff: RatedTariff) -> Iterator[PriceComponent]:
    """What a reservation costs is not measured by a meter, nor paid by who only charges."""
    for element in tariff.elements:
        if not element.restrictions.reservation:
            yield from element.price_components


def preview(
    *,
    tariff: Tariff,
    time_zone: str,
    energy_wh: int,
    charging: timedelta,
    idle: timedelta = timedelta(0),
    at: datetime | None = None,
    is_frozen: bool = False,
) -> Bill:
    """What a charge like this would cost, beginning at `at` (default: now), there at its prices throughout
    where they are frozen."""
    start = at or clock.now()
    full = start + charging
    periods = [Period(start_at=start, end_at=full, energy_wh=energy_wh)]
    if idle:
        periods.append(Period(start_at=full, end_at=full + idle, energy_wh=0, use=Use.IDLE))
    facts = SessionFacts(time_zone=time_zone, periods=tuple(periods), frozen_at=start if is_frozen else None)
    return rate(as_rated(tariff), facts)


def session_tariff(session: ChargingSession) -> Tariff | None:
    """The tariff of a session: the one in force for its driver when it started; it stays for all of it."""
    if session.evse is None:
        return None
    return tariff_for(session.evse, session.started_at or session.created_at, payer_of(session))


def session_bill(
    session: ChargingSession, *, tariff: Tariff | None = None, at: datetime | None = None
) -> Bill:
    """What the session costs, up to now while it runs. The one rating of live, receipt and record.

    With what its reservation costs, unless that was waived.
    """
    charge, kept = charge_bill(session, tariff=tariff, at=at), kept_of(session)
    return charge if kept is None or kept.waived_at else joined(charge, kept_bill(kept))


def kept_bill(kept: KeptStall) -> Bill:
    """What keeping the stall costs, by the version of the tariff that was agreed (OCPI, `reserving`).

    Time counts from the booked start until the charge began, or the stall was free for others again.
    """
    ended_at = kept.ended_at or kept.kept_until
    return rate_reservation(
        as_rated(kept.tariff),
        time_zone=kept.station.location.time_zone,
        reserved_at=kept.starts_at,
        ended_at=max(kept.starts_at, ended_at),
        is_expired=kept.is_charged,
    )


def charge_bill(
    session: ChargingSession, *, tariff: Tariff | None = None, at: datetime | None = None
) -> Bill:
    """What charging costs, without a reservation."""
    tariff = tariff or session_tariff(session)
    organization = session.organization
    rated = as_rated(tariff) if tariff else free_of_charge(currency=organization.currency)
    return rate(rated, session_facts(session, until=at or clock.now()))


def live_cost(session: ChargingSession, at: datetime | None = None) -> Bill:
    """What a running session has cost so far."""
    return session_bill(session, at=at)


def energy_price(tariff: Tariff) -> Decimal | None:
    """The first energy price, for lists; None when energy is free or priced by time alone."""
    for element in as_rated(tariff).elements:
        for component in element.price_components:
            if component.type == "ENERGY" and component.price:
                return component.price
    return None
