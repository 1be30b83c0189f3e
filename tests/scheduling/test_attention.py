"""What operators read on their overview when chargers out of reach could exceed a limit."""

from __future__ import annotations

import pytest

from stations import selectors_overview
from stations.models import ChargingStation
from tests.factories import MembershipFactory
from tests.scheduling.chargers import replan, settle
from tests.scheduling.town import MINUTE, NOW, make_evse, make_location, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def exposed(db):
    """Three cars at chargers that never took a default and are out of reach."""
    location = make_location(limit_a=30)
    for _ in range(3):
        make_session(make_evse(location))
    ChargingStation.objects.update(is_connected=False)
    replan(location)
    return location


def lines(location):
    user = MembershipFactory(organization=location.organization).user
    found = selectors_overview.attention(user)
    return [item for item in found if "power" in str(item.title)]


def test_the_overview_says_calmly_what_cannot_be_steered(exposed, client):
    (line,) = lines(exposed)
    assert "up to 66 A more" in str(line.detail)
    assert line.href.endswith(f"?site={exposed.slug}")
    client.force_login(MembershipFactory(organization=exposed.organization).user)
    assert str(line.title) in client.get("/operate/").content.decode()


def test_it_is_gone_when_the_chargers_are_back(exposed):
    ChargingStation.objects.update(is_connected=True)
    settle(exposed, NOW + MINUTE)
    assert lines(exposed) == []


def test_other_networks_are_not_bothered(exposed):
    assert lines(make_location()) == []
