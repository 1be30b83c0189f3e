"""What was written off: read from the books, with the session whose bill it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Sum

from accounts.models import Organization
from core.money import Money
from payments.models import ChargeDetailRecord, PostingLine
from stations.models import ChargingSession

WRITE_OFF: Final = "expense:write_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """One entry; negative: it came in after all."""

    at: datetime
    reason: str
    amount: Money
    session: ChargingSession | None


def write_offs(organization: Organization, limit: int = 200) -> list[WriteOff]:
    """The newest first."""
    lines = PostingLine.objects.filter(posting__organization=organization, account=WRITE_OFF)
    found = list(lines.select_related("posting__payment__session").order_by("-posting__at", "-pk")[:limit])
    sessions = _sessions([line.posting.reference for line in found])
    return [
        WriteOff(
            at=line.posting.at,
            reason=line.posting.reason,
            amount=Money.of_minor(line.amount_minor, line.currency),
            session=sessions.get(line.posting.reference)
            or (line.posting.payment.session if line.posting.payment else None),
        )
        for line in found
    ]


def _sessions(references: list[str]) -> dict[str, ChargingSession]:
    """By the reference of a record's posting: `cdr.<public id>.write_off`."""
    ids = {one: one.split(".")[1] for one in references if one.startswith("cdr.")}
    records = ChargeDetailRecord.objects.filter(public_id__in=ids.values()).select_related("session")
    by_id = {str(record.public_id): record.session for record in records if record.session}
    return {reference: by_id[public_id] for reference, public_id in ids.items() if public_id in by_id}


def written_off(organization: Organization) -> list[Money]:
    """What was lost in all, one sum per currency."""
    lines = PostingLine.objects.filter(posting__organization=organization, account=WRITE_OFF).order_by()
    sums = lines.values_list("currency").annotate(total=Sum("amount_minor"))
    return [Money.of_minor(total, currency) for currency, total in sorted(sums)]
