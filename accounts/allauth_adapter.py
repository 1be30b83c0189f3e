"""The seam to django-allauth: what a sign-up means here.

allauth's own e-mails (confirm, reset) are sent at once and not through the outbox: their links
grant access, and must not lie in an append-only table.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.utils.translation import get_language

from accounts.services import welcome_driver


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def save_user(self, request: Any, user: Any, form: Any, commit: bool = True) -> Any:
        """A new person gets the app token with the account, and mail in the language of the page."""
        user.locale = get_language() or settings.LANGUAGE_CODE
        user = super().save_user(request, user, form, commit=commit)
        if commit:
            welcome_driver(user=user)
        return user

    def post_login(self, request: Any, user: Any, **more: Any) -> Any:
        """Pages go on in the language that a person chose; without a choice the browser's is as good."""
        response = super().post_login(request, user, **more)
        if user.locale in dict(settings.LANGUAGES) and user.locale != settings.LANGUAGE_CODE:
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.locale, samesite="Lax")
        return response
