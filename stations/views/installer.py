"""The installer's page, under /commission/<token>/: one link, one device, one charger, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.ui.fragments import render_either
from stations import selectors_commissioning as selectors
from stations.forms_commissioning import FinishForm, IdentityForm, LabelForm, RotationForm, SocketForm
from stations.models import CommissioningLink, CommissioningRecord, Evse
from stations.services import (
    commissioning,
    commissioning_pdf,
    commissioning_record,
    commissioning_steps,
    labels,
    provisioning,
    sessions,
)
from stations.views.commission_guard import (
    is_own,
    mark_device,
    own_device,
    refused,
    secret_of,
    with_link,
)

PAGE: Final = "stations/commission/board.html"
FRAGMENT: Final = "stations/commission/_board.html"
STEPS: Final = ("connection", "sockets", "charge", "labels", "finish")


@require_safe
@with_link
def board(request: HttpRequest, link: CommissioningLink, token: str) -> HttpResponse:
    """What the link opens: first a button to begin, then the steps."""
    state = link.status_word
    if state in ("revoked", "expired"):
        return refused(request, state, link)
    if not link.claim_hash:
        page = render(request, "stations/commission/begin.html", {"link": link, "token": token})
        return mark_device(request, page)
    if not is_own(request, link):
        return refused(request, "device", link)
    return render_either(request, page=PAGE, fragment=FRAGMENT, context=_context(request, link, token))


@require_POST
@with_link
def begin(request: HttpRequest, link: CommissioningLink, token: str) -> HttpResponse:
    """The device that presses the button owns the link; one that only looks (a mail scanner) does not."""
    if not secret_of(request):
        return refused(request, "device" if link.claim_hash else "cookies", link)
    try:
        commissioning.begin(
            link=link, secret=secret_of(request), device=request.headers.get("User-Agent", "")
        )
    except commissioning.AnotherDevice:
        return refused(request, "device", link)
    except commissioning.NotOpen:
        return refused(request, link.status_word, link)
    return redirect("commission:board", token)


# --- the steps -------------------------------------------------------------------------------------


@require_POST
@own_device
def identity(request: HttpRequest, link: CommissioningLink, token: str) -> HttpResponse:
    form = IdentityForm(request.POST)
    if not form.is_valid():
        return _again(request, link, token, "connection", identity_form=form, refused_form=form)
    try:
        commissioning.name_station(link=link, identity=form.cleaned_data["identity"])
    except provisioning.IdentityTaken:
        taken = _(
            "Another charger has this identity. Compare it with the sheet; if it is right, call the operator."
        )
        form.add_error("identity", taken)
        return _again(request, link, token, "connection", 409, identity_form=form, refused_form=form)
    return _back(token, "connection")


@require_POST
@own_device
def password(request: HttpRequest, link: CommissioningLink, token: str) -> HttpResponse:
    commissioning.give_password(link=link, after=request.POST.get("after", ""))
    return _back(token, "connection")


@require_POST
@own_device
def socket(request: HttpRequest, link: CommissioningLink, number: int, token: str) -> HttpResponse:
    evse, form = _evse(link, number), SocketForm(request.POST)
    if not form.is_valid():
        return _again(request, link, token, "sockets", refused_form=form, refused_number=number)
    swapped = commissioning_steps.tell_socket(link=link, evse=evse, name=form.cleaned_data["name"])
    if swapped is not None:
        said = _(
            "Stall %(name)s was number %(number)d: the two have changed places. Look at both labels again."
        )
        messages.warning(request, said % {"name": form.cleaned_data["name"], "number": swapped.number})
    return _back(token, "sockets")


@require_POST
@own_device
def unlock(request: HttpRequest, link: CommissioningLink, number: int, token: str) -> HttpResponse:
    evse = _evse(link, number)
    return _act(request, token, "sockets", lambda: commissioning_steps.unlock(link=link, evse=evse))


@require_POST
@own_device
def rotation(request: HttpRequest, link: CommissioningLink, number: int, token: str) -> HttpResponse:
    evse, form = _evse(link, number), RotationForm(request.POST)
    if not form.is_valid():
        return _again(request, link, token, "charge", refused_form=form, refused_number=number)
    commissioning_steps.note_rotation(link=link, evse=evse, rotation=form.cleaned_data["rotation"])
    return _back(token, "charge")


@require_POST
@own_device
def start(request: HttpRequest, link: CommissioningLink, number: int, token: str) -> HttpResponse:
    evse = _evse(link, number)
    return _act(request, token, "charge", lambda: commissioning_steps.start_test(link=link, evse=evse))


@require_POST
@own_device
def stop(request: HttpRequest, link: CommissioningLink, number: int, token: str) -> HttpResponse:
    evse = _evse(link, number)
    return _act(request, token, "charge", lambda: commissioning_steps.stop_test(link=link, evse=evse))


@require_POST
@own_device
def label(request: HttpRequest, link: CommissioningLink, number: int, token: str) -> HttpResponse:
    evse, form = _evse(link, number), LabelForm(request.POST)
    if form.is_valid():
        try:
            commissioning_steps.bind_label(link=link, evse=evse, text=form.cleaned_data["label"])
        except labels.NotALabel:
            form.add_error("label", _("No label says this: letters, figures, * and - only."))
        except labels.LabelElsewhere as elsewhere:
            form.add_error("label", _elsewhere(link, elsewhere.evse))
            return _again(request, link, token, "labels", 409, refused_form=form, refused_number=number)
        else:
            return _back(token, "labels")
    return _again(request, link, token, "labels", refused_form=form, refused_number=number)


def _elsewhere(link: CommissioningLink, other: Evse) -> str:
    """Where a label leads instead; of somebody else's stalls no more than that."""
    if other.station_id == link.station_id:
        said = _(
            "This label leads to stall %(stall)s, number %(number)d of this charger. Were two labels swapped?"
        )
        return said % {"stall": other.name or other.evse_id, "number": other.number}
    return _("This label leads to a stall of another charger. Take one that was made for this one.")


