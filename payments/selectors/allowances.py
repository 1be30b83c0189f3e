"""What charges on companies' accounts may still come to: by their voucher, and by the company's month."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from core.money import to_minor
from payments.models import ChargeDetailRecord, CompanyCharge, Voucher
from stations.models import ChargingSession


def left_for_a_charge(voucher: Voucher) -> int | None:
    """Minor units that the next charge with it may come to, none left is 0; None: as much as it likes.

    Charges that run, or wait for their bill, count with all that they may come to.
    """
    if voucher.total_limit_minor is None:
        return voucher.charge_limit_minor
    left = max(0, voucher.total_limit_minor - _billed(voucher) - _granted(voucher))
    return left if voucher.charge_limit_minor is None else min(left, voucher.charge_limit_minor)


def _billed(voucher: Voucher) -> int:
    records = ChargeDetailRecord.objects.filter(session__company_charge__voucher=voucher)
    total = records.aggregate(total=Sum("total_gross"))["total"] or Decimal(0)
    return to_minor(total, voucher.organization.currency)


def _granted(voucher: Voucher) -> int:
    unbilled = CompanyCharge.objects.filter(voucher=voucher, session__cdrs=None)
    unbilled = unbilled.exclude(session__status=ChargingSession.Status.ABANDONED)
    return unbilled.aggregate(granted=Sum("limit_minor"))["granted"] or 0
