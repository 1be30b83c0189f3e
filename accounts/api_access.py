"""Who calls the API, what she may do with it, and how often: DRF's three doors, in this order."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, ValidationError
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import ApiToken, Organization, User
from accounts.services_api import use_api_token
from core import clock
from core.rates import WINDOW_S, is_within


class ApiTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer fct_…`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        word, _space, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if word.lower() not in ("bearer", "token"):
            return None
        token = use_api_token(text=text.strip())
        if token is None:
            raise AuthenticationFailed(_("This token is unknown, expired or revoked."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """A token opens what its scopes name: a view's `scope` ("stations") with :read or :write."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiToken):
            return True
        needed = scope_of(view, request.method or "")
        if needed not in request.auth.scopes:
            raise PermissionDenied(_("This token lacks the scope %(scope)s.") % {"scope": needed})
        return True


def scope_of(view: Any, method: str) -> str:
    """The scope that this view asks of a token; "-" is none that exists."""
    kind = "read" if method in SAFE_METHODS else "write"
    return f"{getattr(view, 'scope', '-')}:{kind}"


class Rate(BaseThrottle):
    """So many requests a minute for each token or person, reading and writing counted apart."""

    wait_s: ClassVar[float] = WINDOW_S

    def allow_request(self, request: Request, view: Any) -> bool:
        kind = "read" if request.method in SAFE_METHODS else "write"
        return is_within(f"api:{kind}:{_caller(request, self)}", int(settings.API_RATES[kind]))

    def wait(self) -> float:
        return WINDOW_S - clock.now().timestamp() % WINDOW_S


def _caller(request: Request, throttle: BaseThrottle) -> str:
    if isinstance(request.auth, ApiToken):
        return f"token-{request.auth.pk}"
    if isinstance(request.user, User):
        return f"user-{request.user.pk}"
    return f"address-{throttle.get_ident(request)}"


def caller(request: Request) -> User:
    """The person who calls, or for whom her token does. Raises PermissionDenied."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def organization_for(user: User, asked: Organization | None) -> Organization:
    """The network that a new row belongs to: the one named, or the only one. Raises ValidationError."""
    mine = user.organizations().order_by("pk")
    if asked is not None:
        if not mine.filter(pk=asked.pk).exists():
            raise ValidationError({"organization": [_("This is not one of your networks.")]})
        return asked
    found = list(mine[:2])
    if not found:
        raise PermissionDenied
    if len(found) > 1:
        raise ValidationError({"organization": [_("Say which of your networks this is for.")]})
    return found[0]


def token_of(request: Request) -> ApiToken | None:
    """The token that the call came with, for the record."""
    return request.auth if isinstance(request.auth, ApiToken) else None


class _Described(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.api_access.ApiTokenAuthentication"
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token, made on the operator's page “API tokens” (`/operate/api/`).",
        }
