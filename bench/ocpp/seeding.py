"""`python -m bench.ocpp.seeding COUNT EVSES`: the stations, cards and drivers that the bridge must know.

Every driver has a card on file, so that each authorization is decided by all checks.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import Decimal

import django

django.setup()

from django.db import transaction  # noqa: E402

from accounts.models import IdToken, Organization, User  # noqa: E402
from bench.ocpp import names  # noqa: E402
from payments.models import BillingAccount, PaymentMethod  # noqa: E402
from stations.models import ChargingStation, Connector, Evse, Location  # noqa: E402
from stations.services.secrets import hash_secret  # noqa: E402

PER_LOCATION = 10


@transaction.atomic
def seed(count: int, evses: int) -> None:
    """`count` stations with so many EVSEs each, ten at a location, and as many drivers with a card."""
    organization = Organization.objects.create(
        name="Bench",
        slug="bench",
        country_code="DE",
        party_id="BEN",
        currency="EUR",
        time_zone="Europe/Berlin",
    )
    stations = _stations(organization, _locations(organization, count), count)
    _evses(organization, stations, evses)
    _drivers(count)


def _locations(organization: Organization, count: int) -> list[Location]:
    return Location.objects.bulk_create(
        Location(
            organization=organization,
            name=f"Bench {number}",
            slug=f"bench-{number}",
            latitude=Decimal("52.5"),
            longitude=Decimal("13.4"),
            time_zone="Europe/Berlin",
        )
        for number in range(-(-count // PER_LOCATION))
    )


def _stations(organization: Organization, places: Sequence[Location], count: int) -> list[ChargingStation]:
    return ChargingStation.objects.bulk_create(
        ChargingStation(
            organization=organization,
            location=places[number // PER_LOCATION],
            identity=names.identity(number),
            secret_hash=hash_secret(names.password(number)),
        )
        for number in range(count)
    )


def _evses(organization: Organization, stations: Sequence[ChargingStation], each: int) -> None:
    evses = Evse.objects.bulk_create(
        Evse(
            organization=organization,
            station=station,
            number=position + 1,
            evse_id=f"DE*BEN*E{number * each + position:05d}",
            code=f"B{number * each + position:05d}",
        )
        for number, station in enumerate(stations)
        for position in range(each)
    )
    Connector.objects.bulk_create(Connector(organization=organization, evse=evse) for evse in evses)


def _drivers(count: int) -> None:
    users = User.objects.bulk_create(User(email=f"{number}@bench.example") for number in range(count))
    accounts = BillingAccount.objects.bulk_create(
        BillingAccount(user=user, provider_customer_id=f"cus_bench{user.pk}") for user in users
    )
    PaymentMethod.objects.bulk_create(
        PaymentMethod(account=account, provider_ref=f"pm_bench{account.pk}", last4="4242", is_default=True)
        for account in accounts
    )
    IdToken.objects.bulk_create(
        IdToken(uid=names.tag(number), user=user) for number, user in enumerate(users)
    )


if __name__ == "__main__":
    seed(int(sys.argv[1]), int(sys.argv[2]))
