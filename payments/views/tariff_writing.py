"""Writing a tariff: in an operator's words or as OCPI, with a sample charge priced beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.models import Organization
from payments import drafts
from payments.models import Tariff
from payments.rating.plain import plain_of
from payments.selectors import tariffs as chosen
from payments.services import tariff_desk, tariff_rules
from payments.services.pricing import as_rated
from payments.views.tariff_guards import demand_money, managed, warn
from payments.words import told_rules, week_table
from stations.views.guards import member, member_required, organization_of


@member_required
def new(request: HttpRequest) -> HttpResponse:
    """GET, POST; ?as=ocpi: as text."""
    organization = organization_of(request)
    demand_money(request, organization)
    return _write(request, organization, None)


@member_required
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET, POST: makes the next version, or changes one that has held nowhere; ?as=ocpi: as text, which is
    the only way for some."""
    newest = managed(request, public_id)
    begun_with = request.POST.get("version", "")
    if begun_with.isdecimal() and begun_with != str(newest.version):
        versions = chosen.versions_of(newest.organization, public_id)
        newest = get_object_or_404(versions, version=int(begun_with[:6]))
    newest.created_at = _moment(request.POST.get("read_at", "")) or newest.created_at
    return _write(request, newest.organization, newest)


def _moment(text: str) -> datetime | None:
    """When the version was written that the form was opened with; None: not said."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


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
    messages.success(request, _told(old, saved))
    warn(request, saved)
    return saved


def _told(old: Tariff, saved: Tariff) -> str:
    if saved is old:
        return _("Nothing was changed.")
    words = _("Version %(version)s is changed.") if saved == old else _("Version %(version)s is made.")
    return words % {"version": saved.version}


def _writing(
    organization: Organization, old: Tariff | None, draft: drafts.Draft, sample: Any
) -> dict[str, Any]:
    return {
        "section": "tariffs",
        "organization": organization,
        "old": old,
        "is_draft": old is not None and chosen.rewritable().filter(pk=old.pk).exists(),
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
        "rules": told_rules(tariff_rules.broken_rules(row), {}) if old is not None else (),
    }
