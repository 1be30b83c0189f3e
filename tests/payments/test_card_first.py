"""A booking that may cost a fee needs a way to pay: a card is saved first, and what was chosen is kept."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from core import clock
from payments.models import KeptStall, PaymentMethod
from payments.rating.plain import PlainTariff, fields_of
from scheduling.models import Reservation
from scheduling.times import ceil_to_step
from stations.models import ChargingStation, Location
from tests.payments.stories import pay_on_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def priced(story):
    plain = PlainTariff(vat=Decimal(20), per_kwh=Decimal("0.50"), missed_fee=Decimal(5))
    story.tariff.elements = fields_of(plain, "EUR")["elements"]
    story.tariff.save(update_fields=["elements"])
    Location.objects.update(is_public=True)
    ChargingStation.objects.update(is_connected=True)
    return story


def wish(story):
    """Noon of tomorrow: late in the evening today has no room for it."""
    start_at = (clock.now() + timedelta(days=1)).replace(hour=12, minute=0)
    slot = f"{start_at:%Y%m%dT%H%M}Z-45-{story.evse.code}"
    return {"slot": slot, "by": "time", "minutes": "45", "day": f"{start_at:%Y-%m-%d}"}


def test_the_card_is_saved_first_and_the_wish_is_found_again(client, priced, stand_in):
    client.force_login(priced.driver)
    slug = priced.evse.station.location.slug
    asked = client.post(reverse("scheduling:book", args=[slug]), wish(priced))
    assert (asked.status_code, Reservation.objects.count()) == (302, 0)
    pay_on_page(stand_in, asked["Location"], email=priced.driver.email)
    back = client.get(reverse("scheduling:site", args=[slug]), {"card": "saved"})
    text = back.content.decode()
    assert PaymentMethod.objects.filter(account__user=priced.driver, is_usable=True).exists()
    assert "Your card is saved" in text
    assert 'name="minutes" value="45"' in text
    assert re.search(r"Book \d\d:\d\d at stall [^,]+, €5.00 if you do not come", text)
    client.post(reverse("scheduling:book", args=[slug]), wish(priced))
    assert KeptStall.objects.get().driver == priced.driver


def test_the_api_refuses_it_and_tells_the_fees_of_one_that_was_made(client, priced, stand_in):
    client.force_login(priced.driver)
    start_at = ceil_to_step(clock.now() + timedelta(hours=2))
    body = {
        "evse": priced.evse.evse_id,
        "start_at": start_at.isoformat(),
        "end_at": (start_at + timedelta(hours=1)).isoformat(),
    }
    refused = client.post("/api/v1/reservations/", body, content_type="application/json")
    assert refused.status_code == 402
    asked = {"evse": body["evse"], "start_at": body["start_at"]}
    assert client.get("/api/v1/reservations/terms/", asked).json()["missed_fee"] == "5.00"
    priced.give_card("pm_card_visa")
    made = client.post("/api/v1/reservations/", body, content_type="application/json")
    assert made.status_code == 201
    fees = made.json()["fees"]
    assert (fees["missed_fee"], fees["reservation_fee"], fees["currency"]) == ("5.00", "0.00", "EUR")
    listed = client.get("/api/v1/reservations/").json()
    assert listed["results"][0]["fees"] == fees
