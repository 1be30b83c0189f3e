"""Groups of customers: the list, one group with its members and prices, and what is done to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from accounts.models import Organization
from payments.book_forms import GroupChangeForm, GroupForm, GroupMemberForm
from payments.models import CustomerGroup, GroupMember
from payments.selectors.groups import groups_of, members_now
from payments.selectors.tariffs import history_of, prices_of
from payments.services import group_desk
from payments.services.belonging import NameTaken, NobodyFound
from payments.services.retiring_groups import retire_group, take_up_group
from payments.services.tariffs import GroupRetired, TariffConflict
from payments.views.book_guards import managed_books, seen_books
from payments.views.tariff_guards import why
from payments.words import told_history
from payments.work_forms import PlaceForm
from stations.views.guards import member, member_required

LIST, PAGE = "payments/groups.html", "payments/group.html"


@require_safe
@member_required
def groups(request: HttpRequest) -> HttpResponse:
    """GET /operate/groups/."""
    return render(request, LIST, _list_of(request, seen_books(request)))


def _list_of(request: HttpRequest, organization: Organization, **more: Any) -> dict[str, Any]:
    return {
        "section": "groups",
        "organization": organization,
        "groups": groups_of(organization).filter(retired_at=None),
        "retired": groups_of(organization).exclude(retired_at=None),
        "may_manage": permissions.may_manage_money(request.user, organization),
        "form": GroupForm(),
        **more,
    }


@require_POST
@member_required
def new(request: HttpRequest) -> HttpResponse:
    organization = managed_books(request)
    form = GroupForm(request.POST)
    if form.is_valid():
        try:
            made = group_desk.open_group(
                actor=member(request), organization=organization, **form.cleaned_data
            )
        except NameTaken:
            form.add_error("name", _("Another group has this name."))
        else:
            messages.success(
                request, _("“%(name)s” is made. Add its members and say what they pay.") % {"name": made}
            )
            return redirect("payments:group", made.public_id)
    return render(request, LIST, _list_of(request, organization, form=form, refused=form), status=422)


@require_safe
@member_required
def group(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _group_of(seen_books(request), public_id)
    return render(request, PAGE, _page_of(request, found))


def _group_of(organization: Organization, public_id: UUID) -> CustomerGroup:
    mine = CustomerGroup.objects.filter(organization=organization).select_related("organization", "company")
    return get_object_or_404(mine, public_id=public_id)


def _page_of(request: HttpRequest, found: CustomerGroup, **more: Any) -> dict[str, Any]:
    organization = found.organization
    may_manage = permissions.may_manage_money(request.user, organization)
    return {
        "section": "groups",
        "organization": organization,
        "group": found,
        "members": members_now(found),
        "prices": prices_of(found),
        "history": told_history(history_of(organization, group_desk.subject_of(found))),
        "may_manage": may_manage,
        "may_change": may_manage and found.retired_at is None,
        "change_form": GroupChangeForm(found),
        "member_form": GroupMemberForm(),
        "free_form": PlaceForm(organization),
        **more,
    }


@require_POST
@member_required
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _group_of(managed_books(request), public_id)
    form = GroupChangeForm(found, request.POST)
    if form.is_valid():
        try:
            group_desk.change_group(actor=member(request), group=found, **form.cleaned_data)
        except NameTaken:
            form.add_error("name", _("Another group has this name."))
        else:
            messages.success(request, _("Saved."))
            return redirect("payments:group", public_id)
    return render(request, PAGE, _page_of(request, found, change_form=form, refused=form), status=422)


@require_POST
@member_required
def add_member(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _group_of(managed_books(request), public_id)
    form = GroupMemberForm(request.POST)
    if form.is_valid():
        try:
            added = group_desk.add_member(actor=member(request), group=found, **form.cleaned_data)
        except NobodyFound:
            form.add_error("who", _("No driver has this address, and no card of this network this number."))
        except GroupRetired as refusal:
            form.add_error("who", why(refusal))
        except group_desk.InAGroup:
            form.add_error("who", _("They are in a group already; one group each."))
        else:
            messages.success(request, _("%(name)s is a member from now on.") % {"name": added})
            return redirect("payments:group", public_id)
    return render(request, PAGE, _page_of(request, found, member_form=form, refused=form), status=422)


@require_POST
@member_required
def remove_member(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    found = _group_of(managed_books(request), public_id)
    one = get_object_or_404(GroupMember.objects.select_related("group__organization"), group=found, pk=pk)
    if group_desk.remove_member(actor=member(request), member=one):
        messages.success(
            request, _("%(name)s is no member any more. What runs now keeps its price.") % {"name": one}
        )
    return redirect("payments:group", public_id)


@require_POST
@member_required
def retire(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _group_of(managed_books(request), public_id)
    if retire_group(actor=member(request), group=found):
        messages.success(request, _("The group is retired. What runs now keeps its price."))
    return redirect("payments:group", public_id)


@require_POST
@member_required
def take_up(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _group_of(managed_books(request), public_id)
    back = take_up_group(actor=member(request), group=found)
    if back is not None:
        words = ngettext(
            "The group is there again, with %(count)s member. Say what they pay.",
            "The group is there again, with %(count)s members. Say what they pay.",
            back,
        )
        messages.success(request, words % {"count": back})
    return redirect("payments:group", public_id)


@require_POST
@member_required
def charge_free(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _group_of(managed_books(request), public_id)
    form = PlaceForm(found.organization, request.POST)
    if form.is_valid():
        starts_at = form.cleaned_data["starts_at"]
        try:
            group_desk.charge_free(actor=member(request), group=found, starts_at=starts_at, **form.scope)
        except TariffConflict as conflict:
            form.add_error("starts_at", why(conflict))
        else:
            messages.success(request, _("Its members charge free of charge there."))
            return redirect("payments:group", public_id)
    return render(request, PAGE, _page_of(request, found, free_form=form, refused=form), status=422)
