"""What every template gets: the theme the person chose, the words the scripts need."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest

THEME_COOKIE: Final = "theme"
THEMES: Final = ("light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    """`theme` is "light", "dark" or "" (follow the device)."""
    return {"theme": theme_of(request)}


def theme_of(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""
