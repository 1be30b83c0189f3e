"""A conversation without a socket: the same code, synchronously, in the caller's thread.

For tests, and for the demo's history under `core.clock.at`. What differs from a socket is only
who waits for whom.
"""

from __future__ import annotations

from collections.abc import Iterable

from ocpp_bridge import batches, commanding
from ocpp_bridge.commanding import Ready
from ocpp_bridge.dialects import BY_VERSION
from ocpp_bridge.exchange import Exchange, Heard, Job, Said, Settled
from ocpp_bridge.handshake import Welcome, enter
from ocpp_bridge.journal import Entry
from stations.models import ChargingStation
from stations.services import connectivity


class Conversation:
    """One connection of a station. `version`: "1.6" or "2.0.1"."""

    def __init__(self, station: ChargingStation, *, version: str = "1.6") -> None:
        admission = enter([Welcome(station, BY_VERSION[version])])[0]
        self.station_id = station.pk
        self._notes: list[Entry] = []
        self.state = Exchange(
            station_id=station.pk,
            connection_no=admission.connection_no,
            dialect=admission.dialect,
            registration=admission.registration,
            note=self._notes.append,
            last=admission.last,
        )

    def exchange(self, text: str) -> list[str]:
        """What we say to a frame: one reply, or none."""
        return exchange_all([(self, text)])[0]

    def next_command(self) -> str | None:
        """The next call of ours, if a command waits; answer it through `exchange`."""
        state = self.state
        while True:
            claimed = commanding.claim_next(
                station_id=self.station_id,
                connection_no=state.connection_no,
                dialect=state.dialect,
                registration=state.registration,
            )
            if claimed is None:
                return None
            if isinstance(claimed, Ready):
                text = state.ask(claimed.asked, claimed.payload)
                batches.commit((), self.take_notes())
                return text

    def give_up(self) -> None:
        """The call in flight gets no answer in time."""
        asked = self.state.link.give_up()
        if asked is not None:
            commanding.time_out(asked)

    def close(self) -> None:
        connectivity.disconnected(station_id=self.station_id, connection_no=self.state.connection_no)

    def take_notes(self) -> list[Entry]:
        notes, self._notes[:] = self._notes[:], []
        return notes


def exchange_all(said: Iterable[tuple[Conversation, str]]) -> list[list[str]]:
    """One frame of each of several stations, in one batch; the replies in the same order."""
    pairs = [(conversation, text.encode("utf-8", "replace").decode()) for conversation, text in said]
    heard = [(conversation, conversation.state.hear(text)) for conversation, text in pairs]
    jobs = [job for _, job in heard if isinstance(job, Job) and job.run_errand()]
    done = {id(job) for job in jobs}
    notes = [entry for conversation, _ in heard for entry in conversation.take_notes()]
    batches.commit(jobs, notes)
    return [_replies(conversation, answer, done) for conversation, answer in heard]


def _replies(conversation: Conversation, heard: Heard, done: set[int]) -> list[str]:
    if isinstance(heard, Job):
        if id(heard) in done:
            conversation.state.finish(heard)
        return [heard.reply] if heard.reply else []
    if isinstance(heard, Settled):
        commanding.settle(conversation.station_id, heard)
    if isinstance(heard, Said | Settled) and heard.reply:
        return [heard.reply]
    return []
