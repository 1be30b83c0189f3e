"""Who has arrived from another system: the first page of moving in."""

from __future__ import annotations

from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.ui.exports import csv_response
from core.ui.fragments import render_either
from ocpp_bridge.selectors_moving import COLUMNS, STATES, Board, exported
from ocpp_bridge.views_door import NOBODYS
from stations.views.guards import member_required, organization_of

ROWS: Final = 50


@require_safe
@member_required
def arrivals(request: HttpRequest) -> HttpResponse:
    """`?format=csv`: the list as it is filtered."""
    organization, board = organization_of(request), Board(request.user)
    chosen = {name: request.GET.get(name, "").replace("\0", "") for name in ("q", "state")}
    found = board.arrivals(state=chosen["state"], query=chosen["q"])
    if request.GET.get("format") == "csv":
        return csv_response("arrivals.csv", COLUMNS, exported(board, found))
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "section": "moving",
        "tab": "arrivals",
        "organization": organization,
        "chosen": chosen,
        "states": STATES,
        "page": page,
        "rows": board.rows(list(page)),
        "count": board.count(),
        "unknown": board.unknown(),
        "live_topics": [f"door.{organization.pk}", NOBODYS],
    }
    return render_either(
        request,
        page="ocpp_bridge/arrivals.html",
        fragment="ocpp_bridge/_arrivals.html",
        context=context,
    )
