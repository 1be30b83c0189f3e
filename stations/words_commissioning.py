"""Sentences of a commissioning: for the installer's page and the record, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stations.phases import Finding

Word = str | Promise

FINDINGS: Final[dict[str, Word]] = {
    "no_energy": _("No energy has flowed."),
    "dead_phase": _("No voltage on %(phases)s: the line is not connected, or its fuse is out."),
    "odd_voltage": _(
        "%(figure).0f V on %(phases)s: between 207 and 253 V is expected. Check line and neutral."
    ),
    "too_many_phases": _("Current also on %(phases)s, which this stall should not have."),
    "too_much_current": _("%(figure).1f A: more than this stall may carry."),
    "idle_phase": _(
        "No current on %(phases)s. Either the car takes fewer phases, or the line is not connected:"
        " try a car that takes them all."
    ),
    "uneven": _("The phases differ by %(figure).1f A."),
    "phases_untold": _("The charger tells no current of single phases; measure them by hand."),
}
STEPS: Final[dict[str, Word]] = {
    "connection": _("Connection"),
    "sockets": _("Sockets"),
    "charge": _("Test charge and phases"),
    "labels": _("QR labels"),
    "finish": _("Record"),
}
ROTATIONS: Final[dict[str, Word]] = {
    "RST": _("L1, L2, L3 as in the grid"),
    "STR": _("turned by one: L2, L3, L1"),
    "TRS": _("turned by two: L3, L1, L2"),
    "RTS": _("L1, L3, L2 (reversed)"),
    "SRT": _("L2, L1, L3 (reversed)"),
    "TSR": _("L3, L2, L1 (reversed)"),
}
STATES: Final[dict[str, tuple[str, Word]]] = {
    "open": ("is-wait", _("Not opened yet")),
    "claimed": ("is-charge", _("Begun")),
    "finished": ("is-free", _("Finished")),
    "expired": ("is-off", _("Expired")),
    "revoked": ("is-off", _("Taken back")),
}


def sentence(finding: Finding | Mapping[str, Any]) -> str:
    """A finding, also one that is kept in a record, as a sentence."""
    told = finding._asdict() if isinstance(finding, Finding) else dict(finding)
    pattern = str(FINDINGS.get(told["code"], told["code"]))
    return pattern % {"phases": told.get("phases") or "", "figure": told.get("figure") or 0.0}


def step_name(step: str) -> str:
    return str(STEPS.get(step, step))


def rotation_name(rotation: str) -> str:
    return f"{rotation}: {ROTATIONS[rotation]}" if rotation in ROTATIONS else rotation
