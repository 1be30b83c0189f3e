"""What one worker does: charges from the first hold to the last cent, and whatever the outbox has."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from accounts.models import User
from bench.money import town
from core import clock, outbox
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.holding import hold_for_session
from payments.services.operations import Busy
from payments.services.payments import NotPossible
from payments.services.recovery import settle_payments
from stations.models import ChargingSession, Evse

CLAIMED: Final = 4
"""Deliveries at a time: whoever dies takes these with it for the time of the lease."""
IDLE_S: Final = 0.05
SWEEP_EVERY_S: Final = 20.0
Status = ChargingSession.Status


def charge_all(place: int, numbers: range, done: Callable[[int], None]) -> None:
    """One charge after the other at this place; `done` is told how many. Then only the outbox, for ever."""
    evse = _place(place)
    for count, number in enumerate(numbers, start=1):
        _charge(evse, number, lambda: done(count))  # noqa: B023 (called at once)
    while True:
        outbox.deliver_pending(batch=CLAIMED)
        time.sleep(IDLE_S)


def charge_once(place: int, number: int) -> None:
    _charge(_place(place), number, lambda: None)


def _place(place: int) -> Evse:
    return Evse.objects.select_related("station", "organization").get(number=place + 1)


def _charge(evse: Evse, number: int, done: Callable[[], None]) -> None:
    session = _held(evse, number)
    _end(session, number)
    done()
    _settle(session)
    outbox.deliver_pending(batch=CLAIMED)


def _held(evse: Evse, number: int) -> ChargingSession:
    """The charge runs and money is held for it. A successor of the dead finds what is there already."""
    begun_at = clock.now() - timedelta(hours=1)
    session, _ = ChargingSession.objects.get_or_create(
        station=evse.station,
        transaction_id=f"{number}",
        defaults={
            "organization": evse.organization,
            "evse": evse,
            "driver": User.objects.get(email=town.email(number // town.SESSIONS_PER_DRIVER)),
            "status": Status.ACTIVE,
            "started_at": begun_at,
            "reported_start_at": begun_at,
            "meter_start_wh": 0,
        },
    )
    with suppress(Busy, NotPossible):
        hold_for_session(session_id=session.pk)
    return session


def _end(session: ChargingSession, number: int) -> None:
    """The station says that it is over: told again until we have it."""
    drawn_wh = town.energy_wh(number)
    ChargingSession.objects.filter(pk=session.pk, status=Status.ACTIVE).update(
        status=Status.COMPLETED,
        ended_at=clock.now() - timedelta(minutes=5),
        meter_end_wh=drawn_wh,
        energy_wh=drawn_wh,
    )


def _settle(session: ChargingSession) -> None:
    """Whoever dies in here is not followed by another try: outbox, webhooks and sweep must do."""
    bill_session(session_id=session.pk)
    with suppress(Busy, NotPossible):
        collect(session_id=session.pk)


def sweep_for_ever() -> None:
    """As beat has it done, only more often."""
    while True:
        time.sleep(SWEEP_EVERY_S)
        settle_payments()
