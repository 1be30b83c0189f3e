"""Tariffs: the list, a tariff's page, putting it to work, and taking it along as OCPI."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from payments import drafts, selectors
from payments.models import Tariff, TariffAssignment
from payments.rating.plain import plain_of
from payments.selectors import tariffs as chosen
from payments.selectors.paying import way_of
from payments.services import tariff_desk, tariff_rules
from payments.services.pricing import as_rated
from payments.services.tariffs import TariffConflict, open_assignments
from payments.views.tariff_guards import demand_money, managed, newest_of, warn, why
from payments.words import ToldRule, price_list, told_history, told_rules, week_table
from payments.work_forms import SuccessionForm, WorkForm
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
        "may_see_books": permissions.may_see_money(request.user, organization),
        "way": way_of(organization.pk),
    }
    return render(request, "payments/tariffs.html", context)


@require_safe
@member_required
def tariff(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET: one tariff; ?version= looks at an older one."""
    newest = newest_of(request, public_id)
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
        "rules": _rules(shown),
        "may_override": permissions.may_override_rules(request.user, organization) and shown == newest,
        "history": told_history(chosen.history_of(organization, tariff_desk.subject_of(newest))),
        "succeeds": older.count(),
        "may_manage": permissions.may_manage_money(request.user, organization),
        "work": WorkForm(organization),
        "succession": SuccessionForm(),
        **forms,
    }


def _rules(tariff: Tariff) -> list[ToldRule]:
    found = tariff_rules.broken_rules(tariff)
    return told_rules(found, tariff_rules.overridden(tariff)) if found else []


# --- putting it to work ----------------------------------------------------------------------


@require_POST
@member_required
def assign(request: HttpRequest, public_id: UUID) -> HttpResponse:
    newest = managed(request, public_id)
    form = WorkForm(newest.organization, request.POST)
    if form.is_valid():
        starts_at = form.cleaned_data["starts_at"]
        try:
            made = tariff_desk.put_to_work(
                actor=member(request), tariff=newest, starts_at=starts_at, **form.scope
            )
        except TariffConflict as conflict:
            form.add_error("starts_at", why(conflict))
        else:
            messages.success(request, _put_to_work(made))
            warn(request, newest)
            return redirect("payments:tariff", public_id)
    return render(request, PAGE, _context(request, newest, work=form, refused=form), status=422)


@require_POST
@member_required
def take_over(request: HttpRequest, public_id: UUID) -> HttpResponse:
    newest = managed(request, public_id)
    form = SuccessionForm(request.POST)
    if form.is_valid():
        starts_at = form.cleaned_data["starts_at"]
        try:
            count = tariff_desk.take_over(actor=member(request), tariff=newest, starts_at=starts_at)
        except TariffConflict as conflict:
            form.add_error("starts_at", why(conflict))
        else:
            words = ngettext(
                "Version %(version)s takes over in %(count)s place.",
                "Version %(version)s takes over in %(count)s places.",
                count,
            )
            messages.success(request, words % {"version": newest.version, "count": count})
            warn(request, newest)
            return redirect("payments:tariff", public_id)
    return render(request, PAGE, _context(request, newest, succession=form, refused=form), status=422)


@require_POST
@member_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends what holds, cancels what is planned."""
    mine = TariffAssignment.objects.filter(organization=organization_of(request))
    wanted = ("tariff__organization", "group__organization", "organization", "location", "station", "evse")
    assignment = get_object_or_404(mine.select_related(*wanted), pk=pk)
    demand_money(request, assignment.organization)
    tariff_desk.end(actor=member(request), assignment=assignment)
    messages.success(request, _("Ended: %(name)s.") % {"name": assignment})
    if assignment.tariff is not None and "group" not in request.POST:
        return redirect("payments:tariff", assignment.tariff.public_id)
    if assignment.group is not None:
        return redirect("payments:group", assignment.group.public_id)
    return redirect("payments:tariffs")


def _put_to_work(made: TariffAssignment) -> str:
    """With when it makes room for what was planned before it."""
    told = {"name": made.tariff.name if made.tariff else ""}
    if made.during.upper is None:
        return _("“%(name)s” is put to work.") % told
    until = timezone.localtime(made.during.upper)
    words = _("“%(name)s” is put to work until %(moment)s, when what was planned before takes over.")
    return words % {**told, "moment": f"{until:%Y-%m-%d %H:%M}"}


# --- taking it along -------------------------------------------------------------------------


@require_safe
@member_required
def export(request: HttpRequest, public_id: UUID) -> JsonResponse:
    """GET: the newest version as OCPI JSON."""
    newest = newest_of(request, public_id)
    return _json_file(drafts.export(newest), f"tariff-{newest.public_id}.json")


@require_safe
@member_required
def export_all(request: HttpRequest) -> JsonResponse:
    rows = selectors.current_tariffs(organization_of(request)).select_related("organization")
    return _json_file([drafts.export(row) for row in rows], "tariffs.json")


def _json_file(data: Any, name: str) -> JsonResponse:
    told = {"Content-Disposition": f'attachment; filename="{name}"'}
    return JsonResponse(data, safe=False, headers=told, json_dumps_params={"indent": 2})
