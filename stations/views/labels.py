"""QR labels of a charger's stalls, bound and taken off by the operator."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import permissions
from accounts.models import Organization
from stations.forms_commissioning import LabelForm
from stations.models import Evse, StallLabel
from stations.services import labels
from stations.views.guards import member, member_required
from stations.views.operator import visible_station


@require_POST
@member_required
def bind(request: HttpRequest, identity: str, number: int) -> HttpResponse:
    """A label from a roll leads to this stall from now on."""
    station = visible_station(request, identity)
    _demand_right(request, station.organization)
    evse = get_object_or_404(Evse, station=station, number=number)
    form = LabelForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Type what stands on the label, or scan it."))
    else:
        _bind(request, evse, form.cleaned_data["label"])
    return redirect("commissioning:station", identity)


def _bind(request: HttpRequest, evse: Evse, text: str) -> None:
    try:
        said = labels.assign(evse=evse, text=text, actor=member(request))
    except labels.NotALabel:
        messages.error(request, _("No label says this: letters, figures, * and - only."))
    except labels.LabelElsewhere as elsewhere:
        messages.error(request, _elsewhere(evse, elsewhere.evse))
    else:
        messages.success(request, _("%(label)s leads to this stall.") % {"label": said})


def _elsewhere(evse: Evse, other: Evse) -> str:
    """Where it leads instead; of another network's stalls no more than that."""
    if other.organization_id != evse.organization_id:
        return _("This label leads to a stall of another network.")
    said = _("This label leads to stall %(stall)s of %(station)s. Take it off there first.")
    return said % {"stall": other.name or other.number, "station": other.station.identity}


@require_POST
@member_required
def unbind(request: HttpRequest, pk: int) -> HttpResponse:
    """The label leads nowhere from now on."""
    visible = StallLabel.objects.visible_to(request.user).select_related("organization", "evse__station")
    found = get_object_or_404(visible, pk=pk)
    _demand_right(request, found.organization)
    labels.unbind(label=found, actor=member(request))
    messages.success(request, _("%(label)s leads nowhere any more.") % {"label": found.text})
    return redirect("commissioning:station", found.evse.station.identity)


def _demand_right(request: HttpRequest, organization: Organization) -> None:
    if not permissions.may_manage_hardware(request.user, organization):
        raise PermissionDenied(_("Your role cannot manage hardware. An owner can give you one that can."))
