"""OCPP 1.6 over JSON, with its errata and the security whitepaper."""

from __future__ import annotations

from typing import Final

from ocpp_bridge.dialects import errands
from ocpp_bridge.dialects.base import Dialect
from ocpp_bridge.dialects.v16 import mapping
from ocpp_bridge.dialects.v16.cannot import CANNOT
from ocpp_bridge.dialects.v16.inbound import INBOUND
from ocpp_bridge.dialects.v16.outbound import ENCODERS, INTERPRETERS
from ocpp_bridge.frames import V16

DIALECT: Final = Dialect(
    version="1.6",
    subprotocol="ocpp1.6",
    grammar=V16,
    inbound=INBOUND,
    encoders=ENCODERS,
    interpreters=INTERPRETERS,
    triggered=mapping.TRIGGER,
    secrets=mapping.SECRET_KEYS,
    cannot=CANNOT,
    learners={
        "GetDiagnostics": errands.learn_of_log,
        "GetLog": errands.learn_of_log,
        "SignedUpdateFirmware": errands.learn_of_firmware,
    },
)
