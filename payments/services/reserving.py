"""What keeping a stall costs: told before, agreed with the booking, charged when nobody came.

A booking is agreed under the tariff's version of that moment. Giving it up is free until its start (and for
`SECOND_THOUGHTS` after booking, for a quarter of an hour that has begun already); later it costs what not
coming costs. Who comes pays the reservation's fee with the charge, or beside it where the charge was billed
before it was known to use the booking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Organization, User
from core import clock
from core.events import publish
from core.money import Money
from payments.events import KeptStallEnded
from payments.models import ChargeDetailRecord, KeptStall, Payment, Tariff
from payments.rating.bill import Bill
from payments.rating.reserving import rate_reservation
from payments.rating.tariff import Dimension
from payments.selectors import record_of, users_with_card
from payments.selectors.balances import can_begin
from payments.selectors.occasions import AS_BILLED
from payments.selectors.paying import asks_cards
from payments.selectors.prices import PUBLIC, Payer
from payments.services.billing import issue_record, lock_for_bill
from payments.services.collecting import let_go_kept
from payments.services.company_charges import account_of_kept, account_open_to
from payments.services.pricing import as_rated, kept_bill, tariff_for
from payments.states import OPEN_PAYMENT
from stations.models import ChargingSession, Evse

Outcome = KeptStall.Outcome
SECOND_THOUGHTS: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a reservation costs who comes in time, and who does not; tax included, nothing is zero."""

    tariff: Tariff
    used: Money
    per_hour: Money
    missed: Money
    kept_until: datetime
    free_until: datetime

    @property
    def are_free(self) -> bool:
        return not (self.used.amount or self.per_hour.amount or self.missed.amount)

    def to_json(self) -> dict[str, Any]:
        """As a quote keeps it: amounts as exact strings."""
        return {
            "tariff": str(self.tariff.public_id),
            "version": self.tariff.version,
            "currency": self.tariff.currency,
            "reservation_fee": str(self.used.amount),
            "reserved_per_hour": str(self.per_hour.amount),
            "missed_fee": str(self.missed.amount),
            "kept_until": self.kept_until.isoformat(),
            "free_until": self.free_until.isoformat(),
        }


def terms_of(*, evse: Evse, starts_at: datetime, kept_until: datetime, payer: Payer = PUBLIC) -> Terms | None:
    """The terms of a booking that `payer` makes now; None where charging has no tariff."""
    tariff = tariff_for(evse, payer=payer)
    if tariff is None:
        return None
    free_until = max(starts_at, clock.now() + SECOND_THOUGHTS)
    return _terms(tariff, evse, starts_at, kept_until, free_until)


def terms_agreed(kept: KeptStall) -> Terms:
    """The terms of an agreement, by its own version of the tariff."""
    return _terms(kept.tariff, kept.evse, kept.starts_at, kept.kept_until, kept.free_until)


def cost_of_giving_up(kept: KeptStall, at: datetime) -> Money:
    """What giving an open one up at an instant comes to, tax included; nothing while that is free."""
    if at <= kept.free_until or kept.waived_at is not None:
        return Money(Decimal(0), kept.tariff.currency)
    bill = rate_reservation(
        as_rated(kept.tariff),
        time_zone=kept.station.location.time_zone,
        reserved_at=kept.starts_at,
        ended_at=max(kept.starts_at, _given_up_at(kept, at)),
        is_expired=True,
    )
    return _total(bill)


def _given_up_at(kept: KeptStall, at: datetime) -> datetime:
    """Longer than it is kept nobody pays for it."""
    return min(at, max(kept.kept_until, kept.starts_at))


def _terms(
    tariff: Tariff, evse: Evse, starts_at: datetime, kept_until: datetime, free_until: datetime
) -> Terms:
    rated, zone = as_rated(tariff), evse.station.location.time_zone

    def bill(ended_at: datetime, *, is_expired: bool = False) -> Bill:
        return rate_reservation(
            rated, time_zone=zone, reserved_at=starts_at, ended_at=ended_at, is_expired=is_expired
        )

    return Terms(
        tariff=tariff,
        used=_total(bill(starts_at)),
        per_hour=_per_hour(bill(starts_at + timedelta(hours=1))),
        missed=_total(bill(max(starts_at, kept_until), is_expired=True)),
        kept_until=kept_until,
        free_until=free_until,
    )


def _total(bill: Bill) -> Money:
    return Money(bill.total_gross, bill.currency).rounded()


def _per_hour(bill: Bill) -> Money:
    """The first hour's price of reserved time."""
    times = (line.gross for line in bill.lines if line.kind == Dimension.TIME)
    return Money(sum(times, Decimal(0)), bill.currency).rounded()


def can_pay(user: User, organization: Organization) -> bool:
    """Is there a card, money paid in ahead, or a company on whose account this person charges here; or is no
    card asked for?"""
    if not asks_cards(organization.pk) or users_with_card({user.pk}):
        return True
    if can_begin(user=user, organization_id=organization.pk):
        return True
    return account_open_to(user=user, organization=organization) is not None


