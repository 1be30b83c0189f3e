"""Certificates that do not arrive, and keys that get none any more (2.0.1 A02, A03)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from accounts.models import AuditEntry
from core import clock
from core.outbox import deliver_pending
from ocpp_bridge.replay import Conversation
from stations.attention import Attention
from stations.models import ChargingStation, SecurityEvent, StationCertificate, StationCommand
from stations.selectors_door import attention
from stations.services import certificate_delivery, certificates, commands
from tests.factories import MembershipFactory, StationFactory
from tests.ocpp.knocking import NAME, settle
from tests.ocpp.pki import Maker, csr, make_key
from tests.ocpp.talk import call

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(station):
    return MembershipFactory(organization=station.organization).user


@pytest.fixture
def issued(station, settings) -> StationCertificate:
    maker = Maker.called(NAME)
    settings.STATION_CA_CERT, settings.STATION_CA_KEY = maker.certificate, maker.key
    return certificates.sign_request(
        station_id=station.pk, csr=csr(make_key(), common_name="CP-1", organization=NAME)
    )


def end(issued: StationCertificate, how: str, time_machine) -> StationCertificate:
    """Let the delivery end without an answer."""
    if how == "timed_out":
        StationCommand.objects.update(status="sent", sent_at=clock.now(), connection_no=1)
    time_machine.move_to(clock.now() + timedelta(minutes=11), tick=False)
    commands.expire_due()
    commands.time_out_unanswered()
    return StationCertificate.objects.get(pk=issued.pk)


def needs(user) -> list[Attention]:
    return [found for found in attention(user) if "did not arrive" in str(found.title)]


def test_a_certificate_on_its_way_needs_nobody(issued, owner):
    assert (issued.undelivered, issued.can_be_sent_again, needs(owner)) == ("", False, [])
    with pytest.raises(certificate_delivery.NothingToSend):
        certificate_delivery.send_again(certificate=issued, actor=owner)


@pytest.mark.parametrize(
    ("how", "why"),
    [("expired", "The charger was not connected in time"), ("timed_out", "The charger did not answer")],
)
def test_one_that_did_not_arrive_says_why_and_is_sent_again(issued, owner, station, time_machine, how, why):
    lost = end(issued, how, time_machine)
    assert lost.undelivered == how
    (told,) = needs(owner)
    assert str(told.detail) == why
    certificate_delivery.send_again(certificate=lost, actor=owner)
    assert not needs(owner)
    asked = settle(Conversation(station), {"status": "Accepted"})
    assert asked["certificateChain"] == issued.pem
    assert StationCertificate.objects.get().status == "installed"
    assert AuditEntry.objects.get(action="certificate.send_again").actor == owner


def test_one_that_the_charger_refused_can_be_sent_again(issued, owner, station):
    conversation = Conversation(station)
    settle(conversation, {"status": "Rejected"})
    refused = StationCertificate.objects.get()
    assert (refused.status, refused.can_be_sent_again, len(needs(owner))) == ("refused", True, 1)
    certificate_delivery.send_again(certificate=refused, actor=owner)
    settle(conversation, {"status": "Accepted"})
    assert StationCertificate.objects.get().status == "installed"


def test_a_late_answer_still_counts(issued, station, time_machine):
    lost = end(issued, "timed_out", time_machine)
    commands.record_answer(command_id=lost.command_id, outcome="accepted", word="Accepted")
    while deliver_pending():
        pass
    assert StationCertificate.objects.get().status == "installed"


def test_an_older_one_is_not_sent_after_a_newer(issued, owner, station, time_machine):
    lost = end(issued, "expired", time_machine)
    certificates.sign_request(
        station_id=station.pk, csr=csr(make_key(), common_name="CP-1", organization=NAME)
    )
    with pytest.raises(certificate_delivery.NothingToSend):
        certificate_delivery.send_again(certificate=lost, actor=owner)
    assert not needs(owner)


def test_one_that_did_not_arrive_does_not_hide_that_the_former_ends(issued, owner, time_machine):
    certificate_delivery.mark_installed(certificate=issued)
    StationCertificate.objects.update(valid_until=clock.now() + timedelta(days=9))
    newer = certificates.sign_request(
        station_id=issued.station_id, csr=csr(make_key(), common_name="CP-1", organization=NAME)
    )
    ends = [str(found.detail) for found in attention(owner) if "Ends on" in str(found.detail)]
    assert not ends
    end(newer, "expired", time_machine)
    ends = [str(found.detail) for found in attention(owner) if "Ends on" in str(found.detail)]
    assert len(ends) == 1


# --- keys ----------------------------------------------------------------------------------


def ask(station: ChargingStation, request: str) -> str:
    (reply,) = Conversation(station).exchange(call("SignCertificate", {"csr": request}))
    return json.loads(reply)[2]["status"]


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_the_key_of_a_revoked_certificate_gets_no_new_one(issued, station, kind):
    request = csr(make_key(kind), common_name="CP-1", organization=NAME)
    lost = certificates.sign_request(station_id=station.pk, csr=request)
    certificates.revoke(certificate=lost, because="key compromise")
    assert (ask(station, request), ask(station, request)) == ("Rejected", "Rejected")
    warning = SecurityEvent.objects.get()
    assert (warning.type, warning.is_urgent) == ("RequestWithRevokedKey", True)
    assert "make a new key" in warning.info
    fresh = csr(make_key(kind), common_name="CP-1", organization=NAME)
    assert ask(station, fresh) == "Accepted"


def test_a_revoked_key_gets_none_for_another_charger_either(issued, station):
    key = make_key()
    request = csr(key, common_name="CP-1", organization=NAME)
    lost = certificates.sign_request(station_id=station.pk, csr=request)
    certificates.revoke(certificate=lost, because="copied")
    other = StationFactory(location=station.location, identity="CP-9")
    assert not certificates.receive_request(
        station_id=other.pk, csr=csr(key, common_name="CP-9", organization=NAME), use="connection"
    )
    assert AuditEntry.objects.filter(action="certificate.refuse").count() == 1
