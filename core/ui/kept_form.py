"""A form posted after the log-in expired is kept in the session and comes back filled.

    @login_required_keeping_form
    def book(request, slug): …            # GET: initial=take_kept_form(request) or {}

The person signs in, lands on the page of the form (`next`), and the view shows what was typed.
Nothing is repeated without a click: a kept form is never sent by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict

from core import clock

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

SESSION_KEY: Final = "kept_form"
MAX_AGE_S: Final = 3600
MAX_LENGTH: Final = 20_000
NEVER_KEPT: Final = ("csrfmiddlewaretoken", "password", "idempotency_key")


def login_required_keeping_form(view: View[P]) -> View[P]:
    """Like `login_required`, but what was posted is kept for after the log-in."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return keep_and_sign_in(request)

    return guarded


def keep_and_sign_in(request: HttpRequest, *, back_to: str = "") -> HttpResponse:
    """Keep the posted form (if any) and go to the log-in; afterwards to `back_to` or this path."""
    path = back_to or request.get_full_path()
    if request.method == "POST":
        keep_form(request, path=path)
    return redirect_to_login(path)


def keep_form(request: HttpRequest, *, path: str) -> None:
    """Put the posted fields in the session, without secrets. Very long forms are not kept."""
    fields = request.POST.copy()
    for name in NEVER_KEPT:
        fields.pop(name, None)
    encoded = fields.urlencode()
    if len(encoded) <= MAX_LENGTH:
        request.session[SESSION_KEY] = {"path": path, "fields": encoded, "at": clock.now().timestamp()}


def take_kept_form(request: HttpRequest) -> QueryDict | None:
    """The fields kept for this page, once; None when there are none or they are an hour old."""
    kept: dict[str, Any] | None = request.session.get(SESSION_KEY)
    if not kept or kept["path"].split("?")[0] != request.path:
        return None
    del request.session[SESSION_KEY]
    if clock.now().timestamp() - kept["at"] > MAX_AGE_S:
        return None
    return QueryDict(kept["fields"])
