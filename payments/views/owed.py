"""What a driver owes for one charge, behind a signed link: say it, and pay it with any card."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from payments.selectors import open_payment_of
from payments.services import debts
from payments.services.checkout import CheckoutUnavailable
from payments.services.receipts import receipt_link
from payments.views.guards import debt_of_link


@never_cache
def owed(request: HttpRequest, token: str) -> HttpResponse:
    """GET /owed/<token>/, from an e-mail, and the way back from the hosted page."""
    debts.look_at_debt(debt=debt_of_link(token))
    debt = debt_of_link(token)
    payment = open_payment_of(debt.record.occasion)
    context = {
        "tab": "history",
        "debt": debt,
        "token": token,
        "is_coming": payment is not None and payment.status == payment.Status.AUTHORIZED,
        "receipt_url": receipt_link(debt.record),
    }
    return render(request, "payments/owed.html", context)


@require_POST
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """To the hosted page; it comes back to `owed`."""
    try:
        return HttpResponseRedirect(debts.begin_debt_payment(debt=debt_of_link(token)))
    except debts.NothingOwed:
        messages.success(request, _("This charge is paid already. Thank you."))
    except debts.BeingPaid:
        messages.info(request, _("A payment for this charge is on its way. Please look again in a minute."))
    except CheckoutUnavailable:
        messages.error(request, _("The payment service does not answer. Please try again in a minute."))
    return redirect("payments:owed", token=token)
