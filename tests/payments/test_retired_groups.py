"""A group that is over: nobody joins it, nothing is priced by it, and its past stays what it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from core import clock
from payments.models import CustomerGroup, GroupMember, TariffAssignment
from payments.selectors.groups import members_now
from payments.selectors.tariffs import prices_of
from payments.services import group_desk
from payments.services.retiring_groups import retire_group, take_up_group
from payments.services.tariffs import GroupRetired, assign_free, assign_tariff
from payments.work_forms import WorkForm
from tests.factories import MembershipFactory, UserFactory
from tests.payments.stories import NOON
from tests.payments.test_groups import LONG_AGO, cheap, group, join, owner, whose
from tests.payments.test_races import at_once

__all__ = ["cheap", "group", "owner"]
pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)


@pytest.fixture
def residents(story, owner, group, cheap):
    """The story's driver pays the residents' price, and another one is planned."""
    join(group, owner, story.driver.email)
    assign_tariff(tariff=cheap, group=group, starts_at=LONG_AGO)
    assign_free(group=group, starts_at=LATER + timedelta(days=30))
    return group


def retire(group, owner, at=LATER):
    with clock.at(at):
        return retire_group(actor=owner, group=group)


def test_its_members_pay_what_everybody_pays_from_then_on(story, owner, residents, cheap):
    assert retire(residents, owner)
    assert whose(story, at=LATER - timedelta(seconds=1)) == cheap
    assert whose(story, at=LATER) == whose(story, at=LATER + timedelta(days=60)) == story.tariff


def test_its_past_stays_and_what_was_planned_is_taken_back(owner, residents):
    retire(residents, owner)
    (price,) = TariffAssignment.objects.filter(group=residents)
    (member,) = GroupMember.objects.filter(group=residents)
    assert price.during.upper == member.during.upper == LATER
    with clock.at(LATER):
        assert not members_now(residents)
        assert not prices_of(residents)


def test_it_takes_no_members_and_no_prices(story, owner, residents, cheap):
    retire(residents, owner)
    with pytest.raises(GroupRetired):
        group_desk.add_member(actor=owner, group=residents, who=UserFactory().email)
    with pytest.raises(GroupRetired):
        assign_tariff(tariff=cheap, group=residents)
    with pytest.raises(GroupRetired):
        group_desk.charge_free(actor=owner, group=residents)
    assert residents not in WorkForm(story.evse.organization).fields["group"].queryset


def test_retiring_twice_is_once_and_is_in_the_audit_log(owner, residents):
    assert retire(residents, owner)
    assert not retire(residents, owner, at=LATER + timedelta(hours=1))
    assert CustomerGroup.objects.get().retired_at == LATER
    entry = AuditEntry.objects.get(action="group.retire")
    assert (entry.actor, entry.changes) == (owner, {"members": 1, "prices": 2})


def test_taken_up_again_it_has_its_members_but_no_price(story, owner, residents):
    retire(residents, owner)
    with clock.at(LATER + timedelta(days=2)):
        assert take_up_group(actor=owner, group=residents) == 1
        assert take_up_group(actor=owner, group=residents) is None
        assert [one.user for one in members_now(residents)] == [story.driver]
        assert not prices_of(residents)
    assert whose(story, at=LATER + timedelta(days=1)) == story.tariff
    assert AuditEntry.objects.filter(action="group.take_up").count() == 1


def test_it_finds_its_members_again_by_the_moment_of_the_end_itself(owner, residents):
    """No clock is held here: the end is one moment, not two that lie close together."""
    retire_group(actor=owner, group=residents)
    assert take_up_group(actor=owner, group=residents) == 1


def test_whoever_left_before_or_is_in_another_group_by_now_does_not_come_back(story, owner, residents):
    gone = join(residents, owner, UserFactory().email)
    with clock.at(NOON):
        group_desk.remove_member(actor=owner, member=gone)
    retire(residents, owner)
    with clock.at(LATER + timedelta(days=1)):
        club = group_desk.open_group(actor=owner, organization=residents.organization, name="Club")
        group_desk.add_member(actor=owner, group=club, who=story.driver.email)
        assert take_up_group(actor=owner, group=residents) == 0


@pytest.mark.django_db(transaction=True)
def test_who_joins_while_it_is_retired_is_no_member_afterwards(owner, group):
    acts = [lambda who=who: group_desk.add_member(actor=owner, group=group, who=who) for who in _drivers(6)]
    acts.insert(3, lambda: retire_group(actor=owner, group=group))

    def act():
        try:
            return acts.pop()()
        except GroupRetired:
            return None

    at_once(7, act)
    assert not GroupMember.objects.filter(group=group, during__contains=clock.now()).exists()
    assert not members_now(group)


def _drivers(count):
    return [UserFactory().email for _ in range(count)]


def test_the_pages_show_retired_ones_apart_and_offer_what_can_be_done(client, story, owner, residents):
    client.force_login(owner)
    page = reverse("payments:group", args=[residents.public_id])
    client.post(reverse("payments:group_retire", args=[residents.public_id]))
    told = client.get(page).content.decode()
    assert "Retired since" in told
    assert reverse("payments:group_member_add", args=[residents.public_id]) not in told
    listed = client.get(reverse("payments:groups"))
    assert (list(listed.context["groups"]), list(listed.context["retired"])) == ([], [residents])
    refused = client.post(
        reverse("payments:group_member_add", args=[residents.public_id]), {"who": UserFactory().email}
    )
    assert refused.status_code == 422
    client.post(reverse("payments:group_take_up", args=[residents.public_id]))
    assert "Retired since" not in client.get(page).content.decode()


def test_who_may_only_look_cannot_retire_it(client, residents):
    client.force_login(MembershipFactory(organization=residents.organization, role="viewer").user)
    answer = client.post(reverse("payments:group_retire", args=[residents.public_id]))
    assert answer.status_code == 403
    assert CustomerGroup.objects.get().retired_at is None
