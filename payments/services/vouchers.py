"""Vouchers: codes with which guests charge on a company's account, so often and so long as it says."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from accounts.models import User
from accounts.services import note_action
from core import clock
from payments.models import CompanyAccount, CompanyCharge, Voucher
from payments.selectors.companies import is_within_limit
from stations.limits import ChargeLimits
from stations.models import ChargingSession, Evse
from stations.services import sessions

SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH: Final = 10
"""49 bits: nobody guesses one. No sign looks like another."""

USED: Final = Count("charges", filter=~Q(charges__session__status=ChargingSession.Status.ABANDONED))


class NotValid(ValueError):
    """No such code here, or its time is over."""


class UsedUp(ValueError):
    """It was used as often as it may be, or the company's limit of the month is reached."""


@transaction.atomic
def make_vouchers(
    *,
    actor: User,
    company: CompanyAccount,
    count: int,
    charges_allowed: int,
    valid_until: datetime,
    cost_center: str = "",
) -> list[Voucher]:
    """So many codes of a company, each for so many charges."""
    made = Voucher.objects.bulk_create(
        Voucher(
            organization=company.organization,
            company=company,
            code="".join(secrets.choice(SIGNS) for _ in range(LENGTH)),
            cost_center=cost_center,
            charges_allowed=charges_allowed,
            valid_until=valid_until,
        )
        for _ in range(count)
    )
    changes = {"count": count, "charges_allowed": charges_allowed, "valid_until": valid_until.isoformat()}
    _note(actor, company, "voucher.make", changes)
    return made


@transaction.atomic
def end_voucher(*, actor: User, voucher: Voucher) -> None:
    """Nobody starts with it any more; what runs goes on."""
    if Voucher.objects.filter(pk=voucher.pk, ended_at=None).update(ended_at=clock.now()):
        _note(actor, voucher.company, "voucher.end", {"voucher": voucher.pk})


def vouchers_of(company: CompanyAccount) -> QuerySet[Voucher]:
    """Newest first, with how often each was `used`."""
    return Voucher.objects.filter(company=company).annotate(used=USED).order_by("-pk")


def start_with_voucher(*, evse: Evse, code: str, limits: ChargeLimits) -> ChargingSession:
    """Start a guest's charge on the account of the voucher's company: nothing is held on a card.

    Raises NotValid, UsedUp, and what `sessions.request_start` raises.
    """
    with transaction.atomic():
        voucher = _locked(evse, code)
        session = _ask(evse, limits)
        if isinstance(session, ChargingSession):
            decided = {"company": voucher.company, "cost_center": voucher.cost_center}
            CompanyCharge.objects.create(session=session, voucher=voucher, **decided)
            return session
    raise session


def _locked(evse: Evse, code: str) -> Voucher:
    """The voucher, its row locked: two guests with one code are counted one after the other."""
    rows = Voucher.objects.select_for_update(of=("self",)).select_related("company__organization")
    mine = rows.filter(organization=evse.organization_id, ended_at=None, valid_until__gt=clock.now())
    voucher = mine.filter(company__is_active=True, code="".join(code.split()).upper()).first()
    if voucher is None:
        raise NotValid(code)
    used = voucher.charges.exclude(session__status=ChargingSession.Status.ABANDONED).count()
    if used >= voucher.charges_allowed or not is_within_limit(voucher.company):
        raise UsedUp(code)
    return voucher


def _ask(evse: Evse, limits: ChargeLimits) -> ChargingSession | Exception:
    """A refusal is returned and not raised, so that the attempt stays on record."""
    try:
        return sessions.request_start(evse=evse, limits=limits)
    except (sessions.StationOffline, sessions.EvseBusy, sessions.NotAuthorized) as refusal:
        return refusal


def _note(actor: User, company: CompanyAccount, action: str, changes: dict[str, object]) -> None:
    note_action(
        actor=actor,
        organization=company.organization,
        action=action,
        subject=f"company.{company.pk}",
        changes=changes,
    )
