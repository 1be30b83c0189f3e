"""Whom the operator of the town has agreements with: a hotel, residents, and the bank account of its own.

Made through the services, once, as if it had been done on the pages before the day that is played.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from accounts.models import Organization, User
from core import clock
from demo import tariffs
from demo.cards import CARD, fill_hosted_page
from demo.cast import HOME_OF_RESIDENTS, Cast
from demo.town import driver_of
from payments.models import CompanyAccount, PrepaidBalance
from payments.services import balance_desk, company_desk, group_desk, hosting, tariff_desk, vouchers
from payments.services.topping_up import begin_top_up, look_at_top_up
from simulator.stations.town import Driver
from stations.models import Location

HOTEL: Final = "Quay Hotel"
COST_CENTER: Final = "Shuttle"
RESIDENTS: Final = "Residents"
RESIDENTS_PRICE: Final = {"energy_per_kwh": "0.29", "idle_per_minute": "0.05"}
TOP_UP_MINOR: Final = 5000
VOUCHERS: Final = 3
VOUCHERS_VALID: Final = timedelta(days=90)


def ensure_customers(*, organization: Organization, actor: User, cast: Cast, since: datetime) -> None:
    """What was agreed holds from `since`; nothing is done where it is there already."""
    if CompanyAccount.objects.filter(organization=organization, name=HOTEL).exists():
        return
    with transaction.atomic(), clock.at(since):
        _say_who_we_are(organization, actor)
        _open_hotel(organization, actor, cast.staff)
        _open_group(organization, actor, cast.residents)
        _offer_balances(organization, actor)
        hosting.pay_ourselves(actor=actor, organization=organization)


def ensure_balances(*, organization: Organization, savers: Iterable[Driver], since: datetime) -> None:
    """They top up on the hosted page and have it from `since` on; once."""
    for driver in map(driver_of, savers):
        if PrepaidBalance.objects.filter(organization=organization, user=driver).exists():
            continue
        page = begin_top_up(driver=driver, organization=organization, amount_minor=TOP_UP_MINOR)
        fill_hosted_page(page, **CARD, email=driver.email)
        with clock.at(since):
            look_at_top_up(balance=driver.balances.get())


def _offer_balances(organization: Organization, actor: User) -> None:
    balance_desk.set_terms(
        actor=actor,
        organization=organization,
        is_offered=True,
        smallest_minor=1000,
        largest_minor=20_000,
        start_minor=500,
    )


def _say_who_we_are(organization: Organization, actor: User) -> None:
    """An invoice is an electronic one as soon as both parties say where they are taxed."""
    company_desk.set_issuer(
        actor=actor,
        organization=organization,
        legal_name=f"{organization.name} ApS",
        street="Quay Road 14",
        postal_code="4000",
        city="Fjordby",
        country_code="DK",
        vat_number="DK12345678",
        email="billing@forecourt.example",
        iban="DK5000400440116243",
        invoice_prefix="FJB",
    )


def _open_hotel(organization: Organization, actor: User, staff: Iterable[Driver]) -> None:
    hotel = company_desk.open_account(
        actor=actor,
        organization=organization,
        name=HOTEL,
        street="Quay Road 2",
        postal_code="4000",
        city="Fjordby",
        country_code="DK",
        vat_number="DK87654321",
        email="accounts@quay-hotel.example",
        monthly_limit_minor=100_000,
    )
    for driver in staff:
        company_desk.add_member(actor=actor, company=hotel, who=driver.email, cost_center=COST_CENTER)
    vouchers.make_vouchers(
        actor=actor,
        company=hotel,
        count=VOUCHERS,
        charges_allowed=10,
        valid_until=clock.now() + VOUCHERS_VALID,
        cost_center="Guests",
        charge_limit_minor=1500,
        total_limit_minor=10_000,
    )


def _open_group(organization: Organization, actor: User, residents: Iterable[Driver]) -> None:
    """Who lives there pays less there than others do."""
    group = group_desk.open_group(actor=actor, organization=organization, name=RESIDENTS)
    for driver in residents:
        group_desk.add_member(actor=actor, group=group, who=driver.email)
    tariff = tariff_desk.make(
        actor=actor,
        organization=organization,
        name=RESIDENTS,
        elements=tariffs.elements(RESIDENTS_PRICE),
        idle_grace_minutes=240,
        hold_minor=4000,
    )
    home = Location.objects.get(organization=organization, slug=HOME_OF_RESIDENTS)
    tariff_desk.put_to_work(actor=actor, tariff=tariff, group=group, location=home)
