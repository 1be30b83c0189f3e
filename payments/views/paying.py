"""How the network's drivers pay: an owner's setting."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import permissions
from payments.models import PaymentWay
from payments.providers import is_configured
from payments.selectors.paying import way_of
from payments.services.paying import set_way
from payments.views.book_guards import seen_books
from stations.views.guards import member, member_required


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def paying(request: HttpRequest) -> HttpResponse:
    """GET, POST /operate/paying/: `way`."""
    organization = seen_books(request)
    may_choose = permissions.may_override_rules(request.user, organization)
    if request.method == "POST":
        if not may_choose:
            raise PermissionDenied(_("Only an owner can say how drivers pay."))
        way = request.POST.get("way", "")
        if way in PaymentWay.Way and set_way(actor=member(request), organization=organization, way=way):
            messages.success(request, _("Saved. It holds for charges that begin from now on."))
        return redirect("payments:paying")
    context = {
        "section": "tariffs",
        "organization": organization,
        "way": way_of(organization.pk),
        "may_choose": may_choose,
        "takes_cards": is_configured(),
    }
    return render(request, "payments/paying.html", context)
