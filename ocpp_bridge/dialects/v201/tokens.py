"""Our tokens as OCPP 2.0.1 names them (part 2, IdTokenType). Pure."""

from __future__ import annotations

from ocpp_bridge.dialects.v201 import mapping
from ocpp_bridge.frames import Payload


def id_token(uid: str, type_: str) -> Payload:
    """A type that the standard does not know is a central one."""
    word = mapping.TOKEN_TYPE.get(type_, type_)
    return {"idToken": uid, "type": word if word in mapping.TOKEN_TYPES else "Central"}
