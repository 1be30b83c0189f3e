"""The steps on site: sockets, test charge and phases, labels, the record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from core import clock, outbox
from stations.models import (
    ChargingSession,
    ChargingStation,
    CommissioningRecord,
    StallLabel,
    StationCommand,
)
from stations.services import commissioning, commissioning_steps
from stations.services.commissioning_pdf import record_pdf
from stations.services.labels import NotALabel, read_label
from tests.factories import (
    ConnectorFactory,
    EvseFactory,
    MembershipFactory,
    SessionFactory,
    StationFactory,
)
from tests.stations.commissioning import Installer, an_installer
from tests.stations.telling import Storyteller, begin, finish, reading, status

pytestmark = pytest.mark.django_db


@pytest.fixture
def installer(station):
    """At a connected charger with two stalls."""
    ConnectorFactory(evse=EvseFactory(station=station, number=2))
    ChargingStation.objects.filter(pk=station.pk).update(is_connected=True, booted_at=clock.now())
    link = commissioning.make_link(location=station.location, station=station)
    return an_installer(link)


def stall(installer: Installer, number: int = 1):
    station = installer.link.station
    assert station is not None
    return station.evses.get(number=number)


# --- sockets ----------------------------------------------------------------------------------------


def test_a_stall_that_answers_stands_out_and_is_told_apart(installer, told):
    told(status("occupied", "Preparing", evse_number=2))
    page = installer.sees()
    assert page.count("This one has just answered.") == 1
    installer.does("stalls/2/name", name="  B  ")
    check = installer.link.checks.get()
    assert (stall(installer, 2).name, check.socket_seen["said"]) == ("B", "Preparing")


def test_two_stalls_with_each_other_s_name_change_places(installer):
    installer.does("stalls/1/name", name="A")
    installer.does("stalls/2/name", name="B")
    installer.does("stalls/1/label", label=stall(installer, 1).code)
    installer.does("stalls/1/name", name="B")
    assert [stall(installer, 1).name, stall(installer, 2).name] == ["B", "A"]
    assert "changed places" in installer.sees()
    assert not installer.link.checks.filter(label_at__isnull=False).exists(), "labels are looked at again"


def test_unlocking_twice_asks_the_charger_once(installer):
    for _ in range(2):
        installer.does("stalls/2/unlock")
    assert StationCommand.objects.get().params["evse_number"] == 2


def test_a_charger_that_is_away_cannot_be_asked(installer):
    ChargingStation.objects.update(is_connected=False)
    for act in ("unlock", "start"):
        installer.does(f"stalls/1/{act}")
        assert "The charger is not connected" in installer.sees()
    assert not StationCommand.objects.exists()


# --- test charge ------------------------------------------------------------------------------------


def charge(installer: Installer, told: Storyteller, number: int = 1, amperes: int = 16) -> ChargingSession:
    """The whole of a test charge with three phases."""
    installer.does(f"stalls/{number}/start")
    session = ChargingSession.objects.latest("pk")
    start_at = clock.now() - timedelta(minutes=5)
    token = session.start_token
    [answer] = told(begin(evse_number=number, token_uid=token, started_at=start_at))
    for minute in (1, 2, 3):
        phases = {
            "current_ma": {"L1": amperes * 1000, "L2": amperes * 1000, "L3": 15_500},
            "voltage_dv": {"L1-N": 2304, "L2-N": 2310, "L3-N": 2298},
        }
        told(
            reading(
                taken_at=start_at + timedelta(minutes=minute),
                number=answer.number,
                energy_wh=1000 + 180 * minute,
                power_w=11_000 - minute * 10,
                other={"phases": phases},
            )
        )
    told(finish(answer.number, ended_at=start_at + timedelta(minutes=4), meter_end_wh=1720))
    outbox.deliver_pending()
    session.refresh_from_db()
    return session


def test_a_test_charge_is_asked_for_once_however_often_the_form_arrives(installer):
    for _ in range(3):
        installer.does("stalls/1/start")
    session = ChargingSession.objects.get()
    assert (session.purpose, session.driver, session.start_attempt.door) == ("test", None, "test")
    assert StationCommand.objects.filter(kind="start_session").count() == 1


def test_the_phases_of_a_test_charge_are_shown_and_judged(installer, told):
    charge(installer, told)
    page = installer.sees().replace("\N{NO-BREAK SPACE}", " ")
    assert "L1 16.0 A · L2 16.0 A · L3 15.5 A" in page
    assert "L1 230.4 V · L2 231.0 V · L3 229.8 V" in page
    assert "Voltage and current are as they should be." in page
    assert "Power of the test charge" in page


def test_a_stall_in_use_is_left_alone(installer):
    SessionFactory(evse=stall(installer))
    installer.does("stalls/1/start")
    assert "Somebody is charging there." in installer.sees()
    assert not ChargingSession.objects.filter(purpose="test").exists()


def test_the_installer_stops_what_the_link_has_started_and_nothing_else(installer, told):
    foreign = SessionFactory(evse=stall(installer, 2))
    installer.does("stalls/2/stop")
    assert not StationCommand.objects.exists()
    installer.does("stalls/1/start")
    test = ChargingSession.objects.get(purpose="test")
    told(begin(evse_number=1, token_uid=test.start_token, started_at=clock.now()))
    for _ in range(2):
        installer.does("stalls/1/stop")
    stop = StationCommand.objects.get(kind="stop_session")
    assert stop.session == test != foreign


@pytest.mark.parametrize("why", ["lasted", "taken", "revoked"])
def test_a_test_charge_ends_by_itself(installer, told, why):
    installer.does("stalls/1/start")
    test = ChargingSession.objects.get()
    told(begin(evse_number=1, token_uid=test.start_token, started_at=clock.now()))
    assert commissioning_steps.stop_spent() == 0
    if why == "taken":
        ChargingSession.objects.update(energy_wh=commissioning_steps.TEST_WH)
    if why == "revoked":
        commissioning.revoke(link=installer.link)
    with clock.at(clock.now() + (timedelta(minutes=16) if why == "lasted" else timedelta(0))):
        assert commissioning_steps.stop_spent() == 1
        assert commissioning_steps.stop_spent() == 0, "asked once"
    assert StationCommand.objects.get(kind="stop_session").session == test


def test_a_link_is_no_filling_station(installer, told, monkeypatch):
    monkeypatch.setattr(commissioning_steps, "TESTS", 1)
    charge(installer, told)
    installer.does("stalls/1/start")
    assert "No more test charges" in installer.sees()
    assert ChargingSession.objects.count() == 1


def test_the_measured_rotation_is_kept(installer):
    installer.does("stalls/1/rotation", rotation="STR")
    assert installer.link.checks.get().rotation == "STR"
    assert installer.does("stalls/1/rotation", rotation="XYZ").status_code == 422


# --- labels -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["code", "evse_id", "address"])
def test_the_stall_s_own_label_is_right_as_it_is(installer, of):
    evse = stall(installer)
    text = {"code": evse.code.lower(), "evse_id": evse.evse_id, "address": f"https://x.org/c/{evse.code}/"}[
        of
    ]
    assert installer.does("stalls/1/label", label=text).status_code == 302
    assert installer.link.checks.get().label in (evse.code, evse.evse_id)
    assert not StallLabel.objects.exists()


def test_the_label_of_the_stall_beside_it_is_refused_by_its_name(installer):
    installer.does("stalls/2/name", name="B")
    answer = installer.does("stalls/1/label", label=stall(installer, 2).evse_id)
    assert answer.status_code == 409
    assert "leads to stall B, number 2 of this charger" in answer.content.decode()


def test_the_label_of_somebody_else_s_stall_is_refused_without_a_word_about_it(installer):
    other = StationFactory(identity="SECRET-1").evses.get()
    answer = installer.does("stalls/1/label", label=other.code)
    assert answer.status_code == 409
    assert "of another charger" in answer.content.decode()
    assert "SECRET-1" not in answer.content.decode()


def test_a_label_from_a_roll_leads_to_its_stall_from_now_on(installer, client):
    for _ in range(2):
        assert installer.does("stalls/1/label", label="https://x.org/c/Roll-0042").status_code == 302
    assert StallLabel.objects.get().text == "ROLL-0042"
    assert client.get("/c/roll-0042/").status_code == 200
    assert client.get("/charge/?code=ROLL-0042")["Location"] == f"/c/{stall(installer).code}/"


def test_a_label_that_was_put_on_the_wrong_stall_moves_with_the_link_that_bound_it(installer, station):
    installer.does("stalls/1/label", label="ROLL-0042")
    assert installer.does("stalls/2/label", label="ROLL-0042").status_code == 302
    assert StallLabel.objects.get().evse == stall(installer, 2)
    second = an_installer(commissioning.make_link(location=station.location, station=station))
    assert second.does("stalls/1/label", label="ROLL-0042").status_code == 409


@pytest.mark.parametrize("text", ["", "a", "<script>", "x" * 60, "what?", "\0\0\0"])
def test_what_no_label_says_is_no_label(text):
    with pytest.raises(NotALabel):
        read_label(text)


# --- the record -------------------------------------------------------------------------------------


@pytest.fixture
def finished(installer, told):
    told(status("occupied", "Preparing"))
    for number, name in ((1, "A"), (2, "B")):
        installer.does(f"stalls/{number}/name", name=name)
        charge(installer, told, number)
        installer.does(f"stalls/{number}/label", label=stall(installer, number).code)
        installer.does(f"stalls/{number}/rotation", rotation="RST")
    installer.does("finish", installer="Ida Berg", company="Berg Elektro", notes="Fuse 3 replaced.")
    return installer


def test_the_record_holds_everything_that_was_seen(finished):
    record = CommissioningRecord.objects.get()
    first = record.evidence["stalls"][0]
    assert (record.installer, record.evidence["missing"]) == ("Ida Berg", [])
    assert (first["name"], first["is_proven"], first["socket_seen"]["said"]) == ("A", True, "Preparing")
    assert first["tests"][0]["amperes"] == {"L1": 16.0, "L2": 16.0, "L3": 15.5}
    assert len(first["tests"][0]["readings"]) == 3
    assert [start["outcome"] for start in record.evidence["starts"]] == ["succeeded", "succeeded"]


def test_what_was_left_out_is_said_in_the_record(installer):
    installer.does("finish", installer="Ida Berg")
    assert CommissioningRecord.objects.get().evidence["missing"] == ["sockets", "charge", "labels"]


def test_finishing_twice_writes_one_record_and_closes_the_link(finished):
    assert finished.does("finish", installer="Somebody Else").status_code == 302
    assert CommissioningRecord.objects.get().installer == "Ida Berg"
    for step in ("stalls/1/name", "stalls/1/start", "stalls/1/label", "stalls/1/unlock", "password"):
        answer = finished.does(step, name="C", label="ROLL-1")
        assert (answer.status_code, "is finished" in answer.content.decode()) == (409, True)
    assert stall(finished).name == "A"
    assert "The record as PDF" in finished.sees()


def test_a_record_is_not_written_while_energy_flows(installer, told):
    installer.does("stalls/1/start")
    answer = installer.does("finish", installer="Ida Berg")
    assert (answer.status_code, CommissioningRecord.objects.count()) == (422, 0)
    assert "Stop the test charge first" in answer.content.decode()


def test_a_record_is_never_changed(finished):
    record = CommissioningRecord.objects.get()
    for change in (lambda: record.delete(), lambda: CommissioningRecord.objects.update(notes="better")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_installer_and_operator_get_the_same_pdf(finished, client):
    mine = finished.browser.get(f"{finished.path}record.pdf")
    assert (mine.status_code, mine["Content-Type"], mine.content[:5]) == (200, "application/pdf", b"%PDF-")
    record = CommissioningRecord.objects.get()
    client.force_login(MembershipFactory(organization=record.organization).user)
    assert client.get(f"/operate/commissioning/records/{record.public_id}.pdf").status_code == 200
    page = client.get(f"/operate/chargers/{record.station.identity}/commissioning/").content.decode()
    assert "Ida Berg" in page
    assert "commissioned on" in client.get(f"/operate/chargers/{record.station.identity}/").content.decode()


def test_the_pdf_stands_notes_of_any_length_and_script(finished):
    record = CommissioningRecord.objects.get()
    record.notes = "Ω €  漢字 " * 400
    assert b"/Count 2" in record_pdf(record), "two pages"


def test_nobody_else_gets_the_record(finished, client):
    record = CommissioningRecord.objects.get()
    assert client.get(f"{finished.path}record.pdf").status_code == 403
    client.force_login(MembershipFactory().user)
    assert client.get(f"/operate/commissioning/records/{record.public_id}.pdf").status_code == 404


def test_a_charger_without_stalls_is_no_error(installer):
    installer.link.station.evses.all().delete()
    assert "has not said yet which stalls" in installer.sees()
