"""Reactions of stations to its own news; named in `config/wiring.py`."""

from __future__ import annotations

from accounts.notifications import send_message
from stations.command_kinds import DeliverCertificate, WriteVariable
from stations.events import (
    CommandAnswered,
    CommissioningLinkSent,
    SessionAbandoned,
    SessionEnded,
    SessionReviewed,
    SessionStarted,
    StationBooted,
    TransferEnded,
)
from stations.models import BulkItem, CommissioningLink, StationCommand
from stations.services import (
    attempts,
    bulk_giving,
    certificate_delivery,
    commissioning,
    inventory,
    measuring,
    security,
)
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


def take_inventory(event: StationBooted) -> None:
    """A station that is new, or new to us as it is now, tells all its settings."""
    inventory.take_inventory(station_id=event.station_id)


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
        certificate_delivery.follow_answer(command=command)


def send_commissioning_link(event: CommissioningLinkSent) -> None:
    """To the installer, in the language of who has made it. One that was replaced meanwhile is not sent."""
    found = CommissioningLink.objects.select_related("organization", "location", "station", "made_by")
    link = found.filter(pk=event.link_id, round=event.round).first()
    if link is None or not link.email or not link.can_act:
        return
    context = {"link": link, "address": commissioning.address(link)}
    locale = link.made_by.locale if link.made_by else "en"
    send_message(to=link.email, kind="commissioning_link", context=context, locale=locale)
