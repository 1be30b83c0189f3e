"""Which browser asks: a guest has no name, but a second click of hers must find the first."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from payments.services.attempts import payer_key

COOKIE: Final = "guest"
LASTS_S: Final = 2 * 24 * 3600


def payer_of(request: HttpRequest) -> str:
    """The payer's key (`payments.services.attempts`); empty for a browser that keeps no cookies."""
    user: Any = request.user
    return payer_key(user if user.is_authenticated else None, guest_of(request))


def guest_of(request: HttpRequest) -> str:
    return str(request.get_signed_cookie(COOKIE, default="", max_age=LASTS_S) or "")


def remember_guest(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Before the form is sent, so that two sendings of it come from one guest."""
    if not request.user.is_authenticated and not guest_of(request):
        response.set_signed_cookie(
            COOKIE,
            uuid.uuid4().hex,
            max_age=LASTS_S,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response
