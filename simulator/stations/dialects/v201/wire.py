"""2.0.1's words for what a station is, measures and does. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from simulator.stations.evse import Evse
from simulator.stations.profiles import Period, Profile, Purpose
from simulator.stations.settings import Settings
from simulator.stations.words import Sample, StopReason, Token

REASONS: Final[dict[StopReason, str]] = {
    reason: str(reason) for reason in StopReason if reason not in (StopReason.SOFT_RESET, StopReason.UNLOCK)
} | {StopReason.SOFT_RESET: "Reboot", StopReason.UNLOCK: "Other"}

PURPOSES: Final[dict[str, Purpose]] = {
    "ChargingStationMaxProfile": "max",
    "ChargingStationExternalConstraints": "max",
    "TxDefaultProfile": "default",
    "TxProfile": "session",
}

_PURPOSE_WORDS: Final[dict[Purpose, str]] = {
    "max": "ChargingStationMaxProfile",
    "default": "TxDefaultProfile",
    "session": "TxProfile",
}

ROOTS: Final[dict[str, str]] = {
    "CSMSRootCertificate": "central",
    "ManufacturerRootCertificate": "manufacturer",
    "MORootCertificate": "contract",
    "OEMRootCertificate": "vehicle",
    "V2GRootCertificate": "v2g",
}

_STANDARDS: Final = {
    "IEC_62196_T2": "sType2",
    "IEC_62196_T2_CABLE": "cType2",
    "IEC_62196_T2_COMBO": "cCCS2",
    "CHADEMO": "cG105",
}


def connector_type(standard: str) -> str:
    """ConnectorEnumType of an OCPI standard."""
    return _STANDARDS.get(standard, "Unknown")


def status(evse: Evse) -> str:
    """ConnectorStatusEnumType: Occupied says nothing of charging."""
    if evse.fault:
        return "Faulted"
    if evse.transaction is not None or evse.permit is not None:
        return "Occupied"
    if not evse.is_operative:
        return "Unavailable"
    if evse.vehicle is not None:
        return "Occupied"
    return "Reserved" if evse.reservation is not None else "Available"


def id_token(token: Token) -> dict[str, Any]:
    return {"idToken": token.uid, "type": token.kind}


def sampled_values(sample: Sample, settings: Settings) -> list[dict[str, Any]]:
    """SampledValueType list: values are numbers."""
    chosen = set(settings.measurands) or {"Energy.Active.Import.Register"}
    context = str(sample.context)
    return [
        {**value, "context": context} for value in _values(sample, settings) if value["measurand"] in chosen
    ]


def _values(sample: Sample, settings: Settings) -> Iterator[dict[str, Any]]:
    yield _energy(sample, settings)
    yield _value("Power.Active.Import", round(sample.power_w, 1), "W")
    yield from _per_phase(sample)
    yield _value("Power.Offered", round(sample.offered_w, 1), "W")
    if sample.soc_percent is not None:
        yield _value("SoC", round(sample.soc_percent, 0), "Percent", location="EV")


def _energy(sample: Sample, settings: Settings) -> dict[str, Any]:
    """A vendor that thinks in kWh sends the multiplier of ten with it."""
    whole_wh = int(sample.register_wh)
    if settings.meter_unit == "kWh":
        value = _value("Energy.Active.Import.Register", whole_wh / 1000, "Wh")
        return value | {"unitOfMeasure": {"unit": "Wh", "multiplier": 3}}
    return _value("Energy.Active.Import.Register", whole_wh, "Wh")


def _per_phase(sample: Sample) -> Iterator[dict[str, Any]]:
    if sample.phases == 0:
        yield _value("Current.Import", round(sample.current_a, 1), "A")
        yield _value("Voltage", round(sample.voltage_v, 1), "V")
        return
    for phase in range(1, 4):
        amperes = sample.current_a if phase <= sample.phases else 0.0
        yield _value("Current.Import", round(amperes, 1), "A", phase=f"L{phase}")
    for phase in range(1, 4):
        yield _value("Voltage", round(sample.voltage_v + phase * 0.2, 1), "V", phase=f"L{phase}-N")


def _value(
    measurand: str, value: float, unit: str, *, phase: str = "", location: str = "Outlet"
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "measurand": measurand,
        "value": value,
        "unitOfMeasure": {"unit": unit},
        "location": location,
    }
    return said | ({"phase": phase} if phase else {})


def profile(profile: Profile, stamp: Callable[[datetime], str]) -> dict[str, Any]:
    """ChargingProfileType of what is installed."""
    schedule: dict[str, Any] = {
        "id": profile.profile_id,
        "chargingRateUnit": profile.periods[0].limit.unit,
        "chargingSchedulePeriod": [_period(period) for period in profile.periods],
        "startSchedule": stamp(profile.starts_at) if profile.starts_at else None,
        "duration": profile.duration_s,
    }
    told: dict[str, Any] = {
        "id": profile.profile_id,
        "stackLevel": profile.stack_level,
        "chargingProfilePurpose": _PURPOSE_WORDS[profile.purpose],
        "chargingProfileKind": profile.kind,
        "recurrencyKind": profile.recurrency or None,
        "validFrom": stamp(profile.valid_from) if profile.valid_from else None,
        "validTo": stamp(profile.valid_to) if profile.valid_to else None,
        "transactionId": profile.transaction_id or None,
        "chargingSchedule": [_present(schedule)],
    }
    return _present(told)


def _period(period: Period) -> dict[str, Any]:
    limit = period.limit
    return _present({"startPeriod": period.start_s, "limit": limit.value, "numberPhases": limit.phases})


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
