"""Who may open the operator's pages: members of an organization."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User

View = Callable[..., HttpResponseBase]


def member_required(view: View) -> View:
    """Anonymous people go to the log-in and come back; people without an organization are told why not."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        with timezone.override(organization_of(request).time_zone):  # times are the network's
            return view(request, *args, **kwargs)

    guard: View = login_required(guarded)
    return guard


def member(request: HttpRequest) -> User:
    """The person behind a guarded request. Raises PermissionDenied."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def signed_in(request: HttpRequest) -> User:
    """The person behind a request that needs a log-in. Raises PermissionDenied."""
    return member(request)


def organization_of(request: HttpRequest) -> Organization:
    """The member's (first) organization. Raises PermissionDenied."""
    user = request.user
    found = user.organizations().order_by("id").first() if isinstance(user, User) else None
    if found is None:
        raise PermissionDenied(
            _("These pages are for members of a charging network. Its owner can invite you.")
        )
    return found