@require_POST
@own_device
def finish(request: HttpRequest, link: CommissioningLink, token: str) -> HttpResponse:
    form = FinishForm(request.POST)
    if form.is_valid():
        try:
            commissioning_record.finish(link=link, **form.cleaned_data)
        except commissioning_record.StillCharging:
            form.add_error(None, _("Stop the test charge first: its end belongs into the record."))
        except commissioning_record.NothingToRecord:
            form.add_error(None, _("Name the charger first, in the step Connection."))
        else:
            return _back(token, "finish")
    return _again(request, link, token, "finish", finish_form=form, refused_form=form)


@require_safe
@own_device
def record_file(request: HttpRequest, link: CommissioningLink, token: str) -> HttpResponse:
    record = get_object_or_404(CommissioningRecord, link=link)
    return pdf_response(record)


def pdf_response(record: CommissioningRecord) -> HttpResponse:
    response = HttpResponse(commissioning_pdf.record_pdf(record), content_type="application/pdf")
    name = f"commissioning-{record.station.identity}.pdf"
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "-._") else "-" for char in name)
    response["Content-Disposition"] = f'inline; filename="{kept}"'
    return response


# --- shared ----------------------------------------------------------------------------------------


def _evse(link: CommissioningLink, number: int) -> Evse:
    """A stall of the link's own charger, by the charger's number. 404 for everything else."""
    found = Evse.objects.filter(station=link.station_id).select_related("station", "organization")
    return get_object_or_404(found, number=number)


def _act(request: HttpRequest, token: str, step: str, act: Callable[[], object]) -> HttpResponse:
    """Do what can be refused by the state of things, and say why in the installer's words."""
    try:
        act()
    except tuple(_problems()) as problem:
        messages.error(request, _problems()[type(problem)])
    return _back(token, step)


def _problems() -> dict[type[Exception], str]:
    return {
        sessions.StationOffline: _("The charger is not connected: see the first step."),
        sessions.EvseBusy: _("Somebody is charging there. Unplug, or wait until it is free."),
        sessions.NotAuthorized: _("This stall is kept for somebody's booking now."),
        commissioning_steps.TooManyTests: _(
            "No more test charges with this link: ask the operator for a new one."
        ),
        commissioning_steps.NothingRuns: _("No test charge runs there any more."),
    }


def _back(token: str, step: str) -> HttpResponse:
    return redirect(f"{reverse('commission:board', args=[token])}?step={step}#step-{step}")


def _again(
    request: HttpRequest, link: CommissioningLink, token: str, step: str, status: int = 422, **more: Any
) -> HttpResponse:
    """The page with what was typed and why it does not fit."""
    return render(request, PAGE, {**_context(request, link, token), "open_step": step, **more}, status=status)


def _context(request: HttpRequest, link: CommissioningLink, token: str) -> dict[str, Any]:
    now = selectors.board(link)
    asked = request.GET.get("step", "")
    station = link.station
    return {
        "link": link,
        "token": token,
        "board": now,
        "station": station,
        "can_act": link.can_act,
        "done": now.done,
        "open_step": asked if asked in STEPS else next(iter([*now.missing, "finish"])),
        "ocpp_url": settings.OCPP_URL.rstrip("/") + "/",
        "password": commissioning.password_of(link),
        "identity_form": IdentityForm(),
        "rotation_form": RotationForm(),
        "finish_form": FinishForm(),
        "live_topics": _topics(link),
    }


def _topics(link: CommissioningLink) -> list[str]:
    topics = [f"commissioning.{link.pk}", f"door.{link.organization_id}", "door.0"]
    return [*topics, f"station.{link.station_id}"] if link.station_id else topics
