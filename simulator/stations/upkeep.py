"""What certificates need of a station as a whole, in every version: ask, take, come back with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from simulator.stations.logs import ENDS as LOG_ENDS

if TYPE_CHECKING:
    from simulator.stations.station import Station

WITH_CERTIFICATE: Final = 3
ENCRYPTED: Final = 2
_AWAY_S: Final = 1.0


def take_certificate(station: Station, chain: str, at: datetime) -> str:
    """CertificateSigned.conf status; in profile 3 the station comes back with it (A02.FR.08)."""
    if fault := station.keys.install_own(chain, at):
        station.dialect.security_event(station.dialect.invalid_certificate, at, fault)
        return "Rejected"
    station.note("security", at, 0, "ReconfigurationOfSecurityParameters certificate")
    if station.settings.security_profile == WITH_CERTIFICATE:
        _come_back(station, at)
    return "Accepted"


def raise_profile(station: Station, profile: int) -> None:
    """Come back more securely, if we have what that needs (A05.FR.02 to A05.FR.07). Raises ValueError."""
    present = station.settings.security_profile
    lacks_own = profile == WITH_CERTIFICATE and not station.keys.chain
    if not present <= profile <= WITH_CERTIFICATE or lacks_own:
        raise ValueError(f"profile {profile} after {present}")
    if profile > present:
        station.settings.security_profile = profile
        _come_back(station, station.now)


def _come_back(station: Station, at: datetime) -> None:
    """After the answer has left."""
    station.at(at + timedelta(seconds=_AWAY_S), lambda due: station.hang_up(due, _AWAY_S))


def last_firmware_word(station: Station) -> str:
    """What a trigger brings: Idle once it is installed (L01.FR.25, L01.FR.26)."""
    word = station.firmware.word
    return "Idle" if word == "Installed" else word


def last_log_word(station: Station) -> str:
    word = station.logs.word
    return "Idle" if word in LOG_ENDS else word
