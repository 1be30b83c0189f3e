"""Which tariff a request means, and who may change it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import permissions
from accounts.models import Organization
from payments.models import Tariff
from payments.selectors import tariffs as chosen
from payments.services import tariff_rules
from payments.services.tariffs import GroupRetired, TariffConflict
from stations.views.guards import organization_of


def newest_of(request: HttpRequest, public_id: UUID) -> Tariff:
    found = chosen.versions_of(organization_of(request), public_id).first()
    return found or get_object_or_404(Tariff.objects.none())


def managed(request: HttpRequest, public_id: UUID) -> Tariff:
    newest = newest_of(request, public_id)
    demand_money(request, newest.organization)
    return newest


def demand_money(request: HttpRequest, organization: Organization) -> None:
    if not permissions.may_manage_money(request.user, organization):
        raise PermissionDenied(_("Your role cannot change tariffs. An owner can give you one that can."))


def overriding(request: HttpRequest, public_id: UUID) -> Tariff:
    """The tariff for which an owner answers."""
    newest = newest_of(request, public_id)
    if not permissions.may_override_rules(request.user, newest.organization):
        raise PermissionDenied(_("Only an owner can override a rule about prices."))
    return newest


def warn(request: HttpRequest, tariff: Tariff) -> None:
    if tariff_rules.broken_rules(tariff):
        words = _("A rule about prices speaks against it: guests without an account cannot pay it there.")
        messages.warning(request, words)


def why(conflict: TariffConflict) -> str:
    """Why a price cannot begin then."""
    if isinstance(conflict, GroupRetired):
        return _("The group is retired. Take it up again first.")
    planned = conflict.planned
    if planned is None:
        return _("Somebody else planned a tariff here at this moment. Look again.")
    moment = timezone.localtime(planned.during.lower)
    return _(
        "“%(tariff)s” begins at %(place)s at this very moment, %(moment)s. Cancel it, or choose another."
    ) % {
        "tariff": planned.tariff or _("Free of charge"),
        "place": planned.place or _("the whole network"),
        "moment": f"{moment:%Y-%m-%d %H:%M}",
    }
