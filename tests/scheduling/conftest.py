from __future__ import annotations

import pytest

from stations.models import StationCommand
from tests.scheduling.chargers import settle
from tests.scheduling.town import HOUR, NOW, make_evse, make_location


@pytest.fixture
def site(db):
    """Three places of 32 A behind 30 A; their failsafe is 10 A each."""
    location = make_location(limit_a=30)
    evses = [make_evse(location) for _ in range(3)]
    settle(location, NOW - HOUR)
    StationCommand.objects.all().delete()
    return location, evses[:2]
