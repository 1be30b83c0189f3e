"""Pages of the demo: its mailbox, on loopback only."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from demo.models import Mail

NEWEST = 100
View = Callable[..., HttpResponse]


def loopback_only(view: View) -> View:
    """A mailbox holds password links: it is for the person at this machine."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not ip_address(request.META.get("REMOTE_ADDR") or "0.0.0.0").is_loopback:  # noqa: S104
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@loopback_only
def mailbox(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/mailbox.html", {"mails": Mail.objects.all()[:NEWEST]})


@loopback_only
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "demo/mail.html", {"mail": get_object_or_404(Mail, pk=pk)})
