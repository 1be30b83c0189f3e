"""Places that drivers keep to find them again."""

from __future__ import annotations

from accounts.models import User
from scheduling.models import SavedPlace
from stations.models import Location


def save_place(*, user: User, location: Location) -> None:
    """Twice is once."""
    SavedPlace.objects.get_or_create(user=user, location=location)


def forget_place(*, user: User, location: Location) -> None:
    SavedPlace.objects.filter(user=user, location=location).delete()


def erase_person(*, user_id: int) -> None:
    """Called by `accounts.services.erase_person` through PERSON_ERASERS."""
    SavedPlace.objects.filter(user=user_id).delete()
