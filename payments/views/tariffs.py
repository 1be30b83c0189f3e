"""Tariffs: the list, a tariff's page, writing one, putting it to work, and taking it along as OCPI."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from accounts.models import Organization
from payments import drafts, selectors
from payments.forms import SuccessionForm, WorkForm
from payments.models import Tariff, TariffAssignment
from payments.rating.plain import plain_of
from payments.selectors import tariffs as chosen
from payments.services import tariff_desk, tariff_rules
from payments.services.pricing import as_rated
from payments.services.tariffs import TariffConflict, open_assignments
from payments.words import price_list, told_history, told_rules, week_table
from stations.views.guards import member, member_required, organization_of

PAGE: Final = "payments/tariff.html"


@require_safe
@member_required
def tariffs(request: HttpRequest) -> HttpResponse:
    """GET /operate/tariffs/."""
    organization = organization_of(request)
    context = {
        "section": "tariffs",
        "organization": organization,
        "tariffs": [price_list(tariff) for tariff in selectors.current_tariffs(organization)],
        "may_manage": permissions.may_manage_money(request.user, organization),
    }
    return render(request, "payments/tariffs.html", context)


@require_safe
@member_required
def tariff(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET: one tariff; ?version= looks at an older one."""
    newest = _newest(request, public_id)
    wanted = request.GET.get("version", "")
    shown = newest
    if wanted.isdecimal() and len(wanted) < 6:
        versions = chosen.versions_of(newest.organization, public_id)
        shown = get_object_or_404(versions, version=int(wanted))
    return render(request, PAGE, _context(request, newest, shown=shown))


def _context(
    request: HttpRequest, newest: Tariff, *, shown: Tariff | None = None, **forms: Any
) -> dict[str, Any]:
    organization, shown = newest.organization, shown or newest
    plain = plain_of(as_rated(shown))
    older = open_assignments(newest).exclude(tariff=newest)
    return {
        "section": "tariffs",
        "organization": organization,
        "newest": newest,
        "list": price_list(shown),
        "week": week_table(plain) if plain and plain.bands else None,
        "versions": chosen.versions_of(organization, newest.public_id),
        "where": chosen.assignments_of(newest),
        "rules": told_rules(tariff_rules.broken_rules(shown)),
        "history": told_history(chosen.history_of(organization, tariff_desk.subject_of(newest))),
        "succeeds": older.count(),
        "may_manage": permissions.may_manage_money(request.user, organization),
        "work": WorkForm(organization),
        "succession": SuccessionForm(),
        **forms,
    }


# --- putting it to work ----------------------------------------------------------------------


@require_POST
@member_required
def assign(request: HttpRequest, public_id: UUID) -> HttpResponse:
    newest = _managed(request, public_id)
    form = WorkForm(newest.organization, request.POST)
    if form.is_valid():
        starts_at = form.cleaned_data["starts_at"]
        try:
            tariff_desk.put_to_work(actor=member(request), tariff=newest, starts_at=starts_at, **form.scope)
        except TariffConflict as conflict:
            form.add_error("starts_at", _why(conflict))
        else:
            messages.success(request, _("“%(name)s” is put to work.") % {"name": newest.name})
            _warn(request, newest)
            return redirect("payments:tariff", public_id)
    return render(request, PAGE, _context(request, newest, work=form, refused=form), status=422)


@require_POST
@member_required
def take_over(request: HttpRequest, public_id: UUID) -> HttpResponse:
    newest = _managed(request, public_id)
    form = SuccessionForm(request.POST)
    if form.is_valid():
        starts_at = form.cleaned_data["starts_at"]
        try:
            count = tariff_desk.take_over(actor=member(request), tariff=newest, starts_at=starts_at)
        except TariffConflict as conflict:
            form.add_error("starts_at", _why(conflict))
        else:
            words = ngettext(
                "Version %(version)s takes over in %(count)s place.",
                "Version %(version)s takes over in %(count)s places.",
                count,
            )
            messages.success(request, words % {"version": newest.version, "count": count})
            _warn(request, newest)
            return redirect("payments:tariff", public_id)
    return render(request, PAGE, _context(request, newest, succession=form, refused=form), status=422)


@require_POST
@member_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends what holds, cancels what is planned."""
    mine = TariffAssignment.objects.filter(organization=organization_of(request))
    assignment = get_object_or_404(
        mine.select_related("tariff__organization", "location", "evse", "organization"), pk=pk
    )
    _demand(request, assignment.organization)
    tariff_desk.end(actor=member(request), assignment=assignment)
    messages.success(request, _("Ended: %(name)s.") % {"name": assignment})
    return redirect("payments:tariff", assignment.tariff.public_id)


def _why(conflict: TariffConflict) -> str:
    planned = conflict.planned
    if planned is None:
        return _("Somebody else planned a tariff here at this moment. Look again.")
    moment = timezone.localtime(planned.during.lower)
    return _(
        "“%(tariff)s” is planned for %(place)s from %(moment)s on. Cancel it, or choose a later moment."
    ) % {
        "tariff": planned.tariff,
        "place": planned.evse or planned.location or _("the whole network"),
        "moment": f"{moment:%Y-%m-%d %H:%M}",
    }


# --- writing ---------------------------------------------------------------------------------


@member_required
def new(request: HttpRequest) -> HttpResponse:
    """GET, POST; ?as=ocpi: as text."""
    organization = organization_of(request)
    _demand(request, organization)
    return _write(request, organization, None)


@member_required
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET, POST: makes the next version; ?as=ocpi: as text, which is the only way for some."""
    newest = _managed(request, public_id)
    begun_with = request.POST.get("version", "")
    if begun_with.isdecimal() and begun_with != str(newest.version):
        versions = chosen.versions_of(newest.organization, public_id)
        newest = get_object_or_404(versions, version=int(begun_with[:6]))
    return _write(request, newest.organization, newest)


