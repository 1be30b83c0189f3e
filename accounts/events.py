"""News from accounts. `config/wiring.py` says who listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberInvited(Event):
    """Somebody was made a member of an organization; they should hear of it."""

    name: ClassVar[str] = "accounts.MemberInvited"
    user_id: int
    organization_id: int
    invited_by_id: int | None = None

    @property
    def subject(self) -> str:
        return f"user.{self.user_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenBlocked(Event):
    """A token may no longer charge. Running sessions are left alone."""

    name: ClassVar[str] = "accounts.TokenBlocked"
    token_id: int

    @property
    def subject(self) -> str:
        return f"token.{self.token_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenChanged(Event):
    """A token was issued, may charge again, or has another group or end."""

    name: ClassVar[str] = "accounts.TokenChanged"
    token_id: int

    @property
    def subject(self) -> str:
        return f"token.{self.token_id}"
