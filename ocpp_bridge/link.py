"""Our own calls on one connection: one in flight, time-outs, answers that come late. No I/O."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from typing import Final, NamedTuple

from ocpp_bridge.frames import Payload, pack_call

TIME_OUT_S: Final = 30.0
REMEMBERED: Final = 16
"""How many calls that timed out are kept in mind, for their late answers."""


class Asked(NamedTuple):
    """A call of ours: the command row it stands for, and what was sent."""

    message_id: str
    command_id: int
    action: str


class Busy(RuntimeError):
    """A call is in flight already; one per direction and connection (1.6 J 4.1.1)."""


class Link:
    """`ask` makes the text of a call; `settle` says which call an answer belongs to."""

    __slots__ = ("_late", "waiting")

    def __init__(self) -> None:
        self.waiting: Asked | None = None
        self._late: OrderedDict[str, Asked] = OrderedDict()

    def ask(self, asked: Asked, payload: Payload) -> str:
        """The text of a call, which is in flight from now on. Raises Busy."""
        if self.waiting is not None:
            raise Busy(self.waiting.message_id)
        self.waiting = asked
        return pack_call(asked.message_id, asked.action, payload)

    def settle(self, answered_id: str) -> tuple[Asked, bool] | None:
        """The call answered by this id and whether it had timed out; None for an id unknown to us."""
        asked = self.waiting
        if asked is not None and asked.message_id == answered_id:
            self.waiting = None
            return asked, False
        late = self._late.pop(answered_id, None)
        return None if late is None else (late, True)

    def give_up(self) -> Asked | None:
        """The call in flight has timed out; its answer may still come."""
        asked, self.waiting = self.waiting, None
        if asked is not None:
            self._late[asked.message_id] = asked
            if len(self._late) > REMEMBERED:
                self._late.popitem(last=False)
        return asked


def message_id(command_id: int) -> str:
    """Unique for a station across its connections: commands are sent once, rows never reused."""
    return f"{command_id}-{secrets.token_hex(6)}"