def _write(request: HttpRequest, organization: Organization, old: Tariff | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    is_growing = data is not None and "add_band" in data
    kind = _kind(request, old)
    draft = kind(organization, old, drafts.with_another_band(data) if data and is_growing else data)
    sample = drafts.sample_form(data)
    context = _writing(organization, old, draft, sample)
    if data is not None and "preview" in data and request.htmx:  # type: ignore[attr-defined]
        return render(request, "payments/_tariff_preview.html", context)
    is_good = data is not None and draft.is_valid()
    if data is None or is_growing or ("preview" in data and is_good):
        return render(request, "payments/tariff_form.html", context)
    saved = _save(request, organization, old, draft) if is_good else None
    if saved is None:
        return render(request, "payments/tariff_form.html", {**context, "refused": draft.form}, status=422)
    return redirect("payments:tariff", saved.public_id)


def _kind(request: HttpRequest, old: Tariff | None) -> type[drafts.PlainDraft] | type[drafts.OcpiDraft]:
    needs_ocpi = old is not None and not drafts.has_plain_form(old)
    return drafts.OcpiDraft if needs_ocpi or request.GET.get("as") == "ocpi" else drafts.PlainDraft


def _save(
    request: HttpRequest, organization: Organization, old: Tariff | None, draft: drafts.Draft
) -> Tariff | None:
    """The saved tariff; None with the reason at the form."""
    fields = draft.fields()
    if old is None:
        saved = tariff_desk.make(actor=member(request), organization=organization, **fields)
        messages.success(request, _("“%(name)s” is made. Put it to work where it shall hold.") % fields)
        return saved
    try:
        saved = tariff_desk.change(actor=member(request), tariff=old, **fields)
    except tariff_desk.Overtaken:
        draft.form.add_error(
            None,
            _("Somebody made a newer version meanwhile. Look at it, and write your change into that one."),
        )
        return None
    words = _("Nothing was changed.") if saved == old else _("Version %(version)s is made.")
    messages.success(request, words % {"version": saved.version})
    _warn(request, saved)
    return saved


def _writing(
    organization: Organization, old: Tariff | None, draft: drafts.Draft, sample: Any
) -> dict[str, Any]:
    return {
        "section": "tariffs",
        "organization": organization,
        "old": old,
        "draft": draft,
        "form": draft.form,
        "sample": sample,
        "has_plain_form": old is None or drafts.has_plain_form(old),
        **_previewed(organization, old, draft, sample),
    }


def _previewed(
    organization: Organization, old: Tariff | None, draft: drafts.Draft, sample: Any
) -> dict[str, Any]:
    """The sample charge, the week and the rules for what is written now; nothing while it cannot be read."""
    if draft.form.is_bound and not (draft.is_valid() and sample.is_valid()):
        return {}
    if old is None and not draft.form.is_bound:
        return {}
    fields = draft.fields() if draft.form.is_bound else drafts.fields_of_row(old)  # type: ignore[arg-type]
    row = Tariff(organization=organization, **fields)
    plain = plain_of(as_rated(row))
    if old is not None:
        row.public_id = old.public_id
    return {
        "priced": drafts.priced(organization, fields, sample),
        "week": week_table(plain) if plain and plain.bands else None,
        "rules": told_rules(tariff_rules.broken_rules(row)) if old is not None else (),
    }


# --- taking it along -------------------------------------------------------------------------


@require_safe
@member_required
def export(request: HttpRequest, public_id: UUID) -> JsonResponse:
    """GET: the newest version as OCPI JSON."""
    newest = _newest(request, public_id)
    return _json_file(drafts.export(newest), f"tariff-{newest.public_id}.json")


@require_safe
@member_required
def export_all(request: HttpRequest) -> JsonResponse:
    rows = selectors.current_tariffs(organization_of(request)).select_related("organization")
    return _json_file([drafts.export(row) for row in rows], "tariffs.json")


def _json_file(data: Any, name: str) -> JsonResponse:
    told = {"Content-Disposition": f'attachment; filename="{name}"'}
    return JsonResponse(data, safe=False, headers=told, json_dumps_params={"indent": 2})


# --- who and which ---------------------------------------------------------------------------


def _newest(request: HttpRequest, public_id: UUID) -> Tariff:
    found = chosen.versions_of(organization_of(request), public_id).first()
    return found or get_object_or_404(Tariff.objects.none())


def _managed(request: HttpRequest, public_id: UUID) -> Tariff:
    newest = _newest(request, public_id)
    _demand(request, newest.organization)
    return newest


def _demand(request: HttpRequest, organization: Organization) -> None:
    if not permissions.may_manage_money(request.user, organization):
        raise PermissionDenied(_("Your role cannot change tariffs. An owner can give you one that can."))


def _warn(request: HttpRequest, tariff: Tariff) -> None:
    if tariff_rules.broken_rules(tariff):
        messages.warning(request, _("A rule about prices speaks against it where it holds: see below."))
