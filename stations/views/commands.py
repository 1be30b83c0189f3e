"""Commands from the station's page: judge the form, ask the service, show the row."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import permissions
from accounts.models import Organization
from stations.forms import COMMAND_FORMS, CommandForm
from stations.models import ChargingSession, ChargingStation
from stations.permissions import may_ask
from stations.services import commands, sessions
from stations.views.guards import member, member_required
from stations.views.operator import station_context, visible_station


@require_POST
@member_required
def send(request: HttpRequest, identity: str, kind: str) -> HttpResponse:
    """Queue a command; the page then shows its way. A form that does not fit comes back with 422."""
    station = visible_station(request, identity)
    if not may_ask(request.user, station.organization, kind):
        raise PermissionDenied(_("Your role cannot command chargers. An owner can give you one that can."))
    form = _form(station, kind, request)
    if not form.is_valid():
        return _refused(request, station, form)
    commands.request(station=station, kind=form.command(), requested_by=member(request))
    messages.success(request, _("Asked the charger: %(what)s.") % {"what": form.title})
    return redirect("stations:station", station.identity)


@require_POST
@member_required
def stop_session(request: HttpRequest, public_id: UUID) -> HttpResponse:
    session = get_object_or_404(ChargingSession.objects.visible_to(request.user), public_id=public_id)
    _demand_right(request, session.organization)
    sessions.request_stop(session=session, requested_by=member(request))
    messages.success(request, _("Asked the charger to stop."))
    return redirect("stations:session", session.public_id)


@require_POST
@member_required
def review_session(request: HttpRequest, public_id: UUID) -> HttpResponse:
    session = get_object_or_404(ChargingSession.objects.visible_to(request.user), public_id=public_id)
    if not permissions.may_review_sessions(request.user, session.organization):
        raise PermissionDenied(_("Your role cannot release sessions. An owner can give you one that can."))
    sessions.review(session=session, reviewed_by=member(request))
    messages.success(request, _("Released: the session will be billed."))
    return redirect("stations:session", session.public_id)


def _demand_right(request: HttpRequest, organization: Organization) -> None:
    if not permissions.may_command_stations(request.user, organization):
        raise PermissionDenied(_("Your role cannot command chargers. An owner can give you one that can."))


def _form(station: ChargingStation, kind: str, request: HttpRequest) -> CommandForm:
    if kind not in COMMAND_FORMS:
        raise Http404
    return COMMAND_FORMS[kind](station, request.POST)


def _refused(request: HttpRequest, station: ChargingStation, refused: CommandForm) -> HttpResponse:
    context = station_context(request, station)
    context["forms"] = [refused if form.kind == refused.kind else form for form in context["forms"]]
    context["refused"] = refused
    return render(request, "stations/operator/station.html", context, status=422)
