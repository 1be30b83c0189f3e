"""Retire a group of customers, and take it up again. Nothing is deleted: past charges refer to it."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from psycopg.types.range import TimestamptzRange

from accounts.models import Organization, User
from core import clock
from payments.models import CustomerGroup, GroupMember, TariffAssignment
from payments.services.group_desk import end_memberships, note_group
from payments.services.tariffs import end_assignment


@transaction.atomic
def retire_group(*, actor: User, group: CustomerGroup) -> bool:
    """Its memberships and prices end now, planned ones are taken back. False: it is retired already.

    Members pay what everybody pays from now on; a charge that runs keeps its price.
    """
    if CustomerGroup.objects.select_for_update(no_key=True).get(pk=group.pk).retired_at is not None:
        return False
    now = clock.now()  # whoever has joined before the lock was ours has done so before this moment
    CustomerGroup.objects.filter(pk=group.pk).update(retired_at=now)
    Organization.objects.select_for_update().get(pk=group.organization_id)  # as whoever gives it a price
    prices = _end_prices(group, now)
    members = end_memberships(GroupMember.objects.filter(group=group), at=now)
    note_group(
        actor=actor, group=group, action="group.retire", changes={"members": members, "prices": prices}
    )
    return True


def _end_prices(group: CustomerGroup, now: datetime) -> int:
    """Planned ones first: what one of them would have ended goes on, and is ended after it."""
    lasting = Q(during__endswith=None) | Q(during__endswith__gt=now)
    found = TariffAssignment.objects.filter(lasting, group=group).order_by("-during")
    return sum(end_assignment(assignment=one, at=now) for one in found)


@transaction.atomic
def take_up_group(*, actor: User, group: CustomerGroup) -> int | None:
    """Whom the retirement put out is a member again from now on, unless in another group meanwhile.

    Returns how many; None: it is not retired. Prices do not come back: they are put to work anew.
    """
    now = CustomerGroup.objects.select_for_update(no_key=True).get(pk=group.pk)
    if now.retired_at is None:
        return None
    CustomerGroup.objects.filter(pk=now.pk).update(retired_at=None)
    put_out = GroupMember.objects.filter(group=now, during__endswith=now.retired_at)
    back = sum(_is_back(one) for one in put_out.order_by("pk"))
    note_group(actor=actor, group=now, action="group.take_up", changes={"members": back})
    return back


def _is_back(member: GroupMember) -> bool:
    """False for whoever is in a group already."""
    try:
        with transaction.atomic():
            GroupMember.objects.create(
                organization_id=member.organization_id,
                group_id=member.group_id,
                user_id=member.user_id,
                id_token_id=member.id_token_id,
                during=TimestamptzRange(clock.now(), None),
            )
    except IntegrityError:
        return False
    return True
