"""Who did not get in, counted where an operator can see it, so that a storm stays small.

One row for each identity, reason and day; it keeps when and whence the newest attempts came.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from django.db import connection

from core import clock
from core.live import nudge
from ocpp_bridge.callers import Caller, is_possible
from ocpp_bridge.models import FailedHandshake
from stations.models import ChargingStation

logger = logging.getLogger(__name__)

FAILURES_KEPT_PER_DAY: Final = 2000
ATTEMPTS_KEPT: Final = 20
CROWD: Final = "*"
"""The identity under which strangers are counted once a day's list is full."""

Reason = FailedHandshake.Reason

_COUNT: Final = f"""
insert into ocpp_bridge_failedhandshake as f
       (organization_id, identity, reason, day, count, last_at, remote_address, offered, detail, path,
        attempts)
values (%(organization)s, %(identity)s, %(reason)s, %(day)s, 1, %(at)s, %(address)s, %(offered)s, %(detail)s,
        %(path)s, jsonb_build_array(jsonb_build_array(%(iso)s::text, %(address)s::text)))
    on conflict (day, identity, reason) do update
   set count = f.count + 1, last_at = excluded.last_at, remote_address = excluded.remote_address,
       offered = excluded.offered, detail = excluded.detail, path = excluded.path,
       organization_id = coalesce(excluded.organization_id, f.organization_id),
       attempts = jsonb_path_query_array(excluded.attempts || f.attempts, '$[0 to {ATTEMPTS_KEPT - 1}]')
"""  # noqa: S608


def count_failure(
    caller: Caller, reason: Reason, *, organization_id: int | None = None, detail: str = ""
) -> None:
    """One more failed handshake of this identity today, with its reason."""
    now = clock.now()
    identity = _called(caller).replace("\0", "") if not _is_crowded() else CROWD
    values: dict[str, Any] = {
        "organization": organization_id,
        "identity": identity,
        "reason": reason.value,
        "day": now.date(),
        "at": now,
        "iso": now.isoformat(timespec="seconds"),
        "address": caller.remote_address,
        "offered": ", ".join(caller.offered)[:120].replace("\0", ""),
        "detail": detail[:120].replace("\0", ""),
        "path": _foreign_path(caller)[:200].replace("\0", ""),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
    nudge(f"door.{organization_id or 0}")
    logger.info("refused %r: %s", caller.identity, reason.value)


def _called(caller: Caller) -> str:
    """Its identity; at an address that nobody knows, most likely the last step."""
    if caller.identity or not caller.dialed.steps:
        return caller.identity
    last = caller.dialed.steps[-1]
    return last if not caller.is_on_our_address and is_possible(last) else ""


def _foreign_path(caller: Caller) -> str:
    path = caller.dialed.path
    return "" if path in ("/", f"/ocpp/{caller.identity}") else path


def count_other_serial(station_id: int, identity: str, serial: str) -> None:
    """The serial number at boot was not that of the certificate (2.0.1 B01.FR.12)."""
    station = ChargingStation.objects.get(pk=station_id)
    caller = Caller(identity, b"", None, (), "")
    count_failure(caller, Reason.OTHER_SERIAL, organization_id=station.organization_id, detail=serial or "-")


def _is_crowded() -> bool:
    """A scan over many identities must not fill the table."""
    return FailedHandshake.objects.filter(day=clock.now().date()).count() >= FAILURES_KEPT_PER_DAY
