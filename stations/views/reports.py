"""What a charger reported: firmware and logs on their way, security, events, its vendor's own data."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
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
    """GET shows a part of them (`?show=`); POST says that somebody looked at the urgent ones."""
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
    asked = request.GET.get("show", "")
    shown = asked if asked in ABOUT else next(iter(ABOUT))
    return {
        "section": "stations",
        "organization": station.organization,
        "station": station,
        "tabs": [(name, tab.title) for name, tab in ABOUT.items()],
        "shown": shown,
        "body": f"stations/upkeep/reports/_{shown}.html",
        **ABOUT[shown].gather(station),
        "may_command": permissions.may_command_stations(request.user, station.organization),
        "live_topics": [f"station.{station.pk}"],
    }


def _upkeep(station: ChargingStation) -> dict[str, Any]:
    return {
        "transfers": selectors.transfers(station),
        "security_events": selectors.security_events(station),
        "waiting": selectors.open_security_events(station).count(),
    }


def _device(station: ChargingStation) -> dict[str, Any]:
    return {"monitors": selectors.monitors(station), "device_events": selectors.device_events(station)}


def _power(station: ChargingStation) -> dict[str, Any]:
    return {
        "limits": selectors.limits(station),
        "profiles": [(profile, _pretty(profile.body)) for profile in selectors.profiles(station)],
        "needs": selectors.needs(station),
    }


def _display(station: ChargingStation) -> dict[str, Any]:
    return {"display_messages": selectors.display_messages(station)}


def _kept(station: ChargingStation) -> dict[str, Any]:
    return {
        "parted_reports": selectors.parted_reports(station),
        "notices": [(notice, _pretty(notice.body)) for notice in selectors.notices(station)],
    }


class Tab(NamedTuple):
    """One part of the page, and how its rows are found."""

    title: str | Promise
    gather: Callable[[ChargingStation], dict[str, Any]]


ABOUT: Final = {
    "upkeep": Tab(_("Upkeep"), _upkeep),
    "device": Tab(_("Device"), _device),
    "power": Tab(_("Power"), _power),
    "display": Tab(_("Display"), _display),
    "kept": Tab(_("As it came"), _kept),
}
"""The parts of the page by their name in the address; the first is shown unasked."""


def _pretty(body: object) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)


def _resolve(request: HttpRequest, station: ChargingStation) -> HttpResponse:
    if not permissions.may_command_stations(request.user, station.organization):
        raise PermissionDenied(
            gettext("Your role cannot command chargers. An owner can give you one that can.")
        )
    notices.resolve_security_events(station=station, actor=member(request))
    messages.success(request, gettext("Noted: somebody looked at it."))
    return redirect("upkeep:reports", station.identity)
