"""The answer to a form that came without its secret; other error pages are templates/4xx.html."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Most often a page older than the log-in: says that nothing was done, offers the way back."""
    return render(request, "403_csrf.html", status=403)
