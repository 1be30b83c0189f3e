"""New chargers: who waits to be adopted, what they are filled in with, and who may come at all."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from accounts.models import Organization
from core.ui.fragments import render_either
from stations import selectors_door
from stations.forms_door import AdoptForm, PolicyForm, TemplateForm
from stations.models import ChargingStation, DoorPolicy, HeldStation, StationTemplate
from stations.services import onboarding
from stations.views.guards import member, member_required, organization_of

PAGE = "stations/door/waiting.html"
FRAGMENT = "stations/door/_waiting.html"
State = HeldStation.State


@require_safe
@member_required
def waiting(request: HttpRequest) -> HttpResponse:
    return render_either(request, page=PAGE, fragment=FRAGMENT, context=_context(request))


def _context(request: HttpRequest, **more: Any) -> dict[str, Any]:
    organization = organization_of(request)
    policy = DoorPolicy.objects.filter(pk=organization.pk).first() or DoorPolicy(organization=organization)
    held = selectors_door.held(request.user, State.WAITING)
    return {
        "section": "door",
        "organization": organization,
        "ocpp_url": settings.OCPP_URL,
        "policy": policy,
        "may_manage": permissions.may_manage_hardware(request.user, organization),
        "waiting": [(row, AdoptForm(organization, prefix=row.station.identity)) for row in held],
        "rejected": selectors_door.held(request.user, State.REJECTED),
        "templates": selectors_door.templates(organization),
        "policy_form": PolicyForm(instance=policy),
        "template_form": TemplateForm(organization),
        "live_topics": [f"door.{organization.pk}"],
        **more,
    }


@require_POST
@member_required
def adopt(request: HttpRequest, identity: str) -> HttpResponse:
    """One of ours from now on; a form that does not fit comes back with 422."""
    station = _held_station(request, identity)
    form = AdoptForm(station.organization, request.POST, prefix=identity)
    if not form.is_valid():
        return render(request, PAGE, _context(request, refused=form), status=422)
    try:
        onboarding.adopt(station=station, actor=member(request), **form.cleaned_data)
    except onboarding.NotWaiting:
        messages.error(request, _("Somebody else decided about this charger meanwhile."))
        return redirect("door:waiting")
    messages.success(request, _("Adopted. It is asked to start up again and gets a password of its own."))
    return redirect("stations:station", identity)


@require_POST
@member_required
def reject(request: HttpRequest, identity: str) -> HttpResponse:
    return _decide(request, identity, onboarding.reject, _("Turned away. It is refused from now on."))


@require_POST
@member_required
def reconsider(request: HttpRequest, identity: str) -> HttpResponse:
    return _decide(request, identity, onboarding.reconsider, _("It may wait again."))


def _decide(request: HttpRequest, identity: str, act: Any, words: str) -> HttpResponse:
    station = _held_station(request, identity)
    try:
        act(station=station, actor=member(request))
    except onboarding.NotWaiting:
        messages.error(request, _("Somebody else decided about this charger meanwhile."))
    else:
        messages.success(request, words)
    return redirect("door:waiting")


@require_POST
@member_required
def policy(request: HttpRequest) -> HttpResponse:
    """Who may come. A new onboarding password is shown on the answer itself and never again."""
    organization = organization_of(request)
    _demand_right(request, organization)
    form = PolicyForm(request.POST)
    if not form.is_valid():
        return render(request, PAGE, _context(request, policy_form=form, refused=form), status=422)
    password = onboarding.set_policy(organization=organization, actor=member(request), **form.cleaned_data)
    if password:
        return render(request, PAGE, _context(request, new_password=password))
    messages.success(request, _("Saved."))
    return redirect("door:waiting")


@require_POST
@member_required
def new_template(request: HttpRequest) -> HttpResponse:
    organization = organization_of(request)
    _demand_right(request, organization)
    form = TemplateForm(organization, request.POST)
    if not form.is_valid() or not _is_kept(form):
        return render(request, PAGE, _context(request, template_form=form, refused=form), status=422)
    messages.success(request, _("Kept: %(name)s.") % {"name": form.instance.name})
    return redirect("door:waiting")


def _is_kept(form: TemplateForm) -> bool:
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        form.add_error("name", _("Another template has this name."))
        return False
    return True


@require_POST
@member_required
def remove_template(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(StationTemplate.objects.visible_to(request.user), pk=pk)
    _demand_right(request, found.organization)
    found.delete()
    messages.success(request, _("Removed: %(name)s.") % {"name": found.name})
    return redirect("door:waiting")


def _held_station(request: HttpRequest, identity: str) -> ChargingStation:
    visible = ChargingStation.objects.visible_to(request.user).filter(held__isnull=False)
    station = get_object_or_404(visible.select_related("organization"), identity=identity)
    _demand_right(request, station.organization)
    return station


def _demand_right(request: HttpRequest, organization: Organization) -> None:
    if not permissions.may_manage_hardware(request.user, organization):
        raise PermissionDenied(_("Your role cannot manage hardware. An owner can give you one that can."))
