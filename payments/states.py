"""What may follow what in a payment's life. Pure (ARCHITECTURE section 6)."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Final

PAYMENT: Final[Mapping[str, Set[str]]] = {
    "created": {"requires_action", "authorized", "captured", "voided", "failed"},
    "requires_action": {"authorized", "captured", "voided", "failed"},
    "authorized": {"captured", "voided", "failed"},
    "captured": set(),
    "voided": set(),
    "failed": set(),
}
OPEN_PAYMENT: Final = ("created", "requires_action", "authorized")


def may_follow(status: str, target: str) -> bool:
    return target in PAYMENT[status]
