"""The one-time QR code on a station's display (2.1 C25): who turns it on, what is kept, whom it lets on."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.db import IntegrityError, connection
from django.urls import resolve, reverse

from accounts.models import AuditEntry, Membership
from core import clock
from simulator.stations.web_payments import WebPayments
from stations.models import Connector, Evse, PaymentCode, StationCommand
from stations.services import asking, commands, payment_codes
from tests.factories import EvseFactory, MembershipFactory, StationFactory
from tests.stations.telling import after

pytestmark = pytest.mark.django_db


@pytest.fixture
def station(db, at_noon):
    return StationFactory(identity="HUB 1/ä", ocpp_version="2.1", is_connected=True)


@pytest.fixture
def owner(station):
    return MembershipFactory(organization=station.organization).user


@pytest.fixture
def shown(station):
    """The station's display, after it has taken what it was asked."""
    payment_codes.turn_on(station=station)
    return display_of(station)


def display_of(station):
    claimed = commands.claim_next(station_id=station.pk, connection_no=1)
    kind = commands.read(claimed)
    commands.record_answer(command_id=claimed.pk, outcome="accepted", word="Accepted")
    return WebPayments(
        is_enabled=kind.is_on,
        url_template=kind.url_template,
        secret=kind.shared_secret,
        length=kind.length,
        validity_s=kind.validity_s,
    )


def path_shown(display, station, at=None, evse=1):
    url = display.url(station.identity, evse, at or clock.now())
    return url.removeprefix("http://127.0.0.1:8000")


def turn(client, station, is_on):
    return client.post(reverse("door:payment_code", args=["HUB-2"]), {"is_on": str(int(is_on))})


# --- the operator ----------------------------------------------------------------------------


@pytest.fixture
def hub(owner, station):
    return StationFactory(identity="HUB-2", ocpp_version="2.1", location=station.location)


def test_an_operator_turns_it_on_and_off_and_sees_how_it_stands(client, owner, hub):
    client.force_login(owner)
    page = reverse("door:security", args=["HUB-2"])
    assert "Show the code" in client.get(page).content.decode()
    assert turn(client, hub, True).status_code == 302
    assert "the charger was asked" in client.get(page).content.decode()
    display_of(hub)
    assert "the charger has taken it" in client.get(page).content.decode()
    assert turn(client, hub, False).status_code == 302
    claimed = commands.claim_next(station_id=hub.pk, connection_no=1)
    commands.record_answer(command_id=claimed.pk, outcome="rejected", word="UnknownComponent")
    assert "the charger refused: UnknownComponent" in client.get(page).content.decode()
    told = AuditEntry.objects.filter(action="station.payment_code", actor=owner)
    assert [entry.changes for entry in told.order_by("pk")] == [{"is_on": True}, {"is_on": False}]


@pytest.mark.parametrize("role", [Membership.Role.VIEWER, Membership.Role.SUPPORT])
def test_who_may_not_manage_hardware_may_not_turn_it_on(client, hub, role):
    client.force_login(MembershipFactory(organization=hub.organization, role=role).user)
    assert turn(client, hub, True).status_code == 403
    assert not PaymentCode.objects.exists()


def test_an_older_version_has_no_such_code(client, owner, hub):
    hub.ocpp_version = "2.0.1"
    hub.save()
    client.force_login(owner)
    assert "Show the code" not in client.get(reverse("door:security", args=["HUB-2"])).content.decode()
    with pytest.raises(asking.CannotBeAsked):
        payment_codes.turn_on(station=hub, actor=owner)
    assert turn(client, hub, True).status_code == 302
    assert not StationCommand.objects.exists()


def test_the_secret_stands_nowhere_in_clear(station, shown):
    with connection.cursor() as cursor:
        cursor.execute("select p::text, c::text from stations_paymentcode p, stations_stationcommand c")
        [texts] = cursor.fetchall()
    assert len(shown.secret) >= 40
    assert not any(shown.secret in text for text in texts)
    assert StationCommand.objects.get().params["shared_secret"] == "•••"


def test_each_turning_on_shares_another_secret(station, shown):
    payment_codes.turn_on(station=station)
    assert display_of(station).secret != shown.secret


def test_a_code_that_is_on_has_a_secret(station, shown):
    with pytest.raises(IntegrityError):
        PaymentCode.objects.update(sealed="")


# --- the guest -------------------------------------------------------------------------------


