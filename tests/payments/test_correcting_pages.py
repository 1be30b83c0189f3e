"""Correct this charge: what the page shows, refuses and issues."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import Membership
from payments import selectors
from payments.models import ChargeDetailRecord
from payments.services.billing import bill_session
from payments.services.collecting import collect
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(story, client):
    member = MembershipFactory(organization=story.evse.organization)
    client.force_login(member.user)
    session = story.session(energy_wh=20_000)
    bill_session(session_id=session.pk)
    return session


def path_of(session):
    return reverse("payments:correct", args=[session.public_id])


def said(session, **more):
    return {"seen": selectors.record_of(session).public_id, "reason": "the plug was stuck", **more}


def test_the_page_shows_the_bill_that_stands_and_its_lines_to_waive(client, session):
    text = client.get(path_of(session)).content.decode()
    assert "R2026-" in text or selectors.record_of(session).invoice.text in text
    assert "ENERGY.0" in text


def test_a_preview_shows_both_bills_and_writes_nothing(client, session):
    response = client.post(path_of(session), said(session, energy_kwh="10", preview="1"))
    assert response.context["new"].total.amount == Decimal("5.00")
    assert b"Credit and issue" in response.content
    assert ChargeDetailRecord.objects.count() == 1


def test_issuing_makes_credit_and_record_and_leads_back_to_the_session(client, session):
    response = client.post(path_of(session), said(session, energy_kwh="10,5"))
    assert response["Location"] == reverse("stations:session", args=[session.public_id])
    assert selectors.record_of(session).total_gross == Decimal("5.25")


def test_a_refusal_is_told_in_words_and_changes_nothing(client, session):
    response = client.post(path_of(session), said(session))
    assert response.status_code == 422
    assert b"This changes nothing" in response.content
    late = client.post(path_of(session), said(session, ended_at="2030-01-01T00:00"))
    assert b"Choose a moment of this session" in late.content
    without = client.post(path_of(session), said(session, is_free="on", reason=""))
    assert without.status_code == 422
    assert ChargeDetailRecord.objects.count() == 1


def test_a_higher_price_after_payment_is_refused_with_the_reason(client, paid_story):
    member = MembershipFactory(organization=paid_story.evse.organization)
    client.force_login(member.user)
    session = paid_story.session(energy_wh=20_000)
    bill_session(session_id=session.pk)
    paid_story.held(session)
    collect(session_id=session.pk)
    response = client.post(path_of(session), said(session, energy_kwh="30"))
    assert b"needs a new agreement" in response.content


def test_only_who_manages_money_corrects(client, session, story):
    viewer = MembershipFactory(organization=story.evse.organization, role=Membership.Role.OPERATOR)
    client.force_login(viewer.user)
    assert client.get(path_of(session)).status_code == 403
    client.force_login(MembershipFactory().user)
    assert client.get(path_of(session)).status_code == 404


def test_receipt_history_and_api_tell_of_the_standing_record(client, session, story):
    client.post(path_of(session), said(session, energy_kwh="10"))
    client.force_login(story.driver)
    page = client.get(reverse("payments:receipt", args=[session.public_id])).content.decode()
    assert "the plug was stuck" in page
    assert "in place of" in page
    history = client.get(reverse("scheduling:history") + "?format=csv").content.decode()
    assert "5.00" in history
    assert "10.00" not in history
    rows = client.get("/api/v1/cdrs/").json()["results"]
    assert [row["credit"] for row in rows] == [False, True, False]
    assert rows[1]["credit_reference_id"] == rows[2]["id"]
    assert rows[1]["total_cost"]["before_taxes"].startswith("-8.33")
    standing = client.get("/api/v1/cdrs/?is_standing=true").json()["results"]
    assert [row["id"] for row in standing] == [rows[0]["id"]]
