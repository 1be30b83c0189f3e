"""Going dark and coming back: resets, reboots after an update, and the mains failing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from simulator.stations.words import RegistrationState, StopReason, Trigger

if TYPE_CHECKING:
    from simulator.stations.station import Station

_RESET_GRACE_S: Final = 20.0
_LOOK_AGAIN_S: Final = 30.0


class Power:
    """One station's switch."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def restart(self, now: datetime, *, is_hard: bool, because: str = "RemoteReset") -> None:
        """Stop everything, tell it, go dark, boot again; `because` is the boot's reason in 2.0.1's words."""
        reason = StopReason.IMMEDIATE_RESET if is_hard else StopReason.SOFT_RESET
        self._station.cabinet.stop_all(reason, Trigger.RESET_COMMAND, now)
        self._station.at(now + timedelta(seconds=1), lambda at: self._go_dark(at, now, because))

    def restart_when_idle(self, now: datetime) -> None:
        """Look again every half minute until no transaction runs."""
        if any(self._station.cabinet.transactions()):
            self._station.at(now + timedelta(seconds=_LOOK_AGAIN_S), self.restart_when_idle)
        else:
            self.restart(now, is_hard=False)

    def fail(self, now: datetime, for_s: float) -> None:
        """The mains fail: nothing can be said any more. What ran is told after the boot, as of now."""
        self._station.line_down(now)
        self._station.is_rude = True
        self._station.cabinet.stop_all(StopReason.POWER_LOSS, Trigger.ABNORMAL_CONDITION, now)
        self._off(now, "PowerUp", for_s)

    def _go_dark(self, at: datetime, asked_at: datetime, because: str) -> None:
        """Wait a little for the last messages to be acknowledged."""
        link = self._station.link
        if link.is_up and link.backlog and (at - asked_at).total_seconds() < _RESET_GRACE_S:
            self._station.at(at + timedelta(seconds=1), lambda later: self._go_dark(later, asked_at, because))
            return
        self._off(at, because, self._station.settings.reboot_s)

    def _off(self, at: datetime, because: str, for_s: float) -> None:
        station = self._station
        station.registration, station.boot_reason = RegistrationState.NONE, because
        station.link.is_open = False
        station.up_since = at + timedelta(seconds=for_s)
        station.networks.boot()
        if station.networks.active is not None:
            station.settings.security_profile = station.networks.active.security_profile
        station.note("reboot", at, 0, because)
        station.hang_up(at, for_s)
