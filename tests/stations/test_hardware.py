"""Provisioning, passwords, connectivity, device variables."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from core import clock
from core.models import DomainEvent
from stations.models import ChargingStation, DeviceVariable, Evse
from stations.services import connectivity, provisioning
from stations.services.device import store_variables
from stations.services.secrets import hash_secret, is_password
from tests.factories import NOON, LocationFactory, OrganizationFactory, StationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db):
    return UserFactory()


@pytest.fixture
def made(owner):
    plans = [provisioning.EvsePlan(standards=["IEC_62196_T2"]), provisioning.EvsePlan(max_power_w=11_000)]
    return provisioning.create_station(location=LocationFactory(), identity="CS-A", evses=plans, actor=owner)


def test_a_place_comes_with_its_grid_connection(owner):
    location = provisioning.create_location(
        organization=OrganizationFactory(),
        name="Depot",
        slug="depot",
        latitude=Decimal("52.5"),
        longitude=Decimal("13.4"),
        grid_limit_a=63,
        actor=owner,
    )
    assert location.circuits.get().limit_a == 63
    assert AuditEntry.objects.get().action == "location.create"


def test_a_station_is_made_with_numbered_evses_and_a_password(made):
    station, password = made
    assert [evse.number for evse in station.evses.all()] == [1, 2]
    assert all(evse.connectors.count() == 1 for evse in station.evses.all())
    assert is_password(password, station.secret_hash)
    assert password not in station.secret_hash


def test_public_ids_have_the_form_of_ocpi(made):
    station, _ = made
    assert station.evses.first().evse_id.startswith(f"DE*{station.organization.party_id}*E")


def test_an_identity_is_used_once(made):
    with pytest.raises(provisioning.IdentityTaken):
        provisioning.create_station(location=LocationFactory(), identity="CS-A", evses=[])


def test_a_new_password_replaces_the_old_one(made):
    station, old = made
    new = provisioning.rotate_password(station=station)
    station.refresh_from_db()
    assert is_password(new, station.secret_hash)
    assert not is_password(old, station.secret_hash)


def test_a_password_has_at_least_128_bits(made):
    assert len(bytes.fromhex(made[1])) >= 16


def test_the_hash_needs_the_servers_key(settings):
    before = hash_secret("x")
    settings.STATION_SECRET_KEY = "another"
    assert hash_secret("x") != before


def test_no_station_has_a_colon_in_its_identity():
    with pytest.raises(IntegrityError), transaction.atomic():
        StationFactory(identity="a:b")


def test_evses_are_numbered_from_one(made):
    with pytest.raises(IntegrityError), transaction.atomic():
        Evse.objects.filter(station=made[0], number=1).update(number=0)


def test_the_newest_connection_wins(station):
    first = connectivity.claim({station.pk: "1.6"})[station.pk]
    second = connectivity.claim({station.pk: "2.0.1"})[station.pk]
    assert second == first + 1
    assert not connectivity.disconnected(station_id=station.pk, connection_no=first)
    station.refresh_from_db()
    assert (station.is_connected, station.ocpp_version) == (True, "2.0.1")
    assert connectivity.disconnected(station_id=station.pk, connection_no=second)
    kinds = DomainEvent.objects.values_list("type", flat=True).order_by("id")
    assert list(kinds) == ["stations.StationConnected"] * 2 + ["stations.StationDisconnected"]


def test_a_crowd_that_goes_costs_as_many_queries_as_one(django_assert_num_queries):
    pairs = list(connectivity.claim({StationFactory().pk: "1.6" for _ in range(6)}).items())
    with CaptureQueriesContext(connection) as alone:
        assert connectivity.disconnected_together(pairs[:1]) == 1
    overtaken = connectivity.claim({pairs[1][0]: "1.6"})
    with django_assert_num_queries(len(alone)):
        assert connectivity.disconnected_together(pairs) == 4, "one was gone, and one has come back"
    assert list(ChargingStation.objects.filter(is_connected=True).values_list("pk", flat=True)) == [
        *overtaken
    ]


def test_an_unknown_station_cannot_be_claimed_nor_who_is_claimed_with_it(station):
    with pytest.raises(ChargingStation.DoesNotExist):
        connectivity.claim({station.pk: "1.6", 0: "1.6"})
    station.refresh_from_db()
    assert (station.connection_no, station.is_connected) == (0, False)


def test_last_seen_never_goes_back(station):
    connectivity.touch({station.pk: NOON})
    connectivity.touch({station.pk: NOON - timedelta(hours=1)})
    station.refresh_from_db()
    assert station.last_seen_at == NOON


def test_a_silent_station_is_offline_after_a_while(station):
    connectivity.claim({station.pk: "1.6"})
    assert connectivity.mark_silent() == 0
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert connectivity.mark_silent() == 1
    station.refresh_from_db()
    assert not station.is_connected


def test_the_newest_word_about_a_setting_wins(station):
    said = {"variable": "HeartbeatInterval", "value": "60", "mutability": "ReadWrite"}
    store_variables(station_id=station.pk, variables=[said, {**said, "value": "90"}])
    store_variables(station_id=station.pk, variables=[{"variable": "HeartbeatInterval", "value": "120"}])
    variable = DeviceVariable.objects.get()
    assert (variable.value, variable.mutability) == ("120", "ReadWrite")


def test_settings_of_two_evses_are_two_settings(station):
    said = {"component": "Connector", "variable": "Available", "value": "true"}
    stored = store_variables(
        station_id=station.pk, variables=[{**said, "evse_number": number} for number in (1, 2)]
    )
    assert stored == DeviceVariable.objects.count() == 2
