"""Moving in: the addresses and names under which chargers of another system come, and first passwords."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from accounts.models import Organization
from core import clock
from stations import selectors_moving
from stations.forms_moving import AddressForm, FirstPasswordsForm, NameForm
from stations.models import ChargingStation, DoorPolicy, PathAlias, StationAlias
from stations.path_patterns import PRESETS
from stations.services import foreign_addresses
from stations.services.foreign_addresses import Refused
from stations.views.guards import member, member_required, organization_of

PAGE: Final = "stations/moving/addresses.html"


@require_safe
@member_required
def addresses(request: HttpRequest) -> HttpResponse:
    """`?path=` fills the form in: a path that somebody was seen to dial."""
    path = request.GET.get("path", "")[:200].replace("\0", "")
    return render(request, PAGE, _context(request, address=AddressForm(initial={"text": path})))


def _context(request: HttpRequest, **forms: Any) -> dict[str, Any]:
    organization = organization_of(request)
    policy = DoorPolicy.objects.filter(pk=organization.pk).first()
    until = policy.keeps_first_password_until if policy else None
    is_on = until is not None and until > clock.now()
    query = request.GET.get("q", "")[:48].replace("\0", "")
    day = timezone.localtime(until).date() if until and is_on else None
    return {
        "section": "moving",
        "tab": "addresses",
        "organization": organization,
        "aliases": selectors_moving.addresses(request.user),
        "names": selectors_moving.names(request.user, query),
        "query": query,
        "presets": PRESETS,
        "first_until": until if is_on else None,
        "allows_unsecured": bool(policy and policy.allows_unsecured),
        "may_manage": permissions.may_manage_hardware(request.user, organization),
        "address": AddressForm(),
        "name": NameForm(),
        "first": FirstPasswordsForm(initial={"until": day}),
        **forms,
    }


@require_POST
@member_required
def add_address(request: HttpRequest) -> HttpResponse:
    organization, form = _managed(request), AddressForm(request.POST)
    if form.is_valid():
        try:
            alias = foreign_addresses.add_path(
                organization=organization, actor=member(request), **form.cleaned_data
            )
        except Refused as refusal:
            form.add_error("text", str(refusal.words))
        else:
            messages.success(
                request, _("Chargers that dial %(path)s are heard from now on.") % {"path": alias}
            )
            return redirect("moving:addresses")
    return render(request, PAGE, _context(request, address=form, refused=form), status=422)


@require_POST
@member_required
def remove_address(request: HttpRequest, pk: int) -> HttpResponse:
    alias = get_object_or_404(PathAlias.objects.visible_to(request.user), pk=pk)
    _demand(request, alias.organization)
    foreign_addresses.remove_path(alias=alias, actor=member(request))
    messages.success(request, _("Removed: %(name)s.") % {"name": alias})
    return redirect("moving:addresses")


@require_POST
@member_required
def add_name(request: HttpRequest) -> HttpResponse:
    organization, form = _managed(request), NameForm(request.POST)
    if form.is_valid():
        stations = ChargingStation.objects.filter(organization=organization)
        station = stations.filter(identity=form.cleaned_data["identity"]).first()
        try:
            if station is None:
                form.add_error("identity", _("No charger of yours has this identity."))
            else:
                foreign_addresses.add_name(
                    station=station, name=form.cleaned_data["alias"], actor=member(request)
                )
                messages.success(request, _("Kept: %(name)s.") % {"name": form.cleaned_data["alias"]})
                return redirect("moving:addresses")
        except Refused as refusal:
            form.add_error("alias", str(refusal.words))
    return render(request, PAGE, _context(request, name=form, refused=form), status=422)


@require_POST
@member_required
def remove_name(request: HttpRequest, pk: int) -> HttpResponse:
    visible = StationAlias.objects.visible_to(request.user).select_related("station", "organization")
    alias = get_object_or_404(visible, pk=pk)
    _demand(request, alias.organization)
    foreign_addresses.remove_name(alias=alias, actor=member(request))
    messages.success(request, _("Removed: %(name)s.") % {"name": alias})
    return redirect("moving:addresses")


@require_POST
@member_required
def first_passwords(request: HttpRequest) -> HttpResponse:
    organization, form = _managed(request), FirstPasswordsForm(request.POST)
    if form.is_valid():
        try:
            foreign_addresses.keep_first_passwords(
                organization=organization, until=form.cleaned_data["until"], actor=member(request)
            )
        except Refused as refusal:
            form.add_error("until", str(refusal.words))
        else:
            messages.success(request, _("Saved."))
            return redirect("moving:addresses")
    return render(request, PAGE, _context(request, first=form, refused=form), status=422)


def _managed(request: HttpRequest) -> Organization:
    organization = organization_of(request)
    _demand(request, organization)
    return organization


def _demand(request: HttpRequest, organization: Organization) -> None:
    if not permissions.may_manage_hardware(request.user, organization):
        raise PermissionDenied(_("Your role cannot manage hardware. An owner can give you one that can."))
