"""What payments forgets of a person. The books keep amounts; names and cards go."""

from __future__ import annotations

from django.db import transaction

from payments.models import CompanyMember, GroupMember, Payment, PaymentMethod
from payments.services.group_desk import end_memberships


@transaction.atomic
def erase_person(*, user_id: int) -> None:
    """Forget the person's cards and addresses; records, payments and postings stay without them."""
    PaymentMethod.objects.filter(account__user=user_id).update(
        is_usable=False, is_default=False, brand="", last4="", expires_month=None, expires_year=None
    )
    Payment.objects.filter(account__user=user_id).update(email="")
    CompanyMember.objects.filter(user=user_id).delete()
    end_memberships(GroupMember.objects.filter(user=user_id))
