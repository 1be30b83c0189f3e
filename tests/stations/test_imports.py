"""Files of other systems: looked at first, written when confirmed, taken back while nothing needs them."""

from __future__ import annotations

import json
import threading

import pytest
from django.db import connection

from accounts.models import AuditEntry
from payments.models import Tariff
from payments.services.tariffs import assign_tariff
from stations.importing import sheets
from stations.models import (
    Arrival,
    ChargingStation,
    DataImport,
    Evse,
    ImportRow,
    Location,
    StationAlias,
)
from stations.services import connectivity, imports, station_rows
from stations.services.secrets import hash_secret, is_password
from tests.factories import (
    LocationFactory,
    MembershipFactory,
    SessionFactory,
    StationFactory,
)
from tests.stations.importing import problem, take, undo, verdicts, write

pytestmark = pytest.mark.django_db

STEVE_BOXES = (
    '"charge_box_pk","charge_box_id","endpoint_address","ocpp_protocol","registration_status",'
    '"charge_point_vendor","charge_point_model","charge_point_serial_number","fw_version","description",'
    '"location_latitude","location_longitude"\n'
    '"1","CP-1","","ocpp1.6J","Accepted","Wallwerk","Duo 22","SN-1","3.1","Yard, left","53.5436","9.9885"\n'
)


@pytest.fixture
def member():
    return MembershipFactory()


# --- stations --------------------------------------------------------------------------------


FULL = (
    "identity,dials as,name,site,address,latitude,longitude,stalls,vendor,model,serial,password\n"
    'BER-1,EVB-P1,Gate,Harbour,Quay 1,"53,54","9,98",2x Type2 22 | CCS 150,Wallwerk,Duo,SN-1,secret-of-one\n'
    "BER-2,,Yard,Harbour,,,,Type2 11,,,,\n"
)


def test_a_preview_writes_nothing_but_itself(member):
    batch = take(member, FULL)
    assert verdicts(batch) == ["new", "new"]
    assert not ChargingStation.objects.exists()
    assert not Location.objects.exists()
    assert batch.rows.first().changes["stalls"] == ["", "3"]


def test_confirmed_rows_become_stations_sites_stalls_and_names(member):
    batch = write(take(member, FULL))
    assert batch.status == "completed"
    station = ChargingStation.objects.get(identity="BER-1")
    assert is_password("secret-of-one", station.secret_hash)
    assert (station.name, station.vendor, station.location.name) == ("Gate", "Wallwerk", "Harbour")
    assert (station.location.is_public, station.location.time_zone) == (False, "UTC")
    assert [(e.current_type, e.max_power_w, e.max_current_a) for e in station.evses.order_by("number")] == [
        ("ac", 22_000, 32),
        ("ac", 22_000, 32),
        ("dc", 150_000, 217),
    ]
    assert station.aliases.get().alias == "EVB-P1"
    assert Location.objects.count() == 1
    assert ChargingStation.objects.get(identity="BER-2").secret_hash == ""
    assert Arrival.objects.filter(arrived_at=None).count() == 2
    assert AuditEntry.objects.get(action="import.confirm").changes["rows"] == 2


def test_the_same_file_again_changes_nothing(member):
    write(take(member, FULL))
    again = take(member, FULL)
    assert verdicts(again) == ["unchanged", "unchanged"]
    with pytest.raises(imports.NothingToDo):
        imports.confirm(batch=again, actor=member.user)


def test_a_change_says_from_what_to_what_and_can_be_undone(member):
    write(take(member, FULL))
    text = FULL.replace("Gate", "North gate").replace("secret-of-one", "another-secret")
    batch = take(member, text)
    assert verdicts(batch) == ["changed", "unchanged"]
    changes = batch.rows.first().changes
    assert changes["name"] == ["Gate", "North gate"]
    assert "another-secret" not in json.dumps(changes)
    write(batch)
    assert is_password("another-secret", ChargingStation.objects.get(identity="BER-1").secret_hash)
    assert undo(batch).status == "undone"
    station = ChargingStation.objects.get(identity="BER-1")
    assert (station.name, is_password("secret-of-one", station.secret_hash)) == ("Gate", True)


def test_a_password_never_stands_in_the_tables(member):
    take(member, FULL)
    with connection.cursor() as cursor:
        cursor.execute("select string_agg(r::text, '') from stations_importrow r")
        assert "secret-of-one" not in cursor.fetchone()[0]


