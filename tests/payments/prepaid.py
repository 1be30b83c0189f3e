"""Drivers who have paid in ahead, in a few words."""

from __future__ import annotations

from accounts.models import Organization
from core.money import Money
from payments.models import Payment, PrepaidBalance, PrepaidTerms
from payments.selectors import owed_minor
from payments.selectors.balances import available_minor, paid_in_minor, prepaid_account
from payments.services.topping_up import begin_top_up, look_at_top_up
from tests.payments.stories import deliver, pay_on_page


def offer(organization: Organization, **more) -> PrepaidTerms:
    """10.00 at least, 200.00 at most, 5.00 to begin with."""
    return PrepaidTerms.objects.create(organization=organization, is_offered=True, **more)


def pay_in(story, stand_in, amount_minor=5000, **card) -> PrepaidBalance:
    """The driver's balance after she has paid in so much on the hosted page."""
    organization = story.evse.station.organization
    if not PrepaidTerms.objects.filter(organization=organization).exists():
        offer(organization)
    url = begin_top_up(driver=story.driver, organization=organization, amount_minor=amount_minor)
    pay_on_page(stand_in, url, **card)
    balance = PrepaidBalance.objects.get(user=story.driver, organization=organization)
    look_at_top_up(balance=balance)
    deliver()
    return balance


def amounts(balance) -> tuple[int, int]:
    """What is paid in, and what of it can be spent."""
    return paid_in_minor(balance), available_minor(balance)


def in_the_books(balance) -> int:
    return -owed_minor(prepaid_account(balance.pk), "EUR")


def draws(balance) -> list[tuple[str, int]]:
    found = Payment.objects.filter(paid_from=balance).order_by("pk")
    return list(found.values_list("status", "captured_minor"))


def euro(minor: int) -> Money:
    return Money.of_minor(minor, "EUR")
