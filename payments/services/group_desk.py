"""What an operator does to groups of customers; each act leaves an audit entry under the group."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, F, Func, QuerySet, Value
from django.db.models.functions import Greatest
from psycopg.types.range import TimestamptzRange

from accounts.models import Organization, User
from accounts.services import note_action
from core import clock
from payments.models import CompanyAccount, CustomerGroup, GroupMember, TariffAssignment
from payments.services import tariffs
from payments.services.belonging import NameTaken, who_is
from payments.services.tariffs import GroupRetired


class InAGroup(ValueError):
    """The person or token is in a group of this organization already."""


@transaction.atomic
def open_group(*, actor: User, organization: Organization, name: str) -> CustomerGroup:
    """A new group without members. Raises NameTaken."""
    try:
        with transaction.atomic():
            group = CustomerGroup.objects.create(organization=organization, name=name)
    except IntegrityError as error:
        raise NameTaken(name) from error
    note_group(actor=actor, group=group, action="group.create", changes={"name": name})
    return group


@transaction.atomic
def change_group(
    *, actor: User, group: CustomerGroup, name: str, company: CompanyAccount | None = None
) -> bool:
    """Its name, and on whose account its members' charges go from now on. False: it is so already.

    Raises NameTaken.
    """
    now = CustomerGroup.objects.select_for_update(of=("self",)).select_related("company").get(pk=group.pk)
    if (now.name, now.company) == (name, company):
        return False
    try:
        with transaction.atomic():
            CustomerGroup.objects.filter(pk=now.pk).update(name=name, company=company)
    except IntegrityError as error:
        raise NameTaken(name) from error
    pairs = {"name": (now.name, name), "account": (str(now.company or ""), str(company or ""))}
    differing = {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}
    told = {
        "before": {field: before for field, (before, _after) in differing.items()},
        "after": {field: after for field, (_before, after) in differing.items()},
    }
    note_group(actor=actor, group=group, action="group.change", changes=told)
    return True


@transaction.atomic
def add_member(*, actor: User, group: CustomerGroup, who: str) -> GroupMember:
    """A driver by e-mail address, or a token of the organization by number; from now on.

    Raises NobodyFound, InAGroup, GroupRetired.
    """
    if CustomerGroup.objects.select_for_update(no_key=True).get(pk=group.pk).retired_at is not None:
        raise GroupRetired(group.name)
    member_is = who_is(organization=group.organization, named=who)
    try:
        with transaction.atomic():
            member = GroupMember.objects.create(
                organization=group.organization,
                group=group,
                **member_is,
                during=TimestamptzRange(clock.now(), None),
            )
    except IntegrityError as error:
        raise InAGroup(who) from error
    note_group(actor=actor, group=group, action="group.member_add", changes={"member": member.pk})
    return member


@transaction.atomic
def remove_member(*, actor: User, member: GroupMember) -> bool:
    """From now on; a charge that runs keeps its price. False: somebody else was faster."""
    if not end_memberships(GroupMember.objects.filter(pk=member.pk)):
        return False
    note_group(actor=actor, group=member.group, action="group.member_remove", changes={"member": member.pk})
    return True


def end_memberships(members: QuerySet[GroupMember], *, at: datetime | None = None) -> int:
    """They end (default: now); the price of what began before stays. Returns how many."""
    now, since = Value(at or clock.now()), Func(F("during"), function="lower", output_field=DateTimeField())
    until: Any = Func(since, Greatest(since, now), function="tstzrange", output_field=DateTimeRangeField())
    return members.filter(during__endswith=None).update(during=until)


@transaction.atomic
def charge_free(
    *, actor: User, group: CustomerGroup, starts_at: datetime | None = None, **place: Any
) -> TariffAssignment:
    """The group charges free of charge there (`tariffs.assign_free`). Raises TariffConflict, GroupRetired."""
    made = tariffs.assign_free(group=group, starts_at=starts_at, **place)
    told = {"where": str(made.place or made.organization), "from": made.during.lower.isoformat()}
    note_group(actor=actor, group=group, action="group.free", changes=told)
    return made


def note_group(*, actor: User, group: CustomerGroup, action: str, changes: Mapping[str, Any]) -> None:
    note_action(
        actor=actor,
        organization=group.organization,
        action=action,
        subject=subject_of(group),
        changes=dict(changes),
    )


def subject_of(group: CustomerGroup) -> str:
    """What the audit log calls a group."""
    return f"group.{group.public_id}"
