"""Settings an operator can read and write over the wire, whatever a version calls them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.stations import upkeep

if TYPE_CHECKING:
    from simulator.stations.station import Station

MEASURABLE: Final = frozenset(
    {
        "Energy.Active.Import.Register",
        "Power.Active.Import",
        "Power.Offered",
        "Current.Import",
        "Current.Offered",
        "Voltage",
        "SoC",
    }
)


@dataclass(frozen=True, slots=True)
class Knob:
    """`kind` is a 2.0.1 data type. `read` None: write only. `write` None: read only; it raises
    ValueError for what the station cannot take."""

    kind: str
    read: Callable[[Station], str] | None
    write: Callable[[Station, str], None] | None = None
    needs_reboot: bool = False


def fixed(value: str, kind: str = "string") -> Knob:
    return Knob(kind, lambda station: value)


def told(of: Callable[[Station], object], kind: str = "string") -> Knob:
    """Read only, from the station itself."""
    return Knob(kind, lambda station: str(of(station)))


def number(field: str, *, at_least: int = 0) -> Knob:
    def write(station: Station, text: str) -> None:
        value = int(text)
        if value < at_least:
            raise ValueError(text)
        setattr(station.settings, field, value)
        station.settings_changed()

    return Knob("integer", lambda station: str(int(getattr(station.settings, field))), write)


def flag(field: str) -> Knob:
    def write(station: Station, text: str) -> None:
        setattr(station.settings, field, _truth(text))

    return Knob("boolean", lambda station: str(bool(getattr(station.settings, field))).lower(), write)


def words(field: str, allowed: frozenset[str], *, is_writable: bool = True) -> Knob:
    """A comma-separated list in `settings`."""

    def write(station: Station, text: str) -> None:
        chosen = tuple(word.strip() for word in text.split(",") if word.strip())
        if not set(chosen) <= allowed:
            raise ValueError(text)
        setattr(station.settings, field, chosen)

    return Knob(
        "MemberList",
        lambda station: ",".join(getattr(station.settings, field)),
        write if is_writable else None,
    )


def noted(name: str, default: str, kind: str = "string", *, needs_reboot: bool = False) -> Knob:
    """Kept and shown, without effect on anything simulated."""

    def write(station: Station, text: str) -> None:
        if kind == "boolean":
            _truth(text)
        elif kind == "integer":
            int(text)
        station.remembered[name] = text

    return Knob(kind, lambda station: station.remembered.get(name, default), write, needs_reboot)


def password() -> Knob:
    """Write only: the next connection uses it."""

    def write(station: Station, text: str) -> None:
        if not 8 <= len(text) <= 64:
            raise ValueError("length")
        station.password = text

    return Knob("string", None, write)


def organization() -> Knob:
    """Who runs the station: the O of its certificates."""

    def write(station: Station, text: str) -> None:
        if not text.strip():
            raise ValueError("empty")
        station.organization = text.strip()

    return Knob("string", lambda station: station.organization, write)


def security_profile() -> Knob:
    """Upwards only; the station comes back with the new one."""

    def write(station: Station, text: str) -> None:
        upkeep.raise_profile(station, int(text))

    return Knob("integer", lambda station: str(station.settings.security_profile), write)


def network_priority() -> Knob:
    """Which of the network slots are used from the next boot on."""

    def write(station: Station, text: str) -> None:
        station.networks.prefer(text, highest_profile=3 if station.keys.chain else 2)

    return Knob(
        "SequenceList",
        lambda station: ",".join(map(str, station.networks.priority)),
        write,
        needs_reboot=True,
    )


def web_text(field: str, *, allowed: tuple[str, ...] = ()) -> Knob:
    """One of WebPaymentsCtrlr's (2.1 part 2, 2.4.2)."""

    def write(station: Station, text: str) -> None:
        if not text or (allowed and text not in allowed):
            raise ValueError(text)
        setattr(station.web_payments, field, text)

    return Knob("string", lambda station: str(getattr(station.web_payments, field)), write)


def web_number(field: str, *, at_least: int, at_most: int) -> Knob:
    def write(station: Station, text: str) -> None:
        if not at_least <= int(text) <= at_most:
            raise ValueError(text)
        setattr(station.web_payments, field, int(text))

    return Knob("integer", lambda station: str(getattr(station.web_payments, field)), write)


def web_flag(field: str) -> Knob:
    def write(station: Station, text: str) -> None:
        setattr(station.web_payments, field, _truth(text))

    return Knob("boolean", lambda station: str(getattr(station.web_payments, field)).lower(), write)


def web_secret() -> Knob:
    """Write only, as any secret."""
    return Knob("string", None, web_text("secret").write)


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"
