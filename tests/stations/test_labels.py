"""QR labels in the operator's hands: bound, taken off, and nobody else's."""

from __future__ import annotations

import pytest

from accounts.models import AuditEntry
from stations.models import StallLabel
from stations.services import labels
from tests.factories import MembershipFactory, StationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(station, client):
    user = MembershipFactory(organization=station.organization).user
    client.force_login(user)
    return user


def binds(client, station, text, number=1):
    return client.post(f"/operate/chargers/{station.identity}/labels/{number}/", {"label": text}, follow=True)


def test_a_label_is_bound_shown_and_taken_off(client, operator, station):
    assert "ROLL-7 leads to this stall." in binds(client, station, "https://x.org/c/roll-7").content.decode()
    label = StallLabel.objects.get()
    assert (label.evse, client.get("/c/roll-7/").status_code) == (station.evses.get(number=1), 200)
    shown = client.post(f"/operate/labels/{label.pk}/unbind/", follow=True).content.decode()
    assert "ROLL-7 leads nowhere any more." in shown
    assert client.get("/c/roll-7/").status_code == 404
    assert client.post(f"/operate/labels/{label.pk}/unbind/").status_code == 404
    actions = AuditEntry.objects.filter(actor=operator).values_list("action", flat=True)
    assert sorted(actions) == ["label.bind", "label.unbind"]


def test_a_label_moves_only_after_it_was_taken_off(client, operator, station):
    beside = StationFactory(location=station.location, identity="CP-8")
    labels.bind(evse=beside.evses.first(), text="ROLL-7")
    assert "of CP-8. Take it off there first." in binds(client, station, "ROLL-7").content.decode()
    labels.unbind(label=StallLabel.objects.get(), actor=operator)
    binds(client, station, "ROLL-7")
    assert StallLabel.objects.get().evse == station.evses.get(number=1)


def test_of_another_network_s_label_no_more_is_told_than_that(client, operator, station):
    other = StationFactory(identity="SECRET-1").evses.first()
    shown = binds(client, station, other.code).content.decode()
    assert "of another network" in shown
    assert "SECRET-1" not in shown


@pytest.mark.parametrize("text", ["", "a", "what?"])
def test_what_no_label_says_is_told(client, operator, station, text):
    assert binds(client, station, text).status_code == 200
    assert not StallLabel.objects.exists()


def test_who_may_only_look_changes_no_label(client, operator, station):
    labels.bind(evse=station.evses.get(number=1), text="ROLL-7")
    operator.memberships.update(role="viewer")
    assert binds(client, station, "ROLL-8").status_code == 403
    assert client.post(f"/operate/labels/{StallLabel.objects.get().pk}/unbind/").status_code == 403
    shown = client.get(f"/operate/chargers/{station.identity}/commissioning/").content.decode()
    assert "ROLL-7" in shown
    assert "Take off" not in shown
