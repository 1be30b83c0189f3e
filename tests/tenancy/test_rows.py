"""The first lock and the API: an organization's rows are seen through its members."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser

from core.tenancy import OrganizationQuerySet
from stations.models import ChargingStation, StationCommand

API = ("locations", "stations", "evses", "sessions")


def scoped_models():
    models = apps.get_models()
    return [model for model in models if isinstance(model._default_manager.all(), OrganizationQuerySet)]


@pytest.mark.parametrize("model", scoped_models(), ids=lambda model: model.__name__)
def test_a_scoped_model_has_an_organization_and_shows_strangers_nothing(model, cast):
    assert model._meta.get_field("organization")
    assert not model.objects.visible_to(cast.charlie).exists()
    assert not model.objects.visible_to(AnonymousUser()).exists()


def test_members_see_their_own_rows(cast):
    assert list(ChargingStation.objects.visible_to(cast.alice.owner)) == [cast.alice.station]


@pytest.mark.parametrize("name", API)
def test_the_api_lists_only_what_is_ones_own(client, cast, name):
    client.force_login(cast.alice.owner)
    rows = client.get(f"/api/v1/{name}/").json()["results"]
    own = {cast.alice.station.pk, cast.alice.session.pk, cast.alice.station.location.pk}
    own |= {evse.pk for evse in cast.alice.station.evses.all()}
    assert all(row["id"] in own for row in rows)
    assert rows


@pytest.mark.parametrize("name", ["stations", "sessions"])
def test_a_foreign_row_of_the_api_is_not_found(client, cast, name):
    client.force_login(cast.alice.owner)
    foreign = cast.bob.station.identity if name == "stations" else cast.bob.session.pk
    assert client.get(f"/api/v1/{name}/{foreign}/").status_code == 404


def ask(client, station, kind="reset", **params):
    body = {"kind": kind, "params": params}
    address = f"/api/v1/stations/{station.identity}/commands/"
    return client.post(address, body, content_type="application/json")


def test_a_member_commands_her_own_station_through_the_api(client, cast):
    client.force_login(cast.alice.owner)
    response = ask(client, cast.alice.station, is_hard=True)
    assert response.status_code == 202
    command = StationCommand.objects.get(pk=response.json()["id"])
    assert (command.requested_by, command.params) == (cast.alice.owner, {"is_hard": True})


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_nobody_else_does(client, cast, who):
    client.force_login(cast.bob.owner if who == "bob" else cast.charlie)
    assert ask(client, cast.alice.station).status_code == 404
    assert StationCommand.objects.filter(station=cast.alice.station).count() == 1  # the cast's own


def test_a_viewer_commands_nothing(client, cast):
    cast.alice.owner.memberships.update(role="viewer")
    client.force_login(cast.alice.owner)
    assert ask(client, cast.alice.station).status_code == 403


@pytest.mark.parametrize(("kind", "params"), [("start_session", {}), ("dance", {}), ("unlock", {})])
def test_a_command_that_does_not_fit_is_a_400(client, cast, kind, params):
    client.force_login(cast.alice.owner)
    assert ask(client, cast.alice.station, kind, **params).status_code == 400


def test_a_filter_that_makes_no_sense_is_a_400(client, cast):
    client.force_login(cast.alice.owner)
    assert client.get("/api/v1/stations/?location=moon").status_code == 400


def test_a_driver_sees_her_own_sessions_everywhere(client, cast):
    type(cast.bob.session).objects.filter(pk=cast.bob.session.pk).update(driver=cast.charlie)
    client.force_login(cast.charlie)
    rows = client.get("/api/v1/sessions/").json()["results"]
    assert [row["id"] for row in rows] == [cast.bob.session.pk]
