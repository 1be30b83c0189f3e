"""What the payment provider kept for itself, as the books have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from payments.models import Payment, PostingLine

FEES: Final = "expense:provider_fees"
PLATFORM: Final = "payable:platform"
"""What the installation keeps; it bears the provider's fees where a setting says so."""
_PREFIX: Final = "fee."


def fee_reference(ref: str) -> str:
    """The reference of a movement's fee in the books; what mends it begins with the same."""
    return f"{_PREFIX}{ref}"


def posted_fees(payments: Collection[Payment]) -> dict[int, dict[str, int]]:
    """Minor units in the books: by payment, then by the provider's movement, with what mended it."""
    found = PostingLine.objects.filter(
        account__in=(FEES, PLATFORM), posting__payment__in=payments, posting__reference__startswith=_PREFIX
    )
    fees: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = found.values_list("posting__payment_id", "posting__reference", "amount_minor")
    for payment, reference, minor in rows:
        fees[payment or 0][reference.removeprefix(_PREFIX).partition(".")[0]] += minor
    return fees
