"""News from stations. `config/wiring.py` says who listens; handlers must be idempotent.

Only changes make news: a repeated report says nothing. Each event names rows by id and carries
what a handler would otherwise have to read back at a later, different moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _SessionEvent(Event):
    session_id: int
    organization_id: int
    station_id: int
    evse_id: int | None = None
    driver_id: int | None = None
    at: datetime

    @property
    def subject(self) -> str:
        return f"session.{self.session_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRequested(_SessionEvent):
    """A pending session was made and the station is being asked to start it."""

    name: ClassVar[str] = "stations.SessionRequested"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(_SessionEvent):
    """The station reported a start. `was_requested`: it answers one of our own starts."""

    name: ClassVar[str] = "stations.SessionStarted"
    was_requested: bool = False
    reservation_number: int | None = None
    decision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPhaseChanged(_SessionEvent):
    """The charging phase changed (`stations.states.PHASES`)."""

    name: ClassVar[str] = "stations.SessionPhaseChanged"
    phase: str
    was: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(_SessionEvent):
    """The session is completed and its figures stand. `is_held`: it waits for review, do not bill.

    Told again when a late message completes the story (a gap filled, a start after its stop).
    """

    name: ClassVar[str] = "stations.SessionEnded"
    energy_wh: int
    is_held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionInterrupted(_SessionEvent):
    """Its end was never reported and another session has begun; SessionEnded may still follow."""

    name: ClassVar[str] = "stations.SessionInterrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReviewed(_SessionEvent):
    """An operator released a flagged session: it may be billed now."""

    name: ClassVar[str] = "stations.SessionReviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionMeasured(_SessionEvent):
    """Its signed meter values have been weighed, as calibration law wants before it is billed."""

    name: ClassVar[str] = "stations.SessionMeasured"
    is_held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAbandoned(_SessionEvent):
    """A requested start came to nothing; let go of what was held for it."""

    name: ClassVar[str] = "stations.SessionAbandoned"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvseStatusChanged(Event):
    """A connector's state changed. `status`: `stations.states.CONNECTOR_STATUSES`."""

    name: ClassVar[str] = "stations.EvseStatusChanged"
    organization_id: int
    station_id: int
    evse_id: int
    connector_number: int
    status: str
    was: str
    at: datetime

    @property
    def subject(self) -> str:
        return f"evse.{self.evse_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _StationEvent(Event):
    station_id: int
    organization_id: int
    at: datetime

    @property
    def subject(self) -> str:
        return f"station.{self.station_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StationBooted(_StationEvent):
    """The station started anew: its volatile settings and profiles may be gone."""

    name: ClassVar[str] = "stations.StationBooted"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationConnected(_StationEvent):
    name: ClassVar[str] = "stations.StationConnected"
    connection_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDisconnected(_StationEvent):
    name: ClassVar[str] = "stations.StationDisconnected"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAnswered(_StationEvent):
    """A command reached an end: accepted, rejected, failed, timed_out or expired.

    A timed-out command may be told of again when its answer comes late.
    """

    name: ClassVar[str] = "stations.CommandAnswered"
    command_id: int
    kind: str
    status: str
    session_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEnded(_StationEvent):
    """A firmware update or a log upload is over. `status`: done, failed or canceled."""

    name: ClassVar[str] = "stations.TransferEnded"
    transfer_id: int
    kind: str
    status: str
    word: str = ""
    command_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEventReported(_StationEvent):
    """A station told of something that touches its security. `is_urgent`: a person should look."""

    name: ClassVar[str] = "stations.SecurityEventReported"
    security_event_id: int
    type: str
    is_urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StationAdopted(Event):
    """A station that came by itself is one of the network's now. `tariff_id`: of its template."""

    name: ClassVar[str] = "stations.StationAdopted"
    station_id: int
    organization_id: int
    at: datetime
    tariff_id: int | None = None

    @property
    def subject(self) -> str:
        return f"station.{self.station_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissioningLinkSent(Event):
    """An installer's link was made or renewed, and somebody should get it by e-mail."""

    name: ClassVar[str] = "stations.CommissioningLinkSent"
    link_id: int
    organization_id: int
    round: int
    at: datetime

    @property
    def subject(self) -> str:
        return f"commissioning.{self.link_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingNeedsTold(_SessionEvent):
    """A car told what it needs (2.0.1 K15, K17): `energy_wh` until `departure_at`, where it said so."""

    name: ClassVar[str] = "stations.ChargingNeedsTold"
    departure_at: datetime | None = None
    energy_wh: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OuterLimitChanged(_StationEvent):
    """Somebody else limits this station, or no longer does. `evse_number` 0: all of it."""

    name: ClassVar[str] = "stations.OuterLimitChanged"
    evse_number: int
    source: str
    is_cleared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationReleased(_StationEvent):
    """A station keeps an EVSE for nobody any more. `cause`: expired, removed or unused."""

    name: ClassVar[str] = "stations.ReservationReleased"
    reservation_number: int
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementReported(_StationEvent):
    """A payment terminal at a station settled by itself. `status`: settled, canceled, rejected, failed.

    `amount` is a decimal number in the currency of the organization, `reference` the provider's.
    """

    name: ClassVar[str] = "stations.SettlementReported"
    reference: str
    status: str
    amount: str
    session_id: int | None = None
