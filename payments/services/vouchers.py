"""Vouchers: codes with which guests charge on a company's account, so often and so long as it says."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from accounts.models import User
from accounts.services import note_action
from core import clock
from core.money import Money, from_minor
from payments.models import CompanyAccount, CompanyCharge, Voucher
from payments.selectors.allowances import left_for_a_charge
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
    """It was used as often or for as much as it may be, or the company's limit of the month is reached."""


@transaction.atomic
def make_vouchers(
    *,
    actor: User,
    company: CompanyAccount,
    count: int,
    charges_allowed: int,
    valid_until: datetime,
    cost_center: str = "",
    charge_limit_minor: int | None = None,
    total_limit_minor: int | None = None,
) -> list[Voucher]:
    """So many codes of a company, each for so many charges, and for so much money if that is said."""
    made = Voucher.objects.bulk_create(
        Voucher(
            organization=company.organization,
            company=company,
            code="".join(secrets.choice(SIGNS) for _ in range(LENGTH)),
            cost_center=cost_center,
            charges_allowed=charges_allowed,
            valid_until=valid_until,
            charge_limit_minor=charge_limit_minor,
            total_limit_minor=total_limit_minor,
        )
        for _ in range(count)
    )
    changes = {
        "count": count,
        "charges_allowed": charges_allowed,
        "valid_until": valid_until.isoformat(),
        "charge_limit_minor": charge_limit_minor,
        "total_limit_minor": total_limit_minor,
    }
    _note(actor, company, "voucher.make", changes)
    return made


@transaction.atomic
def end_voucher(*, actor: User, voucher: Voucher) -> None:
    """Nobody starts with it any more; what runs goes on."""
    if Voucher.objects.filter(pk=voucher.pk, ended_at=None).update(ended_at=clock.now()):
        _note(actor, voucher.company, "voucher.end", {"voucher": voucher.pk})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownVoucher:
    """A voucher, how often it was used, and its limits as money."""

    voucher: Voucher
    used: int
    per_charge: Money | None
    in_all: Money | None


def shown_vouchers(company: CompanyAccount) -> list[ShownVoucher]:
    """Newest first."""
    currency = company.organization.currency
    found: Any = vouchers_of(company)

    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money.of_minor(minor, currency)

    return [
        ShownVoucher(
            voucher=one,
            used=one.used,
            per_charge=money(one.charge_limit_minor),
            in_all=money(one.total_limit_minor),
        )
        for one in found
    ]


def vouchers_of(company: CompanyAccount) -> QuerySet[Any]:
    """Newest first, with how often each was `used`."""
    return Voucher.objects.filter(company=company).annotate(used=USED).order_by("-pk")


@transaction.atomic
def most_with_voucher(*, evse: Evse, code: str) -> Money | None:
    """What a charge with it may come to, to be said before it starts; None: as much as it likes.

    Raises NotValid, UsedUp.
    """
    voucher = _locked(evse, code)
    most = left_for_a_charge(voucher)
    return None if most is None else Money.of_minor(most, voucher.organization.currency)


def start_with_voucher(*, evse: Evse, code: str, limits: ChargeLimits) -> ChargingSession:
    """Start a guest's charge on the account of the voucher's company: nothing is held on a card.

    It is stopped before it costs more than the voucher lets it (`allowances`); a station that heeds a limit
    of cost stops by itself. Raises NotValid, UsedUp, and what `sessions.request_start` raises.
    """
    with transaction.atomic():
        voucher = _locked(evse, code)
        most = left_for_a_charge(voucher)
        if most is not None:
            limits = limits.with_cost_at_most(from_minor(most, voucher.organization.currency))
        session = _ask(evse, limits)
        if isinstance(session, ChargingSession):
            decided = {"company": voucher.company, "cost_center": voucher.cost_center, "limit_minor": most}
            CompanyCharge.objects.create(session=session, voucher=voucher, **decided)
            return session
    raise session


def _locked(evse: Evse, code: str) -> Voucher:
    """The voucher, its row locked: two guests with one code are counted one after the other."""
    rows = Voucher.objects.select_for_update(of=("self",)).select_related(
        "organization", "company__organization"
    )
    mine = rows.filter(organization=evse.organization_id, ended_at=None, valid_until__gt=clock.now())
    voucher = mine.filter(company__is_active=True, code="".join(code.split()).upper()).first()
    if voucher is None:
        raise NotValid(code)
    used = voucher.charges.exclude(session__status=ChargingSession.Status.ABANDONED).count()
    if used >= voucher.charges_allowed or not is_within_limit(voucher.company):
        raise UsedUp(code)
    if left_for_a_charge(voucher) == 0:
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
