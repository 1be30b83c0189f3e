"""The demo's own authority for station certificates: made at the first start, kept with the demo's data."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


class Authority:
    """Two files in the state directory. One that the environment names is used instead."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "station-ca"
        self.certificate = self.directory / "station-ca.pem"
        self.key = self.directory / "station-ca.key"

    def environment(self) -> dict[str, str]:
        """What the settings read; empty when an authority is named already."""
        if os.environ.get("STATION_CA_CERT"):
            return {}
        return {"STATION_CA_CERT": str(self.certificate), "STATION_CA_KEY": str(self.key)}

    def making(self) -> Sequence[str]:
        """The management command that makes it; empty when it is there, or another one is used."""
        if not self.environment() or (self.key.exists() and self.certificate.exists()):
            return ()
        for half in (self.certificate, self.key):  # of a start that was cut off
            half.unlink(missing_ok=True)
        return ("station_ca", "make", str(self.directory), "--organization", "Forecourt demo")
