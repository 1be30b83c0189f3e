"""Who may do what in an organization: one named function per kind of act.

Views ask before they call a service. Superusers may do everything.
"""

from __future__ import annotations

from typing import Any, Final

from accounts.models import Membership, Organization
from accounts.selectors import role_of

_ROLE = Membership.Role

EVERY_MEMBER: Final = frozenset(_ROLE)
HARDWARE: Final = frozenset({_ROLE.OWNER, _ROLE.OPERATOR})
HELP: Final = frozenset({_ROLE.OWNER, _ROLE.OPERATOR, _ROLE.SUPPORT})
MONEY: Final = frozenset({_ROLE.OWNER, _ROLE.FINANCE})
MONEY_SEEN: Final = frozenset({_ROLE.OWNER, _ROLE.FINANCE, _ROLE.OPERATOR})
PEOPLE: Final = frozenset({_ROLE.OWNER})


def may_see(user: Any, organization: Organization) -> bool:
    """Look at the organization's places, stations and sessions."""
    return _has_role(user, organization, EVERY_MEMBER)


def may_command_stations(user: Any, organization: Organization) -> bool:
    """Start, stop, unlock, reset: whatever a person on the telephone needs."""
    return _has_role(user, organization, HELP)


def may_manage_hardware(user: Any, organization: Organization) -> bool:
    """Add and change places and stations, their limits and their passwords."""
    return _has_role(user, organization, HARDWARE)


def may_manage_tokens(user: Any, organization: Organization) -> bool:
    """Issue and block tokens."""
    return _has_role(user, organization, HELP)


def may_review_sessions(user: Any, organization: Organization) -> bool:
    """Settle a flagged session, so that it can be billed."""
    return _has_role(user, organization, HELP | MONEY)


def may_see_money(user: Any, organization: Organization) -> bool:
    """See revenue, payments and receipts."""
    return _has_role(user, organization, MONEY_SEEN)


def may_manage_money(user: Any, organization: Organization) -> bool:
    """Change tariffs, refund, credit."""
    return _has_role(user, organization, MONEY)


def may_override_rules(user: Any, organization: Organization) -> bool:
    """Answer for a price that a rule speaks against."""
    return _has_role(user, organization, PEOPLE)


def may_make_api_tokens(user: Any, organization: Organization) -> bool:
    """Make keys for programs: they can do what their maker can, at most."""
    return _has_role(user, organization, HELP | MONEY)


def may_manage_members(user: Any, organization: Organization) -> bool:
    return _has_role(user, organization, PEOPLE)


def _has_role(user: Any, organization: Organization, roles: frozenset[Membership.Role]) -> bool:
    if not user.is_authenticated or not user.is_active:
        return False
    if user.acting_for not in (None, organization.pk):  # an API token of another organization
        return False
    return bool(user.is_superuser) or role_of(user, organization) in roles
