from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.models import IdToken, Organization
from stations.services.provisioning import create_location
from tests.ocpp.network import Network


@pytest.fixture
def network(db) -> Network:
    """One organization, one place, and stations made on request."""
    organization = Organization.objects.create(
        name="Northwind Charging", slug="northwind", country_code="DE", party_id="NWC", currency="EUR"
    )
    location = create_location(
        organization=organization,
        name="Harbour",
        slug="harbour",
        latitude=Decimal("53.54"),
        longitude=Decimal("9.98"),
    )
    return Network(organization=organization, location=location)


@pytest.fixture
def station(network):
    return network.add("CP-1")


@pytest.fixture
def card(network) -> IdToken:
    """A card that may charge anywhere."""
    return network.issue("04A1B2C3")
