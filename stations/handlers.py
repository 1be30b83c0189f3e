"""Reactions of stations to its own news; named in `config/wiring.py`."""

from __future__ import annotations

from stations.command_kinds import DeliverCertificate, WriteVariable
from stations.events import (
    CommandAnswered,
    SessionAbandoned,
    SessionEnded,
    SessionReviewed,
    SessionStarted,
    TransferEnded,
)
from stations.models import BulkItem, StationCommand
from stations.services import attempts, bulk_giving, certificates, measuring, security
from stations.services.usage import refresh_session_day


def refresh_daily_usage(event: SessionEnded | SessionReviewed) -> None:
    refresh_session_day(session_id=event.session_id)


def look_at_ended_session(event: SessionEnded) -> None:
    attempts.follow_ended(session_id=event.session_id)
    measuring.measure_session(session_id=event.session_id)


def follow_started_session(event: SessionStarted) -> None:
    attempts.follow_started(session_id=event.session_id)


def follow_abandoned_session(event: SessionAbandoned) -> None:
    attempts.follow_abandoned(session_id=event.session_id, reason=event.reason)


def follow_transfer(event: TransferEnded) -> None:
    """A firmware update or a log of a bulk command has ended."""
    if event.command_id is not None:
        outcome = BulkItem.Outcome.SUCCEEDED if event.status == "done" else BulkItem.Outcome.FAILED
        bulk_giving.settle_item(command_id=event.command_id, outcome=outcome, note=event.word)


def follow_credentials(event: CommandAnswered) -> None:
    """A password or a certificate that was on its way has arrived, or has not."""
    if event.kind in (WriteVariable.name, DeliverCertificate.name):
        command = StationCommand.objects.get(pk=event.command_id)
        security.follow_answer(command=command)
        certificates.follow_answer(command=command)
