"""Who did not even get a line: TLS failed before the other side could say who it is.

Counted by address, reason and day. What comes in is gathered in memory and written every few
seconds, so that a storm costs one statement; `write_down` is called by the switchboard's timer.
"""

from __future__ import annotations

import ssl
from collections import Counter, deque
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from django.db import connection

from core import clock
from core.live import nudge
from ocpp_bridge.models import FailedLine

KEPT_PER_DAY: Final = 2000
CROWD: Final = "*"
"""The address under which further ones are counted once a day's list is full."""
NOBODYS: Final = "door.0"

Reason = FailedLine.Reason

REASONS: Final[dict[str, Reason]] = {
    "HTTP_REQUEST": Reason.NOT_TLS,
    "WRONG_VERSION_NUMBER": Reason.NOT_TLS,
    "UNKNOWN_PROTOCOL": Reason.NOT_TLS,
    "UNSUPPORTED_PROTOCOL": Reason.OLD_TLS,
    "VERSION_TOO_LOW": Reason.OLD_TLS,
    "PROTOCOL_VERSION": Reason.OLD_TLS,
    "NO_SHARED_CIPHER": Reason.NO_COMMON_SUITE,
    "HANDSHAKE_FAILURE": Reason.NO_COMMON_SUITE,
    "CERTIFICATE_VERIFY_FAILED": Reason.UNTRUSTED_CERTIFICATE,
    "UNKNOWN_CA": Reason.DISTRUSTS_US,
    "BAD_CERTIFICATE": Reason.DISTRUSTS_US,
    "CERTIFICATE_UNKNOWN": Reason.DISTRUSTS_US,
    "CERTIFICATE_EXPIRED": Reason.DISTRUSTS_US,
    "UNSUPPORTED_CERTIFICATE": Reason.DISTRUSTS_US,
    "DECRYPT_ERROR": Reason.DISTRUSTS_US,
}
"""OpenSSL's words; those of alerts (what the other side said to us) without what stands before them."""

_COUNT: Final = """
insert into ocpp_bridge_failedline as f (remote_address, reason, day, count, last_at, detail)
select address, reason, day, count, last_at, detail
  from unnest(%s::text[], %s::text[], %s::date[], %s::int[], %s::timestamptz[], %s::text[])
    as u(address, reason, day, count, last_at, detail)
    on conflict (day, remote_address, reason) do update
   set count = f.count + excluded.count, last_at = excluded.last_at, detail = excluded.detail
"""


class Failure(NamedTuple):
    """One handshake that failed. `words`: OpenSSL's own."""

    address: str
    reason: Reason
    at: datetime
    words: str


_met: Final[deque[Failure]] = deque(maxlen=20_000)
"""Since the last writing; of a storm the oldest are forgotten."""


def judge(error: Exception) -> Reason | None:
    """What a failed TLS handshake means; None for silence and for a line that broke."""
    if not isinstance(error, ssl.SSLError) or isinstance(error, ssl.SSLEOFError):
        return None
    word = (error.reason or "").rpartition("ALERT_")[2]
    return REASONS.get(word, Reason.OTHER)


def note(address: str, error: Exception) -> None:
    """One more failed handshake from this address; nothing when no reason is known."""
    reason = judge(error)
    if reason is not None:
        words = getattr(error, "verify_message", "") or getattr(error, "reason", "") or ""
        _met.append(Failure(address[:64], reason, clock.now(), words[:120]))


def write_down() -> None:
    """Add what was met to the table, and tell who looks at the page."""
    met = [_met.popleft() for _ in range(len(_met))]
    if not met:
        return
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [list(column) for column in zip(*_rows(met), strict=True)])
    nudge(NOBODYS)


def _rows(met: Sequence[Failure]) -> list[tuple[Any, ...]]:
    """One row for each address, reason and day; a scan from many addresses must not fill the table."""
    today = clock.now().date()
    is_crowded = FailedLine.objects.filter(day=today).count() >= KEPT_PER_DAY
    last: dict[tuple[str, Reason, date], Failure] = {}
    counts: Counter[tuple[str, Reason, date]] = Counter()
    for one in met:
        place = (CROWD if is_crowded else one.address, one.reason, one.at.date())
        last[place] = one
        counts[place] += 1
    return [(*place, counts[place], one.at, one.words) for place, one in last.items()]
