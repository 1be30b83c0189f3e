"""`rate_reservation`: what keeping a stall costs, until the charge begins or the reservation expires. Pure.

OCPI 2.3.0 `mod_tariffs`, ReservationRestrictionType: only elements restricted to a reservation price it, with
FLAT for the reservation itself and TIME for how long it lasted. An expired one is priced by
RESERVATION_EXPIRES first, and by RESERVATION for what that leaves open.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from payments.rating.bill import Bill, Line
from payments.rating.engine import rate
from payments.rating.facts import Period, SessionFacts
from payments.rating.policy import Policy
from payments.rating.tariff import Tariff, TariffElement

RESERVED: Final = ("RESERVATION",)
EXPIRED: Final = ("RESERVATION_EXPIRES", "RESERVATION")
NOTHING_FLOWS: Final = Policy(flat_needs_energy=False, minimum_needs_energy=True)


def rate_reservation(
    tariff: Tariff, *, time_zone: str, reserved_at: datetime, ended_at: datetime, is_expired: bool
) -> Bill:
    """The bill of a reservation alone; the charge after it has its own. Limits are of charges, not of this.

    `ended_at`: when the charge began, or when the reservation expired.
    """
    places = _places(tariff, EXPIRED if is_expired else RESERVED)
    elements = tuple(_unrestricted(tariff.elements[place]) for place in places)
    alone = replace(tariff, elements=elements, min_price=None, max_price=None)
    kept = Period(start_at=reserved_at, end_at=ended_at, energy_wh=0)
    bill = rate(alone, SessionFacts(time_zone=time_zone, periods=(kept,)), NOTHING_FLOWS)
    return replace(bill, lines=tuple(_in_place(line, tariff, places) for line in bill.lines))


def _places(tariff: Tariff, words: tuple[str, ...]) -> list[int]:
    """Where the elements stand that may price it, those that win first."""
    named = [(element.restrictions.reservation, place) for place, element in enumerate(tariff.elements)]
    return [place for word in words for said, place in named if said == word]


def _unrestricted(element: TariffElement) -> TariffElement:
    return replace(element, restrictions=replace(element.restrictions, reservation=""))


def _in_place(line: Line, tariff: Tariff, places: list[int]) -> Line:
    """The line names the element as it stands in the tariff."""
    if line.element < 0:
        return line
    place = places[line.element]
    return replace(line, element=place, why=tariff.elements[place].restrictions)
