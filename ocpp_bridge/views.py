"""The journal (of one charger, as a panel and a page, and of the network); a charger's conformance card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from core.ui.fragments import render_either, wants_fragment
from ocpp_bridge import journal_search
from ocpp_bridge.conformance import card_of
from ocpp_bridge.forms import JournalFilter
from ocpp_bridge.journal_search import Talk, TooMuch
from stations.models import ChargingStation
from stations.views.guards import member_required, organization_of

SHOWN: Final = 50
SHOWN_IN_PANEL: Final = 12


@dataclass(frozen=True, slots=True)
class Row:
    """A talk and whose it is."""

    talk: Talk
    station: ChargingStation


@require_safe
@member_required
def journal(request: HttpRequest) -> HttpResponseBase:
    """What was said in the network lately; with `station`, of that one (or those that begin so)."""
    asked = JournalFilter.read(request.GET)
    organization = organization_of(request)
    context = _found(asked, stations_of(request, asked), SHOWN) | {
        "section": "messages",
        "organization": organization,
        "asked": asked,
        "is_tail": _is_tail(request, asked),
        "live_topics": [f"org.{organization.pk}"],
    }
    return render_either(
        request,
        page="ocpp_bridge/journal.html",
        fragment="ocpp_bridge/_journal.html",
        context=context,
    )


@require_safe
@member_required
def messages(request: HttpRequest, identity: str) -> HttpResponseBase:
    """The same of one charger; asked as a panel it is the latest few, without a form."""
    visible = ChargingStation.objects.visible_to(request.user).select_related("organization", "location")
    station = get_object_or_404(visible, identity=identity)
    asked = JournalFilter.read(request.GET)
    is_panel = wants_fragment(request) and request.GET.get("rows") != str(SHOWN)
    found = _found(asked, [station], SHOWN_IN_PANEL if is_panel else SHOWN)
    context = found | {
        "section": "messages",
        "organization": station.organization,
        "station": station,
        "asked": asked,
        "is_panel": is_panel,
        "is_tail": _is_tail(request, asked),
        "live_topics": [f"station.{station.pk}"],
    }
    return render_either(
        request, page="ocpp_bridge/journal.html", fragment="ocpp_bridge/_journal.html", context=context
    )


@require_safe
@member_required
def conformance(request: HttpRequest, identity: str) -> HttpResponseBase:
    """What this charger supports, how it took what it was asked, and where it strays."""
    visible = ChargingStation.objects.visible_to(request.user).select_related("organization", "location")
    station = get_object_or_404(visible, identity=identity)
    context = {
        "section": "stations",
        "organization": station.organization,
        "station": station,
        "card": card_of(station),
    }
    return render(request, "ocpp_bridge/conformance.html", context)


def stations_of(request: HttpRequest, asked: JournalFilter) -> list[ChargingStation]:
    """The visible stations that the filter means: the one of this identity, else those that begin so."""
    visible = ChargingStation.objects.visible_to(request.user).order_by("identity")
    if not asked.station:
        return list(visible)
    exact = list(visible.filter(identity__iexact=asked.station))
    return exact or list(visible.filter(identity__istartswith=asked.station))


def _found(asked: JournalFilter, stations: list[ChargingStation], limit: int) -> dict[str, Any]:
    """The rows of a page, where the next one begins, and whether the search was too large."""
    by_id = {station.pk: station for station in stations}
    try:
        talks = journal_search.find(asked.search([*by_id]), limit=limit)
    except TooMuch:
        return {"rows": [], "older": None, "is_too_much": True, "shown": SHOWN}
    return {
        "rows": [Row(talk, by_id[talk.station_id]) for talk in talks],
        "older": talks[-1].place if len(talks) == limit else None,
        "is_too_much": False,
        "shown": SHOWN,
    }


def _is_tail(request: HttpRequest, asked: JournalFilter) -> bool:
    """Follow what comes: only where the newest page is shown."""
    return request.GET.get("tail") == "1" and asked.before is None and not asked.until
