"""The operator's page of files: firmware to give out, logs that came in. Thin: ask, check, render."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from accounts.models import Organization
from core.ui.fragments import render_either
from stations import selectors_files
from stations.forms_files import FirmwareForm
from stations.models import ChargingStation, StoredFile
from stations.services import file_store, files, upkeep
from stations.services.signatures import BadSignature
from stations.views.guards import member, member_required, organization_of
from stations.views.transfers import Span, sent

PAGE: Final = 50
PAGE_TEMPLATE: Final = "stations/upkeep/files.html"


@require_safe
@member_required
def page(request: HttpRequest) -> HttpResponse:
    return render_either(
        request,
        page=PAGE_TEMPLATE,
        fragment="stations/upkeep/_files_table.html",
        context=_context(request, FirmwareForm()),
    )


def _context(request: HttpRequest, form: FirmwareForm) -> dict[str, Any]:
    organization = organization_of(request)
    kind = "logs" if request.GET.get("kind") == "logs" else "firmware"
    chosen = {key: request.GET.get(key, "").replace("\0", "") for key in ("q", "station")}
    found = selectors_files.files(request.user, kind=kind, query=chosen["q"], station=chosen["station"])
    station = ChargingStation.objects.visible_to(request.user).filter(identity=chosen["station"]).first()
    return {
        "section": "files",
        "organization": organization,
        "kind": kind,
        "chosen": chosen,
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "form": form,
        "station": station if kind == "logs" else None,
        "may_manage": permissions.may_manage_hardware(request.user, organization),
        "may_command": permissions.may_command_stations(request.user, organization),
        "live_topics": [f"files.{organization.pk}"],
    }


@require_POST
@member_required
def upload(request: HttpRequest) -> HttpResponse:
    """Keep a firmware image; what does not fit comes back with 422."""
    organization = organization_of(request)
    _demand_right(request, organization)
    form = FirmwareForm(request.POST, request.FILES)
    file = _keep(request, organization, form) if form.is_valid() else None
    if file is None:
        return render(request, PAGE_TEMPLATE, _context(request, form), status=422)
    messages.success(request, _("Kept: %(name)s.") % {"name": file.name})
    return redirect("upkeep:file", file.file_id)


def _keep(request: HttpRequest, organization: Organization, form: FirmwareForm) -> StoredFile | None:
    given = dict(form.cleaned_data)
    image = given.pop("image")
    try:
        return files.keep_firmware(
            organization=organization,
            name=image.name,
            chunks=image.chunks(),
            actor=member(request),
            **given,
        )
    except files.WrongHash as refusal:
        form.add_error(
            "sha256", _("The upload has another one: %(sha256)s") % {"sha256": _spaced(str(refusal))}
        )
    except BadSignature as refusal:
        form.add_error("signature", str(refusal))
    except file_store.TooLarge:
        form.add_error("image", _("The image is larger than this system takes."))
    return None


def _spaced(digits: str) -> str:
    """In groups of eight, so that a line can break; the form takes it so, too."""
    return " ".join(digits[start : start + 8] for start in range(0, len(digits), 8))


@require_safe
@member_required
def file(request: HttpRequest, file_id: UUID) -> HttpResponse:
    found = _visible(request, file_id)
    may_manage = permissions.may_manage_hardware(request.user, found.organization)
    context = {
        "section": "files",
        "organization": found.organization,
        "file": found,
        "links": selectors_files.handovers(request.user, file=found)[:PAGE],
        "chargers": selectors_files.chargers_for(request.user, file=found) if may_manage else (),
        "may_manage": may_manage,
        "live_topics": [f"files.{found.organization_id}"],
    }
    return render_either(
        request, page="stations/upkeep/file.html", fragment="stations/upkeep/_file.html", context=context
    )


@require_safe
@member_required
def download(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """The whole file, for a person; never shown by the browser, always saved."""
    found = _visible(request, file_id)
    response = sent(found, Span(0, found.size_bytes))
    response.headers["Content-Disposition"] = _saved_as(found.name)
    return response


def _saved_as(name: str) -> str:
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"


@require_POST
@member_required
def install(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Have one charger install this image."""
    found = _visible(request, file_id)
    _demand_right(request, found.organization)
    chargers = selectors_files.chargers_for(request.user, file=found)
    station = get_object_or_404(chargers, identity=request.POST.get("identity", ""))
    upkeep.install_firmware(file=found, station=station, actor=member(request))
    messages.success(request, _("Asked %(charger)s to install it.") % {"charger": station})
    return redirect("upkeep:file", found.file_id)


@require_POST
@member_required
def collect(request: HttpRequest, identity: str) -> HttpResponse:
    """Ask a charger for its logs; they appear among the files when they have come."""
    visible = ChargingStation.objects.visible_to(request.user).select_related("organization")
    station = get_object_or_404(visible, identity=identity)
    if not permissions.may_command_stations(request.user, station.organization):
        raise PermissionDenied(_("Your role cannot command chargers. An owner can give you one that can."))
    log = "security" if request.POST.get("log") == "security" else "diagnostics"
    upkeep.collect_logs(station=station, log=log, actor=member(request))
    messages.success(request, _("Asked the charger for its logs. They appear here when they have come."))
    return redirect(f"{reverse('upkeep:files')}?{urlencode({'kind': 'logs', 'station': identity})}")


@require_POST
@member_required
def discard(request: HttpRequest, file_id: UUID) -> HttpResponse:
    found = _visible(request, file_id)
    _demand_right(request, found.organization)
    try:
        files.discard(file=found, actor=member(request))
    except files.FileInUse:
        messages.error(request, _("A charger may still fetch this file. Wait until its link has expired."))
        return redirect("upkeep:file", found.file_id)
    messages.success(request, _("Removed: %(name)s.") % {"name": found.name})
    return redirect("upkeep:files")


def _visible(request: HttpRequest, file_id: UUID) -> StoredFile:
    visible = StoredFile.objects.visible_to(request.user)
    return get_object_or_404(
        visible.select_related("organization", "station", "uploaded_by"), file_id=file_id
    )


def _demand_right(request: HttpRequest, organization: Organization) -> None:
    if not permissions.may_manage_hardware(request.user, organization):
        raise PermissionDenied(_("Your role cannot manage hardware. An owner can give you one that can."))
