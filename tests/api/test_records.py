"""Records through the API: found by what partners ask for, made, changed and removed where one may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import AuditEntry, IdToken
from core import clock
from ocpp_bridge.models import Frame
from scheduling.models import SentProfile
from stations.command_kinds import Reset, WriteVariable
from stations.models import ChargingStation, DeviceVariable, MeterReading
from stations.services import commands
from stations.services.commands import claim_next, record_answer
from tests.factories import NOON, SessionFactory, StationFactory, TokenFactory

pytestmark = pytest.mark.django_db


def found(api, path):
    response = api.get(path)
    assert response.status_code == 200, response.content
    return response.json()["results"]


# --- stations ----------------------------------------------------------------------------------


def test_a_station_tells_how_we_last_heard_of_it(api, station):
    ChargingStation.objects.filter(pk=station.pk).update(
        is_connected=True, last_seen_at=NOON, booted_at=NOON, boot_reason="PowerUp", firmware="2.4"
    )
    told = api.get("stations/HUB-1/").json()
    assert (told["is_connected"], told["last_seen_at"], told["ocpp_version"]) == (
        True,
        "2026-11-20T12:00:00Z",
        "1.6",
    )
    assert (told["booted_at"], told["boot_reason"], told["firmware"]) == (
        "2026-11-20T12:00:00Z",
        "PowerUp",
        "2.4",
    )
    assert len(found(api, "stations/?online=true&last_seen_from=2026-11-20T12:00:00Z&firmware=2.4")) == 1
    assert found(api, "stations/?last_seen_until=2026-11-20T12:00:00%2B00:00") == []


def test_a_station_is_made_with_its_stalls_and_its_password_is_told_once(api, place):
    body = {"identity": "HUB-9", "location": place.pk, "evses": [{}, {"name": "Left", "max_power_w": 11000}]}
    made = api.post("stations/", body)
    assert made.status_code == 201
    assert len(made.json()["password"]) >= 16
    assert [row["number"] for row in found(api, "evses/?station=HUB-9")] == [1, 2]
    assert api.post("stations/", body).status_code == 409
    assert "password" not in api.get("stations/HUB-9/").json()
    fresh = api.post("stations/HUB-9/password/").json()["password"]
    assert fresh != made.json()["password"]


@pytest.mark.parametrize("identity", ["", "a:b", "a/b", "x" * 49, "a b"])
def test_an_impossible_identity_is_a_400(api, place, identity):
    assert api.post("stations/", {"identity": identity, "location": place.pk}).status_code == 400


def test_a_station_is_renamed_moved_and_removed_only_if_it_never_came(api, station, place, organization):
    assert api.patch("stations/HUB-1/", {"name": "New", "firmware": "fake"}).json()["name"] == "New"
    station.refresh_from_db()
    assert station.firmware == ""
    foreign = StationFactory().location
    assert api.patch("stations/HUB-1/", {"location": foreign.pk}).status_code == 400
    ChargingStation.objects.filter(pk=station.pk).update(last_seen_at=NOON)
    assert api.delete("stations/HUB-1/").status_code == 409
    ChargingStation.objects.filter(pk=station.pk).update(last_seen_at=None)
    assert api.delete("stations/HUB-1/").status_code == 204
    acts = AuditEntry.objects.filter(organization=organization, action__startswith="station.")
    assert list(acts.order_by("pk").values_list("action", flat=True)) == ["station.change", "station.remove"]


def test_places_are_made_changed_and_removed_when_empty(api, station, place):
    body = {"name": "Pier", "slug": "pier", "latitude": "53.5", "longitude": "9.9"}
    made = api.post("locations/", body)
    assert made.status_code == 201
    pier = made.json()["id"]
    assert api.patch(f"locations/{pier}/", {"city": "Kiel"}).json()["city"] == "Kiel"
    assert [row["slug"] for row in found(api, "locations/?city=kiel")] == ["pier"]
    assert api.delete(f"locations/{place.pk}/").status_code == 409
    assert api.delete(f"locations/{pier}/").status_code == 204


def test_an_evse_is_added_and_changed_and_keeps_its_public_id(api, station):
    made = api.post("evses/", {"station": "HUB-1", "number": 2, "standards": ["IEC_62196_T2_COMBO"]})
    assert (made.status_code, made.json()["connectors"][0]["standard"]) == (201, "IEC_62196_T2_COMBO")
    address = f"evses/{made.json()['id']}/"
    changed = api.patch(address, {"name": "Right", "evse_id": "DE*XXX*E1"}).json()
    assert (changed["name"], changed["evse_id"]) == ("Right", made.json()["evse_id"])
    assert api.delete(address).status_code == 405
    assert api.post("evses/", {"station": "HUB-1", "number": 2}).status_code == 409
    assert [row["number"] for row in found(api, "evses/?status=unknown&online=false")] == [1, 2]


def test_the_device_model_is_read_with_filters(api, station):
    for component, variable in [("", "HeartbeatInterval"), ("EVSE", "Power")]:
        DeviceVariable.objects.create(
            organization=station.organization, station=station, component=component, variable=variable,
            value="300", mutability="ReadWrite", reported_at=NOON,
        )  # fmt: skip
    assert len(found(api, "stations/HUB-1/variables/")) == 2
    [row] = found(api, "stations/HUB-1/variables/?variable=heartbeatinterval")
    assert (row["value"], row["mutability"]) == ("300", "ReadWrite")


# --- sessions ----------------------------------------------------------------------------------


def test_sessions_are_found_by_station_token_status_and_time(api, station):
    evse = station.evses.get()
    SessionFactory(
        evse=evse, status="completed", ended_at=NOON + timedelta(hours=1), end_reason="Local",
        meter_end_wh=9000, token_uid="04A1",
    )  # fmt: skip
    SessionFactory(evse=evse, started_at=NOON + timedelta(hours=2), review_reasons=["register_backwards"])
    [done] = found(api, "sessions/?station=HUB-1&token=04a1&status=completed,interrupted")
    assert (done["end_reason"], done["meter_start_wh"], done["meter_end_wh"]) == ("Local", 1000, 9000)
    assert found(api, "sessions/?ended_until=2026-11-20T13:00:00Z") == []
    [later] = found(api, "sessions/?started_from=2026-11-20T13:00:00Z&needs_review=true")
    assert later["status"] == "active"
    assert api.get("sessions/?status=sleeping").status_code == 400


def test_a_sessions_readings_come_in_order(api, station):
    session = SessionFactory(evse=station.evses.get())
    for minute in (20, 10):
        MeterReading.objects.create(
            station=station, session=session, taken_at=NOON + timedelta(minutes=minute), received_at=NOON,
            context="Sample.Periodic", energy_wh=1000 + minute,
        )  # fmt: skip
    with clock.at(NOON + timedelta(hours=1)):
        rows = found(api, f"sessions/{session.pk}/readings/")
        assert [row["energy_wh"] for row in rows] == [1010, 1020]
        assert len(found(api, f"sessions/{session.pk}/readings/?from=2026-11-20T12:15:00Z")) == 1


def test_a_program_starts_for_a_token_and_not_for_itself(api, station):
    evse = station.evses.get()
    token = TokenFactory(organization=station.organization, user=None)
    ChargingStation.objects.filter(pk=station.pk).update(is_connected=True)
    assert api.post("sessions/", {"evse_id": evse.evse_id}).status_code == 403
    assert api.post("sessions/", {"evse_id": evse.evse_id, "token_uid": "NOBODY"}).status_code == 404
    made = api.post("sessions/", {"evse_id": evse.evse_id, "token_uid": token.uid})
    assert (made.status_code, made.json()["status"]) == (201, "pending")
    assert api.post("sessions/", {"evse_id": evse.evse_id, "token_uid": token.uid}).status_code == 409
    assert api.post(f"sessions/{made.json()['id']}/stop/").status_code == 202
    assert api.post(f"sessions/{made.json()['id']}/review/").status_code == 409


# --- tokens ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "effective"),
    [
        ({}, "accepted"),
        ({"status": "blocked"}, "blocked"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "expired"),
        (
            {"valid_until": "2099-01-01T00:00:00Z", "group_uid": "fleet", "allows_concurrent": True},
            "accepted",
        ),
    ],
)
def test_a_token_is_issued_in_every_state(api, body, effective):
    made = api.post("tokens/", {"uid": "04A1B2C3", **body})
    assert (made.status_code, made.json()["effective_status"]) == (201, effective)
    assert [row["uid"] for row in found(api, f"tokens/?status={effective}&uid=04a1b2c3")] == ["04A1B2C3"]
    assert found(api, f"tokens/?status={'blocked' if effective != 'blocked' else 'expired'}") == []
    assert api.post("tokens/", {"uid": "04a1b2c3"}).status_code == 409


def test_a_token_is_changed_blocked_and_forgotten_while_unused(api, station):
    made = api.post("tokens/", {"uid": "04A1B2C3"}).json()
    address = f"tokens/{made['id']}/"
    changed = api.patch(address, {"status": "blocked", "group_uid": "fleet", "label": "Pool"}).json()
    assert (changed["status"], changed["group_uid"], changed["label"]) == ("blocked", "FLEET", "Pool")
    assert api.patch(address, {"status": "accepted", "valid_until": None}).json()["status"] == "accepted"
    assert api.patch(address, {"status": "invalid"}).status_code == 400
    SessionFactory(evse=station.evses.get(), id_token=IdToken.objects.get(pk=made["id"]))
    assert api.delete(address).status_code == 409
    free = api.post("tokens/", {"uid": "FREE01"}).json()
    assert api.delete(f"tokens/{free['id']}/").status_code == 204


# --- commands, profiles, journal ---------------------------------------------------------------


def test_the_command_history_is_filtered(api, station, owner):
    first = commands.request(station=station, kind=Reset(), requested_by=owner)
    claim_next(station_id=station.pk, connection_no=1)
    record_answer(command_id=first.pk, outcome="rejected", word="Rejected", answer={"status": "Rejected"})
    commands.request(station=station, kind=WriteVariable(variable="AuthorizationKey", value="hush-hush"))
    [refused] = found(api, "stations/HUB-1/commands/?status=rejected,failed")
    assert (refused["kind"], refused["answer_word"], refused["requested_by"]) == (
        "reset",
        "Rejected",
        owner.email,
    )
    assert refused["took_ms"] is not None
    [waiting] = found(api, "commands/?station=HUB-1&kind=write_variables")
    assert waiting["params"]["value"] == "•••"
    assert api.get("commands/?kind=dance").status_code == 400


def test_a_command_that_has_not_left_is_taken_back(api, station):
    made = api.post("stations/HUB-1/commands/", {"kind": "reset", "expires_in_s": 3600}).json()
    assert api.delete(f"commands/{made['id']}/").json()["status"] == "expired"
    assert api.delete(f"commands/{made['id']}/").status_code == 409


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "non_field_errors"),
        ({"kind": "dance"}, "kind"),
        ({"kind": "reset", "action": "Reset"}, "non_field_errors"),
        ({"kind": "unlock"}, "params"),
        ({"kind": "unlock", "params": {"evse_number": "one"}}, "params"),
        ({"kind": "unlock", "params": {"evse": 1}}, "params"),
        ({"kind": "trigger", "params": {"message": "please"}}, "params"),
        ({"kind": "reset", "params": [1]}, "params"),
        ({"kind": "reset", "expires_in_s": 0}, "expires_in_s"),
        ({"action": "NoSuchAction", "payload": {}}, "params"),
        ({"action": "Reset", "payload": {}}, "params"),
    ],
)
def test_what_cannot_be_asked_is_a_400_that_names_it(api, station, body, named):
    response = api.post("stations/HUB-1/commands/", body)
    assert response.status_code == 400
    assert named in response.json()
    assert api.post("stations/HUB-1/commands/?wait=soon", {"kind": "reset"}).status_code == 400


def test_our_records_are_not_asked_before_asking_the_station(api, station):
    """An unknown connector, session and reservation, at a station that is offline: all are sent as asked."""
    for kind, params in [
        ("unlock", {"evse_number": 77}),
        ("stop_session", {"session_number": 123456}),
        ("cancel_reservation", {"reservation_number": 99}),
    ]:
        assert api.post("stations/HUB-1/commands/", {"kind": kind, "params": params}).status_code == 202


def test_every_kind_is_described(api):
    kinds = {kind["kind"]: kind for kind in api.get("command-kinds/").json()}
    assert kinds["reset"]["needs"] == "help"
    assert kinds["verbatim"]["needs"] == "hardware"
    assert kinds["unlock"]["params"]["required"] == ["evse_number"]
    assert "1.6" in kinds["reset"]["versions"]


def test_charging_profiles_show_the_id_on_the_wire(api, station):
    SentProfile.objects.create(
        organization=station.organization, station=station, evse=station.evses.get(), profile_id=101,
        purpose="default", limit_a=16, status="accepted",
    )  # fmt: skip
    [profile] = found(api, "charging-profiles/?station=HUB-1&purpose=default&status=accepted")
    assert (profile["profile_id"], profile["limit_a"]) == (101, 16)


def test_the_journal_pairs_messages_and_goes_back_by_pages(api, station):
    now = clock.now()
    for number in range(3):
        at = now - timedelta(seconds=number)
        call = f'[2,"m{number}","Heartbeat",{{}}]'
        Frame.objects.create(
            station=station, at=at, direction="in", message_id=f"m{number}", action="Heartbeat", body=call
        )
    first = api.get("stations/HUB-1/messages/?limit=2").json()
    assert [row["message_id"] for row in first["results"]] == ["m0", "m1"]
    assert first["results"][0]["request"] == [2, "m0", "Heartbeat", {}]
    second = api.get(first["next"]).json()
    assert [row["message_id"] for row in second["results"]] == ["m2"]
    assert second["next"] is None
    assert api.get("stations/HUB-1/messages/?action=Reset").json()["results"] == []
    assert len(api.get("stations/HUB-1/messages/?text=m1&direction=in").json()["results"]) == 1
    assert api.get("stations/HUB-1/messages/?errors=true").json()["results"] == []


@pytest.mark.parametrize(
    "wrong", ["from=noon", "direction=up", "cursor=x~y", "limit=all", "errors=2", "color=red"]
)
def test_a_search_in_the_journal_that_makes_no_sense_is_refused_and_named(api, station, wrong):
    response = api.get(f"stations/HUB-1/messages/?{wrong}")
    assert response.status_code == 400
    assert list(response.json()) == [wrong.partition("=")[0]]
