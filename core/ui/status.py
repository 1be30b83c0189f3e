"""The one mapping from what is stored to what people see: six words, six icons, six colors.

`shown(thing)` takes a word or anything with a `status_word` or `status`; see README.md for the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True, slots=True)
class Shown:
    """`role` is the color (free, charge, booked, wait, fault, off), `icon` a symbol of the sprite."""

    role: str
    icon: str
    label: str | Promise


FREE: Final = Shown("free", "circle-check", _("Free"))
CHARGING: Final = Shown("charge", "zap", _("Charging"))
BOOKED: Final = Shown("booked", "bookmark", _("Booked"))
PLUGGED_IN: Final = Shown("wait", "hourglass", _("Plugged in"))
FINISHING: Final = Shown("wait", "hourglass", _("Finishing"))
OUT_OF_ORDER: Final = Shown("fault", "triangle-alert", _("Out of order"))
OFFLINE: Final = Shown("off", "wifi-off", _("Offline"))
CLOSED: Final = Shown("off", "wrench", _("Closed"))

ROLES: Final = (FREE, CHARGING, BOOKED, FINISHING, OUT_OF_ORDER, OFFLINE)


def _wait(label: str | Promise, icon: str = "hourglass") -> Shown:
    return Shown("wait", icon, label)


def _fault(label: str | Promise, icon: str = "triangle-alert") -> Shown:
    return Shown("fault", icon, label)


def _off(label: str | Promise, icon: str = "minus") -> Shown:
    return Shown("off", icon, label)


def _done(label: str | Promise) -> Shown:
    return Shown("free", "circle-check", label)


# Stalls and connectors: connector statuses, charging phases, our own words for them.
_PLACES: Final[dict[str, Shown]] = {
    "free": FREE,
    "charge": CHARGING,
    "booked": BOOKED,
    "wait": FINISHING,
    "fault": OUT_OF_ORDER,
    "off": OFFLINE,
    "available": FREE,
    "charging": CHARGING,
    "suspended_by_vehicle": CHARGING,
    "suspended_by_station": CHARGING,
    "reserved": BOOKED,
    "occupied": PLUGGED_IN,
    "connected": PLUGGED_IN,
    "idle": FINISHING,
    "finishing": FINISHING,
    "faulted": OUT_OF_ORDER,
    "unavailable": CLOSED,
    "closed": CLOSED,
    "unknown": OFFLINE,
    "offline": OFFLINE,
    "online": Shown("free", "wifi", _("Online")),
}
# Sessions, reservations, commands, payments: the names of their states never clash in meaning.
_STATES: Final[dict[str, Shown]] = {
    "pending": _wait(_("Starting")),
    "active": CHARGING,
    "interrupted": _fault(_("Interrupted")),
    "completed": _done(_("Completed")),
    "abandoned": _off(_("Never started"), "circle-x"),
    "held": _wait(_("On hold")),
    "confirmed": Shown("booked", "bookmark", _("Booked")),
    "fulfilled": _done(_("Used")),
    "canceled": _off(_("Canceled"), "x"),
    "missed": _fault(_("Missed")),
    "expired": _off(_("Expired"), "clock"),
    "queued": _wait(_("Waiting for the station")),
    "sent": Shown("charge", "send", _("Sent")),
    "accepted": _done(_("Accepted")),
    "rejected": _fault(_("Refused"), "ban"),
    "failed": _fault(_("Failed")),
    "timed_out": _fault(_("No answer"), "clock"),
    "blocked": _fault(_("Blocked"), "ban"),
    "invalid": _off(_("Unknown"), "circle-help"),
    "created": _wait(_("Created")),
    "requires_action": _wait(_("Waiting for you")),
    "authorized": Shown("booked", "lock", _("Held")),
    "captured": _done(_("Paid")),
    "voided": _off(_("Released"), "lock-open"),
    "running": Shown("charge", "play", _("Running")),
    "halted": _fault(_("Halted"), "circle-stop"),
    "waiting": _wait(_("Waiting")),
    "under_way": Shown("charge", "send", _("Under way")),
    "succeeded": _done(_("Done")),
    "skipped": _off(_("Left out")),
    "draft": _wait(_("Preview"), "eye"),
    "undoing": _wait(_("Being undone"), "rotate-ccw"),
    "undone": _off(_("Undone"), "rotate-ccw"),
    "new": _done(pgettext_lazy("row", "New")),
    "changed": Shown("charge", "pencil", pgettext_lazy("row", "Changed")),
    "unchanged": _off(pgettext_lazy("row", "Unchanged")),
    "problem": _fault(_("Problem")),
    "expected": _wait(_("Expected")),
    "arrived": _done(_("Arrived")),
    "failing": _fault(_("Failing")),
    "open": _wait(pgettext_lazy("state", "Open")),
    "overdue": _fault(_("Overdue"), "clock"),
    "resolved": _done(_("Resolved")),
    "refund_asked": _wait(_("Being asked for")),
    "refund_pending": _wait(_("On its way")),
    "refund_succeeded": _done(_("Given back")),
    "refund_failed": _fault(_("Not given back")),
    "refund_canceled": _off(_("Refund canceled"), "x"),
    "needs_response": _fault(_("Answer needed"), "clock"),
    "under_review": _wait(_("Under review")),
    "warning_needs_response": _wait(_("The bank asks")),
    "warning_under_review": _wait(_("The bank looks at the answer")),
    "warning_closed": _off(_("The bank asks no more")),
    "prevented": _off(_("Prevented")),
    "won": _done(_("Won")),
    "lost": _fault(_("Lost")),
    "mended": _done(_("Mended")),
    "agrees": _done(_("Agrees by itself")),
}
WORDS: Final = _PLACES | _STATES
UNKNOWN: Final = _off(_("Unknown"), "circle-help")


def shown(thing: Any) -> Shown:
    """How a word or a thing looks. An unheard-of word is shown as Unknown, never as an error."""
    return WORDS.get(word_of(thing), UNKNOWN)


def word_of(thing: Any) -> str:
    """The word of a thing: itself, its `status_word`, or its `status`."""
    if isinstance(thing, str):
        return str(thing)
    return str(getattr(thing, "status_word", None) or getattr(thing, "status", ""))


def stall_word(*, is_connected: bool, connector_status: str, phase: str = "", is_booked: bool = False) -> str:
    """What a driver sees at a stall: link first, then fault, then the car, then a booking.

    `connector_status` and `phase` are `stations.states` words; `phase` is that of the open session,
    empty when there is none. `is_booked` means kept for somebody now.
    """
    if not is_connected:
        return "offline"
    if connector_status in ("faulted", "unavailable", "unknown"):
        return connector_status
    if phase:
        return phase
    if connector_status == "available" and is_booked:
        return "reserved"
    return connector_status
