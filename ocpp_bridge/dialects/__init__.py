"""The versions that we speak, the preferred one first."""

from __future__ import annotations

from typing import Final

from ocpp_bridge.dialects import v16, v21, v201
from ocpp_bridge.dialects.base import Dialect

DIALECTS: Final[tuple[Dialect, ...]] = (v21.DIALECT, v201.DIALECT, v16.DIALECT)
BY_VERSION: Final = {dialect.version: dialect for dialect in DIALECTS}
BY_SUBPROTOCOL: Final = {dialect.subprotocol: dialect for dialect in DIALECTS}
