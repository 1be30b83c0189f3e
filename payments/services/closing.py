"""Close a month of the books: what comes later is posted in the open month, and says where it belongs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from django.db import transaction

from accounts.models import Organization, User
from accounts.services import note_action
from core import clock
from payments.models import ClosedMonth, LedgerMapping
from payments.selectors.ledgers import sums_of
from payments.selectors.months import month_from

SETTLES_IN: Final = timedelta(hours=3)
"""After a month's end: what was begun before midnight is committed by then."""


class NotOver(ValueError):
    """The month still runs, or has ended only just now."""


@transaction.atomic
def close_month(*, organization: Organization, day: date, by: User) -> ClosedMonth:
    """Close the month of `day` with its sums; a closed one stays as it is. Raises NotOver.

    The database refuses any posting into it from then on (`closed_months_take_no_posting`).
    """
    month = month_from(organization, day)
    if clock.now() < month.ends_at + SETTLES_IN:
        raise NotOver(f"{month.first_day:%Y-%m}")
    closed, is_new = ClosedMonth.objects.get_or_create(
        organization=organization,
        month=month.first_day,
        defaults={
            "starts_at": month.starts_at,
            "ends_at": month.ends_at,
            "sums": sums_of(organization, month).as_json(),
            "closed_by": by,
            "closed_at": clock.now(),
        },
    )
    if is_new:
        note_action(
            actor=by,
            organization=organization,
            action="month.close",
            subject=f"month.{month.first_day:%Y-%m}",
            changes=closed.sums,
        )
    return closed


@transaction.atomic
def map_accounts(*, organization: Organization, by: User, numbers: Mapping[str, str]) -> None:
    """Which numbers our accounts have in the organization's bookkeeping; an empty number unmaps."""
    for account, number in numbers.items():
        mine: dict[str, Any] = {"organization": organization, "account": account}
        if number:
            LedgerMapping.objects.update_or_create(**mine, defaults={"number": number})
        else:
            LedgerMapping.objects.filter(**mine).delete()
    note_action(
        actor=by,
        organization=organization,
        action="ledger.map",
        subject=f"organization.{organization.pk}",
        changes=dict(numbers),
    )
