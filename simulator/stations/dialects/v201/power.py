"""Charging profiles in 2.0.1's words (part 2, chapter K)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from simulator.stations.dialects import charging
from simulator.stations.dialects.base import Handler
from simulator.stations.dialects.v201 import wire
from simulator.stations.frames import Payload
from simulator.stations.profiles import Profile

if TYPE_CHECKING:
    from simulator.stations.station import Station


def rejected(code: str, detail: str = "") -> Payload:
    """A refusal with its reason (appendix 5 lists the codes)."""
    info = {"reasonCode": code[:20]} | ({"additionalInfo": detail} if detail else {})
    return {"status": "Rejected", "statusInfo": info}


def read_profile(data: Payload, evse: int) -> Profile:
    """ChargingProfileType; of several schedules the first is obeyed."""
    return charging.read_profile(
        data,
        data["chargingSchedule"][0],
        profile_id=data["id"],
        purpose=wire.PURPOSES[data["chargingProfilePurpose"]],
        evse=evse,
    )


class PowerCommands201:
    """Handlers of the smart charging block."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def handlers(self) -> dict[str, Handler]:
        return {
            "ClearChargingProfile": self.clear_charging_profile,
            "GetChargingProfiles": self.get_charging_profiles,
            "GetCompositeSchedule": self.get_composite_schedule,
            "SetChargingProfile": self.set_charging_profile,
        }

    def set_charging_profile(self, request: Payload, at: datetime) -> Payload:
        profile = read_profile(request["chargingProfile"], request["evseId"])
        try:
            if profile.purpose == "session" and not profile.transaction_id:
                raise charging.Refused("transactionId is missing")
            charging.install(self._station, profile, at)
        except charging.Refused as error:
            self._station.note("refused", at, profile.evse, f"profile: {error}")
            return rejected("InvalidProfile", str(error))
        return {"status": "Accepted"}

    def clear_charging_profile(self, request: Payload, at: datetime) -> Payload:
        criteria = request.get("chargingProfileCriteria") or {}
        purpose = criteria.get("chargingProfilePurpose")
        found = charging.clear(
            self._station,
            at,
            profile_id=request.get("chargingProfileId"),
            evse=criteria.get("evseId"),
            purpose=wire.PURPOSES[purpose] if purpose else None,
            stack_level=criteria.get("stackLevel"),
        )
        return {"status": "Accepted" if found else "Unknown"}

    def get_charging_profiles(self, request: Payload, at: datetime) -> Payload:
        """One ReportChargingProfiles per EVSE (K09)."""
        found: dict[int, list[Payload]] = {}
        for profile in self._station.cabinet.profiles.installed:
            if _is_wanted(profile, request):
                found.setdefault(profile.evse, []).append(wire.profile(profile, self._station.clock.stamp))
        for number, (evse, profiles) in enumerate(sorted(found.items()), start=1):
            payload = {
                "requestId": request["requestId"],
                "chargingLimitSource": "CSO",
                "evseId": evse,
                "chargingProfile": profiles,
                "tbc": number < len(found),
            }
            self._station.dialect.say("ReportChargingProfiles", payload, is_triggered=True)
        return {"status": "Accepted" if found else "NoProfiles"}

    def get_composite_schedule(self, request: Payload, at: datetime) -> Payload:
        number, duration_s = request["evseId"], request["duration"]
        units = charging.rate_units(self._station)
        unit = request.get("chargingRateUnit", units[0])
        if unit not in units or (number and number not in self._station.cabinet.evses):
            return rejected("UnsupportedRateUnit")
        steps = charging.composite(self._station.cabinet, number, at, duration_s, unit)
        schedule = {
            "evseId": number,
            "duration": duration_s,
            "scheduleStart": self._station.clock.stamp(at),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [{"startPeriod": start, "limit": limit} for start, limit in steps],
        }
        return {"status": "Accepted", "schedule": schedule}


def _is_wanted(profile: Profile, request: Payload) -> bool:
    """All of ours come from the operator (K09.FR.04 to K09.FR.06)."""
    asked = request["chargingProfile"]
    purpose = asked.get("chargingProfilePurpose")
    return (
        request.get("evseId") in (None, profile.evse)
        and profile.profile_id in asked.get("chargingProfileId", [profile.profile_id])
        and asked.get("stackLevel") in (None, profile.stack_level)
        and (purpose is None or wire.PURPOSES.get(purpose) == profile.purpose)
        and "CSO" in asked.get("chargingLimitSource", ["CSO"])
    )
