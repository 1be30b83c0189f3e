"""What drivers have paid in ahead with a network: its terms, the list, one balance and giving it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import permissions
from accounts.models import Organization
from core.money import Money
from core.ui.exports import csv_response
from core.ui.numbers import money_text
from payments.forms_money import GiveBackForm, PrepaidTermsForm
from payments.models import PrepaidBalance
from payments.providers import is_configured
from payments.selectors.balances import (
    OwedBalance,
    balances_in,
    movements_of,
    shown_balance,
    terms_for,
    total_minor,
)
from payments.services import topping_up
from payments.services.balance_desk import set_terms
from payments.views.book_guards import managed_books, seen_books
from stations.views.guards import member, member_required

LIST: Final = "payments/balances.html"
PAGE: Final = "payments/balance_desk.html"
COLUMNS: Final = ("driver", "since", "amount", "currency")


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def balances(request: HttpRequest) -> HttpResponse:
    """GET /operate/balances/, as a page or (?format=csv) a file; POST: an owner's terms."""
    organization = seen_books(request)
    if request.method == "POST":
        return _set(request, organization)
    found = balances_in(organization)
    if request.GET.get("format") == "csv":
        return csv_response("balances.csv", COLUMNS, _rows(found))
    form = PrepaidTermsForm(terms_for(organization))
    return render(request, LIST, _list_of(request, organization, found, form=form))


def _rows(found: Sequence[OwedBalance]) -> Iterator[Sequence[object]]:
    for one in found:
        yield one.balance.user, one.balance.created_at.date(), one.paid_in.amount, one.paid_in.currency


def _list_of(
    request: HttpRequest, organization: Organization, found: list[OwedBalance], **more: Any
) -> dict[str, Any]:
    return {
        "section": "revenue",
        "tab": "balances",
        "organization": organization,
        "balances": found,
        "total": Money.of_minor(total_minor(found), organization.currency),
        "terms": terms_for(organization),
        "may_choose": permissions.may_override_rules(request.user, organization),
        "takes_cards": is_configured(),
        **more,
    }


def _set(request: HttpRequest, organization: Organization) -> HttpResponse:
    if not permissions.may_override_rules(request.user, organization):
        raise PermissionDenied(_("Only an owner can say whether drivers may keep a prepaid balance."))
    form = PrepaidTermsForm(terms_for(organization), request.POST)
    if not form.is_valid():
        context = _list_of(request, organization, balances_in(organization), form=form)
        return render(request, LIST, context, status=422)
    cleaned = form.cleaned_data
    amounts = {f"{name}_minor": cleaned[name] for name in ("smallest", "largest", "start")}
    if set_terms(
        actor=member(request), organization=organization, is_offered=cleaned["is_offered"], **amounts
    ):
        messages.success(request, _("Saved. What is there already stays its drivers'."))
    return redirect("payments:balances")


@require_safe
@member_required
def balance(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET /operate/balances/<id>/: where it came from, and where it went."""
    found = _balance_of(seen_books(request), public_id)
    return render(request, PAGE, _page_of(request, found))


def _balance_of(organization: Organization, public_id: UUID) -> PrepaidBalance:
    mine = PrepaidBalance.objects.filter(organization=organization).select_related("organization", "user")
    return get_object_or_404(mine, public_id=public_id)


def _page_of(request: HttpRequest, found: PrepaidBalance, **more: Any) -> dict[str, Any]:
    return {
        "section": "revenue",
        "organization": found.organization,
        "shown": shown_balance(found),
        "movements": movements_of(found),
        "may_manage": permissions.may_manage_money(request.user, found.organization),
        "form": GiveBackForm(),
        **more,
    }


@require_POST
@member_required
def give_back(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """All that is not used, to the cards that paid it in. `reason` is obligatory; the driver reads it."""
    found = _balance_of(managed_books(request), public_id)
    form = GiveBackForm(request.POST)
    if not form.is_valid():
        return render(request, PAGE, _page_of(request, found, form=form), status=422)
    reason = form.cleaned_data["reason"]
    asked = topping_up.give_back_rest(balance=found, by=member(request), reason=reason)
    if asked:
        amount = money_text(Money.of_minor(asked, found.currency))
        messages.success(request, _("%(amount)s goes back to the payer.") % {"amount": amount})
    else:
        messages.error(
            request, _("Nothing could be given back now: nothing is free, or the provider refused.")
        )
    return redirect("payments:balance_desk", found.public_id)
