"""Templates say what chargers of a kind should have; what differs is sent as ordinary commands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import AuditEntry
from core import clock
from stations import selectors_configuration as selectors
from stations.forms_configuration import TemplateForm
from stations.models import (
    BulkCommand,
    ChargingStation,
    ConfigurationTemplate,
    DeviceVariable,
    StationCommand,
)
from stations.services import aligning, bulk_giving, commands, configuration
from stations.services.bulk import NobodyToAsk
from stations.services.device import store_variables
from tests.factories import MembershipFactory, StationFactory


@pytest.fixture
def charger(station) -> ChargingStation:
    ChargingStation.objects.filter(pk=station.pk).update(
        vendor="Wallwerk", model="Duo 22", ocpp_version="1.6"
    )
    station.refresh_from_db()
    return station


@pytest.fixture
def member(charger):
    return MembershipFactory(organization=charger.organization).user


def tell(charger, mutability="ReadWrite", **settings) -> None:
    said = [{"variable": name, "value": value, "mutability": mutability} for name, value in settings.items()]
    store_variables(station_id=charger.pk, variables=said)


def make(charger, name="All", settings=None, **fields) -> ConfigurationTemplate:
    wanted = settings or {"HeartbeatInterval": "300"}
    return configuration.save_template(
        organization=charger.organization, name=name, settings=wanted, **fields
    )


def asked() -> list[tuple[str, str]]:
    written = StationCommand.objects.filter(kind="write_variables").order_by("pk")
    return [(command.params["variable"], command.params["value"]) for command in written]


def test_the_narrowest_template_that_fits_decides(charger):
    make(charger, "Any")
    make(charger, "Other vendor", vendor="Nobody")
    make(charger, "Version", ocpp_version="1.6")
    make(charger, "Vendor", vendor="wallwerk")
    assert selectors.template_for(charger).name == "Vendor"
    make(charger, "Model", model="DUO 22")
    assert selectors.template_for(charger).name == "Model"
    assert selectors.template_for(StationFactory()) is None


def test_a_template_of_another_network_decides_nothing(charger):
    make(StationFactory(), "Foreign")
    assert selectors.template_for(charger) is None
    with pytest.raises(configuration.NoTemplate):
        configuration.send_differences(station=charger)


def test_only_what_differs_and_can_be_written_is_sent_and_then_read_again(charger, member):
    wanted = {
        "HeartbeatInterval": "300",
        "MeterValueSampleInterval": "60",
        "NumberOfConnectors": "2",
        "New": "x",
    }
    make(charger, settings=wanted)
    tell(charger, HeartbeatInterval="300.0", MeterValueSampleInterval="900")
    tell(charger, "ReadOnly", NumberOfConnectors="1")
    configuration.send_differences(station=charger, actor=member)
    assert asked() == [("MeterValueSampleInterval", "60"), ("New", "x")]
    look = StationCommand.objects.latest("pk")
    assert (look.kind, look.params["names"]) == ("read_variables", ["MeterValueSampleInterval", "New"])
    assert look.requested_by == member


def test_a_second_click_sends_nothing_twice(charger):
    make(charger)
    configuration.send_differences(station=charger)
    assert configuration.send_differences(station=charger) == []
    assert len(asked()) == 1


def test_settings_of_the_device_model_have_their_whole_name(charger):
    place = {"component": "Connector", "component_instance": "a", "evse_number": 1, "connector_number": 2}
    said = {**place, "variable": "Phases", "instance": "b", "value": "3"}
    limit = {"component": "Hub", "variable": "Entries", "attribute": "MaxSet", "value": "9"}
    store_variables(station_id=charger.pk, variables=[said, limit])
    assert DeviceVariable.objects.count() == 2
    assert [line.name for line in selectors.settings_of(charger, None)] == ["Connector[a]@1:2.Phases[b]"]


def test_every_charger_of_a_template_gets_its_own_differences(charger, member, django_assert_num_queries):
    template = make(charger, vendor="Wallwerk")
    other = StationFactory(location=charger.location, vendor="Wallwerk")
    StationFactory(location=charger.location, vendor="Nobody")
    tell(charger, HeartbeatInterval="300")
    tell(other, HeartbeatInterval="60")
    with django_assert_num_queries(3):
        drifted = selectors.drift_from(template, member)
    assert [(one.station, one.differing) for one in drifted] == [(other, 1), (charger, 0)]
    rehearsed = aligning.rehearse(template=template, user=member, pace=60)
    assert [(part.station, part.settings) for part in rehearsed.parts] == [
        (other, {"HeartbeatInterval": "300"})
    ]
    bulk = aligning.begin(template=template, user=member, pace_per_minute=6000)
    give_out_all(bulk)
    assert [(item.station, item.kind) for item in bulk.items.all()] == [
        (other, "write_variables"),
        (other, "read_variables"),
    ]
    assert asked() == [("HeartbeatInterval", "300")]
    with pytest.raises(NobodyToAsk):
        aligning.begin(template=template, user=member)


def give_out_all(bulk):
    """The sweep, as often as it takes."""
    for seconds in range(0, 40, 2):
        with clock.at(clock.now() + timedelta(seconds=seconds)):
            bulk_giving.give_out(command_id=bulk.pk)


def fleet(charger, count):
    """Ten chargers that differ in two settings each."""
    stations = [
        StationFactory(location=charger.location, vendor="Wallwerk", identity=f"F-{n:02}", ocpp_version="1.6")
        for n in range(count)
    ]
    for station in stations:
        tell(station, HeartbeatInterval="60", MeterValueSampleInterval="900")
    return stations


WANTED = {"HeartbeatInterval": "300", "MeterValueSampleInterval": "60"}


def test_a_template_goes_out_in_stages_and_halts_when_too_many_refuse(charger, member):
    template = make(charger, vendor="Wallwerk", settings=WANTED)
    tell(charger, **WANTED)
    fleet(charger, 10)
    bulk = aligning.begin(
        template=template, user=member, pace_per_minute=6000, stages=[20], halt_percent=10, halt_after=2
    )
    assert bulk.items.count() == 10 * 3
    assert set(bulk.items.filter(stage=0).values_list("station__identity", flat=True)) == {"F-00", "F-01"}
    give_out_all(bulk)
    assert {command.station.identity for command in StationCommand.objects.all()} == {"F-00", "F-01"}
    for command in StationCommand.objects.filter(kind="write_variables"):
        commands.claim_next(station_id=command.station_id, connection_no=1)
        commands.record_answer(command_id=command.pk, outcome="rejected", word="NotSupported")
    give_out_all(bulk)
    bulk.refresh_from_db()
    assert bulk.status == "halted"
    assert not StationCommand.objects.exclude(station__identity__in=["F-00", "F-01"]).exists()


def test_the_page_rehearses_refuses_a_bad_pace_and_begins(client, charger, member):
    template = make(charger, vendor="Wallwerk", settings=WANTED)
    tell(charger, **WANTED)
    fleet(charger, 2)
    client.force_login(member)
    url = f"/operate/templates/{template.pk}/send/"
    assert "Settings to send: 4. Chargers: 2" in client.get(url).content.decode()
    pace = {
        "pace-pace_per_minute": "60", "pace-stages": "50, 100", "pace-halt_percent": "10",
        "pace-halt_after": "5", "pace-valid_for_s": "3600",
    }  # fmt: skip
    assert client.post(url, pace | {"pace-pace_per_minute": "0"}).status_code == 422
    assert client.post(url, pace | {"act": "rehearse"}).status_code == 200
    assert not BulkCommand.objects.exists()
    begun = client.post(url, pace | {"act": "begin"})
    bulk = BulkCommand.objects.get()
    assert begun.url == f"/operate/bulk/{bulk.public_id}/"
    page = client.get(begun.url).content.decode()
    assert "HeartbeatInterval = 300" in page


@pytest.mark.parametrize(
    "text", ["no equals sign", "= 5", "A = 1\nA = 2", "AuthorizationKey = secret", "X.BasicAuthPassword = s"]
)
def test_a_template_that_cannot_be_is_told(text):
    form = TemplateForm({"name": "x", "settings": text})
    assert not form.is_valid()
    assert list(form.errors) == ["settings"]


def test_a_value_may_hold_an_equals_sign_or_nothing():
    form = TemplateForm({"name": "x", "settings": "A = b=c\n\nEmpty ="})
    assert form.is_valid()
    assert form.cleaned_data["settings"] == {"A": "b=c", "Empty": ""}


def test_an_operator_makes_a_template_of_a_charger_and_sends_the_differences(client, charger, member):
    tell(charger, HeartbeatInterval="300")
    client.force_login(member)
    page = client.get(f"/operate/templates/new/?from={charger.identity}").content.decode()
    assert "HeartbeatInterval = 300" in page
    saved = client.post("/operate/templates/new/", {"name": "Duo", "settings": "HeartbeatInterval = 60"})
    assert saved.status_code == 302
    assert b"Duo" in client.get("/operate/templates/").content
    assert charger.identity in client.get(saved["Location"]).content.decode()
    page = client.get(f"/operate/chargers/{charger.identity}/configuration/").content.decode()
    assert "Send 1 difference" in page
    client.post(f"/operate/chargers/{charger.identity}/configuration/send/")
    assert asked() == [("HeartbeatInterval", "60")]
    client.post(saved["Location"] + "remove/")
    assert not ConfigurationTemplate.objects.exists()
    assert AuditEntry.objects.filter(action="template.remove", actor=member).exists()


def test_a_name_is_taken_once(client, charger, member):
    make(charger, "Duo")
    client.force_login(member)
    answer = client.post("/operate/templates/new/", {"name": "DUO", "settings": "A = 1"})
    assert answer.status_code == 422


def test_a_viewer_looks_and_changes_nothing(client, charger):
    template = make(charger)
    client.force_login(MembershipFactory(organization=charger.organization, role="viewer").user)
    assert client.get(f"/operate/templates/{template.pk}/").status_code == 200
    for address in (
        "templates/new/", f"templates/{template.pk}/", f"templates/{template.pk}/send/",
        f"templates/{template.pk}/remove/", f"chargers/{charger.identity}/configuration/send/",
        f"chargers/{charger.identity}/configuration/read/",
    ):  # fmt: skip
        assert client.post(f"/operate/{address}").status_code == 403
    assert asked() == []
