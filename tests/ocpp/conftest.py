from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.models import IdToken, Organization
from stations.services.provisioning import create_location
from tests.ocpp.doors import free_port, uvicorn_door
from tests.ocpp.network import Network
from tests.ocpp.pki import Maker


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


@pytest.fixture(scope="module")
def ours() -> Maker:
    return Maker.called("Northwind Charging")


@pytest.fixture
def door(settings, tmp_path, ours, station):
    """The bridge, and its TLS port with an ECDSA and an RSA certificate."""
    settings.BRIDGE_TLS_CERT, settings.BRIDGE_TLS_KEY = map(str, ours.server(tmp_path, "ec"))
    settings.BRIDGE_TLS_CERT_2, settings.BRIDGE_TLS_KEY_2 = map(str, ours.server(tmp_path, "rsa"))
    settings.BRIDGE_TLS_PORT = free_port()
    settings.STATION_CA_CERT, settings.STATION_CA_KEY = ours.certificate, ours.key
    with uvicorn_door() as plain:
        yield {"tls": settings.BRIDGE_TLS_PORT, "plain": plain}


@pytest.fixture
def card(network) -> IdToken:
    """A card that may charge anywhere."""
    return network.issue("04A1B2C3")
