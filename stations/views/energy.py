"""The operator's pages of starts, of signed values, and of the meters that sign. Thin."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import permissions
from accounts.services import note_action
from core.ui.fragments import render_either
from stations import selectors_energy as energy
from stations import selectors_lists as lists
from stations.models import ChargingSession, ChargingStation, Evse
from stations.services import measuring, transparency
from stations.signatures import UnreadableKey
from stations.views.guards import member, member_required, organization_of

PAGE = 50
FILTERS = ("q", "outcome", "door", "cause", "site")


@member_required
def starts(request: HttpRequest) -> HttpResponse:
    """GET /operate/starts/"""
    chosen = {key: request.GET.get(key, "").replace("\0", "") for key in FILTERS}
    named = {key: value for key, value in chosen.items() if key != "q"}
    found = energy.attempts(request.user, query=chosen["q"], **named)
    context = {
        "section": "starts",
        "organization": organization_of(request),
        "chosen": chosen,
        "outcomes": energy.OUTCOMES,
        "doors": energy.DOORS,
        "causes": energy.CAUSES,
        "places": lists.places(request.user),
        "figures": energy.figures(found),
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "live_topics": [f"org.{organization_of(request).pk}"],
    }
    return render_either(
        request,
        page="stations/energy/starts.html",
        fragment="stations/energy/_starts_table.html",
        context=context,
    )


@member_required
def station_starts(request: HttpRequest, identity: str) -> HttpResponse:
    """A panel of the station's page."""
    visible = ChargingStation.objects.visible_to(request.user)
    station = get_object_or_404(visible, identity=identity)
    found = energy.station_attempts(station)
    context = {"station": station, "figures": energy.figures(found), "attempts": found[:6]}
    return render(request, "stations/energy/_station_starts.html", context)


@member_required
def proof(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A panel of the session's page."""
    session = _session(request, public_id)
    context = {"session": session, "proof": energy.proof_of(session)}
    return render(request, "stations/energy/_proof.html", context)


@member_required
def signed_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The session's signed values; 404 where nothing was signed."""
    session = _session(request, public_id)
    text = transparency.signed_file(session)
    if text is None:
        raise Http404
    response = HttpResponse(text, content_type=transparency.CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="signed-values-{session.number}.xml"'
    return response


def _session(request: HttpRequest, public_id: UUID) -> ChargingSession:
    visible = ChargingSession.objects.visible_to(request.user)
    return get_object_or_404(visible, public_id=public_id)


# --- meters -----------------------------------------------------------------------------------------


@member_required
def meters(request: HttpRequest) -> HttpResponse:
    """GET /operate/meters/"""
    return render(request, "stations/energy/meters.html", _meters_context(request))


def _meters_context(request: HttpRequest, **more: Any) -> dict[str, Any]:
    organization = organization_of(request)
    found = energy.metered_evses(request.user)
    return {
        "section": "meters",
        "organization": organization,
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "may_manage": permissions.may_manage_hardware(request.user, organization),
        "chosen": {},
        **more,
    }


@require_POST
@member_required
def note_meter(request: HttpRequest, evse_id: str) -> HttpResponse:
    """POST /operate/meters/<evse_id>/: serial and public key; an empty key forgets the meter."""
    evse = get_object_or_404(Evse.objects.visible_to(request.user), evse_id=evse_id)
    if not permissions.may_manage_hardware(request.user, evse.organization):
        raise PermissionDenied
    key, serial = request.POST.get("public_key", ""), request.POST.get("serial", "")[:60]
    try:
        measuring.note_meter(evse_id=evse.pk, public_key=key, serial=serial)
    except UnreadableKey:
        messages.error(request, _("This key could not be read. It is hex, Base64 or PEM."))
        return redirect("energy:meters")
    note_action(
        actor=member(request),
        organization=evse.organization,
        action="meter.note",
        subject=f"evse.{evse.pk}",
        changes={"serial": serial, "public_key": key[:200]},
    )
    messages.success(request, _("The meter is noted."))
    return redirect("energy:meters")


@require_POST
@member_required
def calibration_law(request: HttpRequest) -> HttpResponse:
    """POST /operate/meters/: is the network under calibration law?"""
    organization = organization_of(request)
    if not permissions.may_manage_money(request.user, organization):
        raise PermissionDenied
    measuring.set_calibration_law(
        organization=organization, applies=request.POST.get("applies") == "yes", actor=member(request)
    )
    messages.success(request, _("Saved. It holds for sessions that end from now on."))
    return redirect("energy:meters")
