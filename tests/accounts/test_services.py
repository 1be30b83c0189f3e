"""People, members, tokens, vehicles, and who may do what."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from accounts import permissions, selectors, services
from accounts.events import MemberInvited
from accounts.handlers import tell_invited_member
from accounts.models import AuditEntry, IdToken, Membership, User
from core.models import DomainEvent
from tests.factories import MembershipFactory, OrganizationFactory, SessionFactory, TokenFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_signing_up_brings_an_app_token():
    user = services.sign_up(email="ada@example.org", password="a long enough password")
    token = selectors.app_token_of(user)
    assert (token.type, token.status, token.user) == ("app", "accepted", user)
    assert len(token.uid) <= 20


def test_an_address_signs_up_once_whatever_its_letters():
    services.sign_up(email="ada@example.org", password=None)
    with pytest.raises(services.AlreadyThere):
        services.sign_up(email="ADA@example.org", password=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ADA@EXAMPLE.ORG")


def test_welcoming_twice_gives_one_token():
    user = UserFactory()
    assert services.welcome_driver(user=user) == services.welcome_driver(user=user)


def test_a_new_network_has_an_owner():
    owner = UserFactory()
    network = services.create_organization(
        name="Net", slug="net", country_code="de", party_id="net", owner=owner
    )
    assert selectors.role_of(owner, network) == "owner"
    with pytest.raises(services.AlreadyThere):
        services.create_organization(name="N", slug="net", country_code="FR", party_id="N", owner=owner)


def test_a_network_keeps_an_owner():
    member = MembershipFactory()
    with pytest.raises(services.LastOwner):
        services.remove_member(organization=member.organization, user=member.user)
    with pytest.raises(services.LastOwner):
        services.add_member(organization=member.organization, user=member.user, role="viewer")


def test_an_invited_stranger_gets_an_account_and_a_message():
    owner = MembershipFactory()
    membership = services.invite_member(
        organization=owner.organization, email="new@example.org", role="support", actor=owner.user
    )
    event = DomainEvent.objects.get(type="accounts.MemberInvited")
    tell_invited_member(MemberInvited.from_payload(event.payload))
    assert membership.role == "support"
    assert mail.outbox[0].to == ["new@example.org"]
    assert owner.organization.name in mail.outbox[0].subject
    assert AuditEntry.objects.filter(action="member.set", actor=owner.user).exists()


def test_a_card_that_a_reader_reported_can_be_issued():
    seen = TokenFactory(uid="ABC123", user=None, status="invalid")
    issued = services.issue_token(uid="abc123", user=UserFactory())
    assert (issued.pk, issued.status) == (seen.pk, "accepted")


def test_a_card_of_somebody_cannot_be_issued_again():
    TokenFactory(uid="ABC123")
    with pytest.raises(services.AlreadyThere):
        services.issue_token(uid="abc123", user=UserFactory())


def test_a_blocked_token_is_told_once():
    token = TokenFactory()
    assert services.block_token(token=token)
    assert not services.block_token(token=token)
    assert DomainEvent.objects.filter(type="accounts.TokenBlocked").count() == 1
    assert services.unblock_token(token=token)


def test_the_first_car_is_the_default_one():
    user = UserFactory()
    first = services.add_vehicle(user=user, name="Zoe", battery_wh=52_000)
    second = services.add_vehicle(user=user, name="Kona")
    assert (first.is_default, second.is_default) == (True, False)


def test_an_erased_person_is_nobody():
    user = UserFactory(email="gone@example.org", name="Gone")
    card = TokenFactory(user=user)
    session = SessionFactory(driver=user, id_token=card, token_uid=card.uid)
    services.add_vehicle(user=user, name="Car")
    services.erase_person(user=user)
    session.refresh_from_db()
    assert card.uid not in (session.token_uid, session.id_token.uid)
    user.refresh_from_db()
    assert "gone" not in f"{user.email}{user.name}".lower()
    assert not user.is_active
    assert set(IdToken.objects.values_list("status", "user")) == {("blocked", None)}
    assert not user.vehicles.exists()


MAY = {
    permissions.may_see: {"owner", "operator", "support", "finance", "viewer"},
    permissions.may_command_stations: {"owner", "operator", "support"},
    permissions.may_manage_hardware: {"owner", "operator"},
    permissions.may_manage_tokens: {"owner", "operator", "support"},
    permissions.may_review_sessions: {"owner", "operator", "support", "finance"},
    permissions.may_see_money: {"owner", "finance", "operator"},
    permissions.may_manage_money: {"owner", "finance"},
    permissions.may_manage_members: {"owner"},
}


@pytest.mark.parametrize("role", Membership.Role.values)
@pytest.mark.parametrize("may", MAY, ids=lambda may: may.__name__)
def test_each_role_may_what_its_name_says_and_only_at_home(may, role):
    member = MembershipFactory(role=role)
    assert may(member.user, member.organization) is (role in MAY[may])
    assert not may(member.user, OrganizationFactory())


def test_people_who_were_let_go_may_nothing():
    member = MembershipFactory(user__is_active=False)
    assert not permissions.may_see(member.user, member.organization)


def test_the_sign_up_page_makes_a_driver(client):
    form = {"email": "new@example.org", "password1": "a long enough password"}
    response = client.post("/accounts/signup/", form)
    assert response.status_code == 302
    assert selectors.app_token_of(User.objects.get(email="new@example.org"))
