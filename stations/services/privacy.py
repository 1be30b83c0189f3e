"""Forgetting a person: sessions stay for the books, without the card's number."""

from __future__ import annotations

from typing import Final

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

from stations.models import ChargingSession

ERASED: Final = "erased-"


def erase_person(*, user_id: int) -> None:
    """Called by `accounts.services.erase_person` through PERSON_ERASERS.

    The session's own number stands in for the token, so that no two starts become alike.
    """
    nobody = Concat(Value(ERASED), Cast(F("number"), CharField()))
    ChargingSession.objects.filter(driver_id=user_id).exclude(token_uid="").update(token_uid=nobody)
