"""Kinds of command that OCPP 2.0.1 has no word for, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from stations import command_kinds as kinds

_TARIFFS: Final = "Stations of 2.0.1 do not reckon with tariffs; they are shown what we reckon (show_cost)."

CANNOT: Final[Mapping[type[kinds.CommandKind], str]] = {
    kinds.AllowEnergyTransfer: "Its cars do not feed back, and take what the station offers.",
    kinds.ChangeTariff: _TARIFFS,
    kinds.ClearTariffs: _TARIFFS,
    kinds.ReadTariffs: _TARIFFS,
    kinds.SetDefaultTariff: _TARIFFS,
    kinds.ShowPaymentCode: "It has no web payment.",
    kinds.TellWebPayment: "It has no web payment.",
    kinds.UpdateDynamicLimit: "Its profiles are not dynamic; set_power_limit replaces one.",
    kinds.UsePriority: "It has no priority profile.",
}
