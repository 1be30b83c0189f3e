"""Reactions of accounts to its own news; named in `config/wiring.py`."""

from __future__ import annotations

from accounts.events import MemberInvited
from accounts.models import Organization, User
from accounts.notifications import send_message


def tell_invited_member(event: MemberInvited) -> None:
    """Tell the new member, who sets a password through the reset page."""
    user = User.objects.filter(pk=event.user_id, is_active=True).first()
    organization = Organization.objects.filter(pk=event.organization_id).first()
    if user and organization:
        context = {"user": user, "organization": organization}
        send_message(to=user.email, kind="member_invited", context=context, locale=user.locale)
