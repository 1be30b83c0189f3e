"""OCPP 2.1 edition 1 over JSON: 2.0.1, and a table of differences."""

from __future__ import annotations

from typing import Final

from ocpp_bridge.dialects import v201
from ocpp_bridge.dialects.base import Dialect
from ocpp_bridge.dialects.v21.inbound import INBOUND, SENDS
from ocpp_bridge.dialects.v21.outbound import ENCODERS, INTERPRETERS
from ocpp_bridge.frames import V21

_GRID: Final = "Control by the grid is kept and answered, no more."
_STREAMS: Final = "Event streams are kept and answered, no more."

DIALECT: Final = Dialect(
    version="2.1",
    subprotocol="ocpp2.1",
    grammar=V21,
    inbound=INBOUND,
    sends=SENDS,
    encoders=ENCODERS,
    interpreters=INTERPRETERS,
    learners=v201.DIALECT.learners,
    triggered=v201.DIALECT.triggered,
    secrets=v201.DIALECT.secrets,
    by_hand={
        "AFRRSignal": _GRID,
        "AdjustPeriodicEventStream": _STREAMS,
        "ClearDERControl": _GRID,
        "GetDERControl": _GRID,
        "GetPeriodicEventStream": _STREAMS,
        "RequestBatterySwap": "Battery swap is kept and answered, no more.",
        "SetDERControl": _GRID,
    },
)
