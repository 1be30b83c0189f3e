"""API tokens: made, shown once, known by their digest, revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from accounts.models import ApiToken, Organization, User
from accounts.scopes import SCOPES
from accounts.services import note_action
from core import clock

PREFIX: Final = "fct_"
SECRET_BYTES: Final = 30
SHOWN: Final = 10
USE_NOTED_EVERY: Final = timedelta(minutes=1)


class UnknownScope(ValueError):
    """There is no such scope, or none was chosen."""


class NotYours(PermissionError):
    """The person is no member of this organization."""


@transaction.atomic
def create_api_token(
    *,
    organization: Organization,
    user: User,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its text, which is shown only now. Raises UnknownScope, NotYours."""
    if not scopes or not set(scopes) <= SCOPES.keys():
        raise UnknownScope(", ".join(sorted(set(scopes) - SCOPES.keys())))
    if not user.organizations().filter(pk=organization.pk).exists():
        raise NotYours(organization.name)
    text = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    token = ApiToken.objects.create(
        organization=organization,
        user=user,
        name=name,
        prefix=text[:SHOWN],
        digest=digest_of(text),
        scopes=[scope for scope in SCOPES if scope in scopes],
        expires_at=expires_at,
    )
    _note(token, user, "api_token.create")
    return token, text


@transaction.atomic
def revoke_api_token(*, token: ApiToken, actor: User) -> bool:
    """The token opens nothing from now on; False when it was revoked already."""
    if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now()):
        return False
    _note(token, actor, "api_token.revoke")
    return True


def use_api_token(*, text: str) -> ApiToken | None:
    """The living token of this text, its use noted (at most once a minute); None when there is none.

    Its user acts for the token's organization only, and must still be an active member.
    """
    now = clock.now()
    living = ApiToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
    token = living.filter(digest=digest_of(text)).select_related("user", "organization").first()
    if token is None or not token.user.is_active:
        return None
    if not token.user.organizations().filter(pk=token.organization_id).exists():
        return None
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    token.user.acting_for = token.organization_id
    return token


def digest_of(text: str) -> str:
    """Plain SHA-256: the text has 240 random bits, so that nothing slower is needed."""
    return hashlib.sha256(text.encode()).hexdigest()


def _note(token: ApiToken, actor: User, action: str) -> None:
    note_action(
        actor=actor,
        organization=token.organization,
        action=action,
        subject=f"api_token.{token.pk}",
        changes={"name": token.name, "scopes": token.scopes},
    )
