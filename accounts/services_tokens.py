"""An operator's work with the id tokens of a network. Callers have checked permission."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts.models import IdToken, Organization, User
from accounts.services import block_token, issue_token, note_action, unblock_token


class StillNeeded(Exception):
    """Sessions were charged with this token; it can be blocked, not forgotten."""


@transaction.atomic
def register_token(
    *, organization: Organization, actor: User, uid: str, status: str = IdToken.Status.ACCEPTED, **fields: Any
) -> IdToken:
    """A token of the network, accepted or blocked from the start. Raises `services.AlreadyThere`."""
    token = issue_token(uid=uid, organization=organization, actor=actor, **fields)
    if status == IdToken.Status.BLOCKED:
        block_token(token=token, actor=actor)
        token.refresh_from_db()
    return token


@transaction.atomic
def change_token(*, token: IdToken, actor: User, fields: Mapping[str, Any]) -> IdToken:
    """Write these fields and who did; a new `status` blocks or unblocks."""
    rest = {name: value for name, value in fields.items() if name != "status"}
    if "group_uid" in rest:
        rest["group_uid"] = rest["group_uid"].upper()
    if rest:
        IdToken.objects.filter(pk=token.pk).update(**rest)
        _note(token, actor, "token.change", {name: str(value) for name, value in rest.items()})
    if "status" in fields:
        act = block_token if fields["status"] == IdToken.Status.BLOCKED else unblock_token
        act(token=token, actor=actor)
    token.refresh_from_db()
    return token


@transaction.atomic
def remove_token(*, token: IdToken, actor: User) -> None:
    """Forget a token that was never used. Raises StillNeeded."""
    _note(token, actor, "token.remove", {"uid": token.uid})
    try:
        token.delete()
    except ProtectedError as error:
        raise StillNeeded(_("Sessions were charged with this token; block it instead.")) from error


def _note(token: IdToken, actor: User, action: str, changes: dict[str, Any]) -> None:
    note_action(
        actor=actor,
        organization=token.organization,
        action=action,
        subject=f"token.{token.pk}",
        changes=changes,
    )
