"""Kinds of command that OCPP 1.6 has no word for, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from stations import command_kinds as kinds

_DEVICE_MODEL: Final = "Its settings are keys, without components or monitors."
_MESSAGES: Final = "It shows no texts of ours."
_COST: Final = "It knows no prices; a running cost can only be sent as a vendor's data."
_TARIFFS: Final = "Stations of 1.6 do not reckon with tariffs."
_ISO15118: Final = "It does not know how a vehicle and a station negotiate."
_PROFILES: Final = "Profiles cannot be read back; only what they amount to can (read_schedule)."
_CONTROLLER: Final = "It has no local controllers."

CANNOT: Final[Mapping[type[kinds.CommandKind], str]] = {
    kinds.AllowEnergyTransfer: _ISO15118,
    kinds.ChangeTariff: _TARIFFS,
    kinds.ClearMessage: _MESSAGES,
    kinds.ClearMonitors: _DEVICE_MODEL,
    kinds.ClearTariffs: _TARIFFS,
    kinds.PublishFirmware: _CONTROLLER,
    kinds.ReadCustomer: "It keeps nothing about customers that could be asked for.",
    kinds.ReadMessages: _MESSAGES,
    kinds.ReadMonitors: _DEVICE_MODEL,
    kinds.ReadProfiles: _PROFILES,
    kinds.ReadReport: _DEVICE_MODEL,
    kinds.ReadTariffs: _TARIFFS,
    kinds.ReadTransactionState: "Its transactions have no message counter to ask about.",
    kinds.SetDefaultTariff: _TARIFFS,
    kinds.SetMonitor: _DEVICE_MODEL,
    kinds.SetMonitoringBase: _DEVICE_MODEL,
    kinds.SetMonitoringLevel: _DEVICE_MODEL,
    kinds.SetNetworkProfile: "Where it connects is set at the station, or by a vendor's own keys.",
    kinds.ShowCost: _COST,
    kinds.ShowMessage: _MESSAGES,
    kinds.ShowPaymentCode: "It has no web payment.",
    kinds.TellWebPayment: "It has no web payment.",
    kinds.UnpublishFirmware: _CONTROLLER,
    kinds.UpdateDynamicLimit: "Its profiles are not dynamic; set_power_limit replaces one.",
    kinds.UsePriority: "It has no priority profile.",
}
