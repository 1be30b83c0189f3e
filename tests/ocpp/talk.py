"""Helpers: an exchange without a database, and frames."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

from ocpp_bridge.dialects import BY_VERSION
from ocpp_bridge.exchange import Exchange, Heard, Job
from stations.facts import (
    BeginAnswer,
    Decision,
    Recorded,
    SessionBegan,
    SessionFinished,
    SessionUpdated,
    StationBooted,
    TokenPresented,
)

VERSIONS = tuple(sorted(BY_VERSION))
_numbers = itertools.count(1)

ACCEPTED = Decision(status="accepted", group_uid="FLEET", valid_until=datetime(2027, 1, 1, tzinfo=UTC))
ANSWERS = {
    StationBooted: "accepted",
    TokenPresented: ACCEPTED,
    SessionBegan: BeginAnswer(number=81, decision=ACCEPTED),
    SessionUpdated: ACCEPTED,
    SessionFinished: ACCEPTED,
}


def call(action: str, payload: Any, message_id: str | None = None) -> str:
    return json.dumps([2, message_id or f"m{next(_numbers)}", action, payload])


def make_exchange(version: str, registration: str = "accepted") -> Exchange:
    return Exchange(
        station_id=1,
        connection_no=1,
        dialect=BY_VERSION[version],
        registration=registration,
        note=lambda entry: None,
    )


def reply_of(heard: Heard) -> list[Any] | None:
    """What would be answered, with everything recorded as the database would say yes."""
    if heard is None:
        return None
    if isinstance(heard, Job):
        heard.settle(Recorded(tuple(ANSWERS.get(type(fact)) for fact in heard.report.facts)))
    return json.loads(heard.reply)  # type: ignore[union-attr]
