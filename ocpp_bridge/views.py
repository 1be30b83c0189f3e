"""The message log of a station, a panel of its page and a page of its own."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from core.ui.fragments import render_either, wants_fragment
from ocpp_bridge import selectors
from stations.models import ChargingStation
from stations.views.guards import member_required

SHOWN = 40
SHOWN_IN_PANEL = 12


@member_required
def messages(request: HttpRequest, identity: str) -> HttpResponseBase:
    station = get_object_or_404(ChargingStation.objects.visible_to(request.user), identity=identity)
    action = request.GET.get("action", "")
    before = _instant(request.GET.get("before"))
    is_panel = wants_fragment(request) and request.GET.get("rows") != str(SHOWN)
    rows = SHOWN_IN_PANEL if is_panel else SHOWN
    talks = selectors.message_log(station_id=station.pk, before=before, action=action, limit=rows)
    context = {
        "section": "messages",
        "organization": station.organization,
        "station": station,
        "talks": talks,
        "action": action,
        "before": before,
        "rows": rows,
        "older": talks[-1].at if len(talks) == rows else None,
        "live_topics": [f"station.{station.pk}"],
    }
    return render_either(
        request, page="ocpp_bridge/messages.html", fragment="ocpp_bridge/_messages.html", context=context
    )


def _instant(text: str | None) -> datetime | None:
    """An ISO time with its offset; anything else means "from the newest"."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else None
