"""OCPP 2.1 on a real line: the subprotocol, SENDs, and answers that are refused."""

from __future__ import annotations

import json

import pytest

from stations import command_kinds as kinds
from stations.models import ChargingStation, StationCommand, StationNotice
from stations.services import commands
from tests.ocpp.doors import Plug, uvicorn_door, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = {"id": 1, "pending": 0, "basetime": "2026-03-01T12:00:00Z", "data": [{"t": 0, "v": "230.4"}]}


def test_a_station_of_21_is_heard_sends_are_not_answered_and_bad_answers_are_refused(network):
    station = network.add("CP-21")
    with uvicorn_door() as port:
        plug = Plug(port, "CP-21", network.passwords["CP-21"], subprotocol="ocpp2.1")
        assert plug.line.subprotocol == "ocpp2.1"
        boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Two"}}
        assert plug.ask("BootNotification", boot)[2]["status"] == "Accepted"
        assert plug.ask("MakeCoffee", {})[:3:2] == [4, "NotImplemented"]
        plug.line.send(json.dumps([6, "s1", "NotifyPeriodicEventStream", STREAM]))
        assert plug.ask("Heartbeat", {})[0] == 3, "nothing came between"
        wait_until(lambda: StationNotice.objects.filter(kind="event_stream").exists())
        commands.request(station=station, kind=kinds.ReadVariables(names=("A.B",)))
        kind, message_id, action, _ = plug.hear()
        assert (kind, action) == (2, "GetVariables")
        plug.answer(message_id, {"getVariableResult": "?"})
        assert plug.hear()[:2] == [5, message_id]
        wait_until(lambda: StationCommand.objects.get().status == "failed")
        plug.close()
    assert ChargingStation.objects.get(pk=station.pk).ocpp_version == "2.1"
