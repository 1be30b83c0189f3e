"""A small network to talk to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from accounts.models import IdToken, Organization
from stations.models import ChargingStation, Location
from stations.services.provisioning import EvsePlan, create_station


@dataclass
class Network:
    organization: Organization
    location: Location
    passwords: dict[str, str] = field(default_factory=dict)

    def add(self, identity: str, *, evses: int = 2, **fields: Any) -> ChargingStation:
        station, password = create_station(
            location=self.location, identity=identity, evses=[EvsePlan()] * evses
        )
        self.passwords[identity] = password
        if fields:
            ChargingStation.objects.filter(pk=station.pk).update(**fields)
            station.refresh_from_db()
        return station

    def issue(self, uid: str, **fields: Any) -> IdToken:
        return IdToken.objects.create(
            uid=uid, type="rfid", organization=self.organization, allows_concurrent=True, **fields
        )
