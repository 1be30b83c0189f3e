"""A station's settings: keys in 1.6, variables of components in 2.x."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from stations.command_kinds.base import CommandKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadVariables(CommandKind):
    """Names as the station knows them: 1.6 keys, or 2.x "Component.Variable". Empty: all (1.6)."""

    name: ClassVar[str] = "read_variables"
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteVariable(CommandKind):
    name: ClassVar[str] = "write_variables"
    variable: str
    value: str


KINDS: Final = (
    ReadVariables,
    WriteVariable,
)
