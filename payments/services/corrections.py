"""What a correction would make of a session's record; nothing here writes.

A driver agreed to one price: once money was taken for it, a correction can only lower it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum

from core.money import Money
from payments.models import ChargeDetailRecord, InvoicedRecord, Occasion, Payment, Tariff
from payments.rating import correcting
from payments.rating.bill import Bill, Line, joined, read_frozen_at, read_left_out, read_line, read_tax
from payments.rating.engine import rate
from payments.rating.facts import SessionFacts
from payments.rating.tariff import Tariff as Rated
from payments.selectors import record_of, session_facts
from payments.selectors.occasions import about
from payments.services.billing import charging_periods
from payments.services.pricing import as_rated, free_of_charge
from stations.models import ChargingSession


class CannotCorrect(ValueError):
    """This correction cannot be made; the subclasses say why."""


class NothingToCorrect(CannotCorrect):
    """The session has no record (yet)."""


class NoReason(CannotCorrect):
    """A correction needs a reason: the driver reads it."""


class NothingChanges(CannotCorrect):
    """The corrected bill is the standing one."""


class NoNewAgreement(CannotCorrect):
    """It would cost more than what was agreed and taken: that needs the payer's word, not an operator's."""


class NotReproducible(CannotCorrect):
    """The readings of the session are not kept any more: lines can be waived, but nothing rated anew."""


class Overtaken(CannotCorrect):
    """Somebody else corrected the session meanwhile."""


class MoneyMoving(CannotCorrect):
    """The money is being taken at this very moment; a minute later it is known how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What shall be otherwise. `waived` are names of lines (`rating.correcting.name_of`).

    `ended_at` cuts what was metered; `energy_wh` then is what remains in all; `tariff` rates it.
    """

    waived: frozenset[str] = frozenset()
    energy_wh: int | None = None
    ended_at: datetime | None = None
    tariff: Tariff | None = None
    is_free: bool = False

    @property
    def is_rated_anew(self) -> bool:
        return (self.energy_wh, self.ended_at, self.tariff) != (None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A corrected bill beside the record that it would take the place of. Nothing is written."""

    old: ChargeDetailRecord
    bill: Bill
    tariff: Tariff | None
    periods: list[dict[str, Any]]
    waived_lines: tuple[Line, ...]
    energy_wh: int
    ended_at: datetime
    taken: Money

    @property
    def total(self) -> Money:
        return Money(self.bill.total_gross, self.bill.currency)

    @property
    def difference(self) -> Money:
        """What it costs more; to the driver's good it is negative."""
        return self.total - Money(self.old.total_gross, self.old.currency).rounded()

    @property
    def owed_back(self) -> Money:
        """What was taken beyond the new total."""
        return Money.of_minor(max(0, self.taken.minor - self.total.minor), self.bill.currency)


def preview_correction(*, occasion: Occasion, wanted: Wanted) -> Corrected:
    """The standing record and what the correction would make of it. A kept stall can only be waived.

    Raises NothingToCorrect, NothingChanges, NoNewAgreement, NotReproducible, BelowZero, InvalidFacts.
    """
    old = record_of(occasion)
    if old is None:
        raise NothingToCorrect(str(occasion))
    corrected = _corrected(occasion, old, wanted)
    if _is_the_same(corrected):
        raise NothingChanges(str(occasion))
    if corrected.difference.amount > 0 and _is_agreed(old, corrected.taken):
        raise NoNewAgreement(str(occasion))
    return corrected


def _corrected(occasion: Occasion, old: ChargeDetailRecord, wanted: Wanted) -> Corrected:
    tariff = wanted.tariff or old.tariff
    full, periods = bill_of(old), old.periods
    energy_wh, ended_at = old.energy_wh, old.ended_at
    if wanted.is_rated_anew and isinstance(occasion, ChargingSession):
        facts = _facts(occasion, wanted)
        charge = rate(as_rated(tariff) if tariff else _free(occasion), facts)
        full = joined(charge, correcting.of_reservation(bill_of(old)))
        periods, energy_wh = charging_periods(full, tariff), int(full.energy_wh)
        ended_at = wanted.ended_at or occasion.ended_at or old.ended_at
    names = {correcting.name_of(line) for line in full.lines} if wanted.is_free else wanted.waived
    return Corrected(
        old=old,
        bill=correcting.waive(full, names),
        tariff=tariff,
        periods=periods,
        waived_lines=tuple(line for line in full.lines if correcting.name_of(line) in names),
        energy_wh=energy_wh,
        ended_at=ended_at,
        taken=Money.of_minor(taken_minor(occasion), old.currency),
    )


def taken_minor(occasion: Occasion) -> int:
    """What was taken and not given back."""
    left = Payment.objects.filter(**about(occasion)).aggregate(
        left=Sum(F("captured_minor") - F("refunded_minor"))
    )
    return int(left["left"] or 0)


def bill_of(record: ChargeDetailRecord) -> Bill:
    """The record's bill as it was rated, without what only rating needs."""
    stored = record.lines
    return Bill(
        currency=record.currency,
        lines=tuple(read_line(line) for line in stored["lines"]),
        taxes=tuple(read_tax(tax) for tax in stored["taxes"]),
        left_out=tuple(read_left_out(item) for item in stored["left_out"]),
        periods=(),
        total_net=record.total_net,
        total_tax=record.total_tax,
        total_gross=record.total_gross,
        energy_wh=Decimal(record.energy_wh),
        charging_s=Decimal(0),
        idle_s=Decimal(0),
        held_s=Decimal(0),
        frozen_at=read_frozen_at(stored),
    )


def _facts(session: ChargingSession, wanted: Wanted) -> SessionFacts:
    """The session's facts with what is wanted otherwise; the original must come out of them as it was."""
    original = ChargeDetailRecord.objects.get(session=session, credit_of=None, reissue_of=None)
    facts = replace(session_facts(session, until=original.ended_at), frozen_at=read_frozen_at(original.lines))
    charged = correcting.of_charge(bill_of(original)).total_gross
    if original.tariff and rate(as_rated(original.tariff), facts).total_gross != charged:
        raise NotReproducible(str(session))
    if wanted.ended_at is not None:
        facts = correcting.ended_at(facts, wanted.ended_at)
    return facts if wanted.energy_wh is None else correcting.with_energy(facts, wanted.energy_wh)


def _free(session: ChargingSession) -> Rated:
    return free_of_charge(currency=session.organization.currency)


def _is_the_same(corrected: Corrected) -> bool:
    """Neither an amount nor what was charged is otherwise."""
    old = corrected.old
    now = (corrected.bill.lines_json(), corrected.energy_wh, corrected.ended_at, corrected.tariff)
    return now == (old.lines["lines"], old.energy_wh, old.ended_at, old.tariff)


def _is_agreed(old: ChargeDetailRecord, taken: Money) -> bool:
    """Paid for, or told to a company on an invoice."""
    return taken.amount > 0 or InvoicedRecord.objects.filter(cdr=old).exists()
