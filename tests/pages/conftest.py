"""Fixtures of the page tests: a real server, a real browser, two themes, two widths."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, BrowserContext, Route

from accounts.models import User
from tests.pages.browser import PHONE, WIDTHS, Visitor
from tests.pages.server import WebServer


@pytest.fixture
def site_url(transactional_db: None) -> Iterator[str]:
    with WebServer() as url:
        yield url


@pytest.fixture
def visit(browser: Browser, site_url: str) -> Iterator[Callable[..., Visitor]]:
    """`visit(DESK, user=…)`: a Visitor in a fresh browser context.

    With `scripts=False` every script comes empty: the page stays as the server made it, and axe can still
    look at it (with scripting off in the browser axe could not run either).
    """
    contexts: list[BrowserContext] = []

    def come(width: int = PHONE, user: User | None = None, *, scripts: bool = True) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": WIDTHS.get(width, 844)},
            color_scheme="light",
            locale="en-US",
        )
        if not scripts:
            context.route("**/*", _without_scripts)
        contexts.append(context)
        if user is not None:
            sign_in(context, site_url, user)
        return Visitor(context.new_page(), site_url, width, "light")

    yield come
    for context in contexts:
        context.close()


def _without_scripts(route: Route) -> None:
    if route.request.resource_type == "script":
        route.fulfill(content_type="text/javascript", body="")
    else:
        route.fallback()


def sign_in(context: BrowserContext, url: str, user: User) -> None:
    """Give the browser the session of a person who signed in a moment ago."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key or "", "url": url}]
    )
