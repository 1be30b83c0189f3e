"""Charging profiles on their way: ask the station, and note what it answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from core import clock
from scheduling.models import SentProfile
from scheduling.selectors.following import PROFILE_HOLDS
from stations.command_kinds import SetPowerLimit
from stations.models import ChargingSession, Evse
from stations.services import commands

Status = SentProfile.Status

ANSWER_WITHIN: Final = timedelta(minutes=1)
DEFAULT_ID: Final = 100  # profile ids are unique in a station: kind of profile plus EVSE number
SESSION_ID: Final = 200
NOT_OBEYED: Final = {"rejected", "failed", "expired"}


def send_session_limit(*, session: ChargingSession, evse: Evse, limit: float) -> SentProfile:
    """Order a limit for a running session: whole amps per phase, or watts for DC.

    It lapses after half an hour unless it is sent again, so that a lost link ends in the failsafe.
    """
    return _send(
        evse,
        session,
        SetPowerLimit(
            evse_number=evse.number,
            profile_id=SESSION_ID + evse.number,
            purpose="session",
            duration_s=round(PROFILE_HOLDS.total_seconds()),
            session_number=session.number,
            transaction_id=session.transaction_id,
            limit_a=_amps(evse, limit),
            limit_w=_watts(evse, limit),
        ),
    )


def send_failsafe(*, evse: Evse, limit: float) -> SentProfile:
    """Order the default that holds for any session without a profile, and without us."""
    return _send(
        evse,
        None,
        SetPowerLimit(
            evse_number=evse.number,
            profile_id=DEFAULT_ID + evse.number,
            purpose="default",
            limit_a=_amps(evse, limit),
            limit_w=_watts(evse, limit),
        ),
    )


@transaction.atomic
def record_answer(*, command_id: int, status: str) -> SentProfile | None:
    """Note the end of an order; None when it was no order of ours. Repeatable; a late answer counts.

    Accepted replaces what was sent before. Refused or expired: the old limit still counts. No answer:
    both may, so the row stays `sent`, with the instant at which we gave up waiting.
    """
    profile = SentProfile.objects.filter(command=command_id).first()
    if profile is None or profile.status not in (Status.SENT, Status.REJECTED):
        return profile
    profile.answered_at = clock.now()
    if status == "accepted":
        profile.status = Status.ACCEPTED
        _replace_older(profile)
    elif status in NOT_OBEYED:
        profile.status = Status.REJECTED
    profile.save(update_fields=["status", "answered_at"])
    return profile


def forget_profiles(*, station_id: int, sent_before: datetime) -> int:
    """A station that booted may have lost its profiles: count on none of them."""
    live = SentProfile.objects.filter(station=station_id, status__in=[Status.SENT, Status.ACCEPTED])
    return live.filter(sent_at__lt=sent_before).update(status=Status.CLEARED)


def _replace_older(profile: SentProfile) -> None:
    older = SentProfile.objects.filter(
        evse=profile.evse_id,
        session=profile.session_id,
        purpose=profile.purpose,
        pk__lt=profile.pk,
        status__in=[Status.SENT, Status.ACCEPTED],
    )
    older.update(status=Status.CLEARED)


def _send(evse: Evse, session: ChargingSession | None, kind: SetPowerLimit) -> SentProfile:
    command = commands.request(station=evse.station, kind=kind, expires_in=ANSWER_WITHIN, session=session)
    return SentProfile.objects.create(
        organization_id=evse.organization_id,
        station_id=evse.station_id,
        evse=evse,
        session=session,
        profile_id=kind.profile_id,
        purpose=kind.purpose,
        stack_level=kind.stack_level,
        limit_a=kind.limit_a,
        limit_w=kind.limit_w,
        command=command,
    )


def _amps(evse: Evse, limit: float) -> int | None:
    return None if evse.current_type == Evse.Current.DC else int(limit)


def _watts(evse: Evse, limit: float) -> int | None:
    return int(limit) if evse.current_type == Evse.Current.DC else None
