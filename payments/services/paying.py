"""An owner says how drivers pay: by card, on accounts only, or not at all."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Organization, User
from accounts.services import note_action
from payments.models import PaymentWay
from payments.selectors.paying import way_of


@transaction.atomic
def set_way(*, actor: User, organization: Organization, way: str) -> bool:
    """From now on; what was charged or runs keeps its price. False: it is so already."""
    Organization.objects.select_for_update().get(pk=organization.pk)
    before = way_of(organization.pk)
    if before == way:
        return False
    PaymentWay.objects.create(organization=organization, way=way, by=actor)
    note_action(
        actor=actor,
        organization=organization,
        action="organization.payment_way",
        subject=f"organization.{organization.pk}",
        changes={"before": before, "after": way},
    )
    return True
