"""Which sessions go on a company's account: decided once, when a session starts."""

from __future__ import annotations

from django.db.models import F, Q

from accounts.models import Organization, User
from payments.models import (
    CompanyAccount,
    CompanyCharge,
    CompanyMember,
    KeptStall,
    Occasion,
    Payment,
)
from payments.selectors import users_with_card
from payments.selectors.companies import is_within_limit
from payments.selectors.paying import asks_cards
from stations.models import ChargingSession


def account_for(session: ChargingSession) -> CompanyCharge | None:
    """The company's account that the session goes on; None: its driver pays. Any number of callers agree.

    A session for which a card was asked is its payer's. Beyond the month's limit a driver's own card pays,
    if there is one and cards are asked for; else the start was let in by the company's account, which pays.
    """
    known = CompanyCharge.objects.filter(session=session).first()
    if known is not None or session.is_test or Payment.objects.filter(session=session).exists():
        return known
    member = _member_of(session)
    if member is None or not member.company.is_active:
        return None
    if not is_within_limit(member.company) and _pays_herself(session):
        return None
    decided = {"company": member.company, "cost_center": member.cost_center}
    return CompanyCharge.objects.get_or_create(session=session, defaults=decided)[0]


def _pays_herself(occasion: Occasion) -> bool:
    has_card = occasion.driver_id in users_with_card({occasion.driver_id or 0})
    return has_card and asks_cards(occasion.organization_id)


def account_open_to(*, user: User, organization: Organization) -> CompanyAccount | None:
    """The company on whose account this person may start a charge here, now."""
    mine = CompanyMember.objects.filter(user=user, organization=organization, company__is_active=True)
    member = mine.select_related("company__organization").first()
    return member.company if member and is_within_limit(member.company) else None


def payer_of(kept: KeptStall) -> CompanyMember | None:
    """On whose company's account a stall goes that was kept in vain; None: its driver pays."""
    member = _member_of(kept)
    if member is None or not member.company.is_active:
        return None
    return None if not is_within_limit(member.company) and _pays_herself(kept) else member


def _member_of(occasion: Occasion) -> CompanyMember | None:
    """By its token before its driver: a person may carry a company's card and one of her own."""
    if occasion.id_token_id is None and occasion.driver_id is None:
        return None
    by_token = Q(id_token=occasion.id_token_id, id_token__isnull=False)
    by_person = Q(user=occasion.driver_id, user__isnull=False)
    found = CompanyMember.objects.filter(by_token | by_person, organization=occasion.organization_id)
    return found.select_related("company__organization").order_by(F("user_id").asc(nulls_first=True)).first()
