"""A charger's local list: a panel of its page, and a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts import permissions
from core.ui.fragments import render_either
from stations import selectors_local_lists as selectors
from stations.models import ChargingStation
from stations.services import local_lists
from stations.views.guards import member, member_required
from stations.views.operator import visible_station

ACTS: Final[dict[str, tuple[Callable[..., Any], Promise]]] = {
    "on": (local_lists.turn_on, gettext_lazy("The list is kept from now on.")),
    "off": (local_lists.turn_off, gettext_lazy("The list is emptied and kept no longer.")),
    "again": (local_lists.send_again, gettext_lazy("The whole list is sent again.")),
}


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def local_list(request: HttpRequest, identity: str) -> HttpResponse:
    """GET shows it; POST with `act` = on, off or again changes it."""
    station = visible_station(request, identity)
    if request.method == "POST":
        return _act(request, station)
    context = {
        "section": "stations",
        "organization": station.organization,
        "station": station,
        "list": selectors.list_of(station),
        "may_manage": permissions.may_manage_tokens(request.user, station.organization),
        "live_topics": [f"station.{station.pk}"],
    }
    return render_either(
        request,
        page="stations/upkeep/local_list.html",
        fragment="stations/upkeep/_local_list.html",
        context=context,
    )


def _act(request: HttpRequest, station: ChargingStation) -> HttpResponse:
    if not permissions.may_manage_tokens(request.user, station.organization):
        raise PermissionDenied(_("Your role cannot manage tokens. An owner can give you one that can."))
    if request.POST.get("act") not in ACTS:
        raise Http404
    service, done = ACTS[request.POST["act"]]
    service(station=station, actor=member(request))
    messages.success(request, str(done))
    return redirect("upkeep:local_list", station.identity)
