"""Paying in ahead, and taking back what is not used.

A top-up is a payment of its own through the hosted page: taken at once, whole, owed to the driver in the
books until a charge uses it. It is not a sale: tax and receipt come with the charges (a voucher for several
purposes, Art. 73a Directive 2006/112/EC).
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Organization, User
from accounts.notifications import send_message
from core import clock
from core.money import Money
from payments.models import Payment, PrepaidBalance
from payments.providers.base import CheckoutRequest, ProviderError
from payments.selectors.balances import paid_in_minor, shown_balance, terms_for
from payments.selectors.paying import asks_cards
from payments.selectors.refunds import TAKEN_BACK, refundable
from payments.selectors.unpaid import debts_of_driver
from payments.services.addresses import absolute, page_url
from payments.services.attempts import give_up
from payments.services.balances import locked_balance
from payments.services.cards import ensure_account
from payments.services.checkout import PAGE_OPEN_FOR, CheckoutUnavailable, open_page
from payments.services.collecting import collect_for
from payments.services.looking import refresh_payment
from payments.services.operations import Busy
from payments.services.payments import NotPossible, create_payment
from payments.services.refund_states import UNDONE
from payments.services.refunding import refund_payment
from payments.services.starting import follow_hold
from payments.states import OPEN_PAYMENT

Status = Payment.Status


class NotOffered(ValueError):
    """This network takes no money ahead."""


class OutOfBounds(ValueError):
    """Less than the smallest top-up, or more than a balance may come to. Carries what is allowed."""

    def __init__(self, least: Money, most: Money) -> None:
        super().__init__(f"{least} to {most}")
        self.least, self.most = least, most


class BeingPaid(RuntimeError):
    """An earlier top-up is on its way; look again in a moment."""


def bounds(organization: Organization, balance: PrepaidBalance | None) -> tuple[Money, Money]:
    """The smallest and the largest top-up now; the largest may be below the smallest: it is full.

    What is set aside for running charges is there as well.
    """
    terms = terms_for(organization)
    there = max(0, paid_in_minor(balance)) if balance else 0
    currency = balance.currency if balance else organization.currency
    most = max(0, terms.largest_minor - there)
    return Money.of_minor(terms.smallest_minor, currency), Money.of_minor(most, currency)


def begin_top_up(*, driver: User, organization: Organization, amount_minor: int) -> str:
    """The hosted page on which the driver pays it in; answers its address. The card is not kept.

    A second click gets the same page; another amount takes its place. Raises NotOffered, OutOfBounds,
    BeingPaid, CheckoutUnavailable.
    """
    if not terms_for(organization).is_offered or not asks_cards(organization.pk):
        raise NotOffered(str(organization))
    try:
        ensure_account(user=driver, currency=organization.currency)
    except ProviderError as error:
        raise CheckoutUnavailable(str(error)) from error
    balance = _balance(driver, organization)
    payment = _going_on(balance, amount_minor) or _new(balance, amount_minor)
    if url := page_url(payment):
        return url
    try:
        return open_page(payment, _request(payment)).url
    except Busy as error:
        raise BeingPaid(str(payment.public_id)) from error


def _balance(driver: User, organization: Organization) -> PrepaidBalance:
    made, _new = PrepaidBalance.objects.get_or_create(
        organization=organization, user=driver, defaults={"currency": organization.currency}
    )
    return made


def _going_on(balance: PrepaidBalance, amount_minor: int) -> Payment | None:
    """The open top-up of this amount; one of another amount is given up. Raises BeingPaid."""
    look_at_top_up(balance=balance)
    earlier = Payment.objects.filter(tops_up=balance, status__in=OPEN_PAYMENT).first()
    if earlier is None:
        return None
    if earlier.status != Status.CREATED:
        raise BeingPaid(str(earlier.public_id))
    if earlier.requested_minor == amount_minor and page_url(earlier):
        return earlier
    if not earlier.checkout_ref or not give_up(earlier):
        raise BeingPaid(str(earlier.public_id))
    return None


def _new(balance: PrepaidBalance, amount_minor: int) -> Payment:
    try:
        with transaction.atomic():
            balance = locked_balance(balance.pk)
            least, most = bounds(balance.organization, balance)
            if not least.minor <= amount_minor <= most.minor:
                raise OutOfBounds(least, most)
            return create_payment(
                organization=balance.organization,
                currency=balance.currency,
                requested_minor=amount_minor,
                account=balance.user.billing_account,
                email=balance.user.email,
                tops_up=balance,
            )
    except IntegrityError as error:  # another tab was faster: one open top-up per balance
        raise BeingPaid(str(balance)) from error


def _request(payment: Payment) -> CheckoutRequest:
    back = absolute(reverse("payments:balance", args=[payment.organization.slug]))
    return CheckoutRequest(
        reference=str(payment.public_id),
        amount_minor=payment.requested_minor,
        currency=payment.currency,
        description=f"{payment.organization.name}: prepaid balance",
        success_url=back,
        cancel_url=back,
        expires_at=clock.now() + PAGE_OPEN_FOR,
        customer_ref=payment.account.provider_customer_id if payment.account else "",
        email=payment.email,
        keeps_card=False,
    )


def look_at_top_up(*, balance: PrepaidBalance) -> None:
    """After the way back: apply what the hosted page did. What cannot be asked now, the sweep asks."""
    for payment in Payment.objects.filter(tops_up=balance, status__in=OPEN_PAYMENT):
        try:
            refresh_payment(payment_id=payment.pk)
            follow_hold(payment_id=payment.pk)
        except ProviderError:
            continue


def is_coming(balance: PrepaidBalance) -> bool:
    """Whether a top-up is paid, or being confirmed, and not there yet."""
    waiting = Payment.objects.filter(tops_up=balance, status__in=(Status.REQUIRES_ACTION, Status.AUTHORIZED))
    return waiting.exists()


def use_top_up(*, payment_id: int) -> None:
    """It is paid in: what the driver still owes here is taken from it first, and she is told."""
    wanted = ("tops_up__organization", "tops_up__user")
    payment = Payment.objects.select_related(*wanted).get(pk=payment_id)
    balance = payment.tops_up
    if balance is None:
        return
    for debt in debts_of_driver(balance.user_id, balance.organization):
        collect_for(debt.record.occasion)
    _tell(balance, Money.of_minor(payment.captured_minor, payment.currency))


def _tell(balance: PrepaidBalance, amount: Money) -> None:
    if not balance.user.email:
        return
    context = {
        "amount": amount,
        "shown": shown_balance(balance),
        "seller": balance.organization.name,
        "url": absolute(reverse("payments:balance", args=[balance.organization.slug])),
    }
    send_message(to=balance.user.email, kind="topped_up", context=context, locale=balance.user.locale)


def give_back_rest(*, balance: PrepaidBalance, by: User, reason: str = TAKEN_BACK) -> int:
    """What can be spent goes back to the cards that paid it in, the newest first; minor units asked for.

    Safe to repeat: what is on its way back is no longer there. Not inside a transaction. Less than was there
    where the provider refused, or another refund of a top-up is open.
    """
    asked = 0
    for payment in Payment.objects.filter(tops_up=balance, status=Status.CAPTURED).order_by("-pk"):
        left = refundable(payment)
        if left is None:
            continue
        try:
            refund = refund_payment(payment=payment, amount_minor=left.minor, reason=reason, by=by)
        except (Busy, NotPossible):
            continue
        asked += 0 if refund.status in UNDONE else refund.amount_minor
    return asked
