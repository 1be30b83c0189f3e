"""What a booking costs, and what became of it, for the pages, the mails and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from core import clock
from core.money import Money
from payments.models import ChargeDetailRecord, KeptStall, Payment
from payments.selectors import record_of
from payments.selectors.occasions import AS_BILLED
from payments.selectors.prices import Payer
from payments.services.pricing import kept_bill
from payments.services.reserving import Terms, cost_of_giving_up, terms_agreed, terms_of
from scheduling.models import Reservation
from scheduling.times import kept_until
from stations.models import Evse

EXCUSES: Final = {
    "operator": _("The operator has canceled it."),
    "lost": _("The stall was out of order."),
    "broken": _("The stall was out of order."),
    "offline": _("The charger was not connected."),
    "occupied": _("Another car stood there."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFees:
    """A booking's agreement; `hold` is the payment made for it, `record` what was billed beside a charge."""

    kept: KeptStall
    terms: Terms
    hold: Payment | None
    record: ChargeDetailRecord | None

    @property
    def may_cost(self) -> bool:
        """Would not coming cost something, as it stands?"""
        return self.kept.waived_at is None and bool(self.terms.missed.amount)

    @property
    def is_free_to_cancel(self) -> bool:
        return not self.may_cost or clock.now() <= self.kept.free_until

    @property
    def canceled_now(self) -> Money:
        """What canceling at this moment costs; with a price per hour it grows until it is kept no more."""
        return cost_of_giving_up(self.kept, clock.now())

    @property
    def grows(self) -> bool:
        return self.canceled_now.amount < self.terms.missed.amount

    @property
    def excuse(self) -> str:
        """Why nobody pays for it, in words."""
        return str(EXCUSES.get(self.kept.excuse, ""))

    @property
    def paid(self) -> Money | None:
        """What its own record asks for."""
        return Money(self.record.total_gross, self.record.currency).rounded() if self.record else None

    @property
    def is_hold_refused(self) -> bool:
        return self.hold is not None and self.hold.status == Payment.Status.FAILED

    @property
    def held(self) -> Money | None:
        """What is held for it now."""
        if self.hold is None or self.hold.status != Payment.Status.AUTHORIZED:
            return None
        return Money.of_minor(self.hold.authorized_minor, self.hold.currency)


def terms_for(evse: Evse, start_at: datetime, payer: Payer) -> Terms | None:
    """What booking this stall now costs this payer; None where it costs nothing."""
    until = kept_until(start_at, clock.now())
    terms = terms_of(evse=evse, payer=payer, starts_at=start_at, kept_until=until)
    return None if terms is None or terms.are_free else terms


def fees_of(reservation: Reservation) -> ShownFees | None:
    """None where the booking was made without a tariff, or before fees were agreed."""
    wanted = ("tariff__organization", "evse__station__location", "session", "waived_by")
    kept = KeptStall.objects.select_related(*wanted).filter(public_id=reservation.public_id).first()
    if kept is None:
        return None
    return ShownFees(
        kept=kept,
        terms=terms_agreed(kept),
        hold=Payment.objects.filter(kept=kept).order_by("-pk").first() if kept.is_open else None,
        record=record_of(kept),
    )


def cost_of(reservation: Reservation) -> Money:
    """What a booking costs that was canceled too late, as it will be billed."""
    kept = KeptStall.objects.select_related(*AS_BILLED).get(public_id=reservation.public_id)
    return Money(kept_bill(kept).total_gross, kept.tariff.currency).rounded()
