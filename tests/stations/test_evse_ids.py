"""An EVSE's public id: OCPI's form, permanent, never given twice."""

from __future__ import annotations

import re

import pytest
from django.db import IntegrityError, transaction

from stations.models import Evse, IssuedEvseId
from stations.services.hardware import adopt_evse, make_evse
from tests.factories import BareStationFactory, ConnectorFactory

OCPI = re.compile(r"^[A-Z]{2}\*[A-Z0-9]{3}\*E[A-Z0-9*]{1,30}$")


@pytest.fixture
def station(db):
    return BareStationFactory()


def test_a_new_evse_has_an_id_in_the_form_of_ocpi(station):
    party = station.organization
    evse = make_evse(station=station, number=2)
    assert OCPI.match(evse.evse_id)
    assert evse.evse_id.startswith(f"{party.country_code}*{party.party_id}*E")
    assert evse.evse_id.endswith("*2")


def test_an_evse_that_a_station_reports_gets_one_too(station):
    assert OCPI.match(adopt_evse(station_id=station.pk, evse_number=7).evse_id)


def test_the_id_of_a_removed_evse_is_never_given_again(station):
    gone = make_evse(station=station, number=1)
    gone_id = gone.evse_id
    gone.delete()
    again = make_evse(station=station, number=1)
    assert again.evse_id != gone_id
    assert IssuedEvseId.objects.filter(evse_id=gone_id).exists()


@pytest.mark.parametrize("change", [str, str.lower])
def test_nobody_can_give_it_again_by_hand(station, change):
    gone = make_evse(station=station, number=1)
    Evse.objects.filter(pk=gone.pk).delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_evse(station=station, number=1, evse_id=change(gone.evse_id))


def test_an_id_cannot_be_changed(station):
    evse = make_evse(station=station, number=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Evse.objects.filter(pk=evse.pk).update(evse_id="DE*XYZ*E1")
    evse.name = "Left"
    evse.save()
    assert Evse.objects.get(pk=evse.pk).name == "Left"


@pytest.mark.parametrize("change", [str, str.lower])
def test_a_label_with_the_public_id_leads_to_the_stall(client, station, change):
    station.location.is_public = True
    evse = make_evse(station=station, number=1)
    ConnectorFactory(evse=evse)
    assert evse.evse_id in client.get(f"/c/{change(evse.evse_id)}/").content.decode()
    typed = client.get("/charge/", {"code": change(evse.evse_id)})
    assert typed.headers["Location"] == f"/c/{evse.code}/"
    assert client.get("/c/DE*NOB*E1/").status_code == 404
