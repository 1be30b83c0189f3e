"""OCPP 2.0.1 edition 3 over JSON."""

from __future__ import annotations

from typing import Final

from ocpp_bridge.dialects.base import Dialect
from ocpp_bridge.dialects.v201 import mapping
from ocpp_bridge.dialects.v201.answers import INTERPRETERS, LEARNERS
from ocpp_bridge.dialects.v201.cannot import CANNOT
from ocpp_bridge.dialects.v201.inbound import INBOUND
from ocpp_bridge.dialects.v201.outbound import ENCODERS
from ocpp_bridge.frames import V201

DIALECT: Final = Dialect(
    version="2.0.1",
    subprotocol="ocpp2.0.1",
    grammar=V201,
    inbound=INBOUND,
    encoders=ENCODERS,
    interpreters=INTERPRETERS,
    learners=LEARNERS,
    triggered=mapping.TRIGGER,
    secrets=mapping.SECRET_VARIABLES,
    cannot=CANNOT,
)
