"""An installer's link: one device, for a while, and for nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from accounts.models import AuditEntry
from core import clock, outbox
from core.links import sign
from ocpp_bridge import turned_away
from ocpp_bridge.callers import Caller
from stations.models import ChargingStation, CommissioningLink, StationTemplate
from stations.services import commissioning, onboarding
from stations.services.secrets import is_password
from tests.factories import LocationFactory, MembershipFactory, StationFactory
from tests.stations.commissioning import Installer, an_installer

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(station):
    return commissioning.make_link(location=station.location, station=station)


@pytest.fixture
def expected(db, at_noon):
    location = LocationFactory(name="Quay")
    template = StationTemplate.objects.create(
        organization=location.organization, name="AC", evse_count=2, max_power_w=11_000
    )
    return commissioning.make_link(location=location, template=template)


# --- one device -------------------------------------------------------------------------------------


def test_who_only_looks_does_not_begin(link):
    """A mail scanner or a preview opens the address, and the installer still can."""
    scanner = Client()
    assert "Begin on this device" in scanner.get(Installer(link).path).content.decode()
    link.refresh_from_db()
    assert link.status_word == "open"
    assert "Connection" in an_installer(link).sees()


def test_the_first_device_that_begins_owns_the_link_and_others_are_told_so(link):
    owner, second = an_installer(link), Installer(link)
    for answer in (second.opens(), second.begins(), second.does("stalls/1/start")):
        assert answer.status_code == 403
        assert "in use on another device" in answer.content.decode()
    assert owner.opens().status_code == 200


def test_to_begin_twice_is_to_begin_once(link):
    """The answer to the first press was lost on the way."""
    installer = an_installer(link)
    began_at = CommissioningLink.objects.get().claimed_at
    assert installer.begins().status_code == 302
    assert CommissioningLink.objects.get().claimed_at == began_at
    assert AuditEntry.objects.filter(action="commissioning.begin").count() == 1


def test_a_browser_without_cookies_is_told_what_to_do(link):
    answer = Client().post(f"{Installer(link).path}begin/")
    assert (answer.status_code, "keeps no cookies" in answer.content.decode()) == (403, True)


def test_renewing_moves_the_link_to_another_device_and_keeps_what_was_done(link):
    lost = an_installer(link)
    old_path = lost.path
    lost.does("stalls/1/name", name="A")
    commissioning.renew(link=link)
    dead = lost.browser.get(old_path)
    assert (dead.status_code, "replaced by a newer one" in dead.content.decode()) == (410, True)
    assert 'value="A"' in an_installer(link).sees()


# --- for a while ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("end", "words"), [("expire", "has expired"), ("revoke", "was taken back")])
def test_a_dead_link_does_nothing_and_says_why(link, end, words):
    installer = an_installer(link)
    if end == "revoke":
        commissioning.revoke(link=link)
    later = clock.now() + (timedelta(days=8) if end == "expire" else timedelta(0))
    with clock.at(later):
        for answer in (installer.opens(), installer.does("stalls/1/name", name="B"), installer.begins()):
            assert (answer.status_code, words in answer.content.decode()) == (410, True)
    assert ChargingStation.objects.get().evses.get().name == ""


def test_an_altered_or_cut_link_is_not_found(link):
    path = Installer(link).path
    for broken in (path[:-9] + "/", path.replace(path[20], "_", 1), "/commission/nonsense/"):
        assert Client().get(broken).status_code == 404


def test_a_link_of_another_kind_opens_nothing(link):

    assert Client().get(f"/commission/{sign('live', f'{link.public_id}.1')}/").status_code == 404


def test_too_many_requests_are_asked_to_wait(link, monkeypatch):
    monkeypatch.setattr("stations.views.commission_guard.ACTS", 2)
    installer = an_installer(link)
    assert [installer.does("password").status_code for _ in range(3)][-1] == 429


# --- for nothing else -------------------------------------------------------------------------------


def test_the_page_is_found_by_no_search_engine_and_tells_nobody_its_address(link):
    answer = an_installer(link).opens()
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]


def test_only_the_link_s_own_stalls_can_be_named(link):
    stranger = StationFactory()
    stranger.evses.update(number=7)
    assert an_installer(link).does("stalls/7/start").status_code == 404


def test_the_link_opens_no_page_of_operators(link):
    browser = an_installer(link).browser
    for path in ("/operate/", f"/operate/chargers/{link.station.identity}/", "/api/v1/stations/"):
        assert browser.get(path).status_code in (302, 401, 403)
    assert "_auth_user_id" not in browser.session


# --- the expected charger ---------------------------------------------------------------------------


def test_the_installer_names_the_expected_charger_and_gets_its_password(expected):
    installer = an_installer(expected)
    assert installer.does("identity", identity="WB-77").status_code == 302
    station = ChargingStation.objects.get(identity="WB-77")
    assert station.location.name == "Quay"
    assert list(station.evses.values_list("number", "max_power_w")) == [(1, 11_000), (2, 11_000)]
    expected.refresh_from_db()
    password = commissioning.password_of(expected)
    assert is_password(password, station.secret_hash)
    assert password in installer.sees()


def test_naming_it_twice_is_the_same_and_another_name_is_refused(expected):
    installer = an_installer(expected)
    assert installer.does("identity", identity="WB-77").status_code == 302
    assert installer.does("identity", identity="WB-77").status_code == 302
    assert installer.does("identity", identity="WB-78").status_code == 409
    assert ChargingStation.objects.count() == 1


@pytest.mark.parametrize("identity", ["", "a b c", "x:y:z", "../1"])
def test_what_no_charger_may_be_called_is_explained(expected, identity):
    answer = an_installer(expected).does("identity", identity=identity)
    assert (answer.status_code, "error-summary" in answer.content.decode()) == (422, True)


def test_a_charger_that_exists_cannot_be_taken_over(expected):
    mine = StationFactory(location=expected.location, identity="OURS-1")
    other = StationFactory(identity="THEIRS-1")
    hashes = {mine.secret_hash, other.secret_hash}
    for identity in ("OURS-1", "THEIRS-1"):
        assert an_installer(expected).does("identity", identity=identity).status_code == 409
        commissioning.renew(link=expected)
    assert set(ChargingStation.objects.values_list("secret_hash", flat=True)) == hashes


def test_a_charger_that_waits_already_is_adopted_by_its_name(expected):
    onboarding.hold(organization=expected.organization, identity="WB-9", remote_address="", secret_hash="x")
    an_installer(expected).does("identity", identity="WB-9")
    station = ChargingStation.objects.get(identity="WB-9")
    assert (station.registration, station.location, station.evses.count()) == (
        "accepted",
        expected.location,
        2,
    )


# --- the connection ---------------------------------------------------------------------------------


def test_a_password_is_made_once_however_often_the_form_arrives(link):
    installer = an_installer(link)
    installer.does("password", after="")
    link.refresh_from_db()
    first = commissioning.password_of(link)
    installer.does("password", after="")
    link.refresh_from_db()
    assert commissioning.password_of(link) == first != ""
    installer.does("password", after=link.password_nonce)
    link.refresh_from_db()
    assert commissioning.password_of(link) not in (first, "")


def test_a_password_that_was_changed_elsewhere_is_not_shown(link):
    from stations.services.provisioning import rotate_password

    installer = an_installer(link)
    installer.does("password")
    assert "set-password" in installer.sees()
    rotate_password(station=link.station)
    assert 'id="set-password"' not in installer.sees()


def knock(
    identity: str, reason: str, organization_id: int | None = None, address: str = "203.0.113.9"
) -> None:
    caller = Caller(identity, b"", None, ("ocpp1.6",), address)
    turned_away.count_failure(caller, turned_away.Reason(reason), organization_id=organization_id)


def test_each_failed_attempt_is_explained_also_of_nearly_the_right_name(link):
    ChargingStation.objects.update(identity="HUB-1042")
    installer = an_installer(link)
    knock("HUB-1042", "wrong_password", link.organization_id)
    knock("hub1042", "unknown_identity", address="198.51.100.77")
    page = installer.sees()
    assert "The password is wrong." in page
    assert "203.0.113.9" in page
    assert "No charger has this identity." in page
    assert "hub1042" in page
    assert "198.51.100.77" not in page, "where a stranger called from is nobody's business"


def test_what_other_networks_and_other_chargers_did_is_not_told(link):
    ChargingStation.objects.update(identity="HUB-1042")
    sister = StationFactory(location=link.location, identity="HUB-1043")
    foreign = StationFactory(identity="HUB-1044")
    installer = an_installer(link)
    knock(sister.identity, "wrong_password", link.organization_id)
    knock(foreign.identity, "wrong_password", foreign.organization_id)
    knock("GARAGE-7", "unknown_identity")
    page = installer.sees()
    for told in ("HUB-1043", "HUB-1044", "GARAGE-7"):
        assert told not in page


# --- the operator -----------------------------------------------------------------------------------


@pytest.fixture
def operator(station, client):
    member = MembershipFactory(organization=station.organization)
    client.force_login(member.user)
    return member


def test_an_operator_makes_a_link_and_it_is_mailed(
    client, operator, station, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            f"/operate/chargers/{station.identity}/commissioning/new/", {"email": "x@example.org", "days": 7}
        )
    link = CommissioningLink.objects.get()
    assert answer["Location"] == f"/operate/commissioning/{link.public_id}/"
    outbox.deliver_pending()
    [message] = mail.outbox
    assert (message.to, "/commission/" in message.body) == (["x@example.org"], True)
    path = message.body.split("/commission/")[1].split()[0]
    assert Client().get(f"/commission/{path}").status_code == 200
    page = client.get(answer["Location"]).content.decode()
    assert "/commission/" in page
    assert 'role="img"' in page, "its QR code"


def test_a_link_that_was_renewed_before_the_mail_left_is_not_mailed(station):
    link = commissioning.make_link(location=station.location, station=station, email="x@example.org")
    commissioning.renew(link=link)
    outbox.deliver_pending()
    assert len(mail.outbox) == 1


def test_who_may_only_look_gets_no_key(client, operator, link):
    operator.delete()
    viewer = MembershipFactory(organization=link.organization, role="viewer")
    client.force_login(viewer.user)
    assert "/commission/" not in client.get(f"/operate/commissioning/{link.public_id}/").content.decode()
    for path in (f"{link.public_id}/renew/", f"{link.public_id}/revoke/", "new/"):
        assert client.post(f"/operate/commissioning/{path}").status_code == 403


def test_what_an_operator_types_wrong_comes_back_with_its_reason(client, operator, station):
    answer = client.post(
        f"/operate/chargers/{station.identity}/commissioning/new/", {"email": "x", "days": 9}
    )
    assert (answer.status_code, CommissioningLink.objects.count()) == (422, 0)


def test_who_did_what_is_on_record(link):
    installer = an_installer(link)
    installer.does("stalls/1/name", name="A")
    commissioning.revoke(link=link)
    acts = AuditEntry.objects.filter(action__startswith="commissioning.").order_by("pk")
    assert list(acts.values_list("action", flat=True)) == [
        "commissioning.make",
        "commissioning.begin",
        "commissioning.tell_socket",
        "commissioning.revoke",
    ]
