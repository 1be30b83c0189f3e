"""Every kind of command the domain can give a station, as frozen dataclasses. Pure.

The row stores `kind` and `params`; `to_params`/`from_params` go between. A dialect encodes each
kind for its version or says that the version cannot. Fields are plain JSON values; what a kind may
leave out has a default.
"""

from __future__ import annotations

from typing import Any, Final

from stations.command_kinds import (
    access,
    certificates,
    charging,
    device_model,
    energy,
    hardware,
    people,
    settings,
    upkeep,
)
from stations.command_kinds.access import (
    ClearCache,
    ListEntry,
    ReadLocalListVersion,
    SendLocalList,
)
from stations.command_kinds.base import (
    CommandKind,
    UnknownKind,
)
from stations.command_kinds.certificates import (
    DeleteCertificate,
    DeliverCertificate,
    InstallCertificate,
    ReadCertificates,
)
from stations.command_kinds.charging import (
    CancelReservation,
    ClearPowerLimit,
    Period,
    ReadSchedule,
    Reserve,
    SetPowerLimit,
    SetProfile,
    StartSession,
    StopSession,
)
from stations.command_kinds.device_model import (
    ClearMonitors,
    ReadMonitors,
    ReadReport,
    ReadTransactionState,
    SetMonitor,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetNetworkProfile,
)
from stations.command_kinds.energy import (
    AllowEnergyTransfer,
    ChangeTariff,
    ClearTariffs,
    ReadProfiles,
    ReadTariffs,
    SetDefaultTariff,
    ShowPaymentCode,
    TellWebPayment,
    UpdateDynamicLimit,
    UsePriority,
)
from stations.command_kinds.hardware import (
    Reset,
    SendData,
    SetAvailability,
    Trigger,
    Unlock,
    Verbatim,
)
from stations.command_kinds.people import (
    ClearMessage,
    ReadCustomer,
    ReadMessages,
    ShowCost,
    ShowMessage,
)
from stations.command_kinds.settings import (
    ReadVariables,
    WriteVariable,
)
from stations.command_kinds.upkeep import (
    PublishFirmware,
    UnpublishFirmware,
    UpdateFirmware,
    UploadLog,
)

__all__ = [
    "KINDS",
    "AllowEnergyTransfer",
    "CancelReservation",
    "ChangeTariff",
    "ClearCache",
    "ClearMessage",
    "ClearMonitors",
    "ClearPowerLimit",
    "ClearTariffs",
    "CommandKind",
    "DeleteCertificate",
    "DeliverCertificate",
    "InstallCertificate",
    "ListEntry",
    "Period",
    "PublishFirmware",
    "ReadCertificates",
    "ReadCustomer",
    "ReadLocalListVersion",
    "ReadMessages",
    "ReadMonitors",
    "ReadProfiles",
    "ReadReport",
    "ReadSchedule",
    "ReadTariffs",
    "ReadTransactionState",
    "ReadVariables",
    "Reserve",
    "Reset",
    "SendData",
    "SendLocalList",
    "SetAvailability",
    "SetDefaultTariff",
    "SetMonitor",
    "SetMonitoringBase",
    "SetMonitoringLevel",
    "SetNetworkProfile",
    "SetPowerLimit",
    "SetProfile",
    "ShowCost",
    "ShowMessage",
    "ShowPaymentCode",
    "StartSession",
    "StopSession",
    "TellWebPayment",
    "Trigger",
    "UnknownKind",
    "Unlock",
    "UnpublishFirmware",
    "UpdateDynamicLimit",
    "UpdateFirmware",
    "UploadLog",
    "UsePriority",
    "Verbatim",
    "WriteVariable",
    "read_kind",
]

PARTS: Final = (
    access,
    certificates,
    charging,
    device_model,
    energy,
    hardware,
    people,
    settings,
    upkeep,
)
KINDS: Final[dict[str, type[CommandKind]]] = {kind.name: kind for part in PARTS for kind in part.KINDS}


def read_kind(name: str, params: dict[str, Any]) -> CommandKind:
    """A row's columns back to its dataclass. Raises UnknownKind."""
    try:
        return KINDS[name].from_params(params)
    except KeyError as error:
        raise UnknownKind(f"No command kind is called {name!r}.") from error
