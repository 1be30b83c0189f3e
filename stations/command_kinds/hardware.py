"""The station itself: locks, restarts, availability, its own messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from stations.command_kinds.base import CommandKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock(CommandKind):
    name: ClassVar[str] = "unlock"
    evse_number: int
    connector_number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset(CommandKind):
    """`is_hard`: at once (1.6 Hard, 2.x Immediate); else when idle (Soft, OnIdle)."""

    name: ClassVar[str] = "reset"
    is_hard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAvailability(CommandKind):
    """`evse_number` 0 means the whole station."""

    name: ClassVar[str] = "set_availability"
    is_operative: bool
    evse_number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger(CommandKind):
    """Ask for a message.

    `message`: boot, heartbeat, status, meter_values, firmware, log, diagnostics (1.6),
    sign_certificate.
    """

    name: ClassVar[str] = "trigger"
    message: str
    evse_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendData(CommandKind):
    """A vendor's own message (DataTransfer). `data` is text in 1.6, anything in 2.x."""

    name: ClassVar[str] = "send_data"
    vendor: str
    message: str = ""
    data: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verbatim(CommandKind):
    """An action and payload for integrators, opaque below the bridge."""

    name: ClassVar[str] = "verbatim"
    action: str
    payload: dict[str, Any]


KINDS: Final = (
    Unlock,
    Reset,
    SetAvailability,
    Trigger,
    SendData,
    Verbatim,
)
