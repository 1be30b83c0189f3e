"""What a record and its payments are about: how rows of one occasion are found."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Q, QuerySet, Sum

from core.money import to_minor
from payments.models import ChargeDetailRecord, KeptStall, Occasion, Payment
from stations.models import ChargingSession


def about(occasion: Occasion, prefix: str = "") -> dict[str, Any]:
    """The filter for records, and for payments: what was held for a stall and pays a session is its."""
    if isinstance(occasion, ChargingSession):
        return {f"{prefix}session": occasion.pk}
    return {f"{prefix}kept": occasion.pk, f"{prefix}session": None}


def about_record(record: ChargeDetailRecord, prefix: str = "") -> dict[str, Any]:
    """The same for what a record is of, without reading it."""
    if record.session_id is not None:
        return {f"{prefix}session": record.session_id}
    return {f"{prefix}kept": record.kept_id, f"{prefix}session": None}


def outstanding_minor(record: ChargeDetailRecord) -> int:
    """What the record's occasion still owes: total less what was captured."""
    taken = Payment.objects.filter(**about_record(record)).aggregate(taken=Sum("captured_minor"))["taken"]
    return to_minor(record.total_gross, record.currency) - (taken or 0)


def of_driver(prefix: str = "") -> Q:
    """Records of somebody we know."""
    return Q(**{f"{prefix}session__driver__isnull": False}) | Q(**{f"{prefix}kept__isnull": False})


def to_settle() -> QuerySet[KeptStall]:
    """Kept in vain, not waived, and without a record so far."""
    charged = (KeptStall.Outcome.MISSED, KeptStall.Outcome.GIVEN_UP)
    return KeptStall.objects.filter(outcome__in=charged, waived_at=None, cdrs=None)


AS_BILLED: Final = ("tariff__organization", "evse__station__location")


def kept_of(session: ChargingSession) -> KeptStall | None:
    """The kept stall that the session used."""
    if session.reservation_number is None:
        return None
    return KeptStall.objects.filter(session=session).select_related(*AS_BILLED).first()
