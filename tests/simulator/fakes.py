"""A small central system that says yes, and a conversation in virtual time. No sockets."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from simulator.stations import schemas
from simulator.stations.errands import Outcome
from simulator.stations.spec import EvseSpec, StationSpec
from simulator.stations.station import Station
from simulator.stations.vehicles import CATALOG, Vehicle
from simulator.stations.virtual import VirtualStation

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def ac_spec(version="1.6", **changes):
    values = {
        "identity": "AC-1",
        "version": version,
        "evses": (EvseSpec(number=1, register_wh=1000), EvseSpec(number=2)),
    }
    return StationSpec(**(values | changes))


def dc_spec(version="2.0.1", **changes):
    evse = EvseSpec(number=1, current="DC", standard="IEC_62196_T2_COMBO", max_power_w=150_000)
    return StationSpec(**({"identity": "DC-1", "version": version, "evses": (evse,)} | changes))


def car(name="Compact", soc=40.0, target=100.0):
    return Vehicle(spec=CATALOG[name], soc_percent=soc, target_percent=target)


class Central:
    """Answers every call of a station; `answers` overrides by action (a dict, None for silence, or
    ("error", code)). Keeps everything said."""

    def __init__(self, version="1.6"):
        self.version = version
        self.answers = {}
        self.said = []  # (action, payload, at)
        self.ids = []
        self.replies = {}
        self.faults = []
        self.number = 100

    def exchange(self, text, now):
        frame = json.loads(text)
        if frame[0] != 2:
            self.replies[frame[1]] = frame
            return []
        _, message_id, action, payload = frame
        self.said.append((action, payload, now))
        self.ids.append(message_id)
        self.faults += schemas.faults(self.version, action, payload)
        answer = self.answers.get(action, self._answer(action, payload, now))
        if answer is None:
            return []
        if isinstance(answer, tuple):
            return [json.dumps([4, message_id, answer[1], "", {}])]
        return [json.dumps([3, message_id, answer])]

    def _answer(self, action, payload, now):
        stamp = now.isoformat()
        accepted = {"status": "Accepted"}
        if action == "BootNotification":
            return accepted | {"currentTime": stamp, "interval": 300}
        if action == "Heartbeat":
            return {"currentTime": stamp}
        if action == "Authorize":
            return {"idTagInfo" if self.version == "1.6" else "idTokenInfo": accepted}
        if action == "StartTransaction":
            self.number += 1
            return {"idTagInfo": accepted, "transactionId": self.number}
        if action == "TransactionEvent":
            return {"idTokenInfo": accepted} if "idToken" in payload else {}
        return {}

    def actions(self):
        return [action for action, _, _ in self.said]

    def of(self, action):
        return [payload for said, payload, _ in self.said if said == action]

    def statuses(self, evse=1):
        if self.version == "1.6":
            return [item["status"] for item in self.of("StatusNotification") if item["connectorId"] == evse]
        return [item["connectorStatus"] for item in self.of("StatusNotification") if item["evseId"] == evse]

    def states(self):
        return [item["transactionInfo"].get("chargingState") for item in self.of("TransactionEvent")]


class Web:
    """Files by address; what is handed in stands beside them. Everything else is not found."""

    def __init__(self):
        self.files = {}
        self.received = {}
        self.asked = []

    def carry(self, errand):
        self.asked.append(errand.url)
        if errand.method == "GET":
            body = self.files.get(errand.url)
            return Outcome(404) if body is None else Outcome(200, body)
        if not errand.url.startswith("https://files/in/"):
            return Outcome(404)
        self.received[errand.file_name] = errand.body
        return Outcome(201)


class Conversation:
    """A station and its central system; `after(seconds)` lets time pass."""

    def __init__(self, spec, *, seed=1, now=NOON, pace=1.0, answers=()):
        self.central, self.web = Central(spec.version), Web()
        self.central.answers.update(answers)
        self.station = Station(spec, now=now, seed=seed, pace=pace)
        self.line = VirtualStation(self.station, self.central.exchange, carry=self.web.carry)
        self.now = now
        self._calls = 0
        self.after(0)

    def after(self, seconds=0.0):
        self.now += timedelta(seconds=seconds)
        self.line.run_until(self.now)
        return self

    def plug_in(self, evse=1, vehicle=None):
        self.station.plug_in(evse, vehicle or car(), self.now)
        return self.after()

    def unplug(self, evse=1):
        self.station.unplug(evse, self.now)
        return self.after()

    def tap(self, tag="TAG1", evse=1):
        self.station.tap(tag, self.now, evse)
        return self.after()

    def call(self, action, **payload):
        """A command from the central system; its answer: the payload, or ("error", code)."""
        self._calls += 1
        message_id = f"c{self._calls}"
        assert schemas.faults(self.central.version, action, payload) == []
        assert self.line.deliver(json.dumps([2, message_id, action, payload]), self.now)
        reply = self.central.replies[message_id]
        if reply[0] == 4:
            return ("error", reply[2])
        assert schemas.faults(self.central.version, action, reply[2], "Response") == []
        return reply[2]
