"""Whose books a request may look at, and who may change them."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import permissions
from accounts.models import Organization
from stations.views.guards import organization_of


def seen_books(request: HttpRequest) -> Organization:
    """The member's organization, to look at its money. Raises PermissionDenied."""
    organization = organization_of(request)
    if not permissions.may_see_money(request.user, organization):
        raise PermissionDenied(_("Your role cannot see money. An owner can give you one that can."))
    return organization


def managed_books(request: HttpRequest) -> Organization:
    """The same, to change something. Raises PermissionDenied."""
    organization = organization_of(request)
    if not permissions.may_manage_money(request.user, organization):
        raise PermissionDenied(_("Your role cannot manage money. An owner can give you one that can."))
    return organization
