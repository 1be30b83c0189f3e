"""On the operator's desk after the day: a fee waived, an invoice, money given back, a dispute. Each once."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from accounts.models import Organization, User
from demo.cards import DISPUTED, save_card
from demo.customers import HOTEL
from demo.town import VISITOR, driver_of
from payments.models import CompanyAccount, Dispute, Invoice, KeptStall, Payment, Refund
from payments.services.company_invoices import NothingToInvoice, issue_invoice
from payments.services.disputes import look_at_disputes
from payments.services.refunding import refund_payment
from payments.services.waiving import waive_fee
from simulator.stations.town import Driver

GOODWILL_MINOR: Final = 200
LATE_TRAIN: Final = "The train from the airport was late"
WHY: Final = "The stall was blocked for half an hour"


def arm_bank(*, organization: Organization, driver: Driver | None) -> User | None:
    """Give somebody the test card whose bank asks each charge's money back; None: no dispute is missing."""
    if driver is None or Dispute.objects.filter(organization=organization).exists():
        return None
    doubter = driver_of(driver)
    save_card(doubter, number=DISPUTED)
    return doubter


def follow_dispute(*, organization: Organization, doubter: User) -> None:
    """Hear of it now, for nobody takes webhooks yet; she then pays with a card that holds."""
    for payment in _paid(organization).filter(account__user=doubter):
        look_at_disputes(payment=payment)
    save_card(doubter)


def close_day(*, organization: Organization, actor: User, doubter: User | None) -> None:
    """What the operator does when the day is over; nothing is done twice."""
    if doubter is not None:
        follow_dispute(organization=organization, doubter=doubter)
    ensure_waiver(organization=organization, actor=actor)
    ensure_invoice(organization=organization, actor=actor)
    ensure_refund(organization=organization, actor=actor, favorite=driver_of(VISITOR))


def ensure_waiver(*, organization: Organization, actor: User) -> None:
    """Of those who did not come, one had a reason; another one has paid."""
    missed = KeptStall.objects.filter(organization=organization, outcome=KeptStall.Outcome.MISSED)
    if missed.count() > 1 and not missed.exclude(waived_at=None).exists():
        waive_fee(kept=missed.earliest("pk"), by=actor, reason=LATE_TRAIN)


def ensure_invoice(*, organization: Organization, actor: User) -> None:
    """The hotel's first invoice, if anybody has charged on its account."""
    hotel = CompanyAccount.objects.get(organization=organization, name=HOTEL)
    if Invoice.objects.filter(company=hotel).exists():
        return
    try:
        issue_invoice(company=hotel, by=actor)
    except NothingToInvoice:
        return  # at a later start


def ensure_refund(*, organization: Organization, actor: User, favorite: User) -> None:
    """A part of one charge goes back: of the favorite's, if she has paid one, so that she finds it too."""
    if Refund.objects.filter(organization=organization, by=actor).exists():
        return
    paid = _paid(organization).filter(disputes=None, captured_minor__gte=GOODWILL_MINOR, refunded_minor=0)
    payment = paid.filter(account__user=favorite).first() or paid.first()
    if payment is not None:
        refund_payment(payment=payment, amount_minor=GOODWILL_MINOR, reason=WHY, by=actor)


def _paid(organization: Organization) -> QuerySet[Payment]:
    """Newest first; by card, not at a terminal."""
    captured = Payment.objects.filter(organization=organization, status=Payment.Status.CAPTURED)
    return captured.filter(tops_up=None).exclude(provider_ref="").order_by("-pk")
