"""Who handles an action of a version: its translators and its compiled schema."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import jsonschema_rs

from ocpp_bridge import schemas
from ocpp_bridge.dialects.base import Inbound


class Desk(NamedTuple):
    """Who handles an action: its translators and its compiled schema."""

    inbound: Inbound
    judge: jsonschema_rs.Validator


@cache
def desk(version: str, action: str) -> Desk | None:
    from ocpp_bridge.dialects import BY_VERSION

    inbound = BY_VERSION[version].inbound.get(action)
    return None if inbound is None else Desk(inbound, schemas.request(version, action))


@cache
def send_desk(version: str, action: str) -> Desk | None:
    """The same for a SEND."""
    from ocpp_bridge.dialects import BY_VERSION

    inbound = BY_VERSION[version].sends.get(action)
    return None if inbound is None else Desk(inbound, schemas.send(version, action))
