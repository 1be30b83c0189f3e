"""What needs a person: one line of the operator's list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """One thing that needs a person: what, since when, and where the button leads."""

    role: str
    icon: str
    title: Text
    detail: Text
    since: datetime | None
    href: str
    action: Text
