"""Why a share of power is what it is, in the reader's language. Stored is a code and what it is about."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.ui.numbers import kw_text
from scheduling.allocation.power_types import Reason, Share
from scheduling.selectors.outer import AT
from stations.models.charging_reports import SOURCES, source_text

BETWEEN: Final = "|"
LONGEST: Final = 200
_SENTENCES: Final[dict[str, str | Promise]] = {
    Reason.WANTS_NO_MORE: _("%(limit)s: all that car and charger can take."),
    Reason.FAIR_SHARE: _("%(limit)s: a fair share (limit: %(branch)s)."),
    Reason.GIVES_BACK: _("%(limit)s: somewhat more than the car draws; others use the rest."),
    Reason.STEADY: _("%(limit)s: left as it was, the difference is too small to matter."),
    Reason.WAITING: _("Waiting: cars take turns (limit: %(branch)s)."),
    Reason.PROBE: _("%(limit)s for a few minutes: does the car want to charge again?"),
    Reason.SUSPENDED: _("%(limit)s: the car paused by itself; others use its share."),
    Reason.FINISHED: _("Finished: its share went to the others at once."),
    Reason.UNREACHABLE: _("%(limit)s set aside: the charger does not answer."),
}


def stored(share: Share) -> str:
    """What is kept of a share's reason: its code and the name of the branch that limits it."""
    return f"{share.reason}{BETWEEN}{share.branch_name}"[:LONGEST]


def worded(reason: str, *, limit_w: int, limit_a: int | None) -> str:
    """The sentence of a stored reason; one that was kept as a sentence, before there were codes, as it is."""
    code, _between, branch = reason.partition(BETWEEN)
    if code not in _SENTENCES:
        return reason
    limit = kw_text(limit_w) if limit_a is None else f"{limit_a} A"
    return str(_SENTENCES[code]) % {"limit": limit, "branch": _branch_text(branch)}


def _branch_text(name: str) -> str:
    """A circuit's own name; a limit that somebody else set is told with who set it."""
    source, at, station = name.partition(AT)
    if not at or source not in SOURCES:
        return name
    return _("%(source)s at %(station)s") % {"source": source_text(source), "station": station}
