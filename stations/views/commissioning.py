"""The operator's side of commissioning: links for installers, how far they are, and their records."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from accounts.models import Organization
from core.ui.fragments import render_either
from stations import selectors_commissioning as selectors
from stations.forms_commissioning import ExpectedForm, LinkForm
from stations.models import CommissioningLink
from stations.services import commissioning
from stations.views.guards import member, member_required, organization_of
from stations.views.installer import pdf_response
from stations.views.operator import visible_station

SHOWN = 20


@require_safe
@member_required
def links(request: HttpRequest) -> HttpResponse:
    """Every link of the network; as a panel of the page of new chargers, those that are under way."""
    organization = organization_of(request)
    context = {
        **_expected(request, organization, ExpectedForm(organization)),
        "live_topics": [f"org.{organization.pk}"],
    }
    return render_either(
        request,
        page="stations/commissioning/links.html",
        fragment="stations/commissioning/_links.html",
        context=context,
    )


def _expected(request: HttpRequest, organization: Organization, form: ExpectedForm) -> dict[str, Any]:
    return {
        "section": "door",
        "organization": organization,
        "links": selectors.links(request.user)[:SHOWN],
        "form": form,
        "may_manage": permissions.may_manage_hardware(request.user, organization),
    }


@require_POST
@member_required
def make_expected(request: HttpRequest) -> HttpResponse:
    """A link for a charger that nobody knows yet."""
    organization = organization_of(request)
    _demand_right(request, organization)
    form = ExpectedForm(organization, request.POST)
    if not form.is_valid():
        context = {**_expected(request, organization, form), "refused": form}
        return render(request, "stations/commissioning/links.html", context, status=422)
    link = commissioning.make_link(
        location=form.cleaned_data["location"],
        template=form.cleaned_data["template"],
        email=form.cleaned_data["email"],
        lasts=form.lasts(),
        actor=member(request),
    )
    return _made(request, link)


@require_safe
@member_required
def station(request: HttpRequest, identity: str) -> HttpResponse:
    return render_either(
        request,
        page="stations/commissioning/station.html",
        fragment="stations/commissioning/_station.html",
        context=_station(request, identity, LinkForm()),
    )


def _station(request: HttpRequest, identity: str, form: LinkForm) -> dict[str, Any]:
    found = visible_station(request, identity)
    return {
        "section": "stations",
        "organization": found.organization,
        "station": found,
        "links": selectors.links(request.user).filter(station=found)[:SHOWN],
        "records": selectors.records(request.user).filter(station=found)[:SHOWN],
        "stalls": found.evses.prefetch_related("labels").order_by("number"),
        "form": form,
        "may_manage": permissions.may_manage_hardware(request.user, found.organization),
        "live_topics": [f"station.{found.pk}"],
    }


@require_POST
@member_required
def make(request: HttpRequest, identity: str) -> HttpResponse:
    """A link for this charger."""
    found = visible_station(request, identity)
    _demand_right(request, found.organization)
    form = LinkForm(request.POST)
    if not form.is_valid():
        context = {**_station(request, identity, form), "refused": form}
        return render(request, "stations/commissioning/station.html", context, status=422)
    link = commissioning.make_link(
        location=found.location,
        station=found,
        email=form.cleaned_data["email"],
        lasts=form.lasts(),
        actor=member(request),
    )
    return _made(request, link)


def _made(request: HttpRequest, link: CommissioningLink) -> HttpResponse:
    said = _("Made, and sent to %(email)s.") % {"email": link.email} if link.email else _("Made.")
    messages.success(request, said)
    return redirect("commissioning:link", link.public_id)


@require_safe
@never_cache
@member_required
def link(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One link: its address and code for those who may hand it out, and how far the installer is."""
    found = _link(request, public_id)
    may_manage = permissions.may_manage_hardware(request.user, found.organization)
    context = {
        "section": "stations" if found.station else "door",
        "organization": found.organization,
        "link": found,
        "board": selectors.board(found),
        "address": commissioning.address(found) if may_manage and found.status_word == "open" else "",
        "may_manage": may_manage,
        "live_topics": [f"commissioning.{found.pk}", f"org.{found.organization_id}"],
    }
    return render_either(
        request,
        page="stations/commissioning/link.html",
        fragment="stations/commissioning/_link.html",
        context=context,
    )


@require_POST
@member_required
def renew(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _link(request, public_id)
    _demand_right(request, found.organization)
    try:
        commissioning.renew(link=found, actor=member(request))
    except commissioning.NotOpen:
        messages.error(request, _("It is finished; make another link."))
    else:
        messages.success(request, _("Renewed: hand out the new link, the old one is dead."))
    return redirect("commissioning:link", public_id)


@require_POST
@member_required
def revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _link(request, public_id)
    _demand_right(request, found.organization)
    commissioning.revoke(link=found, actor=member(request))
    messages.success(request, _("Taken back: nothing can be done with it any more."))
    return redirect("commissioning:link", public_id)


@require_safe
@member_required
def record(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET /operate/commissioning/records/<uuid>.pdf"""
    return pdf_response(get_object_or_404(selectors.records(request.user), public_id=public_id))


def _link(request: HttpRequest, public_id: UUID) -> CommissioningLink:
    return get_object_or_404(selectors.links(request.user), public_id=public_id)


def _demand_right(request: HttpRequest, organization: Organization) -> None:
    if not permissions.may_manage_hardware(request.user, organization):
        raise PermissionDenied(_("Your role cannot manage hardware. An owner can give you one that can."))
