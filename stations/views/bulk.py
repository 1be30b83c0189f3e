"""One command for many chargers: choose, rehearse, begin, watch, halt, go on, cancel, export."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.forms import ChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from core.ui.fragments import render_either
from stations.command_kinds import KINDS, UpdateFirmware, UploadLog, Verbatim
from stations.forms_expert import KindForm
from stations.forms_programs import PaceForm, SelectionForm, kind_choices
from stations.models import BulkCommand, StoredFile
from stations.permissions import may_ask
from stations.selectors_bulk import items_of, progress, rows_of
from stations.services import bulk
from stations.services.fitting import STORED, NoSuchFile
from stations.views.guards import member, member_required, organization_of
from stations.views.operator import csv_response

PAGE = 100
ACTS = {"cancel": bulk.cancel, "resume": bulk.resume}


@member_required
def begun(request: HttpRequest) -> HttpResponse:
    organization = organization_of(request)
    found = BulkCommand.objects.visible_to(request.user).select_related("requested_by")
    page = Paginator(found, 25).get_page(request.GET.get("page"))
    context = {
        "section": "bulk",
        "organization": organization,
        "page": page,
        "rows": [(command, progress(command)) for command in page],
        "chosen": {},
        "live_topics": [f"org.{organization.pk}"],
    }
    return render(request, "stations/commands/bulks.html", context)


@member_required
def prepare(request: HttpRequest) -> HttpResponse:
    """GET shows the form of `?ask=`; POST rehearses it, and with `act` = begin begins it."""
    kind = request.POST.get("ask") or request.GET.get("ask") or "write_variables"
    if kind not in KINDS or kind == Verbatim.name:
        raise Http404
    data = request.POST if request.method == "POST" else None
    forms = {
        "selection": SelectionForm(member(request), data),
        "command": _for_many(KindForm(KINDS[kind], data), member(request)),
        "pace": PaceForm(data),
    }
    if data is None:
        return _prepare_page(request, kind, forms)
    _demand_right(request, kind)
    refused = [form for form in forms.values() if not form.is_valid()]  # each says what is wrong with it
    if refused:
        return _prepare_page(request, kind, forms, status=422)
    return _rehearse_or_begin(request, kind, forms)


def _for_many(form: KindForm, user: User) -> KindForm:
    """How long a command may wait is said once, for all of them; firmware is chosen from what is stored."""
    del form.fields["expires_in_s"], form.fields["force"]
    if form.kind is UploadLog:
        form.fields["url"].initial = STORED
        form.fields["url"].help_text = _("“file:” has each charger hand it in here")
    images = StoredFile.objects.visible_to(user).filter(kind=StoredFile.Kind.FIRMWARE)
    choices = [(f"{STORED}{image.file_id}", f"{image} {image.version}") for image in images]
    if form.kind is UpdateFirmware and choices:
        form.fields["url"] = ChoiceField(label=_("Firmware"), choices=choices)
    return form


def _rehearse_or_begin(request: HttpRequest, kind: str, forms: dict[str, Any]) -> HttpResponse:
    plan = bulk.Plan(
        user=member(request),
        organization=organization_of(request),
        kind=forms["command"].command,
        selection=forms["selection"].selection,
    )
    options = forms["pace"].options()
    if request.POST.get("act") != "begin":
        rehearsed = bulk.rehearse(plan=plan, pace=options["pace_per_minute"])
        return _prepare_page(request, kind, forms, rehearsed=rehearsed)
    try:
        command = bulk.begin(plan=plan, **options)
    except bulk.NobodyToAsk as nobody:
        forms["selection"].add_error(None, str(nobody))
        return _prepare_page(request, kind, forms, status=422)
    except NoSuchFile:
        forms["command"].add_error("url", _("There is no such file."))
        return _prepare_page(request, kind, forms, status=422)
    return redirect("stations:bulk", command.public_id)


def _prepare_page(
    request: HttpRequest, kind: str, forms: dict[str, Any], *, rehearsed: Any = None, status: int = 200
) -> HttpResponse:
    organization = organization_of(request)
    context = {
        "section": "bulk",
        "organization": organization,
        "kind": kind,
        "kinds": kind_choices(),
        "forms": forms,
        "rehearsed": rehearsed,
        "may_ask": may_ask(request.user, organization, kind),
    }
    return render(request, "stations/commands/bulk_new.html", context, status=status)


@member_required
def show(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    command = _visible(request, public_id)
    if request.GET.get("format") == "csv":
        return csv_response(f"bulk-{command.pk}.csv", rows_of(command))
    context = {
        "section": "bulk",
        "organization": command.organization,
        "bulk": command,
        "progress": progress(command),
        "page": Paginator(items_of(command), PAGE).get_page(request.GET.get("page")),
        "chosen": {},
        "may_ask": may_ask(request.user, command.organization, command.kind),
        "live_topics": [f"bulk.{command.pk}"],
    }
    return render_either(
        request,
        page="stations/commands/bulk.html",
        fragment="stations/commands/_bulk.html",
        context=context,
    )


@require_POST
@member_required
def steer(request: HttpRequest, public_id: UUID, act: str) -> HttpResponse:
    command = _visible(request, public_id)
    if act not in ACTS:
        raise Http404
    _demand_right(request, command.kind)
    if not ACTS[act](command=command, actor=member(request)):
        messages.warning(request, _("It is over already."))
    return redirect("stations:bulk", command.public_id)


def _visible(request: HttpRequest, public_id: UUID) -> BulkCommand:
    visible = BulkCommand.objects.visible_to(request.user).select_related("organization", "requested_by")
    return get_object_or_404(visible, public_id=public_id)


def _demand_right(request: HttpRequest, kind: str) -> None:
    if not may_ask(request.user, organization_of(request), kind):
        raise PermissionDenied(_("Your role cannot send this command. An owner can give you one that can."))