def test_a_password_column_that_is_chosen_later_is_hidden_from_then_on(member):
    batch = take(member, "identity,zzz,latitude,longitude\nA,secret-word,1,2\n")
    imports.remap(batch=batch, mapping={**batch.mapping, "password": "zzz"}, options={})
    assert "secret-word" not in json.dumps(batch.rows.get().cells)
    write(batch)
    assert is_password("secret-word", ChargingStation.objects.get().secret_hash)


def test_a_steve_export_of_charge_boxes_is_recognized(member):
    batch = write(take(member, STEVE_BOXES))
    station = ChargingStation.objects.get()
    assert (station.identity, station.vendor, station.model, station.serial) == (
        "CP-1",
        "Wallwerk",
        "Duo 22",
        "SN-1",
    )
    assert (station.name, station.location.name, str(station.location.latitude)) == (
        "Yard, left",
        "Yard, left",
        "53.543600",
    )
    assert batch.mapping["identity"] == "charge_box_id"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("A:1,,1,2,,", "no colon"),
        (",,1,2,,", "Identity"),
        ("A,,1,,,", "only one"),
        ("A,,91,2,,", "Latitude"),
        ("A,,,,,", "no site"),
        ("A,,1,2,warp 9,", "Stalls"),
        ("A,,1,2,,7", "Security profile"),
        ("A,,1,2,,0", "without a password"),
        ("THEIRS,,1,2,,", "outside your network"),
        ("A,TAKEN,1,2,,", "dials as"),
        ("A,,1,2,,,beyond", "more cells"),
    ],
)
def test_a_bad_row_says_what_to_do(member, row, words):
    StationFactory(identity="THEIRS")
    theirs = ChargingStation.objects.get(identity="THEIRS")
    StationAlias.objects.create(station=theirs, organization=theirs.organization, alias="taken")
    batch = take(member, f"identity,alias,latitude,longitude,stalls,profile\n{row}\n")
    assert words in problem(batch)


def test_a_row_that_stands_twice_is_taken_once(member):
    batch = take(member, "identity,lat,lon\nA,1,2\nB,1,2\nA,1,2\n")
    assert verdicts(batch) == ["new", "new", "problem"]
    assert "line 2" in problem(batch)


def test_rows_without_a_site_take_the_chosen_one(member):
    site = LocationFactory(organization=member.organization, name="Depot")
    batch = take(member, "identity\nA\nB\n")
    assert verdicts(batch) == ["problem", "problem"]
    imports.remap(batch=batch, mapping=batch.mapping, options={"site": site.pk})
    write(batch)
    assert set(ChargingStation.objects.values_list("location", flat=True)) == {site.pk}


def test_another_networks_site_cannot_be_chosen(member):
    batch = take(member, "identity\nA\n", options={"site": LocationFactory().pk})
    assert verdicts(batch) == ["problem"]


def test_what_was_taken_meanwhile_becomes_a_problem_and_the_rest_is_written(member):
    batch = take(member, "identity,lat,lon\nA,1,2\nB,1,2\nC,1,2\n")
    StationFactory(identity="B")
    write(batch)
    assert verdicts(batch) == ["new", "problem", "new"]
    assert set(ChargingStation.objects.values_list("identity", flat=True)) == {"A", "B", "C"}


def test_a_row_the_database_refuses_does_not_hold_up_the_others(member, monkeypatch):
    batch = take(member, "identity,lat,lon\nA,1,2\nB,1,2\nC,1,2\n")
    StationFactory(identity="B")
    original = station_rows._World.__init__

    def forgetful(self, rows, scene):
        original(self, rows, scene)
        self.stations = {}

    monkeypatch.setattr(station_rows._World, "__init__", forgetful)
    write(batch)
    assert verdicts(batch) == ["new", "problem", "new"]
    assert "meanwhile" in problem(batch)


def test_an_import_that_stopped_half_way_goes_on_where_it_was(member, monkeypatch):
    monkeypatch.setattr(imports, "PIECE", 2)
    batch = take(member, "identity,lat,lon\n" + "".join(f"S-{n},1,2\n" for n in range(5)))
    imports.confirm(batch=batch, actor=member.user)
    assert imports._write_piece(batch.pk)
    assert ChargingStation.objects.count() == 2
    imports.run_open()
    imports.run(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.status, ChargingStation.objects.count()) == ("completed", 5)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_import_write_each_row_once(member, monkeypatch):
    monkeypatch.setattr(imports, "PIECE", 3)
    batch = take(member, "identity,lat,lon\n" + "".join(f"S-{n},1,2\n" for n in range(20)))
    imports.confirm(batch=batch, actor=member.user)

    def work():
        for _round in range(20):
            imports.run(batch_id=batch.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)
    batch.refresh_from_db()
    assert (batch.status, ChargingStation.objects.count()) == ("completed", 20)


