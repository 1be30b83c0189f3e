"""Who may open an installer's page: the one device that has begun the link. No account, no session."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from core.rates import is_within
from stations.models import CommissioningLink
from stations.services import commissioning

View = Callable[..., HttpResponse]
COOKIE: Final = "commissioning"
COOKIE_PATH: Final = "/commission/"
SECRET_BYTES: Final = 24
LOOKS: Final = 240
ACTS: Final = 60
"""A minute. A page that follows a charge looks about once a second."""

_REFUSALS: Final[dict[str, tuple[int, str | Promise, str | Promise]]] = {
    "broken": (
        404,
        _("This link is not complete"),
        _("Open it again from the message, whole; or scan the code again."),
    ),
    "replaced": (
        410,
        _("This link was replaced by a newer one"),
        _("Use the newest message, or ask the operator for a new link."),
    ),
    "revoked": (410, _("This link was taken back"), _("Ask the operator for a new one.")),
    "expired": (
        410,
        _("This link has expired"),
        _("Ask the operator to renew it: what you have done is kept."),
    ),
    "finished": (
        409,
        _("This commissioning is finished"),
        _("Its record is written; nothing can be changed any more. Open the link again to see the record."),
    ),
    "device": (
        403,
        _("This link is in use on another device"),
        _("It belongs to the device that began. If that is lost, ask the operator to renew the link."),
    ),
    "cookies": (
        403,
        _("This browser keeps no cookies"),
        _("Allow them here, or open the link in another browser: they tell your device from others."),
    ),
    "often": (429, _("Too many requests"), _("Wait a minute, then open the link again.")),
}


def refused(request: HttpRequest, why: str, link: CommissioningLink | None = None) -> HttpResponse:
    """A sentence that says what is wrong, and what to do."""
    status, title, todo = _REFUSALS[why]
    context = {"title": title, "todo": todo, "link": link}
    return render(request, "stations/commission/refused.html", context, status=status)


def with_link(view: View) -> View:
    """`view(request, link)` for anybody who holds a link of the newest round; its times are the place's."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if not _is_calm(request, token):
            return refused(request, "often")
        try:
            link = commissioning.find(token)
        except commissioning.BrokenLink:
            return refused(request, "broken")
        except commissioning.ReplacedLink:
            return refused(request, "replaced")
        with timezone.override(link.location.time_zone):
            return _private(view(request, link, *args, token=token, **kwargs))

    return guarded


def own_device(view: View) -> View:
    """Only for the device that has begun; what is over may still be read. Acts demand an open link."""

    @with_link
    @wraps(view)
    def guarded(request: HttpRequest, link: CommissioningLink, **kwargs: Any) -> HttpResponse:
        state = link.status_word
        if state in ("revoked", "expired"):
            return refused(request, state, link)
        if not is_own(request, link):
            return refused(request, "device", link)
        try:
            return view(request, link, **kwargs)
        except commissioning.NotOpen:
            link.refresh_from_db()
            return refused(request, link.status_word, link)

    return guarded


def is_own(request: HttpRequest, link: CommissioningLink) -> bool:
    """Does this device own the link?"""
    try:
        commissioning.demand_device(link, secret_of(request))
    except commissioning.AnotherDevice:
        return False
    return True


def secret_of(request: HttpRequest) -> str:
    return request.COOKIES.get(COOKIE, "")


def mark_device(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Give the browser the secret by which it is known again. Worth nothing before it begins a link."""
    response.set_cookie(
        COOKIE,
        secret_of(request) or secrets.token_urlsafe(SECRET_BYTES),
        max_age=commissioning.LONGEST,
        path=COOKIE_PATH,
        secure=request.is_secure() or settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _is_calm(request: HttpRequest, token: str) -> bool:
    """Reads and writes counted apart, of each link and address."""
    kind, limit = ("look", LOOKS) if request.method in ("GET", "HEAD") else ("act", ACTS)
    return is_within(f"commission:{kind}:{request.META.get('REMOTE_ADDR', '')}:{token[:40]}", limit)


def _private(response: HttpResponse) -> HttpResponse:
    """The address is a key: nobody may index it or hear of it."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    return response
