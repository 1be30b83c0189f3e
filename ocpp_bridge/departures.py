"""Those who go in the same moment are written down together: when a bridge closes, that is everybody."""

from __future__ import annotations

from typing import Final

from core.threads import in_db_thread
from stations.services import connectivity

AT_ONCE: Final = 500


class Departures:
    """`note` a closed connection; while some are being written the next ones gather."""

    def __init__(self) -> None:
        self._gone: list[tuple[int, int]] = []
        self._is_writing = False

    async def note(self, *, station_id: int, connection_no: int) -> None:
        """Raises what the database raises; a sweep finds whoever is forgotten then."""
        self._gone.append((station_id, connection_no))
        if self._is_writing:
            return
        self._is_writing = True
        try:
            while self._gone:
                gone, self._gone = self._gone[:AT_ONCE], self._gone[AT_ONCE:]
                await in_db_thread(connectivity.disconnected_together, gone)
        finally:
            self._is_writing = False