def test_an_import_is_confirmed_once(member):
    batch = take(member, FULL)
    imports.confirm(batch=batch, actor=member.user)
    with pytest.raises(imports.NotNow):
        imports.confirm(batch=batch, actor=member.user)
    with pytest.raises(imports.NotNow):
        imports.remap(batch=batch, mapping={}, options={})
    with pytest.raises(imports.NotNow):
        imports.discard(batch=batch)


# --- undone ----------------------------------------------------------------------------------


def test_an_import_is_undone_whole(member):
    batch = write(take(member, FULL))
    assert undo(batch).status == "undone"
    assert not ChargingStation.objects.exists()
    assert not Location.objects.exists()
    assert not Evse.objects.exists()
    assert verdicts(take(member, FULL)) == ["new", "new"]


def test_a_site_that_was_there_before_stays(member):
    LocationFactory(organization=member.organization, name="harbour")
    undo(write(take(member, FULL)))
    assert Location.objects.get().name == "harbour"


def test_a_station_that_has_been_there_keeps_the_whole_import(member):
    batch = write(take(member, FULL))
    connectivity.claim({ChargingStation.objects.get(identity="BER-2").pk: "1.6"})
    undo(batch)
    assert (batch.status, ChargingStation.objects.count()) == ("completed", 2)
    assert "BER-2" in batch.note


def test_a_session_or_a_price_of_a_stall_keeps_the_whole_import(member):
    batch = write(take(member, FULL))
    evse = Evse.objects.filter(station__identity="BER-1").first()
    tariff = Tariff.objects.create(organization=member.organization, name="T", currency="EUR", elements=[])
    assignment = assign_tariff(tariff=tariff, evse=evse)
    assert undo(batch).status == "completed"
    assert "tariff assignment" in batch.note
    assignment.delete()
    SessionFactory(evse=evse)
    assert undo(batch).status == "completed"
    assert ChargingStation.objects.count() == 2


def test_what_somebody_changed_since_is_not_overwritten(member):
    write(take(member, FULL))
    batch = write(take(member, FULL.replace("Gate", "North gate")))
    ChargingStation.objects.filter(identity="BER-1").update(name="By hand")
    undo(batch)
    assert (batch.status, ChargingStation.objects.get(identity="BER-1").name) == ("completed", "By hand")


# --- the size of it --------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_the_rows(member, django_assert_max_num_queries):
    text = "identity,alias,site,lat,lon,stalls,password\n" + "".join(
        f"S-{n},OLD-{n},Site {n % 7},1,2,2x Type2 22,pw-{n}\n" for n in range(400)
    )
    with django_assert_max_num_queries(14):
        batch = take(member, text)
    imports.confirm(batch=batch, actor=member.user)
    with django_assert_max_num_queries(40):
        imports.run_open()
    assert ChargingStation.objects.count() == 400
    assert Evse.objects.count() == 800


def test_neither_does_that_of_its_undo(member, django_assert_max_num_queries):
    def text(name):
        rows = (f"S-{n},Site {n % 90},1,2,2x Type2 22,{name} {n}\n" for n in range(200))
        return "identity,site,lat,lon,stalls,name\n" + "".join(rows)

    first, second = write(take(member, text("Old"))), write(take(member, text("New")))
    for batch, most in ((second, 25), (first, 90)):
        imports.undo(batch=batch, actor=member.user)
        with django_assert_max_num_queries(most):
            imports.run_open()
        assert set(ChargingStation.objects.values_list("name", flat=True)) == (
            {f"Old {n}" for n in range(200)} if batch == second else set()
        )
    assert not Location.objects.exists()


def test_a_site_that_somebody_uses_by_now_stays_when_its_import_is_undone(member):
    batch = write(take(member, FULL))
    used = ChargingStation.objects.get(identity="BER-1").location
    StationFactory(location=used, identity="LATER-1")
    assert undo(batch).status == "undone"
    assert set(Location.objects.all()) == {used}


def test_a_file_too_large_is_refused_and_leaves_nothing(member):
    with pytest.raises(sheets.Unreadable):
        take(member, "identity\n" + "A\n" * 20_001)
    assert not DataImport.objects.exists()
    assert not ImportRow.objects.exists()


def test_a_hash_in_a_file_is_no_way_around_the_password(member):
    """What looks like our own seal is taken as the hash it claims to be: without the server's key it
    opens nothing."""
    write(take(member, "identity,lat,lon,password\nA,1,2,hmac-sha256:abc\n"))
    station = ChargingStation.objects.get()
    assert not is_password("hmac-sha256:abc", station.secret_hash)
    assert station.secret_hash != hash_secret("abc")
