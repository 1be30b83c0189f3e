"""The API: the same rules as the pages, in JSON."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts.models import Membership
from core import clock
from scheduling.models import Reservation
from tests.scheduling.town import HOUR, NOW, make_driver, make_evse, make_location

pytestmark = pytest.mark.django_db
URL = "/api/v1/reservations/"


@pytest.fixture(autouse=True)
def noon():
    with clock.at(NOW):
        yield


@pytest.fixture
def evse():
    return make_evse(make_location())


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def wish(evse, start=1, hours=1):
    return {"evse": evse.evse_id, "start_at": NOW + start * HOUR, "end_at": NOW + (start + hours) * HOUR}


def test_a_driver_books_sees_and_cancels(evse):
    client = client_of(make_driver())
    made = client.post(URL, wish(evse), format="json")
    assert (made.status_code, made.data["status"], made.data["evse"]) == (201, "confirmed", evse.evse_id)
    listed = client.get(URL).data["results"]
    assert [each["id"] for each in listed] == [made.data["id"]]
    gone = client.delete(f"{URL}{made.data['id']}/")
    assert (gone.status_code, gone.data["status"]) == (200, "canceled")
    Reservation.objects.update(status="missed")
    assert client.delete(f"{URL}{made.data['id']}/").status_code == 409


def test_a_taken_time_is_a_conflict_that_names_the_next_free_times(evse):
    client_of(make_driver()).post(URL, wish(evse), format="json")
    refused = client_of(make_driver()).post(URL, wish(evse), format="json")
    assert refused.status_code == 409
    assert refused.data["next_free"][0] == {
        "evse": evse.evse_id,
        "start_at": "2026-03-02T14:00:00Z",
        "end_at": "2026-03-02T15:00:00Z",
    }


@pytest.mark.parametrize("change", [{"start_at": "soon"}, {"end_at": NOW - HOUR}, {"energy_wh": -1}])
def test_nonsense_is_refused(evse, change):
    assert client_of(make_driver()).post(URL, {**wish(evse), **change}, format="json").status_code == 400


def test_strangers_see_nothing_and_change_nothing(evse):
    made = client_of(make_driver()).post(URL, wish(evse), format="json")
    stranger, url = client_of(make_driver()), f"{URL}{made.data['id']}/"
    assert [stranger.get(url).status_code, stranger.delete(url).status_code] == [404, 404]
    assert stranger.get(URL).data["results"] == []
    assert APIClient().get(URL).status_code == 401


def test_members_see_their_places_bookings_and_some_may_cancel_them(evse):
    made = client_of(make_driver()).post(URL, wish(evse), format="json")
    url = f"{URL}{made.data['id']}/"
    viewer, operator = make_driver(), make_driver()
    Membership.objects.create(user=viewer, organization=evse.organization, role="viewer")
    Membership.objects.create(user=operator, organization=evse.organization, role="operator")
    assert [client_of(viewer).get(url).status_code, client_of(viewer).delete(url).status_code] == [200, 403]
    assert client_of(operator).delete(url).status_code == 200


def test_a_private_place_cannot_be_found_by_others():
    evse = make_evse(make_location(is_public=False))
    assert client_of(make_driver()).post(URL, wish(evse), format="json").status_code == 404
    slug = evse.station.location.slug
    assert APIClient().get(f"/api/v1/locations/{slug}/availability/").status_code == 404


def test_everybody_may_see_when_a_public_place_is_free(evse):
    slug = evse.station.location.slug
    client_of(make_driver()).post(URL, wish(evse), format="json")
    day = APIClient().get(f"/api/v1/locations/{slug}/availability/").data
    assert len(day) == 96
    taken = [quarter["start_at"] for quarter in day if not quarter["free"]]
    assert (taken[0], len(taken)) == ("2026-03-02T13:00:00Z", 4)
    bad = APIClient().get(f"/api/v1/locations/{slug}/availability/?day=tomorrow")
    assert bad.status_code == 400
