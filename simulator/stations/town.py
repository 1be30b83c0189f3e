"""A made-up town: its sites, stations and drivers, read from JSON.

The file is written by people; its members are documented by the dataclasses here. `town.json`
beside the package is the demo's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from simulator.stations import mischief
from simulator.stations.spec import EvseSpec, StationSpec
from simulator.stations.station import Station
from simulator.stations.vehicles import CATALOG, VehicleSpec

DEMO_TOWN: Final = Path(__file__).resolve().parent.parent / "town.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """Somebody with a car and a card. `tag` is the card's UID in hex."""

    key: str
    name: str
    email: str
    tag: str
    vehicle: str

    @property
    def vehicle_spec(self) -> VehicleSpec:
        return CATALOG[self.vehicle]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What is wrong with a station right now, and for how long already.

    `kind`: "offline" or "fault" (then `evse`, `code`, a 1.6 error code, and `info`).
    """

    kind: str
    minutes_ago: int = 0
    evse: int = 1
    code: str = "GroundFailure"
    info: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place. `kind` chooses its demand (`demand.py`); `tariff` is a hint in the town's currency,
    prices as text, VAT included; `opening_hours` is "24/7" or {"from": "06:00", "to": "23:00"}."""

    key: str
    name: str
    kind: str
    address: str
    latitude: float
    longitude: float
    max_power_kw: int
    opening_hours: str | Mapping[str, str]
    amenities: tuple[str, ...]
    tariff: Mapping[str, Any]
    stations: tuple[StationSpec, ...]
    conditions: Mapping[str, tuple[Condition, ...]]

    def evses(self) -> Iterator[tuple[StationSpec, EvseSpec]]:
        for station in self.stations:
            for evse in station.evses:
                yield station, evse

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, operator: str) -> Self:
        """Stations carry the operator's name in their certificates, unless they say otherwise."""
        raw = [{"organization": operator, **item} for item in data["stations"]]
        return cls(
            **{
                **{key: value for key, value in data.items() if key not in ("stations", "amenities")},
                "amenities": tuple(data.get("amenities", ())),
                "stations": tuple(StationSpec.from_json(item) for item in raw),
                "conditions": {
                    item["identity"]: tuple(Condition(**entry) for entry in item.get("conditions", ()))
                    for item in raw
                },
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """All of it."""

    name: str
    operator: str
    time_zone: str
    currency: str
    sites: tuple[Site, ...]
    drivers: tuple[Driver, ...]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def stations(self) -> list[StationSpec]:
        return [station for site in self.sites for station in site.stations]

    def conditions_of(self, identity: str) -> tuple[Condition, ...]:
        for site in self.sites:
            if identity in site.conditions:
                return site.conditions[identity]
        return ()


def load_town(path: Path | str = DEMO_TOWN) -> Town:
    """Read a town file. Raises OSError, ValueError, KeyError or TypeError for what cannot be."""
    data = json.loads(Path(path).read_text(encoding="utf-8"))
    return Town(
        name=data["name"],
        operator=data["operator"],
        time_zone=data["time_zone"],
        currency=data["currency"],
        sites=tuple(Site.from_json(item, operator=data["operator"]) for item in data["sites"]),
        drivers=tuple(Driver(**item) for item in data["drivers"]),
    )


def build_stations(town: Town, *, now: datetime, seed: int = 0, pace: float = 1.0) -> dict[str, Station]:
    """Every station of the town, newly born at `now`, by identity."""
    return {spec.identity: Station(spec, now=now, seed=seed, pace=pace) for spec in town.stations()}


def arrange_conditions(station: Station, conditions: tuple[Condition, ...], *, until: datetime) -> None:
    """Let today's troubles begin the given minutes before `until` (or at once, if that is past)."""
    for condition in conditions:
        due = max(until - timedelta(minutes=condition.minutes_ago), station.born_at)
        station.at(due, _beginning(station, condition))


def _beginning(station: Station, condition: Condition) -> Any:
    script = {"evse": condition.evse, "code": condition.code, "info": condition.info}
    return lambda at: mischief.SCRIPTED[condition.kind](station.mischief, at, script)
