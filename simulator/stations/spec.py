"""What a station is, before it lives: plain frozen values, read from a town file or made in a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, Self

Current = Literal["AC", "DC"]
Version = Literal["1.6", "2.0.1", "2.1"]

SUBPROTOCOLS: Final[dict[Version, str]] = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}
NOMINAL_V: Final = 230.0
"""Phase to neutral, as AC stations assume when they turn watts into amperes."""


class SpecError(ValueError):
    """A town file or a test describes a station that cannot exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvseSpec:
    """One place to charge one car. `max_power_w` is what its own electronics can give.

    AC: `phases` (1 or 3) and `max_a` per phase follow from the power unless given.
    DC: `max_a` bounds the cable. `register_wh` is the meter's reading on the first day.
    """

    number: int
    current: Current = "AC"
    standard: str = "IEC_62196_T2"
    max_power_w: int = 22_000
    phases: int = 3
    max_a: float = 0.0
    register_wh: int = 0

    def __post_init__(self) -> None:
        if self.number < 1 or self.max_power_w <= 0 or self.phases not in (1, 3):
            raise SpecError(f"No EVSE is like this: {self!r}.")
        if self.max_a <= 0:
            object.__setattr__(self, "max_a", self._natural_a())

    def _natural_a(self) -> float:
        if self.current == "DC":
            return 500.0
        return round(self.max_power_w / (NOMINAL_V * self.phases), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StationSpec:
    """A station's papers. `organization`: who runs it, for its certificates. `settings` overrides
    fields of `Settings`; `mischief` is a list of scripted misbehaviours (`simulator.stations.mischief`).
    Raises SpecError."""

    identity: str
    version: Version = "1.6"
    password: str = ""
    vendor: str = "Wallwerk"
    model: str = "Duo 22"
    serial: str = ""
    firmware: str = "4.2.1"
    organization: str = ""
    max_power_w: int | None = None
    evses: tuple[EvseSpec, ...] = (EvseSpec(number=1),)
    settings: Mapping[str, Any] = field(default_factory=dict)
    mischief: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if self.version not in SUBPROTOCOLS:
            raise SpecError(f"{self.identity}: version {self.version!r} is not spoken here.")
        if [evse.number for evse in self.evses] != list(range(1, len(self.evses) + 1)):
            raise SpecError(f"{self.identity}: EVSEs are numbered 1, 2, 3 …")
        if self.version == "1.6" and {"tx_start_points", "tx_stop_points"} & set(self.settings):
            raise SpecError(f"{self.identity}: 1.6 knows no start and stop points.")

    @property
    def subprotocol(self) -> str:
        return SUBPROTOCOLS[self.version]

    @property
    def is_dc(self) -> bool:
        return all(evse.current == "DC" for evse in self.evses)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read one station of a town file; unknown members are somebody else's."""
        known = {item.name for item in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        values["evses"] = tuple(_evse(item) for item in data.get("evses", [{"number": 1}]))
        values["mischief"] = tuple(data.get("mischief", ()))
        return cls(**values)


def _evse(data: Mapping[str, Any]) -> EvseSpec:
    known = {item.name for item in fields(EvseSpec)}
    return EvseSpec(**{key: value for key, value in data.items() if key in known})
