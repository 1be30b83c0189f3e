"""Who handles an action of a version: its translators and its compiled schema.

Only actions that we know are kept: a station may name any other, each time a new one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import jsonschema_rs

from ocpp_bridge import schemas
from ocpp_bridge.dialects.base import Inbound


class Desk(NamedTuple):
    """Who handles an action: its translators and its compiled schema."""

    inbound: Inbound
    judge: jsonschema_rs.Validator


_desks: Final[dict[tuple[str, str], Desk]] = {}
_send_desks: Final[dict[tuple[str, str], Desk]] = {}


def desk(version: str, action: str) -> Desk | None:
    return _desks.get((version, action)) or _open(version, action)


def _open(version: str, action: str) -> Desk | None:
    from ocpp_bridge.dialects import BY_VERSION

    inbound = BY_VERSION[version].inbound.get(action)
    if inbound is None:
        return None
    return _desks.setdefault((version, action), Desk(inbound, schemas.request(version, action)))


def open_all() -> None:
    """Compile every schema now (20 ms), so that no station waits for it."""
    from ocpp_bridge.dialects import BY_VERSION

    for version, dialect in BY_VERSION.items():
        for action in dialect.inbound:
            desk(version, action)
        for action in dialect.sends:
            send_desk(version, action)


def send_desk(version: str, action: str) -> Desk | None:
    """The same for a SEND."""
    return _send_desks.get((version, action)) or _open_for_send(version, action)


def _open_for_send(version: str, action: str) -> Desk | None:
    from ocpp_bridge.dialects import BY_VERSION

    inbound = BY_VERSION[version].sends.get(action)
    if inbound is None:
        return None
    return _send_desks.setdefault((version, action), Desk(inbound, schemas.send(version, action)))
