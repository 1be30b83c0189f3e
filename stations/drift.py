"""How a station's settings differ from the wanted ones. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

_NUMBER: Final = re.compile(r"-?\d{1,18}(\.\d{1,18})?")
READ_ONLY: Final = "ReadOnly"


class Told(NamedTuple):
    """What the station says of a setting."""

    value: str
    mutability: str


class Setting(NamedTuple):
    """One line of the comparison. `state`: in_step, differs, read_only (and differs), not_told, free.

    Free: nothing is wanted of it.
    """

    name: str
    wanted: str | None
    value: str | None
    mutability: str
    state: str

    @property
    def can_be_sent(self) -> bool:
        """Worth a command: it differs and may be written, or was never told."""
        return self.state in ("differs", "not_told")


def compare(wanted: Mapping[str, str], told: Mapping[str, Told]) -> list[Setting]:
    """Every wanted or told setting, what differs first, then by name. Names compare ignoring case."""
    known = {name.casefold(): (name, said) for name, said in told.items()}
    lines = [_line(name, value, known.pop(name.casefold(), None)) for name, value in wanted.items()]
    lines += [Setting(name, None, said.value, said.mutability, "free") for name, said in known.values()]
    return sorted(lines, key=lambda line: (_ORDER[line.state], line.name.casefold()))


_ORDER: Final = {"differs": 0, "read_only": 1, "not_told": 2, "in_step": 3, "free": 4}


def _line(name: str, wanted: str, known: tuple[str, Told] | None) -> Setting:
    if known is None:
        return Setting(name, wanted, None, "", "not_told")
    own_name, said = known
    if same(wanted, said.value):
        return Setting(own_name, wanted, said.value, said.mutability, "in_step")
    state = "read_only" if said.mutability == READ_ONLY else "differs"
    return Setting(own_name, wanted, said.value, said.mutability, state)


def same(one: str, other: str) -> bool:
    """Whether two values mean the same: case of truth, ways to write a number, spaces in a list."""
    return _plain(one) == _plain(other)


def _plain(value: str) -> object:
    text = value.strip()
    if text.casefold() in ("true", "false"):
        return text.casefold()
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    return tuple(part.strip() for part in text.split(",")) if "," in text else text
