"""Cars that tell what they need wait for a limit of their own, also when it is the same as before."""

from __future__ import annotations

from django.db import transaction

from scheduling.models import SentProfile
from scheduling.selectors.following import figure
from scheduling.services.profiles import send_session_limit
from stations.models import ChargingSession

Status = SentProfile.Status


@transaction.atomic
def answer_needs(*, session_id: int) -> SentProfile | None:
    """Send the session's limit again (2.0.1 K15.FR.07), unless one is on its way; None: none was due."""
    session = ChargingSession.objects.select_related("evse__station").get(pk=session_id)
    last = SentProfile.objects.filter(session=session, purpose="session").order_by("-pk").first()
    if last is None or last.status != Status.ACCEPTED or session.evse is None:
        return None
    return send_session_limit(session=session, evse=session.evse, limit=figure(last))
