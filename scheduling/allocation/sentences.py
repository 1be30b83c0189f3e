"""The plain sentence behind each share, for the driver's page and the operator's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from scheduling.allocation.filling import Claim
from scheduling.allocation.power_types import Reason


def sentence(claim: Claim, reason: Reason, limit: float, branch_name: str) -> str:
    return _SENTENCES[reason](claim, amount(claim, limit), branch_name)


def amount(claim: Claim, limit: float) -> str:
    if claim.evse.current_type == "dc":
        return f"{limit / 1000:.1f} kW"
    return f"{limit:g} A"


_SENTENCES: Final[dict[Reason, Callable[[Claim, str, str], str]]] = {
    Reason.WANTS_NO_MORE: lambda _, limit, __: f"{limit}: all that car and charger can take.",
    Reason.FAIR_SHARE: lambda _, limit, branch: f"{limit}: a fair share (limit: {branch}).",
    Reason.GIVES_BACK: lambda _, limit, __: (
        f"{limit}: a little above what the car draws; others use the rest."
    ),
    Reason.STEADY: lambda _, limit, __: f"{limit}: left as it was, the difference is too small to matter.",
    Reason.WAITING: lambda _, __, branch: f"Waiting: cars take turns (limit: {branch}).",
    Reason.PROBE: lambda _, limit, __: f"{limit} for a few minutes: does the car want to charge again?",
    Reason.SUSPENDED: lambda _, limit, __: f"{limit}: the car paused by itself; others use its share.",
    Reason.FINISHED: lambda *_: "Finished: its share went to the others at once.",
    Reason.UNREACHABLE: lambda _, limit, __: f"{limit} set aside: the charger does not answer.",
}
