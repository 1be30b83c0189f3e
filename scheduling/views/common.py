"""What several driver pages need: whose car, which organization's people are operators."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from accounts.models import Vehicle
from accounts.selectors import vehicles_of


def own_car(request: HttpRequest) -> Vehicle | None:
    """The car in use of the person who is signed in."""
    user: Any = request.user
    return vehicles_of(user).filter(is_default=True).first() if user.is_authenticated else None