def agree(*, told: Mapping[str, Any], public_id: UUID, **booked: Any) -> KeptStall:
    """Write the agreement down, in the transaction that confirms the booking. Repeatable.

    `told` is what was shown (`Terms.to_json`); `booked`: number, driver, id_token, evse, starts_at.
    """
    tariff = Tariff.objects.get(public_id=told["tariff"], version=told["version"])
    Tariff.objects.filter(pk=tariff.pk, used_at=None).update(used_at=clock.now())
    instants = {name: datetime.fromisoformat(told[name]) for name in ("kept_until", "free_until")}
    fields = {**booked, **instants, "tariff": tariff, "organization_id": tariff.organization_id}
    return KeptStall.objects.get_or_create(public_id=public_id, defaults=fields)[0]


@transaction.atomic
def move(*, evses: Mapping[UUID, int]) -> None:
    """Other stalls are kept instead (EVSE id by public id); what was agreed stays."""
    for public_id, evse_id in evses.items():
        KeptStall.objects.filter(public_id=public_id, outcome=Outcome.OPEN).update(evse=evse_id)


# --- what became of it -----------------------------------------------------------------------


@transaction.atomic
def use(*, public_id: UUID, session: ChargingSession) -> bool:
    """The driver came: her charge pays the reservation's fee, and what was held for her pays her charge.

    A charge that was billed before has a final record: then the reservation has one of its own.
    """
    kept = _open(public_id)
    if kept is None:
        return False
    lock_for_bill(session.pk)
    kept.session, kept.ended_at = session, session.started_at or clock.now()
    kept.evse = session.evse or kept.evse
    is_billed = record_of(session) is not None
    if not is_billed and not Payment.objects.filter(session=session).exists():
        waiting = Payment.objects.filter(kept=kept, session=None, status__in=OPEN_PAYMENT)
        waiting.update(session=session)
    _end(kept, Outcome.USED)
    if is_billed and kept_bill(kept).total_gross:
        _issue(kept)
    return True


@transaction.atomic
def miss(*, public_id: UUID, excuse: str = "") -> bool:
    """Nobody came until it was kept. With an excuse (the place could not be used) nobody is to pay."""
    kept = _open(public_id)
    if kept is None:
        return False
    kept.ended_at, kept.excuse = kept.kept_until, excuse
    return _end(kept, Outcome.EXCUSED if excuse else Outcome.MISSED)


@transaction.atomic
def give_up(*, public_id: UUID, excuse: str = "") -> bool:
    """It was canceled: in time, too late, or (with an excuse) not by the driver's wish."""
    kept = _open(public_id)
    if kept is None:
        return False
    now = clock.now()
    kept.ended_at, kept.excuse = _given_up_at(kept, now), excuse
    in_time = Outcome.FREE if now <= kept.free_until else Outcome.GIVEN_UP
    return _end(kept, Outcome.EXCUSED if excuse else in_time)


def _open(public_id: UUID) -> KeptStall | None:
    found = KeptStall.objects.select_for_update(of=("self",)).select_related("evse")
    return found.filter(public_id=public_id, outcome=Outcome.OPEN).first()


def _end(kept: KeptStall, outcome: Outcome) -> bool:
    kept.outcome = outcome
    if kept.is_charged and not kept_bill(kept).total_gross:
        kept.outcome = Outcome.FREE
    kept.save(update_fields=["outcome", "excuse", "session", "evse", "ended_at"])
    publish(
        KeptStallEnded(
            kept_id=kept.pk, organization_id=kept.organization_id, outcome=kept.outcome, at=clock.now()
        )
    )
    return True


# --- to the books ----------------------------------------------------------------------------


def settle(*, kept_id: int) -> ChargeDetailRecord | None:
    """The stall's own record, made once if it was kept in vain; where nothing is to pay, the hold is let go.

    Any number of callers, at once or later, get the same record.
    """
    kept = KeptStall.objects.select_related(*AS_BILLED, "organization", "driver").get(pk=kept_id)
    if kept.is_open:
        return None
    record = _billed(kept) if kept.is_charged else record_of(kept)
    if record is None or record.company_id is not None:
        let_go_kept(kept_id=kept_id)
    return record


def _billed(kept: KeptStall) -> ChargeDetailRecord | None:
    if (record := record_of(kept)) is not None:
        return record
    try:
        return _issue(kept)
    except IntegrityError:
        if (record := record_of(kept)) is None:
            raise
        return record


@transaction.atomic
def _issue(kept: KeptStall) -> ChargeDetailRecord | None:
    """None where it was waived meanwhile."""
    if KeptStall.objects.select_for_update().get(pk=kept.pk).waived_at is not None:
        return None
    bill, account = kept_bill(kept), account_of_kept(kept)
    return issue_record(
        occasion=kept,
        tariff=kept.tariff,
        bill=bill,
        periods=_periods(kept),
        energy_wh=0,
        started_at=kept.starts_at,
        ended_at=max(kept.starts_at, kept.ended_at or kept.kept_until),
        company_id=account.company.pk if account else None,
        cost_center=account.cost_center if account else "",
    )


def _periods(kept: KeptStall) -> list[dict[str, Any]]:
    """One OCPI ChargingPeriod of RESERVATION_TIME, in hours."""
    ended_at = max(kept.starts_at, kept.ended_at or kept.kept_until)
    seconds = (ended_at - kept.starts_at) // timedelta(seconds=1)
    hours = str((Decimal(seconds) / 3600).quantize(Decimal("0.000001")))
    return [
        {
            "start_date_time": kept.starts_at.isoformat().replace("+00:00", "Z"),
            "dimensions": [{"type": "RESERVATION_TIME", "volume": hours}],
            "tariff_id": str(kept.tariff.public_id),
        }
    ]
