"""One charge from end to end, walked like a guest with a browser, and then looked up in the books."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Final, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError
from django.db.models import Sum

from core import clock, pulse
from core.money import to_minor
from demo.cards import CARD, fill_hosted_page
from demo.models import Mail
from demo.visitor import Visitor
from payments.models import ChargeDetailRecord, ClosedMonth, Invoice, KeptStall, Payment, PostingLine
from stations.models import ChargingSession, ChargingStation, Evse, MeterReading, StoredFile
from stations.services.upkeep import collect_logs

T = TypeVar("T")
Tell = Callable[[str], object]
GUEST: Final = "guest@forecourt.example"
PATIENCE_S: Final = 240.0
BEAT_WITHIN: Final = timedelta(seconds=30)
ENOUGH_WH: Final = 20
STARTS: Final = 2
FAILED_START: Final = "The charge did not start"


def prove(*, tell: Tell) -> None:
    """Raises CommandError with the step that did not hold."""
    _demand_past()
    tell("who did not come has paid, or was let off; the month before is closed with an invoice")
    online = wait_for("stations come online", _most_are_online)
    tell(f"{online} stations are online")
    visitor = Visitor(settings.PUBLIC_URL)
    live, session = _charge(visitor, tell=tell)
    tell(f"session #{session.number} charges: {session.energy_wh} Wh so far")
    visitor.submit(live, action_ends="/stop/")
    record = wait_for("the charge is rated", lambda: _record(session))
    payment = wait_for("the payment is captured", lambda: _captured(session))
    _demand_agreement(session, record, payment)
    tell(f"paid {record.total_gross} {record.currency}; ledger, record and payment agree")
    _demand_receipt(visitor, record)
    tell("the receipt is in the guest's mail and opens")
    tell(f"{_log_of_a_station()} has come in from a charger")
    wait_for("beat ticks", _beat_ticked)


def _demand_past() -> None:
    """What an operator's pages of fees and months are filled with."""
    missed = KeptStall.objects.filter(outcome=KeptStall.Outcome.MISSED)
    if not missed.filter(waived_at=None, cdrs__isnull=False).exists():
        raise CommandError("Nobody has paid for not coming.")
    if missed.exclude(waived_at=None).count() != 1:
        raise CommandError("Nobody who did not come was let off.")
    closed = ClosedMonth.objects.first()
    if closed is None or not Invoice.objects.filter(company__isnull=False, month=closed.month).exists():
        raise CommandError("No month is closed with an invoice.")


def wait_for(what: str, look: Callable[[], T | None]) -> T:
    """Look until there is something. Raises CommandError after PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.25)
    raise CommandError(f"Waited {PATIENCE_S:.0f} s in vain until {what}.")


def _charge(visitor: Visitor, *, tell: Tell) -> tuple[str, ChargingSession]:
    """The live page and the session once energy flows.

    On a very busy machine the order to start can expire before it leaves (it lives a minute). Then the
    driver must be told so and her hold released; whoever then tries again, as people do, must succeed.
    """
    for _ in range(STARTS):
        evse = _a_free_stall()
        live = _start_as_guest(visitor, evse)
        tell(f"{evse} at {evse.station.location.name}: the hold stands, the charger is asked to start")
        session = wait_for("energy flows or the start fails", partial(_started_or_failed, live))
        if session.status != ChargingSession.Status.ABANDONED:
            return live, session
        _demand_clear_failure(visitor, live, session)
        tell(f"the start failed ({session.end_reason}), said so, and the hold was released: once more")
    raise CommandError(f"{STARTS} starts in a row failed.")


def _started_or_failed(live: str) -> ChargingSession | None:
    """The session of a live page, once it charges or was given up."""
    session = ChargingSession.objects.get(public_id=urlsplit(live).path.split("/")[2])
    is_charging = session.status == ChargingSession.Status.ACTIVE and session.energy_wh >= ENOUGH_WH
    return session if is_charging or session.status == ChargingSession.Status.ABANDONED else None


def _demand_clear_failure(visitor: Visitor, live: str, session: ChargingSession) -> None:
    visitor.get(live)
    if FAILED_START not in visitor.text:
        raise CommandError(f"The page of a start that failed does not say so: {live}.")
    voided = Payment.objects.filter(session=session, status=Payment.Status.VOIDED)
    wait_for("the hold of the failed start is released", voided.first)


def _most_are_online() -> int | None:
    stations = ChargingStation.objects.all()
    online = stations.filter(is_connected=True).count()
    return online if online * 4 >= stations.count() * 3 else None


def _a_free_stall() -> Evse:
    """A DC stall where nobody is or is expected: it gives a bill worth looking at within seconds."""
    free = Evse.objects.filter(
        station__is_connected=True, connectors__status="available", current_type=Evse.Current.DC
    ).exclude(sessions__status__in=["pending", "active"])
    found = wait_for("a stall is free", lambda: free.order_by("-max_power_w", "id").first())
    return Evse.objects.select_related("station__location").get(pk=found.pk)


def _start_as_guest(visitor: Visitor, evse: Evse) -> str:
    """Through the start page, the hosted page and the way back, to the address of the live page."""
    page = f"/c/{evse.code}/"
    hosted = visitor.submit(page, action_ends=page, email=GUEST)
    back = fill_hosted_page(hosted, **CARD, email=GUEST)
    return wait_for("the way back leads to the live page", lambda: _live_address(visitor, back))


def _live_address(visitor: Visitor, back: str) -> str | None:
    reached = visitor.get(back)
    return reached if "/live/" in reached else None


def _record(session: ChargingSession) -> ChargeDetailRecord | None:
    return ChargeDetailRecord.objects.standing().filter(session=session).first()


def _captured(session: ChargingSession) -> Payment | None:
    return Payment.objects.filter(session=session, status=Payment.Status.CAPTURED).first()


def _demand_agreement(session: ChargingSession, record: ChargeDetailRecord, payment: Payment) -> None:
    """Record, payment and ledger say the same to the minor unit, and the meter was read."""
    owed = to_minor(Decimal(record.total_gross), record.currency)
    postings = PostingLine.objects.filter(posting__payment=payment)
    moved = postings.filter(amount_minor__gt=0).aggregate(total=Sum("amount_minor"))["total"] or 0
    if owed <= 0 or payment.captured_minor != owed or moved < owed:
        raise CommandError(
            f"The books disagree: owed {owed}, captured {payment.captured_minor}, posted {moved}."
        )
    if not MeterReading.objects.filter(session=session).exists():
        raise CommandError("The session has no meter reading.")


def _demand_receipt(visitor: Visitor, record: ChargeDetailRecord) -> None:
    mail = wait_for("the receipt is mailed", lambda: Mail.objects.filter(recipients=GUEST).first())
    address = next((word for word in mail.body.split() if "/r/" in word), None)
    if address is None:
        raise CommandError("The receipt's mail holds no link.")
    visitor.get(address)
    if str(record.total_gross.quantize(Decimal("0.01"))) not in visitor.text:
        raise CommandError("The receipt does not show the amount that was paid.")


def _log_of_a_station() -> StoredFile:
    """Ask a charger that is online for its log, and wait for the file."""
    station = ChargingStation.objects.filter(is_connected=True, ocpp_version="2.0.1").order_by("pk").first()
    if station is None:
        raise CommandError("No charger of OCPP 2.0.1 is online.")
    collect_logs(station=station)
    return wait_for("the log comes in", StoredFile.objects.filter(kind="logs", station=station).first)


def _beat_ticked() -> bool | None:
    at = pulse.last(name="beat")
    return True if at and clock.now() - at < BEAT_WITHIN else None
