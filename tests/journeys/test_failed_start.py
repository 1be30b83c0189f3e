"""A start that never left for the charger: said clearly, the hold released, and tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from core import clock, outbox
from demo import proof
from payments.models import Payment
from payments.services.starting import follow_hold
from stations.models import ChargingSession, ChargingStation, StationCommand
from stations.services import commands
from tests.factories import SessionFactory
from tests.payments.conftest import paid_story, story  # noqa: F401
from tests.payments.stories import statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def pending(paid_story):  # noqa: F811
    """A hold that stands, and a charger that is asked to start."""
    ChargingStation.objects.update(is_connected=True)
    payment = paid_story.held()
    follow_hold(payment_id=payment.pk)
    return ChargingSession.objects.get()


def let_it_expire():
    with clock.at(clock.now() + timedelta(seconds=61)):
        commands.expire_due()
        outbox.deliver_pending()


def test_an_order_that_expired_releases_the_hold_and_the_page_says_what_happened(
    pending,
    paid_story,  # noqa: F811
    stand_in,
):
    let_it_expire()
    browser = Client()
    browser.force_login(paid_story.driver)
    page = browser.get(reverse("scheduling:live", args=[pending.public_id])).content.decode()
    assert proof.FAILED_START in page
    assert "The charger did not answer in time." in page
    assert "what was held on your card is released" in page
    assert (Payment.objects.get().status, statuses(stand_in)) == ("voided", ["canceled"])
    assert StationCommand.objects.get(kind="start_session").status == "expired"


def test_the_next_start_after_it_is_a_new_attempt(pending, paid_story, stand_in):  # noqa: F811
    let_it_expire()
    follow_hold(payment_id=paid_story.held().pk)
    assert sorted(ChargingSession.objects.values_list("status", flat=True)) == ["abandoned", "pending"]


class Visits:
    """A visitor whose pages are known beforehand."""

    def __init__(self, text):
        self.text = text

    def get(self, address):
        return address


@pytest.fixture
def starts(monkeypatch, paid_story):  # noqa: F811
    """`_charge` without a server: each start makes the next session of a list."""
    made = []

    def begin(visitor, evse):
        status = made.pop(0)
        started_at = None if status == "abandoned" else clock.now()
        session = SessionFactory(evse=evse, status=status, started_at=started_at, energy_wh=50)
        Payment.objects.filter(session=None).update(session=session)
        return reverse("scheduling:live", args=[session.public_id])

    monkeypatch.setattr(proof, "_a_free_stall", lambda: paid_story.evse)
    monkeypatch.setattr(proof, "_start_as_guest", begin)
    monkeypatch.setattr(proof, "PATIENCE_S", 0.5)
    return made


def voided(story):  # noqa: F811
    payment = story.asked()
    Payment.objects.filter(pk=payment.pk).update(status="voided")


def test_the_proof_tries_once_more_when_the_first_start_fails_clearly(starts, paid_story):  # noqa: F811
    starts += ["abandoned", "active"]
    voided(paid_story)
    said = []
    _, session = proof._charge(Visits(proof.FAILED_START), tell=said.append)
    assert session.status == "active"
    assert any("once more" in line for line in said)


def test_the_proof_does_not_forgive_two_failed_starts(starts, paid_story):  # noqa: F811
    starts += ["abandoned", "abandoned"]
    voided(paid_story)
    with pytest.raises(CommandError):
        proof._charge(Visits(proof.FAILED_START), tell=str)


@pytest.mark.parametrize("page", ["Starting", proof.FAILED_START])
def test_the_proof_demands_a_clear_page_and_a_released_hold(starts, paid_story, page):  # noqa: F811
    starts += ["abandoned", "active"]
    with pytest.raises(CommandError):
        proof._charge(Visits(page), tell=str)
