"""The address in the QR code on a charger's display: in with a good password, nowhere without (2.1 C25)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.links import BadLink, open_link, sign
from core.rates import is_within
from stations.limits import ChargeLimits
from stations.models import Evse
from stations.services import payment_codes

LINK: Final = "scan"
LASTS: Final = timedelta(minutes=15)
KEPT_FOR: Final = timedelta(minutes=5)
"""For whom has scanned and pays; short, since a photograph of the code is enough to ask for it."""
SCANS: Final = 30
"""A minute, of one address: several guests may share one."""


@never_cache
@require_safe
def scan(request: HttpRequest, identity: str, evse_number: int, password: str, version: str) -> HttpResponse:
    """GET /q/<station>/<evse>/<password>/<version>/: on to the stall's page, or "scan again" (C25.FR.08)."""
    if not is_within(f"scan:{request.META.get('REMOTE_ADDR', '')}", SCANS):
        return scan_again(request, status=429)
    try:
        evse = payment_codes.find_scanned(
            identity=identity, evse_number=evse_number, password=password, version=version
        )
    except payment_codes.NotValid:
        return scan_again(request)
    if request.method == "GET":
        payment_codes.tell_scanned(evse=evse, timeout=KEPT_FOR)
    proof = prove(evse, ChargeLimits.from_query(request.GET))
    return HttpResponseRedirect(
        reverse("scheduling:start", args=[evse.code]) + "?" + urlencode({"scan": proof})
    )


def scan_again(request: HttpRequest, *, status: int = 403) -> HttpResponse:
    return render(request, "scheduling/scan_again.html", {"is_often": status == 429}, status=status)


# --- the proof -------------------------------------------------------------------------------


class NotProven(Exception):
    """The proof is of another stall, too old, or none of ours."""


def prove(evse: Evse, limits: ChargeLimits) -> str:
    """For a quarter of an hour: whoever holds this has scanned this stall's code, and asked for these."""
    return sign(LINK, json.dumps({"evse": evse.pk, "limits": limits.to_json()}))


def proven(request: HttpRequest, evse: Evse) -> ChargeLimits | None:
    """What was asked when this stall's code was scanned; None: it was not. Raises NotProven."""
    proof = request.GET.get("scan", "")
    if not proof:
        return None
    try:
        told = json.loads(open_link(LINK, proof, max_age=LASTS))
    except BadLink as error:
        raise NotProven from error
    if told["evse"] != evse.pk:
        raise NotProven
    return ChargeLimits.from_json(told["limits"])
