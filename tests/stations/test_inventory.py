"""A charger tells all its settings when it is new, or new as it is now; not at each boot."""

from __future__ import annotations

import pytest

from core import outbox
from stations.facts import StationBooted
from stations.models import ChargingStation, StationCommand
from stations.services import inventory

pytestmark = pytest.mark.django_db


@pytest.fixture
def speaks(station):
    def make(version):
        ChargingStation.objects.filter(pk=station.pk).update(ocpp_version=version, inventory_of="")

    return make


def boot(told, firmware="1.0", model="Duo"):
    told(StationBooted(vendor="Wallwerk", model=model, serial="S1", firmware=firmware, reason="PowerUp"))
    outbox.deliver_pending()


def asked():
    found = StationCommand.objects.filter(kind__in=["read_report", "read_variables"]).order_by("pk")
    return [(command.kind, command.params.get("base")) for command in found]


@pytest.mark.parametrize(
    ("version", "question"),
    [("1.6", ("read_variables", None)), ("2.0.1", ("read_report", "full")), ("2.1", ("read_report", "full"))],
)
def test_the_first_boot_asks_in_the_words_of_the_version(told, speaks, version, question):
    speaks(version)
    boot(told)
    assert asked() == [question]


def test_a_boot_like_the_last_asks_nothing_and_new_firmware_does(told, speaks):
    speaks("2.0.1")
    for firmware in ("1.0", "1.0", "1.1", "1.1"):
        boot(told, firmware)
    assert len(asked()) == 2


def test_another_charger_in_its_place_is_asked(told, speaks):
    speaks("1.6")
    boot(told)
    boot(told, model="Trio")
    assert len(asked()) == 2


def test_a_station_that_waits_is_asked_when_it_is_accepted(told, speaks, station):
    speaks("2.0.1")
    ChargingStation.objects.filter(pk=station.pk).update(registration="pending")
    boot(told)
    assert asked() == []
    ChargingStation.objects.filter(pk=station.pk).update(registration="accepted")
    boot(told)
    assert len(asked()) == 1


def test_told_twice_it_is_asked_once(station, speaks):
    speaks("1.6")
    assert inventory.take_inventory(station_id=station.pk) is not None
    assert inventory.take_inventory(station_id=station.pk) is None
