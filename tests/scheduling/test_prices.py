"""What a driver reads of a price before the start."""

from __future__ import annotations

import pytest
from django.urls import reverse

from payments.services.tariffs import assign_tariff, create_tariff
from stations.models import ChargingStation, Connector
from tests.factories import StationFactory

pytestmark = pytest.mark.django_db

COMPONENTS = (("FLAT", "0.50"), ("PARKING_TIME", "6"), ("TIME", "3"), ("ENERGY", "0.40"))


@pytest.fixture
def evse(db):
    """A stall that can be used, whose price has everything."""
    evse = StationFactory().evses.get()
    ChargingStation.objects.update(is_connected=True)
    Connector.objects.update(status="available")
    parts = [{"type": kind, "price": price, "step_size": 1} for kind, price in COMPONENTS]
    tariff = create_tariff(
        organization=evse.organization,
        name="All of it",
        currency="EUR",
        elements=[{"price_components": parts}],
        min_price={"before_taxes": "1.00", "after_taxes": "1.25"},
        max_price={"before_taxes": "80.00"},
    )
    assign_tariff(tariff=tariff, evse=evse)
    return evse


def test_every_component_is_shown_before_the_start_in_the_order_of_the_law(client, evse):
    """AFIR Article 5(4), below 50 kW: per kWh, per minute, per session, then any other."""
    page = client.get(reverse("scheduling:start", args=[evse.code])).content.decode()
    words = ["/kWh", "€0.05/min", "€0.10/min", "€0.50", "€1.25", "€80.00", "Held on your card first"]
    places = [page.index(word) for word in words]
    assert places == sorted(places)


def test_a_price_that_is_only_a_minimum_is_not_free_of_charge(client, evse):
    tariff = create_tariff(
        organization=evse.organization, name="Least", currency="EUR",
        elements=[{"price_components": [{"type": "PARKING_TIME", "price": "6", "step_size": 1}]}],
        min_price={"before_taxes": "2.00"},
    )  # fmt: skip
    assign_tariff(tariff=tariff, evse=evse)
    page = client.get(reverse("scheduling:start", args=[evse.code])).content.decode()
    assert "Free of charge" not in page
    assert "€2.00" in page
