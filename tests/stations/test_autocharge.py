"""Autocharge: a car starts its driver's charge by its address, once she has agreed, and only hers."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import IdToken
from accounts.services_autocharge import AddressTaken, forget_vehicle_address, recognize_vehicle
from stations.facts import TokenPresented
from stations.models import StartAttempt
from stations.selectors_autocharge import candidates
from stations.services import attempts
from stations.vehicles import address_of, grouped
from tests.factories import TokenFactory, UserFactory, VehicleFactory
from tests.stations.telling import after, begin

ADDRESS = "AABBCCDDEEFF"


@pytest.fixture
def car():
    return VehicleFactory(name="Blue one")


def plugged_in(uid="AA:BB:CC:DD:EE:FF", type="MacAddress"):
    return TokenPresented(uid=uid, type=type, evse_number=1)


@pytest.mark.parametrize(
    ("uid", "type", "address"),
    [
        ("aa:bb:cc:dd:ee:ff", "MacAddress", ADDRESS),
        ("VID:AABBCCDDEEFF", "", ADDRESS),
        ("vid:aa-bb-cc-dd-ee-ff", "ISO14443", ADDRESS),
        (ADDRESS, "EVCCID", ADDRESS),
        (ADDRESS, "ISO14443", ""),
        ("", "MacAddress", ""),
    ],
)
def test_an_address_is_read_however_a_station_writes_it(uid, type, address):
    assert address_of(uid, type) == address


def test_people_read_it_in_pairs():
    assert grouped(ADDRESS) == "AA:BB:CC:DD:EE:FF"
    assert grouped("LONGER-ISO-20-ID") == "LONGER-ISO-20-ID"


def test_an_unknown_car_is_refused_and_its_address_is_kept_for_its_driver(station, told):
    [decision] = told(plugged_in())
    assert decision.status == "invalid"
    assert IdToken.objects.get().type == "vehicle"
    attempt = StartAttempt.objects.get()
    assert (attempt.door, attempt.outcome, attempt.token_uid) == ("autocharge", "failed", ADDRESS)


def test_a_car_whose_driver_has_agreed_charges_on_her_account(station, told, car):
    told(plugged_in())
    recognize_vehicle(vehicle=car, token=IdToken.objects.get())
    for fact in (plugged_in(), plugged_in("VID:AABBCCDDEEFF", "")):
        [decision] = told(fact)
        assert decision.status == "accepted"
    told(begin(token_uid="VID:AABBCCDDEEFF"))
    session = told.session()
    assert session.driver == car.user
    assert attempts.follow_started(session_id=session.pk).door == "autocharge"


def test_a_card_with_the_digits_of_an_address_is_no_car(station, told, car):
    told(plugged_in())
    recognize_vehicle(vehicle=car, token=IdToken.objects.get())
    [decision] = told(TokenPresented(uid=ADDRESS, type="ISO14443"))
    assert decision.status == "invalid"


def test_consent_ends_when_she_says_so(station, told, car):
    told(plugged_in())
    recognize_vehicle(vehicle=car, token=IdToken.objects.get())
    assert forget_vehicle_address(vehicle=car) == 1
    [decision] = told(plugged_in())
    assert decision.status == "invalid"
    car.refresh_from_db()
    assert car.autocharge_since is None


def test_an_address_stands_for_one_car(station, told, car):
    told(plugged_in())
    token = IdToken.objects.get()
    recognize_vehicle(vehicle=car, token=token)
    with pytest.raises(AddressTaken):
        recognize_vehicle(vehicle=VehicleFactory(), token=token)
    with pytest.raises(AddressTaken):
        recognize_vehicle(vehicle=car, token=TokenFactory(status="invalid", user=None))


# --- the page


@pytest.fixture
def driver(station, told, car):
    """She plugged in, was not recognized, and used her card."""
    TokenFactory(uid="CARD1", user=car.user)
    told(plugged_in())
    told(begin(started_at=after(120)))
    return car.user


def test_only_whoever_charged_there_is_offered_the_address(driver):
    assert [one.address for one in candidates(driver)] == ["AA:BB:CC:DD:EE:FF"]
    assert candidates(UserFactory()) == []


def agree(client, car, **said):
    token = IdToken.objects.get(type="vehicle")
    return client.post(
        reverse("driver:autocharge"), {"token": token.pk, "vehicle": car.pk, "agreed": "yes", **said}
    )


def test_the_page_is_off_by_default_and_asks_for_consent(client, driver, car):
    client.force_login(driver)
    text = client.get(reverse("driver:autocharge")).content.decode()
    assert "AA:BB:CC:DD:EE:FF" in text
    assert "not recognized" in text
    agree(client, car, agreed="")
    assert IdToken.objects.get(type="vehicle").status == "invalid"
    agree(client, car)
    assert IdToken.objects.get(type="vehicle").user == driver
    assert "recognized since" in client.get(reverse("driver:autocharge")).content.decode()
    client.post(reverse("driver:autocharge_forget", args=[car.pk]))
    assert IdToken.objects.get(type="vehicle").user is None


def test_nobody_takes_an_address_or_a_car_that_is_not_hers(client, driver, car):
    stranger = VehicleFactory()
    client.force_login(stranger.user)
    agree(client, stranger)
    assert IdToken.objects.get(type="vehicle").status == "invalid"
    client.force_login(driver)
    agree(client, stranger)
    agree(client, car, vehicle="x")
    assert IdToken.objects.get(type="vehicle").status == "invalid"
    client.force_login(stranger.user)
    assert client.post(reverse("driver:autocharge_forget", args=[car.pk])).status_code == 404
