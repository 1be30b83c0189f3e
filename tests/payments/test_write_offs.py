"""What was lost is visible, with its reason and its session."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from core import clock
from payments.selectors import debts
from payments.selectors.write_offs import write_offs
from payments.services.billing import bill_session
from payments.services.collecting import collect
from tests.factories import MembershipFactory
from tests.payments.stories import Story

pytestmark = pytest.mark.django_db
URL = "payments:write_offs"


@pytest.fixture
def owner(story):
    return MembershipFactory(organization=story.evse.organization).user


def lose(story):
    """A guest charged and nothing was held."""
    session = story.session(energy_wh=20_000, driver=False)
    bill_session(session_id=session.pk)
    collect(session_id=session.pk)
    return session


def test_each_loss_is_listed_with_its_reason_session_and_sum(story, owner, client):
    session = lose(story)
    client.force_login(owner)
    text = client.get(reverse(URL)).content.decode()
    for part in ("€10.00", "nobody is left to ask", f"#{session.number}", str(session.public_id)):
        assert part in text, part


@pytest.mark.django_db(transaction=True)
def test_a_loss_is_posted_whole_also_outside_a_transaction(story):
    lose(story)
    assert [entry.amount.minor for entry in write_offs(story.evse.organization)] == [1000]


def test_the_list_can_be_taken_along(story, owner, client):
    session = lose(story)
    client.force_login(owner)
    answer = client.get(reverse(URL), {"format": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    head, row = answer.content.decode("utf-8-sig").splitlines()
    assert head == "at,session,reason,amount,currency"
    assert row.split(",")[1:] == [
        str(session.number), "the hold did not cover the bill and nobody is left to ask", "10.00", "EUR",
    ]  # fmt: skip


def test_another_networks_losses_are_not_shown(story, owner, client):
    lose(Story())
    client.force_login(owner)
    assert "Nothing was written off" in client.get(reverse(URL)).content.decode()


def test_a_rest_too_small_to_be_asked_of_a_card_is_written_off_and_blocks_nobody(paid_story):
    session = paid_story.session(energy_wh=100_480)
    paid_story.held(session)
    bill_session(session_id=session.pk)
    collect(session_id=session.pk)
    [lost] = write_offs(session.organization)
    assert (lost.amount.minor, lost.reason) == (24, "less than a card can be asked for")
    with clock.at(clock.now() + timedelta(days=1)):
        assert debts({session.driver_id}) == set()
