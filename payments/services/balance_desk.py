"""An owner says whether drivers may pay in ahead."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from accounts.models import Organization, User
from accounts.services import note_action
from payments.models import PrepaidTerms
from payments.selectors.balances import terms_for

TOLD: Final = ("is_offered", "smallest_minor", "largest_minor", "start_minor")


@transaction.atomic
def set_terms(
    *,
    actor: User,
    organization: Organization,
    is_offered: bool,
    smallest_minor: int,
    largest_minor: int,
    start_minor: int,
) -> bool:
    """From now on; what was paid in stays its drivers'. Amounts in minor units. False: it is so already."""
    Organization.objects.select_for_update().get(pk=organization.pk)
    before = _told(terms_for(organization))
    after = dict(zip(TOLD, (is_offered, smallest_minor, largest_minor, start_minor), strict=True))
    if before == after and PrepaidTerms.objects.filter(organization=organization).exists():
        return False
    PrepaidTerms.objects.update_or_create(organization=organization, defaults=after)
    note_action(
        actor=actor,
        organization=organization,
        action="organization.prepaid_terms",
        subject=f"organization.{organization.pk}",
        changes={"before": before, "after": after},
    )
    return True


def _told(terms: PrepaidTerms) -> dict[str, object]:
    return {name: getattr(terms, name) for name in TOLD}
