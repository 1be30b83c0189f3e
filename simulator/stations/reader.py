"""The RFID reader: a tap begins a charge, or ends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from simulator.stations import keeping
from simulator.stations.evse import Evse, Permit
from simulator.stations.words import StopReason, Token, Trigger, Verdict

if TYPE_CHECKING:
    from simulator.stations.station import Station

Then = Callable[[Verdict, datetime], None]


class Reader:
    """Decides what a tap means and asks the central system when it must."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def tap(self, token: Token, at: datetime, number: int | None = None) -> None:
        """A card is held to the station. Without a number the station guesses the EVSE."""
        evse = self._station.cabinet.evse(number) if number else self._guess(token)
        if evse is None:
            self._station.note("refused", at, 0, "no free place")
        elif evse.transaction is not None and evse.permit is not None:
            self._tap_running(evse, token, at)
        else:
            self._tap_idle(evse, token, at)

    def _guess(self, token: Token) -> Evse | None:
        """The one charging on this card, else one with a waiting car, else a free one."""
        evses = list(self._station.cabinet.evses.values())
        running = [item for item in evses if item.permit and item.permit.token.matches(token)]
        waiting = [item for item in evses if item.vehicle and item.permit is None and not item.is_finished]
        free = [
            item for item in evses if item.vehicle is None and item.permit is None and not item.is_blocked
        ]
        return next(iter([*running, *waiting, *free]), None)

    def _tap_running(self, evse: Evse, token: Token, at: datetime) -> None:
        transaction = evse.transaction
        if transaction is None:
            return
        if token.matches(transaction.token):
            self._stop(evse, token, at)
            return

        def then(verdict: Verdict, answered_at: datetime) -> None:
            group = transaction.group.casefold()
            if verdict.is_accepted and group and verdict.group.casefold() == group:
                self._stop(evse, token, answered_at)
            else:
                self._station.note("refused", answered_at, evse.number, "another card's session")

        self._station.authorize(token, evse, at, then)

    def _stop(self, evse: Evse, token: Token, at: datetime) -> None:
        self._station.cabinet.stop(evse.number, StopReason.LOCAL, Trigger.STOP_AUTHORIZED, at, by=token)

    def _tap_idle(self, evse: Evse, token: Token, at: datetime) -> None:
        if self._station.web_payments.is_kept(evse.number, at):
            self._station.note("refused", at, evse.number, "kept for a web payment")
            return
        reason = keeping.refuses(evse, token)
        if reason and evse.reservation is None:
            self._station.note("refused", at, evse.number, reason)
            return

        def then(verdict: Verdict, answered_at: datetime) -> None:
            refusal = keeping.refuses(evse, token, verdict.group) if verdict.is_accepted else verdict.status
            if refusal:
                self._station.note("refused", answered_at, evse.number, refusal)
                return
            permit = Permit(token=token, group=verdict.group)
            self._station.cabinet.permit(evse.number, permit, Trigger.AUTHORIZED, answered_at)

        self._station.authorize(token, evse, at, then)
