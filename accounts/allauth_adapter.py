"""The seam to django-allauth: what a sign-up means here.

allauth's own e-mails (confirm, reset) are sent at once and not through the outbox: their links
grant access, and must not lie in an append-only table.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter

from accounts.services import welcome_driver


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def save_user(self, request: Any, user: Any, form: Any, commit: bool = True) -> Any:
        """A new person gets the app token with the account."""
        user = super().save_user(request, user, form, commit=commit)
        if commit:
            welcome_driver(user=user)
        return user
