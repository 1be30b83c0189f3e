"""From what is known about a car to what it may ask of the tree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from scheduling.allocation.filling import Claim
from scheduling.allocation.power_types import Evse, Session, Site, UnknownEvse
from scheduling.allocation.room import MA_PER_A, Room, scale_of

HEADROOM_MA: Final = 2 * MA_PER_A  # kept above what a car draws, so that it can show that it wants more
CLOSE_MA: Final = 1 * MA_PER_A  # drawing this near the limit means: the limit holds the car back
PLENTY_S: Final = 3650 * 86400.0


def claims_of(site: Site, sessions: Sequence[Session], room: Room) -> list[Claim]:
    """One claim per session, in the order given; unreachable chargers take their room at once."""
    _refuse_doubles(sessions)
    evses = {evse.id: evse for evse in site.evses}
    return [_limited(_evse_claim(evses, session, site, room), room) for session in sessions]


def full_claim(evse: Evse, session: Session, site: Site, room: Room) -> Claim:
    """As much as car and EVSE can take, nothing granted yet."""
    scale = scale_of(evse, site.voltage_v)
    least, most = _range(evse, session)
    minimum_steps = -(-round(least * 1000) // round(scale.step * 1000))
    maximum_steps = round(most * 1000) // round(scale.step * 1000)
    maximum_ma = scale.ma_of_steps(maximum_steps) if maximum_steps >= minimum_steps else 0
    return Claim(
        session=session,
        evse=evse,
        scale=scale,
        cells=room.cells(evse.branch, session.phases or evse.phases),
        minimum_ma=scale.ma_of_steps(minimum_steps),
        maximum_ma=maximum_ma,
        ceiling_ma=maximum_ma,
    )


def is_unreachable(session: Session) -> bool:
    return session.budget_a is not None or session.budget_w is not None


def offered_ma(claim: Claim) -> int | None:
    return _measured_ma(claim, claim.session.offered_a, claim.session.offered_w)


def spare_s(claim: Claim, now: datetime, site: Site) -> float:
    """Seconds left before this car must charge at full power; unknown means plenty."""
    session = claim.session
    if session.departure_at is None or session.energy_needed_wh is None:
        return PLENTY_S
    phases = len(session.phases or claim.evse.phases)
    full_power_w = max(1.0, claim.maximum_ma / MA_PER_A * site.voltage_v * phases)
    return (session.departure_at - now).total_seconds() - 3600 * session.energy_needed_wh / full_power_w


def _refuse_doubles(sessions: Sequence[Session]) -> None:
    for part in ("id", "evse_id"):
        values: list[str] = [getattr(session, part) for session in sessions]
        if len(set(values)) != len(values):
            raise UnknownEvse(f"two sessions have the same {part}")


def _evse_claim(evses: dict[str, Evse], session: Session, site: Site, room: Room) -> Claim:
    if session.evse_id not in evses:
        raise UnknownEvse(f"session {session.id} is at EVSE {session.evse_id}, which {site.id} lacks")
    return full_claim(evses[session.evse_id], session, site, room)


def _limited(claim: Claim, room: Room) -> Claim:
    session = claim.session
    if is_unreachable(session):
        claim.granted_ma = _measured_ma(claim, session.budget_a, session.budget_w) or 0
        claim.ceiling_ma = claim.granted_ma
        room.take(claim.cells, claim.granted_ma)
    elif session.finished:
        claim.ceiling_ma = 0
    elif session.suspended:
        claim.ceiling_ma = min(claim.ceiling_ma, claim.minimum_ma)
    else:
        claim.ceiling_ma = _ceiling_ma(claim)
    return claim


def _ceiling_ma(claim: Claim) -> int:
    """As much as the car shows that it uses; half of what it leaves is taken back at a time."""
    offer_ma = offered_ma(claim)
    drawn_ma = _measured_ma(claim, claim.session.drawn_a, claim.session.drawn_w)
    if offer_ma is None or drawn_ma is None or offer_ma < claim.minimum_ma:
        return claim.maximum_ma
    if offer_ma - drawn_ma <= CLOSE_MA:
        return claim.maximum_ma
    enough_ma = drawn_ma + HEADROOM_MA
    slowly_ma = offer_ma - max(HEADROOM_MA, (offer_ma - enough_ma) // 2)
    wanted_ma = max(enough_ma, slowly_ma, claim.minimum_ma)
    return min(claim.maximum_ma, claim.scale.ma_of_steps(claim.scale.steps_in(wanted_ma - 1) + 1))


def _range(evse: Evse, session: Session) -> tuple[float, float]:
    """Least and most in the EVSE's own unit."""
    if evse.current_type == "ac":
        least, most, car_most = evse.min_a, evse.max_a, session.max_a
    else:
        least, most, car_most = float(evse.min_w), float(evse.max_w), session.max_w
    return least, most if car_most is None else min(most, max(car_most, least))


def _measured_ma(claim: Claim, amps: float | None, watts: int | None) -> int | None:
    amount = amps if claim.evse.current_type == "ac" else watts
    return None if amount is None else claim.scale.ma_of(amount)
