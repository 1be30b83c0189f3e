"""What every template gets: the theme the person chose, the words the scripts need."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

THEME_COOKIE: Final = "theme"
THEMES: Final = ("light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    """`theme` is "light", "dark" or "" (follow the device); `is_operator`: a member of an organization."""
    return {"theme": theme_of(request), "is_operator": SimpleLazyObject(lambda: _is_operator(request))}


def _is_operator(request: HttpRequest) -> bool:
    user: Any = getattr(request, "user", None)
    return bool(user and user.is_authenticated and user.organizations().exists())


def theme_of(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""
