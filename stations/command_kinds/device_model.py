"""The device model of 2.x: reports, monitors, network profiles, the state of transactions.

`request_number` None: the command's own number is used; the report that follows names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from stations.command_kinds.base import CommandKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReport(CommandKind):
    """Have the station report its settings (2.0.1 B07, B08), which come in parts.

    `base`: "full", "configuration" or "summary"; or empty, and then only what fits `criteria`
    ("active", "available", "enabled", "problem") and `names` (as in ReadVariables, the variable
    may be left out).
    """

    name: ClassVar[str] = "read_report"
    base: str = ""
    criteria: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    request_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMonitor(CommandKind):
    """Watch one variable (N04). With `number` an existing monitor is replaced.

    `kind`: "upper", "lower", "delta", "periodic" or "periodic_clock" (`value` in seconds), and in
    2.1 "target_delta" or "target_delta_relative". `severity`: 0 danger to 9 debug.
    """

    name: ClassVar[str] = "set_monitor"
    variable: str
    kind: str
    value: float
    severity: int = 8
    is_transactional: bool = False
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearMonitors(CommandKind):
    """Monitors by the station's numbers of them (N06)."""

    name: ClassVar[str] = "clear_monitors"
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMonitoringBase(CommandKind):
    """Which monitors are on (N03). `base`: "all", "factory" or "hard_wired"."""

    name: ClassVar[str] = "set_monitoring_base"
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMonitoringLevel(CommandKind):
    """Report only what is as severe as this, or more (N05): 0 danger to 9 debug."""

    name: ClassVar[str] = "set_monitoring_level"
    severity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMonitors(CommandKind):
    """Have the station report its monitors (N02). `criteria`: "threshold", "delta", "periodic"."""

    name: ClassVar[str] = "read_monitors"
    criteria: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    request_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNetworkProfile(CommandKind):
    """Where the station shall connect (B09), kept in its `slot`; used when its priority says so.

    `interface`: Wired0, Wireless0 …; `security_profile` 1 to 3, never below the present one.
    """

    name: ClassVar[str] = "set_network_profile"
    slot: int
    url: str
    interface: str = "Wired0"
    security_profile: int = 2
    message_timeout_s: int = 30
    identity: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTransactionState(CommandKind):
    """Is it still running, and do messages about it wait in the station (E14)? Empty: about any."""

    name: ClassVar[str] = "read_transaction_state"
    transaction_id: str = ""


KINDS: Final = (
    ReadReport,
    SetMonitor,
    ClearMonitors,
    SetMonitoringBase,
    SetMonitoringLevel,
    ReadMonitors,
    SetNetworkProfile,
    ReadTransactionState,
)
