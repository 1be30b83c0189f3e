"""The live page of a charge, and Stop. For the driver, or with the signed link of a guest or an e-mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from core.links import sign
from core.ui.curves import Axes, Series
from core.ui.fragments import render_either
from core.ui.numbers import kw_text
from payments.selectors import record_of
from payments.services.receipts import LINK as RECEIPT_LINK
from scheduling.selectors.live import Live, live_of
from scheduling.selectors.stalls import labels_of
from scheduling.views.guards import link_of, visible_session
from stations.models import ChargingSession
from stations.services import sessions


@never_cache
def live(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET /sessions/<id>/live/ (and ?t=… for guests)."""
    session = visible_session(request, public_id)
    now = live_of(session)
    context = {
        "tab": "charge",
        "session": session,
        "live": now,
        "location": session.station.location,
        "label": _label(session),
        "link": link_of(request),
        "receipt_url": _receipt_url(session),
        "query": _query(request),
        "series": _series(now),
        "axes": _axes(now),
        "sentence": _sentence(now),
        "live_topics": [f"session.{session.pk}", f"station.{session.station_id}"],
    }
    return render_either(
        request, page="scheduling/live.html", fragment="scheduling/_live.html", context=context
    )


@require_POST
def stop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """POST /sessions/<id>/stop/: ask the charger; the page shows what becomes of it."""
    session = visible_session(request, public_id)
    user: Any = request.user if request.user.is_authenticated else None
    try:
        if session.is_open:
            sessions.request_stop(session=session, requested_by=user)
    except sessions.StationOffline:
        messages.error(
            request, _("The charger is not connected. Unplug from the car's side, or call for help.")
        )
    return HttpResponseRedirect(reverse("scheduling:live", args=[public_id]) + _query(request))


def _query(request: HttpRequest) -> str:
    link = link_of(request)
    return "?" + urlencode({"t": link}) if link else ""


def _receipt_url(session: ChargingSession) -> str:
    """Where its receipt is, once there is one; a guest's address is signed."""
    if record_of(session) is None:
        return ""
    if session.driver_id is not None:
        return reverse("payments:receipt", args=[session.public_id])
    return reverse("payments:receipt_link", args=[sign(RECEIPT_LINK, str(session.public_id))])


def _label(session: ChargingSession) -> str:
    labels = labels_of(session.station.location_id)
    return labels.get(session.evse_id or 0, "")


def _series(now: Live) -> list[Series]:
    """Measured power; dashed to the target when that can be foreseen."""
    measured = [(at.timestamp(), power_w / 1000) for at, power_w in now.power]
    series = [Series(measured, filled=True)]
    if now.eta_at and measured:
        series.append(Series([measured[-1], (now.eta_at.timestamp(), measured[-1][1] * 0.6)], dashed=True))
    return series


def _axes(now: Live) -> Axes:
    if not now.power:
        return Axes()
    zone = ZoneInfo(now.session.station.location.time_zone)
    first, last = now.power[0][0], now.power[-1][0]
    labels = [(first.timestamp(), f"{first.astimezone(zone):%H:%M}")]
    if now.eta_at:
        if (last - first) > timedelta(minutes=3):
            labels.append((last.timestamp(), _("now")))
        last = now.eta_at
    labels.append((last.timestamp(), f"{last.astimezone(zone):%H:%M}"))
    return Axes(x_labels=labels)


def _sentence(now: Live) -> str:
    highest = max((power_w for _at, power_w in now.power), default=0)
    values = {"highest": kw_text(highest), "now": kw_text(now.session.power_w or 0)}
    return _("Power over time: at most %(highest)s, now %(now)s.") % values
