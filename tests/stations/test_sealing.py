"""No row and no page holds a command's secret, from the moment it is asked."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from stations.command_kinds import SetNetworkProfile, UpdateFirmware, WriteVariable
from stations.models import StationCommand
from stations.services import commands, sealing
from tests.stations.telling import after

PASSWORD = WriteVariable(variable="SecurityCtrlr.BasicAuthPassword", value="correct horse")


@pytest.fixture
def command(station):
    return commands.request(station=station, kind=PASSWORD)


def stored():
    with connection.cursor() as cursor:
        cursor.execute("select t::text from stations_stationcommand t")
        return " ".join(text for (text,) in cursor.fetchall())


@pytest.mark.django_db
def test_a_password_is_never_in_the_row_and_is_there_when_it_is_sent(command, station):
    assert "correct horse" not in stored()
    assert command.params["value"] == "•••"
    claimed = commands.claim_next(station_id=station.pk, connection_no=1)
    assert commands.read(claimed) == PASSWORD


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["expired", "taken_back", "withdrawn", "failed"])
def test_after_its_end_nobody_can_open_it(command, station, end):
    if end == "expired":
        with clock.at(after(3600)):
            commands.expire_due()
    elif end == "taken_back":
        commands.take_back(command=command)
    elif end == "withdrawn":
        commands.withdraw_all(station=station)
    else:
        commands.claim_next(station_id=station.pk, connection_no=1)
        commands.record_answer(command_id=command.pk, outcome="failed")
    command.refresh_from_db()
    assert (command.sealed, command.params["value"]) == ("", "•••")


@pytest.mark.django_db
def test_what_is_no_secret_is_not_sealed(station):
    plain = commands.request(station=station, kind=WriteVariable(variable="HeartbeatInterval", value="300"))
    assert (plain.sealed, plain.params["value"]) == ("", "300")


@pytest.mark.django_db
def test_a_sealed_command_gets_its_number_all_the_same(station):
    kind = UpdateFirmware(url="ftp://user:hush@files.example/fw.bin")
    command = commands.request(station=station, kind=kind)
    assert "hush" not in stored()
    read = commands.read(command)
    assert (read.url, read.request_number) == (kind.url, command.pk)


@pytest.mark.django_db
def test_under_another_key_it_cannot_be_opened(command, settings):
    settings.STATION_SECRET_KEY = "another"
    with pytest.raises(sealing.CannotOpen):
        commands.read(StationCommand.objects.get())


@given(st.dictionaries(st.sampled_from(["password", "slot", "api_secret"]), st.text(min_size=1)))
def test_what_is_sealed_comes_back_as_it_was_and_is_not_shown(params):
    shown, sealed = sealing.shown_and_sealed(params)
    assert sealing.opened(shown, sealed) == params
    hidden = [name for name in ("password", "api_secret") if name in params]
    assert {shown[name] for name in hidden} <= {"•••"}


def test_a_network_profile_with_a_password_is_sealed():
    kind = SetNetworkProfile(slot=1, url="wss://csms.example/ocpp", password="hush-hush")
    shown, sealed = sealing.shown_and_sealed(kind.to_params())
    assert "hush-hush" not in json.dumps([shown, sealed])
