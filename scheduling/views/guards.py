"""Who may see a session's live page: its driver, or whoever holds a signed link that has not expired."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.http import Http404, HttpRequest

from core.links import BadLink, open_link
from stations.models import ChargingSession

LIVE_LINK: Final = "live"
LINK_LASTS: Final = timedelta(days=2)


def visible_session(request: HttpRequest, public_id: UUID) -> ChargingSession:
    """The session, when this visitor may see it. Raises Http404 else: nobody learns that it exists."""
    found = ChargingSession.objects.select_related("station__location__organization", "evse", "driver")
    session = found.filter(public_id=public_id).first()
    if session is None or not (_is_driver(request, session) or _has_link(request, public_id)):
        raise Http404("No such charge.")
    return session


def link_of(request: HttpRequest) -> str:
    """The signed part of the address, to be carried along."""
    return request.POST.get("t") or request.GET.get("t", "")


def _is_driver(request: HttpRequest, session: ChargingSession) -> bool:
    return session.driver_id is not None and session.driver_id == request.user.pk


def _has_link(request: HttpRequest, public_id: UUID) -> bool:
    try:
        return open_link(LIVE_LINK, link_of(request), max_age=LINK_LASTS) == str(public_id)
    except BadLink:
        return False
