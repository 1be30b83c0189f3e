"""Which sessions and payments a visitor may look at: hers, her organization's, or by a signed link."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.http import Http404, HttpRequest

from core.links import BadLink, open_link
from payments import permissions
from payments.models import KeptStall, Occasion, Payment
from payments.selectors import Debt, debt_of
from payments.services import addresses, debts, receipts
from stations.models import ChargingSession

LIVE_LINK: Final = "live"
LIVE_LINK_LASTS: Final = timedelta(days=2)


def occasion_with_receipt(request: HttpRequest, public_id: UUID) -> Occasion:
    """Raises Http404 for strangers: nobody learns that it exists."""
    occasion = _find_occasion(str(public_id))
    if not permissions.may_see_receipt(request.user, occasion):
        raise Http404
    return occasion


def occasion_of_receipt_link(token: str) -> Occasion:
    return _find_occasion(_key(receipts.LINK, token, receipts.LINK_LASTS))


def _find_occasion(public_id: str) -> Occasion:
    """A session, or the stall that was kept in vain under the reservation's id."""
    wanted = ("organization", "evse__station__location", "driver")
    kept = KeptStall.objects.select_related(*wanted).filter(public_id=public_id).first()
    return kept or find_session(public_id)


def session_with_cost(request: HttpRequest, public_id: UUID) -> ChargingSession:
    """Also for the guest whose live page carries a signed link (`t`)."""
    session = find_session(str(public_id))
    if permissions.may_see_cost(request.user, session) or _has_live_link(request, session):
        return session
    raise Http404


def payment_of_link(token: str) -> Payment:
    key = _key(addresses.LINK, token, addresses.LINK_LASTS)
    wanted = Payment.objects.select_related("session", "evse__station__location", "account", "organization")
    payment = wanted.filter(public_id=key).first()
    if payment is None:
        raise Http404
    return payment


def debt_of_link(token: str) -> Debt:
    debt = debt_of(_key(debts.LINK, token, debts.LINK_LASTS))
    if debt is None:
        raise Http404
    return debt


def find_session(public_id: str) -> ChargingSession:
    wanted = ("organization", "station__location", "evse", "driver")
    session = ChargingSession.objects.select_related(*wanted).filter(public_id=public_id).first()
    if session is None:
        raise Http404
    return session


def _key(kind: str, token: str, max_age: timedelta) -> str:
    try:
        return open_link(kind, token, max_age=max_age)
    except BadLink as error:
        raise Http404(str(error)) from error


def _has_live_link(request: HttpRequest, session: ChargingSession) -> bool:
    try:
        key = open_link(LIVE_LINK, request.GET.get("t", ""), max_age=LIVE_LINK_LASTS)
    except BadLink:
        return False
    return key == str(session.public_id)
