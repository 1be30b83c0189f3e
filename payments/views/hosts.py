"""Site hosts for operators: who they are, what they get where, what they earned, paying them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.money import Money
from core.ui.numbers import money_text
from payments.host_forms import HostForm, ShareForm
from payments.models import HostPayout, HostStatement, RevenueShare, SiteHost
from payments.selectors import hosts as chosen
from payments.selectors.own_payouts import shown_terms as terms_of
from payments.selectors.tariffs import history_of
from payments.services import hosting, paying_hosts, statements
from payments.views.host_guards import (
    demand_hosts,
    host_of,
    may_change_hosts,
    statement_file,
    statement_paper,
)
from payments.words import told_host_history
from stations.views.guards import member, member_required, organization_of

PAGE: Final = "payments/host.html"


@member_required
def hosts(request: HttpRequest) -> HttpResponse:
    """GET: all hosts; POST: a new one."""
    organization = organization_of(request)
    demand_hosts(request, organization, is_change=request.method == "POST")
    form = HostForm(request.POST or None)
    if form.is_valid():
        try:
            host = hosting.add_host(actor=member(request), organization=organization, **form.cleaned_data)
        except hosting.HostThere:
            form.add_error("email", _("A host with this address is here already."))
        else:
            messages.success(request, _("“%(name)s” is invited.") % {"name": host.name})
            return redirect("payments:host", host.public_id)
    context = {
        "section": "hosts",
        "organization": organization,
        "hosts": chosen.hosts_of(organization, clock.now()),
        "form": form,
        "may_change": may_change_hosts(request, organization),
    }
    return render(request, "payments/hosts.html", context, status=422 if form.errors else 200)


@require_safe
@member_required
def host(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return render(request, PAGE, _context(request, host_of(request, public_id)))


def _context(request: HttpRequest, host: SiteHost, form: ShareForm | None = None) -> dict[str, Any]:
    organization = host.organization
    return {
        "section": "hosts",
        "organization": organization,
        "shown": chosen.shown_host(host, clock.now()),
        "statements": [shown_statement(one) for one in chosen.statements_of(host)],
        "payouts": [shown_payout(one) for one in chosen.payouts_of(host)],
        "history": told_host_history(history_of(organization, hosting.subject_of(host))),
        "terms": terms_of(organization) if host.is_own else [],
        "form": form or ShareForm(organization),
        "refused": form,
        "page_url": paying_hosts.host_page(host),
        "may_change": may_change_hosts(request, organization),
    }


def shown_statement(statement: HostStatement) -> dict[str, Any]:
    return {
        "row": statement,
        "net": Money(statement.net, statement.currency).rounded(),
        "share": Money.of_minor(statement.share_minor, statement.currency),
        "collected": Money.of_minor(statement.collected_minor, statement.currency),
        "for_hosts": Money.of_minor(statement.hosts_minor, statement.currency),
        "fee": Money.of_minor(statement.fee_minor, statement.currency),
    }


def shown_payout(payout: HostPayout) -> dict[str, Any]:
    return {
        "row": payout,
        "amount": Money.of_minor(payout.amount_minor, payout.currency),
        "back": Money.of_minor(payout.reversed_minor, payout.currency),
    }


# --- shares ----------------------------------------------------------------------------------


@require_POST
@member_required
def share(request: HttpRequest, public_id: UUID) -> HttpResponse:
    host = host_of(request, public_id, is_change=True)
    if host.is_own:
        raise Http404
    form = ShareForm(host.organization, request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            hosting.give_share(
                actor=member(request),
                host=host,
                location=said["site"],
                percent=said["percent"],
                starts_at=said["starts_at"],
            )
        except hosting.TooMuch as refusal:
            words = _("Only %(left)s %% are left there: others get the rest.")
            form.add_error("percent", words % {"left": f"{refusal.left.normalize():f}"})
        else:
            messages.success(request, _("The share is noted."))
            return redirect("payments:host", public_id)
    return render(request, PAGE, _context(request, host, form), status=422)


@require_POST
@member_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    mine = RevenueShare.objects.filter(organization=organization_of(request))
    share = get_object_or_404(mine.select_related("host__organization", "location"), pk=pk)
    demand_hosts(request, share.host.organization, is_change=True)
    hosting.end_share(actor=member(request), share=share, at=clock.now())
    messages.success(request, _("The share ends now. What is earned stays earned."))
    return redirect("payments:host", share.host.public_id)


@require_POST
@member_required
def invite(request: HttpRequest, public_id: UUID) -> HttpResponse:
    host = host_of(request, public_id, is_change=True)
    hosting.invite_again(actor=member(request), host=host)
    messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": host.email})
    return redirect("payments:host", public_id)


# --- statements and payouts ------------------------------------------------------------------


@require_POST
@member_required
def state(request: HttpRequest) -> HttpResponse:
    """The statements of last month, now instead of tonight."""
    organization = organization_of(request)
    demand_hosts(request, organization, is_change=True)
    month = statements.last_month(organization)
    made = len(statements.state_month(organization=organization, month=month))
    words = ngettext("%(count)s statement is made.", "%(count)s statements are made.", made)
    messages.success(
        request, words % {"count": made} if made else _("Every statement of last month is there.")
    )
    return redirect("payments:hosts")


@require_safe
@member_required
def statement(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET: its lines; format=csv or format=pdf: as a file."""
    organization = organization_of(request)
    demand_hosts(request, organization)
    mine = HostStatement.objects.filter(organization=organization).select_related("host__organization")
    found = get_object_or_404(mine, public_id=public_id)
    match request.GET.get("format"):
        case "csv":
            return statement_file(found)
        case "pdf":
            return statement_paper(found)
    context = {
        "section": "hosts",
        "organization": organization,
        "shown": shown_statement(found),
        "lines": [
            (line, Money.of_minor(line.share_minor, found.currency)) for line in chosen.lines_of(found)
        ],
    }
    return render(request, "payments/statement.html", context)


@require_POST
@member_required
def pay(request: HttpRequest, public_id: UUID) -> HttpResponse:
    host = host_of(request, public_id, is_change=True)
    try:
        payout = paying_hosts.pay_host(host=host, actor=member(request))
    except paying_hosts.NotPayable:
        messages.error(request, _("The host has not said yet where their money goes. Invite them again."))
    except paying_hosts.NothingDue:
        messages.info(request, _("Nothing is due now."))
    else:
        _tell(request, payout)
    return redirect("payments:host", public_id)


def _tell(request: HttpRequest, payout: HostPayout) -> None:
    amount = money_text(Money.of_minor(payout.amount_minor, payout.currency))
    if payout.status == HostPayout.Status.PAID:
        messages.success(request, _("%(amount)s is paid out.") % {"amount": amount})
    elif payout.status == HostPayout.Status.CREATED:
        messages.info(request, _("%(amount)s is on its way; the answer is looked for.") % {"amount": amount})
    else:
        messages.error(request, refusal_words(payout.failure_code))


def refusal_words(code: str) -> str:
    """Why nothing was sent, and what to do."""
    if code == "balance_insufficient":
        return _("There is not enough money at the payment provider yet. Try again in some days.")
    return _("The payment provider refused. The amount stays owed; try again, or ask the provider.")
