"""The account page: cars, charging cards, name, appearance. Log-in and e-mail are allauth's."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from accounts import selectors, services
from accounts.forms import ProfileForm, TokenForm, VehicleForm
from core.ui.context import THEME_COOKIE, THEMES
from core.ui.kept_form import login_required_keeping_form, take_kept_form

YEAR_S = 31_536_000


@login_required
def account(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, **forms: Any) -> HttpResponse:
    """The whole page; a form that was refused replaces the empty one."""
    context = {
        "tab": "account",
        "vehicles": selectors.vehicles_of(request.user),  # type: ignore[arg-type]
        "tokens": selectors.tokens_of(request.user),  # type: ignore[arg-type]
        "vehicle_form": VehicleForm(),
        "token_form": TokenForm(),
        "profile_form": ProfileForm(initial={"name": request.user.name}),  # type: ignore[union-attr]
        "languages": settings.LANGUAGES,
        **forms,
    }
    return render(request, "accounts/account.html", context, status=status)


@login_required_keeping_form
def add_vehicle(request: HttpRequest) -> HttpResponse:
    """POST /account/cars/. GET shows the page, with a form kept over the log-in."""
    if request.method != "POST":
        return _page(request, vehicle_form=VehicleForm(initial=_kept(request)), open_form="car")
    form = VehicleForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, vehicle_form=form, open_form="car")
    services.add_vehicle(user=request.user, **form.stored())  # type: ignore[arg-type]
    messages.success(request, _("Your car was added."))
    return redirect("accounts:account")


def _kept(request: HttpRequest) -> dict[str, Any]:
    kept = take_kept_form(request)
    return {} if kept is None else {**kept.dict(), "connector_standards": kept.getlist("connector_standards")}


@require_POST
@login_required
def change_vehicle(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /account/cars/<pk>/ with `act` = use or remove."""
    vehicle = get_object_or_404(selectors.vehicles_of(request.user), pk=pk)  # type: ignore[arg-type]
    if request.POST.get("act") == "remove":
        services.remove_vehicle(vehicle=vehicle)
        messages.success(request, _("The car was removed."))
    else:
        services.use_vehicle(vehicle=vehicle)
    return redirect("accounts:account")


@login_required_keeping_form
def add_token(request: HttpRequest) -> HttpResponse:
    """POST /account/tokens/: a charging card of one's own."""
    if request.method != "POST":
        return _page(request, token_form=TokenForm(initial=_kept(request)), open_form="card")
    form = TokenForm(request.POST)
    if form.is_valid() and _issue(request, form):
        messages.success(request, _("The card can charge now."))
        return redirect("accounts:account")
    return _page(request, status=422, token_form=form, open_form="card")


def _issue(request: HttpRequest, form: TokenForm) -> bool:
    try:
        services.issue_token(
            uid=form.cleaned_data["uid"],
            user=request.user,  # type: ignore[arg-type]
            label=form.cleaned_data["label"],
            actor=request.user,  # type: ignore[arg-type]
        )
    except services.AlreadyThere:
        form.add_error("uid", _("This card belongs to an account already."))
        return False
    return True


@require_POST
@login_required
def change_token(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /account/tokens/<pk>/ with `act` = block or unblock."""
    token = get_object_or_404(selectors.tokens_of(request.user), pk=pk)  # type: ignore[arg-type]
    act = services.unblock_token if request.POST.get("act") == "unblock" else services.block_token
    act(token=token, actor=request.user)  # type: ignore[arg-type]
    return redirect("accounts:account")


@require_POST
@login_required
def change_profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, profile_form=form)
    services.change_profile(user=request.user, name=form.cleaned_data["name"])  # type: ignore[arg-type]
    messages.success(request, _("Saved."))
    return redirect("accounts:account")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """POST /account/language/: for this browser by a cookie, and for mails to whoever is signed in."""
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        services.change_language(user=request.user, locale=chosen)
    response: HttpResponse = set_language(request)
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device: a cookie, so that the first paint is right without a script."""
    response = HttpResponseRedirect(_next(request))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(THEME_COOKIE, chosen, max_age=YEAR_S, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


def _next(request: HttpRequest) -> str:
    """Where the form was, when that is a page of ours."""
    path = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(path, {request.get_host()}, require_https=request.is_secure())
    return path if is_ours else reverse("accounts:account")