def test_the_address_that_the_station_fills_in_is_ours(station, shown):
    match = resolve(unquote(path_shown(shown, station)))
    assert match.view_name == "scheduling:scan"
    assert (match.kwargs["identity"], match.kwargs["evse_number"]) == ("HUB 1/ä", 1)


def test_a_good_code_leads_to_its_stall_and_has_it_kept_once(client, station, shown):
    for _ in range(2):
        answer = client.get(path_shown(shown, station))
        assert answer.status_code == 302
    evse = Evse.objects.get()
    assert answer["Location"].startswith(reverse("scheduling:start", args=[evse.code]) + "?scan=")
    told = StationCommand.objects.get(kind="tell_web_payment")
    assert told.params == {"evse_number": 1, "timeout_s": 5 * 60}
    assert client.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(-60, 403), (-30, 302), (0, 302), (30, 302), (61, 403)])
def test_a_code_holds_for_its_half_minute_and_those_beside_it(client, station, shown, seconds, status):
    path = path_shown(shown, station)
    with clock.at(clock.now() + timedelta(seconds=seconds)):
        assert client.get(path).status_code == status


def refused(client, path):
    answer = client.get(path)
    text = answer.content.decode()
    assert "Please scan again" in text
    assert "/c/" not in text
    assert 'href="/"' not in text.split("<main")[1]
    assert not StationCommand.objects.filter(kind="tell_web_payment").exists()
    return answer.status_code == 403


def test_a_wrong_code_leads_nowhere(client, station, shown):
    good = path_shown(shown, station)
    password = good.split("/")[-3]
    for bad in (
        good.replace(password, password.swapcase()),
        good.replace(password, "ä" * 8),
        good.replace(password, password + "0"),
        good.replace("/v1/", "/v2/"),
        good.replace("/1/", "/2/"),
        good.replace("/1/", "/99999999999999/"),
        good.replace("HUB", "HUD"),
        good.replace("HUB", "%00HUB"),
    ):
        assert refused(client, bad), bad


def test_a_code_of_another_station_or_after_it_was_turned_off_leads_nowhere(client, station, shown):
    other = StationFactory(identity="HUB-3", ocpp_version="2.1")
    payment_codes.turn_on(station=other)
    assert refused(client, path_shown(shown, other))
    payment_codes.turn_off(station=station)
    assert refused(client, path_shown(shown, station))


def test_a_proof_opens_no_other_stall_and_not_for_long(client, station, shown):
    other = EvseFactory(station=station, number=2)
    here = client.get(path_shown(shown, station))["Location"]
    query = here.partition("?")[2]
    elsewhere = reverse("scheduling:start", args=[other.code]) + "?" + query
    for act in (client.get, client.post):
        assert act(elsewhere).status_code == 403
        assert act(here + "x").status_code == 403
    assert client.get(here).status_code == 200


def test_limits_of_the_address_are_shown_and_others_are_ignored(client, station, shown):
    Connector.objects.update(status="available")
    path = path_shown(shown, station) + "?maxenergy=20000&maxtime=1800&maxcost=-1&color=blue"
    text = client.get(client.get(path)["Location"]).content.decode()
    assert "As asked at the charger, at most:" in text
    assert "20 kWh" in text
    assert "30 min" in text


def test_who_tries_too_often_waits(client, station, shown, monkeypatch):
    monkeypatch.setattr("scheduling.views.scan.is_within", lambda key, limit: False)
    answer = client.get(path_shown(shown, station))
    assert answer.status_code == 429
    assert "Wait a minute" in answer.content.decode()


def test_a_station_that_is_away_is_told_nothing(client, station, shown):
    station.is_connected = False
    station.save()
    assert client.get(path_shown(shown, station)).status_code == 302
    assert not StationCommand.objects.filter(kind="tell_web_payment").exists()


def test_a_look_without_opening_tells_the_station_nothing(client, station, shown):
    assert client.head(path_shown(shown, station)).status_code == 302
    assert not StationCommand.objects.filter(kind="tell_web_payment").exists()


def test_what_was_never_sent_in_time_is_refused_and_can_be_asked_again(station):
    payment_codes.turn_on(station=station)
    with clock.at(after(2 * 86_400)):
        commands.expire_due()
    assert PaymentCode.objects.get().state == "refused"
    payment_codes.turn_on(station=station)
    assert PaymentCode.objects.get().state == "asked"
