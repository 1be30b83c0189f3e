"""Who is calling, may they, and in which version (1.6 J section 3, 2.0.1 part 4 section 3, A00).

Nothing here talks to the socket: the request's head goes in, an `Admission` or a `Refusal` comes
out. What fails is counted where an operator can see it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from django.db import connection

from core import clock
from ocpp_bridge.dialects import DIALECTS
from ocpp_bridge.dialects.base import Dialect
from ocpp_bridge.exchange import Remembered
from ocpp_bridge.models import FailedHandshake, LastReply
from stations.models import ChargingStation
from stations.services import connectivity
from stations.services.secrets import hash_secret

logger = logging.getLogger(__name__)

PREFIX: Final = "/ocpp/"
MAX_IDENTITY_CHARS: Final = 48
MAX_KEY_HEX_DIGITS: Final = 40
FAILURES_KEPT_PER_DAY: Final = 2000
CROWD: Final = "*"
"""The identity under which strangers are counted once a day's list is full."""

Reason = FailedHandshake.Reason


class Caller(NamedTuple):
    """What the head of the request says."""

    identity: str
    username: bytes
    password: bytes | None
    offered: tuple[str, ...]
    remote_address: str


class Admission(NamedTuple):
    """Come in. `connection_no` fences every older connection of the station."""

    station_id: int
    identity: str
    connection_no: int
    registration: str
    dialect: Dialect
    last: Remembered | None


class Refusal(NamedTuple):
    """`status` for the HTTP answer; NO_COMMON_VERSION is accepted and then closed (1.6 J 3.2)."""

    status: HTTPStatus
    reason: Reason


def read_head(scope: Mapping[str, Any]) -> Caller:
    """The caller of an ASGI websocket scope."""
    headers = dict(scope["headers"])
    username, password = read_basic(headers.get(b"authorization", b""))
    client = scope.get("client")
    return Caller(
        identity=read_identity(scope),
        username=username,
        password=password,
        offered=tuple(word for word in map(str.strip, scope.get("subprotocols", ())) if word),
        remote_address=str(client[0])[:64] if client else "",
    )


def read_identity(scope: Mapping[str, Any]) -> str:
    """The last step of the path, percent-decoded; empty when it cannot be an identity."""
    raw: bytes | None = scope.get("raw_path")
    path = scope["path"] if raw is None else raw.decode("ascii", "replace").partition("?")[0]
    step = path.removeprefix(PREFIX).rstrip("/")
    try:
        identity = step if raw is None else unquote_to_bytes(step).decode()
    except UnicodeDecodeError:
        return ""
    is_possible = identity.isprintable() and len(identity) <= MAX_IDENTITY_CHARS and ":" not in identity
    return identity if is_possible else ""


def read_basic(header: bytes) -> tuple[bytes, bytes | None]:
    """User name and password of an Authorization header; (b"", None) when there are none."""
    scheme, _, encoded = header.partition(b" ")
    if scheme.lower() != b"basic":
        return b"", None
    try:
        username, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        return b"", None
    return (username, password) if colon else (b"", None)


def choose(offered: Iterable[str]) -> Dialect | None:
    """The best version that both sides speak: the newest of ours among the offered ones."""
    words = set(offered)
    return next((dialect for dialect in DIALECTS if dialect.subprotocol in words), None)


def admit(caller: Caller) -> Admission | Refusal:
    """Decide, claim the station for this connection, and count what failed."""
    station = ChargingStation.objects.filter(identity=caller.identity).first() if caller.identity else None
    refusal = judge(station, caller)
    if refusal is not None or station is None:
        refusal = refusal or Refusal(HTTPStatus.NOT_FOUND, Reason.UNKNOWN_IDENTITY)
        count_failure(caller, refusal.reason)
        return refusal
    dialect = choose(caller.offered)
    if dialect is None:
        count_failure(caller, Reason.NO_COMMON_VERSION)
        return Refusal(HTTPStatus.SWITCHING_PROTOCOLS, Reason.NO_COMMON_VERSION)
    return enter(station, dialect)


def enter(station: ChargingStation, dialect: Dialect) -> Admission:
    """Claim the station for a new connection, which fences every older one."""
    connection_no = connectivity.claim(station_id=station.pk, ocpp_version=dialect.version)
    last = LastReply.objects.filter(pk=station.pk).values_list("message_id", "reply", "digest").first()
    return Admission(
        station.pk,
        station.identity,
        connection_no,
        station.registration,
        dialect,
        Remembered(last[0], last[1], digest=bytes(last[2])) if last else None,
    )


def judge(station: ChargingStation | None, caller: Caller) -> Refusal | None:
    """None when the caller is who it says (Basic authentication, A00.FR.204 and following)."""
    if station is None:
        return Refusal(HTTPStatus.NOT_FOUND, Reason.UNKNOWN_IDENTITY)
    if station.security_profile == 0 and not station.secret_hash:
        return None
    if caller.password is None:
        return Refusal(HTTPStatus.UNAUTHORIZED, Reason.NO_PASSWORD)
    if caller.username != station.identity.encode():
        return Refusal(HTTPStatus.UNAUTHORIZED, Reason.OTHER_USERNAME)
    if not is_password(caller.password, station.secret_hash):
        return Refusal(HTTPStatus.UNAUTHORIZED, Reason.WRONG_PASSWORD)
    return None


def is_password(sent: bytes, secret_hash: str) -> bool:
    """Whether one reading of what was sent is the password."""
    return bool(secret_hash) and any(
        hmac.compare_digest(hash_secret(reading), secret_hash) for reading in readings(sent)
    )


def readings(sent: bytes) -> Iterator[str]:
    """The password as text; and a 1.6 key, configured in hex, sent raw or in other letters."""
    text = sent.decode("utf-8", "replace")
    yield text
    if len(sent) * 2 <= MAX_KEY_HEX_DIGITS:
        yield sent.hex()
        yield sent.hex().upper()
    if len(text) <= MAX_KEY_HEX_DIGITS and text.lower() != text.upper():
        yield text.lower()
        yield text.upper()


_COUNT: Final = """
insert into ocpp_bridge_failedhandshake (identity, reason, day, count, last_at, remote_address, offered)
values (%s, %s, %s, 1, %s, %s, %s)
    on conflict (day, identity, reason) do update
   set count = ocpp_bridge_failedhandshake.count + 1, last_at = excluded.last_at,
       remote_address = excluded.remote_address, offered = excluded.offered
"""


def count_failure(caller: Caller, reason: Reason) -> None:
    """One more failed handshake of this identity today, with its reason."""
    now = clock.now()
    identity = caller.identity.replace("\0", "") if not _is_crowded(now.date()) else CROWD
    offered = ", ".join(caller.offered)[:120]
    values: list[Any] = [identity, reason.value, now.date(), now, caller.remote_address, offered]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
    logger.info("refused %r: %s", caller.identity, reason.value)


def _is_crowded(day: date) -> bool:
    """A scan over many identities must not fill the table."""
    return FailedHandshake.objects.filter(day=day).count() >= FAILURES_KEPT_PER_DAY
