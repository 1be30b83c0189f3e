"""A car that negotiates hears its limit, also when nothing changed (2.0.1 K15.FR.07)."""

from __future__ import annotations

import pytest

from core import clock
from scheduling import handlers
from scheduling.services import needs
from stations.events import ChargingNeedsTold
from tests.scheduling.chargers import in_force, ordered, settle
from tests.scheduling.town import MINUTE, NOW, make_session

pytestmark = pytest.mark.django_db


def tell(session) -> None:
    with clock.at(NOW + MINUTE):
        handlers.answer_needs(
            ChargingNeedsTold(
                session_id=session.pk,
                organization_id=session.organization_id,
                station_id=session.station_id,
                evse_id=session.evse_id,
                at=clock.now(),
                energy_wh=20_000,
            )
        )


def test_the_limit_that_holds_is_sent_again_once(site):
    location, (left, _) = site
    session = make_session(left)
    settle(location)
    (amps,) = in_force().values()
    assert ordered() == []
    for _ in range(2):
        tell(session)
    assert ordered() == [(left.pk, amps)]


def test_a_session_without_a_limit_waits_for_the_plan(site):
    _, (left, _) = site
    assert needs.answer_needs(session_id=make_session(left).pk) is None
