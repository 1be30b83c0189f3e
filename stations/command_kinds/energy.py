"""Smart charging beyond plain limits, and tariffs that a station reckons with itself: 2.x only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from stations.command_kinds.base import CommandKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProfiles(CommandKind):
    """Have the station report the charging profiles that it holds (2.0.1 K09).

    By `profile_ids`, or by the rest, of which something must be given. `evse_number` None: on any.
    `purpose` as in SetPowerLimit, or the standard's own word; `sources`: CSO, EMS, SO, Other.
    """

    name: ClassVar[str] = "read_profiles"
    evse_number: int | None = None
    profile_ids: tuple[int, ...] = ()
    purpose: str = ""
    stack_level: int | None = None
    sources: tuple[str, ...] = ()
    request_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateDynamicLimit(CommandKind):
    """Change the limit of a dynamic profile at once (2.1 K28). In the unit of the profile.

    `setpoint` is what to charge at; negative values discharge, where the car can.
    """

    name: ClassVar[str] = "update_dynamic_limit"
    profile_id: int
    limit: float | None = None
    discharge_limit: float | None = None
    setpoint: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsePriority(CommandKind):
    """Let one charge follow the priority profile instead of its own, or no more (2.1 K21)."""

    name: ClassVar[str] = "use_priority"
    transaction_id: str
    is_on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowEnergyTransfer(CommandKind):
    """Which ways of energy transfer a charge may use (2.1 Q): AC_single_phase, DC, DC_BPT …"""

    name: ClassVar[str] = "allow_energy_transfer"
    transaction_id: str
    modes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDefaultTariff(CommandKind):
    """The tariff of an EVSE, 0 for all (2.1 I07). `tariff`: as TariffType has it, made by the caller.

    Another content needs another tariffId, also later (I08.FR.08).
    """

    name: ClassVar[str] = "set_default_tariff"
    evse_number: int
    tariff: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTariff(CommandKind):
    """Another tariff for a running charge (2.1 I11)."""

    name: ClassVar[str] = "change_tariff"
    transaction_id: str
    tariff: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearTariffs(CommandKind):
    """By ids, by EVSE, or all (2.1 I10)."""

    name: ClassVar[str] = "clear_tariffs"
    tariff_ids: tuple[str, ...] = ()
    evse_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTariffs(CommandKind):
    """Which tariffs an EVSE has, 0 for all (2.1 I09); the answer tells."""

    name: ClassVar[str] = "read_tariffs"
    evse_number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TellWebPayment(CommandKind):
    """Somebody pays on the web for this EVSE: keep it free for `timeout_s` seconds (2.1 C25.FR.21)."""

    name: ClassVar[str] = "tell_web_payment"
    evse_number: int
    timeout_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPaymentCode(CommandKind):
    """Show a QR code that leads to our page with a password of the moment, or no more (2.1 C25.FR.01).

    `url_template` has the places that the station fills in; `length` is the password's, `validity_s` for
    how long one is shown. Of a code that is to go away only `is_on` counts.
    """

    name: ClassVar[str] = "show_payment_code"
    is_on: bool = True
    url_template: str = ""
    shared_secret: str = ""
    length: int = 8
    validity_s: int = 30


KINDS: Final = (
    ReadProfiles,
    UpdateDynamicLimit,
    UsePriority,
    AllowEnergyTransfer,
    SetDefaultTariff,
    ChangeTariff,
    ClearTariffs,
    ReadTariffs,
    TellWebPayment,
    ShowPaymentCode,
)
