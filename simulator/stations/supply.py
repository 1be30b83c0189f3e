"""How a station divides what it has: the profiles in force, and one feed for several EVSEs. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from simulator.stations.evse import Evse
from simulator.stations.profiles import Limit, ProfileStore
from simulator.stations.spec import NOMINAL_V, StationSpec
from simulator.stations.vehicles import Offer

DC_BUS_V = 400.0
"""What a DC station assumes when a limit comes in amperes."""


def offer_to(evse: Evse, *, profiles: ProfileStore, share_w: float | None, at: datetime) -> Offer:
    """What this EVSE may give its car at `at`. `share_w`: its part of the station's ceiling."""
    spec = evse.spec
    offer = Offer(spec.current, float(spec.max_power_w), spec.max_a, spec.phases)
    transaction = evse.transaction
    began_at = transaction.started_at if transaction else at
    limit = profiles.session_limit(evse.number, at, began_at, in_session=transaction is not None)
    if limit is not None:
        offer = under(offer, limit)
    return offer if share_w is None else under(offer, Limit(share_w, "W"))


def under(offer: Offer, limit: Limit) -> Offer:
    """The offer, lowered to a limit."""
    phases = min(offer.phases, limit.phases) if limit.phases and offer.current == "AC" else offer.phases
    if offer.current == "DC":
        watts = limit.value if limit.unit == "W" else limit.value * DC_BUS_V
        return Offer("DC", min(offer.max_w, watts), offer.max_a, phases)
    amperes = limit.value if limit.unit == "A" else limit.value / (NOMINAL_V * phases)
    amperes = min(offer.max_a, amperes)
    return Offer("AC", amperes * NOMINAL_V * phases, amperes, phases)


def ceiling_w(spec: StationSpec, limit: Limit | None) -> float | None:
    """The whole station's ceiling in watts: its feed and the operator's profile, the lower one."""
    ceilings = [] if spec.max_power_w is None else [float(spec.max_power_w)]
    if limit is not None:
        ceilings.append(limit.value if limit.unit == "W" else limit.value * _watts_per_ampere(spec, limit))
    return min(ceilings, default=None)


def _watts_per_ampere(spec: StationSpec, limit: Limit) -> float:
    if spec.is_dc:
        return DC_BUS_V
    return NOMINAL_V * (limit.phases or max(evse.phases for evse in spec.evses))


def equal_share_w(ceiling: float | None, evses: Iterable[Evse]) -> float | None:
    """Those who want power divide the ceiling equally."""
    if ceiling is None:
        return None
    return ceiling / max(1, sum(evse.wants_power for evse in evses))
