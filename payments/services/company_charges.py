"""Which sessions go on a company's account: decided once, when a session starts."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from accounts.models import Organization, User
from core import clock
from payments.models import (
    CompanyAccount,
    CompanyCharge,
    CompanyMember,
    GroupMember,
    KeptStall,
    Occasion,
    Payment,
)
from payments.selectors import users_with_card
from payments.selectors.balances import can_begin
from payments.selectors.companies import is_within_limit
from payments.selectors.groups import by_payer
from payments.selectors.paying import asks_cards
from payments.selectors.prices import PUBLIC, Payer
from stations.models import ChargingSession


def account_for(session: ChargingSession) -> CompanyCharge | None:
    """The company's account that the session goes on; None: its driver pays. Any number of callers agree.

    A session for which a card was asked is its payer's. Beyond the month's limit a driver's own card or
    balance pays, if there is one; else the start was let in by the company's account, which pays.
    """
    known = CompanyCharge.objects.filter(session=session).first()
    if known is not None or session.is_test or Payment.objects.filter(session=session).exists():
        return known
    account = _open_to(session, session.started_at or session.created_at)
    if account is None:
        return None
    return CompanyCharge.objects.get_or_create(session=session, defaults=account._asdict())[0]


def _open_to(occasion: Occasion, at: datetime) -> Account | None:
    account = _account_of(Payer(occasion.driver_id, occasion.id_token_id), occasion.organization_id, at)
    if account is None or (not is_within_limit(account.company) and _pays_herself(occasion)):
        return None
    return account


def _pays_herself(occasion: Occasion) -> bool:
    if occasion.driver is None:
        return False
    organization_id = occasion.organization_id
    if asks_cards(organization_id) and users_with_card({occasion.driver.pk}):
        return True
    return can_begin(user=occasion.driver, organization_id=organization_id)


def account_open_to(*, user: User, organization: Organization) -> CompanyAccount | None:
    """The company on whose account this person may start a charge here, now."""
    account = _account_of(Payer(user_id=user.pk), organization.pk, clock.now())
    return account.company if account and is_within_limit(account.company) else None


def account_of_kept(kept: KeptStall) -> Account | None:
    """On whose company's account a stall goes that was kept in vain; None: its driver pays."""
    return _open_to(kept, kept.starts_at)


class Account(NamedTuple):
    company: CompanyAccount
    cost_center: str


def _account_of(payer: Payer, organization_id: int, at: datetime) -> Account | None:
    """Of the company that they belong to themselves, else of their group's (`selectors.standing` agrees)."""
    if payer == PUBLIC:
        return None
    member = by_payer(CompanyMember.objects.filter(organization=organization_id), payer)
    own = member.filter(company__is_active=True).select_related("company__organization").first()
    if own is not None:
        return Account(own.company, own.cost_center)
    in_group = by_payer(GroupMember.objects.filter(organization=organization_id, during__contains=at), payer)
    found = in_group.filter(group__company__is_active=True).select_related("group__company__organization")
    of_group = found.first()
    return Account(of_group.group.company, "") if of_group and of_group.group.company else None
