"""The port to whoever knows which stations did not get in; the settings name it (FAILED_CONNECTIONS).

Handshakes are the bridge's. An installer's page and a commissioning record want their story in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedConnection:
    """One reason why an identity did not get in today: in words, and what to do.

    `is_same`: the very identity that was asked about; else one that is nearly it. `attempts`: when the
    newest came and whence; a stranger's addresses are nobody's business and left out.
    """

    identity: str
    is_same: bool
    what: str | Promise
    todo: str | Promise
    detail: str
    offered: str
    count: int
    last_at: datetime
    attempts: tuple[tuple[datetime, str], ...]


class FailedConnections(Protocol):
    def __call__(self, *, organization_id: int, identity: str, since: datetime) -> Sequence[FailedConnection]:
        """Of this identity, and of strangers with nearly this one, newest first."""


def failed_connections(*, organization_id: int, identity: str, since: datetime) -> list[FailedConnection]:
    found: FailedConnections = import_string(settings.FAILED_CONNECTIONS)
    return list(found(organization_id=organization_id, identity=identity, since=since))
