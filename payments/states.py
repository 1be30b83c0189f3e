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
REFUND: Final[Mapping[str, Set[str]]] = {
    "asked": {"pending", "succeeded", "failed", "canceled"},
    "pending": {"succeeded", "failed", "canceled"},
    "succeeded": {"failed"},
    "failed": set(),
    "canceled": set(),
}
_DECIDED: Final = {"won", "lost", "prevented", "warning_closed"}
DISPUTE: Final[Mapping[str, Set[str]]] = {
    "warning_needs_response": {"warning_under_review", "needs_response", "under_review", *_DECIDED},
    "warning_under_review": {"needs_response", "under_review", *_DECIDED},
    "warning_closed": {"needs_response", "under_review", *_DECIDED - {"warning_closed"}},
    "needs_response": {"under_review", *_DECIDED},
    "under_review": _DECIDED,
    "won": set(),
    "lost": set(),
    "prevented": set(),
}
DISPUTE_CLOSED: Final = tuple(sorted(_DECIDED))
DISPUTE_TO_ANSWER: Final = ("needs_response", "warning_needs_response")
OPEN_PAYMENT: Final = ("created", "requires_action", "authorized")


def may_follow(status: str, target: str) -> bool:
    return target in PAYMENT[status]
