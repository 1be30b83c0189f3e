"""Who can belong to a company or to a group of customers, as an operator names them."""

from __future__ import annotations

from typing import TypedDict

from accounts.models import IdToken, Organization, User
from accounts.selectors import user_by_email


class NameTaken(ValueError):
    """Another one of this organization has the name."""


class NobodyFound(ValueError):
    """No driver has this address, and no token of the organization this number."""


class Belonging(TypedDict):
    """A person with all her tokens, or one token."""

    user: User | None
    id_token: IdToken | None


def who_is(*, organization: Organization, named: str) -> Belonging:
    """A driver by e-mail address, or a token of the organization by number. Raises NobodyFound."""
    user = user_by_email(named) if "@" in named else None
    if user is not None:
        return {"user": user, "id_token": None}
    token = IdToken.objects.filter(organization=organization, uid__iexact=named).first()
    if token is None:
        raise NobodyFound(named)
    return {"user": None, "id_token": token}
