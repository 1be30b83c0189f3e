"""The driver's file of signed meter values, for the transparency software."""

from __future__ import annotations

from stations import signatures
from stations.models import ChargingSession
from stations.services.measuring import as_signed, keep_signed_values, known_key
from stations.signed import Value, transparency_file

CONTENT_TYPE = "application/xml; charset=utf-8"


def signed_file(session: ChargingSession) -> str | None:
    """The file that the transparency software opens; None where nothing was signed.

    What came after the session was weighed is taken in first.
    """
    keep_signed_values(session)
    noted = known_key(session)
    values = [
        Value(signed=one, key_hex=_hex(noted or one.public_key))
        for one in map(as_signed, session.signed_values.all())
    ]
    return transparency_file(values, transaction_id=session.number) if values else None


def _hex(key: str) -> str:
    try:
        return signatures.key_bytes(key).hex().upper() if key else ""
    except signatures.UnreadableKey:
        return ""
