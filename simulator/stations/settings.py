"""What an operator may tune on a station, whatever the version calls it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

MEASURANDS = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    "SoC",
)


@dataclass(slots=True, kw_only=True)
class Settings:
    """Seconds unless the name says otherwise. The dialects map their keys onto these fields.

    `meter_unit`: Wh or kWh, as the vendor likes it. `tx_start_points`/`tx_stop_points`: words of
    2.0.1 (part 2, E01 and E06); 1.6 always starts when the power path closes. `download_s`,
    `install_s`, `reboot_s`: of new firmware. `has_security_extension`: knows 1.6's whitepaper.
    """

    heartbeat_interval_s: int = 300
    sample_interval_s: int = 60
    clock_aligned_interval_s: int = 0
    connection_timeout_s: int = 60
    call_timeout_s: float = 30.0
    message_attempts: int = 3
    message_retry_interval_s: int = 60
    boot_retry_s: int = 60
    reboot_s: float = 15.0
    download_s: float = 8.0
    install_s: float = 25.0
    upload_method: Literal["PUT", "POST"] = "PUT"
    security_profile: int = 1
    has_security_extension: bool = True
    measurands: tuple[str, ...] = MEASURANDS
    meter_unit: str = "Wh"
    allow_offline_unknown: bool = True
    local_list_enabled: bool = True
    local_authorize_offline: bool = True
    local_pre_authorize: bool = False
    authorize_remote_starts: bool = False
    stop_on_invalid_token: bool = True
    boots_on_reconnect: bool = False
    max_stack_level: int = 8
    max_periods: int = 24
    max_profiles: int = 10
    tx_start_points: tuple[str, ...] = ("PowerPathClosed",)
    tx_stop_points: tuple[str, ...] = ("Authorized", "EVConnected")
    unlock_works: bool = True

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Defaults with some overridden. Raises TypeError for a name that does not exist."""
        turned: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        return cls(**turned)
