"""The operator's pages: overview, sites, chargers, sessions. Thin: ask, check, render."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from accounts import permissions
from core import clock
from core.ui.fragments import render_either
from stations import selectors_lists as lists
from stations import selectors_overview as overviews
from stations.forms import forms_for
from stations.models import ChargingSession, ChargingStation
from stations.permissions import may_ask
from stations.selectors_commissioning import commissioned_at
from stations.views.guards import member_required, organization_of

PAGE = 50
LIVE_SESSIONS = 12


@member_required
def overview(request: HttpRequest) -> HttpResponse:
    organization = organization_of(request)
    live = lists.sessions(request.user, state="active")
    context = {
        "section": "overview",
        "organization": organization,
        "now": clock.now(),
        "figures": overviews.figures(request.user, time_zone=organization.time_zone),
        "attention": overviews.attention(request.user),
        "wall": overviews.wall(request.user),
        "live_sessions": live[:LIVE_SESSIONS],
        "live_count": live.count(),
        "live_topics": [f"org.{organization.pk}"],
    }
    return render_either(
        request,
        page="stations/operator/overview.html",
        fragment="stations/operator/_overview.html",
        context=context,
    )


@member_required
def sites(request: HttpRequest) -> HttpResponse:
    context = {
        "section": "sites",
        "organization": organization_of(request),
        "rows": overviews.wall(request.user),
    }
    return render(request, "stations/operator/sites.html", context)


@member_required
def stations(request: HttpRequest) -> HttpResponse:
    chosen = {key: request.GET.get(key, "") for key in ("q", "state", "site")}
    found = lists.stations(request.user, query=chosen["q"], state=chosen["state"], site=chosen["site"])
    context = {
        "section": "stations",
        "organization": organization_of(request),
        "chosen": chosen,
        "states": lists.STATION_STATES,
        "places": lists.places(request.user),
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "live_topics": [f"org.{organization_of(request).pk}"],
    }
    return render_either(
        request,
        page="stations/operator/stations.html",
        fragment="stations/operator/_stations_table.html",
        context=context,
    )


def visible_station(request: HttpRequest, identity: str) -> ChargingStation:
    return get_object_or_404(lists.station_details(request.user), identity=identity)


@member_required
def station(request: HttpRequest, identity: str) -> HttpResponse:
    return render_either(
        request,
        page="stations/operator/station.html",
        fragment="stations/operator/_station_now.html",
        context=station_context(request, visible_station(request, identity)),
    )


def station_context(request: HttpRequest, found: ChargingStation) -> dict[str, Any]:
    """What the station's page and the answer to a refused command form both show."""
    may_command = permissions.may_command_stations(request.user, found.organization)
    return {
        "section": "stations",
        "organization": found.organization,
        "station": found,
        "stalls": lists.stalls(found),
        "sessions": found.sessions.select_related("evse", "driver").order_by("-id")[:8],
        "commands": found.commands.select_related("requested_by")[:8],
        "variables": found.variables.all()[:200],
        "may_command": may_command,
        "commissioned_at": commissioned_at(found),
        "forms": forms_for(found, partial(may_ask, request.user, found.organization)),
        "live_topics": [f"station.{found.pk}"],
    }


@member_required
def sessions(request: HttpRequest) -> HttpResponseBase:
    chosen = {key: request.GET.get(key, "") for key in ("q", "state", "site")}
    found = lists.sessions(request.user, query=chosen["q"], state=chosen["state"], site=chosen["site"])
    if request.GET.get("format") == "csv":
        return csv_response("sessions.csv", lists.session_rows(found))
    context = {
        "section": "sessions",
        "organization": organization_of(request),
        "chosen": chosen,
        "states": lists.SESSION_STATES,
        "places": lists.places(request.user),
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "live_topics": [f"org.{organization_of(request).pk}"],
    }
    return render_either(
        request,
        page="stations/operator/sessions.html",
        fragment="stations/operator/_sessions_table.html",
        context=context,
    )


@member_required
def session(request: HttpRequest, public_id: UUID) -> HttpResponse:
    visible = ChargingSession.objects.visible_to(request.user)
    found = get_object_or_404(
        visible.select_related("station__location", "evse", "driver", "organization"), public_id=public_id
    )
    context = {
        "section": "sessions",
        "organization": found.organization,
        "session": found,
        "curve": lists.power_curve(found),
        "commands": found.commands.select_related("requested_by"),
        "may_review": permissions.may_review_sessions(request.user, found.organization),
        "may_command": permissions.may_command_stations(request.user, found.organization),
        "live_topics": [f"session.{found.pk}"],
    }
    return render_either(
        request,
        page="stations/operator/session.html",
        fragment="stations/operator/_session.html",
        context=context,
    )


@member_required
def search(request: HttpRequest) -> HttpResponseBase:
    """A charger's exact identity or a session's number goes straight there; else the list, filtered."""
    query = request.GET.get("q", "").strip()
    if ChargingStation.objects.visible_to(request.user).filter(identity__iexact=query).exists():
        exact = ChargingStation.objects.visible_to(request.user).get(identity__iexact=query)
        return redirect("stations:station", exact.identity)
    number = query.removeprefix("#")
    if number.isdecimal():
        found = ChargingSession.objects.visible_to(request.user).filter(number=number[:18]).first()
        if found:
            return redirect("stations:session", found.public_id)
    return stations(request)


def _tame(cell: str) -> str:
    """A token may begin with "=": a spreadsheet must not run it."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell


class _Echo:
    def write(self, value: str) -> str:
        return value


def csv_response(name: str, rows: Iterator[list[str]]) -> StreamingHttpResponse:
    writer = csv.writer(_Echo())
    lines = (writer.writerow([_tame(cell) for cell in row]) for row in rows)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
