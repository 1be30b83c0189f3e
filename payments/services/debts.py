"""A charge that no card has paid: the driver gets a link, pays with any card, and may charge again.

Notices go out at once, after three days and after seven; what is unpaid then is for the operator to
write off. Guests have no notices: nobody knows where to reach them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import User
from accounts.notifications import send_message
from accounts.services import note_action
from core import clock
from core.events import publish
from core.links import sign
from core.money import to_minor
from payments.events import DebtNoticed
from payments.models import ChargeDetailRecord, DebtNotice, Payment
from payments.providers.base import CheckoutRequest, ProviderError
from payments.selectors import Debt, debt_of, open_payment_of, unpaid_debts
from payments.services import ledger
from payments.services.addresses import absolute, page_url
from payments.services.checkout import PAGE_OPEN_FOR, open_page
from payments.services.looking import refresh_payment
from payments.services.operations import Busy
from payments.services.payments import create_payment
from payments.services.starting import follow_hold

LINK: Final = "debt"
LINK_LASTS: Final = timedelta(days=120)
WRITTEN_OFF: Final = "the driver did not pay after all reminders"


class NothingOwed(ValueError):
    """It is paid, or written off, already."""


class BeingPaid(RuntimeError):
    """A payment for this charge is on its way; look again in a moment."""


def notice_debts() -> int:
    """Say what is due to be said. Returns how many notices. Safe to repeat."""
    now = clock.now()
    due = [debt for debt in unpaid_debts() if debt.next_notice_at is not None and debt.next_notice_at <= now]
    return sum(_notice(debt) for debt in due)


def _notice(debt: Debt) -> bool:
    """False when another sweep has said it."""
    record = debt.record
    try:
        with transaction.atomic():
            DebtNotice.objects.create(record=record, step=debt.told)
            publish(
                DebtNoticed(
                    record_id=record.pk,
                    organization_id=record.organization_id,
                    step=debt.told,
                    at=clock.now(),
                )
            )
    except IntegrityError:
        return False
    return True


def tell_of_debt(*, record_id: int, step: int) -> bool:
    """Mail the link; False when it is paid meanwhile, or there is no address."""
    record = ChargeDetailRecord.objects.get(pk=record_id)
    debt = debt_of(str(record.public_id))
    driver = debt.record.occasion.driver if debt else None
    if debt is None or driver is None or not driver.email or debt.missing.amount <= 0:
        return False
    context = {"debt": debt, "url": absolute(debt_path(record)), "is_reminder": step > 0}
    send_message(to=driver.email, kind="payment_owed", context=context, locale=driver.locale)
    return True


def debt_path(record: ChargeDetailRecord) -> str:
    """The page that says what is owed; whoever has the link may pay."""
    return reverse("payments:owed", args=[sign(LINK, str(record.public_id))])


def look_at_debt(*, debt: Debt) -> None:
    """After the way back: apply what the hosted page did. What cannot be asked now, the sweep asks."""
    payment = open_payment_of(debt.record.occasion)
    if payment is None:
        return
    try:
        refresh_payment(payment_id=payment.pk)
        follow_hold(payment_id=payment.pk)
    except ProviderError:
        return


def begin_debt_payment(*, debt: Debt) -> str:
    """The hosted page on which what is missing is paid with any card; answers its address.

    A second tab gets the same page: one payment of a session is open at a time, so nothing is paid twice.
    Raises NothingOwed, BeingPaid, CheckoutUnavailable.
    """
    look_at_debt(debt=debt)
    fresh = debt_of(str(debt.record.public_id))
    if fresh is None or fresh.missing.amount <= 0:
        raise NothingOwed(str(debt.record.public_id))
    payment = open_payment_of(debt.record.occasion) or _new_payment(fresh)
    if payment.method_id or payment.operations.exists():
        return _page_of(payment)
    try:
        return open_page(payment, _request(fresh, payment)).url
    except Busy as error:
        raise BeingPaid(str(payment.public_id)) from error


def _page_of(payment: Payment) -> str:
    if url := page_url(payment):
        return url
    raise BeingPaid(str(payment.public_id))


def _new_payment(debt: Debt) -> Payment:
    record = debt.record
    driver = record.occasion.driver
    try:
        return create_payment(
            organization=record.organization,
            currency=record.currency,
            requested_minor=to_minor(debt.missing.amount, record.currency),
            account=getattr(driver, "billing_account", None),
            email=driver.email if driver else "",
            evse=record.occasion.evse,
            session=record.session,
            kept=record.kept,
        )
    except IntegrityError as error:
        raise BeingPaid(str(record.public_id)) from error


def _request(debt: Debt, payment: Payment) -> CheckoutRequest:
    back = absolute(debt_path(debt.record))
    return CheckoutRequest(
        reference=str(payment.public_id),
        amount_minor=payment.requested_minor,
        currency=payment.currency,
        description=f"{debt.record.occasion.station.location.name}, {debt.record.started_at:%Y-%m-%d}",
        success_url=back,
        cancel_url=back,
        expires_at=clock.now() + PAGE_OPEN_FOR,
        customer_ref=payment.account.provider_customer_id if payment.account else "",
        email=payment.email,
    )


@transaction.atomic
def write_off(*, debt: Debt, by: User) -> None:
    """Give up what every reminder could not bring in. Raises NothingOwed."""
    if debt.missing.amount <= 0 or not debt.is_hopeless:
        raise NothingOwed(str(debt.record.public_id))
    missing_minor = to_minor(debt.missing.amount, debt.record.currency)
    if ledger.post_write_off(cdr=debt.record, amount_minor=missing_minor, reason=WRITTEN_OFF) is None:
        raise NothingOwed(str(debt.record.public_id))
    note_action(
        actor=by,
        organization=debt.record.organization,
        action="debt.written_off",
        subject=f"record.{debt.record.public_id}",
        changes={"amount_minor": missing_minor, "currency": debt.record.currency},
    )
