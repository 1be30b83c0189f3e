"""A charger's settings beside its template; the templates themselves. Thin: ask, check, render."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import permissions
from accounts.models import Organization
from core.ui.fragments import render_either
from stations import selectors_configuration as selectors
from stations.forms_configuration import TemplateForm, as_text, initial_of
from stations.forms_programs import PaceForm
from stations.models import ChargingStation, ConfigurationTemplate
from stations.services import aligning, inventory
from stations.services import configuration as services
from stations.services.bulk import NobodyToAsk
from stations.views.guards import member, member_required, organization_of
from stations.views.operator import visible_station

USUAL_PACE: Final = 60


@require_safe
@member_required
def configuration(request: HttpRequest, identity: str) -> HttpResponse:
    station = visible_station(request, identity)
    template = selectors.template_for(station)
    query = request.GET.get("q", "").strip().casefold()
    settings = selectors.settings_of(station, template)
    context = {
        "section": "stations",
        "organization": station.organization,
        "station": station,
        "template": template,
        "query": query,
        "settings": [line for line in settings if query in line.name.casefold()],
        "to_send": sum(line.can_be_sent for line in settings),
        "may_manage": permissions.may_manage_hardware(request.user, station.organization),
        "live_topics": [f"station.{station.pk}"],
    }
    return render_either(
        request,
        page="stations/upkeep/configuration.html",
        fragment="stations/upkeep/_configuration.html",
        context=context,
    )


@require_POST
@member_required
def send_differences(request: HttpRequest, identity: str) -> HttpResponse:
    station = _managed_station(request, identity)
    try:
        sent = services.send_differences(station=station, actor=member(request))
    except services.NoTemplate:
        messages.error(request, _("No template fits this charger. Make one first."))
        return redirect("upkeep:configuration", identity)
    messages.success(request, _queued(len(sent)))
    return redirect("upkeep:configuration", identity)


@require_POST
@member_required
def read_all(request: HttpRequest, identity: str) -> HttpResponse:
    station = _managed_station(request, identity)
    inventory.ask_all(station=station, actor=member(request))
    messages.success(request, _("Asked the charger for all its settings."))
    return redirect("upkeep:configuration", identity)


@require_safe
@member_required
def templates(request: HttpRequest) -> HttpResponse:
    context = {
        "section": "templates",
        "organization": organization_of(request),
        "templates": selectors.templates(request.user),
        "may_manage": permissions.may_manage_hardware(request.user, organization_of(request)),
    }
    return render(request, "stations/upkeep/templates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def new_template(request: HttpRequest) -> HttpResponse:
    """An empty form; with ?from=<identity>, what that charger has now."""
    organization = organization_of(request)
    _demand_right(request, organization)
    if request.method == "POST":
        return _save(request, organization, None)
    form = TemplateForm(initial=_taken_from(request))
    return render(request, "stations/upkeep/template.html", _form_context(organization, form, None))


def _taken_from(request: HttpRequest) -> dict[str, Any]:
    identity = request.GET.get("from", "")
    station = ChargingStation.objects.visible_to(request.user).filter(identity=identity).first()
    if station is None:
        return {}
    lines = selectors.settings_of(station, None)
    writable = {line.name: line.value or "" for line in lines if line.mutability == "ReadWrite"}
    return {
        "name": f"{station.vendor} {station.model}".strip(),
        "vendor": station.vendor,
        "model": station.model,
        "ocpp_version": station.ocpp_version,
        "settings": as_text(writable),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def template(request: HttpRequest, template_id: int) -> HttpResponse:
    """The template, and every charger that it decides with its drift."""
    found = _visible_template(request, template_id)
    if request.method == "POST":
        _demand_right(request, found.organization)
        return _save(request, found.organization, found)
    context = _form_context(found.organization, TemplateForm(initial=initial_of(found)), found)
    context["drifted"] = selectors.drift_from(found, request.user)
    context["may_manage"] = permissions.may_manage_hardware(request.user, found.organization)
    return render(request, "stations/upkeep/template.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def send_to_all(request: HttpRequest, template_id: int) -> HttpResponse:
    """GET rehearses at the usual pace, POST at the one asked for; with `act` = begin it begins."""
    found = _visible_template(request, template_id)
    _demand_right(request, found.organization)
    form = PaceForm(request.POST if request.method == "POST" else None)
    is_wrong = form.is_bound and not form.is_valid()
    if form.is_bound and not is_wrong and request.POST.get("act") == "begin":
        return _begin(request, found, form)
    return _rehearsal(request, found, form, status=422 if is_wrong else 200)


def _begin(request: HttpRequest, found: ConfigurationTemplate, form: PaceForm) -> HttpResponse:
    try:
        command = aligning.begin(template=found, user=member(request), **form.options())
    except NobodyToAsk as nobody:
        form.add_error(None, str(nobody))
        return _rehearsal(request, found, form, status=422)
    return redirect("stations:bulk", command.public_id)


def _rehearsal(
    request: HttpRequest, found: ConfigurationTemplate, form: PaceForm, *, status: int
) -> HttpResponse:
    pace = form.cleaned_data.get("pace_per_minute") if form.is_bound else None
    context = {
        "section": "templates",
        "organization": found.organization,
        "template": found,
        "form": form,
        "rehearsed": aligning.rehearse(template=found, user=member(request), pace=pace or USUAL_PACE),
    }
    return render(request, "stations/upkeep/send_differences.html", context, status=status)


@require_POST
@member_required
def remove_template(request: HttpRequest, template_id: int) -> HttpResponse:
    found = _visible_template(request, template_id)
    _demand_right(request, found.organization)
    services.remove_template(template=found, actor=member(request))
    messages.success(request, _("Removed: %(name)s.") % {"name": found.name})
    return redirect("upkeep:templates")


def _save(
    request: HttpRequest, organization: Organization, changed: ConfigurationTemplate | None
) -> HttpResponse:
    form = TemplateForm(request.POST)
    if form.is_valid():
        try:
            saved = services.save_template(
                organization=organization, template=changed, actor=member(request), **form.cleaned_data
            )
        except services.NameTaken:
            form.add_error("name", _("Another template has this name."))
        else:
            messages.success(request, _("Saved: %(name)s.") % {"name": saved.name})
            return redirect("upkeep:template", saved.pk)
    context = _form_context(organization, form, changed)
    return render(request, "stations/upkeep/template.html", context, status=422)


def _form_context(
    organization: Organization, form: TemplateForm, found: ConfigurationTemplate | None
) -> dict[str, Any]:
    return {
        "section": "templates",
        "organization": organization,
        "form": form,
        "template": found,
        "drifted": (),
        "may_manage": True,
    }


def _queued(count: int) -> str:
    if not count:
        return _("There is nothing to send.")
    asked = ngettext("%(count)s setting is on its way.", "%(count)s settings are on their way.", count)
    return asked % {"count": count}


def _visible_template(request: HttpRequest, template_id: int) -> ConfigurationTemplate:
    return get_object_or_404(selectors.templates(request.user), pk=template_id)


def _managed_station(request: HttpRequest, identity: str) -> ChargingStation:
    station = visible_station(request, identity)
    _demand_right(request, station.organization)
    return station


def _demand_right(request: HttpRequest, organization: Organization) -> None:
    if not permissions.may_manage_hardware(request.user, organization):
        raise PermissionDenied(_("Your role cannot manage hardware. An owner can give you one that can."))
