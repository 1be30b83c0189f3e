"""Shorthand for what stations report in the tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from stations.facts import (
    ReadingTaken,
    Recorded,
    Report,
    SessionBegan,
    SessionFinished,
    SessionUpdated,
    StatusReported,
    TokenPresented,
)
from stations.models import ChargingSession, ChargingStation, MeterReading
from stations.services.recording import record
from tests.factories import NOON


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def begin(**said: Any) -> SessionBegan:
    defaults: dict[str, Any] = {"evse_number": 1, "connector_number": 1, "token_uid": "CARD1"}
    defaults |= {"started_at": NOON, "meter_start_wh": 1000}
    return SessionBegan(**(defaults | said))


def begin2(transaction_id: str = "tx1", **said: Any) -> SessionBegan:
    return begin(**({"transaction_id": transaction_id, "seq_no": 0, "phase": "connected"} | said))


def update2(transaction_id: str = "tx1", **said: Any) -> SessionUpdated:
    return SessionUpdated(**{"transaction_id": transaction_id, "at": after(1), "seq_no": 1, **said})


def reading(minutes: float = 10, **said: Any) -> ReadingTaken:
    return ReadingTaken(**{"taken_at": after(minutes), "context": "periodic", **said})


def finish(number: int | None = None, **said: Any) -> SessionFinished:
    defaults: dict[str, Any] = {"number": number, "ended_at": after(60)}
    defaults |= {"meter_end_wh": 11_000, "reason": "Local"}
    return SessionFinished(**(defaults | said))


def finish2(transaction_id: str = "tx1", **said: Any) -> SessionFinished:
    return finish(**{"transaction_id": transaction_id, "seq_no": 2, **said})


def status(word: str, detail: str = "", **said: Any) -> StatusReported:
    defaults: dict[str, Any] = {"evse_number": 1, "connector_number": 1}
    defaults |= {"status": word, "detail": detail or word}
    return StatusReported(**(defaults | said))


def token(uid: str = "CARD1") -> TokenPresented:
    return TokenPresented(uid=uid, type="")


@dataclass
class Storyteller:
    """Reports of one station, one message at a time."""

    station: ChargingStation

    def __call__(self, *facts: Any) -> tuple[Any, ...]:
        [outcome] = record([self.report(*facts)])
        assert isinstance(outcome, Recorded)
        return outcome.answers

    def report(self, *facts: Any) -> Report:
        return Report(self.station.pk, self.station.connection_no, facts)

    def session(self, **wanted: Any) -> ChargingSession:
        return ChargingSession.objects.get(station=self.station, **wanted)

    def sessions(self) -> list[ChargingSession]:
        return list(ChargingSession.objects.filter(station=self.station).order_by("number"))


def everything() -> dict[str, list[Any]]:
    """All that was recorded, without the ids and arrival order that no story is about."""
    sessions = ChargingSession.objects.order_by("station_id", "started_at", "transaction_id")
    fields = [
        "station_id", "transaction_id", "evse__number", "token_uid", "decision", "status", "phase",
        "started_at", "ended_at", "meter_start_wh", "meter_end_wh", "energy_wh", "power_w",
        "soc_percent", "last_reading_at", "first_seq_no", "last_seq_no", "missing_seq_nos",
        "review_reasons",
    ]  # fmt: skip
    readings = MeterReading.objects.order_by("station_id", "taken_at", "context", "energy_wh")
    with connection.cursor() as cursor:
        cursor.execute("select type from core_domainevent order by type")
        told = [kind for (kind,) in cursor.fetchall()]
    return {
        "sessions": list(sessions.values_list(*fields)),
        "readings": list(readings.values_list("station_id", "taken_at", "context", "energy_wh", "power_w")),
        "events": told,
    }
