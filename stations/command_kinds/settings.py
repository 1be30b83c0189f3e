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
    """One setting.

    With a `secret_nonce` it is the station's password: variable and value are made of it at the
    moment of sending (`stations.services.security`), so that no row ever holds the secret.
    """

    name: ClassVar[str] = "write_variables"
    variable: str
    value: str
    secret_nonce: str = ""


KINDS: Final = (
    ReadVariables,
    WriteVariable,
)
