"""A site host's own page, by a signed link: statements, payouts, and where their money goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.links import BadLink, open_link
from payments.models import HostStatement, SiteHost
from payments.providers.base import ProviderError
from payments.selectors import hosts as chosen
from payments.services import paying_hosts
from payments.views.host_guards import statement_file, statement_paper
from payments.views.hosts import shown_payout, shown_statement

LINK_LASTS: Final = timedelta(days=800)


@require_safe
@never_cache
def page(request: HttpRequest, token: str) -> HttpResponse:
    """GET; with ?back=1 from the provider's pages: how it stands there now."""
    host = _host(token)
    if "back" in request.GET:
        host = _looked_at(host)
    context = {
        "token": token,
        "shown": chosen.shown_host(host, clock.now()),
        "statements": [shown_statement(one) for one in chosen.statements_of(host)],
        "payouts": [shown_payout(one) for one in chosen.payouts_of(host)],
    }
    return render(request, "payments/host_page.html", context)


@require_POST
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """On to the provider, where the host says who they are."""
    try:
        return redirect(paying_hosts.setup_address(host=_host(token)))
    except ProviderError:
        messages.error(request, _("The payment service does not answer. Please try again in a minute."))
        return redirect("payments:host_page", token)


@require_safe
def statement(request: HttpRequest, token: str, public_id: UUID) -> HttpResponse:
    return statement_file(_statement(token, public_id))


@require_safe
def statement_pdf(request: HttpRequest, token: str, public_id: UUID) -> HttpResponse:
    return statement_paper(_statement(token, public_id))


def _statement(token: str, public_id: UUID) -> HostStatement:
    mine = chosen.statements_of(_host(token)).select_related("host__organization")
    return get_object_or_404(mine, public_id=public_id)


def _host(token: str) -> SiteHost:
    try:
        public_id = open_link(paying_hosts.LINK, token, max_age=LINK_LASTS)
    except BadLink as error:
        raise Http404(str(error)) from error
    return get_object_or_404(SiteHost.objects.select_related("organization"), public_id=public_id)


def _looked_at(host: SiteHost) -> SiteHost:
    try:
        return paying_hosts.look_at_payee(host=host)
    except ProviderError:
        return host
