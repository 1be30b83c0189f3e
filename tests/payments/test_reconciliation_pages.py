"""Reconciliation on its page: what was found, the mend, the figures of a clean network, and who may."""

from __future__ import annotations

import pytest
from django.urls import reverse

from payments.models import Discrepancy, ReconciliationRun
from tests.factories import MembershipFactory
from tests.payments.reconciling import reconcile
from tests.payments.test_refunds import pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(story):
    return MembershipFactory(organization=story.evse.organization).user


def test_the_page_shows_what_was_found_and_mends_it(paid_story, stand_in, owner, client):
    payment = paid_story.held(paid_story.session(energy_wh=100))
    stand_in.client().v1.payment_intents.cancel(payment.provider_ref)
    reconcile(paid_story)
    client.force_login(owner)
    page = client.get(reverse("payments:reconciliation")).content.decode()
    assert "Hold that is gone at the provider" in page
    one = Discrepancy.objects.get()
    assert client.post(reverse("payments:mend", args=[one.public_id])).status_code == 302
    one.refresh_from_db()
    assert (one.state, one.mended_by) == ("mended", owner)
    assert "Mended" in client.get(reverse("payments:reconciliation")).content.decode()


def test_the_page_of_a_clean_network_says_so_with_its_figures(paid_story, stand_in, owner, client):
    pay(paid_story)
    reconcile(paid_story)
    client.force_login(owner)
    page = client.get(reverse("payments:reconciliation")).content.decode()
    assert "Everything agrees to the cent" in page
    assert "€10.00" in page


def test_run_now_asks_and_shows_that_it_is_under_way(paid_story, stand_in, owner, client):
    client.force_login(owner)
    assert client.post(reverse("payments:reconciliation_run")).status_code == 302
    assert ReconciliationRun.objects.get().by == owner
    assert "Comparing" in client.get(reverse("payments:reconciliation")).content.decode()


def test_who_may_only_see_money_mends_nothing(paid_story, stand_in, client):
    viewer = MembershipFactory(organization=paid_story.evse.organization, role="operator").user
    client.force_login(viewer)
    assert client.get(reverse("payments:reconciliation")).status_code == 200
    assert client.post(reverse("payments:reconciliation_run")).status_code == 403
