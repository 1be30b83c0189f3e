"""A program moves a network in: addresses, imports with preview, arrivals."""

from __future__ import annotations

import pytest

from stations.models import ChargingStation, PathAlias
from stations.services import arrivals, imports
from tests.factories import LocationFactory

pytestmark = pytest.mark.django_db
FILE = "identity;site;latitude;longitude;dials as\nBER-1;Hub;52,52;13,40;EVB-1\nBER:2;Hub;;;\n"


def test_addresses_are_added_listed_and_removed(api):
    made = api.post("path-aliases/", {"pattern": "wss://old.example/ocpp/1.6/{identity}"})
    assert (made.status_code, made.json()["host"]) == (201, "old.example")
    assert [row["pattern"] for row in api.get("path-aliases/").json()["results"]] == ["/ocpp/1.6/{identity}"]
    twice = api.post("path-aliases/", {"pattern": "wss://old.example/OCPP/1.6/{identity}"})
    assert (twice.status_code, list(twice.json())) == (400, ["pattern"])
    assert api.post("path-aliases/", {"pattern": "/ocpp/1.6/CP-1"}).status_code == 400
    assert api.delete(f"path-aliases/{made.json()['id']}/").status_code == 204
    assert not PathAlias.objects.exists()


def test_an_import_is_looked_at_confirmed_and_undone(api):
    made = api.post("imports/", {"kind": "stations", "content": FILE})
    assert made.status_code == 201
    told = made.json()
    assert (told["status"], told["rows"]["new"], told["rows"]["problem"]) == ("draft", 1, 1)
    [bad] = api.get(f"imports/{told['id']}/rows/?verdict=problem").json()["results"]
    assert (bad["number"], "no colon" in bad["problem"]) == (3, True)
    assert not ChargingStation.objects.exists()
    assert api.post(f"imports/{told['id']}/confirm/").json()["status"] == "running"
    assert api.post(f"imports/{told['id']}/confirm/").status_code == 409
    imports.run_open()
    done = api.get(f"imports/{told['id']}/").json()
    assert (done["status"], done["rows"]["done"]) == ("completed", 1)
    [arrival] = api.get("arrivals/?arrived=false").json()["results"]
    assert (arrival["station"], arrival["dials_as"], arrival["arrived_at"]) == ("BER-1", ["EVB-1"], None)
    assert api.post(f"imports/{told['id']}/undo/").json()["status"] == "undoing"
    imports.run_open()
    assert api.get(f"imports/{told['id']}/").json()["status"] == "undone"


def test_an_import_may_be_written_at_once_with_chosen_columns_and_site(api, organization):
    place = LocationFactory(organization=organization, name="Depot")
    asked = {
        "kind": "stations", "content": '[{"box": "B-1"}]', "mapping": {"identity": "box"},
        "site": place.pk, "confirm": True,
    }  # fmt: skip
    assert api.post("imports/", asked).json()["status"] == "running"
    imports.run_open()
    assert ChargingStation.objects.get().location == place


def test_what_cannot_be_read_or_written_is_told(api):
    assert api.post("imports/", {"kind": "stations", "content": "identity\n"}).json().keys() == {"content"}
    assert api.post("imports/", {"kind": "moons", "content": "a\n1\n"}).status_code == 400
    nothing = {"kind": "tokens", "content": "uid\na b\n", "confirm": True}
    told = api.post("imports/", nothing).json()
    assert (told["status"], told["rows"]["problem"]) == ("draft", 1)
    assert api.post(f"imports/{told['id']}/confirm/").status_code == 409


def test_scopes_and_roles_limit_what_a_program_imports(api_as, member):
    assert (
        api_as(scopes=["imports:read"]).post("imports/", {"kind": "stations", "content": FILE}).status_code
        == 403
    )
    member.role = "support"
    member.save()
    program = api_as(scopes=["imports:write"])
    assert program.post("imports/", {"kind": "stations", "content": FILE}).status_code == 403
    assert program.post("imports/", {"kind": "tokens", "content": "uid\nA\n"}).status_code == 201


def test_arrivals_are_filtered(api, station):
    arrivals.expect([station])
    came = arrivals.Came(station=station, ocpp_version="1.6", showed="first_seen", remote_address="")
    arrivals.note([came])
    assert api.get("arrivals/?arrived=true&showed=first_seen").json()["results"][0]["station"] == "HUB-1"
    assert api.get("arrivals/?arrived=false").json()["results"] == []
