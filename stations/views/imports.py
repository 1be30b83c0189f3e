"""Files of another system: taken in, mapped, looked at, confirmed, followed, undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.ui.exports import csv_response
from core.ui.fragments import render_either
from stations import selectors_moving
from stations.forms_moving import UNREADABLE, FileForm, MappingForm, kinds_for
from stations.importing.kinds import PROBLEM
from stations.importing.sheets import Unreadable
from stations.models import DataImport, ImportRow
from stations.services import imports
from stations.views.guards import member, member_required, organization_of

ROWS: Final = 50
LIST_PAGE: Final = "stations/moving/imports.html"


@require_safe
@member_required
def listed(request: HttpRequest) -> HttpResponse:
    return render(request, LIST_PAGE, _list_context(request))


def _list_context(request: HttpRequest, form: FileForm | None = None) -> dict[str, Any]:
    organization = organization_of(request)
    page = Paginator(selectors_moving.imports(request.user), 25).get_page(request.GET.get("page"))
    kinds = kinds_for(member(request), organization)
    return {
        "section": "moving",
        "tab": "imports",
        "organization": organization,
        "page": page,
        "rows": [
            (batch, imports.importer_of(batch.kind).title, selectors_moving.tally(batch)) for batch in page
        ],
        "kinds": kinds,
        "form": form or FileForm(kinds),
        "chosen": {},
    }


@require_POST
@member_required
def take_in(request: HttpRequest) -> HttpResponse:
    """A new preview; what cannot be read comes back with 422."""
    organization = organization_of(request)
    kinds = kinds_for(member(request), organization)
    if not kinds:
        raise PermissionDenied(_("Your role cannot import anything. An owner can give you one that can."))
    form = FileForm(kinds, request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            batch = imports.take_in(
                organization=organization,
                kind=form.cleaned_data["kind"],
                name=upload.name,
                data=upload.read(),
                actor=member(request),
            )
        except Unreadable as refusal:
            form.add_error("file", str(UNREADABLE[refusal.fault]))
        else:
            return redirect("moving:import", batch.public_id)
    return render(request, LIST_PAGE, _list_context(request, form), status=422)


@require_safe
@member_required
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """An empty table with the heads that are understood at once."""
    try:
        importer = imports.importer_of(kind)
    except KeyError as unknown:
        raise Http404 from unknown
    return csv_response(f"{kind}.csv", [field.name for field in importer.fields], [])


@require_safe
@member_required
def show(request: HttpRequest, public_id: UUID) -> HttpResponse:
    batch = _visible(request, public_id)
    if request.GET.get("format") == "csv":
        head, *rows = selectors_moving.bad_rows(batch, _secret_columns(batch))
        return csv_response(f"import-{batch.pk}-problems.csv", head, rows)
    context = _context(request, batch)
    return render_either(
        request, page="stations/moving/import.html", fragment="stations/moving/_import.html", context=context
    )


def _context(request: HttpRequest, batch: DataImport, form: MappingForm | None = None) -> dict[str, Any]:
    verdict = request.GET.get("state", "")
    verdict = verdict if verdict in ImportRow.Verdict.values else ""
    importer = imports.importer_of(batch.kind)
    page = Paginator(selectors_moving.rows(batch, verdict), ROWS).get_page(request.GET.get("page"))
    labels = {field.name: field.label for field in importer.fields}
    return {
        "section": "moving",
        "tab": "imports",
        "organization": batch.organization,
        "batch": batch,
        "title": importer.title,
        "tally": selectors_moving.tally(batch),
        "page": page,
        "rows": [(row, _changes(row, labels)) for row in page],
        "chosen": {"state": verdict},
        "verdicts": ImportRow.Verdict.choices,
        "form": form or MappingForm(batch),
        "may": importer.may(request.user, batch.organization),
        "live_topics": [f"import.{batch.pk}"],
    }


def _changes(row: ImportRow, labels: dict[str, Any]) -> list[tuple[Any, str, str]]:
    """Field, from and to, in words."""
    words = labels | {"site": _("Site"), "group_uid": _("Group"), "label": _("Note"), "user": _("Holder")}
    words |= {"allows_concurrent": _("Charges at once")}
    return [
        (words.get(name, name), old, new)
        for name, (old, new) in row.changes.items()
        if row.verdict != PROBLEM
    ]


def _secret_columns(batch: DataImport) -> list[str]:
    fields = imports.importer_of(batch.kind).fields
    return [batch.mapping[field.name] for field in fields if field.is_secret and field.name in batch.mapping]


@require_POST
@member_required
def remap(request: HttpRequest, public_id: UUID) -> HttpResponse:
    batch = _steerable(request, public_id)
    form = MappingForm(batch, request.POST)
    if not form.is_valid():
        context = _context(request, batch, form) | {"refused": form}
        return render(request, "stations/moving/import.html", context, status=422)
    return _act(
        request, batch, lambda: imports.remap(batch=batch, mapping=form.mapping, options=form.options)
    )


@require_POST
@member_required
def confirm(request: HttpRequest, public_id: UUID) -> HttpResponse:
    batch = _steerable(request, public_id)
    return _act(request, batch, lambda: imports.confirm(batch=batch, actor=member(request)))


@require_POST
@member_required
def undo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    batch = _steerable(request, public_id)
    return _act(request, batch, lambda: imports.undo(batch=batch, actor=member(request)))


@require_POST
@member_required
def discard(request: HttpRequest, public_id: UUID) -> HttpResponse:
    batch = _steerable(request, public_id)
    try:
        imports.discard(batch=batch)
    except imports.NotNow:
        messages.warning(request, _("It was confirmed or undone meanwhile."))
        return redirect("moving:import", public_id)
    messages.success(request, _("Removed: %(name)s.") % {"name": batch.name})
    return redirect("moving:imports")


def _act(request: HttpRequest, batch: DataImport, act: Callable[[], None]) -> HttpResponse:
    try:
        act()
    except imports.NotNow:
        messages.warning(request, _("It was confirmed or undone meanwhile."))
    except imports.NothingToDo:
        messages.warning(request, _("There is nothing to write: no row is new or changed."))
    return redirect("moving:import", batch.public_id)


def _visible(request: HttpRequest, public_id: UUID) -> DataImport:
    return get_object_or_404(selectors_moving.imports(request.user), public_id=public_id)


def _steerable(request: HttpRequest, public_id: UUID) -> DataImport:
    batch = _visible(request, public_id)
    if not imports.importer_of(batch.kind).may(request.user, batch.organization):
        raise PermissionDenied(_("Your role cannot import this. An owner can give you one that can."))
    return batch
