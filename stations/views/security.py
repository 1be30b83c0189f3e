"""What a charger must show at the door: its password, its security profile, its certificates."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from core import clock
from core.ui.fragments import render_either
from stations import selectors_door
from stations.command_kinds import Trigger
from stations.forms_door import UpgradeForm
from stations.models import ChargingStation, PaymentCode, StationCertificate
from stations.services import certificate_delivery, certificates, commands, payment_codes
from stations.services import security as guard
from stations.services.asking import CannotBeAsked
from stations.views.guards import member, member_required

PAGE = "stations/door/security.html"


@require_safe
@member_required
def security(request: HttpRequest, identity: str) -> HttpResponse:
    context = _context(request, _visible(request, identity))
    return render_either(request, page=PAGE, fragment="stations/door/_security.html", context=context)


def _context(request: HttpRequest, station: ChargingStation, **more: Any) -> dict[str, Any]:
    return {
        "section": "stations",
        "organization": station.organization,
        "station": station,
        "certificates": selectors_door.certificates(station),
        "now": clock.now(),
        "may_manage": permissions.may_manage_hardware(request.user, station.organization),
        "upgrade_form": UpgradeForm(station),
        "payment_code": PaymentCode.objects.filter(station=station).select_related("command").first(),
        "can_show_code": payment_codes.can_show(station),
        "live_topics": [f"station.{station.pk}"],
        **more,
    }


@require_POST
@member_required
def change_password(request: HttpRequest, identity: str) -> HttpResponse:
    station = _managed(request, identity)
    guard.change_password(station=station, actor=member(request))
    messages.success(request, _("A new password is on its way. The old one holds until the charger has it."))
    return redirect("door:security", identity)


@require_POST
@member_required
def upgrade(request: HttpRequest, identity: str) -> HttpResponse:
    """Never downwards: the form offers only what is safer (A05.FR.07)."""
    station = _managed(request, identity)
    form = UpgradeForm(station, request.POST)
    if not form.is_valid():
        return render(request, PAGE, _context(request, station, upgrade_form=form), status=422)
    guard.upgrade_profile(station=station, profile=form.cleaned_data["profile"], actor=member(request))
    messages.success(request, _("From its next connection of this kind on, nothing less is accepted."))
    return redirect("door:security", identity)


@require_POST
@member_required
def ask_for_request(request: HttpRequest, identity: str) -> HttpResponse:
    """Have the charger ask for a certificate (2.0.1 A02)."""
    station = _managed(request, identity)
    kind = Trigger(message="sign_certificate")
    commands.request(station=station, kind=kind, requested_by=member(request))
    messages.success(request, _("Asked the charger for a certificate request."))
    return redirect("door:security", identity)


@require_POST
@member_required
def allow_expired(request: HttpRequest, identity: str) -> HttpResponse:
    """Let it in once with an expired certificate, to renew it (A00.FR.429)."""
    station = _managed(request, identity)
    guard.allow_expired_certificate(station=station, actor=member(request))
    messages.success(request, _("It may come once with its expired certificate, to renew it."))
    return redirect("door:security", identity)


@require_POST
@member_required
def payment_code(request: HttpRequest, identity: str) -> HttpResponse:
    """Show the one-time QR code on the charger's display, or no more (2.1 C25)."""
    station = _managed(request, identity)
    is_on = request.POST.get("is_on") == "1"
    turn = payment_codes.turn_on if is_on else payment_codes.turn_off
    try:
        turn(station=station, actor=member(request))
    except CannotBeAsked as refusal:
        messages.error(request, str(refusal))
        return redirect("door:security", identity)
    asked_on, asked_off = _("Asked the charger to show the code."), _("Asked the charger to hide the code.")
    messages.success(request, asked_on if is_on else asked_off)
    return redirect("door:security", identity)


@require_POST
@member_required
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    visible = StationCertificate.objects.visible_to(request.user).select_related("station__organization")
    found = get_object_or_404(visible, pk=pk)
    _demand_right(request, found.station)
    because = request.POST.get("because", "").replace("\0", "").strip()
    try:
        certificates.revoke(certificate=found, because=because, actor=member(request))
    except certificates.NotRevocable:
        messages.error(request, _("It was revoked before."))
    else:
        messages.success(request, _("Revoked. Nobody comes in with it any more."))
    return redirect("door:security", found.station.identity)


@require_POST
@member_required
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """A certificate that did not arrive goes out once more."""
    visible = StationCertificate.objects.visible_to(request.user).select_related("station__organization")
    found = get_object_or_404(visible, pk=pk)
    _demand_right(request, found.station)
    try:
        certificate_delivery.send_again(certificate=found, actor=member(request))
    except certificate_delivery.NothingToSend:
        messages.error(request, _("There is nothing to send: look at its state, or at a newer certificate."))
    else:
        messages.success(request, _("The certificate is on its way again."))
    return redirect("door:security", found.station.identity)


def _visible(request: HttpRequest, identity: str) -> ChargingStation:
    visible = ChargingStation.objects.visible_to(request.user)
    return get_object_or_404(visible.select_related("organization", "location"), identity=identity)


def _managed(request: HttpRequest, identity: str) -> ChargingStation:
    station = _visible(request, identity)
    _demand_right(request, station)
    return station


def _demand_right(request: HttpRequest, station: ChargingStation) -> None:
    if not permissions.may_manage_hardware(request.user, station.organization):
        raise PermissionDenied(_("Your role cannot manage hardware. An owner can give you one that can."))
