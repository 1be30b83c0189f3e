"""Foreign addresses: what chargers dial that were set up for another system. Pure.

A pattern is a path with one place for the identity: `/steve/websocket/CentralSystemService/{identity}`,
`/evb/EVB-{identity}` or `/ocpp?id={identity}`. Literals compare ignoring case; empty steps (a doubled or a
trailing slash) and queries that the pattern does not name do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import unquote

PLACE: Final = "{identity}"
LONGEST: Final = 200
PRESETS: Final[tuple[tuple[str, str], ...]] = (
    ("SteVe", "/steve/websocket/CentralSystemService/{identity}"),
    ("CitrineOS", "/{identity}"),
    ("/ocpp/1.6/…", "/ocpp/1.6/{identity}"),
    ("/ocpp/2.0.1/…", "/ocpp/2.0.1/{identity}"),
    ("/ocppj/…", "/ocppj/{identity}"),
    ("/services/ocppj/…", "/services/ocppj/{identity}"),
    ("/webservices/ocpp/…", "/webservices/ocpp/{identity}"),
)
"""What well-known systems have their chargers dial."""


class Fault(StrEnum):
    """What is wrong with a pattern."""

    NO_PLACE = "no_place"
    TWO_PLACES = "two_places"
    TOO_LONG = "too_long"
    NOT_A_PATH = "not_a_path"


class BadPattern(ValueError):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Dialed(NamedTuple):
    """An address as a charger dialed it: decoded steps without empty ones, the query's first values."""

    host: str = ""
    steps: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        return "/" + "/".join(self.steps)


@dataclass(frozen=True, slots=True)
class PathPattern:
    """`place`: the step with the identity, or -1 when it is the query's `name`."""

    steps: tuple[str, ...]
    place: int
    name: str = ""

    @property
    def text(self) -> str:
        """The pattern as it is kept and shown."""
        path = "/" + "/".join(self.steps)
        return f"{path}?{self.name}={PLACE}" if self.place < 0 else path

    @property
    def weight(self) -> int:
        """Literal characters: of two that fit, the one that says more is meant."""
        return len(self.text)

    def identity_in(self, dialed: Dialed) -> str:
        """The identity that this address names; "" when the pattern does not fit."""
        if len(dialed.steps) != len(self.steps):
            return ""
        literals = (n for n in range(len(self.steps)) if n != self.place)
        if any(dialed.steps[n].lower() != self.steps[n].lower() for n in literals):
            return ""
        if self.place < 0:
            return next((value for name, value in dialed.query if name.lower() == self.name.lower()), "")
        return _within(dialed.steps[self.place], *self.steps[self.place].split(PLACE))


def _within(step: str, before: str, after: str) -> str:
    end = len(step) - len(after)
    fits = step[: len(before)].lower() == before.lower() and step[end:].lower() == after.lower()
    return step[len(before) : end] if fits else ""


def read_pattern(text: str) -> tuple[str, PathPattern]:
    """The host ("" for any) and the pattern in a path or a whole ws:// or wss:// address.

    Raises BadPattern.
    """
    rest = text.strip()
    if len(rest) > LONGEST:
        raise BadPattern(Fault.TOO_LONG)
    scheme, has_scheme, address = rest.partition("://")
    host, slash, path = address.partition("/") if has_scheme else ("", "/", rest.removeprefix("/"))
    if has_scheme and scheme.lower() not in ("ws", "wss", "http", "https"):
        raise BadPattern(Fault.NOT_A_PATH)
    if not slash or not rest.isprintable() or "#" in rest or PLACE in host:
        raise BadPattern(Fault.NOT_A_PATH)
    return bare_host(host), _pattern(path)


def bare_host(host: str) -> str:
    """A host name without its port, in lower case."""
    name = host.rpartition("@")[2].strip().lower()
    return name.partition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0]


def _pattern(text: str) -> PathPattern:
    if text.count(PLACE) != 1:
        raise BadPattern(Fault.TWO_PLACES if PLACE in text else Fault.NO_PLACE)
    path, _mark, query = text.partition("?")
    steps = tuple(unquote(step) for step in path.split("/") if step)
    named = [part.partition("=") for part in query.split("&") if part]
    name = next((name for name, _equals, value in named if value == PLACE), "")
    place = next((n for n, step in enumerate(steps) if PLACE in step), -1)
    if place < 0 and not name:
        raise BadPattern(Fault.NOT_A_PATH)
    return PathPattern(steps, place, "" if place >= 0 else unquote(name))
