"""What stations report, in our words: a closed list of frozen facts.

Pure. A dialect makes these from the wire; `stations.services.recording` writes them, many at a
time. Field types decide the SQL columns of the batch statements, so only plain types appear:
`str`, `int`, `bool`, `datetime` (aware, UTC), `Json`, and their optional forms.

Energy is whole watt-hours and absolute (a register, never a difference), power whole watts,
current in milliamperes and voltage in decivolts (so that no float is stored).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StationBooted:
    """The station started (OCPP 1.6 section 4.2, 2.0.1 use case B01)."""

    vendor: str
    model: str
    serial: str = ""
    firmware: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReported:
    """A connector's state. `evse_number` 0 is the whole station (1.6 connector 0).

    `status` is coarse (`stations.states.ConnectorStatus`), `detail` the station's own word; `phase`
    is what the word says about the running session (`stations.states.PHASES`; 1.6 only).
    `reported_at` is the station's clock and may be absurd; arrival order decides.
    """

    evse_number: int
    connector_number: int
    status: str
    detail: str
    phase: str = ""
    error_code: str = ""
    info: str = ""
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPresented:
    """Somebody showed a token and the station asks whether it may charge. Answer: `Decision`."""

    uid: str
    type: str
    evse_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionBegan:
    """A transaction started. Answer: `BeginAnswer`.

    `transaction_id` is the station's own (2.x) or empty (1.6, where we give the number).
    `seq_no` is the station's message counter (2.x). `remote_start_id` names the command that
    caused it (2.x); `reservation_number` the booking it claims to use.
    """

    transaction_id: str = ""
    evse_number: int | None = None
    connector_number: int | None = None
    token_uid: str = ""
    token_type: str = ""
    started_at: datetime
    meter_start_wh: int | None = None
    phase: str = ""
    seq_no: int | None = None
    is_offline: bool = False
    remote_start_id: int | None = None
    reservation_number: int | None = None
    trigger: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionUpdated:
    """Something about a running transaction changed. Empty values mean "not said"."""

    transaction_id: str
    evse_number: int | None = None
    connector_number: int | None = None
    token_uid: str = ""
    token_type: str = ""
    at: datetime
    phase: str = ""
    seq_no: int | None = None
    is_offline: bool = False
    remote_start_id: int | None = None
    trigger: str = ""


@dataclass(slots=True, kw_only=True)  # not frozen: that costs a microsecond, and there are so many
class ReadingTaken:
    """One instant's meter values, normalized (`stations.metering`).

    Names its session by `transaction_id` (2.x) or `number` (1.6), or neither: then the session
    that ran on the EVSE at `taken_at` gets it. `other` keeps whatever has no column, raw. `seq_no` is
    the counter of the message that it came with, where the recording lets the reading count it.
    """

    transaction_id: str = ""
    number: int | None = None
    evse_number: int | None = None
    taken_at: datetime
    context: str
    energy_wh: int | None = None
    power_w: int | None = None
    offered_w: int | None = None
    current_ma: int | None = None
    voltage_dv: int | None = None
    soc_percent: int | None = None
    seq_no: int | None = None
    other: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFinished:
    """A transaction ended. Names its session by `transaction_id` (2.x) or `number` (1.6)."""

    transaction_id: str = ""
    number: int | None = None
    evse_number: int | None = None
    token_uid: str = ""
    token_type: str = ""
    ended_at: datetime
    meter_end_wh: int | None = None
    reason: str = ""
    phase: str = ""
    seq_no: int | None = None
    is_offline: bool = False


Fact: TypeAlias = (
    StationBooted
    | StatusReported
    | TokenPresented
    | SessionBegan
    | SessionUpdated
    | ReadingTaken
    | SessionFinished
)


class Report(NamedTuple):
    """The facts of one message. `connection_no` fences: a stale connection's report is dropped."""

    station_id: int
    connection_no: int
    facts: tuple[Fact, ...]


class Recorded(NamedTuple):
    """Answers to one report, one per fact in order (None where a fact needs no answer)."""

    answers: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Fenced:
    """The report came over a connection that a newer one has replaced; nothing was written."""


Outcome: TypeAlias = Recorded | Fenced


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """May this token charge here? `status`: accepted, blocked, expired, invalid, concurrent.

    `reason` is for the operator; `group_uid` is the token's group (parent idTag), upper case.
    """

    status: str
    reason: str = ""
    group_uid: str = ""
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginAnswer:
    """`number` is the session's own number: the transaction id of OCPP 1.6."""

    number: int
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One authorization question, resolved as far as our tables know.

    `id_token_id` is None for a token that we do not know. Asked in batches: see
    `stations.services.authorization`.
    """

    station_id: int
    organization_id: int
    evse_id: int | None
    id_token_id: int | None
    user_id: int | None
    uid: str
    type: str
    at: datetime
