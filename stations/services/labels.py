"""Which stall a QR label leads to: its own code, its public id, or a text that was bound to it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services import note_action
from core.live import nudge
from stations.models import CommissioningCheck, CommissioningLink, Evse, StallLabel
from stations.selectors_labels import evse_of_label

LONGEST: Final = 48
_POSSIBLE: Final = re.compile(r"[A-Z0-9][A-Z0-9*._-]{2,47}")


class NotALabel(ValueError):
    """No label can say this."""


class LabelElsewhere(ValueError):
    """The label leads to another stall; `evse` says which."""

    def __init__(self, evse: Evse) -> None:
        super().__init__(evse.evse_id)
        self.evse = evse


def read_label(text: str) -> str:
    """What stands on a label, from what was typed or scanned: the last part of an address, in capitals.

    Raises NotALabel.
    """
    said = text.strip()
    if "/" in said:
        said = unquote(urlsplit(said).path).rstrip("/").rpartition("/")[2]
    said = said.replace(" ", "").upper()
    if not _POSSIBLE.fullmatch(said):
        raise NotALabel(text[:LONGEST])
    return said


@transaction.atomic
def bind(*, evse: Evse, text: str, link: CommissioningLink | None = None) -> str:
    """The label leads to this stall from now on; what it says is returned. Twice is once.

    A label that this very link has bound may move; no other does. Raises NotALabel, LabelElsewhere.
    """
    said = read_label(text)
    if link is not None:
        StallLabel.objects.filter(text=said, link=link).exclude(evse=evse).update(evse=evse)
    try:
        with transaction.atomic():
            leads_to = evse_of_label(said) or _bound(evse, said, link)
    except IntegrityError:  # somebody else was faster
        leads_to = evse_of_label(said) or evse
    if leads_to.pk != evse.pk:
        raise LabelElsewhere(leads_to)
    return said


@transaction.atomic
def assign(*, evse: Evse, text: str, actor: User) -> str:
    """An operator binds it. Raises NotALabel, LabelElsewhere."""
    said = bind(evse=evse, text=text)
    _note(evse, "label.bind", said, actor)
    return said


@transaction.atomic
def unbind(*, label: StallLabel, actor: User) -> None:
    """It leads nowhere from now on; an installer who is still there sees the step as open. Twice is once."""
    deleted, _ = StallLabel.objects.filter(pk=label.pk).delete()
    if not deleted:
        return
    checks = CommissioningCheck.objects.filter(evse=label.evse, label=label.text, link__finished_at=None)
    checks.update(label="", label_at=None)
    _note(label.evse, "label.unbind", label.text, actor)


def _note(evse: Evse, action: str, text: str, actor: User) -> None:
    note_action(
        actor=actor,
        organization=evse.organization,
        action=action,
        subject=f"station.{evse.station_id}",
        changes={"label": text, "evse": evse.evse_id},
    )
    nudge(f"station.{evse.station_id}")


def _bound(evse: Evse, text: str, link: CommissioningLink | None) -> Evse:
    StallLabel.objects.create(organization_id=evse.organization_id, evse=evse, text=text, link=link)
    return evse
