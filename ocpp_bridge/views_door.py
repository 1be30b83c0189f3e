"""Who did not get in, why, and what to do: of the network, and of one charger."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from core.ui.fragments import render_either
from ocpp_bridge import selectors_door
from stations.models import ChargingStation
from stations.views.guards import member_required, organization_of

NOBODYS = "door.0"
"""The topic of handshakes whose address names no network."""


@require_safe
@member_required
def connections(request: HttpRequest) -> HttpResponse:
    organization = organization_of(request)
    context = {
        "section": "connections",
        "organization": organization,
        "failures": selectors_door.failures(request.user),
        "lines": selectors_door.lines(request.user),
        "live_topics": [f"door.{organization.pk}", NOBODYS],
    }
    return render_either(
        request,
        page="ocpp_bridge/connections.html",
        fragment="ocpp_bridge/_failures.html",
        context=context,
    )


@require_safe
@member_required
def connection(request: HttpRequest, identity: str) -> HttpResponse:
    visible = ChargingStation.objects.visible_to(request.user)
    station = get_object_or_404(visible.select_related("organization", "location"), identity=identity)
    context = {
        "section": "stations",
        "organization": station.organization,
        "station": station,
        "failures": selectors_door.failures(request.user, station=station),
        "lines": selectors_door.lines(request.user, station=station),
        "live_topics": [f"door.{station.organization_id}", NOBODYS, f"station.{station.pk}"],
    }
    return render_either(
        request,
        page="ocpp_bridge/connection.html",
        fragment="ocpp_bridge/_connection.html",
        context=context,
    )
