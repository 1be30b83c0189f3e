"""What every kind of command is. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self


class UnknownKind(ValueError):
    """A command row names a kind that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandKind:
    """Base: `name` is what the row's `kind` column holds."""

    name: ClassVar[str]

    def to_params(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> Self:
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in params.items() if key in known})
