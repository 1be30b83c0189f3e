"""Asking a charger anything, exactly as written: for integrators and for what no form foresees."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.ui.fragments import render_either
from stations.command_kinds import KINDS
from stations.forms_expert import KindForm, VerbatimForm, form_for
from stations.models import ChargingStation
from stations.permissions import may_ask
from stations.services import asking
from stations.services.translation import translator
from stations.templatetags.stations_words import command_name
from stations.views.guards import member, member_required
from stations.views.operator import visible_station

SHOWN = 12


@member_required
def ask(request: HttpRequest, identity: str) -> HttpResponse:
    """GET shows the form of `?ask=`, POST sends it; what was asked lately stands beside it, alive."""
    station = visible_station(request, identity)
    kind = request.POST.get("ask") or request.GET.get("ask") or "verbatim"
    if kind not in KINDS:
        raise Http404
    if request.method == "POST":
        return _send(request, station, kind)
    context = _context(request, station, kind, form_for(kind))
    return render_either(
        request,
        page="stations/commands/expert.html",
        fragment="stations/commands/_asked.html",
        context=context,
    )


def _send(request: HttpRequest, station: ChargingStation, kind: str) -> HttpResponse:
    if not may_ask(request.user, station.organization, kind):
        raise PermissionDenied(_("Your role cannot send this command. An owner can give you one that can."))
    form = form_for(kind, request.POST)
    if form.is_valid() and _ask(request, station, form):
        messages.success(request, _("Asked the charger: %(what)s.") % {"what": command_name(kind)})
        return redirect(f"{reverse('stations:ask', args=[station.identity])}?ask={kind}")
    context = _context(request, station, kind, form)
    return render(request, "stations/commands/expert.html", context, status=422)


def _ask(request: HttpRequest, station: ChargingStation, form: KindForm | VerbatimForm) -> bool:
    command = form.command
    if command is None:
        return False
    try:
        asking.ask(
            station=station,
            kind=command,
            requested_by=member(request),
            expires_in=form.expires_in,
            is_forced=form.is_forced,
        )
    except asking.CannotBeAsked as refusal:
        form.add_error(None, refusal.problems)
        return False
    return True


def _context(request: HttpRequest, station: ChargingStation, kind: str, form: Any) -> dict[str, Any]:
    spoken = translator().kinds(station.ocpp_version)
    return {
        "section": "stations",
        "organization": station.organization,
        "station": station,
        "form": form,
        "kind": kind,
        "kinds": sorted(((name, command_name(name)) for name in KINDS if name in spoken), key=lambda k: k[1]),
        "is_spoken": kind in spoken,
        "may_ask": may_ask(request.user, station.organization, kind),
        "actions": translator().actions(station.ocpp_version),
        "commands": station.commands.select_related("requested_by")[:SHOWN],
        "live_topics": [f"station.{station.pk}"],
    }
