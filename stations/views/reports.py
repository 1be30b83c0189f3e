"""What a charger reported: firmware and logs on their way, security, events, its vendor's own data."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import permissions
from core.ui.fragments import render_either
from stations import selectors_reports as selectors
from stations.models import ChargingStation
from stations.services import notices
from stations.views.guards import member, member_required
from stations.views.operator import visible_station


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def reports(request: HttpRequest, identity: str) -> HttpResponse:
    """GET shows them; POST says that somebody looked at the urgent ones."""
    station = visible_station(request, identity)
    if request.method == "POST":
        return _resolve(request, station)
    return render_either(
        request,
        page="stations/upkeep/reports.html",
        fragment="stations/upkeep/_reports.html",
        context=_context(request, station),
    )


def _context(request: HttpRequest, station: ChargingStation) -> dict[str, Any]:
    return {
        "section": "stations",
        "organization": station.organization,
        "station": station,
        "transfers": selectors.transfers(station),
        "security_events": selectors.security_events(station),
        "waiting": selectors.open_security_events(station).count(),
        "device_events": selectors.device_events(station),
        "notices": [(notice, _pretty(notice.body)) for notice in selectors.notices(station)],
        "may_command": permissions.may_command_stations(request.user, station.organization),
        "live_topics": [f"station.{station.pk}"],
    }


def _pretty(body: object) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)


def _resolve(request: HttpRequest, station: ChargingStation) -> HttpResponse:
    if not permissions.may_command_stations(request.user, station.organization):
        raise PermissionDenied(_("Your role cannot command chargers. An owner can give you one that can."))
    notices.resolve_security_events(station=station, actor=member(request))
    messages.success(request, _("Noted: somebody looked at it."))
    return redirect("upkeep:reports", station.identity)
