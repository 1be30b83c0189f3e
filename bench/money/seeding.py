"""`python -m bench.money.seeding SESSIONS PLACES`: a tariff, a place for each worker, drivers with cards."""

from __future__ import annotations

import sys
import urllib.parse
import urllib.request
from datetime import timedelta
from decimal import Decimal

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402

from accounts.models import Organization, User  # noqa: E402
from bench.money import town  # noqa: E402
from core import clock  # noqa: E402
from demo.cards import CARD, fill_hosted_page  # noqa: E402
from payments.models import BillingAccount, PrepaidTerms  # noqa: E402
from payments.services.cards import ensure_account, save_card  # noqa: E402
from payments.services.tariffs import assign_tariff, create_tariff  # noqa: E402
from payments.services.topping_up import begin_top_up, look_at_top_up  # noqa: E402
from stations.models import ChargingStation, Evse, Location  # noqa: E402

TEST_CARDS = {True: "pm_card_visa", False: "pm_card_chargeCustomerFail"}


def seed(sessions: int, places: int) -> None:
    """Everything that stands before the first charge; nothing is broken yet."""
    _place(places)
    for number in range(town.drivers(sessions)):
        user = _driver(town.email(number))
        if town.keeps_balance(number):
            _top_up(user)


@transaction.atomic
def _place(places: int) -> None:
    organization = Organization.objects.create(
        name="Bench", slug="bench", country_code="DE", party_id="BEN", currency="EUR"
    )
    location = Location.objects.create(
        organization=organization, name="Bench", slug="bench", latitude=Decimal(52), longitude=Decimal(13)
    )
    station = ChargingStation.objects.create(organization=organization, location=location, identity="BENCH")
    Evse.objects.bulk_create(
        Evse(
            organization=organization,
            station=station,
            number=number + 1,
            evse_id=f"DE*BEN*E{number:05d}",
            code=f"B{number:05d}",
        )
        for number in range(places)
    )
    component = {"type": "ENERGY", "price": town.PRICE_PER_KWH, "vat": "20", "step_size": 1}
    tariff = create_tariff(
        organization=organization,
        name="Bench",
        elements=[{"price_components": [component]}],
        hold_minor=town.HOLD_MINOR,
    )
    assign_tariff(tariff=tariff, starts_at=clock.now() - timedelta(days=9))


def _driver(address: str) -> User:
    account = ensure_account(user=User.objects.create(email=address))
    save_card(account=account, method_ref=_attached(account, TEST_CARDS[town.has_paying_card(address)]))
    return account.user


def _top_up(user: User) -> None:
    """On the hosted page, as she would."""
    organization = Organization.objects.get()
    PrepaidTerms.objects.get_or_create(organization=organization, is_offered=True)
    page = begin_top_up(driver=user, organization=organization, amount_minor=town.TOP_UP_MINOR)
    fill_hosted_page(page, **CARD, email=user.email)
    look_at_top_up(balance=user.balances.get())


def _attached(account: BillingAccount, card: str) -> str:
    """One of the provider's test cards, as a finished setup would have left it."""
    request = urllib.request.Request(  # noqa: S310 (loopback)
        f"{settings.STRIPE_API_BASE}/v1/payment_methods/{card}/attach",
        urllib.parse.urlencode({"customer": account.provider_customer_id}).encode(),
        {"Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 (loopback)
        return reference_in(answer.read())


def reference_in(body: bytes) -> str:
    import json

    return str(json.loads(body)["id"])


if __name__ == "__main__":
    seed(int(sys.argv[1]), int(sys.argv[2]))
