"""What 2.x stations show to people, and what they know about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from stations.command_kinds.base import CommandKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowMessage(CommandKind):
    """Show a text (O01, O02); the same `number` replaces. Instants are ISO 8601, UTC.

    `priority`: "always", "front" or "normal". `state`: empty, "charging", "faulted", "idle",
    "unavailable", and in 2.1 "suspended", "discharging". `format`: UTF8, ASCII, HTML, URI, and in
    2.1 QRCODE. With a `transaction_id` it goes when that ends.
    """

    name: ClassVar[str] = "show_message"
    number: int
    content: str
    format: str = "UTF8"
    language: str = ""
    priority: str = "normal"
    state: str = ""
    evse_number: int | None = None
    transaction_id: str = ""
    starts_at: str = ""
    ends_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearMessage(CommandKind):
    """Show this text no more (O05)."""

    name: ClassVar[str] = "clear_message"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMessages(CommandKind):
    """Have the station report its texts (O03, O04); words as in ShowMessage, nothing given: all."""

    name: ClassVar[str] = "read_messages"
    numbers: tuple[int, ...] = ()
    priority: str = ""
    state: str = ""
    request_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCost(CommandKind):
    """What a running charge costs so far (I02), in the currency of the station; a decimal number."""

    name: ClassVar[str] = "show_cost"
    transaction_id: str
    total_cost: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCustomer(CommandKind):
    """What the station knows of a customer (N09), and with `is_clear` that it forgets it (N10).

    Exactly one of a token, the station's own name for the customer, and the hashes of a contract
    certificate (as ReadCertificates tells them).
    """

    name: ClassVar[str] = "read_customer"
    is_report: bool = True
    is_clear: bool = False
    token_uid: str = ""
    token_type: str = "ISO14443"
    customer: str = ""
    hash_algorithm: str = ""
    issuer_name_hash: str = ""
    issuer_key_hash: str = ""
    serial_number: str = ""
    request_number: int | None = None


KINDS: Final = (
    ShowMessage,
    ClearMessage,
    ReadMessages,
    ShowCost,
    ReadCustomer,
)
