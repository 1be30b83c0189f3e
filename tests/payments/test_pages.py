"""Receipts, panels and the operator's pages of money: who sees what, and that the figures agree."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from core import clock
from core.links import sign
from payments.services import receipts
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.tariffs import assign_tariff, create_tariff
from tests.factories import MembershipFactory, UserFactory
from tests.payments.stories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(paid_story):
    session = paid_story.session(energy_wh=20_000)
    paid_story.held(session)
    bill_session(session_id=session.pk)
    collect(session_id=session.pk)
    return session


@pytest.fixture
def owner(story):
    return MembershipFactory(organization=story.evse.organization).user


def text_of(answer):
    assert answer.status_code == 200
    return answer.content.decode()


# --- receipts


def test_the_driver_reads_the_receipt(session, client):
    client.force_login(session.driver)
    text = text_of(client.get(reverse("payments:receipt", args=[session.public_id])))
    for part in (
        "€10.00",
        "20 kWh",
        "€0.50 per kWh",
        "20 % tax",
        "€1.67",
        "Visa ···· 4242",
        "1.000 kWh – 21.000 kWh",
    ):
        assert part in text, part


def test_a_signed_link_opens_the_receipt_without_an_account(session, client):
    token = sign(receipts.LINK, str(session.public_id))
    assert "€10.00" in text_of(client.get(reverse("payments:receipt_link", args=[token])))


def test_a_link_for_something_else_or_altered_opens_nothing(session, client):
    for token in (sign("live", str(session.public_id)), "guess", sign(receipts.LINK, "x")[:-2]):
        assert client.get(reverse("payments:receipt_link", args=[token])).status_code == 404


def test_an_operator_who_may_see_money_reads_the_receipt_and_a_stranger_learns_nothing(
    session, owner, client
):
    url = reverse("payments:receipt", args=[session.public_id])
    assert client.get(url).status_code == 404
    client.force_login(UserFactory())
    assert client.get(url).status_code == 404
    client.force_login(owner)
    assert "€10.00" in text_of(client.get(url))
    viewer = MembershipFactory(organization=session.organization, role="viewer").user
    client.force_login(viewer)
    assert client.get(url).status_code == 404


def test_before_the_record_is_made_the_receipt_says_so(story, client):
    session = story.session(energy_wh=1000)
    client.force_login(story.driver)
    answer = client.get(reverse("payments:receipt", args=[session.public_id]))
    assert answer.status_code == 202
    assert "being made" in answer.content.decode()


def test_the_receipt_comes_as_pdf(session, client):
    token = sign(receipts.LINK, str(session.public_id))
    answer = client.get(reverse("payments:receipt_link_pdf", args=[token]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert len(answer.content) > 1000


def test_the_receipt_names_time_that_was_not_billed(story, client):
    tariff = create_tariff(
        organization=story.evse.organization,
        name="idle",
        elements=[{"price_components": [{"type": "PARKING_TIME", "price": "6", "step_size": 1}]}],
        idle_grace_minutes=15,
    )
    assign_tariff(tariff=tariff, evse=story.evse, starts_at=NOON - timedelta(days=1))
    session = story.session(energy_wh=0, minutes=20)
    session.phase = "suspended_by_vehicle"
    session.save()
    bill_session(session_id=session.pk)
    client.force_login(story.driver)
    text = text_of(client.get(reverse("payments:receipt", args=[session.public_id])))
    assert "15 min idle are free" in text
    assert "€0.50" in text


# --- panels


def test_the_live_cost_is_for_the_driver_the_guests_link_and_the_operators(story, owner, client):
    session = story.session(energy_wh=4_000, status="active")
    url = reverse("payments:live_cost", args=[session.public_id])
    assert client.get(url).status_code == 404
    assert "€2.00" in text_of(client.get(url, {"t": sign("live", str(session.public_id))}))
    assert client.get(url, {"t": sign("receipt", str(session.public_id))}).status_code == 404
    for user in (story.driver, owner):
        client.force_login(user)
        assert "€2.00" in text_of(client.get(url))


def test_revenue_of_today_is_shown_to_those_who_may_see_money(session, owner, client):
    client.force_login(owner)
    text = text_of(client.get(reverse("payments:revenue_today")))
    assert "€10.00" in text
    assert "€0.50" in text
    client.force_login(MembershipFactory(organization=session.organization, role="viewer").user)
    assert client.get(reverse("payments:revenue_today")).status_code == 403


def test_the_money_of_a_session_is_shown_to_its_own_operators_alone(session, owner, client):
    url = reverse("payments:session_money", args=[session.public_id])
    client.force_login(owner)
    text = text_of(client.get(url))
    assert "€10.00" in text
    assert "Paid" in text
    client.force_login(MembershipFactory().user)
    assert client.get(url).status_code in (403, 404)


# --- operator pages


def test_the_tariff_page_says_what_charging_costs_and_where(session, owner, client):
    client.force_login(owner)
    text = text_of(client.get(reverse("payments:tariffs")))
    for part in ("Standard", "€0.50 per kWh", "The whole network", "€50.00", "in use, final"):
        assert part in text, part


def test_the_revenue_page_lists_days_and_payments(session, owner, client):
    client.force_login(owner)
    text = text_of(client.get(reverse("payments:revenue")))
    assert "€10.00" in text
    assert str(session.driver) in text


def test_pages_of_money_ask_for_a_log_in_and_a_role(session, client):
    for name in ("tariffs", "revenue"):
        assert client.get(reverse(f"payments:{name}")).status_code == 302
    client.force_login(MembershipFactory(organization=session.organization, role="viewer").user)
    assert client.get(reverse("payments:revenue")).status_code == 403


# --- api


def test_the_api_gives_a_driver_her_own_records_in_ocpis_words(session, client):
    client.force_login(session.driver)
    found = client.get("/api/v1/cdrs/").json()["results"]
    assert [cdr["session_id"] for cdr in found] == [str(session.public_id)]
    assert found[0]["total_cost"] == {
        "before_taxes": "8.3300",
        "taxes": [{"name": "VAT 20", "amount": "1.67"}],
    }
    assert found[0]["total_energy"] == "20"
    assert client.get(f"/api/v1/cdrs/{found[0]['id']}/").json() == found[0]
    assert client.get("/api/v1/payments/").json()["results"][0]["captured"] == "10.00"


def test_the_api_hides_the_money_of_others(session, owner, client):
    assert client.get("/api/v1/cdrs/").status_code in (401, 403)
    client.force_login(UserFactory())
    for name in ("cdrs", "payments", "tariffs"):
        assert client.get(f"/api/v1/{name}/").json()["results"] == []
    client.force_login(owner)
    assert len(client.get("/api/v1/cdrs/").json()["results"]) == 1
    assert client.get("/api/v1/tariffs/").json()["results"][0]["elements"][0]["price_components"]


# --- the admin


@pytest.mark.parametrize(
    "model",
    [
        "tariff",
        "chargedetailrecord",
        "payment",
        "provideroperation",
        "webhookevent",
        "posting",
        "billingaccount",
    ],
)
def test_every_table_of_money_can_be_looked_at_in_the_admin(session, client, model):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert client.get(f"/admin/payments/{model}/").status_code == 200
    with clock.at(NOON):
        assert client.get(f"/admin/payments/{model}/add/").status_code == 403
