"""Keys for programs: made (shown once), listed with their last use, revoked."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import permissions
from accounts.selectors import api_tokens_of
from accounts.services_api import create_api_token, revoke_api_token
from core import clock
from stations.forms_programs import ApiTokenForm
from stations.views.guards import member, member_required, organization_of


@member_required
def tokens(request: HttpRequest) -> HttpResponse:
    """GET lists, POST makes one; its text is in this answer and nowhere else."""
    if request.method != "POST":
        return _page(request, ApiTokenForm())
    organization = organization_of(request)
    if not permissions.may_make_api_tokens(request.user, organization):
        raise PermissionDenied(_("Your role cannot make API tokens. An owner can give you one that can."))
    form = ApiTokenForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    _made, text = create_api_token(
        organization=organization,
        user=member(request),
        name=form.cleaned_data["name"],
        scopes=form.cleaned_data["scopes"],
        expires_at=form.expires_at(),
    )
    response = _page(request, ApiTokenForm(), fresh=text)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@member_required
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own; an owner's hand reaches everybody's."""
    token = get_object_or_404(_visible(request), pk=pk)
    if revoke_api_token(token=token, actor=member(request)):
        messages.success(request, _("%(name)s opens nothing any more.") % {"name": token.name})
    return redirect("stations:api_tokens")


def _visible(request: HttpRequest) -> Any:
    organization = organization_of(request)
    with_all = permissions.may_manage_members(request.user, organization)
    return api_tokens_of(member(request), organization, with_all=with_all)


def _page(request: HttpRequest, form: ApiTokenForm, *, status: int = 200, fresh: str = "") -> HttpResponse:
    organization = organization_of(request)
    context = {
        "section": "api",
        "organization": organization,
        "tokens": _visible(request),
        "form": form,
        "fresh": fresh,
        "now": clock.now(),
        "may_make": permissions.may_make_api_tokens(request.user, organization),
    }
    return render(request, "stations/commands/api_tokens.html", context, status=status)
