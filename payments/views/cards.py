"""A driver's saved cards: the panel of the account page, and the hosted page that saves one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from payments.models import PaymentMethod
from payments.providers import is_configured
from payments.providers.base import ProviderError
from payments.selectors import cards_of, shown_cards
from payments.services.cards import CardInUse, make_default
from payments.services.checkout import CheckoutUnavailable, begin_card_setup, finish_card_setup
from payments.services.detaching import remove_and_detach


@login_required
def panel(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    return render(
        request, "payments/_cards.html", {"cards": shown_cards(user), "takes_cards": is_configured()}
    )


@require_POST
@login_required
def add(request: HttpRequest) -> HttpResponse:
    """To the hosted page; it comes back to `saved`."""
    user: Any = request.user
    if not is_configured():
        messages.error(request, _("No payment cards are used here."))
        return redirect("accounts:account")
    try:
        return HttpResponseRedirect(begin_card_setup(driver=user, return_to=reverse("payments:card_saved")))
    except CheckoutUnavailable:
        messages.error(request, _("The payment service does not answer. Please try again in a minute."))
        return redirect("accounts:account")


@login_required
def saved(request: HttpRequest) -> HttpResponse:
    keep_saved_card(request)
    return redirect("accounts:account")


def keep_saved_card(request: HttpRequest) -> None:
    """The way back from the hosted page, wherever it leads: look what was saved there, and say so."""
    user: Any = request.user
    if not user.is_authenticated:
        return
    try:
        method = finish_card_setup(driver=user)
    except ProviderError:
        method = None
    if method is not None:
        messages.success(request, _("Your card is saved. It pays from now on."))
    else:
        messages.info(request, _("No card was saved."))


@require_POST
@login_required
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """`act` is "use" or "remove"."""
    user: Any = request.user
    method = get_object_or_404(cards_of(user), pk=pk)
    if request.POST.get("act") == "remove":
        _remove(request, method)
    else:
        make_default(method=method)
        messages.success(request, _("This card pays from now on."))
    return redirect("accounts:account")


def _remove(request: HttpRequest, method: PaymentMethod) -> None:
    try:
        remove_and_detach(method=method)
    except CardInUse:
        words = _("This card pays for a charge that is not settled yet. Remove it when that is paid.")
        messages.error(request, words)
    else:
        messages.success(request, _("The card was removed."))
