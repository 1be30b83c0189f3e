"""From what stands on a stall's label to the stall."""

from __future__ import annotations

from django.db.models import Q

from stations.models import Evse, StallLabel


def label_means(text: str) -> Q:
    """A condition on EVSEs: our code, the public EVSE id, or a label that an installer has bound."""
    said = text.replace("\0", "").strip().upper()
    bound = StallLabel.objects.filter(text=said).values("evse")
    return Q(code=said) | Q(evse_id__iexact=said) | Q(pk__in=bound)


def evse_of_label(text: str) -> Evse | None:
    return Evse.objects.filter(label_means(text)).select_related("station").first()
