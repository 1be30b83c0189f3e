"""A driver's money with a network: how much is there, pay in, take back, and where it went."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Organization
from core.money import Money
from core.ui.numbers import money_text
from payments.forms_money import TopUpForm
from payments.models import PrepaidBalance
from payments.selectors.balances import (
    balance_of,
    balances_of,
    movements_of,
    offering,
    shown_balance,
    terms_for,
)
from payments.selectors.paying import asks_cards
from payments.services import topping_up
from payments.services.checkout import CheckoutUnavailable

PAGE: Final = "payments/balance.html"
TIMES: Final = (1, 2, 5, 10)
"""What is offered at a click: so many times the smallest top-up."""


@require_safe
@login_required
def panel(request: HttpRequest) -> HttpResponse:
    """On the account page: the driver's balances, and where she may pay in ahead."""
    user: Any = request.user
    mine = balances_of(user)
    theirs = {one.balance.organization_id for one in mine}
    context = {"balances": mine, "others": [one for one in offering() if one.pk not in theirs]}
    return render(request, "payments/_balances.html", context)


@require_safe
@login_required
@never_cache
def balance(request: HttpRequest, slug: str) -> HttpResponse:
    """GET /wallet/balances/<network>/, and the way back from the hosted page."""
    organization, mine = _mine(request, slug)
    if mine is not None:
        topping_up.look_at_top_up(balance=mine)
    return render(request, PAGE, _context(organization, mine))


def _mine(request: HttpRequest, slug: str) -> tuple[Organization, PrepaidBalance | None]:
    """404 where nothing may be paid in and nothing is there."""
    user: Any = request.user
    organization = get_object_or_404(Organization, slug=slug)
    mine = balance_of(user_id=user.pk, organization_id=organization.pk)
    if mine is None:
        organization = get_object_or_404(Organization, slug=slug, prepaid_terms__is_offered=True)
    return organization, mine


def _context(organization: Organization, mine: PrepaidBalance | None, **more: Any) -> dict[str, Any]:
    least, most = topping_up.bounds(organization, mine)
    shown = shown_balance(mine) if mine else None
    return {
        "tab": "account",
        "network": organization,
        "shown": shown,
        "movements": movements_of(mine) if mine else [],
        "is_coming": topping_up.is_coming(mine) if mine else False,
        "takes_money": terms_for(organization).is_offered and asks_cards(organization.pk),
        "least": least,
        "most": most,
        "start": Money.of_minor(terms_for(organization).start_minor, least.currency),
        "choices": _choices(least, most),
        "form": TopUpForm(least.currency),
        **more,
    }


def _choices(least: Money, most: Money) -> list[Money]:
    offered = [Money.of_minor(least.minor * times, least.currency) for times in TIMES]
    return [one for one in offered if one.amount <= most.amount]


@require_POST
@login_required
def top_up(request: HttpRequest, slug: str) -> HttpResponse:
    """To the hosted page; it comes back to `balance`. `amount` in the currency's units."""
    user: Any = request.user
    organization, mine = _mine(request, slug)
    form = TopUpForm(mine.currency if mine else organization.currency, request.POST)
    if form.is_valid():
        try:
            amount_minor = form.cleaned_data["amount"].minor
            return HttpResponseRedirect(
                topping_up.begin_top_up(driver=user, organization=organization, amount_minor=amount_minor)
            )
        except topping_up.OutOfBounds as limits:
            form.add_error("amount", _bounds_told(limits))
        except topping_up.NotOffered:
            form.add_error(None, _("This network takes no top-ups any more."))
        except topping_up.BeingPaid:
            form.add_error(None, _("A payment is on its way already. Please look again in a minute."))
        except CheckoutUnavailable:
            form.add_error(None, _("The payment service does not answer. Please try again in a minute."))
    return render(request, PAGE, _context(organization, mine, form=form), status=422)


def _bounds_told(limits: topping_up.OutOfBounds) -> str:
    named = {"least": money_text(limits.least), "most": money_text(limits.most)}
    if limits.most.amount < limits.least.amount:
        return (
            _("This balance is full: it takes %(most)s more, and the smallest top-up is %(least)s.") % named
        )
    return _("Write an amount from %(least)s to %(most)s.") % named


@require_POST
@login_required
def give_back(request: HttpRequest, slug: str) -> HttpResponse:
    """What is not used goes back to the cards that paid it in."""
    user: Any = request.user
    organization, mine = _mine(request, slug)
    asked = topping_up.give_back_rest(balance=mine, by=user) if mine else 0
    if mine is not None and asked:
        amount = money_text(Money.of_minor(asked, mine.currency))
        told = _("%(amount)s goes back to the card it came from. Banks take five to ten days to show it.")
        messages.success(request, told % {"amount": amount})
    else:
        messages.info(request, _("Nothing could be given back now. What is there stays yours."))
    return redirect("payments:balance", organization.slug)
