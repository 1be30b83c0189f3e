"""The driver's page of autocharge: what it is, for which car it is on, and her consent."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Vehicle
from accounts.selectors import vehicles_of
from accounts.services_autocharge import AddressTaken, forget_vehicle_address, recognize_vehicle
from stations.selectors_autocharge import candidates
from stations.views.guards import signed_in


@login_required
def autocharge(request: HttpRequest) -> HttpResponse:
    """GET /account/autocharge/; POST agrees for one car: `token`, `vehicle`, `agreed`."""
    if request.method == "POST":
        return _agree(request)
    user = signed_in(request)
    context = {"tab": "account", "vehicles": vehicles_of(user), "candidates": candidates(user)}
    return render(request, "stations/driver/autocharge.html", context)


def _agree(request: HttpRequest) -> HttpResponse:
    """Only what is offered can be agreed to: an address that this driver's own charge has followed."""
    user = signed_in(request)
    offered = {str(one.token.pk): one.token for one in candidates(user)}
    token = offered.get(request.POST.get("token", ""))
    vehicle = vehicles_of(user).filter(pk=_number(request.POST.get("vehicle", ""))).first()
    if token is None or vehicle is None or request.POST.get("agreed") != "yes":
        messages.error(request, _("Choose a car and agree, then it is recognized."))
        return redirect("driver:autocharge")
    try:
        recognize_vehicle(vehicle=vehicle, token=token)
    except AddressTaken:
        messages.error(request, _("This car is recognized for somebody already."))
    else:
        messages.success(request, _("%(car)s is recognized from now on.") % {"car": vehicle.name})
    return redirect("driver:autocharge")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 18 else 0


@require_POST
@login_required
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /account/autocharge/<vehicle>/: not any more."""
    vehicle = get_object_or_404(Vehicle.objects.filter(user=signed_in(request)), pk=pk)
    forget_vehicle_address(vehicle=vehicle)
    messages.success(request, _("%(car)s is not recognized any more.") % {"car": vehicle.name})
    return redirect("driver:autocharge")
