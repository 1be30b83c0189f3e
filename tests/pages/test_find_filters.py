"""Find: by plug, power and price; which filter hides everything; and when a stall is expected to be free."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import QueryDict

from accounts.models import Vehicle
from core import clock
from scheduling.forms import read_wish
from scheduling.selectors.places import find_places
from scheduling.selectors.stalls import stalls_of
from scheduling.services.reservations import book
from scheduling.times import ceil_to_step
from scheduling.views.filters import ways_out
from tests.pages.town import build_town, charge

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(db):
    return build_town()


def names(query: str) -> set[str]:
    return {place.location.name for place in find_places(read_wish(QueryDict(query), None))}


def stall(town, number: int):
    location = town.locations["harbour-hub"]
    return stalls_of([location.pk])[location.pk][number - 1]


def test_only_places_with_the_plug_are_found(town):
    assert names("plug=IEC_62196_T2") == {"Lakeside Park & Ride", "Riverbank"}
    assert names("plug=CHADEMO") == set()


def test_only_places_with_the_power_are_found(town):
    assert names("power=300") == {"Harbour Hub"}
    assert names("fast=1") == {"Harbour Hub", "Market Street Garage", "East Works"}


def test_only_places_below_the_price_are_found(town):
    assert names("most=0.10") == set()
    assert len(names("most=0.60")) == 8


@pytest.mark.parametrize("odd", ["plug=ZZZ", "power=abc", "most=NaN", "most=-1", "power=", "most=1e9"])
def test_what_is_no_filter_hides_nothing(town, odd):
    assert len(names(odd)) == 8


def test_a_plug_that_is_chosen_counts_instead_of_the_cars(town):
    car = Vehicle.objects.get(user=town.driver)
    found = find_places(read_wish(QueryDict("plug=IEC_62196_T2"), car))
    assert {place.location.name for place in found} == {"Lakeside Park & Ride", "Riverbank"}


def test_an_empty_list_names_the_filters_that_would_help(town):
    found = ways_out(QueryDict("q=harbour&power=300&plug=CHADEMO"), None)
    assert [(one.label, one.places) for one in found] == [("CHAdeMO", 1)]
    assert "plug" not in found[0].query


def test_an_empty_page_offers_them(client, town):
    page = client.get("/?plug=CHADEMO&power=300").content.decode()
    assert "Leave one of these out:" in page
    assert "?power=300" in page


def test_a_charging_stall_says_when_it_is_expected_to_be_free(town):
    evse = town.evse("harbour-hub", 3)
    charge(evse, started_at=clock.now() - timedelta(minutes=10), driver=town.driver, power_w=77_000, soc=50)
    minutes = (stall(town, 3).free_at - clock.now()) / timedelta(minutes=1)
    assert 15 < minutes < 60  # 30 % of 77 kWh at what it draws now


def test_without_a_level_or_a_car_nobody_guesses(town):
    charge(town.evse("harbour-hub", 3), started_at=clock.now() - timedelta(minutes=10), driver=None)
    assert stall(town, 3).free_at is None


def test_a_free_stall_says_until_when(town):
    start_at = ceil_to_step(clock.now() + timedelta(hours=2))
    book(
        evse=town.evse("harbour-hub", 2), driver=town.driver, start_at=start_at,
        end_at=start_at + timedelta(minutes=30),
    )  # fmt: skip
    assert stall(town, 2).free_until == start_at
    assert stall(town, 2).is_free
