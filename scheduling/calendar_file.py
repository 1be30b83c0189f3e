"""A booking as an iCalendar file (RFC 5545): CRLF lines, UTC times, text escaped, long lines folded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from django.utils.translation import gettext as _

from core import clock
from scheduling.models import Reservation

FOLD_AT: Final = 73


def calendar_file(reservation: Reservation, *, label: str) -> str:
    """One VEVENT; `label` is what is painted on the stall."""
    return "".join(f"{line}\r\n" for raw in _lines(reservation, label) for line in _folded(raw))


def _lines(reservation: Reservation, label: str) -> Iterator[str]:
    place = reservation.location
    title = _("Charging at %(place)s, stall %(label)s") % {"place": place.name, "label": label}
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Forecourt//Bookings//EN", "BEGIN:VEVENT")
    yield f"UID:{reservation.public_id}@forecourt"
    yield f"DTSTAMP:{_utc(clock.now())}"
    yield f"DTSTART:{_utc(reservation.during.lower)}"
    yield f"DTEND:{_utc(reservation.during.upper)}"
    yield f"SUMMARY:{_escaped(title)}"
    yield f"LOCATION:{_escaped(', '.join(part for part in (place.name, place.address, place.city) if part))}"
    yield f"GEO:{place.latitude};{place.longitude}"
    yield from ("END:VEVENT", "END:VCALENDAR")


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return text


def _folded(line: str) -> Iterator[str]:
    """At most 75 octets a line; a line that goes on begins with a space."""
    first = True
    while line:
        cut = len(line)
        while len(line[:cut].encode()) > FOLD_AT:
            cut -= 1
        yield line[:cut] if first else f" {line[:cut]}"
        line, first = line[cut:], False
