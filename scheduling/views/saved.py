"""The bookmark of a place."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme

from core.ui.kept_form import keep_and_sign_in
from scheduling.services.saved import forget_place, save_place
from stations.models import Location


def save(request: HttpRequest, slug: str) -> HttpResponse:
    """POST /sites/<slug>/save/ with `act` = keep or forget, and `next`: the page to go back to."""
    location = get_object_or_404(Location, slug=slug, is_public=True)
    user: Any = request.user
    if request.method == "POST":
        if not user.is_authenticated:
            return keep_and_sign_in(request, back_to=f"/sites/{slug}/")
        act = forget_place if request.POST.get("act") == "forget" else save_place
        act(user=user, location=location)
    path = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(path, {request.get_host()}, require_https=request.is_secure())
    return redirect(path) if is_ours else redirect("scheduling:site", slug=slug)
