"""Declined and recovered, in a browser: the mail's link, another decline, 3-D Secure, and charging again."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from playwright.sync_api import expect

from core import clock, outbox
from demo.cards import CARD, fill_hosted_page
from payments import selectors
from payments.services.billing import bill_session
from payments.services.checkout import begin_card_setup, finish_card_setup
from payments.services.collecting import collect
from payments.services.debts import notice_debts
from tests.factories import SessionFactory
from tests.journeys.walking import PATIENCE_MS, POOR_CARD, pay_on_hosted_page

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.django_db(transaction=True)]

FAILS_WHEN_CHARGED = "4000 0000 0000 0341"
WANTS_CONFIRMATION = "4000 0027 6000 3184"


def test_a_declined_charge_is_paid_by_the_link_with_a_card_that_wants_a_confirmation(visit, place, paying):
    link = _owed_since_yesterday(place)
    sam = visit()
    page = sam.goto(link)
    expect(page.get_by_role("heading", name="This charge is not paid")).to_be_visible()
    page.get_by_role("button", name="Pay now").click()
    pay_on_hosted_page(page, POOR_CARD)
    expect(page.get_by_role("alert")).to_be_visible(timeout=PATIENCE_MS)
    pay_on_hosted_page(page, WANTS_CONFIRMATION)
    page.get_by_role("button", name="Authorize").click(timeout=PATIENCE_MS)
    expect(page.get_by_role("heading", name="This charge is paid")).to_be_visible(timeout=PATIENCE_MS)
    sam.is_pleased("walk-owed-and-paid")
    outbox.deliver_pending()
    assert "Your receipt from" in mail.outbox[-1].subject
    with clock.at(clock.now() + timedelta(days=1)):
        assert selectors.debts({place.driver.pk}) == set()


def _owed_since_yesterday(place) -> str:
    """The driver's saved card said no after the charge; answers the link of the mail."""
    page = begin_card_setup(driver=place.driver, return_to="/account/")
    fill_hosted_page(page, **{**CARD, "number": FAILS_WHEN_CHARGED})
    finish_card_setup(driver=place.driver)
    began_at = clock.now() - timedelta(hours=2)
    session = SessionFactory(
        evse=place.evses[0],
        driver=place.driver,
        status="completed",
        started_at=began_at,
        ended_at=began_at + timedelta(hours=1),
        meter_end_wh=21_000,
        energy_wh=20_000,
    )
    with clock.at(clock.now() - timedelta(hours=1)):
        bill_session(session_id=session.pk)
    for _ in range(3):
        collect(session_id=session.pk)
    assert notice_debts() == 1
    outbox.deliver_pending()
    (told,) = [one for one in mail.outbox if "is not paid" in one.subject]
    found = re.search(r"(/owed/\S+)", str(told.body))
    assert found
    return found.group(1)
